"""
A completion in the making, whatever its events look like.

Everything kept is bounded: a provider may write without an end, into anything.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chatbot.adapters.providers.faults import ErrorBody, is_withheld, of_event
from chatbot.domain.ask import CallPiece, Completed, TextPiece, ToolCall, Usage
from chatbot.errors import ProviderDegraded

MOST_TEXT = 200_000
"""Characters of a completion; no support reply comes near, an endless stream does."""

MOST_CALLS = 16
MOST_ARGUMENTS = 65_536
"""Characters of one call's arguments; what is over is dropped, and validation refuses the rest."""

MOST_NAME = 128
MOST_TOKENS = 100_000_000
"""More than any completion can have billed; a figure above it is a mistake."""


@dataclass(slots=True)
class Call:
    """A tool call being written."""

    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    length: int = 0

    def begin(self, call_id: str | None, name: str | None) -> None:
        """Keep what it is called; the first word on it stands."""
        self.call_id = self.call_id or short(call_id)
        self.name = self.name or short(name)

    def write(self, arguments: str | None) -> None:
        """More of its arguments' JSON; what goes beyond the limit is not kept."""
        written = (arguments or "")[: MOST_ARGUMENTS - self.length]
        if written:
            self.length += len(written)
            self.arguments.append(written)


@dataclass(slots=True)
class Draft(ABC):
    """
    What one stream has brought so far.

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
    usage: Usage | None = None
    refused: bool = False
    calls: dict[int, Call] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _length: int = 0

    def take(self, events: list[bytes]) -> TextPiece | CallPiece | None:
        """
        Add what arrived together, and say what of it was progress.

        Raises:
            ProviderDegraded: An event of another form, or more than is kept.
            ProviderRefused: An error in the stream that an operator has to see to.
        """
        words: list[str] = []
        calling = False
        for data in events:
            if self.done or data == b"[DONE]":
                self.done = True
                break
            calling |= self.take_one(data, words)
        if words:
            return TextPiece("".join(words))
        return CallPiece() if calling else None

    def completed(self, headroom: float | None) -> Completed:
        """The whole completion. Call it only when a finish reason was seen."""
        assert self.finish is not None  # noqa: S101 the caller's contract
        calls = tuple(
            ToolCall(call.call_id, call.name, "".join(call.arguments))
            for _, call in sorted(self.calls.items())
        )
        silent = not self._text and not calls
        finish = "refusal" if self.refused and silent else self.finish
        return Completed("".join(self._text), calls, finish, self.usage, self.model, headroom)

    @abstractmethod
    def take_one(self, data: bytes, words: list[str]) -> bool:
        """Keep what an event brings, add its *words*; say whether it brought a piece of a call."""

    def say(self, text: str, words: list[str]) -> None:
        # PostgreSQL keeps no NUL, and nobody can read one.
        said = text.replace("\0", "")
        self._length += len(said)
        if self._length > MOST_TEXT:
            raise self.degraded(f"wrote more than {MOST_TEXT} characters", "oversized")
        if said:
            self._text.append(said)
            words.append(said)

    def call(self, index: int) -> Call:
        """The call of that place; one too many is written to and forgotten."""
        if index not in self.calls and len(self.calls) >= MOST_CALLS:
            return Call()
        return self.calls.setdefault(index, Call())

    def fail(self, error: ErrorBody) -> None:
        """
        Take an error in the stream.

        Raises:
            ProviderDegraded: Unless the words were withheld by a filter, which is an end.
            ProviderRefused: Likewise, where an operator has to mend something.
        """
        if not is_withheld(error):
            raise of_event(self.who, error, secret=self.secret)
        self.finish, self.done = "content_filter", True

    def unreadable(self, error: Exception) -> ProviderDegraded:
        """The error that an event means which cannot be decoded."""
        if isinstance(error, UnicodeDecodeError):
            return self.degraded("sent bytes that are no UTF-8", "bad_utf8")
        if isinstance(error, msgspec.ValidationError):
            return self.degraded(f"sent an event of another form ({error})", "wrong_types")
        return self.degraded("sent an event that is no JSON", "bad_json")

    def degraded(self, what: str, fault: str) -> ProviderDegraded:
        """The error for a provider that did *what*, by its *fault* in one word."""
        return ProviderDegraded(f"{self.who} {what}.", fault=fault)


def short(name: str | None) -> str:
    """A name of the provider's as our rows can keep it."""
    return (name or "").replace("\0", "")[:MOST_NAME]


def error_body(sent: object) -> ErrorBody:
    """What an `error` says, in whatever form it came."""
    try:
        return msgspec.convert(sent, ErrorBody)
    except msgspec.ValidationError:
        return ErrorBody(message=sent if isinstance(sent, str) else None)


class Details(msgspec.Struct):
    """What of the input was read from the provider's cache, and what was written to it."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


def billed(read: int, written: int, details: Details | None) -> Usage | None:
    """Tokens *read* and *written* by the model; None when what was sent cannot be true."""
    details = details or Details()
    cached, kept = details.cached_tokens or 0, details.cache_write_tokens or 0
    if min(read, written, cached, kept) < 0 or max(read, written) > MOST_TOKENS:
        return None
    return Usage(read, cached, written, kept) if cached + kept <= read else None


def converted(sent: Any, form: type[Any]) -> Any:  # noqa: ANN401 whatever a provider sends
    """*sent* in that form; None when it has another."""
    try:
        return msgspec.convert(sent, form)
    except msgspec.ValidationError:
        return None
