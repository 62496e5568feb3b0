"""
The Responses API of OpenAI itself.

Nothing is kept there (`store` is off): each request carries the whole conversation, as with
Chat Completions, so that a turn can go to any provider.
"""

from collections.abc import Iterator
from typing import Any

from chatbot.adapters.providers.draft import Draft
from chatbot.adapters.providers.endpoint import HEADERS, OpenAIEndpoint, Opening
from chatbot.adapters.providers.happenings import ResponseDraft
from chatbot.domain.ask import CompletionRequest, PromptMessage, ToolSchema


class OpenAIResponses(OpenAIEndpoint):
    """Satisfies `ports.Provider` over `/responses`."""

    ours = frozenset(
        {"model", "input", "stream", "tools", "background", "conversation", "previous_response_id"}
    )

    def draft(self, who: str, secret: str) -> Draft:
        return ResponseDraft(who, self.model, secret=secret)

    def ask(self, request: CompletionRequest) -> Opening:
        # As extra fields, the client sends these as they are; see `OpenAIChat.ask`. The system
        # prompt is an item too: three events of every stream would repeat `instructions`.
        plain = self._decided(request)
        plain["input"] = [item for message in request.messages for item in _items(message)]
        if request.tools:
            plain["tools"] = [_tool(tool) for tool in request.tools]
        return self.client.responses.with_streaming_response.create(
            extra_body=plain | self.options,
            extra_headers=HEADERS,
            model=self.model,
            stream=True,
        )

    def _decided(self, request: CompletionRequest) -> dict[str, Any]:
        """Fields that an operator's options may overrule."""
        fields: dict[str, Any] = {
            "max_output_tokens": request.max_output_tokens,
            "safety_identifier" if self.is_openai else "user": request.user_hash,
            "store": False,
        }
        if request.tools:
            fields["parallel_tool_calls"] = False
        return {name: value for name, value in fields.items() if name not in self.options}


def _items(message: PromptMessage) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield {
            "type": "function_call_output",
            "call_id": message.call_id or "",
            "output": message.text,
        }
        return
    if message.text or not message.calls:
        yield {"role": message.role, "content": message.text}
    for call in message.calls:
        yield {
            "type": "function_call",
            "call_id": call.call_id,
            "name": call.name,
            "arguments": call.arguments,
        }


def _tool(tool: ToolSchema) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": True,
    }
