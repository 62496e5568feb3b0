"""The counters of several processes."""

import logging
from uuid import uuid4

from chatbot.adapters.clock import SystemClock
from chatbot.adapters.counters.memory import MemoryCounters
from chatbot.adapters.redis_link import RedisLink
from chatbot.errors import Unavailable

_log = logging.getLogger(__name__)

_PREFIX = "count:"

# Redis's own clock, so that processes whose clocks differ share one window. One script: two
# racing calls can not both be the last one allowed.
HIT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if not first[2] then return window end
  return math.max(1, first[2] + window - now)
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return 0
"""
ADD = """
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return total
"""


class RedisCounters:
    """
    Satisfies `ports.Counters`.

    While Redis is away each process counts for itself: a limit then holds per process, which is
    looser by their number but never open.
    """

    def __init__(self, url: str) -> None:
        self._link = RedisLink(url)
        self._own = MemoryCounters(SystemClock())

    async def hit(self, key: str, *, limit: int, window: float) -> float:
        words = (limit, int(window * 1000), uuid4().hex)
        try:
            wait = await self._link.do(
                lambda redis: redis.eval(HIT, 1, f"{_PREFIX}hits:{{{key}}}", *words)
            )
        except Unavailable as error:
            _log.debug("counted in this process only: %s", error)
            return await self._own.hit(key, limit=limit, window=window)
        return int(wait) / 1000

    async def add(self, key: str, amount: int, *, ttl: float) -> int:
        words = (amount, int(ttl * 1000))
        try:
            total = await self._link.do(
                lambda redis: redis.eval(ADD, 1, f"{_PREFIX}sum:{{{key}}}", *words)
            )
        except Unavailable as error:
            _log.debug("counted in this process only: %s", error)
            return await self._own.add(key, amount, ttl=ttl)
        return int(total)

    async def clear(self, key: str) -> None:
        await self._own.clear(key)
        names = (f"{_PREFIX}hits:{{{key}}}", f"{_PREFIX}sum:{{{key}}}")
        try:
            await self._link.do(lambda redis: redis.delete(*names))
        except Unavailable as error:
            _log.debug("not cleared, runs out by itself: %s", error)

    async def close(self) -> None:
        await self._link.close()
