"""What every provider owes the caller, held against a real server over real sockets."""

from collections.abc import AsyncIterator

import pytest

from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.domain.ask import (
    CallPiece,
    Completed,
    CompletionRequest,
    PromptMessage,
    TextPiece,
    ToolCall,
    ToolSchema,
    Usage,
)
from chatbot.errors import Misconfigured, ProviderDegraded, ProviderRefused
from chatbot.ports import Provider
from tests.fault_catalogue import BEARABLE, FAULTS, REFUSALS, fault_server
from tests.fault_scenarios import REPLY, call, calls, refuse, refusing, reply
from tests.fault_server import MODEL, FaultServer
from tests.waiting import until

KEY = "sk-made-up-and-secret"
TOOL = ToolSchema("open_ticket", "Open a ticket.", {"type": "object", "properties": {}})


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server() as running:
        yield running


@pytest.fixture
async def provider(server: FaultServer) -> AsyncIterator[OpenAIChat]:
    adapter = OpenAIChat("local", "small", KEY, server.base_url, bill_within=0.2)
    yield adapter
    await adapter.close()


def asking(*messages: PromptMessage, tools: tuple[ToolSchema, ...] = ()) -> CompletionRequest:
    spoken = messages or (PromptMessage("system", "Be brief."), PromptMessage("user", "Returns?"))
    return CompletionRequest(spoken, tools, max_output_tokens=77, user_hash="hash-of-customer")


async def heard(provider: Provider) -> tuple[list[str], Completed]:
    """The words as they arrived, and the end; fails when the end is not the last item."""
    items = [item async for item in provider.stream(asking(tools=(TOOL,)))]
    *before, last = items
    assert isinstance(last, Completed)
    assert all(isinstance(item, (TextPiece, CallPiece)) for item in before)
    return [item.text for item in before if isinstance(item, TextPiece)], last


@pytest.mark.parametrize("name", BEARABLE)
async def test_an_odd_but_whole_stream_is_heard_whole(
    name: str, server: FaultServer, provider: OpenAIChat
) -> None:
    server.script.append(BEARABLE[name])
    words, completed = await heard(provider)
    assert "".join(words) == completed.text == REPLY
    assert completed.finish == "stop"
    assert completed.model == MODEL


@pytest.mark.parametrize("name", FAULTS)
async def test_a_broken_answer_is_never_taken_for_a_whole_one(
    name: str, server: FaultServer, provider: OpenAIChat
) -> None:
    scenario, fault = FAULTS[name]
    server.default = scenario
    with pytest.raises(ProviderDegraded) as error:
        await heard(provider)
    assert error.value.fault == fault


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_an_operator_must_mend_is_told_apart(
    name: str, server: FaultServer, provider: OpenAIChat
) -> None:
    scenario, fault = REFUSALS[name]
    server.script.append(scenario)
    with pytest.raises(ProviderRefused) as error:
        await heard(provider)
    assert error.value.fault == fault
    assert len(server.received) == 1, "the client must not try again by itself"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "2"}, 2.0),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:30 GMT"}, 30.0),
        ({"retry_after": "Wed, 21 Oct 2020 07:28:30 GMT"}, 0.0),
        ({"retry_after": "99999999"}, 3600.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
    ],
)
async def test_the_wait_that_a_provider_asks_for_is_understood(
    headers: dict[str, str], seconds: float | None, server: FaultServer, provider: OpenAIChat
) -> None:
    dated = {"date": "Wed, 21 Oct 2026 07:28:00 GMT"} | headers
    server.script.append(refuse(429, "rate_limit_exceeded", **dated))
    with pytest.raises(ProviderDegraded) as error:
        await heard(provider)
    assert error.value.retry_after == seconds


async def test_a_server_that_is_not_there_is_degraded(server: FaultServer) -> None:
    address = server.base_url
    await server.stop()
    adapter = OpenAIChat("gone", "small", KEY, address)
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    assert error.value.fault == "refused"
    await adapter.close()


async def test_a_name_that_does_not_resolve_is_degraded() -> None:
    adapter = OpenAIChat("nowhere", "small", KEY, "http://nowhere.invalid/v1")
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    assert error.value.fault == "dns"
    await adapter.close()


async def test_a_server_without_tls_behind_a_tls_address_is_degraded(server: FaultServer) -> None:
    adapter = OpenAIChat("plain", "small", KEY, server.base_url.replace("http:", "https:"))
    with pytest.raises(ProviderDegraded) as error:
        await heard(adapter)
    assert error.value.fault in {"tls", "reset"}
    await adapter.close()


async def test_tool_calls_come_whole_and_in_order(
    server: FaultServer, provider: OpenAIChat
) -> None:
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


