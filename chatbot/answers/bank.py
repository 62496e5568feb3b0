"""One version of a workspace's answers, ready to be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatbot.answers import phrasings
from chatbot.answers.calibration import Prior, shipped
from chatbot.answers.correction import UNCORRECTED, Correction, correct
from chatbot.answers.courtesy import asked
from chatbot.answers.index import Index
from chatbot.answers.matching import FEATURES, Reading, read, weigh
from chatbot.answers.phrasings import BACKGROUND
from chatbot.answers.reputation import UNJUDGED, Reputation
from chatbot.answers.selftest import NOTHING_HEARD, Hearing, ask_itself
from chatbot.domain.answer import BankAnswer, Candidate, Match

_KEPT = 10  # candidates of a match
_CHOICES = 3
_LIKELY = 0.5  # chance that one of the choices is right, from which they are worth offering
_UNLIKELY = 0.02  # chance below which a choice only distracts
_LONGEST = 2_000  # characters of a question that are compared
_STRICTER = 0.5  # of the risk, where only wording decides
_SPELLED = FEATURES.index("characters")
_NEARLY = 0.5
"""Cosine of character n-grams of texts that are nearly the same: where one word was dropped it was
0.49 to 0.88, and at most 0.51 with any other phrasing (Hindi and Chinese)."""


@dataclass(frozen=True, slots=True)
class Bank:
    """
    An immutable answer bank.

    Attributes:
        version: What `Match.version` tells.
        mode: `lexical` when it was built without vectors.
        complete: False for one built `quick`.
        own: Its own calibrator; what it was asked is its phrasings.
    """

    version: str
    mode: Literal["semantic", "lexical"]
    complete: bool
    _index: Index
    _by_key: Mapping[str, BankAnswer]
    _prior: Prior
    _hearing: Hearing
    own: Correction = UNCORRECTED

    @classmethod
    def build(
        cls,
        version: str,
        answers: Sequence[BankAnswer],
        vectors: Mapping[str, NDArray[np.float32]] | None,
        *,
        quick: bool = False,
        prior: Prior | None = None,
    ) -> "Bank":
        """
        Arrange *answers* for matching; seconds of CPU for a large bank, so call it in a thread.

        Args:
            vectors: The vector of every text in `Bank.texts(answers)`; None for a lexical bank.
            quick: Leave out what takes long (a classifier, and asking itself): a little less is
                answered, at the same risk.
            prior: Instead of the one that comes with the project.
        """
        bank = cls(
            version,
            "lexical" if vectors is None else "semantic",
            vectors is None,
            Index(answers, vectors),
            {answer.key: answer for answer in answers},
            prior or shipped(),
            NOTHING_HEARD,
        )
        return bank if quick else bank.completed()

    def completed(self) -> "Bank":
        """The same with a classifier, and having asked itself; seconds of CPU."""
        if self.complete:
            return self
        index = self._index.learned()
        found = ask_itself(index)
        return replace(
            self,
            complete=True,
            _index=index.lean(),
            _hearing=self._prior.hear(found),
            own=correct(self._prior.exam(found, index.size)),
        )

    @staticmethod
    def texts(answers: Sequence[BankAnswer]) -> list[str]:
        """The texts that need vectors, without repetition."""
        return phrasings.texts(answers)

    @property
    def size(self) -> int:
        """Texts that a question is compared with."""
        return len(self._index.owner)

    @property
    def words(self) -> dict[str, int]:
        """In how many texts each word occurs."""
        return self._index.words.counts

    def vectors(self) -> dict[str, NDArray[np.float32]]:
        """The vector of each text, for the next version; empty for a lexical bank."""
        dense = self._index.dense
        if dense is None:
            return {}
        known = dict(zip(self._index.texts, dense.vectors, strict=True))
        return known | dict(zip(BACKGROUND, dense.background, strict=True))

    def answer(self, key: str) -> BankAnswer:
        """
        Exactly what this version says.

        Raises:
            KeyError: It has no such answer.
        """
        return self._by_key[key]

    def read(self, question: str) -> Reading:
        """What can be compared before the vector of *question* is there."""
        return read(self._index, asked(question[:_LONGEST]))

    @staticmethod
    def agreed(whole: Match, last: Match) -> Match:
        """
        What to make of a message that was not answered as a whole, given its last sentence.

        The last sentence's answer, where the whole message speaks for the same one.
        """
        likely = {one.key for one in whole.candidates[:_CHOICES]}
        if last.verdict != "answer" or last.candidates[0].key not in likely:
            return whole
        return last

    def match(
        self,
        question: str,
        vector: NDArray[np.float32] | None,
        *,
        risk: float,
        reading: Reading | None = None,
        reputation: Reputation = UNJUDGED,
        nearly: bool = False,
    ) -> Match:
        """
        Find the answer to *question*, or abstain.

        Args:
            vector: The question's, length 1; None compares wording only, more strictly.
            reading: What `read` made of the same question, where that was done already.
            risk: The share of given answers that may be wrong.
            reputation: What customers made of the answers.
            nearly: Only answers to nearly the same wording count: the vector cannot be relied on.
        """
        dense = vector is not None and self._index.dense is not None
        kind = ("full" if self.complete else "bare") if dense else "words"
        mode: Literal["semantic", "lexical"] = "semantic" if dense else "lexical"
        head = self._prior.heads[kind]
        needed = head.threshold(risk if dense else risk * _STRICTER, self._index.size)
        question = question[:_LONGEST]
        # Numbers and pictures alone ask nothing, whatever they are near to.
        if not self._index.answers or not any(letter.isalpha() for letter in question):
            return Match("abstain", (), needed, mode, self.version)
        evidence = weigh(self._index, reading or self.read(question), vector if dense else None)
        order, chances = self._prior.judge(
            kind, evidence, self._index.size, self._hearing, self.own
        )
        if nearly:
            kept = evidence.candidates[order, _SPELLED] >= _NEARLY
            order, chances = order[kept], chances[kept]
        best = [self._index.answers[one] for one in evidence.answers[order[:_KEPT]].tolist()]
        found = tuple(
            Candidate(one.key, one.title or one.key, reputation.weighed(one.key, chance))
            for one, chance in zip(best, chances[:_KEPT].tolist(), strict=True)
        )
        if not found:
            return Match("abstain", (), needed, mode, self.version)
        if reputation.judged:
            found = tuple(sorted(found, key=lambda one: -one.probability))
        if found[0].probability >= needed:
            return Match("answer", found, needed, mode, self.version)
        choices = tuple(one for one in found[:_CHOICES] if one.probability >= _UNLIKELY)
        if sum(one.probability for one in choices) >= _LIKELY:
            return Match("choices", choices, needed, mode, self.version)
        return Match("abstain", found, needed, mode, self.version)
