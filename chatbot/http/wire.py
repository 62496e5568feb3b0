"""
The frames of `chat.v1`, both ways. `docs/protocol.md` is their reference.

A frame from outside is decoded against a closed set of types; one to the outside is made from a
domain event here and nowhere else, so that nothing internal can slip out.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from chatbot.domain.conversation import Conversation, Entry
from chatbot.domain.event import (
    LiveEvent,
    Logged,
    Noticed,
    Retracted,
    Spoken,
    Started,
    Typing,
)
from chatbot.errors import Malformed

SUBPROTOCOL = "chat.v1"
Sequence_ = Annotated[int, Meta(ge=0, le=2**53)]
Comment = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*$")]

DRAIN, TOO_SLOW, NO_PONG, TOO_MANY, EXPIRED = 4001, 4008, 4012, 4013, 4014
PROTOCOL, TOKEN, VERSION, REVOKED = 4500, 4501, 4503, 4509
"""Close codes: below 4500 a client comes back by itself, from 4500 on it does not."""

ERRORS: Mapping[str, str] = {
    "malformed": "This frame is not understood.",
    "too_long": "The message is too long.",
    "empty": "The message is empty.",
    "too_many": "Too many messages: wait a moment.",
    "not_found": "There is nothing like that in this conversation.",
    "not_allowed": "That is not possible here.",
    "conflict": "That is not possible in the present state.",
    "unavailable": "We cannot take messages right now. Your text is not lost: send it again soon.",
    "token": "This token is not valid.",
    "internal": "Something went wrong on our side.",
}
"""Everything an `error` frame may say, by its code."""


class Resume(Struct):
    seq: Sequence_ = 0


class Hello(Struct, tag="hello"):
    token: Annotated[str, Meta(max_length=4096)]
    conversation: UUID | None = None
    resume: Resume | None = None


class Send(Struct, tag="send"):
    cid: UUID
    text: str


class Stop(Struct, tag="stop"):
    pass


class AskForPerson(Struct, tag="handoff"):
    pass


class CustomerTyping(Struct, tag="typing"):
    pass


class Read(Struct, tag="read"):
    seq: Sequence_


class Pong(Struct, tag="pong"):
    pass


class Feedback(Struct, tag="feedback"):
    message: UUID
    value: Literal[1, -1]
    comment: Comment = ""


class Rate(Struct, tag="rate"):
    score: Annotated[int, Meta(ge=1, le=5)]
    comment: Comment = ""


ClientFrame = Hello | Send | Stop | AskForPerson | CustomerTyping | Read | Pong | Feedback | Rate


class _Delta(Struct, tag="delta"):
    """The one frame that is sent often enough for its form to matter."""

    id: UUID
    attempt: int
    offset: int
    text: str


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_encode = msgspec.json.Encoder().encode


def read_frame(text: str | bytes) -> ClientFrame:
    """
    Raises:
        Malformed: Not JSON, not a known type, or a field of the wrong kind.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(ERRORS["malformed"]) from error


def frame(kind: str, **fields: Any) -> str:  # noqa: ANN401 JSON
    """A frame without the fields that are None."""
    said = {name: value for name, value in fields.items() if value is not None}
    return _encode({"type": kind, **said}).decode()


def error_frame(code: str, *, cid: UUID | None = None, retry_after_s: float | None = None) -> str:
    """An `error` frame; the sentence is fixed by its code."""
    return frame("error", code=code, message=ERRORS[code], cid=cid, retry_after_s=retry_after_s)


def message_of(entry: Entry) -> dict[str, Any]:
    """A message as the socket and the HTTP API both show it."""
    told = {
        "seq": entry.seq,
        "id": entry.id,
        "role": entry.role,
        "text": entry.text,
        "at": entry.at,
        "reply_to": entry.reply_to,
        "source": None if entry.source is None else entry.source.told,
        "cid": entry.cid,
    }
    return {name: value for name, value in told.items() if value is not None}


def entry_frame(entry: Entry) -> str:
    """The frame of a durable entry."""
    if entry.kind == "message":
        return frame("message", **message_of(entry))
    return frame(entry.kind, seq=entry.seq, at=entry.at, **entry.data)


def event_frame(event: LiveEvent) -> str:
    """The frame of any event that a watcher hears."""
    match event:
        case Logged(entry):
            return entry_frame(entry)
        case Started(reply_id, reply_to, attempt):
            return frame("start", id=reply_id, reply_to=reply_to, attempt=attempt)
        case Spoken(reply_id, attempt, offset, text):
            return _encode(_Delta(reply_id, attempt, offset, text)).decode()
        case Retracted(reply_id, attempt, reason):
            return frame("reset", id=reply_id, attempt=attempt, reason=reason)
        case Noticed(code, text, eta_s):
            return frame("notice", code=code, text=text, eta_s=eta_s)
        case Typing(role):
            return frame("typing", role=role)


def ready_frame(
    conversation_id: UUID,
    known: Conversation | None,
    *,
    degraded: bool,
    heartbeat_s: float,
    limits: Mapping[str, int],
) -> str:
    """The answer to `hello`."""
    return frame(
        "ready",
        conversation=conversation_id,
        seq=known.seq if known else 0,
        state=known.state if known else "bot",
        degraded=degraded,
        heartbeat_s=heartbeat_s,
        limits=limits,
    )
