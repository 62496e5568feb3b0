"""
The chunks of a Chat Completions stream.

Decoding is typed: a chunk of the wrong shape is a fault, fields that we do not read are
skipped, and what is known to be sent wrongly by honest servers (empty `choices`, a choice
without `delta`, odd `usage`, repeated tool names) is passed over.
"""

from typing import Any

import msgspec

from chatbot.adapters.providers.draft import Details, Draft, billed, converted, error_body, short
from chatbot.domain.ask import Usage


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _CallDelta(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_CallDelta] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: Any = None
    error: Any = None


class _UsageBody(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: Details | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


class ChatDraft(Draft):
    """Made of chunks; whole with the first choice's `finish_reason`."""

    def take_one(self, data: bytes, words: list[str]) -> bool:
        try:
            chunk = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.unreadable(error) from error
        if chunk.error:
            self.fail(error_body(chunk.error))
            return False
        calling = False
        self.model = short(chunk.model) or self.model
        if chunk.usage is not None:
            self.usage = _usage(chunk.usage) or self.usage
        for choice in chunk.choices or ():
            if choice.index or self.finish:
                continue
            if choice.delta is not None:
                calling |= self._add(choice.delta, words)
            self.finish = short(choice.finish_reason) or None
        return calling

    def _add(self, delta: _Delta, words: list[str]) -> bool:
        """Keep a delta's words and calls; say whether it brought a piece of a call."""
        if delta.content:
            self.say(delta.content, words)
        if delta.refusal:
            self.refused = True
        for call in delta.tool_calls or ():
            self._add_call(call)
        return bool(delta.tool_calls)

    def _add_call(self, delta: _CallDelta) -> None:
        index = delta.index
        if index is None:
            # Servers that leave the index out send whole calls, or one call in pieces.
            index = max(self.calls, default=-1)
            if index < 0 or (delta.id and delta.id != self.calls[index].call_id):
                index += 1
        call = self.call(index)
        function = delta.function or _Function()
        call.begin(delta.id, function.name)
        call.write(function.arguments)


def _usage(sent: object) -> Usage | None:
    body = converted(sent, _UsageBody)
    if body is None:
        return None
    return billed(body.prompt_tokens, body.completion_tokens, body.prompt_tokens_details)
