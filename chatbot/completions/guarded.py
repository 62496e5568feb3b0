"""One model behind its guards: set aside when it fails, never overrun, asked again if it helps."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chatbot.completions.deadlines import Deadlines
from chatbot.completions.live import LiveModel
from chatbot.domain.ask import Ask, CallPiece, Completed, CompletionRequest, TextPiece, Waiting
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Clock
from chatbot.resilience.breaker import Breaker
from chatbot.resilience.faults import LIMITED, SLOW, counts, opens
from chatbot.resilience.limiter import Limiter
from chatbot.resilience.retry import Retries

LEAST_S = 0.5
"""With less time than this before the decision no model is asked any more."""


class GuardedModel:
    """Satisfies `Speaker`. While all is well, no guard waits for anything."""

    def __init__(
        self,
        model: LiveModel,
        breaker: Breaker,
        limiter: Limiter,
        *,
        clock: Clock,
        deadlines: Deadlines,
        random: Callable[[], float],
    ) -> None:
        """
        Args:
            model: What is guarded.
            breaker: Told how every call ended.
            limiter: Likewise.
            clock: Whose time counts.
            deadlines: Those of *model*.
            random: Uniform between 0 and 1; spreads retries.
        """
        self._model, self.breaker, self._limiter = model, breaker, limiter
        self._clock, self._deadlines, self._random = clock, deadlines, random

    @property
    def name(self) -> str:
        """Provider and model, for receipts."""
        return self._model.name

    async def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[TextPiece | CallPiece | Waiting | Completed, None]:
        """See `Speaker`."""
        retries, said = Retries(self._random), False
        while True:
            async with aclosing(self._enter(ask, spoken=spoken)) as line:
                async for waiting in line:
                    yield waiting
            try:
                async with aclosing(self._call(ask, request, step=step, spoken=spoken)) as items:
                    async for item in items:
                        said = said or (isinstance(item, TextPiece) and not item.text.isspace())
                        yield item
            except (ProviderDegraded, ProviderRefused) as error:
                left_s = self._left_s(ask, spoken=spoken)
                wait_s = retries.wait_s(error, left_s=left_s, said=said)
                if wait_s is None:
                    raise
                if error.fault != LIMITED:  # the limiter minds that one: it pauses for all
                    await self._clock.sleep(wait_s)
            else:
                return

    async def _enter(self, ask: Ask, *, spoken: bool) -> AsyncGenerator[Waiting, None]:
        """Get a place for a request, in line if there is none."""
        left_s = self._left_s(ask, spoken=spoken)
        if self.breaker.is_open:
            raise self._unasked(f"is set aside ({self.breaker.cause})", "set_aside")
        if left_s <= 0:
            raise self._unasked("would have no time to answer", "late")
        if self._limiter.enter():
            return
        line = self._limiter.queue(since=ask.received_at, priority=ask.priority, left_s=left_s)
        async with aclosing(line) as places:
            async for waiting in places:
                yield waiting

    async def _call(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        """One request, on a place of the limiter's that is given back; the guards are told."""
        begun, heard, judged = self._clock.monotonic(), False, False
        try:
            async with aclosing(self._model.speak(ask, request, step=step, spoken=spoken)) as items:
                async for item in items:
                    heard = True
                    if isinstance(item, Completed):
                        judged = True
                        self.breaker.succeeded()
                        self._limiter.whole(self._clock.monotonic() - begun, item.headroom)
                    yield item
        except (ProviderDegraded, ProviderRefused) as error:
            judged = self._judge(error, begun)
            raise
        finally:
            slow = self._clock.monotonic() - begun >= self._deadlines.first_token_s
            if slow and not (heard or judged):
                self.breaker.failed(SLOW)  # also when another model was quicker and we hung up
            self._limiter.leave()

    def _judge(self, error: ProviderDegraded | ProviderRefused, begun: float) -> bool:
        """Tell the guards of a failure; whether the breaker has heard of it."""
        if isinstance(error, ProviderDegraded) and error.fault == LIMITED:
            self._limiter.refused(error.retry_after, begun)
        if opens(error):
            self.breaker.open(error.fault)
        elif counts(error):
            self.breaker.failed(error.fault)
            return True
        return False

    def _left_s(self, ask: Ask, *, spoken: bool) -> float:
        """Seconds until asking makes no sense; whoever reads already waits no longer for more."""
        now = self._clock.monotonic()
        until = ask.received_at + self._deadlines.decision_s
        if spoken:
            until = min(ask.received_at + self._deadlines.whole_s, now + self._deadlines.gap_s)
        return until - LEAST_S - now

    def _unasked(self, why: str, fault: str) -> ProviderDegraded:
        return ProviderDegraded(f"{self.name} {why}.", fault=fault)
