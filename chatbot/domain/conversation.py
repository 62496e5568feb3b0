"""Conversation ⊃ turn ⊃ message: who said what, in which order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

Speaker = Literal["customer", "bot", "agent", "system", "note"]
State = Literal["bot", "waiting", "human", "resolved"]
EntryKind = Literal["message", "ticket", "state"]

_ASKED = UUID("5f0c2f8e-3a55-4a0e-9d0c-6f5f4b8e7a11")


def asked_cid(conversation_id: UUID) -> UUID:
    """The cid of a question of the API within its conversation; no message of a widget has it."""
    return uuid5(_ASKED, str(conversation_id))


@dataclass(frozen=True, slots=True)
class Inbound:
    """
    What a customer sent, before we stored it.

    Attributes:
        cid: Chosen by the widget; the same cid never becomes a second message.
    """

    conversation_id: UUID
    cid: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """
    One thread with one customer.

    Attributes:
        seq: The last sequence number given out; 0 for a conversation with no entry yet.
        agent_id: Who holds it while `state` is `human`.
    """

    id: UUID
    customer_id: UUID
    state: State
    seq: int
    agent_id: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Where a reply came from, told to the customer in a few words."""

    rung: str
    label: str
    answers: tuple[tuple[str, str], ...] = ()  # (answer id, title)
    score: float | None = None
    choices: tuple[tuple[str, str], ...] = ()  # offered in the band below the threshold

    @property
    def told(self) -> dict[str, Any]:
        """What customers and their company are told of it, ready for JSON."""
        told: dict[str, Any] = {
            "rung": self.rung,
            "label": self.label,
            "answers": [{"id": key, "title": title} for key, title in self.answers],
        }
        if self.score is not None:
            told["score"] = self.score
        if self.choices:
            told["choices"] = [{"id": key, "title": title} for key, title in self.choices]
        return told


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One durable event of a conversation: a message, a ticket notice or a change of state.

    `seq` is contiguous per conversation. Private notes have a `seq` of their own kind:
    they live beside the log and are never sent to a customer.

    Attributes:
        data: For a ticket `number, subject, status`; for a state `state, agent, eta_s`.
    """

    id: UUID
    conversation_id: UUID
    seq: int
    kind: EntryKind
    at: datetime
    role: Speaker = "system"
    text: str = ""
    cid: UUID | None = None
    reply_to: UUID | None = None
    source: Source | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """
    One customer message and the work of answering it.

    Attributes:
        reply_id: The id that `start`, `delta` and the final `message` share.
        attempt: Counts from 1; a process that takes over a stranded turn adds one.
        fence: Grows with every lease; a writer with an older one is refused.
        later: Its message was handed off in an outage and is answered now after all.
    """

    id: UUID
    conversation_id: UUID
    message_id: UUID
    reply_id: UUID
    attempt: int
    fence: int
    question: str
    later: bool = False
