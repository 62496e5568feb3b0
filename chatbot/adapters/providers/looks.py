"""
When streams are looked at: all of them in the same moments, under one timer.

A waking of the process costs as much as reading a piece. So what arrives between two moments is
read together, and whoever waits for the next moment is woken with the others.
"""

import asyncio


class Looks:
    """Moments that are `every_s` seconds apart, by the clock of the running loop."""

    def __init__(self, every_s: float) -> None:
        """
        Args:
            every_s: Seconds; with 0 nobody waits for anything.
        """
        self._every_s = every_s
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    async def next(self) -> None:
        """Wait for the next moment that is at least half of the time between two away."""
        if not self._every_s:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        moment = int(loop.time() / self._every_s + 1.5)
        waiting = self._waiting.get(moment)
        if waiting is None:
            waiting = self._waiting[moment] = []
            loop.call_at(moment * self._every_s, self._wake, moment)
        woken = loop.create_future()
        waiting.append(woken)
        await woken

    def _wake(self, moment: int) -> None:
        for woken in self._waiting.pop(moment):
            if not woken.done():
                woken.set_result(None)
