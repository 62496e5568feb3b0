"""What agents decide about tickets; each decision on the bot's proposals is kept to measure it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.domain.event import Logged
from chatbot.domain.principal import Principal
from chatbot.domain.ticket import Category, Priority, Review, Status, Ticket
from chatbot.errors import Conflict
from chatbot.ports import Bus
from chatbot.tickets.opening import log_ticket

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit


@dataclass(frozen=True, slots=True)
class Wording:
    """What an agent wants a ticket to say."""

    subject: str
    summary: str
    priority: Priority
    category: Category
    status: Status
    assignee_id: UUID | None


async def accept(
    number: int,
    wording: Wording,
    *,
    seen: datetime | None,
    by: Principal,
    store: "Store",
    bus: Bus,
) -> Ticket:
    """
    Take a proposed ticket as work; it counts as edited when its wording was changed.

    Args:
        number: Of the ticket.
        wording: What it says from now on.
        seen: When the version that the agent looked at was written.
        by: The agent.
        store: Where it is written.
        bus: Who tells the customer.

    Raises:
        NotFound: No such ticket.
        Conflict: Somebody changed or decided it meanwhile.
    """
    async with store.begin(by) as db:
        ticket = await _unchanged(db, number, seen)
        if ticket.review != "pending":
            raise Conflict(f"Ticket #{number} was decided already: look at it again.")
        review: Review = "accepted" if _says(ticket, wording) else "edited"
        saved = await _save(db, ticket, wording, review)
        await db.audit.record(f"ticket.{review}", f"#{number}")
        logged = await log_change(db, ticket, saved)
    await publish(bus, logged)
    return saved


async def edit(
    number: int,
    wording: Wording,
    *,
    seen: datetime | None,
    by: Principal,
    store: "Store",
    bus: Bus,
) -> Ticket:
    """
    Change a ticket without deciding on it.

    Raises:
        NotFound: No such ticket.
        Conflict: Somebody changed it meanwhile.
    """
    async with store.begin(by) as db:
        ticket = await _unchanged(db, number, seen)
        saved = await _save(db, ticket, wording, ticket.review)
        await db.audit.record("ticket.edit", f"#{number}")
        logged = await log_change(db, ticket, saved)
    await publish(bus, logged)
    return saved


async def reject(number: int, reason: str, *, by: Principal, store: "Store", bus: Bus) -> Ticket:
    """
    Close a proposed ticket as one that should not have been opened.

    Raises:
        NotFound: No such ticket.
        Conflict: Somebody decided it already.
    """
    async with store.begin(by) as db:
        ticket = await db.tickets.by_number(number, lock=True)
        if ticket.review != "pending":
            raise Conflict(f"Ticket #{number} was decided already: look at it again.")
        saved = await db.tickets.save(replace(ticket, review="rejected", status="closed"))
        await db.audit.record("ticket.rejected", f"#{number}", reason=reason)
        logged = await log_change(db, ticket, saved)
    await publish(bus, logged)
    return saved


async def set_status(
    number: int, status: Status, *, by: Principal, store: "Store", bus: Bus
) -> Ticket:
    """
    Close a ticket or open it again.

    Raises:
        NotFound: No such ticket.
    """
    async with store.begin(by) as db:
        ticket = await db.tickets.by_number(number, lock=True)
        saved = await db.tickets.save(replace(ticket, status=status))
        await db.audit.record(f"ticket.{status}", f"#{number}")
        logged = await log_change(db, ticket, saved)
    await publish(bus, logged)
    return saved


async def _unchanged(db: "Unit", number: int, seen: datetime | None) -> Ticket:
    ticket = await db.tickets.by_number(number, lock=True)
    if seen is not None and ticket.updated_at != seen:
        raise Conflict(
            f"Ticket #{number} changed while you looked at it. Your version is in the form below: "
            "compare it with the ticket as it is now, then save again."
        )
    return ticket


def _says(ticket: Ticket, wording: Wording) -> bool:
    return (ticket.subject, ticket.summary, ticket.priority, ticket.category) == (
        wording.subject,
        wording.summary,
        wording.priority,
        wording.category,
    )


async def _save(db: "Unit", ticket: Ticket, wording: Wording, review: Review) -> Ticket:
    if wording.assignee_id is not None:
        await db.people.get(wording.assignee_id)
    changed = replace(
        ticket,
        subject=wording.subject,
        summary=wording.summary,
        priority=wording.priority,
        category=wording.category,
        status=wording.status,
        assignee_id=wording.assignee_id,
        review=review,
    )
    return await db.tickets.save(changed)


async def log_change(db: "Unit", before: Ticket, after: Ticket) -> tuple[Logged, ...]:
    """The customer is told of a new status or subject, and of nothing else."""
    if after.conversation_id is None:
        return ()
    if (before.status, before.subject) == (after.status, after.subject):
        return ()
    return (Logged(await log_ticket(db, after)),)


async def publish(bus: Bus, logged: tuple[Logged, ...]) -> None:
    for event in logged:
        await bus.publish(event.entry.conversation_id, event)
