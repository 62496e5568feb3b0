"""Measure the shipped matcher on a bank and questions from files; no database takes part."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answers import phrasings
from chatbot.answers.bank import Bank
from chatbot.answers.calibration import Prior
from chatbot.answers.correction import Correction
from chatbot.answers.courtesy import asked
from chatbot.answers.editions import Editions
from chatbot.answers.files import AnswerRow, BadRow, read_answers, read_rows
from chatbot.answers.question import Question, texts_of
from chatbot.domain.answer import BankAnswer, Match
from chatbot.errors import Malformed
from chatbot.evals.figures import Figures, Outcome, measure
from chatbot.ports import Encoder

_LONGEST = 10_000  # characters of a question
_TOP = 3
_COSINE = {0.02: 0.85, 0.05: 0.8}


@dataclass(frozen=True, slots=True)
class Query:
    """
    A question and the key of its right answer; None when the bank should be silent.

    Attributes:
        locale: Of the customer who asks; empty where nothing is known of them.
    """

    id: str
    text: str
    gold: str | None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    What a run found.

    Attributes:
        rows: One prediction per query, as the contract writes them.
        baselines: The same figures of simpler matchers, by name.
        milliseconds: Percentiles of encoding one question, of matching it, and of both.
        build_s: Seconds to arrange the bank, its vectors given.
        own: The bank's own calibrator, by locale.
    """

    figures: Figures
    baselines: Mapping[str, Figures]
    rows: tuple[dict[str, Any], ...]
    milliseconds: Mapping[str, Mapping[str, float]]
    build_s: float
    own: Mapping[str, Correction]


def read_queries(path: Path) -> tuple[list[Query], list[BadRow]]:
    """
    The questions of a JSONL or CSV file with `id`, `text` and `gold`, and maybe `locale`.

    Raises:
        Malformed: The file cannot be read at all.
    """
    good: list[Query] = []
    bad: list[BadRow] = []
    for line, row in read_rows(path, needed=("text",)):
        if isinstance(row, str):
            bad.append(BadRow(line, row))
            continue
        text, gold = row.get("text"), row.get("gold")
        if not isinstance(text, str) or len(text) > _LONGEST:
            bad.append(BadRow(line, f"text is not a text of at most {_LONGEST:,} characters."))
        elif gold is not None and not isinstance(gold, str | int):
            bad.append(BadRow(line, "gold is neither an answer_id nor null."))
        else:
            name = str(row.get("id", line))
            locale = row.get("locale")
            good.append(
                Query(
                    name,
                    text,
                    None if gold in (None, "") else str(gold),
                    locale if isinstance(locale, str) else "",
                )
            )
    return good, bad


def read_bank(path: Path) -> tuple[list[BankAnswer], list[BadRow]]:
    """
    The published answers of a bank file.

    Raises:
        Malformed: The file cannot be read at all, or holds no published answer.
    """
    good, bad = read_answers(path)
    answers = [_published(row) for row in good if row.state == "published"]
    if not answers:
        reason = f" ({bad[0]})" if bad else ""
        raise Malformed(f"{path} holds no published answer{reason}.")
    return answers, bad


def _published(row: AnswerRow) -> BankAnswer:
    content = row.content
    return BankAnswer(row.key, content.title, content.text, content.phrasings, content.locale)


async def evaluate(
    answers: Sequence[BankAnswer],
    queries: Sequence[Query],
    encoder: Encoder,
    *,
    risk: float,
    prior: Prior,
    progress: Callable[[str, int, int], None],
) -> Evaluation:
    """
    Ask every question of a bank built from *answers*.

    Args:
        risk: The dial.
        progress: Told what is done, how much of it, and of how much.
    """
    texts = Bank.texts(answers)
    vectors: dict[str, NDArray[np.float32]] = {}
    for first in range(0, len(texts), 64):
        chunk = texts[first : first + 64]
        vectors.update(zip(chunk, await encoder.encode(chunk), strict=True))
        progress("Encoding the bank", first + len(chunk), len(texts))
    began = time.perf_counter()
    bank = Editions.build("evaluated", answers, vectors, prior=prior)
    build_s = time.perf_counter() - began
    known = {answer.key for answer in answers}
    nearest_of = _nearest(answers, vectors)
    matches: list[Match] = []
    lexical: list[Match] = []
    nearest: list[tuple[str, float]] = []
    spent: dict[str, list[float]] = {"encode": [], "match": [], "both": []}
    for done, query in enumerate(queries, start=1):
        began = time.perf_counter()
        said = Question.of(query.text, bank, encoder.pieces)
        rows = await encoder.encode(texts_of(said.meant))
        encoded = time.perf_counter()
        match = said.put_to(bank, rows, risk=risk, locales=(query.locale,))
        matches.append(match)
        ended = time.perf_counter()
        spent["encode"].append(encoded - began)
        spent["match"].append(ended - encoded)
        spent["both"].append(ended - began)
        written = await encoder.encode([asked(query.text)]) if said.mended else rows
        nearest.append(nearest_of(written[0]))
        lexical.append(bank.match(query.text, None, risk=risk, locales=(query.locale,)))
        progress("Asking", done, len(queries))
    golds = [query.gold if query.gold in known else None for query in queries]
    return Evaluation(
        measure([_outcome(gold, match) for gold, match in zip(golds, matches, strict=True)]),
        {
            "cosine_threshold": measure(
                [
                    Outcome(gold, key if likeness >= _at(_COSINE, risk) else None, (key,), likeness)
                    for gold, (key, likeness) in zip(golds, nearest, strict=True)
                ]
            ),
            "lexical": measure(
                [_outcome(gold, match) for gold, match in zip(golds, lexical, strict=True)]
            ),
        },
        tuple(_row(query, match) for query, match in zip(queries, matches, strict=True)),
        {name: _percentiles(values) for name, values in spent.items()},
        build_s,
        bank.owns(),
    )


def _nearest(
    answers: Sequence[BankAnswer], vectors: Mapping[str, NDArray[np.float32]]
) -> Callable[[NDArray[np.float32]], tuple[str, float]]:
    """The plainest matcher there is: the answer of the most alike phrasing, and its cosine."""
    found = [row for row in phrasings.rows(answers) if row.handicap < phrasings.SENTENCE]
    matrix = np.stack([vectors[row.text] for row in found])

    def nearest(vector: NDArray[np.float32]) -> tuple[str, float]:
        likeness = matrix @ vector
        best = int(likeness.argmax())
        return answers[found[best].owner].key, float(likeness[best])

    return nearest


def _outcome(gold: str | None, match: Match) -> Outcome:
    best = match.candidates[0] if match.candidates else None
    return Outcome(
        gold,
        best.key if best and match.verdict == "answer" else None,
        tuple(one.key for one in match.candidates[:_TOP]),
        best.probability if best else 0.0,
    )


def _row(query: Query, match: Match) -> dict[str, Any]:
    top = [[one.key, round(one.probability, 4)] for one in match.candidates[:_TOP]]
    return {
        "id": query.id,
        "answer_id": top[0][0] if match.verdict == "answer" else None,
        "score": top[0][1] if top else 0.0,
        "top": top,
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    return {
        "p50": round(statistics.median(seconds) * 1e3, 3),
        "p99": round(float(np.quantile(seconds, 0.99)) * 1e3, 3),
    }


def _at(table: Mapping[float, float], risk: float) -> float:
    """The value of the nearest dial position."""
    return table[min(table, key=lambda position: abs(position - risk))]
