"""When models did not answer this company's customers, and what did meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from chatbot.domain.outage import Incident
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import AnyRequest, visit_of

_ORDER = ("model", "alternative", "cache", "stale", "tool", "answer_bank", "handoff")


@dataclass(frozen=True, slots=True)
class Shown:
    """
    An incident as its page shows it.

    Attributes:
        minutes: How long it took, or has taken.
        rungs: (rung, turns, share of them), in the ladder's order.
    """

    incident: Incident
    minutes: int
    rungs: Sequence[tuple[str, int, float]]


@get("/incidents")
async def show_incidents(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """The incidents of the workspace, the last first."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "pulse")
        found = await db.incidents.latest()
        now = db.now
    shown = []
    for one in found:
        took = (one.ended_at or now) - one.started_at
        turns = sum(one.served.values())
        rungs = sorted(one.served.items(), key=lambda item: _place(item[0]))
        shares = [(rung, count, count / turns) for rung, count in rungs]
        shown.append(Shown(one, -(-int(took.total_seconds()) // 60), shares))
    window_m = round(office.settings.deferred.window_s / 60)
    return page("admin/incidents.html", frame, shown=shown, window_m=window_m)


def _place(rung: str) -> int:
    return _ORDER.index(rung) if rung in _ORDER else len(_ORDER)
