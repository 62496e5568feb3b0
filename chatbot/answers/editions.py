"""A company's answers by whom they are for: a bank for each language, and for its regions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from chatbot.answers import phrasings
from chatbot.answers.bank import Bank
from chatbot.answers.calibration import Prior
from chatbot.answers.correction import Correction
from chatbot.answers.matching import Reading
from chatbot.answers.reputation import UNJUDGED, Reputation
from chatbot.answers.spelling import Pieces, Speller
from chatbot.domain.answer import BankAnswer, Match

_MOST = 8  # regions of one language that have a bank of their own
_SAME_MATTER = 0.75
"""Cosine of the mean questions of two answers. Of 85 answers whose other phrasings were another
locale's, it found 16 with one phrasing each, 72 with three and all with ten, and 2 wrong pairs."""

_KEPT = 10  # candidates of a match


@dataclass(frozen=True, slots=True)
class Editions:
    """
    One version of a workspace's answers, in whatever languages they are.

    Answers in different languages are never compared with each other: a question is put to the
    customer's language, then to the company's, and only where both are silent to the others, of
    which the surest answers. Within a language answers are compared, but a region's text stands
    instead of another region's on the same matter (`_variants`). Where all answers have one locale,
    this is one bank.

    Attributes:
        version: What `Match.version` tells.
    """

    version: str
    _banks: Mapping[str, Mapping[str, Bank]]  # by language and locale, the largest first
    _by_key: Mapping[str, BankAnswer]
    _speller: Speller

    @classmethod
    def build(
        cls,
        version: str,
        answers: Sequence[BankAnswer],
        vectors: Mapping[str, NDArray[np.float32]] | None,
        *,
        quick: bool = False,
        prior: Prior | None = None,
    ) -> "Editions":
        """Arrange *answers* for matching; the arguments are those of `Bank.build`."""
        banks: dict[str, dict[str, Bank]] = {}
        for language, group in _by_language(answers).items():
            built: dict[tuple[str, ...], Bank] = {}
            for locale, kept in _by_region(group, vectors):
                keys = tuple(answer.key for answer in kept)
                if keys not in built:
                    built[keys] = Bank.build(version, kept, vectors, quick=quick, prior=prior)
                banks.setdefault(language, {})[locale] = built[keys]
        by_key = {answer.key: answer for answer in answers}
        words = Counter[str]()
        for regions in banks.values():
            words.update(next(iter(regions.values())).words)
        return cls(version, banks, by_key, Speller(words))

    def completed(self) -> "Editions":
        """The same with every bank `Bank.completed`; seconds of CPU."""
        done = {id(bank): bank.completed() for bank in self._every()}
        banks = {
            language: {locale: done[id(bank)] for locale, bank in regions.items()}
            for language, regions in self._banks.items()
        }
        return replace(self, _banks=banks)

    @property
    def size(self) -> int:
        """Texts that a question may be compared with."""
        return sum(bank.size for bank in self._every())

    def vectors(self) -> dict[str, NDArray[np.float32]]:
        """The vector of each text, for the next version; empty without an encoder."""
        return {text: row for bank in self._every() for text, row in bank.vectors().items()}

    def owns(self) -> Mapping[str, Correction]:
        """Each bank's own calibrator, by a locale that it answers."""
        found: dict[int, tuple[str, Correction]] = {}
        for regions in self._banks.values():
            for locale, bank in regions.items():
                found.setdefault(id(bank), (locale, bank.own))
        return dict(found.values())

    def answer(self, key: str) -> BankAnswer:
        """
        Exactly what this version says.

        Raises:
            KeyError: It has no such answer.
        """
        return self._by_key[key]

    def meant(self, question: str, pieces: Pieces) -> str:
        """*question* without misspelt words, as it should be encoded, read and matched."""
        return self._speller.mended(question, pieces)

    def read(self, question: str, locales: Sequence[str] = ()) -> Reading | None:
        """What can be compared before the vector of *question* is there; see `match`."""
        wished, others = self._order(locales)
        return next((bank.read(question) for bank in (*wished, *others)), None)

    def match(
        self,
        question: str,
        vector: NDArray[np.float32] | None,
        *,
        risk: float,
        locales: Sequence[str] = (),
        reading: Reading | None = None,
        reputation: Reputation = UNJUDGED,
        nearly: bool = False,
    ) -> Match:
        """
        Find the answer to *question*, or abstain; the other arguments are those of `Bank.match`.

        Args:
            locales: Whose answers to prefer, the customer's own locale first.
            reading: What `read` made of the same question for the same locales.
        """
        wished, others = self._order(locales)
        seen: list[Match] = []
        for bank in (*wished, *others):
            known = None if seen else reading
            match = bank.match(
                question, vector, risk=risk, reading=known, reputation=reputation, nearly=nearly
            )
            if match.verdict == "answer" and len(seen) < len(wished):
                return match
            seen.append(match)
        if not seen:
            return Match("abstain", (), 1.0, "lexical", self.version)
        if said := [one for one in seen if one.verdict == "answer"]:
            return max(said, key=_best)
        return next((one for one in seen if one.verdict == "choices"), _silent(seen))

    def _order(self, locales: Sequence[str]) -> tuple[list[Bank], list[Bank]]:
        """One bank of each language: those wished for, in their order, and the others."""
        wanted = [_tag(locale) for locale in locales if locale]
        mine = dict.fromkeys(_language(locale) for locale in wanted)
        chosen = {
            language: _chosen(self._banks[language], wanted)
            for language in dict.fromkeys([*mine, *self._banks])
            if language in self._banks
        }
        return (
            [bank for language, bank in chosen.items() if language in mine],
            [bank for language, bank in chosen.items() if language not in mine],
        )

    def _every(self) -> list[Bank]:
        found = (bank for regions in self._banks.values() for bank in regions.values())
        return list({id(bank): bank for bank in found}.values())


