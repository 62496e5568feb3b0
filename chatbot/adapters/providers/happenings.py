"""
The events of a Responses stream.

Each names its type. Those that make no difference to a reply are passed over, and so are types
that OpenAI adds later; one that we read and that has the wrong form is a fault.
"""

from typing import Any

import msgspec

from chatbot.adapters.providers.draft import Details, Draft, billed, converted, error_body, short
from chatbot.adapters.providers.faults import ErrorBody
from chatbot.domain.ask import Usage


class _Item(msgspec.Struct):
    type: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: Any = None


class _Response(msgspec.Struct):
    model: str | None = None
    usage: Any = None
    error: Any = None
    incomplete_details: Any = None


class _Event(msgspec.Struct, tag_field="type"):
    pass


class _Words(_Event, tag="response.output_text.delta"):
    delta: str | None = None


class _Refusal(_Event, tag="response.refusal.delta"):
    delta: str | None = None


class _Begun(_Event, tag="response.output_item.added"):
    output_index: int
    item: _Item


class _Written(_Event, tag="response.output_item.done"):
    output_index: int
    item: _Item


class _Arguments(_Event, tag="response.function_call_arguments.delta"):
    output_index: int
    delta: str | None = None


class _Whole(_Event, tag="response.completed"):
    response: _Response


class _Incomplete(_Event, tag="response.incomplete"):
    response: _Response


class _Failed(_Event, tag="response.failed"):
    response: _Response


class _Error(_Event, tag="error"):
    code: Any = None
    message: Any = None
    error: Any = None


class _Other(msgspec.Struct):
    type: str = ""
    error: Any = None


class _Reason(msgspec.Struct):
    reason: str | None = None


class _UsageBody(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    input_tokens_details: Details | None = None


_Known = (
    _Words | _Refusal | _Begun | _Written | _Arguments | _Whole | _Incomplete | _Failed | _Error
)
_TAGS = {
    kind.__struct_config__.tag
    for kind in (
        *(_Words, _Refusal, _Begun, _Written, _Arguments),
        *(_Whole, _Incomplete, _Failed, _Error),
    )
}
_decode = msgspec.json.Decoder(_Known).decode
_decode_other = msgspec.json.Decoder(_Other).decode


class ResponseDraft(Draft):
    """Made of events; whole with `response.completed` or `response.incomplete`."""

    def take_one(self, data: bytes, words: list[str]) -> bool:
        match self._read(data):
            case _Words(delta=text):
                self.say(text or "", words)
            case _Refusal(delta=text):
                self.refused = self.refused or bool(text)
            case _Begun() | _Written() as told:
                return self._add_item(told)
            case _Arguments(output_index=index, delta=text):
                self.call(index).write(text)
                return True
            case _Whole() | _Incomplete() | _Failed() | _Error() as last:
                self._take_last(last)
        return False

    def _take_last(self, event: _Whole | _Incomplete | _Failed | _Error) -> None:
        match event:
            case _Whole(response=response):
                self._end(response, "tool_calls" if self.calls else "stop")
            case _Incomplete(response=response):
                details = converted(response.incomplete_details, _Reason) or _Reason()
                filtered = details.reason == "content_filter"
                self._end(response, "content_filter" if filtered else "length")
            case _Failed(response=response):
                self.fail(error_body(response.error))
            case _Error(error=None, code=code, message=message):
                said = converted({"code": code, "message": message}, ErrorBody)
                self.fail(said or error_body(message))
            case _Error(error=error):
                self.fail(error_body(error))

    def _read(self, data: bytes) -> _Known | None:
        """The event; None when it is one that we do not read."""
        try:
            return _decode(data)
        except msgspec.ValidationError as error:
            other = self._read_other(data)
            if other.error:
                return _Error(error=other.error)
            if not other.type or other.type in _TAGS:
                raise self.unreadable(error) from error
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.unreadable(error) from error

    def _read_other(self, data: bytes) -> _Other:
        try:
            return _decode_other(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.unreadable(error) from error

    def _add_item(self, told: _Begun | _Written) -> bool:
        """A tool call at its beginning, or at its end, when its arguments may come in one."""
        item = told.item
        if item.type != "function_call":
            return False
        call = self.call(told.output_index)
        call.begin(item.call_id, item.name)
        if isinstance(told, _Written) and not call.length and isinstance(item.arguments, str):
            call.write(item.arguments)
        return True

    def _end(self, response: _Response, finish: str) -> None:
        self.model = short(response.model) or self.model
        body = converted(response.usage, _UsageBody)
        self.usage = None if body is None else _usage(body)
        self.finish, self.done = finish, True


def _usage(body: _UsageBody) -> Usage | None:
    return billed(body.input_tokens, body.output_tokens, body.input_tokens_details)
