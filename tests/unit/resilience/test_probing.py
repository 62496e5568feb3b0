"""What processes tell each other about a model, and who asks it whether it is well again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.adapters.counters.memory import MemoryCounters
from chatbot.errors import ProviderDegraded
from chatbot.ports import Bus, Clock, Counters
from chatbot.resilience.breaker import Breaker, BreakerLimits
from chatbot.resilience.probing import Prober
from chatbot.resilience.sharing import Sharing
from tests.builders import FakeClock

LIMITS = BreakerLimits()


class Upstream:
    """A provider as probes see it: it fails with `fault` until that is empty."""

    def __init__(self, clock: Clock, fault: str = "server_error") -> None:
        self.clock, self.fault = clock, fault
        self.probed_at: list[float] = []

    async def probe(self) -> None:
        self.probed_at.append(self.clock.monotonic())
        if self.fault:
            raise ProviderDegraded("It failed.", fault=self.fault)


@asynccontextmanager
async def process(
    clock: Clock, counters: Counters, bus: Bus, upstream: Upstream, limits: BreakerLimits = LIMITS
) -> AsyncIterator[Breaker]:
    """One process' breaker, shared and probed."""
    breaker = Breaker("local", "m", clock, limits)
    prober = Prober(breaker, upstream.probe, counters=counters, clock=clock)
    async with Sharing([breaker], counters=counters, bus=bus, clock=clock).running():
        probing = asyncio.create_task(prober.run())
        try:
            yield breaker
        finally:
            probing.cancel()
            with suppress(asyncio.CancelledError):
                await probing


@pytest.fixture
def upstream(clock: FakeClock) -> Upstream:
    return Upstream(clock)


@pytest.fixture
def shared(clock: FakeClock) -> tuple[MemoryCounters, MemoryBus]:
    return MemoryCounters(clock), MemoryBus()


@pytest.fixture
async def four(
    clock: FakeClock, shared: tuple[MemoryCounters, MemoryBus], upstream: Upstream
) -> AsyncIterator[Sequence[Breaker]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(process(clock, *shared, upstream)) for _ in range(4)]


def states(breakers: Sequence[Breaker]) -> list[bool]:
    return [breaker.is_open for breaker in breakers]


async def test_five_failures_open_it_everywhere_wherever_they_happened(
    four: Sequence[Breaker], clock: FakeClock
) -> None:
    for breaker in four:
        breaker.failed("server_error")
        await clock.advance(0.01)
    assert states(four) == [False] * 4
    four[2].failed("server_error")
    await clock.advance(0.01)
    assert states(four) == [True] * 4


@pytest.mark.parametrize("apart_s", [2.4, 5.5])
async def test_failures_count_across_the_beginning_of_new_sums(
    four: Sequence[Breaker], clock: FakeClock, apart_s: float
) -> None:
    for n in range(5):
        four[n % 4].failed("server_error")
        await clock.advance(apart_s)
    assert any(states(four))


async def test_what_goes_well_elsewhere_speaks_against_opening(
    four: Sequence[Breaker], clock: FakeClock
) -> None:
    for _ in range(10):
        four[0].failed("server_error")
        for _ in range(5):
            four[1].succeeded()
        await clock.advance(1)
    assert states(four) == [False] * 4


async def test_a_process_that_starts_learns_what_is_open(
    four: Sequence[Breaker],
    clock: FakeClock,
    shared: tuple[MemoryCounters, MemoryBus],
    upstream: Upstream,
) -> None:
    four[0].open("no_quota")
    await clock.advance(20)
    async with process(clock, *shared, upstream) as late:
        assert late.is_open


async def test_and_not_what_was_closed_since(
    four: Sequence[Breaker],
    clock: FakeClock,
    shared: tuple[MemoryCounters, MemoryBus],
    upstream: Upstream,
) -> None:
    upstream.fault = ""
    four[0].open("server_error")
    await clock.advance(11)
    assert states(four) == [False] * 4
    async with process(clock, *shared, upstream) as late:
        await clock.advance(0)
        assert not late.is_open


async def test_what_went_well_before_it_opened_again_is_forgotten(
    four: Sequence[Breaker], clock: FakeClock, upstream: Upstream
) -> None:
    upstream.fault = ""
    for _ in range(2):
        four[0].open("server_error")
        await clock.advance(5.1)
        assert states(four) == [True] * 4, "one may be luck"
        await clock.advance(5.1)
        assert states(four) == [False] * 4


async def test_at_most_one_probe_an_interval_and_two_that_succeed_close_it(
    four: Sequence[Breaker], clock: FakeClock, upstream: Upstream
) -> None:
    four[0].open("server_error")
    await clock.advance(60)
    gaps = [b - a for a, b in zip(upstream.probed_at, upstream.probed_at[1:], strict=False)]
    assert len(gaps) >= 10
    assert min(gaps) >= LIMITS.probe_every_s
    assert states(four) == [True] * 4
    upstream.fault, recovered_at, before = "", clock.monotonic(), len(upstream.probed_at)
    await clock.advance(5.1)
    assert states(four) == [True] * 4, "one may be luck"
    await clock.advance(5.1)
    assert states(four) == [False] * 4
    assert clock.monotonic() - recovered_at < 30
    await clock.advance(60)
    assert len(upstream.probed_at) == before + 2, "nothing is probed that is closed"


async def test_a_probe_that_fails_takes_the_others_back(
    four: Sequence[Breaker], clock: FakeClock, upstream: Upstream
) -> None:
    upstream.fault = ""
    four[0].open("server_error")
    await clock.advance(5.1)
    upstream.fault = "stalled"
    await clock.advance(5.1)
    upstream.fault = ""
    await clock.advance(5.1)
    assert len(upstream.probed_at) == 3
    assert states(four) == [True] * 4


async def test_a_probe_that_is_limited_says_nothing(
    four: Sequence[Breaker], clock: FakeClock, upstream: Upstream
) -> None:
    upstream.fault = ""
    four[0].open("server_error")
    await clock.advance(5.1)
    upstream.fault = "rate_limited"
    await clock.advance(5.1)
    assert states(four) == [True] * 4
    upstream.fault = ""
    await clock.advance(5.1)
    assert states(four) == [False] * 4


async def test_failures_before_it_closed_do_not_open_it_again(
    four: Sequence[Breaker], clock: FakeClock, upstream: Upstream
) -> None:
    upstream.fault = ""
    await clock.advance(8)  # so that failures and closing lie in neighbouring sums
    for _ in range(5):
        four[0].failed("server_error")
    await clock.advance(11)
    assert states(four) == [False] * 4
    four[3].failed("cut")
    await clock.advance(1)
    assert states(four) == [False] * 4


async def test_a_bug_in_a_probe_does_not_end_the_probing(
    four: Sequence[Breaker], clock: FakeClock, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> float:
        raise KeyError("oops")

    upstream.fault = ""
    with monkeypatch.context() as patch:
        patch.setattr(MemoryCounters, "hit", broken)
        four[0].open("server_error")
        await clock.advance(11)
    await clock.advance(20)
    assert states(four) == [False] * 4
