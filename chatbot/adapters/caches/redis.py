"""The cache of several processes."""

import logging

from chatbot.adapters.redis_link import RedisLink
from chatbot.errors import Unavailable

_log = logging.getLogger(__name__)

_PREFIX = "cache:"


class RedisCache:
    """
    Satisfies `ports.Cache`; while Redis is away nothing is found and nothing is kept.

    Only `drop` tells: what ought to be forgotten and is not must not pass for forgotten.
    """

    def __init__(self, url: str) -> None:
        self._link = RedisLink(url)

    async def get(self, key: str) -> str | None:
        try:
            found = await self._link.do(lambda redis: redis.get(_PREFIX + key))
        except Unavailable as error:
            _log.debug("cache not read: %s", error)
            return None
        return found.decode() if isinstance(found, bytes) else found

    async def put(self, key: str, value: str, *, ttl: float) -> None:
        milliseconds = int(ttl * 1000)
        if milliseconds <= 0:
            return
        try:
            await self._link.do(lambda redis: redis.set(_PREFIX + key, value, px=milliseconds))
        except Unavailable as error:
            _log.debug("cache not written: %s", error)

    async def drop(self, key: str) -> None:
        """
        Raises:
            Unavailable: Redis is away, and the text may still be found later.
        """
        await self._link.do(lambda redis: redis.delete(_PREFIX + key))

    async def close(self) -> None:
        await self._link.close()
