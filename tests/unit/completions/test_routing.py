"""A slow primary is raced by the alternative, on a clock that a test moves: who is heard."""

import asyncio
import json

import pytest

from chatbot.completions.deadlines import Deadlines
from chatbot.domain.ask import ToolCall
from tests.builders import FakeClock
from tests.scripted import Bench, Turn, failing

LOOKUP = ToolCall("c", "lookup_events", json.dumps({"kind": "order", "limit": 5}))


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock)


async def test_a_primary_that_is_well_is_all_that_is_asked(bench: Bench) -> None:
    assert await Turn(bench).after(0.1) == ("model", "Hello")
    assert bench.booked == [("one", "ok")]


async def test_a_slow_primary_is_raced_and_the_winner_named(bench: Bench) -> None:
    primary, other = bench.providers
    primary.default, other.default = (9.0, "Late"), (1.0, "Here ", "I am")
    turn = Turn(bench)
    assert await turn.after(5.2) == ("alternative", "Here I am")
    assert turn.took_s >= 5.0
    assert turn.declined == {}, "it is the winner's reply, not one of the rung below"
    assert primary.hung_up == 1
    assert sorted(bench.booked) == [("one", "abandoned"), ("two", "ok")]


async def test_the_loser_is_hung_up_on_while_the_winner_still_speaks(
    bench: Bench, clock: FakeClock
) -> None:
    primary, other = bench.providers
    primary.default, other.default = (9.0, "Late"), (0.5, "Here ", 4.0, "I am")
    turn = Turn(bench)
    await clock.advance(5)
    assert not turn.task.done()
    assert primary.hung_up == 1


async def test_a_primary_that_speaks_first_after_all_is_heard(bench: Bench) -> None:
    primary, other = bench.providers
    primary.default, other.default = (4.5, "Just ", 1.0, "in time"), (3.0, "Never")
    assert await Turn(bench).after(6) == ("model", "Just in time")
    assert other.hung_up == 1
    assert sorted(bench.booked) == [("one", "ok"), ("two", "abandoned")]


async def test_a_call_that_is_being_written_is_a_sign_of_life(bench: Bench) -> None:
    bench.providers[0].scripts.append((1.0, LOOKUP, 4.0))
    assert await Turn(bench).after(6) == ("model", "Hello")
    assert bench.providers[1].requests == []


async def test_a_turn_stays_with_the_winner_and_tools_run_as_ever(bench: Bench) -> None:
    primary, other = bench.providers
    primary.default = (9.0, "Late")
    other.scripts += [(0.5, LOOKUP), ("Found.",)]
    assert await Turn(bench).after(5) == ("alternative", "Found.")
    assert [name for _, name, _ in bench.toolbox.runs] == ["lookup_events"]
    assert len(primary.requests) == 1


async def test_a_race_that_both_lose_costs_the_alternative_no_second_time(bench: Bench) -> None:
    primary, other = bench.providers
    primary.default, other.default = (30.0, "Late"), (1.0, failing("cut"))
    turn = Turn(bench)
    assert await turn.after(8.2) == ("answer_bank", "A saved answer.")
    assert turn.declined == {"model": "late", "alternative": "spent"}
    assert len(other.requests) == 2, "once, and its one retry"


async def test_a_winner_that_breaks_off_is_not_asked_again(bench: Bench) -> None:
    primary, other = bench.providers
    primary.default, other.default = (30.0, "Late"), (0.5, "Half", failing("cut"))
    turn = Turn(bench)
    assert await turn.after(5) == ("answer_bank", "A saved answer.")
    assert turn.declined == {"model": "cut", "alternative": "spent"}


async def test_a_primary_that_stalls_after_a_word_is_left_after_the_gap(bench: Bench) -> None:
    bench.providers[0].scripts.append((0.2, "Half a ", 60.0, "reply"))
    turn = Turn(bench)
    assert await turn.after(5.4) == ("alternative", "Hello")
    assert turn.declined == {"model": "stalled"}


async def test_an_alternative_that_has_no_time_left_is_not_asked(bench: Bench) -> None:
    bench.providers[0].scripts.append((3.5, "Half a ", 60.0, "reply"))
    turn = Turn(bench)
    assert await turn.after(8.8) == ("answer_bank", "A saved answer.")
    assert turn.declined == {"model": "stalled", "alternative": "late"}
    assert bench.providers[1].requests == []


async def test_a_primary_that_fails_twice_is_left_to_the_alternative(bench: Bench) -> None:
    bench.providers[0].default = (failing("server_error"),)
    turn = Turn(bench)
    assert await turn.after(1) == ("alternative", "Hello")
    assert bench.booked == [("one", "server_error"), ("one", "server_error"), ("two", "ok")]


async def test_so_it_is_when_the_alternative_is_set_aside(bench: Bench) -> None:
    bench.providers[0].default = (30.0, "Late")
    bench.models.breakers[1].open("server_error")
    assert await Turn(bench).after(4.2) == ("answer_bank", "A saved answer.")


async def test_when_both_are_silent_the_next_rung_answers_within_eight_seconds(
    bench: Bench,
) -> None:
    for provider in bench.providers:
        provider.default = (60.0, "Late")
    turn = Turn(bench)
    assert await turn.after(8.2) == ("answer_bank", "A saved answer.")
    assert [provider.hung_up for provider in bench.providers] == [1, 1]
    assert len(bench.booked) == 2


async def test_a_customer_who_stops_hangs_up_on_both(bench: Bench, clock: FakeClock) -> None:
    for provider in bench.providers:
        provider.default = (60.0, "Late")
    turn = Turn(bench)
    await clock.advance(5)
    turn.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn.task
    assert [provider.hung_up for provider in bench.providers] == [1, 1]
    assert sorted(bench.booked) == [("one", "abandoned"), ("two", "abandoned")]


async def test_a_primary_in_line_is_raced_as_well_but_not_before_its_turn_came(
    clock: FakeClock,
) -> None:
    bench = Bench(clock, deadlines=Deadlines(first_token_s=1.0))
    bench.providers[0].scripts += [(failing("rate_limited", 2.0),), ("In time",)]
    assert await Turn(bench).after(2.2) == ("model", "In time")
    bench.providers[0].scripts += [(failing("rate_limited", 2.0),), (9.0, "Late")]
    assert await Turn(bench).after(3.2) == ("alternative", "Hello")
    bench.providers[0].scripts.append((failing("rate_limited", 7.0),))
    turn = Turn(bench)
    assert await turn.after(4.2) == ("alternative", "Hello")
    assert turn.took_s >= 3.9
