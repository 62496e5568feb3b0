"""Rows of answers in JSONL or CSV: each bad one is named by its line, the good ones are read."""

import contextlib
import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from chatbot.domain.answer import AnswerContent, AnswerState
from chatbot.errors import Malformed, TooLarge

MOST_ROWS = 100_000  # that are held at once
MOST_STREAMED = 1_000_000
LONGEST_TEXT = 20_000  # characters of an answer
LONGEST_QUESTION = 1_000
MOST_QUESTIONS = 1_000  # of one answer
_LONGEST_LINE = 2_000_000  # characters
_NEEDED = ("answer_id",)
_STATES = get_args(AnswerState)
Kind = Literal["jsonl", "csv"]
csv.field_size_limit(_LONGEST_LINE)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """
    One good row.

    Attributes:
        line: In its file; 0 when it is not known.
        file: Where there are several.
        guarded: It was not written as an answer, so it never replaces what a person wrote since.
    """

    line: int
    key: str
    state: AnswerState
    content: AnswerContent
    file: str = ""
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class BadRow:
    """One refused row and why, in a sentence; `line` and `file` as of a good one."""

    line: int
    reason: str
    file: str = ""

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return f"{', '.join(filter(None, (self.file, line)))}: {self.reason}"


def read_answers(path: Path) -> tuple[list[AnswerRow], list[BadRow]]:
    """
    The answers of a file; its format is told by its ending (`.csv`, else JSONL).

    Raises:
        Malformed: The file cannot be read at all, or is a CSV without the columns it needs.
        TooLarge: It has more than `MOST_ROWS` rows.
    """
    return parted(_judged(read_rows(path, needed=_NEEDED)))


def stream_answers(path: Path) -> Iterator[AnswerRow | BadRow]:
    """The same, row by row, of up to `MOST_STREAMED` rows; raises the same on the way."""
    return _judged(read_rows(path, needed=_NEEDED, most=MOST_STREAMED))


def read_upload(body: bytes, kind: Kind) -> tuple[list[AnswerRow], list[BadRow]]:
    """The answers of a file that was sent; raises the same."""
    with _named("The upload"):
        file = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
        return parted(_judged(_limited(_rows(file, kind, _NEEDED), "The upload", MOST_ROWS)))


def parted(rows: Iterable[AnswerRow | BadRow]) -> tuple[list[AnswerRow], list[BadRow]]:
    """The good rows and the bad ones."""
    good: list[AnswerRow] = []
    bad: list[BadRow] = []
    for row in rows:
        if isinstance(row, AnswerRow):
            good.append(row)
        else:
            bad.append(row)
    return good, bad


def _judged(rows: Iterable[tuple[int, dict[str, Any] | str]]) -> Iterator[AnswerRow | BadRow]:
    seen: dict[int, int] = {}  # the hash of a key: a million texts would not be small
    for line, row in rows:
        if isinstance(row, str):
            yield BadRow(line, row)
            continue
        try:
            answer = _answer(line, row)
        except Malformed as problem:
            yield BadRow(line, str(problem))
            continue
        first = seen.setdefault(hash(answer.key), line)
        if first == line:
            yield answer
        else:
            yield BadRow(line, f"answer_id {answer.key!r} is already on line {first}.")


