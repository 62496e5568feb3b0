"""An encoder is tuned on some phrasings and judged on others, and kept only where it is better."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from chatbot.answers.calibration import shipped
from chatbot.domain.answer import BankAnswer
from chatbot.domain.tuning import Lesson, Steps, Taught
from chatbot.errors import Malformed, Misconfigured
from chatbot.evals.exam import Sat, cut
from chatbot.evals.figures import Outcome
from chatbot.evals.tuning import SHARES, Tuning, judge, tune
from chatbot.ports import Encoder

WORDS = (
    *("parcel", "refund", "voucher", "invoice", "password", "delivery", "address", "size"),
    *("colour", "warranty", "repair", "tent", "boots", "membership", "newsletter", "store"),
)
BANK = tuple(
    BankAnswer(
        word,
        "",
        "",
        tuple(f"{word} {place} {crc32(f'{word}{place}'.encode())}" for place in range(20)),
    )
    for word in WORDS
)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Sighted:
    """Sees the subject of a text, the first word of it, more or less clearly."""

    ready = True
    dimensions = 64

    def __init__(self, sight: float, fingerprint: str) -> None:
        self.sight, self.fingerprint = sight, fingerprint

    def pieces(self, text: str) -> int:
        return len(text.split())

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.stack([self._place(text) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def _place(self, text: str) -> NDArray[np.float64]:
        own, subject = (crc32(part.encode()) for part in (text, text.partition(" ")[0]))
        noise = np.random.default_rng(own).normal(size=self.dimensions)
        return noise + self.sight * np.random.default_rng(subject).normal(size=self.dimensions)


class Confused(Sighted):
    """Sees another subject in every fifth question of the exam."""

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        asked = [query.text for query in cut(BANK, 3).asked]
        another = dict(zip(asked[::5], asked[1::5], strict=False))
        return await super().encode(
            [f"{another.get(text, text).partition(' ')[0]} {text}" for text in texts]
        )


class Tutor:
    """Satisfies `ports.Trainer` with encoders made beforehand, for one share after the other."""

    def __init__(self, *made: Encoder) -> None:
        self.made = list(made)
        self.shares: list[float] = []
        self.lesson: Lesson | None = None
        self.kept: Mapping[str, Any] | None = None

    async def train(self, lesson: Lesson, progress: Steps) -> Taught:
        self.lesson = lesson
        progress(1, 1)
        return Taught(1, 1, 0.5)

    async def encoder(self, share: float) -> tuple[Encoder, float]:
        self.shares.append(share)
        return self.made.pop(0), 1.0

    def keep(self, report: Mapping[str, Any]) -> str:
        self.kept = report
        return "/kept"


async def tuned(tutor: Tutor, base: Sighted) -> Tuning:
    return await tune(
        BANK,
        base,
        tutor,
        source="bank.jsonl",
        seed=3,
        minutes=1,
        risk=0.05,
        prior=shipped(),
        now=NOW,
        progress=lambda *_: None,
    )


async def test_a_better_encoder_is_kept_with_its_report() -> None:
    tutor = Tutor(Sighted(3, "tuned"))
    found = await tuned(tutor, Sighted(0.5, shipped().encoder))
    assert found.verdicts[-1].better, found.verdicts[-1].sentence
    assert found.name == "/kept"
    assert tutor.kept == found.report
    assert found.report["seed"] == 3
    assert found.report["date"] == "2026-11-21T00:00:00+00:00"
    assert found.report["fingerprint"] == "tuned"
    assert found.report["base_fingerprint"] == shipped().encoder
    assert found.report["before"]["top1"] < found.report["after"]["top1"]
    assert len(found.report["data"]["sha256"]) == 64
    assert tutor.lesson is not None
    assert tutor.lesson.groups == cut(BANK, 3).groups
    assert tutor.shares == [1.0], "less of it could only have gained less"
    assert found.report["tried"][0]["after"] == found.report["after"]


async def test_where_all_of_it_loses_something_less_of_it_is_tried() -> None:
    whole, half = Confused(3, "whole"), Sighted(3, "half")
    tutor = Tutor(whole, half)
    found = await tuned(tutor, Sighted(0.5, shipped().encoder))
    assert tutor.shares == [1.0, 0.5]
    assert found.verdicts[-1].better, found.verdicts[-1].sentence
    assert "With 50% of what was learned" in found.verdicts[-1].sentence
    assert tutor.kept is not None
    assert tutor.kept["fingerprint"] == "half"
    assert [one["fingerprint"] for one in tutor.kept["tried"]] == ["whole", "half"]


async def test_where_every_share_loses_something_none_is_kept() -> None:
    tutor = Tutor(*(Confused(3, f"tuned {place}") for place in range(len(SHARES))))
    found = await tuned(tutor, Sighted(0.5, shipped().encoder))
    assert tuple(tutor.shares) == SHARES
    assert found.name is None
    assert tutor.kept is None


async def test_an_encoder_that_is_no_better_changes_nothing() -> None:
    tutor = Tutor(Sighted(1, "tuned"))
    found = await tuned(tutor, Sighted(1, shipped().encoder))
    assert found.name is None
    assert tutor.kept is None
    assert "not better beyond luck" in found.verdicts[-1].sentence
    assert tutor.shares == [1.0], "whoever goes on asking is lucky some day"


async def test_an_encoder_that_nothing_is_fitted_to_is_not_tuned() -> None:
    with pytest.raises(Misconfigured, match="not fitted to this encoder"):
        await tuned(Tutor(Sighted(1, "tuned")), Sighted(1, "another"))


def test_what_is_asked_is_not_learned() -> None:
    exam = cut(BANK, 3)
    learned = {text for group in exam.groups for text in group}
    assert learned.isdisjoint(query.text for query in (*exam.asked, *exam.unanswerable))
    assert {query.gold for query in exam.asked} == set(WORDS), "later answers are asked as well"


def test_the_same_seed_holds_out_the_same() -> None:
    assert cut(BANK, 3) == cut(tuple(reversed(BANK)), 3)
    assert cut(BANK, 3).asked != cut(BANK, 4).asked


def test_a_phrasing_of_two_answers_counts_for_one() -> None:
    copied = replace(BANK[0], key="zz", phrasings=(*BANK[0].phrasings, *BANK[0].phrasings))
    exam = cut((*BANK, copied), 3)
    assert "zz" not in {query.gold for query in exam.asked}
    texts = [text for group in exam.groups for text in group]
    assert len(texts) == len(set(texts))


def test_a_bank_too_small_to_judge_is_refused() -> None:
    with pytest.raises(Malformed, match="add phrasings first"):
        cut(BANK[:3], 0)


def sat(right: int, silent: int, wrong: int, spoken: int = 0, misled: int = 0) -> Sat:
    """
    Questions by what became of them; *spoken* of 50 unanswerable ones were given something.

    The *misled* ones are silent as well, and would have been wrong.
    """
    return Sat(
        tuple(
            [Outcome("a", "a", ("a",), 0.9)] * right
            + [Outcome("a", None, ("a",), 0.4)] * silent
            + [Outcome("a", "b", ("b",), 0.9)] * wrong
            + [Outcome("a", None, ("b",), 0.4)] * misled
        ),
        tuple(
            [Outcome(None, "a", ("a",), 0.9)] * spoken
            + [Outcome(None, None, ("a",), 0.1)] * (50 - spoken)
        ),
    )


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (sat(60, 40, 0), "is better"),
        (sat(51, 49, 0), "not better beyond luck"),
        (sat(40, 60, 0), "it answers fewer questions rightly"),
        (sat(70, 28, 0, misled=2), "it puts fewer right answers first"),
        (sat(70, 26, 4), "wrong more often than the dial allows"),
        (sat(60, 40, 0, spoken=9), "speaks more often where nothing is right"),
    ],
)
def test_better_beyond_luck_and_nowhere_worse(after: Sat, said: str) -> None:
    verdict = judge(sat(50, 50, 0), after, 0.02)
    assert said in verdict.sentence
    assert verdict.better is (said == "is better")
