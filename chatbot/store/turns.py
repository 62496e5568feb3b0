"""Turns and their leases."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.conversation import Entry, Turn
from chatbot.errors import Superseded
from chatbot.store.door import Door
from chatbot.store.tables import turns

LEASE = timedelta(seconds=10)
"""How long a turn stays with a process that stopped renewing it."""

_TURN = (
    turns.c.id,
    turns.c.conversation_id,
    sa.func.coalesce(turns.c.later_for, turns.c.message_id).label("message_id"),
    turns.c.reply_id,
    turns.c.later_for.is_not(None).label("later"),
    turns.c.attempt,
    turns.c.fence,
    turns.c.question,
)
_other = turns.alias("other")
_EARLIER = sa.exists().where(
    _other.c.conversation_id == sa.bindparam("within", type_=turns.c.conversation_id.type),
    _other.c.workspace_id == sa.bindparam("here", type_=turns.c.workspace_id.type),
    _other.c.state != "done",
)
_ADD = (
    sa.insert(turns)
    .values(
        state=sa.case((_EARLIER, "waiting"), else_="running"),
        attempt=sa.case((_EARLIER, 0), else_=1),
        fence=sa.case((_EARLIER, 0), else_=1),
        lease_until=sa.case(
            (_EARLIER, None), else_=sa.bindparam("lease", type_=turns.c.lease_until.type)
        ),
    )
    .returning(*_TURN)
)
_ANOTHER = sa.exists().where(
    _other.c.conversation_id == turns.c.conversation_id,
    _other.c.workspace_id == turns.c.workspace_id,
    _other.c.id != turns.c.id,
    _other.c.state != "done",
)
"""Beside a turn, whether its conversation has another one that is unfinished."""

_HELD = (
    sa.update(turns)
    .where(
        turns.c.id == sa.bindparam("held", type_=turns.c.id.type),
        turns.c.workspace_id == sa.bindparam("here", type_=turns.c.workspace_id.type),
        turns.c.fence == sa.bindparam("held_fence", type_=turns.c.fence.type),
        turns.c.state == "running",
    )
    .returning(_ANOTHER)
)
_RELEASE = _HELD.values(lease_until=sa.bindparam("lease", type_=turns.c.lease_until.type))
_FINISH = _HELD.values(
    state="done",
    ended_at=sa.bindparam("now", type_=turns.c.ended_at.type),
    receipt=sa.bindparam("how", type_=turns.c.receipt.type),
    partial="",
    lease_until=None,
)

_OURS = (
    sa.func.unnest(
        sa.bindparam("ids", type_=sa.ARRAY(turns.c.id.type)),
        sa.bindparam("fences", type_=sa.ARRAY(turns.c.fence.type)),
        sa.bindparam("partials", type_=sa.ARRAY(turns.c.partial.type)),
    )
    .table_valued("id", "fence", "partial", name="held")
    .render_derived()
)
_RENEW = (
    sa.update(turns)
    .where(
        turns.c.id == _OURS.c.id,
        turns.c.workspace_id == sa.bindparam("here", type_=turns.c.workspace_id.type),
        turns.c.fence == _OURS.c.fence,
        turns.c.state == "running",
    )
    .values(
        lease_until=sa.bindparam("lease", type_=turns.c.lease_until.type), partial=_OURS.c.partial
    )
    .returning(turns.c.id)
)


class Turns(Door):
    """A turn is `waiting` for the one before it, `running` under a lease, or `done`."""

    async def add_turn(self, message: Entry) -> Turn | None:
        """
        Queue the work that *message* causes, in a transaction that holds its conversation.

        Returns:
            The turn, leased to this process, when no earlier one is unfinished; else None.
        """
        values = {
            "id": uuid4(),
            "workspace_id": self.workspace,
            "conversation_id": message.conversation_id,
            "message_id": message.id,
            "message_seq": message.seq,
            "reply_id": uuid4(),
            "question": message.text,
            "created_at": self.now,
            "within": message.conversation_id,
            "here": self.workspace,
            "lease": self.now + LEASE,
        }
        begun = (await self.db.execute(_ADD, values)).mappings().one()
        turn = Turn(**cast("Mapping[str, Any]", begun))
        return turn if turn.attempt else None

    async def unfinished(self, conversation_id: UUID) -> bool:
        """Whether a turn of the conversation waits or runs."""
        query = sa.select(turns.c.id).where(
            turns.c.conversation_id == conversation_id,
            turns.c.workspace_id == self.workspace,
            turns.c.state != "done",
        )
        return bool(await self.rows(query.limit(1)))

    async def begin_later(self, handed_off: Turn, seq: int) -> Turn:
        """
        Begin the second turn of a question that was handed off, or begin it again.

        There is at most one: it hangs on the handoff's own reply. It stands behind everything
        said so far, and before whatever the customer writes next.

        Args:
            handed_off: The question's first turn, done.
            seq: The conversation's last; the conversation is held by this transaction, and has
                no unfinished turn.

        Returns:
            The turn, leased to this process.
        """
        running = {"state": "running", "lease_until": self.now + LEASE, "ended_at": None}
        query = (
            insert(turns)
            .values(
                id=uuid4(),
                workspace_id=self.workspace,
                conversation_id=handed_off.conversation_id,
                message_id=handed_off.reply_id,
                later_for=handed_off.message_id,
                message_seq=seq,
                reply_id=uuid4(),
                question=handed_off.question,
                created_at=self.now,
                attempt=1,
                fence=1,
                **running,
            )
            .on_conflict_do_update(
                index_elements=["conversation_id", "message_id"],
                set_={"attempt": turns.c.attempt + 1, "fence": turns.c.fence + 1, **running},
            )
            .returning(*_TURN)
        )
        return Turn(**await self.one(query))

    async def handed_off(self, turn_id: UUID) -> Turn | None:
        """The turn, if it is done and ended in a handoff."""
        query = sa.select(*_TURN).where(
            turns.c.id == turn_id,
            turns.c.workspace_id == self.workspace,
            turns.c.state == "done",
            turns.c.receipt["rung"].astext == "handoff",
        )
        row = await self.row(query)
        return None if row is None else Turn(**row)

    async def claim(self, conversation_id: UUID) -> Turn | None:
        """
        Take the conversation's oldest unfinished turn, if nobody works on it.

        One turn of a conversation runs at a time: while its oldest one is leased, nothing is
        claimed. A stranded one is taken over with the next attempt and a higher fence.
        """
        oldest = (
            sa.select(turns.c.id)
            .where(
                turns.c.conversation_id == conversation_id,
                turns.c.workspace_id == self.workspace,
                turns.c.state != "done",
            )
            .order_by(turns.c.message_seq)
            .limit(1)
            .scalar_subquery()
        )
        query = (
            sa.update(turns)
            .where(
                turns.c.id == oldest,
                sa.or_(turns.c.state == "waiting", turns.c.lease_until < self.now),
                turns.c.state != "done",
            )
            .values(
                state="running",
                attempt=turns.c.attempt + 1,
                fence=turns.c.fence + 1,
                lease_until=self.now + LEASE,
            )
            .returning(*_TURN)
        )
        row = await self.row(query)
        return None if row is None else Turn(**row)

    async def renew(self, held: Sequence[tuple[Turn, str]]) -> set[UUID]:
        """
        Keep the leases of turns and remember the words so far; they are never shown as final.

        Args:
            held: Each turn with its words; all of this workspace.

        Returns:
            The ids of those that are still ours; somebody else holds the others, or they ended.
        """
        values = {
            "ids": [turn.id for turn, _ in held],
            "fences": [turn.fence for turn, _ in held],
            "partials": [partial for _, partial in held],
            "here": self.workspace,
            "lease": self.now + LEASE,
        }
        return set((await self.db.execute(_RENEW, values)).scalars())

    async def release(self, turn: Turn) -> None:
        """Give the turn back unfinished, so that another process takes it at once."""
        await self._still_ours(turn, _RELEASE, lease=self.now - LEASE)

    async def finish(self, turn: Turn, receipt: Mapping[str, Any]) -> bool:
        """
        End the turn, in a transaction that holds its conversation.

        Args:
            receipt: How it went, for agents.

        Returns:
            Whether another turn of the conversation waits. Later ones begin by themselves.

        Raises:
            Superseded: Somebody else holds the turn.
        """
        return await self._still_ours(turn, _FINISH, now=self.now, how=dict(receipt))

    async def _still_ours(self, turn: Turn, change: sa.Update, **values: Any) -> bool:  # noqa: ANN401 columns
        """Change a turn that we hold; whether another one of its conversation is unfinished."""
        held = {"held": turn.id, "held_fence": turn.fence, "here": self.workspace}
        waits = await self.db.execute(change, held | values)
        found = waits.scalar_one_or_none()
        if found is None:
            raise Superseded(f"Turn {turn.id} is held by another process.")
        return bool(found)

    async def state_of(self, message_id: UUID) -> str | None:
        """`waiting`, `running` or `done`, of the turn that a message began; None without one."""
        query = sa.select(turns.c.state).where(
            turns.c.message_id == message_id, turns.c.workspace_id == self.workspace
        )
        row = await self.row(query)
        return None if row is None else row["state"]

    async def receipts(self, conversation_id: UUID) -> dict[UUID, Mapping[str, Any]]:
        """Receipt by reply id, of every finished turn."""
        query = sa.select(turns.c.reply_id, turns.c.receipt).where(
            turns.c.conversation_id == conversation_id,
            turns.c.workspace_id == self.workspace,
            turns.c.state == "done",
        )
        return {row["reply_id"]: row["receipt"] for row in await self.rows(query)}

    async def latest_done(
        self, conversation_id: UUID, *, reply_id: UUID | None = None
    ) -> Mapping[str, Any] | None:
        """`id, reply_id, receipt, created_at` of the turn behind a reply, or of the last one."""
        query = (
            sa.select(turns.c.id, turns.c.reply_id, turns.c.receipt, turns.c.created_at)
            .where(
                turns.c.conversation_id == conversation_id,
                turns.c.workspace_id == self.workspace,
                turns.c.state == "done",
                turns.c.reply_id == reply_id if reply_id is not None else sa.true(),
            )
            .order_by(turns.c.message_seq.desc())
            .limit(1)
        )
        return await self.row(query)
