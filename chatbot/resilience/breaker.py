"""
Sets a model aside that keeps failing, so that no customer waits for it.

Looking costs nothing: it is a field of this process. What other processes see of the same model
is told to it by `sharing`, and `probing` finds out when it is well again.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chatbot.ports import Clock

_log = logging.getLogger(__name__)

LONGER = 4
"""The longer look at the latest calls, in multiples of `failures`."""

_Seconds = Annotated[float, Meta(gt=0)]
_Count = Annotated[int, Meta(ge=1)]


class BreakerLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """
    When a model is set aside, and when it may come back. Times in seconds.

    Attributes:
        failures: That many among that many and one more of the latest calls set it aside.
        rate: So does this share of failures among four times as many calls.
        window_s: Calls that ended longer ago are forgotten.
        probe_every_s: Between two probes of one model, by all processes together.
        successes: Probes that have to succeed before customers are sent to it again.
    """

    failures: _Count = 5
    rate: Annotated[float, Meta(gt=0, le=1)] = 0.5
    window_s: _Seconds = 30.0
    probe_every_s: _Seconds = 5.0
    successes: _Count = 2


@dataclass(frozen=True, slots=True)
class Change:
    """
    A model was set aside, or is back.

    Attributes:
        cause: The fault in one word; empty for one that is back.
        elsewhere: Another process found out and told us.
    """

    provider: str
    model: str
    open: bool
    cause: str
    at: datetime
    elsewhere: bool


class Breaker:
    """
    Counts how the calls of one model end.

    Attributes:
        on_change: Called with every `Change`, in order; must return at once.
        on_outcome: Called with True or False for every call of this process that counts.
        cause: Why it is open; empty while it is closed.
    """

    def __init__(self, provider: str, model: str, clock: Clock, limits: BreakerLimits) -> None:
        self.provider, self.model, self.limits = provider, model, limits
        self.on_change: list[Callable[[Change], None]] = []
        self.on_outcome: list[Callable[[bool], None]] = []
        self.cause = ""
        self._clock = clock
        self._latest: deque[tuple[float, bool]] = deque(maxlen=limits.failures * LONGER)

    @property
    def key(self) -> str:
        """Names the model to other processes."""
        return f"{self.provider}/{self.model}"

    @property
    def is_open(self) -> bool:
        return bool(self.cause)

    def succeeded(self) -> None:
        """A customer's call was whole."""
        self._note(ok=True)
        for tell in self.on_outcome:
            tell(True)  # noqa: FBT003 a callback's only word

    def failed(self, fault: str) -> None:
        """A customer's call failed."""
        self._note(ok=False)
        for tell in self.on_outcome:
            tell(False)  # noqa: FBT003
        self._judge(fault)

    def hear(self, *, succeeded: int, failed: int) -> None:
        """So many calls ended in other processes, the failed ones last."""
        most = self._latest.maxlen or 0
        for ok, times in ((True, succeeded), (False, failed)):
            for _ in range(min(times, most)):
                self._note(ok=ok)
        if failed:
            self._judge("failing")

    def open(self, cause: str, *, elsewhere: bool = False) -> None:
        """Set the model aside."""
        if not self.is_open:
            self.cause = cause
            self._change(elsewhere=elsewhere)

    def close(self, *, elsewhere: bool = False) -> None:
        """It is well again; what was before is forgotten."""
        if self.is_open:
            self.cause = ""
            self._latest.clear()
            self._change(elsewhere=elsewhere)

    def _note(self, *, ok: bool) -> None:
        self._latest.append((self._clock.monotonic(), ok))

    def _judge(self, fault: str) -> None:
        since = self._clock.monotonic() - self.limits.window_s
        latest = [ok for at, ok in self._latest if at > since]
        least = self.limits.failures
        now = latest[-least - 1 :].count(False) >= least
        whole = len(latest) == self._latest.maxlen
        if now or (whole and latest.count(False) >= self.limits.rate * len(latest)):
            self.open(fault)

    def _change(self, *, elsewhere: bool) -> None:
        _log.warning(
            "%s is %s%s",
            self.key,
            f"set aside ({self.cause})" if self.cause else "back",
            ", as another process found out" if elsewhere else "",
        )
        change = Change(
            self.provider, self.model, self.is_open, self.cause, self._clock.now(), elsewhere
        )
        for tell in self.on_change:
            tell(change)
