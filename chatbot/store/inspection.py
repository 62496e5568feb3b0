"""What an operator should know of a database before customers do."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from chatbot.store.engine import checked, normalised, reachable_at_start
from chatbot.store.metadata import WORKSPACE_TABLES

OLDEST = 15
"""The first major version of PostgreSQL that our SQL is written for."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    A database as the application's role finds it.

    Attributes:
        version: The major version.
        powerful: The role is a superuser or bypasses row level security: the second wall between
            workspaces does not stand.
        unguarded: Tables of workspaces on which row level security is not forced.
    """

    version: int
    role: str
    powerful: bool
    unguarded: tuple[str, ...]


async def inspect_database(url: str) -> Inspection:
    """
    Raises:
        Unavailable: It does not answer.
        Misconfigured: It does not let us in, or this is no address.
    """
    engine = create_async_engine(normalised(checked(url)), poolclass=NullPool)
    try:
        async with reachable_at_start(), engine.connect() as db:
            return await _inspect(db)
    finally:
        await engine.dispose()


async def _inspect(db: AsyncConnection) -> Inspection:
    roles = sa.table(
        "pg_roles", sa.column("rolname"), sa.column("rolsuper"), sa.column("rolbypassrls")
    )
    query = sa.select(
        sa.func.current_setting("server_version_num").label("version"),
        roles.c.rolname.label("role"),
        sa.or_(roles.c.rolsuper, roles.c.rolbypassrls).label("powerful"),
    ).where(roles.c.rolname == sa.func.current_user())
    found = (await db.execute(query)).mappings().one()
    return Inspection(
        version=int(found["version"]) // 10_000,
        role=found["role"],
        powerful=found["powerful"],
        unguarded=await _unguarded(db),
    )


async def _unguarded(db: AsyncConnection) -> tuple[str, ...]:
    tables = sa.table("pg_class", sa.column("relname"), sa.column("relforcerowsecurity"))
    names = [table.name for table in WORKSPACE_TABLES]
    query = (
        sa.select(tables.c.relname)
        .where(tables.c.relname.in_(names), tables.c.relforcerowsecurity.is_(False))
        .order_by(tables.c.relname)
    )
    return tuple((await db.execute(query)).scalars())
