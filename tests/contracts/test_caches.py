"""What every cache must do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from chatbot.adapters.caches.memory import MOST, MemoryCache
from chatbot.adapters.caches.redis import RedisCache
from chatbot.errors import Unavailable
from chatbot.ports import Cache
from tests.builders import FakeClock
from tests.servers import RedisServer


@dataclass(frozen=True)
class Kept:
    """A cache, and how its time passes."""

    cache: Cache
    after: Callable[[float], Awaitable[None]]


@pytest.fixture(params=["memory", "redis"])
async def kept(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[Kept]:
    if request.param == "memory":
        yield Kept(MemoryCache(clock), clock.advance)
        return
    cache = RedisCache(request.getfixturevalue("redis_url"))
    yield Kept(cache, asyncio.sleep)  # a real server's time cannot be moved, only waited for
    await cache.close()


async def test_what_is_put_is_found(kept: Kept) -> None:
    await kept.cache.put("größe", "42 – 44", ttl=60)

    assert await kept.cache.get("größe") == "42 – 44"
    assert await kept.cache.get("another") is None


async def test_it_is_forgotten_after_its_time(kept: Kept) -> None:
    await kept.cache.put("short", "lived", ttl=0.05)
    await kept.after(0.1)

    assert await kept.cache.get("short") is None


async def test_no_time_at_all_is_not_kept(kept: Kept) -> None:
    await kept.cache.put("never", "there", ttl=0)

    assert await kept.cache.get("never") is None


async def test_the_newest_value_counts(kept: Kept) -> None:
    await kept.cache.put("key", "old", ttl=60)
    await kept.cache.put("key", "new", ttl=60)

    assert await kept.cache.get("key") == "new"


async def test_what_is_dropped_is_gone(kept: Kept) -> None:
    await kept.cache.put("key", "value", ttl=60)
    await kept.cache.drop("key")
    await kept.cache.drop("key")

    assert await kept.cache.get("key") is None


async def test_memory_keeps_a_bounded_number(clock: FakeClock) -> None:
    cache = MemoryCache(clock)
    for number in range(MOST + 10):
        await cache.put(str(number), "x", ttl=60)

    assert await cache.get("0") is None
    assert await cache.get(str(MOST + 9)) == "x"


async def test_a_redis_that_is_away_finds_nothing_and_fails_nobody(
    redis_server: RedisServer,
) -> None:
    cache = RedisCache(redis_server.url)
    await cache.put("key", "value", ttl=60)
    redis_server.kill()

    assert await cache.get("key") is None
    await cache.put("key", "value", ttl=60)
    with pytest.raises(Unavailable):
        await cache.drop("key")
    await cache.close()
