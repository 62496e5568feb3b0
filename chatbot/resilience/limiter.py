"""
How many requests one provider gets at once, found out from what it says about its limits.

Additive increase and multiplicative decrease (Chiu and Jain, 1989) over the number of places. A
429, or little headroom, halves them; whole calls let them grow. Where a provider once refused,
growth is slow, so that few calls are spent on finding the same border again, and calls begin one
after the other at the rate that the places stand for: their number over how long a call takes. So
a fraction of a place has a meaning, and no burst follows a pause.

Turns that find no place wait in line: by the customer's plan, and by how long they have waited. But
one place in `LAST_EVERY` goes to the last plan in line: where even the first one asks for more than
there is, order alone would give the others nothing at all.
"""

import asyncio
import heapq
import math
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chatbot.domain.ask import Waiting
from chatbot.errors import ProviderDegraded
from chatbot.ports import Clock
from chatbot.telemetry.metrics import MODEL_PLACES, MODEL_QUEUE

LITTLE, PLENTY = 0.2, 0.8
"""Shares of a provider's own limit that are left: below, places are halved; above, they grow."""

FEWEST = 0.05
NEAR, FAR = 0.85, 1.15
"""Around the number of places at which the provider refused, growth is slow."""

SLOWLY, BACK = 2000.0, 50.0
"""Whole calls that growing by the border's own size takes: near it, and on the way back to it."""

AGEING_S = 3.0
"""The last plan waits as if it had come that much later than the first one."""

LAST_EVERY = 5
"""Places, of which one is for the last plan that waits: nobody starves."""

PAUSE_S = 1.0
LONGEST_PAUSE_S = 8.0
"""After a 429 that does not say how long; doubled with each that follows it."""

HOPELESS = 3
"""Calls refused one after the other, from which on nobody waits in line for the next one's end."""

_Places = Annotated[int, Meta(ge=1)]


