"""The model call log, and what it adds up to."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import AnyRequest, visit_of

_DAYS = 30
_ROWS = 100
_SUMMED = ("calls", "input_tokens", "cached_tokens", "output_tokens", "cost_usd")


@get("/calls")
async def show_calls(
    request: AnyRequest, office: NamedDependency[Office], before: FromQuery[UUID | None] = None
) -> Response[Any]:
    """Sums of the last days, and the log from before the call `before`, newest first."""
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "coin")
        by_day = await db.calls.by_day(db.now - timedelta(days=_DAYS))
        calls = await db.calls.latest(before=before, limit=_ROWS)
    shown = {
        "calls": calls,
        "by_day": by_day,
        "sums": _sums(by_day),
        "days": _DAYS,
        "older": calls[-1]["id"] if len(calls) == _ROWS else None,
    }
    return page("admin/calls.html", frame, **shown)


def _sums(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Decimal | int]:
    return {name: sum((row[name] for row in rows), Decimal(0)) for name in _SUMMED}
