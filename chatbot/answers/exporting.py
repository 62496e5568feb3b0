"""Answers out of the bank, as files that an import takes."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from chatbot.answers.files import Kind
from chatbot.answers.importing import BATCH
from chatbot.domain.answer import Answer, AnswerContent
from chatbot.domain.principal import Principal

if TYPE_CHECKING:
    from chatbot.store.unit import Store

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
