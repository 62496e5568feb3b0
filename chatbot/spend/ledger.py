"""Books every request to a provider, those that failed included."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from chatbot.domain.ask import Ask, Completed, CompletionRequest, ModelCall, Prompt, Usage
from chatbot.ports import CallLog, Clock, Provider
from chatbot.spend.prices import PriceList


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    How one request went.

    Attributes:
        completed: None when it failed.
        said: Words that arrived, whether it was whole or not.
        first_token_s, duration_s: Seconds since the request was made.
        outcome: `ok`, or the fault in one word.
    """

    step: int
    completed: Completed | None
    said: str
    first_token_s: float | None
    duration_s: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Booked:
    """
    What a request is booked under when no customer's turn caused it.

    Attributes:
        turn_id: Names the request in the call log while it runs.
    """

    conversation_id: UUID | None
    turn_id: UUID
    prompt: Prompt


class Ledger:
    """Turns attempts into priced rows of the call log."""

    def __init__(
        self, prices: PriceList, calls: CallLog, clock: Clock, count: Callable[[str], int]
    ) -> None:
        """
        Args:
            prices: Of every model.
            calls: Where the rows go.
            clock: Says which day's prices hold.
            count: Counts the tokens of a text where the provider did not.
        """
        self._prices, self._calls, self._clock, self._count = prices, calls, clock, count

    async def book(
        self,
        ask: Ask | Booked,
        request: CompletionRequest,
        provider: Provider,
        attempt: Attempt,
        *,
        feature: str = "chat",
    ) -> None:
        """Add the row of one request."""
        completed = attempt.completed
        told = completed.usage if completed else None
        usage = told or self._estimate(request, attempt)
        served = completed.model if completed else provider.model
        cost = self._prices.cost(served or provider.model, usage, self._clock.now().date())
        await self._calls.add(
            ModelCall(
                id=uuid4(),
                conversation_id=ask.conversation_id,
                turn_id=ask.turn_id,
                step=attempt.step,
                feature=feature,
                provider=provider.name,
                model=provider.model,
                model_served=served,
                prompt_name=ask.prompt.name,
                prompt_version=ask.prompt.version,
                usage=usage,
                usage_estimated=told is None,
                cost_usd=cost.usd,
                price_date=cost.priced_on,
                first_token_s=attempt.first_token_s,
                duration_s=attempt.duration_s,
                outcome=attempt.outcome,
                finish=completed.finish if completed else None,
                price_known=cost.known,
            )
        )

    def _estimate(self, request: CompletionRequest, attempt: Attempt) -> Usage:
        """Our own count. A request that no word came back to is not billed by anybody."""
        if attempt.completed is None and attempt.first_token_s is None:
            return Usage()
        written = attempt.said
        if attempt.completed:
            written += "".join(call.name + call.arguments for call in attempt.completed.calls)
        return Usage(
            input_tokens=sum(self._count(message.text) + 4 for message in request.messages),
            output_tokens=self._count(written),
        )
