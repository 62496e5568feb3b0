"""
Answers from files into the bank: a file says what shall be, and twice is like once.

What a row's `state` means for an answer that is there already: `published` puts the row's wording
before customers; `draft` keeps it as a revision that nobody receives and leaves what they receive
alone; `archived` takes the answer out of their reach.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from chatbot.answers.files import AnswerRow, BadRow
from chatbot.answers.keeper import BANK_CHANGED
from chatbot.domain.answer import Answer, AnswerContent, Standing
from chatbot.domain.principal import Principal
from chatbot.ports import Bus

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

BATCH = 300
"""Rows of one transaction."""

SHOWN = 200
"""Changes that a report shows one by one."""


@dataclass(frozen=True, slots=True)
class Change:
    """
    What an import does, or would do, to one answer.

    Attributes:
        kind: `conflict`: a person changed the answer since it was imported, and now the file says
            something new as well; it is left as it is.
        before: The newest content; None of a new answer.
    """

    kind: Literal["new", "changed", "conflict"]
    row: AnswerRow
    before: AnswerContent | None

    def document(self) -> dict[str, Any]:
        """The change as JSON shows it."""
        before, after = self.before, self.row.content
        shown = {"answer_id": self.row.key, "kind": self.kind, "title": after.title}
        if self.row.file:
            shown["file"] = self.row.file
        return shown | {"before": before and before.text, "after": after.text}


@dataclass(slots=True)
class Report:
    """
    What an import did, in rows.

    Attributes:
        conflicts: Answers that were left as they are; see `Change`.
        bad: The rows that were refused, or the first of many.
        refused: How many there were.
        given: How many of the changes customers can notice.
        shown: The first `SHOWN` changes and conflicts.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    bad: Sequence[BadRow] = ()
    refused: int = 0
    given: int = field(default=0, repr=False)
    shown: list[Change] = field(default_factory=list, repr=False)

    def document(self, *, dry_run: bool = False) -> dict[str, Any]:
        """The report as JSON shows it; a dry run's also shows the changes one by one."""
        bad = [
            {"line": row.line, "reason": row.reason} | ({"file": row.file} if row.file else {})
            for row in self.bad
        ]
        shown: dict[str, Any] = {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "bad": bad,
        }
        if self.refused > len(bad):
            shown["refused"] = self.refused
        if self.conflicts:
            shown["conflicts"] = self.conflicts
        if dry_run:
            shown["changes"] = [change.document() for change in self.shown]
        return shown | {"dry_run": dry_run}


async def import_rows(
    rows: Iterable[AnswerRow],
    bad: Sequence[BadRow] = (),
    *,
    refused: int | None = None,
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
        refused: How many there are, if *bad* does not name all.
        by: On whose behalf.
        store: Where the bank is kept.
        bus: Tells other processes that it changed.
        dry_run: Only count what would be done.
        progress: Told how many rows more are done.

    Raises:
        Conflict: Somebody added one of the answers at the same moment; importing again is right.
        Unavailable: The database is away; the batches before stay, importing again is right.
    """
    report = Report(bad=bad, refused=len(bad) if refused is None else refused)
    try:
        for batch in _batches(rows):
            async with store.begin(by) as db:
                await load(db, batch, report, dry_run=dry_run)
            progress(len(batch))
    finally:  # also when it was cut short: what is committed must be seen
        if not dry_run and report.new + report.changed:
            await _finish(report, by, store, bus)
    return report


def _batches(rows: Iterable[AnswerRow]) -> Iterator[list[AnswerRow]]:
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
    written: list[tuple[Answer | None, Answer]] = []
    for row in rows:
        there = standing.get(row.key)
        before = None if there is None else there.answer
        if there is not None and keep_days:
            row = replace(row, content=_with_days(row.content, there.answer.content))  # noqa: PLW2901
        if there is not None and _is_conflict(row, there):
            report.conflicts += 1
            _show(report, Change("conflict", row, there.answer.content))
            continue
        after = _decide(row, there, db)
        if after is None:
            report.unchanged += 1
            continue
        written.append((before, after))
        _show(
            report, Change("changed", row, before.content) if before else Change("new", row, None)
        )
    if not dry_run:
        await db.many_answers.write(written)
    new = sum(before is None for before, _ in written)
    report.new += new
    report.changed += len(written) - new
    report.given += sum(_noticed(before, after) for before, after in written)


def _show(report: Report, change: Change) -> None:
    if len(report.shown) < SHOWN:
        report.shown.append(change)


def _is_conflict(row: AnswerRow, standing: Standing) -> bool:
    """Whether both a person and the file changed what was imported."""
    return (
        row.guarded
        and _touched(standing.answer)
        and row.content not in (standing.answer.content, standing.given)
        and not _says_nothing_new(row, standing)
    )


def _touched(answer: Answer) -> bool:
    return answer.revision != answer.imported_revision or answer.state == "archived"


def _says_nothing_new(row: AnswerRow, standing: Standing) -> bool:
    imported = standing.imported
    return imported is not None and _with_days(row.content, imported) == imported


def _decide(row: AnswerRow, standing: Standing | None, db: "Unit") -> Answer | None:
    """What becomes of the row's answer; None when it says all this already."""
    by, content = db.principal.name, row.content
    if standing is None:
        published = 1 if row.state == "published" else None
        imported = 1 if row.guarded else None
        return Answer(uuid4(), row.key, row.state, content, 1, published, db.now, by, imported)
    answer = standing.answer
    if row.guarded and _touched(answer):
        return None  # and no conflict: a person's words stand
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
    kept = replace(
        answer,
        content=content,
        revision=revision,
        updated_at=db.now,
        updated_by=by,
        imported_revision=revision if row.guarded else answer.imported_revision,
    )
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
            conflicts=report.conflicts,
            refused=report.refused,
        )
    if report.given:
        await announce(by.workspace, bus)


async def announce(workspace: UUID, bus: Bus) -> None:
    """Tell every process that the workspace's bank changed; call it after the commit."""
    await bus.broadcast(BANK_CHANGED, str(workspace))