def _silent(seen: Sequence[Match]) -> Match:
    """What abstained in every language, as one: what was likeliest in any of them comes first."""
    best = max(seen, key=_best)
    every = sorted(
        (candidate for one in seen for candidate in one.candidates),
        key=lambda candidate: -candidate.probability,
    )
    return replace(best, candidates=tuple(every[:_KEPT]))


def _best(match: Match) -> float:
    return match.candidates[0].probability if match.candidates else 0.0


def _chosen(regions: Mapping[str, Bank], wanted: Sequence[str]) -> Bank:
    """The bank of the first locale in *wanted* that there is one for, else the largest."""
    for locale in wanted:
        while locale:  # `de-at` is served by `de`
            if locale in regions:
                return regions[locale]
            locale = locale.rpartition("-")[0]  # noqa: PLW2901
    return next(iter(regions.values()))


def by_language(
    answers: Sequence[BankAnswer], vectors: Mapping[str, NDArray[np.float32]] | None
) -> list[list[BankAnswer]]:
    """What is compared with each other: of each language what its largest region is told."""
    groups = _by_language(answers).values()
    return [next(_by_region(group, vectors))[1] for group in groups]


def _by_language(answers: Sequence[BankAnswer]) -> dict[str, list[BankAnswer]]:
    """*answers* by language, the one with most of them first."""
    found: dict[str, list[BankAnswer]] = {}
    for answer in answers:
        found.setdefault(_language(_tag(answer.locale)), []).append(answer)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def _by_region(
    answers: Sequence[BankAnswer], vectors: Mapping[str, NDArray[np.float32]] | None
) -> Iterator[tuple[str, list[BankAnswer]]]:
    """Each locale of one language, the one with most answers first, and what it is told."""
    counted = Counter(_tag(answer.locale) for answer in answers)
    if len(counted) == 1:
        yield next(iter(counted)), list(answers)
        return
    variants = _variants(answers, vectors)
    for locale in sorted(counted, key=lambda one: (-counted[one], one))[:_MOST]:
        yield (
            locale,
            [
                answer
                for answer, there in zip(answers, variants, strict=True)
                if not any(
                    _near(locale, other) > _near(locale, _tag(answer.locale)) for other in there
                )
            ],
        )


def _variants(
    answers: Sequence[BankAnswer], vectors: Mapping[str, NDArray[np.float32]] | None
) -> list[set[str]]:
    """
    The locales in which each answer's matter is answered.

    Two answers are on the same matter if they have a question in common, or if their questions are
    each other's most alike in the two locales.
    """
    locales = [_tag(answer.locale) for answer in answers]
    rows = [row for row in phrasings.rows(answers) if row.handicap == phrasings.PHRASING]
    asked: dict[str, set[int]] = {}
    for row in rows:
        asked.setdefault(row.folded, set()).add(row.owner)
    found: list[set[str]] = [set() for _ in answers]
    for owners in asked.values():
        for owner in owners:
            found[owner] |= {locales[other] for other in owners}
    if vectors is not None and rows:
        sums = np.zeros((len(answers), len(vectors[rows[0].text])), np.float32)
        np.add.at(sums, [row.owner for row in rows], np.stack([vectors[row.text] for row in rows]))
        means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        for one, other in combinations(sorted(set(locales)), 2):
            mine, theirs = (
                np.array([place for place, locale in enumerate(locales) if locale == wanted])
                for wanted in (one, other)
            )
            likeness = means[mine] @ means[theirs].T
            nearest = likeness.argmax(axis=1)
            for row, column in enumerate(nearest):
                mutual = likeness[:, column].argmax() == row
                if mutual and likeness[row, column] >= _SAME_MATTER:
                    found[mine[row]].add(other)
                    found[theirs[column]].add(one)
    return found


def _near(wanted: str, locale: str) -> int:
    """How much of *locale* is said in *wanted*; 0 where it is another region's."""
    return len(locale) if f"{wanted}-".startswith(f"{locale}-") else 0


def _tag(locale: str) -> str:
    return locale.strip().replace("_", "-").lower()


def _language(tag: str) -> str:
    return tag.partition("-")[0]
