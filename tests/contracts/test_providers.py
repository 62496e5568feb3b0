"""What every provider owes the caller, held against a real server over real sockets."""

from contextlib import aclosing

import pytest

from chatbot.domain.ask import ToolCall, Usage
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Provider
from tests.contracts.providers import KEY, KINDS, SPARE, Kind, asking, chat, heard, responses
from tests.fault_catalogue import WITHHELD
from tests.fault_scenarios import REPLY, call, calls, refuse, refusing, reply
from tests.fault_server import MODEL, FaultServer, Quota
from tests.waiting import until

BEARABLE = [(kind, name) for kind, each in KINDS.items() for name in each.bearable]
FAULTS = [(kind, name) for kind, each in KINDS.items() for name in each.faults]
REFUSALS = [(kind, name) for kind, each in KINDS.items() for name in each.refusals]
OF_THE_KEY = {"401", "402", "403", "429_quota", "quota_event"}
"""Refusals for which another key is tried, if no word was heard."""


@pytest.mark.parametrize(("kind", "name"), BEARABLE)
async def test_an_odd_but_whole_stream_is_heard_whole(
    kind: str, name: str, server: FaultServer
) -> None:
    server.script.append(KINDS[kind].bearable[name])
    provider = KINDS[kind].connect(server.base_url)
    words, completed = await heard(provider)
    await provider.close()
    assert "".join(words) == completed.text == REPLY
    assert completed.finish == "stop"
    assert completed.model == MODEL


@pytest.mark.parametrize(("kind", "name"), FAULTS)
async def test_a_broken_answer_is_never_taken_for_a_whole_one(
    kind: str, name: str, server: FaultServer
) -> None:
    server.default, fault = KINDS[kind].faults[name]
    provider = KINDS[kind].connect(server.base_url)
    with pytest.raises(ProviderDegraded) as error:
        await heard(provider)
    await provider.close()
    assert error.value.fault == fault


@pytest.mark.parametrize(("kind", "name"), REFUSALS)
async def test_what_an_operator_must_mend_is_told_apart(
    kind: str, name: str, server: FaultServer
) -> None:
    server.default, fault = KINDS[kind].refusals[name]
    provider = KINDS[kind].connect(server.base_url)
    with pytest.raises(ProviderRefused) as error:
        await heard(provider)
    await provider.close()
    assert error.value.fault == fault
    keys = 2 if kind == "keyed" and name in OF_THE_KEY else 1
    assert len(server.received) <= keys, "the client must not try again by itself"


@pytest.mark.parametrize("name", WITHHELD)
async def test_what_a_filter_withholds_is_an_end_and_no_fault(
    name: str, server: FaultServer, provider: Provider
) -> None:
    server.script.append(WITHHELD[name])
    _, completed = await heard(provider)
    assert completed.finish == "content_filter"
    assert len(server.received) == 1


async def test_a_server_that_is_not_there_is_degraded(server: FaultServer, kind: Kind) -> None:
    adapter = kind.connect(server.base_url)
    await server.stop()
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    assert error.value.fault == "refused"
    await adapter.close()


async def test_a_name_that_does_not_resolve_is_degraded(kind: Kind) -> None:
    adapter = kind.connect("http://nowhere.invalid/v1")
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    assert error.value.fault == "dns"
    await adapter.close()


async def test_a_server_without_tls_behind_a_tls_address_is_degraded(
    server: FaultServer, kind: Kind
) -> None:
    adapter = kind.connect(server.base_url.replace("http:", "https:"))
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    assert error.value.fault in {"tls", "reset"}
    await adapter.close()


async def test_tool_calls_come_whole_and_in_order(server: FaultServer, provider: Provider) -> None:
    server.script.append(
        calls(("a", "open_ticket", {"subject": "Lamp"}), ("b", "lookup_events", {"limit": 3}))
    )
    words, completed = await heard(provider)
    assert words == []
    assert completed.calls == (
        ToolCall("a", "open_ticket", '{"subject": "Lamp"}'),
        ToolCall("b", "lookup_events", '{"limit": 3}'),
    )
    assert completed.finish == "tool_calls"


async def test_a_megabyte_of_arguments_is_cut_to_a_bound(server: FaultServer) -> None:
    adapter = chat(server.base_url)
    server.script.append(call("open_ticket", {"subject": "x" * 1_000_000}))
    _, completed = await heard(adapter)
    await adapter.close()
    assert len(completed.calls[0].arguments) <= 65_536


async def test_a_megabyte_of_arguments_in_one_event_is_refused(server: FaultServer) -> None:
    """Responses repeats them whole when they are written."""
    adapter = responses(server.base_url)
    server.script.append(call("open_ticket", {"subject": "x" * 1_000_000}))
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    await adapter.close()
    assert error.value.fault == "oversized"


async def test_a_flood_of_calls_is_cut_to_a_bound(server: FaultServer, provider: Provider) -> None:
    server.script.append(calls(*((f"c{n}", "open_ticket", {}) for n in range(500))))
    _, completed = await heard(provider)
    assert len(completed.calls) <= 16


