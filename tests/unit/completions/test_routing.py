"""Two models behind their guards, on a clock that a test moves: who is asked, who is heard."""

import asyncio
import json
from dataclasses import replace

import pytest

from chatbot.completions.deadlines import Deadlines
from chatbot.domain.ask import Ask, ToolCall, Waiting
from chatbot.ladder.climb import Settled, climb
from chatbot.resilience.limiter import Concurrency
from tests.asks import ask, uid
from tests.builders import FakeClock
from tests.rungs import says
from tests.scripted import Bench, failing, refusing

LOOKUP = ToolCall("c", "lookup_events", json.dumps({"kind": "order", "limit": 5}))
BANK = says("answer_bank", "A saved answer.")


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock)


class Turn:
    """One customer's turn over the models and a saved answer."""

    def __init__(self, bench: Bench, asked: Ask | None = None) -> None:
        self.clock = bench.clock
        self.began = self.clock.monotonic()
        self.waits: list[Waiting] = []
        self.took_s = 0.0
        self.settled: Settled | None = None
        asked = asked or ask(received_at=self.began)
        self.task = asyncio.create_task(self._climb(bench, asked))

    async def _climb(self, bench: Bench, asked: Ask) -> None:
        async for event in climb(asked, [*bench.rungs(), BANK]):
            if isinstance(event, Waiting):
                self.waits.append(event)
            elif isinstance(event, Settled):
                self.settled = event
        self.took_s = self.clock.monotonic() - self.began

    async def after(self, seconds: float) -> tuple[str, str]:
        """Let *seconds* pass; the rung and text of the reply, which must be there by then."""
        for _ in range(round(seconds * 10)):
            if not self.task.done():
                await self.clock.advance(0.1)
        assert self.task.done(), f"no reply after {seconds} s"
        await self.task
        assert self.settled is not None
        return self.settled.reply.source.rung, self.settled.reply.text

    @property
    def declined(self) -> dict[str, str]:
        assert self.settled is not None
        return dict(self.settled.declined)


async def test_a_primary_that_is_well_is_all_that_is_asked(bench: Bench) -> None:
    assert await Turn(bench).after(0.1) == ("model", "Hello")
    assert bench.booked == [("one", "ok")]


async def test_a_slow_primary_is_raced_and_the_winner_named(bench: Bench) -> None:
    primary, other = bench.providers
    primary.default, other.default = (9.0, "Late"), (1.0, "Here ", "I am")
    turn = Turn(bench)
    assert await turn.after(5.2) == ("alternative", "Here I am")
    assert turn.took_s >= 5.0
    assert primary.hung_up == 1
    assert sorted(bench.booked) == [("one", "abandoned"), ("two", "ok")]


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


async def test_one_failure_is_mended_by_a_retry(bench: Bench) -> None:
    bench.providers[0].scripts.append((failing("no_finish"),))
    assert await Turn(bench).after(1) == ("model", "Hello")


async def test_nothing_is_asked_again_once_words_were_shown(bench: Bench) -> None:
    bench.providers[0].scripts.append(("Half", failing("cut")))
    assert await Turn(bench).after(1) == ("alternative", "Hello")
    assert len(bench.providers[0].requests) == 1


@pytest.mark.parametrize("fault", ["no_quota", "unauthorized", "unknown_model", "forbidden"])
async def test_a_refusal_sets_the_model_aside_at_once(bench: Bench, fault: str) -> None:
    bench.providers[0].default = (refusing(fault),)
    assert await Turn(bench).after(0.1) == ("alternative", "Hello")
    turn = Turn(bench)
    assert await turn.after(0.1) == ("alternative", "Hello")
    assert turn.declined == {"model": "set_aside"}
    assert len(bench.providers[0].requests) == 1
    assert bench.models.breakers[0].cause == fault


