"""What every set of counters must do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from chatbot.adapters.counters.memory import MemoryCounters
from chatbot.adapters.counters.redis import RedisCounters
from chatbot.ports import Counters
from tests.builders import FakeClock
from tests.servers import RedisServer


@dataclass(frozen=True)
class Counted:
    """Counters, and how their time passes."""

    counters: Counters
    after: Callable[[float], Awaitable[None]]
    key: str


@pytest.fixture(params=["memory", "redis"])
async def counted(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[Counted]:
    if request.param == "memory":
        yield Counted(MemoryCounters(clock), clock.advance, "key")
        return
    counters = RedisCounters(request.getfixturevalue("redis_url"))
    yield Counted(counters, asyncio.sleep, uuid4().hex)  # a real server's time is waited for
    await counters.close()


async def test_the_limit_passes_and_one_more_waits(counted: Counted) -> None:
    waits = [await counted.counters.hit(counted.key, limit=3, window=60) for _ in range(4)]

    assert waits[:3] == [0.0, 0.0, 0.0]
    assert 0 < waits[3] <= 60


async def test_after_the_wait_it_said_one_more_passes(counted: Counted) -> None:
    await counted.counters.hit(counted.key, limit=1, window=0.2)
    wait = await counted.counters.hit(counted.key, limit=1, window=0.2)
    await counted.after(wait + 0.01)

    assert await counted.counters.hit(counted.key, limit=1, window=0.2) == 0.0


async def test_a_refused_one_is_not_counted(counted: Counted) -> None:
    await counted.counters.hit(counted.key, limit=1, window=0.2)
    for _ in range(5):
        await counted.counters.hit(counted.key, limit=1, window=0.2)
    await counted.after(0.21)

    assert await counted.counters.hit(counted.key, limit=1, window=0.2) == 0.0


async def test_keys_do_not_know_of_each_other(counted: Counted) -> None:
    await counted.counters.hit(counted.key, limit=1, window=60)

    assert await counted.counters.hit(counted.key + "-other", limit=1, window=60) == 0.0


async def test_racing_calls_never_pass_the_limit_together(counted: Counted) -> None:
    waits = await asyncio.gather(
        *(counted.counters.hit(counted.key, limit=10, window=60) for _ in range(25))
    )

    assert waits.count(0.0) == 10


async def test_a_gauge_adds_up_and_forgets_itself(counted: Counted) -> None:
    await counted.counters.add(counted.key, 3, ttl=0.05)
    total = await counted.counters.add(counted.key, -1, ttl=0.05)
    await counted.after(0.1)

    assert total == 2
    assert await counted.counters.add(counted.key, 1, ttl=0.05) == 1


async def test_what_is_cleared_counts_from_the_beginning(counted: Counted) -> None:
    await counted.counters.hit(counted.key, limit=1, window=60)
    await counted.counters.clear(counted.key)

    assert await counted.counters.hit(counted.key, limit=1, window=60) == 0.0


async def test_a_limit_still_holds_in_each_process_while_redis_is_away(
    redis_server: RedisServer,
) -> None:
    counters = RedisCounters(redis_server.url)
    redis_server.kill()
    waits = [await counters.hit("key", limit=2, window=60) for _ in range(3)]
    await counters.close()

    assert waits[:2] == [0.0, 0.0]
    assert waits[2] > 0