async def test_names_are_cut_to_what_a_row_can_hold(
    server: FaultServer, provider: Provider
) -> None:
    server.script.append(calls(("c\0" * 5_000, "open_ticket\0" * 5_000, {})))
    _, completed = await heard(provider)
    named = completed.calls[0]
    assert len(named.call_id) <= 128
    assert len(named.name) <= 128
    assert "\0" not in named.call_id + named.name


async def test_the_bill_is_read_from_the_end(provider: Provider) -> None:
    _, completed = await heard(provider)
    assert completed.usage == Usage(input_tokens=120, cached_tokens=64, output_tokens=8)


@pytest.mark.parametrize(
    "usage",
    [
        *(None, "nine", 7, {"prompt_tokens": 5}),
        {"prompt_tokens": -1, "completion_tokens": 5},
        {"prompt_tokens": 10**30, "completion_tokens": 5},
        {"prompt_tokens": 5, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}},
    ],
)
async def test_a_bill_that_cannot_be_true_is_no_bill(
    usage: object, server: FaultServer, provider: Provider
) -> None:
    server.script.append(reply(usage=usage))
    _, completed = await heard(provider)
    assert completed.usage is None


@pytest.mark.parametrize("finish", ["length", "content_filter"])
async def test_an_end_before_the_end_is_told_by_the_finish(
    finish: str, server: FaultServer, provider: Provider
) -> None:
    server.script.append(reply("Returns ", "are", finish=finish))
    _, completed = await heard(provider)
    assert (completed.text, completed.finish) == ("Returns are", finish)


async def test_a_refusal_in_words_is_told_by_the_finish(
    server: FaultServer, provider: Provider
) -> None:
    server.script.append(refusing("I cannot help with that."))
    words, completed = await heard(provider)
    assert words == []
    assert completed.finish == "refusal"


async def test_the_connection_is_used_again(server: FaultServer, provider: Provider) -> None:
    for _ in range(3):
        await heard(provider)
    assert len(server.received) == 3
    assert server.open_now == 1


async def test_a_kept_connection_that_the_server_closed_costs_no_reply(
    server: FaultServer, provider: Provider
) -> None:
    """As llama.cpp does: it promises to keep a connection and closes it after each reply."""
    reset = KINDS["chat"].faults["reset_at_once"][0]
    server.script += [reply(), reset, reply()]
    await heard(provider)
    words, _ = await heard(provider)
    assert "".join(words) == REPLY
    assert len(server.received) == 3


async def test_a_server_that_always_hangs_up_is_asked_twice_and_no_more(
    server: FaultServer, provider: Provider
) -> None:
    server.default = KINDS["chat"].faults["reset_at_once"][0]
    with pytest.raises(ProviderDegraded) as error:
        await heard(provider)
    assert error.value.fault == "reset"
    assert len(server.received) == 2


async def test_closing_a_stream_hangs_up(server: FaultServer, provider: Provider) -> None:
    server.script.append(KINDS["chat"].faults["endless"][0])
    async with aclosing(provider.stream(asking())) as stream:
        await anext(stream)
        assert server.open_now == 1
    await until(lambda: server.open_now == 0, "the server noticed")


async def test_our_keys_are_in_no_error_and_no_representation(
    server: FaultServer, provider: Provider
) -> None:
    server.default = refuse(401, message=f"Incorrect API key provided: {KEY} {SPARE}")
    with pytest.raises(ProviderRefused) as error:
        await heard(provider)
    sent = {received.key for received in server.received}
    assert sent <= {KEY, SPARE}
    assert server.received[-1].key not in str(error.value)
    assert not any(key in repr(provider) for key in sent)


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({}, None),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-limit-requests": "10"}, 0.5),
        (
            {
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-limit-requests": "10",
                "x-ratelimit-remaining-tokens": "10",
                "x-ratelimit-limit-tokens": "100",
            },
            0.1,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-limit": "3"}, 0.0),
        ({"x-ratelimit-remaining-requests": "50", "x-ratelimit-limit-requests": "10"}, 1.0),
        ({"x-ratelimit-remaining-requests": "-5", "x-ratelimit-limit-requests": "10"}, 0.0),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-limit-requests": "0"}, None),
        ({"x-ratelimit-remaining-requests": "nan", "x-ratelimit-limit-requests": "9"}, None),
        ({"x-ratelimit-remaining-requests": "some", "x-ratelimit-limit-requests": "9"}, None),
        ({"x-ratelimit-remaining-requests": "5"}, None),
    ],
)
async def test_what_is_left_of_the_limits_comes_with_the_completion(
    headers: dict[str, str], left: float | None, server: FaultServer, provider: Provider
) -> None:
    server.headers = headers
    _, completed = await heard(provider)
    assert completed.headroom == left


async def test_a_used_up_quota_says_when_to_come_again(
    server: FaultServer, provider: Provider
) -> None:
    server.quota = Quota(per_second=0.1, burst=2)
    _, first = await heard(provider)
    assert first.headroom == 0.5
    _, second = await heard(provider)
    assert second.headroom == 0
    with pytest.raises(ProviderDegraded) as error:
        await heard(provider)
    assert error.value.fault == "rate_limited"
    assert error.value.retry_after == pytest.approx(10, abs=5)
    assert server.quota.refused == 1
