"""One completion from one provider: under our deadlines, and booked however it ends."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from chatbot.completions.deadlines import Deadlines, Watch
from chatbot.domain.ask import (
    Ask,
    CallPiece,
    Completed,
    CompletionRequest,
    PromptMessage,
    TextPiece,
)
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Clock, Provider
from chatbot.spend.ledger import Attempt, Ledger
from chatbot.telemetry.metrics import MODEL_CALLS, MODEL_FIRST_SECONDS

WITHHELD = frozenset({"content_filter", "refusal"})
"""Finishes of a model that will not answer; there may be no words then."""

PROBE = CompletionRequest((PromptMessage("user", "Reply with: ok"),), (), 16, "probe")
"""The smallest request that shows whether a model completes anything."""


class LiveModel:
    """Satisfies `Speaker`: a provider that answers in time or degrades."""

    def __init__(
        self,
        provider: Provider,
        *,
        clock: Clock,
        deadlines: Deadlines,
        ledger: Ledger,
        patient: bool = False,
    ) -> None:
        """
        Args:
            provider: Who is asked.
            clock: Whose time counts.
            deadlines: How long is too long.
            ledger: Where every request is booked.
            patient: Somebody else minds the first token: only the decision is waited for here.
        """
        self._provider, self._clock = provider, clock
        self._deadlines, self._ledger = deadlines, ledger
        first_s = deadlines.decision_s if patient else deadlines.first_token_s
        self._limits = msgspec.structs.replace(deadlines, first_token_s=first_s)
        self._labels = (provider.name, provider.model)

    @property
    def name(self) -> str:
        """Provider and model, for receipts."""
        return f"{self._provider.name}/{self._provider.model}"

    async def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        """See `Speaker`; of a tool call that is being written only the first sign is passed on."""
        begun = self._clock.monotonic()
        first: float | None = None
        said: list[str] = []
        completed: Completed | None = None
        outcome = "abandoned"  # whoever listened hung up, unless we learn otherwise
        try:
            async with (
                Watch(
                    self._clock,
                    self._limits,
                    received_at=ask.received_at,
                    spoken=spoken,
                    who=self.name,
                ) as watch,
                aclosing(self._provider.stream(request)) as stream,
            ):
                while completed is None:
                    item = await watch.wait(anext(stream, None))
                    begins = first is None and isinstance(item, (TextPiece, CallPiece))
                    if begins:
                        first = self._clock.monotonic() - begun
                    if isinstance(item, TextPiece):
                        watch.heard(words=not item.text.isspace())
                        said.append(item.text)
                        yield item
                    elif isinstance(item, CallPiece):
                        watch.heard(words=False)
                        if begins:
                            yield item
                    else:
                        completed = self._whole(item)
            outcome = "ok"
        except (ProviderDegraded, ProviderRefused) as error:
            outcome = error.fault
            raise
        finally:
            self._measure(outcome, first)
            await self._ledger.book(
                ask,
                request,
                self._provider,
                Attempt(
                    step=step,
                    completed=completed,
                    said="".join(said),
                    first_token_s=first,
                    duration_s=self._clock.monotonic() - begun,
                    outcome=outcome,
                ),
            )
        yield completed

    async def probe(self) -> None:
        """
        Complete something minimal, for nobody.

        It is under the deadlines of a customer's request, and belongs to no turn's costs.

        Raises:
            ProviderDegraded: It failed, or was too slow.
            ProviderRefused: It will not answer until an operator mends something.
        """
        completed: Completed | None = None
        async with (
            Watch(
                self._clock,
                self._deadlines,
                received_at=self._clock.monotonic(),
                spoken=False,
                who=self.name,
            ) as watch,
            aclosing(self._provider.stream(PROBE)) as stream,
        ):
            while completed is None:
                item = await watch.wait(anext(stream, None))
                if isinstance(item, (TextPiece, CallPiece)):
                    watch.heard(words=isinstance(item, TextPiece))
                elif item is None:
                    raise ProviderDegraded(f"{self.name} ended too soon.", fault="no_finish")
                else:
                    completed = item

    def _measure(self, outcome: str, first_s: float | None) -> None:
        MODEL_CALLS.labels(*self._labels, outcome).inc()
        if first_s is not None:
            MODEL_FIRST_SECONDS.labels(*self._labels).observe(first_s)

    def _whole(self, completed: Completed | None) -> Completed:
        """The same completion, unless there is none, or nothing in it that anybody could use."""
        if completed is None:
            raise ProviderDegraded(f"{self.name} ended too soon.", fault="no_finish")
        if completed.text.strip() or completed.calls or completed.finish in WITHHELD:
            return completed
        raise ProviderDegraded(f"{self.name} finished without a word.", fault="no_words")
