"""
Asks a model that was set aside whether it is well again, so that no customer has to.

All processes together ask once an interval: whoever gets the lease asks, the others look again
when it ends. While Redis is away each process asks for itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Clock, Counters
from chatbot.resilience.breaker import Breaker, Change
from chatbot.resilience.faults import LIMITED
from chatbot.resilience.sharing import well
from chatbot.telemetry.metrics import PROBES

_log = logging.getLogger(__name__)


class Prober:
    """
    Probes one model while its breaker is open.

    Args:
        probe: Makes a minimal completion; raises as `Provider.stream` does.
    """

    def __init__(
        self,
        breaker: Breaker,
        probe: Callable[[], Awaitable[None]],
        *,
        counters: Counters,
        clock: Clock,
    ) -> None:
        self._breaker, self._probe = breaker, probe
        self._counters, self._clock = counters, clock
        self._opened = asyncio.Event()
        breaker.on_change.append(self._changed)
        self._changed(None)

    async def run(self) -> None:
        """Wait for openings and probe until each has ended; never returns."""
        while True:
            await self._opened.wait()
            try:
                await self._until_closed()
            except Exception:  # a bug must not leave the model set aside for ever  # noqa: BLE001
                _log.exception("probing %s failed", self._breaker.key)
                await self._clock.sleep(self._breaker.limits.probe_every_s)

    async def _until_closed(self) -> None:
        every_s, wait_s = self._breaker.limits.probe_every_s, self._breaker.limits.probe_every_s
        while self._breaker.is_open:
            await self._clock.sleep(wait_s)
            if not self._breaker.is_open:
                return
            key = f"breaker:{self._breaker.key}:probe"
            wait_s = await self._counters.hit(key, limit=1, window=every_s)
            if wait_s == 0:
                wait_s = every_s
                await self._ask()

    async def _ask(self) -> None:
        provider, model = self._breaker.provider, self._breaker.model
        try:
            await self._probe()
        except (ProviderDegraded, ProviderRefused) as error:
            _log.info("%s is not well yet (%s)", self._breaker.key, error.fault)
            PROBES.labels(provider, model, error.fault).inc()
            if error.fault != LIMITED:  # it answers, and does not say whether it is well
                await self._counters.clear(well(self._breaker))
            return
        PROBES.labels(provider, model, "ok").inc()
        limits = self._breaker.limits
        ttl = limits.probe_every_s * (limits.successes + 2)
        if await self._counters.add(well(self._breaker), 1, ttl=ttl) >= limits.successes:
            self._breaker.close()

    def _changed(self, _: Change | None) -> None:
        (self._opened.set if self._breaker.is_open else self._opened.clear)()
