"""What Chat Completions and Responses make of the same reply, event by event."""

import json
from collections.abc import Iterator
from typing import Any, Protocol

MODEL = "scripted-1"

Event = dict[str, Any]


class Dialect(Protocol):
    """
    One answer in one API's shape.

    Attributes:
        done: What follows the last event, as bytes.
    """

    done: bytes

    def encode(self, value: object) -> bytes: ...
    def begin(self) -> Iterator[Event]: ...
    def words(self, text: str) -> Event: ...
    def refusal(self, text: str) -> Event: ...
    def call(self, call_id: str, name: str) -> Event:
        """Begin a call; `arguments` then belong to it."""
        ...

    def arguments(self, text: str) -> Event: ...
    def finish(self, reason: str, usage: Any) -> Iterator[Event]: ...  # noqa: ANN401 wrong ones too


def chunk(delta: Any, finish: str | None = None, **more: Any) -> Event:  # noqa: ANN401 wrong ones too
    """A chunk as OpenAI sends them."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [choice],
        "usage": None,
    } | more


class Chunks:
    """Chat Completions."""

    done = b"data: [DONE]\n\n"

    def __init__(self) -> None:
        self._calls = -1

    def encode(self, value: object) -> bytes:
        return b"data: " + json.dumps(value).encode() + b"\n\n"

    def begin(self) -> Iterator[Event]:
        yield chunk({"role": "assistant", "content": ""})

    def words(self, text: str) -> Event:
        return chunk({"content": text})

    def refusal(self, text: str) -> Event:
        return chunk({"refusal": text})

    def call(self, call_id: str, name: str) -> Event:
        self._calls += 1
        function = {"name": name, "arguments": ""}
        begun = {"index": self._calls, "id": call_id, "type": "function", "function": function}
        return chunk({"tool_calls": [begun]})

    def arguments(self, text: str) -> Event:
        piece = {"index": self._calls, "function": {"arguments": text}}
        return chunk({"tool_calls": [piece]})

    def finish(self, reason: str, usage: Any) -> Iterator[Event]:  # noqa: ANN401 wrong ones too
        yield chunk({}, reason)
        if usage is not None:
            yield {**chunk({}), "choices": [], "usage": usage}


class Happenings:
    """Responses: every event has a name and a number, and the last one repeats the whole."""

    done = b""

    def __init__(self) -> None:
        self._number = -1
        self._output: list[Event] = []
        self._told = ""
        self._written = ""

    def encode(self, value: object) -> bytes:
        named = value.get("type", "error") if isinstance(value, dict) else "error"
        return b"event: %s\ndata: %s\n\n" % (str(named).encode(), json.dumps(value).encode())

    def begin(self) -> Iterator[Event]:
        for kind in ("response.created", "response.in_progress"):
            yield self._event(kind, response=response("in_progress"))

    def words(self, text: str) -> Event:
        self._told += text
        return self._event(
            "response.output_text.delta", item_id="msg_1", output_index=0, delta=text, logprobs=[]
        )

    def refusal(self, text: str) -> Event:
        return self._event("response.refusal.delta", item_id="msg_1", output_index=0, delta=text)

    def call(self, call_id: str, name: str) -> Event:
        self._close_call()
        item = {
            "type": "function_call",
            "id": f"fc_{len(self._output)}",
            "call_id": call_id,
            "name": name,
            "arguments": "",
        }
        self._output.append(item)
        return self._event("response.output_item.added", output_index=self._place, item=item | {})

    def arguments(self, text: str) -> Event:
        self._written += text
        return self._event(
            "response.function_call_arguments.delta",
            item_id=f"fc_{self._place}",
            output_index=self._place,
            delta=text,
        )

    def finish(self, reason: str, usage: Any) -> Iterator[Event]:  # noqa: ANN401 wrong ones too
        self._close_call()
        for place, item in enumerate(self._output, start=1):
            yield self._event("response.output_item.done", output_index=place, item=item)
        told = {"type": "output_text", "text": self._told, "annotations": []}
        whole = [{"type": "message", "id": "msg_1", "role": "assistant", "content": [told]}]
        reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
        cut = reasons.get(reason)
        status = "incomplete" if cut else "completed"
        yield self._event(
            f"response.{status}",
            response=response(
                status,
                output=whole if self._told else [],
                usage=renamed(usage),
                incomplete_details={"reason": cut} if cut else None,
            ),
        )

    @property
    def _place(self) -> int:
        return len(self._output)

    def _close_call(self) -> None:
        if self._output:
            self._output[-1] |= {"arguments": self._written}
        self._written = ""

    def _event(self, kind: str, **fields: Any) -> Event:  # noqa: ANN401 JSON
        self._number += 1
        return {"type": kind, "sequence_number": self._number, **fields}


def response(status: str, **more: Any) -> Event:  # noqa: ANN401 wrong ones too
    """A response as OpenAI sends it within events."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": MODEL,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "output": [],
        "usage": None,
    } | more


def renamed(usage: Any) -> Any:  # noqa: ANN401 wrong ones too
    """A bill of Chat Completions in the words of Responses."""
    if not isinstance(usage, dict):
        return usage
    return {
        name.replace("prompt", "input").replace("completion", "output"): value
        for name, value in usage.items()
    }
