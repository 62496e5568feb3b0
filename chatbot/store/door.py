"""What every door of the store is given: a connection, on whose behalf, and the time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from chatbot.domain.principal import Principal


@dataclass(frozen=True, slots=True)
class Door:
    """
    Queries of one noun inside one transaction.

    Every query names the principal's workspace by itself; row level security stands behind it.

    Attributes:
        now: When the transaction began; every row it writes carries this time.
    """

    db: AsyncConnection
    principal: Principal
    now: datetime

    @property
    def workspace(self) -> UUID:
        return self.principal.workspace

    async def rows(self, query: sa.Executable) -> list[Mapping[str, Any]]:
        return cast("list[Mapping[str, Any]]", (await self.db.execute(query)).mappings().all())

    async def row(self, query: sa.Executable) -> Mapping[str, Any] | None:
        found = (await self.db.execute(query)).mappings().one_or_none()
        return cast("Mapping[str, Any] | None", found)

    async def one(self, query: sa.Executable) -> Mapping[str, Any]:
        """The single row that *query* is sure to return."""
        return cast("Mapping[str, Any]", (await self.db.execute(query)).mappings().one())

    async def add(self, table: sa.Table, **values: Any) -> None:  # noqa: ANN401 columns have many types
        # As parameters: a statement with the values in it would be put together each time.
        await self.db.execute(sa.insert(table), {"workspace_id": self.workspace, **values})
