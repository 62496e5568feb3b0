"""What a rung needs of a model, whatever stands between the two."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from chatbot.domain.ask import Ask, CallPiece, Completed, CompletionRequest, TextPiece, Waiting


@dataclass(frozen=True, slots=True)
class TakenOver:
    """From here on another rung's model speaks; nothing was said before."""

    rung: str


SpeakerItem = TextPiece | CallPiece | Waiting | TakenOver | Completed


class Speaker(Protocol):
    """One completion after the other: a model, a model with its guards, or two that race."""

    @property
    def name(self) -> str:
        """Provider and model, for receipts."""
        ...

    def speak(
        self, ask: Ask, request: CompletionRequest, *, step: int, spoken: bool
    ) -> AsyncGenerator[SpeakerItem, None]:
        """
        Stream a completion that is whole when `Completed` comes, its last item.

        Args:
            ask: Whose deadlines hold and whose turn each request is booked under.
            request: What the provider is sent.
            step: Of the tool loop.
            spoken: The customer already reads words of this reply.

        Raises:
            ProviderDegraded: It failed, was too slow, said nothing at all, or was not asked.
            ProviderRefused: It will not answer until an operator mends something.
        """
        ...