@pytest.mark.parametrize(
    "failure",
    [(failing("server_error"),), ("Half", failing("cut")), (9.0, "Late"), (failing("tls"),)],
)
async def test_five_failures_of_any_kind_set_it_aside(bench: Bench, failure: tuple) -> None:
    """Before a word, in the middle of one, or for not beginning: all are failures."""
    bench.providers[0].default = failure
    for _ in range(5):
        await Turn(bench).after(9)
        await asyncio.sleep(0)
    asked = len(bench.providers[0].requests)
    assert asked <= 6, "the fifth may have been retried"
    assert bench.models.breakers[0].is_open
    assert await Turn(bench).after(0.1) == ("alternative", "Hello")
    assert len(bench.providers[0].requests) == asked


async def test_limits_do_not_set_a_model_aside(bench: Bench) -> None:
    bench.providers[0].default = (failing("rate_limited"),)
    for _ in range(20):
        assert await Turn(bench).after(9) == ("alternative", "Hello")
    assert not bench.models.breakers[0].is_open


async def test_a_limit_with_a_time_is_waited_for_and_said(bench: Bench) -> None:
    bench.providers[0].scripts.append((failing("rate_limited", 2.0),))
    turn = Turn(bench)
    assert await turn.after(2.2) == ("model", "Hello")
    assert turn.waits == [Waiting(1, 2)]


async def test_a_limit_that_lasts_too_long_is_not_waited_for(bench: Bench) -> None:
    bench.providers[0].default = (failing("rate_limited", 20.0),)
    turn = Turn(bench)
    assert await turn.after(0.1) == ("alternative", "Hello")
    again = Turn(bench)
    assert await again.after(0.1) == ("alternative", "Hello")
    assert again.declined == {"model": "crowded"}
    assert len(bench.providers[0].requests) == 1, "all wait until it takes more"


async def test_turns_in_line_are_told_and_served_by_plan(clock: FakeClock) -> None:
    bench = Bench(clock, "one", concurrency=Concurrency(start=1, most=1))
    bench.providers[0].default = (1.0, "Hello")
    turns = [Turn(bench)]
    await clock.advance(0)
    for n, priority in enumerate((1.0, 0.0)):
        asked = ask(received_at=clock.monotonic())
        turns.append(Turn(bench, replace(asked, priority=priority, turn_id=uid(n))))
        await clock.advance(0)
    running, free, plus = turns
    await plus.after(2.2)
    assert running.task.done()
    assert not free.task.done()
    assert await free.after(1.2) == ("model", "Hello")
    assert [wait.position for wait in free.waits + plus.waits] == [1, 1]


async def test_without_an_alternative_a_slow_model_is_left_after_four_seconds(
    clock: FakeClock,
) -> None:
    bench = Bench(clock, "one")
    bench.providers[0].default = (30.0, "Late")
    assert await Turn(bench).after(4.2) == ("answer_bank", "A saved answer.")


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


async def test_no_customers_turn_is_a_probe_and_all_come_back(
    bench: Bench, clock: FakeClock
) -> None:
    primary = bench.providers[0]
    primary.default = (failing("server_error"),)
    async with bench.models.running():
        for _ in range(3):
            await Turn(bench).after(1)
        asked = len(primary.requests)
        assert bench.models.breakers[0].is_open
        for _ in range(10):
            assert await Turn(bench).after(0.1) == ("alternative", "Hello")
        assert len(primary.requests) == asked
        await clock.advance(20)
        probes = primary.requests[asked:]
        assert 3 <= len(probes) <= 4
        assert all(len(probe.messages) == 1 for probe in probes)
        primary.default = ("ok",)
        await clock.advance(11)
        assert await Turn(bench).after(0.1) == ("model", "ok")


@pytest.mark.parametrize("names", [("one",), ("one", "two")])
async def test_a_healthy_turn_awaits_nothing_that_is_shared(
    clock: FakeClock, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(clock, *names)

    async def never(*_: object, **__: object) -> float:
        raise AssertionError("a customer's turn went through shared counters")

    async with bench.models.running():
        monkeypatch.setattr(bench.counters, "hit", never)
        monkeypatch.setattr(bench.counters, "add", never)
        monkeypatch.setattr(bench.bus, "broadcast", never)
        assert await Turn(bench).after(0.1) == ("model", "Hello")


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
