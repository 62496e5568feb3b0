"""Bring a database to the newest schema; `migrations/` says how."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chatbot.store.engine import checked, normalised, reachable_at_start

_SCRIPTS = Path(__file__).parents[2] / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def upgrade(url: str, revision: str = "head") -> None:
    """Apply every missing migration, all of them in one transaction."""
    await _run(url, lambda connection: command.upgrade(_config(connection), revision))


async def downgrade(url: str, revision: str = "base") -> None:
    """Take migrations back; for tests and for a deploy that must be undone."""
    await _run(url, lambda connection: command.downgrade(_config(connection), revision))


async def is_current(url: str) -> bool:
    """Whether the schema is the one that this version of the application was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    found: list[str | None] = []

    def look(connection: Connection) -> None:
        found.append(MigrationContext.configure(connection).get_current_revision())

    await _run(url, look)
    return found == [head]


async def _run(url: str, work: Callable[[Connection], None]) -> None:
    engine = create_async_engine(normalised(checked(url)), poolclass=NullPool)
    try:
        async with reachable_at_start(), engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()
