"""Banks cut out of labelled questions, and what they see of questions inside and outside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.index import Index
from chatbot.answers.matching import Evidence, read, weigh
from chatbot.answers.phrasings import BACKGROUND
from chatbot.answers.selftest import Asked, ask_itself
from chatbot.domain.answer import BankAnswer
from chatbot.evals.sources import Source

Kind = Literal["inside", "sibling", "live", "far"]
"""`sibling`: its answer was taken out of the bank; `live`: real and unanswerable; `far`: of another
source."""

_SIZES = (1, 2, 3, 5, 8, 12, 20, 40)  # phrasings per answer
_SHARES = (0.13, 0.1, 0.12, 0.2, 0.12, 0.13, 0.12, 0.08)  # and how often
_WHOLE = 0.35  # of the banks with live questions keep every answer
_MOST = 0.8  # of a source's intents are in a bank, so that siblings remain
_INSIDE, _SIBLINGS, _LIVE, _FAR = 110, 50, 70, 20  # questions; far ones per other source
_LIKE = 0.75  # cosine from which a question of another source is also asked in this one
_UNLEARNED = 0.15  # of the banks have no classifier, as very large ones do not


@dataclass(frozen=True, slots=True)
class Question:
    """
    One question to a simulated bank.

    Attributes:
        origin: The source it comes from.
        doubted: Its label is probably wrong, or a question of another source is answered here.
    """

    text: str
    gold: str | None
    kind: Kind
    origin: str
    doubted: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """A question, and what the bank saw of it; `gold` is -1 where nothing is right."""

    question: Question
    semantic: Evidence
    lexical: Evidence
    gold: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """A bank, its trials, and what it asked itself."""

    source: str
    size: float
    trials: Sequence[Trial]
    asked: Sequence[Asked]


class Simulator:
    """
    Cuts banks out of sources, the same ones for the same seed.

    Args:
        vectors: Of every text of every source, and of the small talk.
        doubts: For each source, its doubted labels.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        vectors: Mapping[str, NDArray[np.float32]],
        doubts: Mapping[str, frozenset[tuple[str, str]]],
    ) -> None:
        self._sources, self._vectors, self._doubts = sources, vectors, doubts
        self._matrix = {
            source.name: np.stack(
                [vectors[text] for group in source.intents.values() for text in group]
            )
            for source in sources
        }

    def banks(self, source: Source, count: int, seed: int) -> Iterator[Simulated]:
        rng = np.random.default_rng([seed, len(source.intents)])
        for _ in range(count):
            bank, questions = self._cut(source, rng)
            yield self._ask(source, bank, questions, learn=rng.random() >= _UNLEARNED)

    def _cut(
        self, source: Source, rng: np.random.Generator
    ) -> tuple[dict[str, tuple[str, ...]], list[Question]]:
        names = list(source.intents)
        most = int(len(names) * _MOST)
        whole = bool(source.live) and rng.random() < _WHOLE
        size = len(names) if whole else int(rng.integers(min(5, most), most + 1))
        if not source.live and rng.random() < 1 - _WHOLE:
            size = most
        kept = [names[place] for place in rng.permutation(len(names))[:size]]
        typical = int(rng.choice(_SIZES, p=_SHARES))
        uneven = rng.random() < 0.5  # noqa: PLR2004 - half of the banks
        bank: dict[str, tuple[str, ...]] = {}
        inside: list[tuple[str, str | None]] = []
        for name in kept:
            texts = [
                source.intents[name][place] for place in rng.permutation(len(source.intents[name]))
            ]
            wanted = int(typical * np.exp(rng.normal() * 0.5)) if uneven else typical
            limit = len(texts) if source.live else len(texts) // 2
            wanted = max(1, min(wanted, limit))
            bank[name] = tuple(texts[:wanted])
            inside += [(text, name) for text in texts[wanted:]]
        siblings: list[tuple[str, str | None]]
        if source.live:
            inside = [pair for pair in source.live if pair[1] in bank]
            siblings = [pair for pair in source.live if pair[1] and pair[1] not in bank]
        else:
            siblings = [
                (x, name) for name in names if name not in bank for x in source.intents[name]
            ]
        live = [pair for pair in source.live if pair[1] is None]
        chosen: list[tuple[tuple[str, str | None], Kind]] = []
        groups: tuple[tuple[list[tuple[str, str | None]], Kind, int], ...] = (
            (inside, "inside", _INSIDE),
            (siblings, "sibling", _SIBLINGS),
            (live, "live", _LIVE),
        )
        for pairs, kind, limit in groups:
            chosen += [(pairs[place], kind) for place in rng.permutation(len(pairs))[:limit]]
        questions = [self._question(source, pair, kind) for pair, kind in chosen]
        for other in self._sources:
            if other.name != source.name:
                texts = other.texts()
                questions += [
                    self._far(source, other, texts[place])
                    for place in rng.permutation(len(texts))[:_FAR]
                ]
        return bank, questions

    def _question(self, source: Source, pair: tuple[str, str | None], kind: Kind) -> Question:
        text, name = pair
        return Question(
            text,
            name if kind == "inside" else None,
            kind,
            source.name,
            (text, name) in self._doubts[source.name],
        )

    def _far(self, source: Source, other: Source, text: str) -> Question:
        like = float((self._matrix[source.name] @ self._vectors[text]).max())
        return Question(text, None, "far", other.name, like > _LIKE)

    def _ask(
        self,
        source: Source,
        bank: Mapping[str, tuple[str, ...]],
        questions: Sequence[Question],
        *,
        learn: bool,
    ) -> Simulated:
        answers = [BankAnswer(name, "", "", texts) for name, texts in sorted(bank.items())]
        texts = [text for group in bank.values() for text in group]
        vectors = {text: self._vectors[text] for text in [*texts, *BACKGROUND]}
        index = Index(answers, vectors)
        index = index.learned() if learn else index
        place = {answer.key: number for number, answer in enumerate(index.answers)}
        trials = [
            Trial(
                question,
                weigh(index, reading, self._vectors[question.text]),
                weigh(index, reading, None),
                place.get(question.gold or "", -1),
            )
            for question in questions
            for reading in [read(index, question.text)]
        ]
        return Simulated(source.name, index.size, trials, ask_itself(index))
