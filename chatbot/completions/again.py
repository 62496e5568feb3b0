"""
The same model from the beginning, for a reply that broke off while the customer was reading it.

Before a word was shown the guards ask again by themselves. Afterwards the words have to be
withdrawn first, which is the ladder's business: so the second attempt is a rung of its own.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatbot.completions.fallback import Fallback
from chatbot.completions.speaker import Speaker, SpeakerItem
from chatbot.completions.turns import Turns
from chatbot.domain.ask import Ask, CompletionRequest, TextPiece
from chatbot.errors import ProviderDegraded
from chatbot.resilience.faults import passes


class Twice:
    """Satisfies `Speaker` over a model that has no alternative; `second` is for the next rung."""

    def __init__(self, model: Speaker) -> None:
        self._model = model
        self._broken = Turns()

    @property
    def name(self) -> str:
        """Provider and model, for receipts."""
        return self._model.name

    @property
    def second(self) -> Fallback:
        """The same model, which speaks only where the first attempt broke off."""
        return Fallback(self._model, self._broken.__contains__)

    async def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[SpeakerItem, None]:
        """See `Speaker`."""
        said = spoken
        try:
            async with aclosing(self._model.speak(ask, request, step=step, spoken=spoken)) as items:
                async for item in items:
                    said = said or isinstance(item, TextPiece)
                    yield item
        except ProviderDegraded as error:
            if said and passes(error):
                self._broken.add(ask)
            raise
