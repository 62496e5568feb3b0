"""Four processes' worth of breakers over one real Redis, which also dies and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from chatbot.adapters.buses.redis import RedisBus
from chatbot.adapters.clock import SystemClock
from chatbot.adapters.counters.redis import RedisCounters
from chatbot.errors import ProviderDegraded
from chatbot.resilience.breaker import Breaker, BreakerLimits
from chatbot.resilience.probing import Prober
from chatbot.resilience.sharing import Sharing
from tests.servers import RedisServer
from tests.waiting import until

LIMITS = BreakerLimits(probe_every_s=0.3)


@dataclass
class Upstream:
    """A provider as probes see it."""

    well: bool = False
    probed_at: list[float] = field(default_factory=list)

    async def probe(self) -> None:
        self.probed_at.append(time.monotonic())
        if not self.well:
            raise ProviderDegraded("It failed.", fault="server_error")


@asynccontextmanager
async def process(url: str, upstream: Upstream) -> AsyncIterator[Breaker]:
    """The breaker of one process, with connections of its own."""
    counters, bus, clock = RedisCounters(url), RedisBus(url), SystemClock()
    breaker = Breaker("local", "m", clock, LIMITS)
    prober = Prober(breaker, upstream.probe, counters=counters, clock=clock)
    async with Sharing([breaker], counters=counters, bus=bus, clock=clock).running():
        probing = asyncio.create_task(prober.run())
        yield breaker
        probing.cancel()
        await asyncio.gather(probing, return_exceptions=True)
    await bus.close()
    await counters.close()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
async def four(redis_server: RedisServer, upstream: Upstream) -> AsyncIterator[Sequence[Breaker]]:
    async with AsyncExitStack() as stack:
        entered = [process(redis_server.url, upstream) for _ in range(4)]
        yield [await stack.enter_async_context(one) for one in entered]


async def test_five_failures_spread_over_processes_open_it_in_all(
    four: Sequence[Breaker], redis_server: RedisServer, upstream: Upstream
) -> None:
    for breaker in (*four, four[0]):
        assert not any(each.is_open for each in four)
        breaker.failed("server_error")
    await until(lambda: all(each.is_open for each in four), "every process knows")
    async with process(redis_server.url, upstream) as late:
        assert late.is_open, "one that starts now knows it too"


async def test_all_together_probe_once_an_interval_and_take_it_back_together(
    four: Sequence[Breaker], upstream: Upstream
) -> None:
    began = time.monotonic()
    four[0].open("server_error")
    await until(lambda: len(upstream.probed_at) >= 8, "it was probed often")
    took = upstream.probed_at[7] - began
    assert took >= 7.5 * LIMITS.probe_every_s, "four of them alone would be four times as fast"
    upstream.well, before = True, len(upstream.probed_at)
    await until(lambda: not any(each.is_open for each in four), "every process knows")
    assert len(upstream.probed_at) <= before + 3


async def test_without_redis_each_goes_by_what_it_sees_itself(
    four: Sequence[Breaker], redis_server: RedisServer, upstream: Upstream
) -> None:
    redis_server.kill()
    for _ in range(5):
        four[1].failed("server_error")
    assert [each.is_open for each in four] == [False, True, False, False]
    upstream.well = True
    await until(lambda: not four[1].is_open, "its own probes found it well")
    redis_server.start()
    four[2].open("no_quota")
    upstream.well = False
    await until(lambda: len(upstream.probed_at) >= 4, "it is probed again")
