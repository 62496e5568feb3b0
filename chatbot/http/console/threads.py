"""A conversation's page: what was said, who says it, and what agents may do about it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from chatbot.domain.conversation import Conversation
from chatbot.domain.customer import Customer
from chatbot.domain.event import Typing
from chatbot.errors import Rejected
from chatbot.http.console.queues import queue_of
from chatbot.http.console.receipts import Receipt, receipt_of
from chatbot.http.console.timeline import Cast, Item, timeline
from chatbot.http.formats import short, words
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of, undo
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import BACKGROUND, AnyRequest, visit_of
from chatbot.tickets.handoff import agent_says, hand_back, resolve, take_over

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

NOTES = "notes"
"""Topic on which processes tell each other `conversation note` ids of new private notes."""

_LATEST = 400  # entries on a page; a conversation is rarely a tenth of it
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Thread:
    """What `_thread.html` and `_context.html` show."""

    conversation: Conversation
    customer: Customer
    name: str
    title: str
    mine: bool
    agent: str
    rating: int | None
    items: list[Item]
    tickets: list[Any]
    all_tickets: list[Any]
    events: list[Any]
    earlier: list[Any]
    receipt: Receipt | None
    totals: Any

    @property
    def id(self) -> UUID:
        return self.conversation.id

    @property
    def seq(self) -> int:
        return self.conversation.seq

    @property
    def state(self) -> str:
        return self.conversation.state


@get("/conversations/{conversation_id:uuid}")
async def show_thread(
    request: AnyRequest,
    office: NamedDependency[Office],
    conversation_id: FromPath[UUID],
    queue: FromQuery[str] = "needs_reply",
    q: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Response[Any]:
    """The conversation beside its queue; opening it marks it read."""
    return await _show(request, office, conversation_id, queue=queue, search=q, done=done)


@get("/conversations/{conversation_id:uuid}/head", opt=BACKGROUND)
async def refresh_head(
    request: AnyRequest,
    office: NamedDependency[Office],
    conversation_id: FromPath[UUID],
    queue: FromQuery[str] = "needs_reply",
) -> Template:
    """Who holds the conversation now."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "inbox")
        thread = await thread_of(db, conversation_id, frame)
    return page(
        "console/_head_refresh.html", frame, thread=thread, queue={"key": queue}, again=True
    )


@get("/conversations/{conversation_id:uuid}/receipt", opt=BACKGROUND)
async def show_receipt(
    request: AnyRequest,
    office: NamedDependency[Office],
    conversation_id: FromPath[UUID],
    reply: FromQuery[UUID | None] = None,
) -> Template:
    """How a reply, or the last one, came about."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "inbox")
        await db.conversations.get(conversation_id)
        thread = {
            "receipt": await receipt_of(db, conversation_id, reply),
            "totals": await db.calls.totals(conversation_id),
        }
    return page("console/_receipt.html", frame, thread=thread)


@post("/conversations/{conversation_id:uuid}/take-over")
async def take(
    request: AnyRequest, office: NamedDependency[Office], conversation_id: FromPath[UUID]
) -> Redirect:
    desk, by = office.desk, visit_of(request).principal
    await take_over(conversation_id, by=by, store=desk.store, bus=desk.bus)
    return await _back(request, conversation_id)


@post("/conversations/{conversation_id:uuid}/hand-back")
async def give_back(
    request: AnyRequest, office: NamedDependency[Office], conversation_id: FromPath[UUID]
) -> Redirect:
    desk, by = office.desk, visit_of(request).principal
    await hand_back(conversation_id, by=by, store=desk.store, bus=desk.bus)
    return await _back(request, conversation_id)


@post("/conversations/{conversation_id:uuid}/resolve")
async def settle(
    request: AnyRequest, office: NamedDependency[Office], conversation_id: FromPath[UUID]
) -> Redirect:
    desk, by = office.desk, visit_of(request).principal
    await resolve(conversation_id, by=by, store=desk.store, bus=desk.bus)
    return await _back(request, conversation_id, done="resolved")


@post("/conversations/{conversation_id:uuid}/typing", opt=BACKGROUND)
async def typing(
    request: AnyRequest, office: NamedDependency[Office], conversation_id: FromPath[UUID]
) -> Response[None]:
    """The customer sees that somebody writes."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        await db.conversations.get(conversation_id)
    await office.desk.bus.publish(conversation_id, Typing("agent"))
    return Response(None, status_code=204)


