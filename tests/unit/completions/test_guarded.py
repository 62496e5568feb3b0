"""A model behind its guards, on a clock that a test moves: when it is asked, and when not."""

import asyncio
import json
from dataclasses import replace

import pytest

from chatbot.domain.ask import ToolCall, Waiting
from chatbot.resilience.limiter import Concurrency
from tests.asks import ask, uid
from tests.builders import FakeClock
from tests.scripted import Bench, Silence, Turn, failing, refusing

LOOKUP = ToolCall("c", "lookup_events", json.dumps({"kind": "order", "limit": 5}))


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock)


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


async def test_limits_of_many_at_once_do_not_either(bench: Bench) -> None:
    """Before the first refusal pauses the others they are all on their way."""
    bench.providers[0].default = (0.5, failing("rate_limited"))
    turns = [Turn(bench) for _ in range(6)]
    for turn in turns:
        assert await turn.after(9) == ("alternative", "Hello")
    assert len(bench.providers[0].requests) >= 6
    assert not bench.models.breakers[0].is_open


async def test_a_model_that_does_not_begin_has_failed_once(clock: FakeClock) -> None:
    bench = Bench(clock, "one")
    bench.providers[0].default = (30.0, "Late")
    outcomes: list[bool] = []
    bench.models.breakers[0].on_outcome.append(outcomes.append)
    await Turn(bench).after(4.2)
    assert outcomes == [False]


async def test_a_request_that_cannot_stand_says_nothing_about_the_model(bench: Bench) -> None:
    bench.providers[0].default = (refusing("bad_request"),)
    for asked in (1, 2):
        assert await Turn(bench).after(0.1) == ("alternative", "Hello")
        assert len(bench.providers[0].requests) == asked
    assert not bench.models.breakers[0].is_open


async def test_a_completion_without_a_word_is_a_failure(bench: Bench) -> None:
    bench.providers[0].default = ()
    turn = Turn(bench)
    assert await turn.after(1) == ("alternative", "Hello")
    assert turn.declined == {"model": "no_words"}


async def test_whoever_reads_already_is_not_left_when_the_decision_was_due(bench: Bench) -> None:
    words = ("Let me ", 4.0, "look that ", 4.2, "up.", LOOKUP)
    bench.providers[0].scripts += [words, ("Found.",)]
    assert await Turn(bench).after(9) == ("model", "Let me look that up.\n\nFound.")


async def test_a_blank_is_no_word_after_which_nothing_is_asked_again(bench: Bench) -> None:
    bench.providers[0].scripts.append((" ", failing("cut")))
    rung, text = await Turn(bench).after(1)
    assert (rung, text.strip()) == ("model", "Hello")


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


async def test_a_stream_that_only_ends_is_no_reply(bench: Bench) -> None:
    """Whatever an adapter lets pass: what nobody called whole is not given as whole."""
    bench.providers[0].scripts.append(("Half", Silence()))
    turn = Turn(bench)
    assert await turn.after(1) == ("alternative", "Hello")
    assert turn.declined == {"model": "no_finish"}
    assert bench.booked[0] == ("one", "no_finish")


async def test_a_probe_that_only_ends_has_failed(bench: Bench, clock: FakeClock) -> None:
    bench.providers[0].default = (refusing("no_quota"),)
    async with bench.models.running():
        await Turn(bench).after(1)
        bench.providers[0].default = ("Half", Silence())
        await clock.advance(31)
        assert len(bench.providers[0].requests) >= 4
        assert bench.models.breakers[0].is_open
        bench.providers[0].default = ("Whole",)
        await clock.advance(11)
        assert not bench.models.breakers[0].is_open


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
