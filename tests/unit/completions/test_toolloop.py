"""Words, tools, words: each tool once, nothing before it is written down."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chatbot.domain.ask import Ask, Completed, ToolCall, ToolResult
from chatbot.domain.customer import CustomerFacts
from chatbot.errors import ProviderDegraded, ProviderRefused, Unsound
from tests.asks import ask, customer, entry, situation, uid
from tests.fault_scenarios import broken, call, calls, refuse, reply
from tests.fault_server import Scenario
from tests.models import MemoryToolbox, Stage, stage

TICKET = {"priority": "high", "category": "billing", "subject": "Refund", "summary": "Wants it."}
LOOKUP = {"kind": "order", "limit": 5}
OPENED = "I've opened ticket #42 for you."


@pytest.fixture
async def at() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


def play(at: Stage, *scenarios: Scenario) -> None:
    at.server.script.extend(scenarios)


def roles(at: Stage, request: int) -> list[str]:
    return [message["role"] for message in at.server.received[request].body["messages"]]


async def test_a_ticket_is_opened_by_a_call_and_its_number_told(at: Stage) -> None:
    play(at, call("open_ticket", TICKET), reply(OPENED))
    settled = await at.reply(ask("I want my money back"))
    assert settled.text == OPENED
    assert at.toolbox.runs == [(0, "open_ticket", TICKET)]
    assert settled.detail["tools"] == ["open_ticket"]
    assert not settled.cacheable
    assert roles(at, 1)[-2:] == ["assistant", "tool"]
    assert at.server.received[1].body["messages"][-1]["content"] == "Ticket #42 is open now."


async def test_the_output_is_written_down_before_a_tool_runs(at: Stage) -> None:
    class Watching(MemoryToolbox):
        async def run(
            self, ask: Ask, step: int, name: str, arguments: Mapping[str, Any]
        ) -> ToolResult:
            assert (ask.turn_id, step) in at.journal.kept
            return await super().run(ask, step, name, arguments)

    at.rung._toolbox = watching = Watching()
    play(at, call("open_ticket", TICKET), reply(OPENED))
    await at.reply(ask())
    assert len(watching.runs) == 1


async def test_a_turn_that_is_taken_over_does_not_ask_the_model_again(at: Stage) -> None:
    """As after a kill -9 between the journal and the ticket: the same call, the same key."""
    written = Completed(
        "", (ToolCall("c", "open_ticket", json.dumps(TICKET)),), "tool_calls", None, "m"
    )
    await at.journal.record(ask(), 0, written)
    play(at, reply(OPENED))
    assert (await at.reply(replace(ask(), attempt=2))).text == OPENED
    assert len(at.server.received) == 1
    assert at.toolbox.runs == [(0, "open_ticket", TICKET)]


async def test_words_before_a_call_are_said_and_kept_apart(at: Stage) -> None:
    play(at, call("lookup_events", LOOKUP, words="Let me look."), reply("You ordered a tent."))
    assert (await at.reply(ask())).text == "Let me look.\n\nYou ordered a tent."


async def test_a_tool_called_twice_in_a_step_runs_once_whatever_its_ids(at: Stage) -> None:
    other = {**TICKET, "subject": "Another"}
    for twice in (
        calls(("a", "open_ticket", TICKET), ("b", "open_ticket", TICKET)),
        calls(("a", "open_ticket", TICKET), ("a", "open_ticket", other)),
        calls(("", "open_ticket", TICKET), ("", "open_ticket", TICKET)),
    ):
        at.toolbox.runs.clear()
        at.journal.kept.clear()
        play(at, twice, reply(OPENED))
        await at.reply(ask())
        assert at.toolbox.runs == [(0, "open_ticket", TICKET)]
        ids = [m["tool_call_id"] for m in at.server.received[-1].body["messages"][-2:]]
        assert len(set(ids)) == 2, "each result belongs to one call"


async def test_a_hundred_calls_do_not_run_a_hundred_tools(at: Stage) -> None:
    many = calls(*((f"c{n}", "open_ticket", TICKET) for n in range(100)))
    play(at, many, many, many, reply(OPENED))
    await at.reply(ask())
    assert len(at.toolbox.runs) <= 3


async def test_of_two_tools_in_each_step_the_fourth_is_not_carried_out(at: Stage) -> None:
    both = calls(("a", "lookup_events", LOOKUP), ("b", "open_ticket", TICKET))
    play(at, both, both, reply(OPENED))
    await at.reply(ask())
    assert len(at.toolbox.runs) == 3
    told = at.server.received[2].body["messages"][-1]["content"]
    assert told.startswith("Not carried out: no more tools")


async def test_after_three_steps_the_model_has_to_speak(at: Stage) -> None:
    play(at, *[call("lookup_events", LOOKUP)] * 3, reply("Done."))
    assert (await at.reply(ask())).text == "Done."
    assert [("tools" in sent.body) for sent in at.server.received] == [True, True, True, False]


async def test_a_model_that_never_stops_calling_is_left(at: Stage) -> None:
    at.server.default = call("lookup_events", LOOKUP)
    with pytest.raises(Unsound) as error:
        await at.reply(ask())
    assert error.value.fault == "bad_tool_call"
    assert len(at.server.received) <= 6


@pytest.mark.parametrize(
    "bad",
    [
        call("open_ticket", {**TICKET, "customer_id": "c2"}),
        call("open_ticket", '{"subject": "cut'),
        call("delete_everything", {}),
        call("open_ticket", {"subject": "x" * 1_000_000}),
    ],
)
async def test_a_bad_call_is_asked_again_and_does_nothing(at: Stage, bad: Scenario) -> None:
    play(at, bad, call("open_ticket", TICKET), reply(OPENED))
    assert (await at.reply(ask())).text == OPENED
    assert at.toolbox.runs == [(0, "open_ticket", TICKET)]
    again = at.server.received[1].body["messages"]
    assert not any(message.get("tool_calls") for message in again)
    assert "was not carried out" in again[-1]["content"]
    assert len(json.dumps(again)) < 20_000


async def test_a_call_that_stays_bad_is_given_up_after_two_more_attempts(at: Stage) -> None:
    at.server.default = call("open_ticket", {**TICKET, "priority": "now!"})
    with pytest.raises(Unsound) as error:
        await at.reply(ask())
    assert error.value.fault == "bad_tool_call"
    assert len(at.server.received) == 3
    assert at.toolbox.runs == []
    assert at.journal.kept == {}


async def test_one_bad_call_among_good_ones_lets_none_run(at: Stage) -> None:
    both = calls(("a", "lookup_events", LOOKUP), ("b", "open_ticket", {"subject": 5}))
    play(at, both, reply("Hm."))
    await at.reply(ask())
    assert at.toolbox.runs == []


async def test_a_stream_cut_after_a_call_runs_nothing(at: Stage) -> None:
    begun = {
        "index": 0,
        "id": "c",
        "function": {"name": "open_ticket", "arguments": json.dumps(TICKET)},
    }
    play(
        at,
        broken(events=[{"choices": [{"index": 0, "delta": {"tool_calls": [begun]}}]}], then="cut"),
    )
    with pytest.raises(ProviderDegraded):
        await at.reply(ask())
    assert at.toolbox.runs == []
    assert at.journal.kept == {}


async def test_a_reply_that_ran_into_its_limit_is_continued_once(at: Stage) -> None:
    play(at, reply("First half, ", finish="length"), reply("second half."))
    settled = await at.reply(ask())
    assert settled.text == "First half, second half."
    assert not settled.shortened
    assert roles(at, 1)[-2:] == ["assistant", "user"]


async def test_a_reply_that_runs_into_its_limit_again_is_marked(at: Stage) -> None:
    play(at, reply("First, ", finish="length"), reply("second, ", finish="length"))
    settled = await at.reply(ask())
    assert settled.text == "First, second, …"
    assert settled.shortened
    assert "shortened" in settled.source.label
    assert not settled.cacheable


async def test_a_context_that_is_too_long_is_sent_once_more_without_the_conversation(
    at: Stage,
) -> None:
    log = (entry(1, "customer", "Hello"), entry(2, "bot", "Yes?"))
    play(at, refuse(400, "context_length_exceeded"), reply("Fine."))
    assert (await at.reply(ask("And now?", situation(*log)))).text == "Fine."
    assert roles(at, 0) == ["system", "user", "assistant", "user"]
    assert roles(at, 1) == ["system", "user"]
    play(at, *[refuse(400, "context_length_exceeded")] * 2)
    with pytest.raises(ProviderRefused):
        await at.reply(ask("And now?", situation(*log)))


async def test_every_request_is_booked_with_its_tokens_and_its_price(at: Stage) -> None:
    play(at, call("lookup_events", LOOKUP), refuse(500))
    with pytest.raises(ProviderDegraded):
        await at.reply(ask())
    ok, failed = at.booked
    assert (ok.outcome, ok.finish, ok.step) == ("ok", "tool_calls", 0)
    assert (ok.usage.input_tokens, ok.usage.cached_tokens, ok.usage.output_tokens) == (120, 64, 8)
    assert ok.cost_usd is not None
    assert float(ok.cost_usd) == pytest.approx((56 + 6.4 + 32) / 1e6)
    assert (ok.prompt_name, ok.model, ok.price_known) == ("support", "scripted-1", True)
    assert (failed.outcome, failed.step, failed.usage.input_tokens) == ("server_error", 1, 0)


async def test_tokens_that_no_bill_came_for_are_counted_by_us(at: Stage) -> None:
    play(at, reply("Some words.", usage=None), broken())
    await at.reply(ask())
    with pytest.raises(ProviderDegraded):
        await at.reply(ask())
    for booked in at.booked:
        assert booked.usage_estimated
        assert booked.usage.input_tokens > 500
        assert 1 <= booked.usage.output_tokens <= 10


async def test_the_customer_is_a_hash_to_the_provider(at: Stage) -> None:
    known = ask("Hello?", situation(facts=CustomerFacts(customer("Maya"))))
    await at.reply(known)
    await at.reply(ask("Hello?"))
    one, other = (sent.body["user"] for sent in at.server.received)
    assert one != other
    assert "Maya" not in one
    assert str(known.principal.id) not in json.dumps(at.server.received[0].body)
    assert str(uid("home")) not in json.dumps(at.server.received[0].body)
