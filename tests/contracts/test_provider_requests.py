"""What providers are sent, and which settings of theirs cannot be."""

import pytest

from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.adapters.providers.openai_responses import OpenAIResponses
from chatbot.domain.ask import PromptMessage, ToolCall
from chatbot.errors import Misconfigured
from tests.contracts.providers import KEY, KINDS, TOOL, Kind, asking, chat, heard, responses
from tests.fault_server import FaultServer

HISTORY = (
    PromptMessage("system", "Be brief."),
    PromptMessage("user", "Where is my parcel?"),
    PromptMessage("assistant", "", calls=(ToolCall("c1", "lookup_events", "{}"),)),
    PromptMessage("tool", "sent", call_id="c1"),
)
ADAPTERS = (OpenAIChat, OpenAIResponses)


async def test_chat_says_what_compatible_servers_understand(server: FaultServer) -> None:
    adapter = chat(server.base_url)
    async for _ in adapter.stream(asking(*HISTORY, tools=(TOOL,))):
        pass
    await adapter.close()
    sent = server.received[0]
    assert sent.body["max_tokens"] == 77
    assert sent.body["user"] == "hash-of-customer"
    assert sent.body["stream_options"] == {"include_usage": True}
    assert sent.body["tools"][0]["function"]["strict"] is True
    assert [m["role"] for m in sent.body["messages"]] == ["system", "user", "assistant", "tool"]
    assert sent.body["messages"][2]["tool_calls"][0]["id"] == "c1"
    assert sent.body["messages"][3]["tool_call_id"] == "c1"


async def test_responses_carries_the_whole_conversation_and_leaves_nothing_there(
    server: FaultServer,
) -> None:
    adapter = responses(server.base_url)
    async for _ in adapter.stream(asking(*HISTORY, tools=(TOOL,))):
        pass
    await adapter.close()
    sent = server.received[0].body
    assert sent["store"] is False
    assert sent["stream"] is True
    assert sent["max_output_tokens"] == 77
    assert sent["user"] == "hash-of-customer"
    assert sent["parallel_tool_calls"] is False
    assert sent["input"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Where is my parcel?"},
        {"type": "function_call", "call_id": "c1", "name": "lookup_events", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "sent"},
    ]
    assert sent["tools"] == [
        {
            "type": "function",
            "name": "open_ticket",
            "description": "Open a ticket.",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        }
    ]
    assert not sent.keys() & {"messages", "stream_options", "previous_response_id"}


@pytest.mark.parametrize("name", KINDS)
async def test_every_request_is_signed_and_uncompressed(name: str, server: FaultServer) -> None:
    kind: Kind = KINDS[name]
    adapter = kind.connect(server.base_url)
    await heard(adapter)
    await adapter.close()
    sent = server.received[0]
    assert sent.path == kind.path
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("adapter", "options", "without"),
    [
        (OpenAIChat, {"reasoning_effort": "none", "max_completion_tokens": 99}, "max_tokens"),
        (OpenAIResponses, {"reasoning": {"effort": "low"}, "max_output_tokens": 99}, "max_tokens"),
    ],
)
async def test_an_operators_options_go_with_every_request(
    adapter: type[OpenAIChat | OpenAIResponses],
    options: dict[str, object],
    without: str,
    server: FaultServer,
) -> None:
    provider = adapter("local", "small", KEY, server.base_url, options=options)
    await heard(provider)
    await provider.close()
    sent = server.received[0].body
    assert {name: sent[name] for name in options} == options
    assert without not in sent
    assert sent["stream"] is True


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("option", ["stream", "model", "tools"])
def test_an_option_that_is_not_the_operators_stops_the_start(
    adapter: type[OpenAIChat | OpenAIResponses], option: str
) -> None:
    with pytest.raises(Misconfigured, match=f"options of provider local set {option}"):
        adapter("local", "small", KEY, "http://localhost/v1", options={option: False})


@pytest.mark.parametrize("address", ["x", "localhost:8000", "ftp://x/v1", "http://"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_address_that_is_none_stops_the_start(
    adapter: type[OpenAIChat | OpenAIResponses], address: str
) -> None:
    with pytest.raises(Misconfigured, match="base URL of provider local"):
        adapter("local", "small", KEY, address)


def test_a_key_that_no_header_can_carry_stops_the_start_without_showing_it() -> None:
    with pytest.raises(Misconfigured, match="API key of provider local") as error:
        OpenAIChat("local", "small", "sk-ключ\nx", "http://localhost/v1")
    assert "ключ" not in str(error.value)
