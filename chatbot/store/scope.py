"""
On whose behalf a transaction runs, said in the same breath as it begins.

The parameters that row level security compares with hold until the transaction ends, and never for
the pooled connection. Set by a statement of their own they cost a round trip, two in each turn.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_PLAIN = re.compile(r"[a-z_.]+=[0-9a-z-]+", re.ASCII)
"""A parameter and its value, both safe to be written into a statement."""


class ScopedConnection(asyncpg.Connection):
    """A connection whose transactions begin with a parameter set, where one was asked for."""

    scope: str | None = None

    async def execute(self, query: str, *args: Any, **how: Any) -> str:  # noqa: ANN401 asyncpg's
        """See `asyncpg.Connection`; the first `BEGIN` takes the scope along."""
        if self.scope is not None and query.startswith("BEGIN"):
            key, value = self.scope.split("=")
            query = f"{query} SELECT set_config('{key}', '{value}', true);"
        return await super().execute(query, *args, **how)


@contextmanager
def scoped(db: AsyncConnection, key: str, value: str) -> Generator[None]:
    """
    Have the transaction of *db*, which its first statement begins, run with *key* set to *value*.

    Raises:
        ValueError: One of them has characters that no parameter of ours has.
    """
    scope = f"{key}={value}"
    if not _PLAIN.fullmatch(scope):
        raise ValueError(f"{scope!r} cannot be the scope of a transaction.")
    connection = _driver(db)
    connection.scope = scope
    try:
        yield
    finally:
        # A transaction without a statement never began: nobody after it may begin in its name.
        connection.scope = None


def _driver(db: AsyncConnection) -> ScopedConnection:
    sync = db.sync_connection
    assert sync is not None  # noqa: S101 the engine gives out no other
    connection = sync.connection.driver_connection
    assert isinstance(connection, ScopedConnection)  # noqa: S101 `open_engine` makes no other
    return connection


_SET = sa.select(
    sa.func.set_config(
        sa.bindparam("key", type_=sa.Text()), sa.bindparam("value", type_=sa.Text()), sa.true()
    )
)


async def set_for_transaction(db: AsyncConnection, key: str, value: str) -> None:
    """Set a further parameter until the transaction ends; never for the pooled session."""
    await db.execute(_SET, {"key": key, "value": value})
