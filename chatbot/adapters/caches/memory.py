"""The cache of one process."""

from collections import OrderedDict

from chatbot.ports import Clock

MOST = 10_000
"""Texts kept at most; the one that was not asked for longest goes first."""


class MemoryCache:
    """Satisfies `ports.Cache`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def get(self, key: str) -> str | None:
        value, until = self._kept.get(key, ("", float("-inf")))
        if until <= self._clock.monotonic():
            self._kept.pop(key, None)
            return None
        self._kept.move_to_end(key)
        return value

    async def put(self, key: str, value: str, *, ttl: float) -> None:
        self._kept[key] = (value, self._clock.monotonic() + ttl)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    async def drop(self, key: str) -> None:
        self._kept.pop(key, None)

    async def close(self) -> None:
        self._kept.clear()
