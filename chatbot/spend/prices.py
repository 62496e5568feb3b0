"""
What a completion costs.

Prices come from a maintained table behind `ports.Prices`; an operator's own come first. A model
that is in neither is priced at the dearest known one, so that a budget errs on the safe side,
and the row of the call log says that its price is a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chatbot.domain.ask import Rate, Usage
from chatbot.ports import Prices

_MILLION = Decimal(1_000_000)
_EXACT = Decimal("0.00000001")
"""The call log keeps eight decimals: a single cached token of the cheapest model still counts."""


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What was paid for a completion.

    Attributes:
        usd: None when not a single price is known.
        priced_on: The day whose prices these are.
        known: False when the model's own price is not known.
    """

    usd: Decimal | None
    priced_on: str
    known: bool


class PriceList:
    """Rates by model, looked up once a day each: a lookup costs more than a token's decoding."""

    def __init__(self, prices: Prices, own: Mapping[str, Rate] | None = None) -> None:
        self._prices = prices
        self._own = dict(own or {})
        self._kept: dict[tuple[str, date], tuple[Rate | None, bool]] = {}

    def cost(self, model: str, usage: Usage, on: date) -> Cost:
        """Price *usage* of *model* at the rates of that day."""
        rate, known = self._rate(model, on)
        if rate is None:
            return Cost(None, "", known=False)
        fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
        usd = (
            max(fresh, 0) * rate.input
            + usage.cached_tokens * rate.cached
            + usage.cache_write_tokens * rate.cache_write
            + usage.output_tokens * rate.output
        ) / _MILLION
        return Cost(usd.quantize(_EXACT), rate.priced_on, known)

    def _rate(self, model: str, on: date) -> tuple[Rate | None, bool]:
        kept = self._kept.get((model, on))
        if kept is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()  # a provider that names a new model each time, or a new day
            found = self._own.get(model) or self._prices.rate(model, on)
            kept = (found, True) if found else (self._prices.dearest(on), False)
            self._kept[model, on] = kept
        return kept


_MOST_KEPT = 256
