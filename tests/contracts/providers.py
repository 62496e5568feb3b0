"""The adapters of `ports.Provider`, and how their contract listens to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chatbot.adapters.providers.keyed import KeyedProvider
from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.adapters.providers.openai_responses import OpenAIResponses
from chatbot.domain.ask import (
    CallPiece,
    Completed,
    CompletionRequest,
    PromptMessage,
    TextPiece,
    ToolSchema,
)
from chatbot.ports import Provider
from tests.builders import FakeClock
from tests.fault_catalogue import BEARABLE, FAULTS, REFUSALS
from tests.fault_catalogue_responses import BEARABLE_EVENTS, FAULT_EVENTS, REFUSED_EVENTS
from tests.fault_server import Scenario

KEY = "sk-made-up-and-secret"
SPARE = "sk-made-up-and-spare"
TOOL = ToolSchema("open_ticket", "Open a ticket.", {"type": "object", "properties": {}})


@dataclass(frozen=True)
class Kind:
    """
    One adapter.

    Attributes:
        connect: Makes one for a base URL.
        path: Where its requests go.
    """

    connect: Callable[[str], Provider]
    path: str
    bearable: Mapping[str, Scenario]
    faults: Mapping[str, tuple[Scenario, str]]
    refusals: Mapping[str, tuple[Scenario, str]]


def chat(base_url: str, key: str = KEY) -> OpenAIChat:
    return OpenAIChat("local", "small", key, base_url, bill_within=0.2, pace_s=0)


def responses(base_url: str, key: str = KEY) -> OpenAIResponses:
    return OpenAIResponses("local", "small", key, base_url, bill_within=0.2, pace_s=0)


def keyed(base_url: str) -> KeyedProvider:
    both = {"key 1": chat(base_url, KEY), "key 2": chat(base_url, SPARE)}
    return KeyedProvider(both, FakeClock())


_CHAT = ("/v1/chat/completions", BEARABLE, FAULTS, REFUSALS)
KINDS = {
    "chat": Kind(chat, *_CHAT),
    "responses": Kind(responses, "/v1/responses", BEARABLE_EVENTS, FAULT_EVENTS, REFUSED_EVENTS),
    "keyed": Kind(keyed, *_CHAT),
}


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
