"""Work for an agent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

Priority = Literal["low", "medium", "high", "critical"]
Category = Literal["billing", "technical", "account", "other"]
Status = Literal["open", "pending", "closed"]
Review = Literal["pending", "accepted", "edited", "rejected"]

PRIORITIES: tuple[Priority, ...] = get_args(Priority)
CATEGORIES: tuple[Category, ...] = get_args(Category)
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """What a ticket says before it has a number."""

    subject: str
    summary: str
    priority: Priority
    category: Category
    opened_by: Literal["bot", "customer", "agent", "key"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    A numbered piece of work, `number` counting from 1 in each workspace.

    Attributes:
        review: What an agent thought of the bot's proposal; `accepted` from the start when a
            person opened it.
        due_at: When the customer was told to expect an answer.
    """

    id: UUID
    number: int
    conversation_id: UUID | None
    customer_id: UUID
    subject: str
    summary: str
    priority: Priority
    category: Category
    status: Status
    review: Review
    opened_by: str
    assignee_id: UUID | None
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
