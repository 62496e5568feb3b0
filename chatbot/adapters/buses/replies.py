"""What has been said so far of the replies being written."""

from dataclasses import dataclass, field
from uuid import UUID

from chatbot.domain.event import LiveEvent, Logged, Retracted, Spoken, Started

MOST = 10_000
"""Replies remembered at once; beyond that the oldest is forgotten, as its turn has surely died."""


@dataclass(slots=True)
class _Reply:
    started: Started
    pieces: list[str] = field(default_factory=list)
    length: int = 0


class Replies:
    """Follows the events of any number of conversations, one running reply in each."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._running: dict[UUID, _Reply] = {}

    def __contains__(self, conversation_id: UUID) -> bool:
        return conversation_id in self._running

    def note(self, conversation_id: UUID, event: LiveEvent) -> None:
        """Take an event in; a reply with words missing is forgotten rather than told wrongly."""
        match event:
            case Started():
                self._begin(conversation_id, event)
            case Spoken():
                self._append(conversation_id, event)
            case Retracted(reply_id, attempt):
                self._forget(conversation_id, reply_id, attempt)
            case Logged(entry):
                self._forget(conversation_id, entry.id)

    def running(self, conversation_id: UUID) -> tuple[Started, Spoken] | None:
        """How the reply began and all its words so far, at offset 0; None when there is none."""
        reply = self._running.get(conversation_id)
        if reply is None:
            return None
        started = reply.started
        words = "".join(reply.pieces)
        return started, Spoken(started.reply_id, started.attempt, 0, words)

    def _begin(self, conversation_id: UUID, event: Started) -> None:
        known = self._running.get(conversation_id)
        same = known is not None and known.started.reply_id == event.reply_id
        if known and same and event.attempt <= known.started.attempt:
            return  # said again, or by a process that was superseded
        self._running.pop(conversation_id, None)  # so that it joins the end of the line
        self._running[conversation_id] = _Reply(event)
        if len(self._running) > self._most:
            del self._running[next(iter(self._running))]

    def _append(self, conversation_id: UUID, piece: Spoken) -> None:
        reply = self._running.get(conversation_id)
        if reply is None or (piece.reply_id, piece.attempt) != (
            reply.started.reply_id,
            reply.started.attempt,
        ):
            return
        if piece.offset > reply.length:
            del self._running[conversation_id]
            return
        fresh = piece.text[reply.length - piece.offset :]
        reply.pieces.append(fresh)
        reply.length += len(fresh)

    def _forget(self, conversation_id: UUID, reply_id: UUID, attempt: int | None = None) -> None:
        """Forget *reply_id*, unless only an *attempt* before the present one was meant."""
        reply = self._running.get(conversation_id)
        if reply is None or reply.started.reply_id != reply_id:
            return
        if attempt is None or attempt >= reply.started.attempt:
            del self._running[conversation_id]
