"""Prices from the table that `genai-prices` maintains; nothing is fetched at run time."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from chatbot.domain.ask import Rate

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

_OPENAI = "openai"


class GenaiPrices:
    """Satisfies `ports.Prices`."""

    def __init__(self) -> None:
        # Half a second of tables: for whoever has a provider to pay, and before the first turn.
        from genai_prices import data_snapshot  # noqa: PLC0415

        self._table = data_snapshot.get_snapshot()

    def rate(self, model: str, on: date) -> Rate | None:
        """The price of *model*, whoever serves it, OpenAI's where it is theirs."""
        for provider in (_OPENAI, None):
            try:
                _, info = self._table.find_provider_model(model, None, provider, None)
            except LookupError:
                continue
            return _rate(info, on)
        return None

    def dearest(self, on: date) -> Rate | None:
        """OpenAI's dearest model by what its output costs."""
        openai = next(provider for provider in self._table.providers if provider.id == _OPENAI)
        rates = [rate for info in openai.models if (rate := _rate(info, on)) is not None]
        return max(rates, key=lambda rate: (rate.output, rate.input), default=None)


def _rate(info: "ModelInfo", on: date) -> Rate | None:
    """A model's rate on a day; None for models that are not billed by tokens of text."""
    price = info.get_prices(datetime.combine(on, time(12), UTC))
    fresh, output = _per_million(price, "input_mtok"), _per_million(price, "output_mtok")
    if fresh is None or output is None:
        return None
    return Rate(
        input=fresh,
        cached=_per_million(price, "cache_read_mtok") or fresh,
        cache_write=_per_million(price, "cache_write_mtok") or fresh,
        output=output,
        priced_on=on.isoformat(),
    )


def _per_million(price: "ModelPrice", field: str) -> Decimal | None:
    """The standard price; of tiered ones the lowest tier, which a chat's context stays in."""
    value = getattr(price, field)
    value = getattr(value, "base", value)
    return None if value is None else Decimal(value)
