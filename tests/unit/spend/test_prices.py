"""What a completion costs, and what is said when nobody knows."""

from datetime import date
from decimal import Decimal

import pytest

from chatbot.adapters.prices import GenaiPrices
from chatbot.domain.ask import Rate, Usage
from chatbot.spend.prices import PriceList

TODAY = date(2026, 11, 20)


class Counting:
    """Prices that count how often they are asked."""

    def __init__(self, *, dearest: str | None = "9") -> None:
        self.lookups = 0
        self._dearest = dearest

    def rate(self, model: str, on: date) -> Rate | None:
        self.lookups += 1
        if model != "known":
            return None
        return Rate(Decimal(2), Decimal("0.5"), Decimal(3), Decimal(8), on.isoformat())

    def dearest(self, on: date) -> Rate | None:
        if self._dearest is None:
            return None
        each = Decimal(self._dearest)
        return Rate(each, each, each, each, on.isoformat())


def test_each_kind_of_token_has_its_own_price() -> None:
    usage = Usage(
        input_tokens=1_000_000,
        cached_tokens=400_000,
        cache_write_tokens=100_000,
        output_tokens=250_000,
    )
    cost = PriceList(Counting()).cost("known", usage, TODAY)
    assert cost.usd == Decimal("1.0") + Decimal("0.2") + Decimal("0.3") + Decimal("2.0")
    assert (cost.priced_on, cost.known) == ("2026-11-20", True)


def test_an_unknown_model_costs_as_much_as_the_dearest_and_is_flagged() -> None:
    cost = PriceList(Counting()).cost("made-up", Usage(1_000_000, 0, 0), TODAY)
    assert (cost.usd, cost.known) == (Decimal(9), False)


def test_without_any_price_nothing_is_claimed() -> None:
    cost = PriceList(Counting(dearest=None)).cost("made-up", Usage(5, 0, 5), TODAY)
    assert (cost.usd, cost.known) == (None, False)


def test_an_operators_own_price_comes_first() -> None:
    free = Rate(Decimal(0), Decimal(0), Decimal(0), Decimal(0), "settings")
    prices = PriceList(Counting(), own={"known": free, "made-up": free})
    for model in ("known", "made-up"):
        cost = prices.cost(model, Usage(5_000, 0, 5_000), TODAY)
        assert (cost.usd, cost.priced_on, cost.known) == (Decimal(0), "settings", True)


def test_a_rate_is_looked_up_once_a_day() -> None:
    table = Counting()
    prices = PriceList(table)
    for _ in range(50):
        prices.cost("known", Usage(1, 0, 1), TODAY)
    assert table.lookups == 1
    prices.cost("known", Usage(1, 0, 1), date(2026, 11, 21))
    assert table.lookups == 2


def test_a_provider_that_names_a_new_model_each_time_fills_no_memory() -> None:
    prices = PriceList(Counting())
    for n in range(2_000):
        prices.cost(f"model-{n}", Usage(1, 0, 1), TODAY)
    assert len(prices._kept) < 500


@pytest.fixture(scope="module")
def table() -> GenaiPrices:
    return GenaiPrices()


def test_the_table_knows_todays_models_and_their_cached_tokens(table: GenaiPrices) -> None:
    mini = table.rate("gpt-4o-mini", TODAY)
    assert mini is not None
    assert (mini.input, mini.cached, mini.output) == (
        Decimal("0.15"),
        Decimal("0.075"),
        Decimal("0.6"),
    )
    assert table.rate("gpt-4o-mini-2024-07-18", TODAY) == mini


def test_the_table_admits_what_it_does_not_know(table: GenaiPrices) -> None:
    assert table.rate("a-model-of-our-own", TODAY) is None
    dearest, mini = table.dearest(TODAY), table.rate("gpt-4o-mini", TODAY)
    assert dearest is not None
    assert mini is not None
    assert dearest.output > mini.output
