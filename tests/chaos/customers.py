"""Customers of a chaos run: they ask, and judge what they were told."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from tests.chaos.misbehaving import is_whole
from tests.visitor import Frame, Visitor, is_bot

PROMISE_S = 10.0
QUESTIONS = (
    "How long do I have to send something back?",
    "Do you mend boots?",
    "How long does delivery take?",
    "Please explain how trust is earned on a mountain",
    "What would a marmot say to this",
    "Which song goes with rain",
)
"""Half of them are in the demo shop's bank."""

SHORTENED = " …"
WITHHELD = "I can't help with that here."


@dataclass(frozen=True)
class Turn:
    """
    How one turn went.

    Attributes:
        first_s, took_s: Seconds to the first sign, and to the final message.
        wrong: What must not be, in one word each.
    """

    rung: str
    first_s: float
    took_s: float
    wrong: tuple[str, ...]
    words: str
    conversation: str


@dataclass
class Report:
    """All turns of a run."""

    turns: list[Turn] = field(default_factory=list)

    @property
    def rungs(self) -> Counter[str]:
        return Counter(turn.rung for turn in self.turns)

    @property
    def wrong(self) -> Counter[str]:
        return Counter(word for turn in self.turns for word in turn.wrong)

    def at(self, share: float) -> float:
        """Seconds within which that share of the turns was over."""
        return sorted(turn.took_s for turn in self.turns)[int(share * (len(self.turns) - 1))]


async def ask_all(
    base: str, turns: int, *, at_once: int, saved: Sequence[str], seed: int
) -> Report:
    """
    Let customers ask until there were *turns*, three questions each.

    Args:
        saved: Texts that the answer bank may give.
    """
    report, left = Report(), iter(range(turns))

    async def customers(chance: random.Random) -> None:
        while True:
            async with Visitor(base) as visitor:
                for _ in range(3):
                    if next(left, None) is None:
                        return
                    report.turns.append(await _ask(visitor, chance, saved))

    chances = (random.Random(seed * 1000 + n) for n in range(at_once))  # noqa: S311 repeatable
    await asyncio.gather(*(customers(chance) for chance in chances))
    return report


async def until_well(base: str) -> None:
    """Ask until the model answers again."""
    async with asyncio.timeout(60), Visitor(base) as visitor:
        while True:
            message = await visitor.ask(f"Are you well, number {uuid4().hex[:6]}?")
            if message["source"]["rung"] == "model":
                return
            await asyncio.sleep(0.2)


async def _ask(visitor: Visitor, chance: random.Random, saved: Sequence[str]) -> Turn:
    question = f"{chance.choice(QUESTIONS)} ({uuid4().hex[:6]})?"
    heard_before = len(visitor.heard)
    begun, first = time.monotonic(), 0.0
    await visitor.send(question)
    while True:
        frame = await visitor.next(within_s=60)
        if frame["type"] == "start" and not first:
            first = time.monotonic() - begun
        if is_bot(frame) or frame["type"] == "closed":
            break
    took = time.monotonic() - begun
    if frame["type"] == "closed":
        return Turn("none", first, took, ("hung_up",), "", visitor.conversation or "")
    wrong = [*_misheard(visitor.heard[heard_before:], frame), *_false(visitor, frame, saved)]
    if took > PROMISE_S:
        wrong.append("late")
    text, rung = frame["text"], frame["source"]["rung"]
    return Turn(rung, first, took, tuple(wrong), text, visitor.conversation or "")


def _false(visitor: Visitor, frame: Frame, saved: Sequence[str]) -> list[str]:
    """What is wrong with the final message, by the rung that it says it came from."""
    text, rung = frame["text"], frame["source"]["rung"]
    if rung in {"model", "alternative"}:
        shortened = text.endswith(SHORTENED) and "shortened" in frame["source"]["label"]
        if not (is_whole(text) or shortened or text.startswith(WITHHELD)):
            return ["half"]
    elif rung == "answer_bank":
        if text not in saved and not frame["source"].get("choices"):
            return ["unknown_answer"]
    elif rung == "handoff":
        numbers = [each["number"] for each in visitor.all("ticket")]
        if not any(f"#{number}" in text for number in numbers):
            return ["no_ticket"]
    return []


def _misheard(heard: Sequence[Frame], final: Frame) -> list[str]:
    """What was wrong with the words while they were being written."""
    words, wrong = "", []
    for frame in heard:
        if frame["type"] in {"start", "reset"}:
            words = ""
        elif frame["type"] == "delta":
            if frame["offset"] != len(words):
                wrong.append("gap")
            words = words[: frame["offset"]] + frame["text"]
        if "99999" in str(frame.get("text", "")):
            wrong.append("false_claim")
    if any(frame["type"] == "delta" for frame in heard) and words != final["text"]:
        wrong.append("other_words")
    return wrong
