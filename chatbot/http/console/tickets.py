"""Tickets: the queue, and a ticket beside the conversation it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from chatbot.domain.ticket import CATEGORIES, PRIORITIES, STATUSES
from chatbot.errors import Malformed, Rejected
from chatbot.http.console.threads import thread_of
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of, undo
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import AnyRequest, visit_of
from chatbot.store.desk import TicketView
from chatbot.tickets.opening import LONGEST_SUBJECT, LONGEST_SUMMARY
from chatbot.tickets.review import Wording, accept, edit, reject, set_status

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_MEASURED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class View:
    """A kind of tickets; `amount` is how many there are."""

    key: TicketView
    tab: str
    name: str
    empty_title: str
    empty_words: str
    amount: int = 0


_VIEWS: tuple[View, ...] = (
    View(
        "review",
        "Review",
        "To review",
        "Nothing to review",
        "Tickets that the bot opens come here first, with what it proposes.",
    ),
    View(
        "open",
        "Open",
        "Open",
        "No open tickets",
        "Accepted tickets stay here until they are closed.",
    ),
    View(
        "pending",
        "Waiting",
        "Waiting for the customer",
        "Nobody is waited for",
        "Tickets that need something from the customer are kept here.",
    ),
    View("closed", "Closed", "Closed", "Nothing is closed yet", "Closed tickets are kept here."),
)


@get("/tickets")
async def show_tickets(
    request: AnyRequest,
    office: NamedDependency[Office],
    view: FromQuery[str] = "review",
    q: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Response[Any]:
    """A view with nothing opened; `done` names the ticket that just left it."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "ticket")
        beside = await _beside(db, view, q)
    what, _, number = done.partition("-")
    if what == "closed" and number.isdecimal():
        action = f"/console/tickets/{number}/reopen"
        frame["undo"] = undo(f"Ticket #{number} closed.", action, view=beside["view"].key)
    return page("console/tickets.html", frame, **beside, ticket=None)


@get("/tickets/{number:int}")
async def show_ticket(
    request: AnyRequest,
    office: NamedDependency[Office],
    number: FromPath[int],
    view: FromQuery[str] = "review",
    q: FromQuery[str] = "",
) -> Response[Any]:
    """A ticket, what is proposed for it, and the whole conversation."""
    return await _show(request, office, number, view=view, search=q)


@post("/tickets/{number:int}/accept")
async def accept_ticket(
    request: AnyRequest, office: NamedDependency[Office], number: FromPath[int]
) -> Response[Any]:
    return await _decide(request, office, number, accept)


@post("/tickets/{number:int}/save")
async def save_ticket(
    request: AnyRequest, office: NamedDependency[Office], number: FromPath[int]
) -> Response[Any]:
    return await _decide(request, office, number, edit)


@post("/tickets/{number:int}/reject")
async def reject_ticket(
    request: AnyRequest, office: NamedDependency[Office], number: FromPath[int]
) -> Redirect:
    form = await Form.read(request)
    reason = form.text("reason", longest=500, needed=True)
    desk = office.desk
    await reject(number, reason, by=visit_of(request).principal, store=desk.store, bus=desk.bus)
    return see(f"/console/tickets?view={_key(form)}&done=rejected-{number}")


@post("/tickets/{number:int}/close")
async def close_ticket(
    request: AnyRequest, office: NamedDependency[Office], number: FromPath[int]
) -> Redirect:
    form, desk = await Form.read(request), office.desk
    by = visit_of(request).principal
    await set_status(number, "closed", by=by, store=desk.store, bus=desk.bus)
    return see(f"/console/tickets?view={_key(form)}&done=closed-{number}")


@post("/tickets/{number:int}/reopen")
async def reopen_ticket(
    request: AnyRequest, office: NamedDependency[Office], number: FromPath[int]
) -> Redirect:
    form, desk = await Form.read(request), office.desk
    by = visit_of(request).principal
    await set_status(number, "open", by=by, store=desk.store, bus=desk.bus)
    return see(f"/console/tickets/{number}?view={_key(form)}")


async def _decide(
    request: AnyRequest,
    office: Office,
    number: int,
    decision: Any,  # noqa: ANN401 accept or edit
) -> Response[Any]:
    """Take the form; what cannot be taken is shown again as it was typed, with the reason."""
    form, desk = await Form.read(request), office.desk
    by = visit_of(request).principal
    view = _key(form)
    try:
        wording, seen = _wording(form), _moment(form)
        await decision(number, wording, seen=seen, by=by, store=desk.store, bus=desk.bus)
    except Rejected as error:
        return await _show(request, office, number, view=view, refused=(form, error))
    return see(f"/console/tickets/{number}?view={view}&done=saved")


def _wording(form: Form) -> Wording:
    return Wording(
        subject=form.line("subject", longest=LONGEST_SUBJECT, needed=True),
        summary=form.text("summary", longest=LONGEST_SUMMARY),
        priority=form.choice("priority", PRIORITIES),
        category=form.choice("category", CATEGORIES),
        status=form.choice("status", STATUSES),
        assignee_id=form.identity("assignee") if form.line("assignee") else None,
    )


def _moment(form: Form) -> datetime | None:
    try:
        return datetime.fromisoformat(form.line("seen")) if form.line("seen") else None
    except ValueError as error:
        raise Malformed("The form does not say which version it shows: load it again.") from error


def _key(form: Form) -> str:
    key = form.line("view")
    return key if key in {view.key for view in _VIEWS} else "review"


async def _beside(db: "Unit", key: str, search: str) -> dict[str, Any]:
    counts = await db.desk.ticket_counts()
    views = [replace(view, amount=counts[view.key]) for view in _VIEWS]
    view = next((one for one in views if one.key == key), views[0])
    search = search.strip()[:100]
    return {
        "views": views,
        "view": view,
        "search": search,
        "tickets": await db.desk.tickets(view.key, search=search),
        "decided": _shares(await db.desk.decided(db.now - _MEASURED)),
    }


def _shares(counts: Mapping[str, int]) -> Mapping[str, float]:
    total = sum(counts.values())
    return {"total": total, **{word: many / max(1, total) for word, many in counts.items()}}


async def _show(
    request: AnyRequest,
    office: Office,
    number: int,
    *,
    view: str,
    search: str = "",
    refused: tuple[Form, Rejected] | None = None,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "ticket")
        ticket = await db.tickets.by_number(number)
        thread = None
        if ticket.conversation_id is not None:
            thread = await thread_of(db, ticket.conversation_id, frame)
        customer = await db.customers.get(ticket.customer_id)
        people = [(person["id"], person["name"]) for person in await db.desk.team()]
        beside = await _beside(db, view, search)
    names: dict[UUID, str] = dict(people)
    shown = {
        "ticket": ticket,
        "typed": _typed(refused[0]) if refused else None,
        "wrong": str(refused[1]) if refused else "",
        "thread": thread,
        "receipts": False,
        "customer": customer,
        "people": people,
        "assignee": names.get(ticket.assignee_id) if ticket.assignee_id else None,
    }
    status = refused[1].status if refused else 200
    return page("console/tickets.html", frame, status=status, **beside, **shown)


def _typed(form: Form) -> Mapping[str, str]:
    names = ("subject", "summary", "priority", "category", "status", "assignee")
    return {name: form.secret(name) for name in names}
