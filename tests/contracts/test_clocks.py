"""What every clock must do, the machine's own and the one that tests move."""

import asyncio
from datetime import timedelta

import pytest

from chatbot.adapters.clock import SystemClock
from chatbot.ports import Clock
from tests.builders import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def any_clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


async def let_pass(clock: Clock, seconds: float) -> None:
    if isinstance(clock, FakeClock):
        await clock.advance(seconds)


async def test_the_present_is_told_in_utc(any_clock: Clock) -> None:
    assert any_clock.now().utcoffset() == timedelta(0)


async def test_a_sleeper_wakes_no_earlier_than_asked(any_clock: Clock) -> None:
    asked, began = 0.02, any_clock.monotonic()
    sleeper = asyncio.ensure_future(any_clock.sleep(asked))
    await let_pass(any_clock, asked)
    await sleeper
    assert any_clock.monotonic() - began >= asked


async def test_sleepers_wake_in_the_order_of_their_moments(any_clock: Clock) -> None:
    woken: list[float] = []

    async def sleep(seconds: float) -> None:
        await any_clock.sleep(seconds)
        woken.append(seconds)

    sleepers = asyncio.gather(*(sleep(seconds) for seconds in (0.03, 0.01, 0.02)))
    await let_pass(any_clock, 0.03)
    await sleepers
    assert woken == [0.01, 0.02, 0.03]


async def test_a_sleeper_that_is_cancelled_holds_nobody_up(any_clock: Clock) -> None:
    first, second = (asyncio.ensure_future(any_clock.sleep(0.01)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await let_pass(any_clock, 0.01)
    await second
    assert first.cancelled()


async def test_no_time_to_sleep_still_lets_others_run(any_clock: Clock) -> None:
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    await any_clock.sleep(0)
    assert ran.is_set()
