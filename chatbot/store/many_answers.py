"""Many answers at once: what imports and exports read and write."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.answer import Answer, AnswerContent, Standing
from chatbot.errors import Conflict
from chatbot.store.bank_tables import answer_revisions, answers
from chatbot.store.door import Door

_CONTENT = tuple(AnswerContent.__dataclass_fields__)
_newest = answer_revisions.alias("newest")
_given = answer_revisions.alias("given")
_imported = answer_revisions.alias("imported")


def _content(row: Mapping[str, Any], prefix: str) -> AnswerContent:
    values: dict[str, Any] = {name: row[prefix + name] for name in _CONTENT}
    for name in ("phrasings", "tags"):
        values[name] = tuple(values[name])
    return AnswerContent(**values)


def _standing(row: Mapping[str, Any]) -> Standing:
    answer = Answer(
        content=_content(row, "newest_"),
        **{name: row[name] for name in Answer.__dataclass_fields__ if name != "content"},
    )
    given, imported = (
        None if row[f"{side}title"] is None else _content(row, side)
        for side in ("given_", "imported_")
    )
    return Standing(answer, given, imported)


class ManyAnswers(Door):
    """Reads and writes answers by the hundred, in the order of their keys."""

    def _query(self) -> sa.Select[*tuple[Any, ...]]:
        wording = [
            side.c[name].label(f"{side.name}_{name}")
            for side in (_newest, _given, _imported)
            for name in _CONTENT
        ]
        plain = [answers.c[name] for name in Answer.__dataclass_fields__ if name != "content"]
        return (
            sa.select(*plain, *wording)
            .join(
                _newest,
                sa.and_(
                    _newest.c.answer_id == answers.c.id, _newest.c.number == answers.c.revision
                ),
            )
            .outerjoin(
                _given,
                sa.and_(
                    _given.c.answer_id == answers.c.id,
                    _given.c.number == answers.c.published_revision,
                ),
            )
            .outerjoin(
                _imported,
                sa.and_(
                    _imported.c.answer_id == answers.c.id,
                    _imported.c.number == answers.c.imported_revision,
                ),
            )
            .where(answers.c.workspace_id == self.workspace)
            .order_by(answers.c.key)
        )

    async def page(self, *, after: str = "", limit: int) -> list[Standing]:
        """Answers behind the key *after*."""
        query = self._query().where(answers.c.key > after).limit(limit)
        return [_standing(row) for row in await self.rows(query)]

    async def standing(self, keys: Sequence[str]) -> dict[str, Standing]:
        """Those of *keys* that exist, locked until the transaction ends."""
        wanted = answers.c.key == sa.any_(sa.cast(list(keys), sa.ARRAY(sa.Text)))
        query = self._query().where(wanted).with_for_update(of=answers)
        return {row["key"]: _standing(row) for row in await self.rows(query)}

    async def write(self, changes: Sequence[tuple[Answer | None, Answer]]) -> None:
        """
        Write each (before, after); the rows before are locked, None is a new answer.

        Raises:
            Conflict: Somebody made an answer with one of the new keys meanwhile.
        """
        await self._add([after for before, after in changes if before is None])
        await self._update([after for before, after in changes if before is not None])
        revised = [
            after
            for before, after in changes
            if before is None or after.revision != before.revision
        ]
        await self._keep(revised)
        await self._mark_published([after for _, after in changes])

    async def _add(self, new: Sequence[Answer]) -> None:
        if not new:
            return
        rows = [
            {**_columns(answer), "workspace_id": self.workspace, "created_at": self.now}
            for answer in new
        ]
        query = insert(answers).on_conflict_do_nothing().returning(answers.c.key)
        made = (await self.db.execute(query, rows)).scalars().all()
        if len(made) != len(new):
            raise Conflict("Somebody is adding the same answers just now: send yours again.")

    async def _update(self, changed: Sequence[Answer]) -> None:
        if not changed:
            return
        rows = [
            {f"new_{name}": value for name, value in _columns(answer).items()} for answer in changed
        ]
        written = tuple(name for name in _columns(changed[0]) if name not in {"id", "key"})
        query = (
            sa.update(answers)
            .where(answers.c.id == sa.bindparam("new_id"), answers.c.workspace_id == self.workspace)
            .values({name: sa.bindparam(f"new_{name}") for name in written})
        )
        await self.db.execute(query, rows)

    async def _keep(self, revised: Sequence[Answer]) -> None:
        rows = [
            {
                **asdict(answer.content),
                "phrasings": list(answer.content.phrasings),
                "tags": list(answer.content.tags),
                "workspace_id": self.workspace,
                "answer_id": answer.id,
                "number": answer.revision,
                "at": answer.updated_at,
                "by": answer.updated_by,
            }
            for answer in revised
        ]
        if rows:
            await self.db.execute(sa.insert(answer_revisions), rows)

    async def _mark_published(self, changed: Sequence[Answer]) -> None:
        rows = [
            {"marked": answer.id, "revision": answer.published_revision}
            for answer in changed
            if answer.published_revision is not None
        ]
        if not rows:
            return
        query = (
            sa.update(answer_revisions)
            .where(
                answer_revisions.c.answer_id == sa.bindparam("marked"),
                answer_revisions.c.number == sa.bindparam("revision"),
                answer_revisions.c.workspace_id == self.workspace,
            )
            .values(published=True)
        )
        await self.db.execute(query, rows)


def _columns(answer: Answer) -> dict[str, Any]:
    return {
        name: getattr(answer, name) for name in Answer.__dataclass_fields__ if name != "content"
    }
