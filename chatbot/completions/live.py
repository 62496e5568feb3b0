"""
One completion from one provider: under our deadlines, and booked however it ends.

Whatever stands between an ask and a provider (a hedge over two, a breaker, a limiter) satisfies
`ports.Provider` itself and goes in here.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatbot.completions.deadlines import Deadlines, Watch
from chatbot.domain.ask import Ask, CallPiece, Completed, CompletionRequest, TextPiece
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Clock, Provider
from chatbot.spend.ledger import Attempt, Ledger

WITHHELD = frozenset({"content_filter", "refusal"})
"""Finishes of a model that will not answer; there may be no words then."""


class LiveModel:
    """A provider that answers in time or degrades."""

    def __init__(
        self, provider: Provider, *, clock: Clock, deadlines: Deadlines, ledger: Ledger
    ) -> None:
        self._provider, self._clock = provider, clock
        self._deadlines, self._ledger = deadlines, ledger

    @property
    def name(self) -> str:
        """Provider and model, for receipts."""
        return f"{self._provider.name}/{self._provider.model}"

    async def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[TextPiece | Completed, None]:
        """
        Stream a completion that is whole when `Completed` comes, its last item.

        Args:
            ask: Whose deadlines hold and whose turn the request is booked under.
            request: What the provider is sent.
            step: Of the tool loop.
            spoken: The customer already reads words of this reply.

        Raises:
            ProviderDegraded: It failed, was too slow, or said nothing at all.
            ProviderRefused: It will not answer until an operator mends something.
        """
        begun = self._clock.monotonic()
        first: float | None = None
        said: list[str] = []
        completed: Completed | None = None
        outcome = "abandoned"  # whoever listened hung up, unless we learn otherwise
        try:
            async with (
                Watch(
                    self._clock,
                    self._deadlines,
                    received_at=ask.received_at,
                    spoken=spoken,
                    who=self.name,
                ) as watch,
                aclosing(self._provider.stream(request)) as stream,
            ):
                while completed is None:
                    item = await watch.wait(anext(stream, None))
                    if first is None and isinstance(item, (TextPiece, CallPiece)):
                        first = self._clock.monotonic() - begun
                    if isinstance(item, TextPiece):
                        watch.heard(words=not item.text.isspace())
                        said.append(item.text)
                        yield item
                    elif isinstance(item, CallPiece):
                        watch.heard(words=False)
                    else:
                        completed = self._whole(item)
            outcome = "ok"
        except (ProviderDegraded, ProviderRefused) as error:
            outcome = error.fault
            raise
        finally:
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

    def _whole(self, completed: Completed | None) -> Completed:
        """The same completion, unless there is none, or nothing in it that anybody could use."""
        if completed is None:
            raise ProviderDegraded(f"{self.name} ended too soon.", fault="no_finish")
        if completed.text.strip() or completed.calls or completed.finish in WITHHELD:
            return completed
        raise ProviderDegraded(f"{self.name} finished without a word.", fault="no_words")
