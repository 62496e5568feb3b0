"""
A provider that takes a tenth of what customers ask: who is served, and how long they wait.

`python -m tests.load.limited [SECONDS]` offers ten times the provider's rate for that long (150),
half of it by customers of a plan that goes first, and prints one JSON document.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
import jwt

from tests.fault_scenarios import paced
from tests.fault_server import FaultServer, Quota
from tests.load.outage import at
from tests.load.stage import App, app
from tests.visitor import Visitor

PER_SECOND = 1.5
VISITORS = 48
EVERY_S = VISITORS / (PER_SECOND * 10)
"""Seconds between two questions of one customer."""


@dataclass(frozen=True)
class Asked:
    """One question: of which plan, who answered after how long, whether a line was seen."""

    plan: str
    rung: str
    took_s: float
    queued: bool
    error: bool


class Customers:
    """Customers with and without a plan that goes first."""

    def __init__(self, running: App, seconds: float) -> None:
        self._running, self._until = running, time.monotonic() + seconds
        self._installed = json.loads((running.data / "demo.json").read_text())
        self.asked: list[Asked] = []

    async def ask_on(self, number: int) -> None:
        plan, chance = ("pro", "basic")[number % 2], random.Random(number)  # noqa: S311 repeatable
        visitor = Visitor(self._running.base)
        await self._put(visitor, f"load-{number}", plan)
        await visitor.session(identity=self._identity(f"load-{number}"))
        await visitor.connect()
        await asyncio.sleep(EVERY_S * chance.random())
        while time.monotonic() < self._until:
            begun = time.monotonic()
            self.asked.append(await self._ask(visitor, plan))
            await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - begun)))
        await visitor.leave()

    async def _ask(self, visitor: Visitor, plan: str) -> Asked:
        begun, before = time.monotonic(), len(visitor.heard)
        await visitor.send(f"Please explain how trust is earned, {uuid4().hex[:6]}.")
        frame = await visitor.until(
            lambda frame: frame["type"] == "error" or frame.get("role") == "bot", 60
        )
        heard = visitor.heard[before:]
        return Asked(
            plan,
            "error" if frame["type"] == "error" else frame["source"]["rung"],
            time.monotonic() - begun,
            any(each.get("code") == "queued" for each in heard),
            frame["type"] == "error",
        )

    async def _put(self, visitor: Visitor, name: str, plan: str) -> None:
        key = self._installed["api_key"]
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http,
            http.put(
                f"{visitor.base}/api/v1/customers/{name}", json={"name": name, "plan": plan}
            ) as answer,
        ):
            assert answer.status < 300, await answer.text()

    def _identity(self, name: str) -> str:
        claims = {"sub": name, "jti": uuid4().hex, "exp": int(time.time()) + 300}
        return jwt.encode(claims, self._installed["identity_secret"], algorithm="HS256")


async def main(seconds: float) -> None:
    async with FaultServer({}, paced(20, 20, first_after=0.3)) as provider:
        stage = app(provider.base_url, "m", CHATBOT_LIMITS_API_REQUESTS_PER_MINUTE="100000")
        running = await asyncio.to_thread(stage.__enter__)
        try:
            quota = provider.quota = Quota(PER_SECOND, burst=3)
            customers = Customers(running, seconds)
            begun = time.monotonic()
            playing = [asyncio.create_task(customers.ask_on(n)) for n in range(VISITORS)]
            await asyncio.sleep(min(60.0, seconds / 2))
            early = quota.refused, len(provider.received)
            await asyncio.gather(*playing)
            print(json.dumps(_figures(customers.asked, begun, early, quota, provider)))
        finally:
            await asyncio.to_thread(stage.__exit__, None, None, None)


def _figures(
    asked: list[Asked], begun: float, early: tuple[int, int], quota: Quota, provider: FaultServer
) -> dict[str, object]:
    calls, refused = len(provider.received) - early[1], quota.refused - early[0]
    lasted = time.monotonic() - begun
    figures: dict[str, object] = {
        "offered a second": round(len(asked) / lasted, 1),
        "taken a second": PER_SECOND,
        "errors": sum(one.error for one in asked),
        "longest, s": round(max(one.took_s for one in asked), 1),
        "429s in the first minute": f"{early[0]} of {early[1]} calls",
        "429s after it": f"{refused} of {calls} calls ({refused / max(1, calls):.1%})",
        "told of a line": sum(one.queued for one in asked),
    }
    for plan in ("pro", "basic"):
        mine = [one for one in asked if one.plan == plan]
        served = [one.took_s for one in mine if one.rung == "model"]
        figures[plan] = {
            "asked": len(mine),
            "by the model": len(served),
            "ms p50": at(0.5, served or [0.0]),
            "ms p95": at(0.95, served or [0.0]),
        }
    return figures


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if sys.argv[1:] else 150.0))
