"""As many requests at once as a provider takes, and a fair line for everybody else."""

import asyncio
import random
from collections import deque
from contextlib import aclosing

import pytest

from chatbot.domain.ask import Waiting
from chatbot.errors import ProviderDegraded
from chatbot.resilience.limiter import LAST_EVERY, Concurrency, Limiter
from tests.builders import FakeClock


def limiter(clock: FakeClock, start: int = 1, most: int = 256) -> Limiter:
    return Limiter("local", "m", clock, Concurrency(start=start, most=most))


class Line:
    """Turns that wait, and the order in which they are served."""

    def __init__(self, limits: Limiter, clock: FakeClock) -> None:
        self.limits, self.clock = limits, clock
        self.served: list[str] = []
        self.told: dict[str, Waiting] = {}
        self.refused: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def comes(self, name: str, *, priority: float = 1.0, left_s: float = 60.0) -> None:
        self.tasks[name] = asyncio.create_task(self._wait(name, priority, left_s))
        await self.clock.advance(0)

    async def _wait(self, name: str, priority: float, left_s: float) -> None:
        if not self.limits.enter():
            since = self.clock.monotonic()
            line = self.limits.queue(since=since, priority=priority, left_s=left_s)
            try:
                async with aclosing(line) as places:
                    async for waiting in places:
                        self.told[name] = waiting
            except ProviderDegraded as error:
                self.refused.append(name if error.fault == "crowded" else error.fault)
                return
        self.served.append(name)

    async def leaves(self, took_s: float = 1.0) -> None:
        self.limits.whole(took_s, 0.5)
        self.limits.leave()
        await self.clock.advance(0)


async def test_whoever_finds_a_place_does_not_wait(clock: FakeClock) -> None:
    limits = limiter(clock, start=2)
    assert [limits.enter() for _ in range(3)] == [True, True, False]
    limits.leave()
    assert limits.enter()


async def test_nobody_waits_for_a_provider_that_takes_nothing(clock: FakeClock) -> None:
    line = Line(limiter(clock, start=4), clock)
    for name in "abcd":
        await line.comes(name)
    together = clock.monotonic()
    for _ in "abcd":
        line.limits.refused(1.0, together)
        line.limits.leave()
    await line.comes("waits")
    for _ in range(2):
        await clock.advance(1.5)
        line.limits.refused(1.0, clock.monotonic())
        line.limits.leave()
    await line.comes("declined")
    assert line.refused == ["declined"]
    await clock.advance(1.5)
    await line.comes("first to find out")
    await line.leaves()
    await line.comes("served again")
    assert line.served[-2:] == ["first to find out", "served again"]


async def test_the_line_is_served_in_order_and_told_its_places(clock: FakeClock) -> None:
    line = Line(limiter(clock), clock)
    await line.comes("a")
    await line.leaves(2.0)
    for name in "bcd":
        await line.comes(name)
    assert {name: told.position for name, told in line.told.items()} == {"c": 1, "d": 2}
    assert {name: told.eta_s for name, told in line.told.items()} == {"c": 2, "d": 4}
    for _ in "bc":
        await line.leaves()
    assert line.served == ["a", "b", "c", "d"]


async def test_a_better_plan_is_served_first_but_nobody_starves(clock: FakeClock) -> None:
    line = Line(limiter(clock), clock)
    await line.comes("running")
    await line.comes("free")
    await line.comes("plus", priority=0.0)
    await clock.advance(2)
    await line.comes("late plus", priority=0.0)
    await clock.advance(2)
    await line.comes("later plus", priority=0.0)
    for _ in range(4):
        await line.leaves()
    assert line.served == ["running", "plus", "late plus", "free", "later plus"]


async def test_where_the_first_plan_alone_asks_too_much_the_last_one_gets_a_share(
    clock: FakeClock,
) -> None:
    line = Line(limiter(clock), clock)
    await line.comes("running", priority=0.0)
    await line.leaves(1.0)
    await line.comes("served first", priority=0.0)
    for number in range(20):
        await line.comes(f"plus {number}", priority=0.0)
    await line.comes("free", left_s=7.0)
    await line.comes("second free", left_s=7.0)
    assert line.told["free"].position == LAST_EVERY
    assert line.refused == ["second free"], "its share does not come round in time"
    for _ in range(LAST_EVERY):
        await line.leaves()
    assert line.served[-2:] == ["plus 3", "free"]


async def test_whoever_cannot_be_served_in_time_is_told_at_once(clock: FakeClock) -> None:
    line = Line(limiter(clock), clock)
    await line.comes("a")
    await line.leaves(4.0)
    await line.comes("b")
    await line.comes("c", left_s=5.0)
    await line.comes("d", left_s=5.0)
    assert line.refused == ["d"]


