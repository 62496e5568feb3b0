"""An exam for encoders: questions held out of a bank, and questions that it has no answer to."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.calibration import Prior
from chatbot.answers.lexical import folded
from chatbot.domain.answer import BankAnswer
from chatbot.errors import Malformed
from chatbot.evals.bank import Query, evaluate
from chatbot.evals.figures import Figures, Outcome, measure
from chatbot.evals.training import Progress
from chatbot.ports import Encoder

_FEWEST = 4  # phrasings of an answer, from which some are held out
_HELD = 0.25  # of them
_MOST_HELD = 20  # of an answer
_MOST_ASKED = 2_000
_FEWEST_ASKED = 60
_UNSEEN = 0.1  # of such answers, of which nothing is learned: they stand for later ones
_SHOWN = ("top1", "top3", "coverage", "in_bank_accuracy", "wrong_among_given", "auroc")


@dataclass(frozen=True, slots=True)
class Exam:
    """
    A bank without some of its phrasings.

    Attributes:
        bank: Every answer, with the phrasings that were not held out.
        asked: The held-out phrasings.
        smaller: The bank without the unseen answers.
        unanswerable: The phrasings of these: nothing in the smaller bank is right.
        groups: What is learned: the smaller bank's phrasings, by answer.
    """

    bank: tuple[BankAnswer, ...]
    asked: tuple[Query, ...]
    smaller: tuple[BankAnswer, ...]
    unanswerable: tuple[Query, ...]
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sat:
    """What a matcher made of an exam, question by question."""

    asked: tuple[Outcome, ...]
    unanswerable: tuple[Outcome, ...]

    @property
    def figures(self) -> Figures:
        return measure(self.asked)

    def document(self) -> Mapping[str, Any]:
        figures = self.figures.document()
        shown = {name: _rounded(figures[name]) for name in _SHOWN}
        silent = measure(self.unanswerable).out_of_bank_recall
        return {**shown, "out_of_bank_recall": _rounded(silent)}


def cut(answers: Sequence[BankAnswer], seed: int) -> Exam:
    """
    Hold phrasings out, the same ones for the same bank and seed.

    Raises:
        Malformed: The bank is too small to tell better from luck.
    """
    rng = random.Random(seed)  # noqa: S311 - chooses questions of an exam
    several = _phrased(answers)
    large = [answer.key for answer in several if len(answer.phrasings) >= _FEWEST]
    unseen = frozenset(rng.sample(large, int(len(large) * _UNSEEN)))
    bank: list[BankAnswer] = []
    asked: list[Query] = []
    for answer in several:
        texts = rng.sample(answer.phrasings, len(answer.phrasings))
        held = 0
        if answer.key in large:
            held = min(max(1, round(len(texts) * _HELD)), _MOST_HELD)
        asked += [Query("", text, answer.key) for text in texts[:held]]
        bank.append(replace(answer, phrasings=tuple(texts[held:])))
    asked = rng.sample(asked, min(len(asked), _MOST_ASKED))
    if len(asked) < _FEWEST_ASKED:
        raise Malformed(
            f"Only {len(asked)} phrasings can be held out, of {len(large)} answers with {_FEWEST} "
            f"phrasings or more, and fewer than {_FEWEST_ASKED} do not tell better from luck: add "
            "phrasings first."
        )
    smaller = [answer for answer in bank if answer.key not in unseen]
    silent = [
        Query("", text, None)
        for answer in several
        if answer.key in unseen
        for text in answer.phrasings
    ]
    return Exam(
        tuple(bank),
        tuple(asked),
        tuple(smaller),
        tuple(rng.sample(silent, min(len(silent), _MOST_ASKED))),
        tuple(answer.phrasings for answer in smaller if answer.phrasings),
    )


async def sit(
    exam: Exam, encoder: Encoder, *, risk: float, prior: Prior, named: str, progress: Progress
) -> Sat:
    """Ask both banks of the exam their questions."""
    once = _Once(encoder)

    async def ask(
        answers: Sequence[BankAnswer], queries: Sequence[Query], what: str
    ) -> tuple[Outcome, ...]:
        found = await evaluate(
            answers,
            queries,
            once,
            risk=risk,
            prior=prior,
            progress=lambda doing, done, of: progress(f"{doing}, {what}", done, of),
        )
        return tuple(
            Outcome(query.gold, row["answer_id"], tuple(key for key, _ in row["top"]), row["score"])
            for query, row in zip(queries, found.rows, strict=True)
        )

    asked = await ask(exam.bank, exam.asked, named)
    if not exam.unanswerable:
        return Sat(asked, ())
    return Sat(asked, await ask(exam.smaller, exam.unanswerable, f"{named}, unanswerable"))


class _Once:
    """An encoder that encodes each text once: both banks have most of theirs in common."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._known = encoder, dict[str, NDArray[np.float32]]()
        self.fingerprint, self.dimensions = encoder.fingerprint, encoder.dimensions
        self.ready = encoder.ready

    def pieces(self, text: str) -> int:
        return self._encoder.pieces(text)

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, await self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def _phrased(answers: Sequence[BankAnswer]) -> list[BankAnswer]:
    """The answers with each phrasing once: the second of two answers with the same loses it."""
    found: list[BankAnswer] = []
    taken: set[str] = set()
    for answer in sorted(answers, key=lambda one: one.key):
        own: dict[str, str] = {}
        for text in answer.phrasings:
            name = folded(text) or text
            if name not in taken:
                own.setdefault(name, text)
        taken |= own.keys()
        found.append(replace(answer, phrasings=tuple(own.values())))
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
