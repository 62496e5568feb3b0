"""What the log tells of the bank: how often answers were given, and how that went."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chatbot.domain.given import Given, Thumbs
from chatbot.store.bank_tables import answer_revisions, answers, feedback
from chatbot.store.door import Door
from chatbot.store.tables import conversations, customers, entries, turns


class GivenLog(Door):
    """Reads only; every query is bounded by a time."""

    async def answers(self, since: datetime) -> Mapping[str, Given]:
        """By answer key, the replies since then that rest on it."""
        cited = sa.func.jsonb_array_elements(entries.c.source["answers"]).table_valued(
            sa.column("value", JSONB), name="cited"
        )
        key, rung = cited.c.value[0].astext, entries.c.source["rung"].astext
        query = (
            sa.select(
                key.label("key"),
                rung.label("rung"),
                sa.func.count().label("many"),
                sa.func.count().filter(feedback.c.value > 0).label("helpful"),
                sa.func.count().filter(feedback.c.value < 0).label("unhelpful"),
                sa.func.max(entries.c.at).label("last"),
            )
            .select_from(entries)
            .join(cited, sa.true())
            .outerjoin(feedback, feedback.c.message_id == entries.c.id)
            .where(*self._replies(since))
            .group_by(key, rung)
        )
        rows: dict[str, list[Mapping[str, Any]]] = {}
        for row in await self.rows(query):
            rows.setdefault(row["key"], []).append(row)
        return {
            name: Given(
                by_rung={row["rung"]: row["many"] for row in found},
                helpful=sum(row["helpful"] for row in found),
                unhelpful=sum(row["unhelpful"] for row in found),
                last=max(row["last"] for row in found),
            )
            for name, found in rows.items()
        }

    async def thumbs(self, since: datetime) -> Mapping[str, Thumbs]:
        """
        By key of published answers, how many customers judged their present words since then.

        Only what the bank itself gave, word for word as it is published now, counts: an answer
        whose text was edited begins anew. Visitors whom nobody knows are one customer where they
        share a network: whoever opens ten private windows has one voice.
        """
        unknown = sa.and_(customers.c.external_id.is_(None), feedback.c.network != "")
        each = sa.cast(conversations.c.customer_id, sa.Text)
        customer = sa.distinct(sa.case((unknown, feedback.c.network), else_=each))
        query = (
            sa.select(
                answers.c.key,
                sa.func.count(customer).filter(feedback.c.value > 0).label("helpful"),
                sa.func.count(customer).filter(feedback.c.value < 0).label("unhelpful"),
            )
            .select_from(feedback)
            .join(entries, entries.c.id == feedback.c.message_id)
            .join(conversations, conversations.c.id == entries.c.conversation_id)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .join(answers, answers.c.key == entries.c.source["answers"][0][0].astext)
            .join(
                answer_revisions,
                sa.and_(
                    answer_revisions.c.answer_id == answers.c.id,
                    answer_revisions.c.number == answers.c.published_revision,
                    answer_revisions.c.text == entries.c.text,
                ),
            )
            .where(
                *self._replies(since),
                entries.c.source["rung"].astext == "answer_bank",
                feedback.c.workspace_id == self.workspace,
                answers.c.workspace_id == self.workspace,
                answers.c.state == "published",
            )
            .group_by(answers.c.key)
        )
        return {
            row["key"]: Thumbs(row["helpful"], row["unhelpful"]) for row in await self.rows(query)
        }

    async def days(self, since: datetime) -> list[tuple[date, Mapping[str, int]]]:
        """By day (UTC), oldest first, what the bank made of the questions: verdict to number."""
        day = sa.cast(sa.func.timezone("UTC", turns.c.ended_at), sa.Date)
        verdict = turns.c.receipt["match"]["verdict"].astext
        query = (
            sa.select(day.label("day"), verdict.label("verdict"), sa.func.count().label("many"))
            .where(
                turns.c.workspace_id == self.workspace,
                turns.c.state == "done",
                turns.c.ended_at > since,
                verdict.is_not(None),
            )
            .group_by(day, verdict)
            .order_by(day)
        )
        found: dict[date, dict[str, int]] = {}
        for row in await self.rows(query):
            found.setdefault(row["day"], {})[row["verdict"]] = row["many"]
        return list(found.items())

    async def saved(self, since: datetime) -> Mapping[str, int]:
        """
        Saved answers that the bank gave since then.

        Returns:
            `given, helpful, unhelpful`, and `followed`: no judgement, but an agent wrote behind it.
        """
        later = entries.alias("later")
        followed = sa.exists().where(
            later.c.conversation_id == entries.c.conversation_id,
            later.c.workspace_id == self.workspace,
            later.c.role == "agent",
            later.c.kind == "message",
            later.c.seq > entries.c.seq,
        )
        query = (
            sa.select(
                sa.func.count().label("given"),
                sa.func.count().filter(feedback.c.value > 0).label("helpful"),
                sa.func.count().filter(feedback.c.value < 0).label("unhelpful"),
                sa.func.count().filter(feedback.c.value.is_(None), followed).label("followed"),
            )
            .select_from(entries)
            .outerjoin(feedback, feedback.c.message_id == entries.c.id)
            .where(
                *self._replies(since),
                entries.c.source["rung"].astext == "answer_bank",
                sa.func.jsonb_array_length(entries.c.source["answers"]) > 0,
            )
        )
        return await self.one(query)

    def _replies(self, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            entries.c.workspace_id == self.workspace,
            entries.c.kind == "message",
            entries.c.role == "bot",
            entries.c.at > since,
            sa.func.jsonb_typeof(entries.c.source["answers"]) == "array",
        )
