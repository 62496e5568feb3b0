"""Questions that wait for a model to be well again."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.ask import Ask
from chatbot.domain.conversation import Turn
from chatbot.domain.outage import Deferred
from chatbot.store.continuity_tables import deferred_questions as deferred
from chatbot.store.door import Door
from chatbot.store.tables import entries, turns

_DEFERRED = tuple(deferred.c[name] for name in Deferred.__dataclass_fields__)
_MODELS = ("model", "alternative", "tool")


class DeferredQuestions(Door):
    """A question is `queued` until it is `answered`, or `dropped` for a reason."""

    async def queue(self, ask: Ask, window_s: float, first_s: float) -> None:
        """Let the question of a running turn wait; once, however often the turn is tried."""
        question = sa.select(
            turns.c.workspace_id,
            turns.c.message_id,
            turns.c.conversation_id,
            turns.c.id,
            sa.literal(self.now),
            sa.literal(self.now + timedelta(seconds=first_s)),
            sa.literal(self.now + timedelta(seconds=window_s)),
        ).where(turns.c.id == ask.turn_id, turns.c.workspace_id == self.workspace)
        columns = [
            "workspace_id",
            "message_id",
            "conversation_id",
            "turn_id",
            "created_at",
            "due_at",
            "until",
        ]
        await self.db.execute(
            insert(deferred).from_select(columns, question).on_conflict_do_nothing()
        )

    async def take(self, message_id: UUID) -> Deferred | None:
        """
        The waiting question; None when it waits no more.

        Its conversation is held by this transaction: two processes never both have it.
        """
        query = sa.select(*_DEFERRED).where(
            deferred.c.message_id == message_id,
            deferred.c.workspace_id == self.workspace,
            deferred.c.state == "queued",
        )
        row = await self.row(query)
        return None if row is None else Deferred(**row)

    async def put_back(self, message_id: UUID, due_at: datetime) -> None:
        """It was tried in vain and is due again then."""
        await self._change(message_id, due_at=due_at, attempts=deferred.c.attempts + 1)

    async def end(self, message_id: UUID, why: str) -> None:
        """Nobody waits for it any more; an empty *why* says that it was answered."""
        state = "dropped" if why else "answered"
        await self._change(message_id, state=state, why=why, ended_at=self.now)

    async def drop_all(self, conversation_id: UUID, why: str) -> bool:
        """Let nothing of a conversation wait any more; whether anything did."""
        done = await self.db.execute(
            sa.update(deferred)
            .where(
                deferred.c.conversation_id == conversation_id,
                deferred.c.workspace_id == self.workspace,
                deferred.c.state == "queued",
            )
            .values(state="dropped", why=why, ended_at=self.now)
        )
        return done.rowcount > 0

    async def _change(self, message_id: UUID, **values: object) -> None:
        await self.db.execute(
            sa.update(deferred)
            .where(
                deferred.c.message_id == message_id,
                deferred.c.workspace_id == self.workspace,
                deferred.c.state == "queued",
            )
            .values(values)
        )

    async def answered_meanwhile(self, handed_off: Turn) -> bool:
        """
        Whether the customer has what they asked for.

        A person wrote, a model replied to something later in the same conversation (it had read
        the question too), or the same words were asked again and did not end in a handoff.
        """
        question, reply, asked = (entries.alias(name) for name in ("question", "reply", "asked"))
        rung = reply.c.source["rung"].astext
        again = sa.and_(rung != "handoff", asked.c.text == question.c.text)
        query = (
            sa.select(reply.c.id)
            .select_from(question)
            .join(reply, reply.c.conversation_id == question.c.conversation_id)
            .outerjoin(asked, asked.c.id == reply.c.reply_to)
            .where(
                question.c.id == handed_off.message_id,
                question.c.workspace_id == self.workspace,
                reply.c.kind == "message",
                reply.c.seq > question.c.seq,
                sa.or_(
                    reply.c.role == "agent",
                    sa.and_(
                        reply.c.role == "bot",
                        asked.c.seq > question.c.seq,
                        sa.or_(rung.in_(_MODELS), again),
                    ),
                ),
            )
            .limit(1)
        )
        return await self.row(query) is not None