async def test_whoever_was_not_served_in_time_leaves_the_line(clock: FakeClock) -> None:
    line = Line(limiter(clock), clock)
    await line.comes("a")
    await line.comes("b", left_s=5.0)
    await clock.advance(4.9)
    assert line.refused == []
    await clock.advance(0.2)
    assert line.refused == ["b"]
    assert line.limits.waiting == 0
    await line.leaves()
    assert line.limits.enter()


@pytest.mark.parametrize("after_serving", [False, True])
async def test_a_customer_who_leaves_gives_the_place_to_the_next(
    clock: FakeClock, *, after_serving: bool
) -> None:
    line = Line(limiter(clock), clock)
    await line.comes("a")
    await line.comes("b")
    await line.comes("c")
    if after_serving:  # served, but stopped before it could notice
        line.limits.leave()
    line.tasks["b"].cancel()
    await clock.advance(0)
    assert line.limits.waiting == (0 if after_serving else 1), "b is in nobody's way"
    if not after_serving:
        await line.leaves()
    assert line.served == ["a", "c"]
    assert line.limits.waiting == 0


async def test_after_a_429_all_wait_as_long_as_it_says(clock: FakeClock) -> None:
    line = Line(limiter(clock, start=8), clock)
    await line.comes("a")
    line.limits.refused(3.0, clock.monotonic())
    line.limits.leave()
    assert line.limits.places == 4
    await line.comes("b")
    await line.comes("c", left_s=2.9)
    assert line.told["b"] == Waiting(1, 3)
    assert line.refused == ["c"]
    await clock.advance(2.9)
    assert line.served == ["a"]
    await clock.advance(0.2)
    assert line.served == ["a", "b"]


async def test_429s_without_a_time_pause_longer_and_longer(clock: FakeClock) -> None:
    limits = limiter(clock)
    for pause_s in (1, 2, 4, 8, 8):
        await clock.advance(10)
        assert limits.enter()
        limits.refused(None, clock.monotonic())
        limits.leave()
        await clock.advance(pause_s - 0.1)
        assert not limits.enter()


async def test_it_grows_only_while_it_is_used_and_never_beyond_the_most(clock: FakeClock) -> None:
    limits = limiter(clock, start=8, most=9)
    limits.whole(1.0, None)
    assert limits.places == 8
    for _ in range(8):
        assert limits.enter()
    for _ in range(100):
        limits.whole(1.0, None)
    assert limits.places == 9


class Window:
    """A provider that takes so many calls in any second, and says when it takes more."""

    def __init__(self, clock: FakeClock, per_second: float, *, tells: bool) -> None:
        self.clock, self.tells = clock, tells
        self.length = 10.0
        self.most = int(per_second * self.length)
        self.taken: deque[float] = deque()

    def take(self) -> float | None:
        """None, or the `Retry-After` of a refusal; -1 when it says none."""
        now = self.clock.monotonic()
        while self.taken and self.taken[0] <= now - self.length:
            self.taken.popleft()
        if len(self.taken) < self.most:
            self.taken.append(now)
            return None
        return self.taken[0] + self.length - now if self.tells else -1.0


@pytest.mark.parametrize("per_second", [1.0, 6.0])
@pytest.mark.parametrize("tells", [True, False])
async def test_it_finds_a_providers_limit_and_stays_below_it(
    clock: FakeClock, per_second: float, *, tells: bool
) -> None:
    """Ten times as many come as the provider takes; after a minute few calls are refused."""
    limits, window = limiter(clock, start=32), Window(clock, per_second, tells=tells)
    dice = random.Random(3)  # noqa: S311 the same every time
    calls: list[tuple[float, bool]] = []
    tasks: set[asyncio.Task[None]] = set()

    async def turn(since: float) -> None:
        if not limits.enter():
            line = limits.queue(since=since, priority=dice.random(), left_s=7.0)
            try:
                async with aclosing(line) as places:
                    async for _ in places:
                        pass
            except ProviderDegraded:
                return
        begun = clock.monotonic()
        await clock.sleep(0.1)
        refusal = window.take()
        calls.append((begun, refusal is not None))
        if refusal is None:
            await clock.sleep(0.5 + 0.5 * dice.random())
            limits.whole(clock.monotonic() - begun, None)
        else:
            limits.refused(None if refusal < 0 else refusal, begun)
        limits.leave()

    for _ in range(int(180 * per_second * 10)):
        tasks.add(asyncio.create_task(turn(clock.monotonic())))
        await clock.advance(0.1 / per_second)
        tasks = {task for task in tasks if not task.done()}
    await clock.advance(60)
    await asyncio.gather(*tasks)
    later = [refused for at, refused in calls if at > 60]
    assert sum(later) <= max(2, 0.02 * len(later)), f"{sum(later)} of {len(later)} were refused"
    assert len(later) >= 0.6 * per_second * 120, f"{len(later)} of {per_second * 120:g} were used"
