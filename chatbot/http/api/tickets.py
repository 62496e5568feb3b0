"""Tickets over HTTP: lists of them, one of them, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from litestar import Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from chatbot.domain.ticket import (
    CATEGORIES,
    PRIORITIES,
    STATUSES,
    Category,
    Priority,
    Status,
    Ticket,
)
from chatbot.errors import NotFound
from chatbot.http.api.access import AnyRequest, caller
from chatbot.http.api.paging import Page, behind_number, cursor_to, one_of, page_size, said
from chatbot.http.api.writes import Done, once
from chatbot.http.office import Office
from chatbot.tickets.opening import LONGEST_SUBJECT, LONGEST_SUMMARY
from chatbot.tickets.review import log_change, publish

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

LARGEST = 2**53


class TicketChange(Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    subject: Annotated[str, Meta(min_length=1, max_length=LONGEST_SUBJECT)] | UnsetType = UNSET
    summary: Annotated[str, Meta(max_length=LONGEST_SUMMARY)] | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class TicketShown(Struct):
    """
    A ticket.

    Attributes:
        customer: The company's own id; null for an anonymous visitor.
    """

    number: int
    subject: str
    summary: str
    priority: Priority
    category: Category
    status: Status
    customer: str | None
    conversation: UUID | None
    opened_by: str
    at: datetime


def _shown(ticket: Ticket, customers: Mapping[UUID, str | None]) -> TicketShown:
    return TicketShown(
        number=ticket.number,
        subject=ticket.subject,
        summary=ticket.summary,
        priority=ticket.priority,
        category=ticket.category,
        status=ticket.status,
        customer=customers.get(ticket.customer_id),
        conversation=ticket.conversation_id,
        opened_by=ticket.opened_by,
        at=ticket.created_at,
    )


async def _with_customers(db: "Unit", tickets: Sequence[Ticket]) -> list[TicketShown]:
    customers = await db.customers.external_ids({ticket.customer_id for ticket in tickets})
    return [_shown(ticket, customers) for ticket in tickets]


@get("/tickets", tags=["Tickets"], summary="List tickets")
async def list_tickets(
    request: AnyRequest,
    office: NamedDependency[Office],
    status: FromQuery[str] = "",
    priority: FromQuery[str] = "",
    category: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 50,
) -> Page[TicketShown]:
    """The newest first; `status`, `priority` and `category` pick."""
    size = page_size(limit)
    async with office.desk.store.begin(caller(request)) as db:
        found = await db.tickets.page(
            status=one_of("status", status, STATUSES),
            priority=one_of("priority", priority, PRIORITIES),
            category=one_of("category", category, CATEGORIES),
            before=behind_number(cursor),
            limit=size + 1,
        )
        items = await _with_customers(db, found[:size])
    following = cursor_to(str(found[size - 1].number)) if len(found) > size else None
    return Page(items, following)


@get("/tickets/{number:int}", tags=["Tickets"], summary="Show a ticket")
async def get_ticket(
    request: AnyRequest, number: FromPath[int], office: NamedDependency[Office]
) -> TicketShown:
    """By its number."""
    async with office.desk.store.begin(caller(request)) as db:
        ticket = await db.tickets.by_number(_stored(number))
        return (await _with_customers(db, [ticket]))[0]


@patch("/tickets/{number:int}", tags=["Tickets"], summary="Change a ticket")
async def change_ticket(
    request: AnyRequest,
    number: FromPath[int],
    data: JSONBody[TicketChange],
    office: NamedDependency[Office],
) -> Response[TicketShown]:
    """The customer is told in the conversation of a new status or subject."""
    fields = {name: getattr(data, name) for name in data.__struct_fields__}
    changes = {name: value for name, value in fields.items() if value is not UNSET}
    if data.subject is not UNSET:
        changes["subject"] = said("subject", data.subject)

    async def work(db: "Unit") -> Done:
        before = await db.tickets.by_number(_stored(number), lock=True)
        after, logged = before, ()
        if replace(before, **changes) != before:
            after = await db.tickets.save(replace(before, **changes))
            logged = await log_change(db, before, after)
            await db.audit.record("ticket.edit", f"#{number}", fields=sorted(changes))
        shown = (await _with_customers(db, [after]))[0]
        return Done(shown, after=lambda: publish(office.desk.bus, logged))

    return await once(request, office, work)


def _stored(number: int) -> int:
    """A number that the database can be asked for."""
    if not 0 < number < LARGEST:
        raise NotFound("ticket", str(number)[:40])
    return number


routes = [list_tickets, get_ticket, change_ticket]
