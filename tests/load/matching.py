"""
The answer bank's whole match beside the bare encoder, at 10,000 phrasings.

`python -m tests.load.matching` prints one JSON document. Each question is encoded bare, then asked
of the bank, in turn: whatever the machine is busy with meets both alike.
"""

import asyncio
import itertools
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

from chatbot.adapters.clock import SystemClock
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.answers.keeper import BankKeeper
from chatbot.domain.answer import BankAnswer
from tests.unit.answers.shop import Shelf

THINGS = (
    *("tent", "jacket", "boots", "backpack", "stove", "lantern", "rope", "harness", "helmet"),
    *("canoe", "paddle", "map", "compass", "bottle", "mattress", "hammock", "tarp", "axe", "knife"),
)
WISHES = (
    *("return", "exchange", "repair", "wash", "waterproof", "store", "ship", "insure", "rent"),
    *("lend", "engrave", "recycle", "resize", "assemble", "charge", "register", "gift", "track"),
    *("reserve", "compare", "borrow"),
)
FRAMES = (
    "How do I {wish} a {thing}?",
    "Can you {wish} my {thing}",
    "{wish} {thing} please",
    "I want to {wish} the {thing} I bought",
    "What does it cost to {wish} a {thing}?",
    "Is it possible to {wish} a used {thing}?",
    "Who can {wish} my {thing} for me",
    "Where would I {wish} this {thing}?",
    "Need help: {wish} {thing}",
    "How long does it take to {wish} a {thing}?",
    "Do you {wish} every {thing} in the shop?",
    "May I {wish} a {thing} without the receipt",
    "My friend said you {wish} a {thing} for free",
)
SIDES = ("", " abroad")
QUESTIONS, ROUNDS = 800, 3


def bank() -> tuple[BankAnswer, ...]:
    """399 answers of 26 phrasings."""
    return tuple(
        BankAnswer(
            f"{wish}-{thing}",
            f"{wish} {thing}",
            f"This is what we do when you want to {wish} a {thing}.",
            tuple(
                frame.format(wish=wish, thing=thing) + side for frame in FRAMES for side in SIDES
            ),
        )
        for wish, thing in itertools.product(WISHES, THINGS)
    )


def questions(seed: int, ends: str) -> list[str]:
    """Each unlike all others; *ends* is what they end with, in the same sentence."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    return [
        "Hello, "
        + chance.choice(FRAMES)
        .format(wish=chance.choice(WISHES), thing=chance.choice(THINGS))
        .rstrip("?")
        + ends.format(number=number)
        for number in range(QUESTIONS)
    ]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        encoder = OnnxEncoder(Path(folder), None)
        encoder.start()
        await encoder.wait()
        keeper, workspace = BankKeeper(Shelf(bank()), encoder, SystemClock(), patience=300), uuid4()
        await keeper.match(workspace, 1, "whatever is made once", 0.02)
        await keeper.settled()
        found: dict[str, list[float]] = {}
        for kind, ends in (
            ("", " for trip {number}"),
            ("two_sentences_", ". It is for trip {number}."),
        ):
            for seed in range(ROUNDS):
                asked = questions(seed, ends)
                p50, p99 = await _round(encoder, keeper, workspace, asked)
                found.setdefault(f"{kind}p50", []).append(p50)
                found.setdefault(f"{kind}p99", []).append(p99)
        await encoder.close()
    print(json.dumps(found))


async def _round(
    encoder: OnnxEncoder, keeper: BankKeeper, workspace: UUID, asked: Sequence[str]
) -> tuple[float, float]:
    """The whole match over the bare encoder, at the median and at the 99th percentile."""
    bare, whole = [], []
    for question in asked:
        began = time.perf_counter()
        await encoder.encode([question])
        between = time.perf_counter()
        await keeper.match(workspace, 1, question, 0.02)
        bare.append(between - began)
        whole.append(time.perf_counter() - between)
    p50, p99 = (_at(share, whole) / _at(share, bare) for share in (0.5, 0.99))
    return p50, p99


def _at(share: float, seconds: list[float]) -> float:
    return sorted(seconds)[int(share * len(seconds))]


if __name__ == "__main__":
    asyncio.run(main())
