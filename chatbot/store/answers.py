"""The answer bank: answers, their revisions, and the vectors of their phrasings."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.answer import Answer, AnswerContent, AnswerState, BankAnswer, Revision
from chatbot.errors import Conflict, NotFound
from chatbot.store.bank_tables import answer_revisions, answers, phrasing_vectors
from chatbot.store.door import Door
from chatbot.store.tables import workspaces

_CONTENT = tuple(AnswerContent.__dataclass_fields__)
_ANSWER = (
    answers.c.id,
    answers.c.key,
    answers.c.state,
    answers.c.revision,
    answers.c.published_revision,
    answers.c.updated_at,
    answers.c.updated_by,
)
_WORDING = tuple(answer_revisions.c[name] for name in _CONTENT)


def _content(row: Mapping[str, Any]) -> AnswerContent:
    values: dict[str, Any] = {name: row[name] for name in _CONTENT}
    values |= {"phrasings": tuple(row["phrasings"]), "tags": tuple(row["tags"])}
    return AnswerContent(**values)


def _answer(row: Mapping[str, Any]) -> Answer:
    values = {name: value for name, value in row.items() if name not in _CONTENT}
    return Answer(content=_content(row), **values)


class Answers(Door):
    """Every content is a revision; what customers receive is the published one."""

    def _newest(self) -> sa.Select[*tuple[Any, ...]]:
        return (
            sa.select(*_ANSWER, *_WORDING)
            .join(
                answer_revisions,
                sa.and_(
                    answer_revisions.c.answer_id == answers.c.id,
                    answer_revisions.c.number == answers.c.revision,
                ),
            )
            .where(answers.c.workspace_id == self.workspace)
        )

    async def get(self, key: str, *, lock: bool = False) -> Answer:
        """
        The answer with its newest content.

        Raises:
            NotFound: No answer has this key.
        """
        query = self._newest().where(answers.c.key == key)
        row = await self.row(query.with_for_update(of=answers) if lock else query)
        if row is None:
            raise NotFound("answer", key)
        return _answer(row)

    async def page(
        self, *, state: AnswerState | None = None, after: str = "", limit: int | None = None
    ) -> list[Answer]:
        """Answers in the order of their keys, those behind *after*."""
        query = (
            self._newest()
            .where(
                answers.c.key > after,
                answers.c.state == state if state is not None else sa.true(),
            )
            .order_by(answers.c.key)
            .limit(limit)
        )
        return [_answer(row) for row in await self.rows(query)]

    async def search(self, state: AnswerState, words: str = "", limit: int = 200) -> list[Answer]:
        """Answers whose title, key, reply, tags or phrasings hold *words*, last changed first."""
        held = sa.func.concat_ws(
            "\n",
            answers.c.key,
            answer_revisions.c.title,
            answer_revisions.c.text,
            sa.cast(answer_revisions.c.tags, sa.Text),
            sa.cast(answer_revisions.c.phrasings, sa.Text),
        )
        query = (
            self._newest()
            .where(
                answers.c.state == state,
                *(held.icontains(word, autoescape=True) for word in words.split()),
            )
            .order_by(answers.c.updated_at.desc(), answers.c.key)
            .limit(limit)
        )
        return [_answer(row) for row in await self.rows(query)]

    async def counts(self) -> Mapping[str, int]:
        """How many answers there are in each state."""
        query = (
            sa.select(answers.c.state, sa.func.count().label("many"))
            .where(answers.c.workspace_id == self.workspace)
            .group_by(answers.c.state)
        )
        return {row["state"]: row["many"] for row in await self.rows(query)}

    async def create(self, key: str, content: AnswerContent, *, by: str) -> Answer:
        """
        A new draft.

        Raises:
            Conflict: The key is taken.
        """
        answer = Answer(uuid4(), key, "draft", content, 1, None, self.now, by)
        made = await self.db.execute(
            insert(answers)
            .values(
                id=answer.id,
                workspace_id=self.workspace,
                key=key,
                created_at=self.now,
                updated_at=self.now,
                updated_by=by,
            )
            .on_conflict_do_nothing()
        )
        if made.rowcount != 1:
            raise Conflict(f"There is an answer {key} already.")
        await self._keep(answer, by)
        return answer

    async def revise(self, answer: Answer, content: AnswerContent, *, by: str) -> Answer:
        """
        Keep *content* as the next revision of *answer*, not yet published.

        Raises:
            Conflict: Somebody saved a newer revision than the one in *answer*.
        """
        newer = replace(
            answer,
            content=content,
            revision=answer.revision + 1,
            updated_at=self.now,
            updated_by=by,
        )
        await self._update(answer, revision=newer.revision, updated_by=by)
        await self._keep(newer, by)
        return newer

    async def set_state(self, answer: Answer, state: AnswerState, *, by: str) -> Answer:
        """
        Publish the newest revision, or take the answer out of customers' reach.

        Raises:
            Conflict: Somebody saved a newer revision than the one in *answer*.
        """
        published = answer.revision if state == "published" else None
        await self._update(answer, state=state, published_revision=published, updated_by=by)
        if published is not None:
            await self.db.execute(
                sa.update(answer_revisions)
                .where(
                    answer_revisions.c.answer_id == answer.id,
                    answer_revisions.c.number == published,
                    answer_revisions.c.workspace_id == self.workspace,
                )
                .values(published=True)
            )
        return replace(answer, state=state, published_revision=published, updated_by=by)

    async def _update(self, answer: Answer, **values: Any) -> None:  # noqa: ANN401 columns
        done = await self.db.execute(
            sa.update(answers)
            .where(
                answers.c.id == answer.id,
                answers.c.workspace_id == self.workspace,
                answers.c.revision == answer.revision,
            )
            .values(updated_at=self.now, **values)
        )
        if done.rowcount != 1:
            raise Conflict(f"Somebody changed {answer.key} meanwhile: look at their version first.")

    async def _keep(self, answer: Answer, by: str) -> None:
        wording = asdict(answer.content)
        await self.add(
            answer_revisions,
            answer_id=answer.id,
            number=answer.revision,
            at=self.now,
            by=by,
            **{**wording, "phrasings": list(wording["phrasings"]), "tags": list(wording["tags"])},
        )

    async def remove(self, key: str) -> None:
        """
        Delete the answer with all its revisions.

        Raises:
            NotFound: No answer has this key.
        """
        done = await self.db.execute(
            sa.delete(answers).where(answers.c.key == key, answers.c.workspace_id == self.workspace)
        )
        if done.rowcount != 1:
            raise NotFound("answer", key)

    async def history(self, answer_id: UUID) -> list[Revision]:
        """Every kept revision, newest first."""
        query = (
            sa.select(answer_revisions)
            .where(
                answer_revisions.c.answer_id == answer_id,
                answer_revisions.c.workspace_id == self.workspace,
            )
            .order_by(answer_revisions.c.number.desc())
        )
        return [
            Revision(row["number"], _content(row), row["published"], row["at"], row["by"])
            for row in await self.rows(query)
        ]

    async def published(self, today: date) -> tuple[int, tuple[BankAnswer, ...]]:
        """The bank's version with every answer that may be given *today*."""
        version = sa.select(workspaces.c.bank_version).where(workspaces.c.id == self.workspace)
        query = (
            sa.select(answers.c.key, *_WORDING)
            .join(
                answer_revisions,
                sa.and_(
                    answer_revisions.c.answer_id == answers.c.id,
                    answer_revisions.c.number == answers.c.published_revision,
                ),
            )
            .where(
                answers.c.workspace_id == self.workspace,
                answers.c.state == "published",
                sa.func.coalesce(answer_revisions.c.valid_from, today) <= today,
                sa.func.coalesce(answer_revisions.c.valid_until, today) >= today,
            )
            .order_by(answers.c.key)
        )
        number = (await self.db.execute(version)).scalar_one()
        found = tuple(
            BankAnswer(
                row["key"], row["title"], row["text"], tuple(row["phrasings"]), row["locale"]
            )
            for row in await self.rows(query)
        )
        return number, found

    async def bank_changed(self) -> int:
        """Count the bank's version up: the next question is matched against the new one."""
        query = (
            sa.update(workspaces)
            .where(workspaces.c.id == self.workspace)
            .values(bank_version=workspaces.c.bank_version + 1)
            .returning(workspaces.c.bank_version)
        )
        return (await self.db.execute(query)).scalar_one()

    async def vectors(self, fingerprint: str, hashes: Iterable[str]) -> Mapping[str, bytes]:
        """Known vectors by the hash of their text."""
        query = sa.select(phrasing_vectors.c.text_hash, phrasing_vectors.c.vector).where(
            phrasing_vectors.c.workspace_id == self.workspace,
            phrasing_vectors.c.fingerprint == fingerprint,
            phrasing_vectors.c.text_hash == sa.any_(sa.cast(list(hashes), sa.ARRAY(sa.Text))),
        )
        return {row["text_hash"]: row["vector"] for row in await self.rows(query)}

    async def keep_vectors(self, fingerprint: str, vectors: Mapping[str, bytes]) -> None:
        """Remember vectors, so that no process encodes the same text again."""
        rows = [
            {
                "workspace_id": self.workspace,
                "fingerprint": fingerprint,
                "text_hash": text_hash,
                "vector": vector,
            }
            for text_hash, vector in vectors.items()
        ]
        if rows:
            await self.db.execute(insert(phrasing_vectors).on_conflict_do_nothing(), rows)
