"""What an outage leaves behind: questions that wait for its end, and the record of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Deferred:
    """
    A question that was handed off because no model could answer, and may be answered later.

    Attributes:
        message_id: Of the question.
        turn_id: Its first turn, which ended in the handoff.
        attempts: How often it was tried since.
        until: From then on nobody waits for it any more.
    """

    message_id: UUID
    conversation_id: UUID
    turn_id: UUID
    attempts: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """
    A time in which a model did not answer a workspace's customers.

    Attributes:
        cause: The fault in one word of the fault table (`docs/continuity.md`).
        fell_at: When a turn fell off the model last.
        ended_at: None while it goes on.
        served: Settled turns meanwhile, by the rung that spoke.
        customers: How many of them those turns were for.
    """

    id: UUID
    provider: str
    model: str
    cause: str
    started_at: datetime
    fell_at: datetime
    ended_at: datetime | None = None
    served: Mapping[str, int] = field(default_factory=dict)
    customers: int = 0