class Concurrency(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Requests at once to one provider, for each process.

    Attributes:
        start: Until it is known better.
        most: Never more.
        plans: Customers of the first of these plans are served first when there is a line, those
            of any other plan last. The words are the company's own, in any case.
    """

    start: _Places = 256
    most: _Places = 1024
    plans: list[str] = msgspec.field(
        default_factory=lambda: ["enterprise", "business", "premium", "pro", "plus"]
    )


@dataclass(slots=True, order=True)
class _Turn:
    """A turn in line; the smallest `rank` is served first."""

    rank: float
    number: int
    priority: float = field(compare=False)
    until: float = field(compare=False)
    served: asyncio.Future[bool] = field(compare=False)


class Limiter:
    """
    The places of one provider.

    Attributes:
        places: How many requests may run at once.
    """

    def __init__(self, provider: str, model: str, clock: Clock, limits: Concurrency) -> None:
        self._who = f"{provider}/{model}"
        self._clock, self._most = clock, float(limits.most)
        self.places = float(min(limits.start, limits.most))
        self._border: float | None = None  # places at the last refusal, while it is remembered
        self._busy = 0
        self._next_at = -math.inf  # when the next call may begin
        self._line: list[_Turn] = []
        self._number = 0
        self._passed_over = 0  # places since one went to the last plan in line
        self._paused_until = -math.inf
        self._refusals = 0  # in a row
        self._in_vain = 0  # likewise, those that were under way together counted once
        self._refused_at = -math.inf
        self._halved_at = -math.inf
        self._took_s = 0.0
        self._timer: asyncio.Task[None] | None = None
        self._places_gauge = MODEL_PLACES.labels(provider, model)
        self._queue_gauge = MODEL_QUEUE.labels(provider, model)
        self._places_gauge.set(self.places)

    @property
    def waiting(self) -> int:
        """How many turns are in line."""
        return len(self._line)

    def enter(self) -> bool:
        """Take a place if there is one and nobody waits for it."""
        if self._line or not self._free():
            return False
        self._take()
        return True

    async def queue(
        self, *, since: float, priority: float, left_s: float
    ) -> AsyncGenerator[Waiting, None]:
        """
        Wait for a place; it is taken when the generator ends.

        Args:
            since: `Clock.monotonic()` when the customer's message arrived.
            priority: 0 comes first, 1 last.
            left_s: Seconds after which a place is of no use any more.

        Raises:
            ProviderDegraded: `crowded`: there is none, or surely will be none, in that time.
        """
        rank = since + AGEING_S * priority
        ahead = self._ahead(rank, priority)
        eta_s = self._eta_s(ahead)
        if eta_s > left_s or self._in_vain >= HOPELESS:
            raise self._crowded()
        now = self._clock.monotonic()
        served = asyncio.get_running_loop().create_future()
        turn = _Turn(rank, self._number, priority, now + left_s, served)
        self._number += 1
        heapq.heappush(self._line, turn)
        try:
            self._serve()
            if not served.done():
                yield Waiting(ahead, max(1, math.ceil(eta_s)))
            got = await served
        except BaseException:
            # Also when nobody listens any more: the place goes to the next in line.
            if served.done() and not served.cancelled() and served.result():
                self._busy -= 1
            with suppress(ValueError):
                self._line.remove(turn)
                heapq.heapify(self._line)
            self._serve()
            raise
        if not got:
            raise self._crowded()

    def leave(self) -> None:
        """Give the place of a call back."""
        self._busy -= 1
        self._serve()

    def whole(self, took_s: float, headroom: float | None) -> None:
        """
        A call succeeded, and still has its place.

        Args:
            took_s: Seconds from its beginning.
            headroom: The share that is left of the provider's own limit, if it said so.
        """
        self._refusals = self._in_vain = 0
        self._took_s = took_s if self._took_s == 0 else 0.8 * self._took_s + 0.2 * took_s
        if headroom is not None and headroom < LITTLE:
            self._halve(self._clock.monotonic() - took_s, least=1.0)
        elif (headroom is None or headroom > PLENTY) and self._busy >= self.places / 2:
            self._grow()

    def refused(self, retry_after_s: float | None, begun: float) -> None:
        """A call that was *begun* then got a 429."""
        self._refusals += 1
        if begun > self._refused_at:
            self._in_vain += 1
            self._refused_at = self._clock.monotonic()
        if self._refusals == 1 and begun > self._halved_at:
            self._border = self.places
            self._halve(begun, least=FEWEST)
        pause_s = retry_after_s
        if pause_s is None:
            pause_s = min(LONGEST_PAUSE_S, PAUSE_S * 2 ** (self._refusals - 1))
        self._paused_until = max(self._paused_until, self._clock.monotonic() + pause_s)

    def _halve(self, begun: float, *, least: float) -> None:
        """Once for all calls that were under way together."""
        if begun > self._halved_at:
            self._halved_at = self._clock.monotonic()
            self.places = max(least, self.places / 2)
            self._places_gauge.set(self.places)

    def _grow(self) -> None:
        border = self._border
        if border is None or self.places > border * FAR:
            self._border = None
            step = 1 / max(1.0, self.places)
        elif self.places < border * NEAR:
            step = border / BACK
        else:
            step = border / SLOWLY
        self.places = min(self._most, self.places + step)
        self._places_gauge.set(self.places)

    def _take(self) -> None:
        self._busy += 1
        if self._border is not None:
            self._next_at = self._clock.monotonic() + self._took_s / self.places

    def _free(self) -> bool:
        now = self._clock.monotonic()
        if max(self._paused_until, self._next_at) > now:
            return False
        # After a refusal one goes first: the others would only be refused together.
        places = 1 if self._refusals else math.ceil(self.places)
        return self._busy < places

    def _serve(self) -> None:
        """Give places to those in line; whoever's time is over is told so."""
        now = self._clock.monotonic()
        for turn in [turn for turn in self._line if turn.until <= now]:
            self._line.remove(turn)
            turn.served.set_result(False)
        heapq.heapify(self._line)
        while self._line and self._free():
            turn = self._next()
            if not turn.served.done():
                self._take()
                turn.served.set_result(True)
        self._queue_gauge.set(len(self._line))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._line:
            self._timer = asyncio.create_task(self._serve_later(self._next_moment() - now))

    def _next(self) -> _Turn:
        """Take the next one out of the line."""
        last = max(turn.priority for turn in self._line)
        if self._passed_over >= LAST_EVERY - 1:
            turn = min(turn for turn in self._line if turn.priority == last)
            self._line.remove(turn)
            heapq.heapify(self._line)
        else:
            turn = heapq.heappop(self._line)
        self._passed_over = 0 if turn.priority == last else self._passed_over + 1
        return turn

    async def _serve_later(self, after_s: float) -> None:
        await self._clock.sleep(after_s)
        self._timer = None
        self._serve()

    def _next_moment(self) -> float:
        now = self._clock.monotonic()
        coming = [self._next_at, self._paused_until, *(turn.until for turn in self._line)]
        return min((moment for moment in coming if moment > now), default=now)

    def _ahead(self, rank: float, priority: float) -> int:
        """The place in line of a turn that comes now, as far as can be told."""
        by_rank = 1 + sum(other.rank <= rank for other in self._line)
        if any(other.priority > priority for other in self._line):
            return by_rank
        alike = [other for other in self._line if other.priority == priority]
        return min(by_rank, LAST_EVERY * (1 + sum(other.rank <= rank for other in alike)))

    def _eta_s(self, ahead: int) -> float:
        """Seconds until the turn at that place in line is served, as far as can be told."""
        if self._free():
            return 0.0
        pause_s = max(0.0, self._paused_until - self._clock.monotonic())
        return pause_s + ahead * self._took_s / self.places

    def _crowded(self) -> ProviderDegraded:
        return ProviderDegraded(f"{self._who} has no room in time.", fault="crowded")
