"""Where a workspace wants to be told, and what it is to be told: written once, taken by one."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.webhook import Delivered, Delivery, Outcome, Webhook
from chatbot.store.door import Door
from chatbot.store.tables import entries
from chatbot.store.webhook_tables import webhook_deliveries as deliveries
from chatbot.store.webhook_tables import webhooks

LEASE = timedelta(seconds=60)
"""How long whoever took a delivery has it; a process that died lets go of it by this."""

KEPT = timedelta(days=30)
"""How long the log of deliveries reaches back; what was told is forgotten with it."""

_DELIVERED = tuple(deliveries.c[name] for name in Delivered.__dataclass_fields__)

# Every turn queues, mostly for nobody: made once.
_NEW = {
    name: sa.bindparam(f"new_{name}", type_=deliveries.c[name].type)
    for name in ("id", "kind", "body", "created_at", "due_at")
}
_HERE = sa.bindparam("here", type_=webhooks.c.workspace_id.type)
_WANTED = sa.select(*_NEW.values(), webhooks.c.workspace_id).where(webhooks.c.workspace_id == _HERE)
_IF_WRITTEN = sa.exists().where(
    entries.c.id == sa.bindparam("message_id", type_=entries.c.id.type),
    entries.c.cid == sa.bindparam("cid", type_=entries.c.cid.type),
    entries.c.workspace_id == _HERE,
)


def _queueing(wanted: sa.Select[*tuple[Any, ...]]) -> sa.Insert:
    return insert(deliveries).from_select([*_NEW, "workspace_id"], wanted).on_conflict_do_nothing()


_QUEUE, _QUEUE_IF_WRITTEN = _queueing(_WANTED), _queueing(_WANTED.where(_IF_WRITTEN))


class Webhooks(Door):
    """A delivery is `waiting` until it is `delivered`, `failed` for good, or `dropped`."""

    async def get(self) -> Webhook | None:
        query = sa.select(webhooks.c.url, webhooks.c.sealed_secret).where(
            webhooks.c.workspace_id == self.workspace
        )
        row = await self.row(query)
        return None if row is None else Webhook(**row)

    async def set(self, webhook: Webhook) -> None:
        values = {"url": webhook.url, "sealed_secret": webhook.sealed_secret}
        await self.db.execute(
            insert(webhooks)
            .values(workspace_id=self.workspace, created_at=self.now, **values)
            .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
        )

    async def remove(self) -> None:
        """Tell nothing any more: neither what happens from now on nor what waits."""
        await self.db.execute(sa.delete(webhooks).where(webhooks.c.workspace_id == self.workspace))
        await self.db.execute(
            sa.update(deliveries)
            .where(deliveries.c.workspace_id == self.workspace, deliveries.c.state == "waiting")
            .values(state="dropped", ended_at=self.now)
        )

    async def queue(
        self, event_id: UUID, kind: str, body: str, *, about: tuple[UUID, UUID] | None = None
    ) -> None:
        """
        Have *body* delivered, once for each *event_id*; nothing where nobody wants to be told.

        Args:
            event_id: Of what happened.
            kind: Its type.
            body: What is sent.
            about: (id, cid) of a message: only if there is such a one.
        """
        new = {"id": event_id, "kind": kind, "body": body}
        new |= {"created_at": self.now, "due_at": self.now}
        values = {_NEW[name].key: value for name, value in new.items()} | {"here": self.workspace}
        if about is None:
            await self.db.execute(_QUEUE, values)
        else:
            message_id, cid = about
            told = values | {"message_id": message_id, "cid": cid}
            await self.db.execute(_QUEUE_IF_WRITTEN, told)

    async def take(self, limit: int) -> list[Delivery]:
        """What is due, the oldest first: nobody else is given it while the lease lasts."""
        due = (
            sa.select(deliveries.c.id)
            .where(
                deliveries.c.workspace_id == self.workspace,
                deliveries.c.state == "waiting",
                deliveries.c.due_at <= self.now,
            )
            .order_by(deliveries.c.created_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taking = (
            sa.update(deliveries)
            .where(deliveries.c.id.in_(due), deliveries.c.workspace_id == self.workspace)
            .values(attempts=deliveries.c.attempts + 1, due_at=self.now + LEASE)
            .returning(deliveries.c.id, deliveries.c.body, deliveries.c.attempts)
        )
        return [Delivery(**row) for row in await self.rows(taking)]

    async def end(self, delivery: Delivery, outcome: Outcome, *, again_at: datetime | None) -> None:
        """Write down what came of an attempt; without *again_at* it was the last one."""
        state = "delivered" if outcome.taken else "failed"
        values = (
            {"state": state, "ended_at": self.now} if again_at is None else {"due_at": again_at}
        )
        await self.db.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.id == delivery.id,
                deliveries.c.workspace_id == self.workspace,
                deliveries.c.state == "waiting",
                deliveries.c.attempts == delivery.attempts,
            )
            .values(status=outcome.status, words=outcome.words, **values)
        )

    async def latest(self, limit: int = 20) -> list[Delivered]:
        query = (
            sa.select(*_DELIVERED)
            .where(deliveries.c.workspace_id == self.workspace)
            .order_by(deliveries.c.created_at.desc(), deliveries.c.id)
            .limit(limit)
        )
        return [Delivered(**row) for row in await self.rows(query)]

    async def forget_old(self) -> int:
        """Delete the deliveries that ended a month ago; how many."""
        done = await self.db.execute(
            sa.delete(deliveries).where(
                deliveries.c.workspace_id == self.workspace,
                deliveries.c.ended_at < self.now - KEPT,
            )
        )
        return done.rowcount
