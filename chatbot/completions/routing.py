"""
Two models for one completion: the primary, and the alternative when that is slow to begin.

Who speaks first is listened to, and the other is hung up on; both are booked. A primary that
fails outright is left to the ladder, whose next rung is the alternative by itself.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatbot.completions.deadlines import Deadlines
from chatbot.completions.fallback import Fallback
from chatbot.completions.guarded import GuardedModel
from chatbot.completions.speaker import SpeakerItem, TakenOver
from chatbot.completions.turns import Turns
from chatbot.domain.ask import Ask, CompletionRequest, Waiting
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Clock
from chatbot.resilience.faults import SLOW

ALTERNATIVE = "alternative"
"""The rung that a reply of the alternative belongs to, also when it won a race."""

Failure = ProviderDegraded | ProviderRefused


class Route:
    """Satisfies `Speaker` over a primary and an alternative."""

    def __init__(
        self,
        primary: GuardedModel,
        alternative: GuardedModel,
        *,
        clock: Clock,
        deadlines: Deadlines,
    ) -> None:
        """
        Args:
            primary: Asked first; it must itself be patient beyond its first token.
            alternative: Asked as well when the primary has said nothing by then.
            clock: Whose time counts.
            deadlines: `first_token_s` is what the primary has for its first sign.
        """
        self._primary, self._alternative = primary, alternative
        self._clock, self._deadlines = clock, deadlines
        self._spent, self._won = Turns(), Turns()

    @property
    def name(self) -> str:
        """Provider and model of the primary, for receipts."""
        return self._primary.name

    @property
    def alternative(self) -> Fallback:
        """The alternative for a rung of its own, unless it has failed in the turn's race."""
        return Fallback(self._alternative, lambda ask: ask not in self._spent)

    async def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[SpeakerItem, None]:
        """See `Speaker`; `TakenOver` comes before the first words of the alternative."""
        try:
            # Where the primary was too slow in an earlier step of this turn, once is enough.
            talk = self._follow if ask in self._won else self._race
            async with aclosing(talk(ask, request, step=step, spoken=spoken)) as items:
                async for item in items:
                    yield item
        except (ProviderDegraded, ProviderRefused):
            if ask in self._won:
                self._spent.add(ask)
            raise

    def _follow(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[SpeakerItem, None]:
        return self._alternative.speak(ask, request, step=step, spoken=spoken)

    async def _race(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[SpeakerItem, None]:
        race = _Race(self._primary.speak(ask, request, step=step, spoken=spoken))
        begun = self._clock.monotonic()
        hedge = self._timer(self._deadlines.first_token_s)
        try:
            while waiting := await race.go_on(hedge):
                yield waiting
                hedge.cancel()
                hedge = self._timer(self._patience_s(ask, begun, waiting))
            if race.begun is None:
                if not self._alternative.breaker.is_open:
                    race.join(self._follow(ask, request, step=step, spoken=spoken))
                elif not race.queued:
                    raise ProviderDegraded(f"{self.name} did not begin in time.", fault=SLOW)
                while waiting := await race.go_on():
                    yield waiting
            if race.joined_won:
                self._won.add(ask)
                yield TakenOver(ALTERNATIVE)
            async with aclosing(race.rest()) as items:
                async for item in items:
                    yield item
        finally:
            hedge.cancel()
            if race.joined_failed:
                self._spent.add(ask)
            await race.close()

    def _patience_s(self, ask: Ask, begun: float, waiting: Waiting) -> float:
        """Seconds until a primary that waits in line is raced: its line counts, up to a point."""
        first_s, now = self._deadlines.first_token_s, self._clock.monotonic()
        latest = max(begun + first_s, ask.received_at + self._deadlines.decision_s / 2)
        return min(now + waiting.eta_s + first_s, latest) - now

    def _timer(self, seconds: float) -> asyncio.Task[None]:
        return asyncio.create_task(self._clock.sleep(max(0.0, seconds)))


class _Race:
    """
    Streams of which the first to begin is followed.

    Attributes:
        begun: The first item of the winner; None while nobody has won.
        queued: The first stream waits in line for its provider.
    """

    def __init__(self, first: AsyncGenerator[SpeakerItem, None]) -> None:
        self._first = _Runner(first)
        self._joined: _Runner | None = None
        self._running = [self._first]
        self._winner: _Runner | None = None
        self._failure: Failure | None = None
        self.begun: SpeakerItem | None = None
        self.queued = False

    @property
    def joined_won(self) -> bool:
        return self._joined is not None and self._winner is self._joined

    @property
    def joined_failed(self) -> bool:
        return self._joined is not None and self._joined not in self._running

    def join(self, stream: AsyncGenerator[SpeakerItem, None]) -> None:
        """A second stream begins."""
        self._joined = _Runner(stream)
        self._running.append(self._joined)

    async def go_on(self, timer: asyncio.Task[None] | None = None) -> Waiting | None:
        """
        Listen until somebody has begun, waits in line, or the *timer* is over.

        Raises:
            ProviderDegraded: All have failed; the error is the first stream's.
            ProviderRefused: Likewise.
        """
        while self.begun is None and not (timer and timer.done()):
            if not self._running:
                assert self._failure is not None  # noqa: S101 each of them left one
                raise self._failure
            tasks = {*((timer,) if timer else ()), *(runner.next() for runner in self._running)}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for runner in [runner for runner in self._running if runner.next().done()]:
                item = self._take(runner)
                if isinstance(item, Waiting):
                    self.queued = runner is self._first
                    return item
                if item is not None:
                    self.begun, self._winner = item, runner
                    break
        return None

    async def rest(self) -> AsyncGenerator[SpeakerItem, None]:
        """Everything that the winner says; the other one is hung up on."""
        assert self._winner is not None  # noqa: S101 `until` ended
        assert self.begun is not None  # noqa: S101 likewise
        for runner in self._running:
            if runner is not self._winner:
                await runner.hang_up()
        yield self.begun
        async for item in self._winner.items:
            yield item

    async def close(self) -> None:
        """Hang up on everybody."""
        for runner in self._running:
            await runner.hang_up()

    def _take(self, runner: "_Runner") -> SpeakerItem | None:
        try:
            return runner.take()
        except (ProviderDegraded, ProviderRefused) as error:
            self._running.remove(runner)
            if self._failure is None or runner is self._first:
                self._failure = error
            return None


class _Runner:
    """A stream whose next item is waited for in a task of its own, beside others."""

    def __init__(self, items: AsyncGenerator[SpeakerItem, None]) -> None:
        self.items = items
        self._next: asyncio.Task[SpeakerItem] | None = None

    def next(self) -> asyncio.Task[SpeakerItem]:
        """The wait for the next item; the same until it is taken."""
        if self._next is None:
            self._next = asyncio.create_task(self._listen())
        return self._next

    def take(self) -> SpeakerItem:
        """The item that came; raises what the stream raised."""
        task, self._next = self.next(), None
        return task.result()

    async def hang_up(self) -> None:
        """End the stream, also in the middle of a wait."""
        task, self._next = self._next, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.items.aclose()

    async def _listen(self) -> SpeakerItem:
        return await anext(self.items)
