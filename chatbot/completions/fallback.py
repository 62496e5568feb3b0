"""The model that a rung of its own asks, after another rung has failed in the same turn."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chatbot.completions.speaker import Speaker, SpeakerItem
from chatbot.domain.ask import Ask, CompletionRequest
from chatbot.errors import ProviderDegraded


class Fallback:
    """
    Satisfies `Speaker`; it costs no time where it would only fail again.

    Args:
        may: Whether the model is asked in this turn.
    """

    def __init__(self, model: Speaker, may: Callable[[Ask], bool]) -> None:
        self._model, self._may = model, may

    @property
    def name(self) -> str:
        """Provider and model, for receipts."""
        return self._model.name

    async def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[SpeakerItem, None]:
        """See `Speaker`."""
        if not self._may(ask):
            raise ProviderDegraded(f"{self.name} has failed in this turn.", fault="spent")
        async with aclosing(self._model.speak(ask, request, step=step, spoken=spoken)) as items:
            async for item in items:
                yield item
