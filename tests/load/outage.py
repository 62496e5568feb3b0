"""
A provider that is gone: what customers wait for meanwhile, and how soon all is well again.

`python -m tests.load.outage [PROCESSES]` runs that many processes of the application (4) over one
Redis, refuses every request for a while, and prints one JSON document.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence

from tests.fault_scenarios import refuse, reply
from tests.fault_server import FaultServer
from tests.load.stage import app
from tests.servers import RedisServer
from tests.visitor import Visitor

VISITORS, ASKS, PAUSE_S = 12, 25, 0.5
OUTAGE = refuse(500)
QUESTIONS = (
    "What is your return policy?",
    "How long do I have to send something back?",
    "Do you mend boots?",
    "How do I wash a down jacket?",
)


async def ask(visitor: Visitor, question: str) -> tuple[str, float, float]:
    """Who answered, and the seconds to the first sign and to the message."""
    begun, first = time.perf_counter(), 0.0
    await visitor.send(question)
    while True:
        frame = await visitor.next()
        if not first and frame["type"] in {"start", "delta"}:
            first = time.perf_counter() - begun
        if frame["type"] == "message" and frame["role"] == "bot":
            return frame["source"]["rung"], first, time.perf_counter() - begun


async def ask_on(base: str, number: int) -> list[tuple[str, float, float]]:
    """One customer's questions, with pauses as people make."""
    chance = random.Random(number)  # noqa: S311 repeatable
    found = []
    async with Visitor(base) as visitor:
        for _ in range(ASKS):
            await asyncio.sleep(PAUSE_S * 2 * chance.random())
            found.append(await ask(visitor, chance.choice(QUESTIONS)))
    return found


def at(share: float, values: Sequence[float]) -> float:
    return round(sorted(values)[int(share * (len(values) - 1))] * 1000, 1)


async def main(processes: int) -> None:
    async with FaultServer({}, reply("All is well.")) as provider:
        with RedisServer() as redis:
            stage = app(provider.base_url, "m", processes=processes, CHATBOT_REDIS_URL=redis.url)
            running = await asyncio.to_thread(stage.__enter__)
            try:
                print(json.dumps(await play(running.base, provider)))
            finally:
                await asyncio.to_thread(stage.__exit__, None, None, None)


async def play(base: str, provider: FaultServer) -> dict[str, object]:
    provider.default = OUTAGE
    async with Visitor(base) as visitor:
        for number in range(8):
            await ask(visitor, f"Please explain trust, part {number}.")
    before, begun = len(provider.received), time.monotonic()
    each = await asyncio.gather(*(ask_on(base, number) for number in range(VISITORS)))
    rows = [row for rows in each for row in rows]
    during = provider.received[before:]
    lasted = time.monotonic() - begun
    customers = [received for received in during if "?" in received.text]
    provider.default, well = reply("All is well."), time.monotonic()
    rungs = []
    async with Visitor(base) as visitor:
        while not rungs or rungs[-1] != "model":
            rungs.append((await ask(visitor, f"Please explain trust, part {len(rungs) + 100}."))[0])
            await asyncio.sleep(0.25)
    known = [row for row in rows if row[0] in {"answer_bank", "cache"}]
    return {
        "requests before it was set aside": before,
        "turns": len(rows),
        "rungs": {rung: sum(row[0] == rung for row in rows) for rung in {row[0] for row in rows}},
        "bank or cache, ms p50": at(0.5, [row[2] for row in known]),
        "bank or cache, ms p95": at(0.95, [row[2] for row in known]),
        "first sign, ms p95": at(0.95, [row[1] for row in rows]),
        "outage, s": round(lasted, 1),
        "requests meanwhile": len(during),
        "of customers": len(customers),
        "s between them": round(lasted / max(1, len(during)), 2),
        "well again after, s": round(time.monotonic() - well, 1),
    }


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 4))
