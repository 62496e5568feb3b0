"""What customers asked lately and what came of it, as the curation loop reads the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.store.bank_tables import feedback
from chatbot.store.curation_tables import curation_marks, turn_vectors
from chatbot.store.door import Door
from chatbot.store.tables import conversations, customers, entries, turns

_BACK = timedelta(days=30)  # how far the first look at a workspace's log goes


@dataclass(frozen=True, slots=True)
class Marks:
    """How far the log was read: turns by their end, agents' words, judgements, and the bank."""

    turns_at: datetime
    said_at: datetime
    judged_at: datetime
    bank_version: int = 0


class AskedLog(Door):
    """Every reading is bounded and begins behind a mark, so that nothing is read twice."""

    async def marks(self, *, lock: bool = False) -> Marks:
        """The workspace's marks; the first look goes back a month."""
        begin = dict.fromkeys(("turns_at", "said_at", "judged_at"), self.now - _BACK)
        await self.db.execute(
            insert(curation_marks)
            .values(workspace_id=self.workspace, **begin)
            .on_conflict_do_nothing()
        )
        query = sa.select(
            curation_marks.c.turns_at,
            curation_marks.c.said_at,
            curation_marks.c.judged_at,
            curation_marks.c.bank_version,
        ).where(curation_marks.c.workspace_id == self.workspace)
        return Marks(**await self.one(query.with_for_update() if lock else query))

    async def set_marks(self, marks: Marks) -> None:
        """Remember how far the log was read; hold the lock of `marks` meanwhile."""
        await self.db.execute(
            sa.update(curation_marks)
            .where(curation_marks.c.workspace_id == self.workspace)
            .values({name: getattr(marks, name) for name in Marks.__slots__})
        )

    async def turns(
        self, after: datetime, until: datetime, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """
        Finished turns in the order of their ends, those of one moment never parted.

        Returns:
            `turn_id, message_id, conversation_id, customer_id, question, earlier, verdict, locale,
            at`.
        """
        query = (
            sa.select(
                turns.c.id.label("turn_id"),
                turns.c.message_id,
                turns.c.conversation_id,
                conversations.c.customer_id,
                turns.c.question,
                (turns.c.message_seq > 1).label("earlier"),
                turns.c.receipt["match"]["verdict"].astext.label("verdict"),
                customers.c.locale,
                turns.c.ended_at.label("at"),
            )
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .where(
                turns.c.workspace_id == self.workspace,
                turns.c.state == "done",
                turns.c.later_for.is_(None),  # the question was seen when it was asked
                turns.c.ended_at > after,
                turns.c.ended_at <= until,
            )
            .order_by(turns.c.ended_at)
            .fetch(limit, with_ties=True)
        )
        return await self.rows(query)

    async def unhelpful(
        self, after: datetime, until: datetime, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """
        Saved answers that a customer called unhelpful.

        Returns:
            `message_id` (of the question), `conversation_id, customer_id, question, answers`
            (pairs of key and title), `locale, at`.
        """
        reply, question = entries.alias("reply"), entries.alias("question")
        query = (
            sa.select(
                question.c.id.label("message_id"),
                question.c.conversation_id,
                conversations.c.customer_id,
                question.c.text.label("question"),
                reply.c.source["answers"].label("answers"),
                customers.c.locale,
                feedback.c.at,
            )
            .select_from(feedback)
            .join(reply, reply.c.id == feedback.c.message_id)
            .join(question, question.c.id == reply.c.reply_to)
            .join(conversations, conversations.c.id == question.c.conversation_id)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .where(
                feedback.c.workspace_id == self.workspace,
                feedback.c.value < 0,
                feedback.c.at > after,
                feedback.c.at <= until,
                reply.c.source["rung"].astext == "answer_bank",
            )
            .order_by(feedback.c.at)
            .fetch(limit, with_ties=True)
        )
        return await self.rows(query)

    async def agents_spoke(
        self, after: datetime, until: datetime, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """
        Conversations in which an agent wrote, by their last words in that time.

        Returns:
            `conversation_id, customer_id, name` (of the customer), `locale, at`.
        """
        last = sa.func.max(entries.c.at).label("at")
        query = (
            sa.select(
                entries.c.conversation_id,
                conversations.c.customer_id,
                customers.c.name,
                customers.c.locale,
                last,
            )
            .join(conversations, conversations.c.id == entries.c.conversation_id)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .where(
                entries.c.workspace_id == self.workspace,
                entries.c.kind == "message",
                entries.c.role == "agent",
                entries.c.at > after,
                entries.c.at <= until,
            )
            .group_by(
                entries.c.conversation_id,
                conversations.c.customer_id,
                customers.c.name,
                customers.c.locale,
            )
            .order_by(last)
            .fetch(limit, with_ties=True)
        )
        return await self.rows(query)

    async def recent(self, fingerprint: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """
        The last questions, newest first, each wording once.

        Returns:
            `turn_id, conversation_id, question, locale, vector, at`; the vector, in float16, is
            None when it was not kept, or was made by another encoder.
        """
        latest = (
            sa.select(
                turns.c.id.label("turn_id"),
                turns.c.conversation_id,
                turns.c.question,
                customers.c.locale,
                turns.c.ended_at.label("at"),
                turn_vectors.c.vector,
            )
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .outerjoin(
                turn_vectors,
                sa.and_(
                    turn_vectors.c.turn_id == turns.c.id,
                    turn_vectors.c.fingerprint == fingerprint,
                ),
            )
            .where(
                turns.c.workspace_id == self.workspace,
                turns.c.state == "done",
                turns.c.ended_at.is_not(None),
            )
            .order_by(turns.c.ended_at.desc())
            .limit(2 * limit)
        )
        rows = await self.rows(latest)
        distinct = {" ".join(row["question"].lower().split()): row for row in reversed(rows)}
        return sorted(distinct.values(), key=lambda row: row["at"], reverse=True)[:limit]

    async def keep_vectors(self, fingerprint: str, vectors: Mapping[UUID, bytes]) -> None:
        """Remember what the questions of turns mean."""
        rows = [
            {
                "workspace_id": self.workspace,
                "turn_id": turn,
                "fingerprint": fingerprint,
                "vector": vector,
            }
            for turn, vector in vectors.items()
        ]
        if rows:
            made = insert(turn_vectors)
            fresh = {name: made.excluded[name] for name in ("fingerprint", "vector")}
            await self.db.execute(
                made.on_conflict_do_update(index_elements=["turn_id"], set_=fresh), rows
            )

    async def forget_vectors(self, kept: int) -> int:
        """Drop the vectors of all but the last *kept* turns; how many."""
        latest = (
            sa.select(turns.c.id)
            .where(turns.c.workspace_id == self.workspace, turns.c.ended_at.is_not(None))
            .order_by(turns.c.ended_at.desc())
            .limit(kept)
        )
        done = await self.db.execute(
            sa.delete(turn_vectors).where(
                turn_vectors.c.workspace_id == self.workspace,
                turn_vectors.c.turn_id.not_in(latest),
            )
        )
        return done.rowcount
