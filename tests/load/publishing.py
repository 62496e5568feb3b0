"""
A publish in a large bank: when the next question sees it, and what questions take meanwhile.

`python -m tests.load.publishing 10000` prints one JSON document; at 50,000 phrasings it takes some
minutes, because every phrasing is encoded first.
"""

import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from chatbot.adapters.clock import SystemClock
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.answers.keeper import BankKeeper
from chatbot.domain.answer import BankAnswer, Match
from tests.load.matching import bank, questions
from tests.unit.answers.shop import Shelf

PUBLISHED = BankAnswer(
    "moon", "Moon", "We deliver to the moon.", ("Do you deliver parcels to the moon?",)
)
SITES = ("", " in Oslo", " in Lima", " in Cork", " in Graz")


def grown(phrasings: int) -> tuple[BankAnswer, ...]:
    """At least *phrasings*, or five times those of `matching.bank`."""
    found: list[BankAnswer] = []
    for site in SITES:
        found += [
            replace(
                answer,
                key=f"{answer.key}{site}",
                phrasings=tuple(f"{text}{site}" for text in answer.phrasings),
            )
            for answer in bank()
        ]
        if sum(len(answer.phrasings) for answer in found) >= phrasings:
            break
    return tuple(found)


async def main(phrasings: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        encoder = OnnxEncoder(Path(folder), None)
        encoder.start()
        await encoder.wait()
        shelf, workspace = Shelf(grown(phrasings)), uuid4()
        keeper = BankKeeper(shelf, encoder, SystemClock(), patience=300)
        await keeper.match(workspace, 1, "whatever is made once", 0.02)
        await keeper.settled()
        quiet = [await _timed(keeper, workspace, 1, one) for one in questions(0, "")[:100]]
        shelf.publish(*shelf.answers, PUBLISHED)
        began = time.perf_counter()
        seen = asyncio.create_task(keeper.match(workspace, 2, PUBLISHED.phrasings[0], 0.02))
        complete = asyncio.create_task(_complete(keeper, seen))
        seen_s = complete_s = 0.0
        meanwhile: list[float] = []
        for one in itertools.cycle(questions(1, "")):
            meanwhile.append(await _timed(keeper, workspace, 2 if seen.done() else 1, one))
            if seen.done() and not seen_s:
                seen_s = time.perf_counter() - began
            if complete.done():
                complete_s = time.perf_counter() - began
                break
        found = await seen
        await encoder.close()
    print(
        json.dumps(
            {
                "phrasings": sum(len(answer.phrasings) for answer in shelf.answers),
                "answered": [found.verdict, *(one.key for one in found.candidates[:1])],
                "seen_s": round(seen_s, 2),
                "complete_s": round(complete_s, 2),
                "a_question_ms": _told(quiet),
                "a_question_meanwhile_ms": _told(meanwhile),
                "questions_meanwhile": len(meanwhile),
            }
        )
    )


async def _complete(keeper: BankKeeper, seen: asyncio.Task[Match]) -> None:
    await seen
    await keeper.settled()


async def _timed(keeper: BankKeeper, workspace: UUID, version: int, question: str) -> float:
    began = time.perf_counter()
    await keeper.match(workspace, version, question, 0.02)
    return time.perf_counter() - began


def _told(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "p50": round(statistics.median(ordered) * 1000, 1),
        "p95": round(ordered[int(0.95 * len(ordered))] * 1000, 1),
        "longest": round(ordered[-1] * 1000, 1),
    }


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
