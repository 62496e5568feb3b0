"""
When streams are looked at: all of them in the same moments, under one timer.

A waking of the process costs as much as reading a piece. So nothing is read between two moments:
what arrives meanwhile waits in the kernel, and whoever waits for the next moment is woken with the
others, after everything there is has been read.
"""

import asyncio
from typing import Protocol


class Valve(Protocol):
    """What is shut while nobody looks; both may be called twice."""

    def shut(self) -> None: ...

    def open(self) -> None: ...


class Looks:
    """Moments that are `every_s` seconds apart, by the clock of the running loop."""

    def __init__(self, every_s: float) -> None:
        """
        Args:
            every_s: Seconds; with 0 nobody waits for anything.
        """
        self._every_s = every_s
        self._waiting: dict[int, list[tuple[asyncio.Future[None], Valve]]] = {}

    async def next(self, valve: Valve) -> None:
        """
        Wait for the next moment that is at least half of the time between two away.

        Args:
            valve: Shut until then, and open again however the waiting ends.
        """
        if not self._every_s:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        moment = int(loop.time() / self._every_s + 1.5)
        waiting = self._waiting.get(moment)
        if waiting is None:
            waiting = self._waiting[moment] = []
            loop.call_at(moment * self._every_s, self._open, moment)
        woken = loop.create_future()
        valve.shut()
        waiting.append((woken, valve))
        try:
            await woken
        finally:
            valve.open()

    def _open(self, moment: int) -> None:
        waiting = self._waiting.pop(moment)
        try:
            for _, valve in waiting:
                valve.open()
        finally:  # a valve that sticks keeps nobody else waiting
            # A round of the loop later, and one more until they run: it has read what had arrived.
            asyncio.get_running_loop().call_soon(_wake, [woken for woken, _ in waiting])


def _wake(waiting: list[asyncio.Future[None]]) -> None:
    for woken in waiting:
        if not woken.done():
            woken.set_result(None)
