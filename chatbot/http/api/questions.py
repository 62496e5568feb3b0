"""
A question asked by the company's own systems (an e-mail, a form), answered like any other.

It is a turn in a conversation of its own, so agents see it, tickets come of it, and the same ladder
answers it. Whoever asked looks again until it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from chatbot.domain.conversation import Entry, Inbound, asked_cid
from chatbot.domain.event import Logged
from chatbot.domain.principal import Principal
from chatbot.errors import Malformed, NotFound
from chatbot.http.api.access import AnyRequest, caller
from chatbot.http.api.paging import key_in
from chatbot.http.api.writes import Done, once
from chatbot.http.office import Office
from chatbot.turn import Received, accept

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

SOON_S, SOON_WITHOUT_MODEL_S = 10, 2
_ENTRIES = 200

Status = Literal["queued", "running", "answered", "handed_off"]
_UNFINISHED: dict[str, Status] = {"waiting": "queued", "running": "running"}


class QuestionBody(Struct, forbid_unknown_fields=True):
    """
    A question.

    Attributes:
        customer: The company's own id of who asks; an anonymous visitor when it is left out.
        locale: Of an anonymous one.
    """

    text: Annotated[str, Meta(min_length=1)]
    customer: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    locale: Annotated[str, Meta(max_length=35)] = ""


class QuestionQueued(Struct):
    """
    Attributes:
        eta_s: Seconds after which looking again is worth it.
    """

    id: UUID
    status: Status
    eta_s: int


class QuestionShown(Struct, omit_defaults=True):
    """
    How far it is.

    Attributes:
        text: The reply, in Markdown: the bot's, or an agent's as soon as one wrote.
        source: Where the reply came from, as the widget shows it.
        ticket: Number of the ticket that came of it.
    """

    id: UUID
    status: Status
    eta_s: int | None = None
    text: str | None = None
    source: dict[str, Any] | None = None
    ticket: int | None = None


@post("/questions", tags=["Questions"], summary="Ask a question", status_code=202)
async def ask_question(
    request: AnyRequest, data: JSONBody[QuestionBody], office: NamedDependency[Office]
) -> Response[QuestionQueued]:
    """202 at once; look for the answer at `/api/v1/questions/{id}`."""
    most = office.settings.limits.message_chars
    if not data.text.strip() or len(data.text) > most:
        raise Malformed(f"text has {len(data.text):,} characters; 1 to {most:,} are taken.")
    known_as = None if data.customer is None else key_in("customer", data.customer)

    async def work(db: "Unit") -> Done:
        asker = await _asker(db, known_as, data.locale)
        by = Principal(db.principal.workspace, "customer", asker)
        conversation = uuid4()
        inbound = Inbound(conversation, asked_cid(conversation), data.text.strip())
        received, logged = await accept(db.acting_as(by), inbound)
        queued = QuestionQueued(conversation, "queued", _eta(office))
        return Done(queued, 202, partial(_begin, office, by, received, logged))

    return await once(request, office, work)


@get("/questions/{question_id:uuid}", tags=["Questions"], summary="Look for an answer")
async def get_question(
    request: AnyRequest, question_id: FromPath[UUID], office: NamedDependency[Office]
) -> QuestionShown:
    """`queued` and `running` are to be asked again; `answered` and `handed_off` have a text."""
    async with office.desk.store.begin(caller(request)) as db:
        asked = await db.conversations.by_cid(question_id, asked_cid(question_id))
        if asked is None:
            raise NotFound("question", question_id)
        state = await db.turns.state_of(asked.id)
        entries = await db.conversations.since(question_id, asked.seq, limit=_ENTRIES)
    unfinished = _UNFINISHED.get(state or "")
    if unfinished is not None:
        return QuestionShown(question_id, unfinished, _eta(office))
    return _shown(question_id, _Outcome.of(asked, entries))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a question, from the log behind it."""

    reply: Entry | None
    ticket: int | None

    @classmethod
    def of(cls, asked: Entry, entries: Sequence[Entry]) -> "_Outcome":
        by_agents = [entry for entry in entries if entry.role == "agent"]
        by_bot = [entry for entry in entries if entry.reply_to == asked.id]
        tickets = [entry.data["number"] for entry in entries if entry.kind == "ticket"]
        reply = next(reversed(by_agents or by_bot), None)
        return cls(reply, tickets[-1] if tickets else None)


def _shown(question_id: UUID, outcome: _Outcome) -> QuestionShown:
    reply = outcome.reply
    rung = reply.source.rung if reply is not None and reply.source is not None else "handoff"
    return QuestionShown(
        question_id,
        "handed_off" if rung == "handoff" else "answered",
        text=reply.text if reply is not None else None,
        source=reply.source.told if reply is not None and reply.source is not None else None,
        ticket=outcome.ticket,
    )


async def _asker(db: "Unit", known_as: str | None, locale: str) -> UUID:
    if known_as is None:
        return await db.customers.welcome(locale)
    return (await db.customers.by_external_id(known_as)).id


def _eta(office: Office) -> int:
    return SOON_S if office.settings.providers else SOON_WITHOUT_MODEL_S


async def _begin(
    office: Office, by: Principal, received: Received, logged: Sequence[Entry]
) -> None:
    for entry in logged:
        await office.desk.bus.publish(entry.conversation_id, Logged(entry))
    if received.turn is not None:
        office.runner.begin(received.turn, by, received.situation)


routes = [ask_question, get_question]