@post("/conversations/{conversation_id:uuid}/say")
async def say(
    request: AnyRequest, office: NamedDependency[Office], conversation_id: FromPath[UUID]
) -> Response[Any]:
    """A reply to the customer, or a private note beside the conversation."""
    desk, by = office.desk, visit_of(request).principal
    form = await Form.read(request)
    by_script = "application/json" in request.headers.get("accept", "")
    try:
        text = form.text("text", longest=_LONGEST, needed=True)
        if form.choice("kind", ("reply", "note")) == "reply":
            await agent_says(conversation_id, text, by=by, store=desk.store, bus=desk.bus)
        else:
            async with desk.store.begin(by) as db:
                await db.conversations.get(conversation_id)
                note = await db.said.add_note(conversation_id, text)
            await desk.bus.broadcast(NOTES, f"{conversation_id} {note}")
    except Rejected as error:
        if by_script:
            raise
        kept = {"draft": form.secret("text"), "wrong": str(error), "status": error.status}
        queue = form.line("queue")
        return await _show(request, office, conversation_id, queue=queue, **kept)
    if by_script:
        return Response(None, status_code=204)
    return await _back(request, conversation_id)


async def thread_of(db: "Unit", conversation_id: UUID, frame: dict[str, Any]) -> Thread:
    """
    Everything about a conversation.

    Raises:
        NotFound: There is none in this workspace.
    """
    conversation = await db.conversations.get(conversation_id)
    customer = await db.customers.get(conversation.customer_id)
    name = customer.name or f"Visitor {short(customer.id)}"
    entries = await db.conversations.since(
        conversation_id, max(0, conversation.seq - _LATEST), limit=_LATEST
    )
    cast = Cast(
        name,
        frame["workspace"].settings.bot_name,
        await db.said.judgements(conversation_id),
    )
    tickets = await db.tickets.open_in(conversation_id)
    first = next((entry.text for entry in entries if entry.role == "customer"), "")
    holder = await _holder(db, conversation)
    snippets = await db.desk.snippets(customer.id)
    return Thread(
        conversation=conversation,
        customer=customer,
        name=name,
        title=tickets[-1].subject if tickets else words(first, 90) or "Conversation",
        mine=conversation.agent_id == frame["me"].id,
        agent=holder,
        rating=None,
        items=timeline(entries, await db.said.notes(conversation_id), cast, frame["zone"]),
        tickets=tickets,
        all_tickets=await db.tickets.of_customer(customer.id, limit=5),
        events=await db.customers.events(customer.id, limit=5),
        earlier=[past for past in snippets if past["id"] != conversation_id][:5],
        receipt=await receipt_of(db, conversation_id),
        totals=await db.calls.totals(conversation_id),
    )


async def _holder(db: "Unit", conversation: Conversation) -> str:
    if conversation.agent_id is None:
        return ""
    return (await db.people.get(conversation.agent_id)).name


async def _show(
    request: AnyRequest,
    office: Office,
    conversation_id: UUID,
    *,
    queue: str,
    search: str = "",
    done: str = "",
    draft: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "inbox")
        thread = await thread_of(db, conversation_id, frame)
        await db.conversations.mark_read(conversation_id, thread.seq)
        beside = await queue_of(db, frame["counts"], queue, search, opened=conversation_id)
    if done == "resolved" and thread.state == "resolved":
        here = f"/console/conversations/{conversation_id}/take-over"
        frame["undo"] = undo("Resolved.", here, queue=beside["queue"].key)
    shown = {**beside, "thread": thread, "draft": draft, "wrong": wrong, "receipts": True}
    return page("console/conversations.html", frame, status=status, **shown)


async def _back(request: AnyRequest, conversation_id: UUID, *, done: str = "") -> Redirect:
    queue = (await Form.read(request)).line("queue") or "needs_reply"
    said = f"&done={done}" if done else ""
    return see(f"/console/conversations/{conversation_id}?queue={queue}{said}")