async def test_a_megabyte_of_arguments_is_cut_to_a_bound(
    server: FaultServer, provider: OpenAIChat
) -> None:
    server.script.append(call("open_ticket", {"subject": "x" * 1_000_000}))
    _, completed = await heard(provider)
    assert len(completed.calls[0].arguments) <= 65_536


async def test_a_flood_of_calls_is_cut_to_a_bound(
    server: FaultServer, provider: OpenAIChat
) -> None:
    server.script.append(calls(*((f"c{n}", "open_ticket", {}) for n in range(500))))
    _, completed = await heard(provider)
    assert len(completed.calls) <= 16


async def test_the_bill_is_read_from_the_last_chunk(provider: OpenAIChat) -> None:
    _, completed = await heard(provider)
    assert completed.usage == Usage(input_tokens=120, cached_tokens=64, output_tokens=8)


@pytest.mark.parametrize("usage", [None, "nine", {"prompt_tokens": 5}, {"prompt_tokens": -1}, 7])
async def test_a_bill_that_cannot_be_true_is_no_bill(
    usage: object, server: FaultServer, provider: OpenAIChat
) -> None:
    server.script.append(reply(usage=usage))
    _, completed = await heard(provider)
    assert completed.usage is None


async def test_a_refusal_in_words_is_told_by_the_finish(
    server: FaultServer, provider: OpenAIChat
) -> None:
    server.script.append(refusing("I cannot help with that."))
    words, completed = await heard(provider)
    assert words == []
    assert completed.finish == "refusal"


async def test_the_connection_is_used_again(server: FaultServer, provider: OpenAIChat) -> None:
    for _ in range(3):
        await heard(provider)
    assert len(server.received) == 3
    assert server.open_now == 1


async def test_a_kept_connection_that_the_server_closed_costs_no_reply(
    server: FaultServer, provider: OpenAIChat
) -> None:
    """As llama.cpp does: it promises to keep a connection and closes it after each reply."""
    server.script += [BEARABLE["plain"], FAULTS["reset_at_once"][0], BEARABLE["plain"]]
    await heard(provider)
    words, _ = await heard(provider)
    assert "".join(words) == REPLY
    assert len(server.received) == 3


async def test_closing_a_stream_hangs_up(server: FaultServer, provider: OpenAIChat) -> None:
    server.script.append(FAULTS["endless"][0])
    stream = provider.stream(asking())
    await anext(stream)
    await stream.aclose()
    await until(lambda: server.open_now == 0, "the server noticed")


async def test_the_request_says_what_compatible_servers_understand(
    server: FaultServer, provider: OpenAIChat
) -> None:
    history = (
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "Where is my parcel?"),
        PromptMessage("assistant", "", calls=(ToolCall("c1", "lookup_events", "{}"),)),
        PromptMessage("tool", "sent", call_id="c1"),
    )
    async for _ in provider.stream(asking(*history, tools=(TOOL,))):
        pass
    sent = server.received[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["accept-encoding"] == "identity"
    assert sent.body["max_tokens"] == 77
    assert sent.body["user"] == "hash-of-customer"
    assert sent.body["stream_options"] == {"include_usage": True}
    assert sent.body["tools"][0]["function"]["strict"] is True
    assert [m["role"] for m in sent.body["messages"]] == ["system", "user", "assistant", "tool"]
    assert sent.body["messages"][2]["tool_calls"][0]["id"] == "c1"
    assert sent.body["messages"][3]["tool_call_id"] == "c1"


async def test_an_operators_options_go_with_every_request(server: FaultServer) -> None:
    options = {"reasoning_effort": "none", "top_k": 5, "max_completion_tokens": 99}
    adapter = OpenAIChat("local", "small", KEY, server.base_url, options=options)
    await heard(adapter)
    await adapter.close()
    sent = server.received[0].body
    assert {name: sent[name] for name in options} == options
    assert "max_tokens" not in sent
    assert sent["stream"] is True


def test_an_option_that_is_not_the_operators_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="options of provider local set stream"):
        OpenAIChat("local", "small", KEY, "http://localhost/v1", options={"stream": False})


async def test_our_key_is_in_no_error_and_no_representation(
    server: FaultServer, provider: OpenAIChat
) -> None:
    server.script.append(refuse(401, message=f"Incorrect API key provided: {KEY}"))
    with pytest.raises(ProviderRefused) as error:
        await heard(provider)
    assert KEY not in str(error.value)
    assert KEY not in repr(provider)


@pytest.mark.parametrize("address", ["", "localhost:8000", "ftp://x/v1", "http://"])
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(Misconfigured, match="base URL of provider local"):
        OpenAIChat("local", "small", KEY, address or "x")


def test_a_key_that_no_header_can_carry_stops_the_start_without_showing_it() -> None:
    with pytest.raises(Misconfigured, match="API key of provider local") as error:
        OpenAIChat("local", "small", "sk-ключ\nx", "http://localhost/v1")
    assert "ключ" not in str(error.value)
