"""Suggestions for answers and the customers' questions that they are made of."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.answers.packing import packed, unpacked
from chatbot.domain.suggestion import Heard, Suggestion, SuggestionState
from chatbot.errors import Conflict, NotFound
from chatbot.store.curation_tables import suggestion_questions as questions
from chatbot.store.curation_tables import suggestions
from chatbot.store.door import Door

_COUNTED = ("customers", "questions")
_OWN = tuple(
    suggestions.c[name] for name in Suggestion.__dataclass_fields__ if name not in _COUNTED
)
_REPEATED = 200  # suggestions in a list, at most


def _suggestion(row: Mapping[str, Any]) -> Suggestion:
    values: dict[str, Any] = {**row, "phrasings": tuple(row["phrasings"])}
    return Suggestion(**values)


class Suggestions(Door):
    """An open suggestion with a text waits for a reviewer; without one it is a gap."""

    def _query(self) -> sa.Select[*tuple[Any, ...]]:
        asked = (
            sa.select(
                sa.func.count(questions.c.customer_id.distinct()).label("customers"),
                sa.func.count().label("questions"),
            )
            .where(questions.c.suggestion_id == suggestions.c.id)
            .lateral("asked")
        )
        return (
            sa.select(*_OWN, asked.c.customers, asked.c.questions)
            .join(asked, sa.true())
            .where(suggestions.c.workspace_id == self.workspace)
        )

    async def get(self, suggestion_id: UUID, *, lock: bool = False) -> Suggestion:
        """
        Raises:
            NotFound: There is none, or it is another company's.
        """
        query = self._query().where(suggestions.c.id == suggestion_id)
        row = await self.row(query.with_for_update(of=suggestions) if lock else query)
        if row is None:
            raise NotFound("suggestion", suggestion_id)
        return _suggestion(row)

    async def page(
        self, state: SuggestionState, *, written: bool | None = None, limit: int = _REPEATED
    ) -> list[Suggestion]:
        """Those in *state*, what most customers asked first; *written* asks for a text or none."""
        query = self._query().where(suggestions.c.state == state)
        if written is not None:
            query = query.where((suggestions.c.text != "") == written)
        ranked = query.order_by(
            sa.desc("customers"), suggestions.c.asked_at.desc(), suggestions.c.id
        ).limit(limit)
        return [_suggestion(row) for row in await self.rows(ranked)]

    async def counts(self) -> Mapping[str, int]:
        """How many wait: `suggestions` with a text, `gaps` without one; and `dismissed`."""
        open_, written = suggestions.c.state == "open", suggestions.c.text != ""
        dismissed = suggestions.c.state == "dismissed"
        query = sa.select(
            sa.func.count().filter(open_, written).label("suggestions"),
            sa.func.count().filter(open_, ~written).label("gaps"),
            sa.func.count().filter(dismissed).label("dismissed"),
        ).where(suggestions.c.workspace_id == self.workspace)
        return await self.one(query)

    async def heard(self, suggestion_id: UUID, limit: int = 100) -> list[Heard]:
        """The questions behind a suggestion, those with an agent's words first, then the newest."""
        query = (
            sa.select(questions)
            .where(
                questions.c.suggestion_id == suggestion_id,
                questions.c.workspace_id == self.workspace,
            )
            .order_by((questions.c.reply == "").asc(), questions.c.at.desc())
            .limit(limit)
        )
        return [_heard(row) for row in await self.rows(query)]

    async def members(self, fingerprint: str, groups: int, each: int) -> Mapping[UUID, list[Heard]]:
        """The newest questions of the suggestions that may be asked again, with their vectors."""
        alive = (
            sa.select(suggestions.c.id)
            .where(
                suggestions.c.workspace_id == self.workspace,
                suggestions.c.state.in_(("open", "dismissed")),
            )
            .order_by(suggestions.c.asked_at.desc())
            .limit(groups)
            .subquery()
        )
        rank = (
            sa.func.row_number()
            .over(partition_by=questions.c.suggestion_id, order_by=questions.c.at.desc())
            .label("rank")
        )
        ranked = (
            sa.select(questions, rank)
            .join(alive, alive.c.id == questions.c.suggestion_id)
            .where(questions.c.fingerprint == fingerprint)
            .subquery()
        )
        found: dict[UUID, list[Heard]] = {}
        query = sa.select(ranked).where(ranked.c.rank <= each)
        for row in await self.rows(query):
            found.setdefault(row["suggestion_id"], []).append(_heard(row))
        return found

    async def known(self, messages: Sequence[UUID]) -> Mapping[UUID, UUID]:
        """Which of these messages belong to which suggestion already."""
        query = sa.select(questions.c.message_id, questions.c.suggestion_id).where(
            questions.c.message_id == sa.any_(sa.cast(list(messages), sa.ARRAY(sa.Uuid))),
            questions.c.workspace_id == self.workspace,
        )
        return {row["message_id"]: row["suggestion_id"] for row in await self.rows(query)}

    async def begin(self, heard: Heard) -> UUID:
        """A new suggestion with its first question still to be added."""
        made = uuid4()
        await self.add(
            suggestions,
            id=made,
            title=heard.question[:200],
            locale=heard.locale,
            answer_key=heard.answer_key,
            created_at=self.now,
            updated_at=self.now,
            asked_at=heard.at,
        )
        return made

    async def put(self, suggestion_id: UUID, heard: Heard, fingerprint: str) -> None:
        """Add a question; of one that is there already only an agent's words are new."""
        words = {"reply": heard.reply, "agent": heard.agent}
        made = insert(questions).values(
            workspace_id=self.workspace,
            message_id=heard.message_id,
            suggestion_id=suggestion_id,
            conversation_id=heard.conversation_id,
            customer_id=heard.customer_id,
            why=heard.why,
            question=heard.question,
            fingerprint=fingerprint,
            vector=packed(heard.vector),
            at=heard.at,
            **words,
        )
        await self.db.execute(
            made.on_conflict_do_update(
                index_elements=["message_id"], set_=words, where=made.excluded.reply != ""
            )
        )
        await self.db.execute(
            sa.update(suggestions)
            .where(suggestions.c.id == suggestion_id, suggestions.c.workspace_id == self.workspace)
            .values(asked_at=sa.func.greatest(suggestions.c.asked_at, heard.at))
        )

    async def write(
        self,
        suggestion_id: UUID,
        *,
        if_open: bool = False,
        **values: Any,  # noqa: ANN401 columns
    ) -> None:
        """
        Set what the application found out by itself; nothing that a person wrote.

        Args:
            if_open: Only where nobody has decided about it; what took time may come too late.
        """
        undecided = suggestions.c.state == "open" if if_open else sa.true()
        await self.db.execute(
            sa.update(suggestions)
            .where(
                suggestions.c.id == suggestion_id,
                suggestions.c.workspace_id == self.workspace,
                suggestions.c.drafted_by != "person",
                undecided,
            )
            .values(**values)
        )

    async def change(self, before: Suggestion, **values: Any) -> Suggestion:  # noqa: ANN401 columns
        """
        Set what a person decided, as the next version.

        Raises:
            Conflict: Somebody else changed it meanwhile.
        """
        done = await self.db.execute(
            sa.update(suggestions)
            .where(
                suggestions.c.id == before.id,
                suggestions.c.workspace_id == self.workspace,
                suggestions.c.version == before.version,
            )
            .values(
                version=before.version + 1,
                updated_at=self.now,
                updated_by=self.principal.name,
                **values,
            )
        )
        if done.rowcount != 1:
            raise Conflict("Somebody changed this suggestion meanwhile: look at their version.")
        return await self.get(before.id)


def _heard(row: Mapping[str, Any]) -> Heard:
    return Heard(
        message_id=row["message_id"],
        conversation_id=row["conversation_id"],
        customer_id=row["customer_id"],
        why=row["why"],
        question=row["question"],
        at=row["at"],
        reply=row["reply"],
        agent=row["agent"],
        vector=unpacked(row["vector"]),
    )
