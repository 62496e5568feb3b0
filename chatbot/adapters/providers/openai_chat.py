"""Chat Completions, as OpenAI and every compatible server speak them."""

from typing import Any

from chatbot.adapters.providers.chunks import ChatDraft
from chatbot.adapters.providers.draft import Draft
from chatbot.adapters.providers.endpoint import HEADERS, OpenAIEndpoint, Opening
from chatbot.domain.ask import CompletionRequest, PromptMessage, ToolSchema


class OpenAIChat(OpenAIEndpoint):
    """Satisfies `ports.Provider` over `/chat/completions`."""

    ours = frozenset({"model", "messages", "stream", "stream_options", "tools"})

    def draft(self, who: str, secret: str) -> Draft:
        return ChatDraft(who, self.model, secret=secret)

    def ask(self, request: CompletionRequest) -> Opening:
        # As extra fields, the client sends these as they are: walking through every message and
        # schema to look for what it might rename took longer than all the rest of a request.
        plain = self._decided(request)
        plain["messages"] = [_message(message) for message in request.messages]
        plain["stream_options"] = {"include_usage": True}
        if request.tools:
            plain["tools"] = [_tool(tool) for tool in request.tools]
        return self.client.chat.completions.with_streaming_response.create(
            extra_body=plain | self.options,
            extra_headers=HEADERS,
            model=self.model,
            messages=(),
            stream=True,
        )

    def _decided(self, request: CompletionRequest) -> dict[str, Any]:
        """Fields that an operator's options may overrule."""
        if self.is_openai:
            fields: dict[str, Any] = {
                "max_completion_tokens": request.max_output_tokens,
                "safety_identifier": request.user_hash,
                "store": False,
            }
            if request.tools:
                fields["parallel_tool_calls"] = False
        else:
            # The older names, which every compatible server understands.
            fields = {"max_tokens": request.max_output_tokens, "user": request.user_hash}
        if "max_completion_tokens" in self.options:
            fields.pop("max_tokens", None)  # a server takes one of the two
        return {name: value for name, value in fields.items() if name not in self.options}


def _message(message: PromptMessage) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        sent["content"] = message.text or None
        sent["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.calls
        ]
    if message.call_id is not None:
        sent["tool_call_id"] = message.call_id
    return sent


def _tool(tool: ToolSchema) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": True,
        },
    }
