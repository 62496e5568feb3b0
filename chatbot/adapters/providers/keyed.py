"""
One provider over several keys.

A key may be revoked, deactivated or without quota, and the next one works. What it was refused
for is reported once, to the log and to a gauge; the turn that met it goes on with the next key.
"""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from chatbot.domain.ask import CallPiece, Completed, CompletionRequest, TextPiece
from chatbot.errors import ProviderRefused
from chatbot.ports import Clock, Provider
from chatbot.telemetry.metrics import KEYS_SET_ASIDE

_log = logging.getLogger(__name__)

SET_ASIDE_S = 600.0
"""Seconds after which a refused key is tried again: an operator may have mended it."""

_OF_THE_KEY = frozenset({"unauthorized", "forbidden", "no_quota"})


class KeyedProvider:
    """Satisfies `ports.Provider` over one provider per key."""

    def __init__(
        self, by_key: Mapping[str, Provider], clock: Clock, *, set_aside_s: float = SET_ASIDE_S
    ) -> None:
        """
        Args:
            by_key: The same endpoint with each key, under what the key is called in the log;
                the newest first.
            clock: What seconds are counted by.
            set_aside_s: How long a refused key is left alone.
        """
        first = next(iter(by_key.values()))
        self.name, self.model = first.name, first.model
        self._by_key, self._clock, self._set_aside_s = by_key, clock, set_aside_s
        self._refused_at: dict[str, float] = {}
        KEYS_SET_ASIDE.labels(self.name).set(0)

    def __repr__(self) -> str:
        return f"<KeyedProvider {self.name} {self.model} with {len(self._by_key)} keys>"

    async def close(self) -> None:
        """Hang up every connection."""
        for provider in self._by_key.values():
            await provider.close()

    async def stream(
        self, request: CompletionRequest
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        """
        See `chatbot.ports.Provider`.

        Raises:
            ProviderRefused: Also when the last key was refused.
        """
        *others, last = self._usable()
        for key in (*others, last):
            begun = False
            try:
                async with aclosing(self._by_key[key].stream(request)) as items:
                    async for item in items:
                        begun = True
                        yield item
            except ProviderRefused as error:
                if error.fault not in _OF_THE_KEY:
                    raise
                self._set_aside(key, error)
                if begun or key == last:
                    raise
            else:
                self._take_back(key)
                return

    def _usable(self) -> list[str]:
        """The keys to try; all of them while none is known to work, in case one was mended."""
        now = self._clock.monotonic()
        usable = [
            key
            for key in self._by_key
            if key not in self._refused_at or now - self._refused_at[key] >= self._set_aside_s
        ]
        return usable or list(self._by_key)

    def _set_aside(self, key: str, error: ProviderRefused) -> None:
        if key not in self._refused_at:
            _log.warning("%s of provider %s is set aside: %s", key, self.name, error)
        self._refused_at[key] = self._clock.monotonic()
        KEYS_SET_ASIDE.labels(self.name).set(len(self._refused_at))

    def _take_back(self, key: str) -> None:
        if self._refused_at.pop(key, None) is not None:
            _log.info("%s of provider %s works again", key, self.name)
            KEYS_SET_ASIDE.labels(self.name).set(len(self._refused_at))