def read_rows(
    path: Path, *, needed: Sequence[str], most: int = MOST_ROWS
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """
    Each row of a JSONL or CSV file with its line; a text instead of a row says what is wrong.

    Raises:
        Malformed: The file cannot be read at all, or is a CSV without the columns *needed*.
        TooLarge: It has more than *most* rows.
    """
    with (
        _named(str(path)),
        path.open(encoding="utf-8-sig", errors="strict", newline="") as file,
    ):
        kind: Kind = "csv" if path.suffix.lower() == ".csv" else "jsonl"
        yield from _limited(_rows(file, kind, needed), str(path), most)


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as problem:
        raise Malformed(f"{name} cannot be read as UTF-8 text: {problem}.") from problem


def _rows(
    file: io.TextIOBase, kind: Kind, needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    return _csv(file, needed) if kind == "csv" else _jsonl(file)


def _limited(
    rows: Iterator[tuple[int, dict[str, Any] | str]], named: str, most: int
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for count, row in enumerate(rows):
        if count >= most:
            raise TooLarge(f"{named} has more than {most:,} rows: split it.")
        yield row


def _jsonl(file: io.TextIOBase) -> Iterator[tuple[int, dict[str, Any] | str]]:
    line = 0
    while text := file.readline(_LONGEST_LINE):
        line += 1
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            yield line, "is not a JSON object; was the file cut?"
            continue
        yield line, row if isinstance(row, dict) else "is JSON, but not an object."


def _csv(file: io.TextIOBase, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    reader = csv.DictReader(file, strict=True)  # else a cell that was cut passes as a whole one
    try:
        columns = reader.fieldnames or ()
    except csv.Error as problem:
        raise Malformed(f"The first line is not a line of a CSV: {problem}.") from problem
    if missing := [name for name in needed if name not in columns]:
        raise Malformed(f"The first line of a CSV names its columns; {missing[0]!r} is not there.")
    try:
        for row in reader:
            if None in row:
                yield reader.line_num, "has more cells than there are columns."
            else:
                yield reader.line_num, {key: cell for key, cell in row.items() if cell}
    except csv.Error as problem:
        yield reader.reader.line_num, f"ends the table: {problem}."


def _answer(line: int, row: dict[str, Any]) -> AnswerRow:
    key = _text(row, "answer_id", 200)
    if not key:
        raise Malformed("answer_id is missing.")
    title = _text(row, "title", 500)
    questions = _texts(row, "questions", MOST_QUESTIONS)
    text = _text(row, "answer", LONGEST_TEXT)
    if not (questions or title):
        raise Malformed("questions and title are both missing: nobody could find the answer.")
    if not text:
        raise Malformed("answer is missing.")
    state = row.get("state", "published")
    if state not in _STATES:
        raise Malformed(f"state is {state!r}; expected one of {', '.join(_STATES)}.")
    content = AnswerContent(
        title or questions[0],
        text,
        questions,
        tags=_texts(row, "tags", 50),
        locale=_text(row, "locale", 20) or "en",
        valid_from=_day(row, "valid_from"),
        valid_until=_day(row, "valid_until"),
    )
    return AnswerRow(line, key, state, content)


def _text(row: dict[str, Any], name: str, longest: int) -> str:
    found = row.get(name)
    if found is None:
        return ""
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        raise Malformed(f"{name} is not a text.")
    if len(found) > longest:
        raise Malformed(f"{name} has {len(found):,} characters; at most {longest:,} are allowed.")
    return _sayable(name, found)


def _sayable(name: str, text: str) -> str:
    """The text without what no database keeps."""
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        raise Malformed(f"{name} holds half a character (a lone surrogate).") from problem
    return text.replace("\0", "").strip()


def _day(row: dict[str, Any], name: str) -> date | None:
    text = _text(row, name, 40)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise Malformed(f"{name} is {text!r}; expected a day as 2026-11-20.") from problem


def _texts(row: dict[str, Any], name: str, most: int) -> tuple[str, ...]:
    """A list; in a CSV cell a JSON list, or one item per line or between bars."""
    found = row.get(name) or []
    if isinstance(found, str):
        found = _cell(found)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Malformed(f"{name} is not a list of texts.")
    if len(found) > most:
        raise Malformed(f"{name} has {len(found):,} items; at most {most:,} are allowed.")
    if any(len(item) > LONGEST_QUESTION for item in found):
        raise Malformed(f"{name} has an item of more than {LONGEST_QUESTION:,} characters.")
    items = (_sayable(name, item) for item in found)
    return tuple(dict.fromkeys(item for item in items if item))


def _cell(text: str) -> Any:  # noqa: ANN401 - judged by the caller
    if text.lstrip().startswith("["):
        with contextlib.suppress(ValueError):  # a question may begin with a bracket
            return json.loads(text)
    return text.splitlines() if "\n" in text else text.split("|")
