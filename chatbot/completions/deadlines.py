"""
Our own clock on what a model says.

The client library's timeouts never fire on a stream of keep-alive comments or a slow drip.
Ours count content, run on `ports.Clock`, and cost nothing for each piece: one task sleeps until
the earliest moment that could be too late, and looks again.
"""

import asyncio
import math
from collections.abc import Awaitable
from typing import Annotated, Self, TypeVar

from msgspec import Meta, Struct

from chatbot.errors import ProviderDegraded
from chatbot.ports import Clock

T = TypeVar("T")
Seconds = Annotated[float, Meta(gt=0)]

GRACE_S = 0.5
"""Words that stopped before the decision have to flow again so soon after it: ten seconds are the
promise, and on a slow machine the rungs behind a model need more than one of them."""


class Deadlines(Struct, frozen=True, forbid_unknown_fields=True):
    """
    How long a customer is left waiting for a model, in seconds.

    Attributes:
        first_token_s: From the request to the first sign of an answer.
        gap_s: Between two pieces of content.
        decision_s: From the customer's message to leaving the model for the next rung, unless
            words are flowing.
        whole_s: From the customer's message to the end of the reply.
    """

    first_token_s: Seconds = 4.0
    gap_s: Seconds = 5.0
    decision_s: Seconds = 8.0
    whole_s: Seconds = 60.0


class Watch:
    """
    Guards the waits for one completion.

    Use it as an async context manager around the stream and wait for each piece through `wait`.
    Only a wait is ever interrupted, so a slow listener is no fault of the provider's.
    """

    def __init__(
        self, clock: Clock, deadlines: Deadlines, *, received_at: float, spoken: bool, who: str
    ) -> None:
        """
        Args:
            clock: Whose time counts.
            deadlines: How long is too long.
            received_at: `Clock.monotonic()` when the customer's message arrived.
            spoken: The customer already reads words of this reply.
            who: Names the provider in errors.
        """
        self._clock, self._deadlines, self._who = clock, deadlines, who
        self._whole = received_at + deadlines.whole_s
        self._decided = received_at + deadlines.decision_s
        self._decision = math.inf if spoken else self._decided
        self._heard = False
        self._since = 0.0
        self._waiting: asyncio.Task[object] | None = None
        self._late: ProviderDegraded | None = None
        self._patrol: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._since = self._clock.monotonic()
        self._patrol = asyncio.create_task(self._walk())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._patrol is not None:
            self._patrol.cancel()

    def heard(self, *, words: bool) -> None:
        """A piece of content came; with *words* the customer has something to read."""
        self._heard = True
        if words:
            self._decision = math.inf

    async def wait(self, coming: Awaitable[T]) -> T:
        """
        Wait for *coming*.

        Raises:
            ProviderDegraded: A deadline passed first: `no_first_token`, `stalled`, `late`
                or `too_long`.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 a coroutine always runs in one
        stops = task.cancelling()
        if self._heard:
            self._since = self._clock.monotonic()
        self._waiting = task
        try:
            return await coming
        except asyncio.CancelledError:
            # Ours, unless somebody else wants the whole turn to stop as well.
            if self._late is not None and task.uncancel() <= stops:
                raise self._late from None
            raise
        finally:
            self._waiting = None

    async def _walk(self) -> None:
        while self._late is None:
            moment, fault, what = self._earliest()
            left = moment - self._clock.monotonic()
            if left > 0:
                # No longer than a gap: the first word may come meanwhile, and silence behind it.
                await self._clock.sleep(min(left, self._deadlines.gap_s))
            elif self._waiting is None:
                # The listener is at work: the wait for the next piece has not begun.
                await self._clock.sleep(self._deadlines.gap_s)
            else:
                self._late = ProviderDegraded(f"{self._who} {what}.", fault=fault)
                self._waiting.cancel()

    def _earliest(self) -> tuple[float, str, str]:
        """The next moment that may be too late, the fault, and what will have happened."""
        if self._heard:
            late = self._since + self._deadlines.gap_s
            if self._since <= self._decided:
                late = min(late, self._decided + GRACE_S)
            silent = (late, "stalled", "fell silent")
        else:
            began = self._since + self._deadlines.first_token_s
            silent = (began, "no_first_token", "did not begin in time")
        return min(
            silent,
            (self._decision, "late", "had nothing to read in time"),
            (self._whole, "too_long", "took too long for the whole reply"),
        )
