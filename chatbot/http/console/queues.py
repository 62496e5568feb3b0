"""The queues of conversations and the rows they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from chatbot.http.formats import words
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import BACKGROUND, AnyRequest, visit_of
from chatbot.store.desk import Queue

if TYPE_CHECKING:
    from chatbot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue as the menu shows it; `amount` is how many conversations it holds."""

    key: Queue
    name: str
    sign: str
    empty_title: str
    empty_words: str
    amount: int = 0


_QUEUES: tuple[QueueView, ...] = (
    QueueView(
        "needs_reply",
        "Needs a reply",
        "inbox",
        "Everyone has an answer",
        "Conversations come here by themselves when a person is needed.",
    ),
    QueueView(
        "mine",
        "Mine",
        "person",
        "You hold no conversation",
        "Take one over, or send a reply, and it stays here until it is resolved.",
    ),
    QueueView(
        "unassigned",
        "Unassigned",
        "people",
        "Nobody waits",
        "Whoever asks for a person, or needs one, waits here.",
    ),
    QueueView(
        "bot",
        "Live with the bot",
        "bot",
        "The bot talks to nobody",
        "Conversations appear here as soon as somebody writes in the widget.",
    ),
    QueueView(
        "resolved",
        "Resolved",
        "check",
        "Nothing is resolved yet",
        "Resolved conversations are kept here; the customer's next message opens them again.",
    ),
)


@get("/")
async def show_queue(
    request: AnyRequest,
    office: NamedDependency[Office],
    queue: FromQuery[str] = "needs_reply",
    q: FromQuery[str] = "",
) -> Response[Any]:
    """A queue with nothing opened."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "inbox")
        beside = await queue_of(db, frame["counts"], queue, q)
    return page("console/conversations.html", frame, **beside, thread=None)


@get("/rows", opt=BACKGROUND)
async def refresh_queue(
    request: AnyRequest,
    office: NamedDependency[Office],
    queue: FromQuery[str] = "needs_reply",
    q: FromQuery[str] = "",
    opened: Annotated[str, QueryParameter(name="open")] = "",
) -> Template:
    """What an open list asks for again and again."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "inbox")
        beside = await queue_of(db, frame["counts"], queue, q, opened=_id(opened), again=True)
    return page("console/_refresh.html", frame, **beside)


async def queue_of(
    db: "Unit",
    counts: Mapping[str, int],
    key: str,
    search: str,
    *,
    opened: UUID | None = None,
    again: bool = False,
) -> dict[str, Any]:
    """What the templates of a list need; an unknown queue is the first one."""
    queues = [_counted(one, counts) for one in _QUEUES]
    queue = next((one for one in queues if one.key == key), queues[0])
    search = search.strip()[:100]
    rows = await db.desk.queue(queue.key, search=search)
    return {
        "queues": queues,
        "queue": queue,
        "rows": [{**row, "words": words(row["snippet"])} for row in rows],
        "search": search,
        "open": opened,
        "bot_amount": counts["bot"],
        "team": [] if again else await db.desk.team(),
        "again": again,
    }


def _counted(queue: QueueView, counts: Mapping[str, int]) -> QueueView:
    return QueueView(
        queue.key,
        queue.name,
        queue.sign,
        queue.empty_title,
        queue.empty_words,
        counts[queue.key],
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
