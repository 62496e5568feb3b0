"""The counters of one process."""

from collections import OrderedDict, deque

from chatbot.ports import Clock

MOST = 50_000
"""Keys kept at most, so that somebody who changes their address often fills no memory."""


class MemoryCounters:
    """Satisfies `ports.Counters`; the window slides."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hits: OrderedDict[str, deque[float]] = OrderedDict()
        self._gauges: dict[str, tuple[int, float]] = {}

    async def hit(self, key: str, *, limit: int, window: float) -> float:
        now = self._clock.monotonic()
        hits = self._hits.setdefault(key, deque())
        self._hits.move_to_end(key)
        while hits and hits[0] <= now - window:
            hits.popleft()
        if len(hits) >= limit:
            return hits[0] + window - now if hits else window
        hits.append(now)
        while len(self._hits) > MOST:
            self._hits.popitem(last=False)
        return 0.0

    async def add(self, key: str, amount: int, *, ttl: float) -> int:
        now = self._clock.monotonic()
        value, until = self._gauges.get(key, (0, now))
        total = amount + (value if until > now else 0)
        self._gauges[key] = (total, now + ttl)
        if len(self._gauges) > MOST:
            self._gauges = {one: kept for one, kept in self._gauges.items() if kept[1] > now}
        return total

    async def clear(self, key: str) -> None:
        self._hits.pop(key, None)
        self._gauges.pop(key, None)

    async def close(self) -> None:
        self._hits.clear()
        self._gauges.clear()
