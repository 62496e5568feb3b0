"""Two revisions of an answer side by side, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import unified_diff

from chatbot.domain.answer import AnswerContent

_KINDS = {"+": "added", "-": "removed", " ": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is `added`, `removed` or empty for what stayed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the two say differently."""

    name: str
    lines: Sequence[Line]


def differences(old: AnswerContent, new: AnswerContent) -> list[Difference]:
    """What changed from *old* to *new*, in the order of the editor."""
    fields = (
        ("Title", [old.title], [new.title]),
        ("Phrasings", old.phrasings, new.phrasings),
        ("Reply", old.text.splitlines(), new.text.splitlines()),
        ("Tags", old.tags, new.tags),
        ("Language", [old.locale], [new.locale]),
        ("Days", [_days(old)], [_days(new)]),
    )
    return [
        Difference(name, _lines(before, after))
        for name, before, after in fields
        if list(before) != list(after)
    ]


def _lines(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    # ndiff looks inside each line for what is alike: seconds for a long text
    marked = unified_diff(before, after, lineterm="", n=len(before) + len(after))
    return [Line(_KINDS[line[0]], line[1:]) for line in [*marked][3:]]


def _days(content: AnswerContent) -> str:
    return f"{_day(content.valid_from, 'at once')} to {_day(content.valid_until, 'for good')}"


def _day(day: date | None, otherwise: str) -> str:
    return day.isoformat() if day else otherwise
