"""A model that keeps failing is set aside, one that fails now and then is not."""

import random

import pytest

from chatbot.resilience.breaker import Breaker, BreakerLimits, Change
from tests.builders import FakeClock


@pytest.fixture
def breaker(clock: FakeClock) -> Breaker:
    return Breaker("local", "m", clock, BreakerLimits())


def play(breaker: Breaker, outcomes: str) -> None:
    """`.` is a whole call, anything else a failed one."""
    for outcome in outcomes:
        if outcome == ".":
            breaker.succeeded()
        else:
            breaker.failed("server_error")


@pytest.mark.parametrize("before", ["", "." * 3, "." * 100])
def test_an_outage_opens_it_with_the_fifth_failure(breaker: Breaker, before: str) -> None:
    play(breaker, before + "xxxx")
    assert not breaker.is_open
    play(breaker, "x")
    assert breaker.is_open
    assert breaker.cause == "server_error"


def test_one_call_that_gets_through_does_not_hide_an_outage(breaker: Breaker) -> None:
    play(breaker, "." * 50 + "xxx.xx")
    assert breaker.is_open


def test_half_of_the_calls_failing_for_long_opens_it(breaker: Breaker) -> None:
    play(breaker, "x." * 9 + "x")
    assert not breaker.is_open, "twenty calls are looked at"
    play(breaker, "x")
    assert breaker.is_open


def test_a_quarter_failing_is_for_retries_and_hedges(breaker: Breaker) -> None:
    play(breaker, "x..." * 50)
    assert not breaker.is_open


async def test_failures_that_are_long_over_are_forgotten(
    clock: FakeClock, breaker: Breaker
) -> None:
    play(breaker, "xxxx")
    await clock.advance(31)
    play(breaker, "xxxx")
    assert not breaker.is_open
    play(breaker, "x")
    assert breaker.is_open


def test_what_happened_elsewhere_counts_like_ones_own(breaker: Breaker) -> None:
    play(breaker, "....")
    breaker.hear(succeeded=10, failed=3)
    play(breaker, "x")
    assert not breaker.is_open
    breaker.hear(succeeded=0, failed=1)
    assert breaker.is_open


def test_a_million_calls_elsewhere_are_no_work_and_no_outage(breaker: Breaker) -> None:
    breaker.hear(succeeded=1_000_000, failed=2)
    assert not breaker.is_open


def test_what_is_heard_costs_no_more_than_what_is_remembered(
    breaker: Breaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[bool] = []
    monkeypatch.setattr(breaker, "_note", lambda *, ok: noted.append(ok))
    breaker.hear(succeeded=1_000_000, failed=0)
    assert len(noted) < 1_000


def test_changes_are_told_once_and_a_new_start_is_new(breaker: Breaker) -> None:
    told: list[Change] = []
    breaker.on_change.append(told.append)
    play(breaker, "x" * 9)
    breaker.open("no_quota")
    breaker.close()
    breaker.close()
    assert [(change.open, change.cause) for change in told] == [(True, "server_error"), (False, "")]
    play(breaker, "xxxx")
    assert not breaker.is_open, "what was before it closed is forgotten"


def test_customers_calls_alone_never_close_it(breaker: Breaker) -> None:
    breaker.open("unauthorized")
    play(breaker, "." * 100)
    assert breaker.is_open


def test_it_opens_far_oftener_in_an_outage_than_in_bad_weather(clock: FakeClock) -> None:
    dice = random.Random(7)  # noqa: S311 the same every time
    opened = dict.fromkeys((0.1, 0.25, 0.9), 0)
    for share in opened:
        for _ in range(200):
            breaker = Breaker("local", "m", clock, BreakerLimits())
            play(breaker, "".join("x" if dice.random() < share else "." for _ in range(20)))
            opened[share] += breaker.is_open
    assert opened[0.1] == 0
    assert opened[0.25] < 20
    assert opened[0.9] > 195
