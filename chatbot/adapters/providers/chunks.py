"""
A completion, put together from the chunks of a Chat Completions stream.

Decoding is typed: a chunk of the wrong shape is a fault, fields that we do not read are
skipped, and what is known to be sent wrongly by honest servers (empty `choices`, a choice
without `delta`, odd `usage`, repeated tool names) is passed over. Everything kept is bounded.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from chatbot.adapters.providers.faults import ErrorBody, of_event
from chatbot.domain.ask import CallPiece, Completed, TextPiece, ToolCall, Usage
from chatbot.errors import ProviderDegraded

MOST_TEXT = 200_000
"""Characters of a completion; no support reply comes near, an endless stream does."""

MOST_CALLS = 16
MOST_ARGUMENTS = 65_536
"""Characters of one call's arguments; what is over is dropped, and validation refuses the rest."""

MOST_NAME = 128


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


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _UsageBody(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _InputDetails | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


@dataclass(slots=True)
class _Call:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    length: int = 0


@dataclass(slots=True)
class Assembly:
    """
    One completion in the making.

    Attributes:
        who: Names provider and model in errors.
        model: The model that says it answers.
        secret: The API key; some servers repeat it in their errors, ours must not.
        finish: The finish reason, once one was seen; what comes after it is not read.
        done: The stream said that it is over.
    """

    who: str
    model: str
    secret: str = ""
    finish: str | None = None
    done: bool = False
    _text: list[str] = field(default_factory=list)
    _length: int = 0
    _refused: bool = False
    _calls: dict[int, _Call] = field(default_factory=dict)
    _usage: Usage | None = None

    def take(self, events: list[bytes]) -> TextPiece | CallPiece | None:
        """
        Add what arrived together, and say what of it was progress.

        Raises:
            ProviderDegraded: An event that is no chunk, or more than is kept.
            ProviderRefused: An `error` event that an operator has to see to.
        """
        words: list[str] = []
        calling = False
        for data in events:
            if self.done or data == b"[DONE]":
                self.done = True
                break
            calling |= self._take_one(self._read(data), words)
        if words:
            return TextPiece("".join(words))
        return CallPiece() if calling else None

    def completed(self) -> Completed:
        """The whole completion. Call it only when a finish reason was seen."""
        assert self.finish is not None  # noqa: S101 the caller's contract
        calls = tuple(
            ToolCall(call.call_id, call.name, "".join(call.arguments))
            for _, call in sorted(self._calls.items())
        )
        silent = not self._text and not calls
        finish = "refusal" if self._refused and silent else self.finish
        return Completed("".join(self._text), calls, finish, self._usage, self.model)

    def _take_one(self, chunk: _Chunk, words: list[str]) -> bool:
        """Keep what a chunk brings; say whether it brought a piece of a call."""
        calling = False
        self.model = chunk.model or self.model
        if chunk.usage is not None:
            self._usage = _usage(chunk.usage) or self._usage
        for choice in chunk.choices or ():
            if choice.index or self.finish:
                continue
            if choice.delta is not None:
                calling |= self._add(choice.delta, words)
            self.finish = choice.finish_reason or None
        return calling

    def _read(self, data: bytes) -> _Chunk:
        try:
            chunk = _decode(data)
        except UnicodeDecodeError as error:
            raise self._degraded("sent bytes that are no UTF-8", "bad_utf8") from error
        except msgspec.ValidationError as error:
            raise self._degraded(f"sent a chunk of another form ({error})", "wrong_types") from None
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._degraded("sent a chunk that is no JSON", "bad_json") from error
        if chunk.error:
            raise of_event(self.who, _error(chunk.error), secret=self.secret)
        return chunk

    def _add(self, delta: _Delta, words: list[str]) -> bool:
        """Keep a delta's words and calls; say whether it brought a piece of a call."""
        if delta.content:
            # PostgreSQL keeps no NUL, and nobody can read one.
            said = delta.content.replace("\0", "")
            self._length += len(said)
            if self._length > MOST_TEXT:
                raise self._degraded(f"wrote more than {MOST_TEXT} characters", "oversized")
            if said:
                self._text.append(said)
                words.append(said)
        if delta.refusal:
            self._refused = True
        for call in delta.tool_calls or ():
            self._add_call(call)
        return bool(delta.tool_calls)

    def _add_call(self, delta: _CallDelta) -> None:
        index = delta.index
        if index is None:
            # Servers that leave the index out send whole calls, or one call in pieces.
            index = max(self._calls, default=-1)
            if index < 0 or (delta.id and delta.id != self._calls[index].call_id):
                index += 1
        if index not in self._calls and len(self._calls) >= MOST_CALLS:
            return
        call = self._calls.setdefault(index, _Call())
        call.call_id = call.call_id or (delta.id or "")[:MOST_NAME]
        if delta.function is None:
            return
        call.name = call.name or (delta.function.name or "")[:MOST_NAME]
        written = (delta.function.arguments or "")[: MOST_ARGUMENTS - call.length]
        if written:
            call.length += len(written)
            call.arguments.append(written)

    def _degraded(self, what: str, fault: str) -> ProviderDegraded:
        return ProviderDegraded(f"{self.who} {what}.", fault=fault)


def _error(sent: object) -> ErrorBody:
    """What an `error` says, in whatever form it came."""
    try:
        return msgspec.convert(sent, ErrorBody)
    except msgspec.ValidationError:
        return ErrorBody(message=sent if isinstance(sent, str) else None)


def _usage(sent: object) -> Usage | None:
    """The tokens that were billed; None when what was sent cannot be true."""
    try:
        body = msgspec.convert(sent, _UsageBody)
    except msgspec.ValidationError:
        return None
    details = body.prompt_tokens_details or _InputDetails()
    cached, written = details.cached_tokens or 0, details.cache_write_tokens or 0
    if min(body.prompt_tokens, body.completion_tokens, cached, written) < 0:
        return None
    if cached + written > body.prompt_tokens:
        return None
    return Usage(body.prompt_tokens, cached, body.completion_tokens, written)
