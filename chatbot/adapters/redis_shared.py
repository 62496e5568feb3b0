"""Everything that several processes share over one Redis."""

from chatbot.ports import Bus, Cache, Counters


def shared_over(url: str) -> tuple[Bus, Cache, Counters]:
    """Bus, cache and counters on the Redis at *url*; none of them connects yet."""
    # The client takes a third of a second to import, which a start without Redis should not pay.
    from chatbot.adapters.buses.redis import RedisBus  # noqa: PLC0415
    from chatbot.adapters.caches.redis import RedisCache  # noqa: PLC0415
    from chatbot.adapters.counters.redis import RedisCounters  # noqa: PLC0415

    return RedisBus(url), RedisCache(url), RedisCounters(url)
