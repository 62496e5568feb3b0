"""
What processes tell each other about their models, in the background of every turn.

How calls end is added up in the counters, so that five failures open a breaker wherever they
happened. Openings and closings are broadcast, and kept for processes that start later. Nothing
here is awaited by a customer's turn; without Redis each process goes by what it sees itself.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from chatbot.ports import Bus, Clock, Counters
from chatbot.resilience.breaker import Breaker, Change

_log = logging.getLogger(__name__)

TOPIC = "breakers"
SHARE_EVERY_S = 0.5
"""Successes are told that often; a failure is told at once."""

BUCKET_S = 10
"""Sums begin anew that often, so that nobody who comes later counts what is long over."""

LOOK_BACK = 3
"""Earlier sums that are looked at, to hear what others added since this process looked last."""

REMEMBERED_S = 60.0
"""How long an open breaker is known to processes that start, if nobody renews it."""


class _Told:
    """
    What one breaker's processes have told each other.

    Attributes:
        mine: Outcomes of this process that are not in the counters yet.
        known: Sums of the counters as they were seen last, by their keys.
        over: The breaker closed since: what was added before is over.
    """

    def __init__(self) -> None:
        self.mine: Counter[bool] = Counter()
        self.known: dict[str, int] = {}
        self.bucket = 0
        self.over = False
        self.turn = asyncio.Lock()


class Sharing:
    """Use it as `async with sharing.running()`."""

    def __init__(
        self, breakers: Sequence[Breaker], *, counters: Counters, bus: Bus, clock: Clock
    ) -> None:
        self._breakers = {breaker.key: breaker for breaker in breakers}
        self._told = {breaker.key: _Told() for breaker in breakers}
        self._counters, self._bus, self._clock = counters, bus, clock
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Learn what is open, then tell and listen until the block ends."""
        for breaker in self._breakers.values():
            breaker.on_outcome.append(partial(self._ended, breaker))
            breaker.on_change.append(partial(self._changed, breaker))
        ear = await self._bus.hear(TOPIC, self._hear)
        await asyncio.gather(*map(self._learn, self._breakers.values()))
        self._begin(self._share_often())
        try:
            yield
        finally:
            ear.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def share(self, breaker: Breaker) -> None:
        """Add what happened here to the counters, and hear what happened elsewhere."""
        told = self._told[breaker.key]
        async with told.turn:
            bucket = int(self._clock.now().timestamp()) // BUCKET_S
            heard: Counter[bool] = Counter()
            if bucket != told.bucket:
                told.bucket = bucket
                before, told.known = told.known, {}
                for earlier in range(bucket - LOOK_BACK, bucket):
                    heard += await self._exchange(breaker, earlier, Counter(), before)
            mine, told.mine = told.mine, Counter()
            heard += await self._exchange(breaker, bucket, mine, told.known)
            if told.over:
                told.over = False
                return
        breaker.hear(succeeded=heard[True], failed=heard[False])

    async def _exchange(
        self, breaker: Breaker, bucket: int, mine: Counter[bool], known: Mapping[str, int]
    ) -> Counter[bool]:
        """Add *mine* to a bucket; what others have added to it since it was *known*."""
        now, heard = self._told[breaker.key].known, Counter[bool]()
        for ok in (True, False):
            key = f"breaker:{breaker.key}:{bucket}:{'succeeded' if ok else 'failed'}"
            total = await self._counters.add(key, mine[ok], ttl=(LOOK_BACK + 2.0) * BUCKET_S)
            heard[ok] = max(0, total - known.get(key, 0) - mine[ok])
            now[key] = total
        return heard

    async def _share_often(self) -> None:
        while True:
            await self._clock.sleep(SHARE_EVERY_S)
            for key, breaker in self._breakers.items():
                if self._told[key].mine:
                    await self.share(breaker)

    def _ended(self, breaker: Breaker, ok: bool) -> None:  # noqa: FBT001 a callback's only word
        self._told[breaker.key].mine[ok] += 1
        if not ok:
            self._begin(self.share(breaker))

    def _changed(self, breaker: Breaker, change: Change) -> None:
        self._told[breaker.key].over = not change.open
        if not change.elsewhere:
            self._begin(self._tell(breaker, change))

    async def _tell(self, breaker: Breaker, change: Change) -> None:
        if change.open:
            await self._counters.clear(well(breaker))
            await self._counters.add(_flag(breaker), 1, ttl=REMEMBERED_S)
        else:
            await self._counters.clear(_flag(breaker))
        await self._bus.broadcast(
            TOPIC, json.dumps({"key": breaker.key, "open": change.open, "cause": change.cause})
        )

    def _hear(self, text: str) -> None:
        said = json.loads(text)
        breaker = self._breakers.get(said["key"])
        if breaker is None:
            return  # of a process with other providers
        if said["open"]:
            breaker.open(said["cause"], elsewhere=True)
        else:
            breaker.close(elsewhere=True)

    async def _learn(self, breaker: Breaker) -> None:
        if await self._counters.add(_flag(breaker), 0, ttl=REMEMBERED_S) > 0:
            breaker.open("failing", elsewhere=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended_task)

    def _ended_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("what models do was not shared", exc_info=error)


def well(breaker: Breaker) -> str:
    """Key of the sum of probes that succeeded since the breaker opened."""
    return f"breaker:{breaker.key}:well"


def _flag(breaker: Breaker) -> str:
    return f"breaker:{breaker.key}:open"
