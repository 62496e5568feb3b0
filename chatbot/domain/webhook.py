"""What the company's own server is told of, and how it took it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal
from uuid import UUID

DeliveryState = Literal["waiting", "delivered", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """
    Where a workspace wants to be told.

    Attributes:
        sealed_secret: What signs the events; see `safety.keys`.
    """

    url: str
    sealed_secret: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One event on its way.

    Attributes:
        id: The same in every attempt, so that a receiver notices what it has had before.
        body: The JSON that is sent, the same in every attempt.
        attempts: How often it was tried, with this one.
    """

    id: UUID
    body: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came back.

    Attributes:
        status: The HTTP status; None when there was no answer.
        words: A short quote of the answer, or a sentence about why there was none.
    """

    status: int | None
    words: str

    @property
    def taken(self) -> bool:
        return self.status is not None and HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def gone(self) -> bool:
        """The receiver asks never to be sent this again."""
        return self.status == HTTPStatus.GONE


@dataclass(frozen=True, slots=True)
class Delivered:
    """A line of the delivery log; `due_at` is the next attempt's moment while it is waiting."""

    id: UUID
    kind: str
    state: DeliveryState
    attempts: int
    status: int | None
    words: str
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None
