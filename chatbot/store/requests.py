"""Idempotency keys: a write that is sent again is answered again, not done again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chatbot.errors import Conflict
from chatbot.store.bank_tables import idempotency_keys
from chatbot.store.door import Door

REMEMBERED = timedelta(hours=24)


class Requests(Door):
    async def answered(self, key: str, request_hash: str) -> tuple[int, Mapping[str, Any]] | None:
        """
        The (status, body) given when *key* was first used; None when it is new.

        Raises:
            Conflict: The key was used for another request.
        """
        query = sa.select(idempotency_keys).where(
            idempotency_keys.c.workspace_id == self.workspace, idempotency_keys.c.key == key
        )
        row = await self.row(query)
        if row is None:
            return None
        if row["request_hash"] != request_hash:
            raise Conflict("This Idempotency-Key was used for another request: choose a new one.")
        return row["status"], row["response"]

    async def remember(
        self, key: str, request_hash: str, status: int, response: Mapping[str, Any]
    ) -> None:
        """Keep the answer in the transaction of the write; a racing twin fails with it."""
        await self.add(
            idempotency_keys,
            key=key,
            request_hash=request_hash,
            status=status,
            response=dict(response),
            at=self.now,
        )

    async def forget_old(self) -> int:
        """Delete keys past their time; how many."""
        old = sa.and_(
            idempotency_keys.c.workspace_id == self.workspace,
            idempotency_keys.c.at < self.now - REMEMBERED,
        )
        return (await self.db.execute(sa.delete(idempotency_keys).where(old))).rowcount

    async def lock(self, key: str) -> None:
        """Let requests with the same key pass one after the other until the transaction ends."""
        await self.db.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0)))
        )
