"""
Answers from files into the bank and back: a file says what shall be, and twice is like once.

What a row's `state` means for an answer that is there already: `published` puts the row's wording
before customers; `draft` keeps it as a revision that nobody receives and leaves what they receive
alone; `archived` takes the answer out of their reach.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from chatbot.answers.files import AnswerRow, BadRow, Kind
from chatbot.answers.keeper import BANK_CHANGED
from chatbot.domain.answer import Answer, AnswerContent, Standing
from chatbot.domain.principal import Principal
from chatbot.ports import Bus

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

BATCH = 300
"""Rows of one transaction."""

COLUMNS = (
    "answer_id",
    "title",
    "questions",
    "answer",
    "state",
    "tags",
    "locale",
    "valid_from",
    "valid_until",
)


@dataclass(slots=True)
class Report:
    """
    What an import did, in rows.

    Attributes:
        bad: The rows that were refused.
        given: How many of the changes customers can notice.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: Sequence[BadRow] = ()
    given: int = field(default=0, repr=False)

    def document(self) -> dict[str, Any]:
        """The report as JSON shows it."""
        bad = [{"line": row.line, "reason": row.reason} for row in self.bad]
        return {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "bad": bad,
        }


async def import_rows(
    rows: Sequence[AnswerRow],
    bad: Sequence[BadRow] = (),
    *,
    by: Principal,
    store: "Store",
    bus: Bus,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> Report:
    """
    Make the bank say what *rows* say, in transactions of `BATCH` rows.

    The bank's version counts up once, at the end, and only if customers can notice anything.

    Args:
        rows: Good rows, each key once; see `files.read_answers`.
        bad: The refused ones, for the report.
        by: On whose behalf.
        store: Where the bank is kept.
        bus: Tells other processes that it changed.
        dry_run: Only count what would be done.
        progress: Told how many rows more are done.

    Raises:
        Conflict: Somebody added one of the answers at the same moment; importing again is right.
        Unavailable: The database is away; the batches before stay, importing again is right.
    """
    report = Report(bad=bad)
    try:
        for batch in _batches(rows):
            async with store.begin(by) as db:
                await load(db, batch, report, dry_run=dry_run)
            progress(len(batch))
    finally:  # also when it was cut short: what is committed must be seen
        if not dry_run and report.new + report.changed:
            await _finish(report, by, store, bus)
    return report


def _batches(rows: Sequence[AnswerRow]) -> Iterator[list[AnswerRow]]:
    following = iter(rows)
    while batch := list(islice(following, BATCH)):
        yield batch


async def load(
    db: "Unit",
    rows: Sequence[AnswerRow],
    report: Report,
    *,
    keep_days: bool = True,
    dry_run: bool = False,
) -> None:
    """
    Make the bank say what *rows* say, in the caller's transaction, and count it in *report*.

    The caller counts the bank's version up if `report.given` grew.

    Args:
        keep_days: Days that a row does not name stay as they are; otherwise they open.
    """
    standing = await db.many_answers.standing([row.key for row in rows])
    changes: list[tuple[Answer | None, Answer]] = []
    for row in rows:
        before = standing.get(row.key)
        content = row.content
        if before is not None and keep_days:
            content = _with_days(content, before.answer.content)
        after = _decide(row, content, before, db)
        if after is not None:
            changes.append((None if before is None else before.answer, after))
    if not dry_run:
        await db.many_answers.write(changes)
    new = sum(before is None for before, _ in changes)
    report.new += new
    report.changed += len(changes) - new
    report.unchanged += len(rows) - len(changes)
    report.given += sum(_noticed(before, after) for before, after in changes)


def _decide(
    row: AnswerRow, content: AnswerContent, standing: Standing | None, db: "Unit"
) -> Answer | None:
    """What becomes of the row's answer; None when it says all this already."""
    by = db.principal.name
    if standing is None:
        published = 1 if row.state == "published" else None
        return Answer(uuid4(), row.key, row.state, content, 1, published, db.now, by)
    answer = standing.answer
    given = content == standing.given
    newest = content == answer.content
    if row.state == "published":
        done = given and answer.state == "published"
    elif row.state == "draft":
        done = (newest or given) and answer.state != "archived"
    else:
        done = newest and answer.state == "archived"
    if done:
        return None
    revision = answer.revision if newest else answer.revision + 1
    kept = replace(answer, content=content, revision=revision, updated_at=db.now, updated_by=by)
    if row.state == "published":
        return replace(kept, state="published", published_revision=revision)
    if row.state == "draft":
        return kept if answer.state == "published" else replace(kept, state="draft")
    return replace(kept, state="archived", published_revision=None)


def _with_days(content: AnswerContent, known: AnswerContent) -> AnswerContent:
    """Days that the row does not name stay as they are."""
    return replace(
        content,
        valid_from=content.valid_from or known.valid_from,
        valid_until=content.valid_until or known.valid_until,
    )


def _noticed(before: Answer | None, after: Answer) -> bool:
    return after.published_revision != (before and before.published_revision)


async def _finish(report: Report, by: Principal, store: "Store", bus: Bus) -> None:
    async with store.begin(by) as db:
        if report.given:
            await db.answers.bank_changed()
        await db.audit.record(
            "answers.import",
            "answers",
            new=report.new,
            changed=report.changed,
            unchanged=report.unchanged,
            refused=len(report.bad),
        )
    if report.given:
        await announce(by.workspace, bus)


async def announce(workspace: UUID, bus: Bus) -> None:
    """Tell every process that the workspace's bank changed; call it after the commit."""
    await bus.broadcast(BANK_CHANGED, str(workspace))


async def export_rows(by: Principal, store: "Store") -> list[dict[str, Any]]:
    """
    Every answer as a row that `import_rows` takes, in the order of their keys.

    A published answer is exported as customers receive it, without edits that wait.
    """
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        async with store.begin(by) as db:
            found = await db.many_answers.page(after=after, limit=BATCH)
        rows += [row_of(standing.answer, standing.given) for standing in found]
        if len(found) < BATCH:
            return rows
        after = found[-1].answer.key


def row_of(answer: Answer, given: AnswerContent | None) -> dict[str, Any]:
    """An answer as a row of a file."""
    published = answer.state == "published" and given is not None
    content = given if published and given is not None else answer.content
    row = {
        "answer_id": answer.key,
        "title": content.title,
        "questions": list(content.phrasings),
        "answer": content.text,
        "state": answer.state,
        "tags": list(content.tags),
        "locale": content.locale,
        "valid_from": _shown(content.valid_from),
        "valid_until": _shown(content.valid_until),
    }
    return {name: value for name, value in row.items() if value is not None}


def _shown(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def written(rows: Sequence[dict[str, Any]], kind: Kind) -> str:
    """The text of a file with *rows*; in CSV, a list is a JSON list in its cell."""
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    table.writeheader()
    for row in rows:
        lists = {name: json.dumps(row[name], ensure_ascii=False) for name in ("questions", "tags")}
        table.writerow({**row, **lists})
    return file.getvalue()
