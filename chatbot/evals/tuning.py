"""Tune the encoder on some of a bank's phrasings; keep it only if it is better on the others."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from math import comb
from typing import Any

from chatbot.answers.calibration import Prior
from chatbot.domain.answer import BankAnswer
from chatbot.domain.tuning import Lesson
from chatbot.errors import Misconfigured
from chatbot.evals.exam import Sat, cut, sit
from chatbot.evals.figures import Outcome
from chatbot.evals.training import Progress
from chatbot.ports import Encoder, Trainer

_CHECKED = 32  # texts on which model and export are compared
_CHANCE = 0.025  # one-sided; two things may be better
SHARES = (1.0, 0.5, 0.3)
"""Of what was learned, tried in this order. A smaller one gains less and loses less."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Whether a tuned encoder is kept, and why, as one sentence.

    Attributes:
        gains: It is better in something beyond luck, whatever else it is.
    """

    better: bool
    sentence: str
    gains: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """
    What came of it.

    Attributes:
        verdicts: On each share that was tried; the last one decides.
        name: What CHATBOT_ENCODER has to say; None where nothing was kept.
        report: Data, seed, before and after, and every share that was tried.
    """

    verdicts: Sequence[Verdict]
    name: str | None
    report: Mapping[str, Any]


async def tune(
    answers: Sequence[BankAnswer],
    base: Encoder,
    trainer: Trainer,
    *,
    source: str,
    seed: int,
    minutes: float,
    risk: float,
    prior: Prior,
    now: datetime,
    progress: Progress,
) -> Tuning:
    """
    Args:
        base: The encoder as it is, whose vectors *prior* was fitted on.
        source: Where the answers come from, for the report.
        risk: The dial at which both are compared.

    Raises:
        Malformed: The bank is too small to tell better from luck.
        Misconfigured: Nothing is fitted to *base*, so there is nothing to compare with.
        Unavailable: The encoder cannot be tuned.
    """
    if base.fingerprint != prior.encoder:
        raise Misconfigured(
            "The answer bank is not fitted to this encoder, so tuning it could not be judged: "
            "leave CHATBOT_ENCODER empty, or run `chatbot bank train-prior` for it first."
        )
    exam = cut(answers, seed)
    before = await sit(exam, base, risk=risk, prior=prior, named="as it is", progress=progress)
    checked = [query.text for query in exam.asked[:_CHECKED]]
    lesson = Lesson(exam.groups, tuple(checked), seed, minutes, SHARES)
    taught = await trainer.train(lesson, lambda step, of: progress("Tuning", step, of))
    tried: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    # One after the other, each only if the one before gained something: so all of them together
    # are taken for better by luck no more often than one would be.
    for share in SHARES:
        made, agreement = await trainer.encoder(share)
        own = replace(prior, encoder=made.fingerprint)
        after = await sit(
            exam, made, risk=risk, prior=own, named=f"tuned, {share:.0%}", progress=progress
        )
        verdicts.append(judge(before, after, risk, share=share))
        tried.append(
            {
                "share": share,
                "fingerprint": made.fingerprint,
                "agreement": agreement,
                "after": after.document(),
                "verdict": verdicts[-1].sentence,
            }
        )
        if verdicts[-1].better or not verdicts[-1].gains:
            break
    kept = verdicts[-1].better
    report = {
        "date": now.isoformat(timespec="seconds"),
        **tried[-1],
        "base_fingerprint": base.fingerprint,
        "data": {
            "source": source,
            "sha256": _digest(answers),
            "answers": len(exam.bank),
            "unseen_answers": len(exam.bank) - len(exam.smaller),
            "learned": sum(map(len, exam.groups)),
            "held_out": len(exam.asked),
            "unanswerable": len(exam.unanswerable),
        },
        "seed": seed,
        "minutes": minutes,
        "risk": risk,
        "taught": asdict(taught),
        "before": before.document(),
        "tried": tried,
        "kept": kept,
    }
    return Tuning(verdicts, trainer.keep(report) if kept else None, report)


def judge(before: Sat, after: Sat, risk: float, *, share: float = 1.0) -> Verdict:
    """
    Whether *after* is better beyond luck, and nowhere worse.

    Better: more right answers first, or more questions answered rightly, by a one-sided sign test
    over the questions on which the two differ. Never kept where either is lower at all, where it
    speaks more often, beyond luck, to unanswerable questions, or where a larger share of what was
    given is wrong, unless that stays within the dial.
    """
    first = _changes(before.asked, after.asked, lambda one: one.right)
    rightly = _changes(before.asked, after.asked, lambda one: one.given == one.gold)
    spoke = _changes(before.unanswerable, after.unanswerable, lambda one: one.given is not None)
    was, now = before.figures, after.figures
    wrong = now.wrong_among_given or 0.0
    seen = (
        f"on {len(after.asked)} held-out phrasings it puts {_share(now.top1)} first instead of "
        f"{_share(was.top1)}, answers {_share(now.in_bank_accuracy)} rightly instead of "
        f"{_share(was.in_bank_accuracy)}, and {_share(wrong)} of what it gives is wrong instead of "
        f"{_share(was.wrong_among_given)}"
    )
    gains = _unlikely(*first) or _unlikely(*rightly)
    reason = ""
    if wrong > max(risk, was.wrong_among_given or 0.0):
        reason = "it would be wrong more often than the dial allows"
    elif _unlikely(*spoke):
        reason = "it speaks more often where nothing is right"
    elif first[0] < first[1]:
        reason = "it puts fewer right answers first"
    elif rightly[0] < rightly[1]:
        reason = "it answers fewer questions rightly"
    elif not gains:
        reason = "it is not better beyond luck"
    which = "The tuned encoder" if share == 1 else f"With {share:.0%} of what was learned, it"
    if reason:
        sentence = f"{which} is not kept, because {reason}: {seen}."
        return Verdict(better=False, sentence=sentence, gains=gains)
    return Verdict(better=True, sentence=f"{which} is better: {seen}.", gains=gains)


def _changes(
    before: Sequence[Outcome], after: Sequence[Outcome], holds: Callable[[Outcome], bool]
) -> tuple[int, int]:
    """Questions of which something *holds* only after, and only before."""
    pairs = [(holds(one), holds(two)) for one, two in zip(before, after, strict=True)]
    return pairs.count((False, True)), pairs.count((True, False))


def _unlikely(gained: int, lost: int) -> bool:
    """Whether so many more gained than lost are no luck: the exact one-sided sign test."""
    tosses = gained + lost
    chance = sum(comb(tosses, heads) for heads in range(gained, tosses + 1)) / 2**tosses
    return chance < _CHANCE


def _digest(answers: Sequence[BankAnswer]) -> str:
    lines = (f"{one.key}\t{text}\n" for one in answers for text in one.phrasings)
    return hashlib.sha256("".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"
