"""What the model took and cost."""

from datetime import UTC, date, datetime, time, timedelta

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from chatbot.errors import Malformed
from chatbot.http.api.access import AnyRequest, caller
from chatbot.http.api.paging import Page
from chatbot.http.office import Office

DAYS = 30
MOST_DAYS = 400


class UsageShown(Struct):
    """
    The requests of one day to one model.

    Attributes:
        day: In UTC.
        input_tokens: With `cached_tokens`, which the provider had kept and asks less for.
        cost_usd: US dollars.
    """

    day: date
    model: str
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float


@get("/usage", tags=["Usage"], summary="Calls, tokens and cost by day and model")
async def get_usage(
    request: AnyRequest, office: NamedDependency[Office], since: FromQuery[date | None] = None
) -> Page[UsageShown]:
    """The newest day first, from the day `since` (UTC), 30 days ago when it is left out."""
    by, today = caller(request), office.desk.clock.now().date()
    first = since or today - timedelta(days=DAYS)
    if not today - timedelta(days=MOST_DAYS) <= first <= today + timedelta(days=1):
        raise Malformed(f"since is {first}; write a day of the last {MOST_DAYS}.")
    async with office.desk.store.begin(by) as db:
        rows = await db.calls.by_day(datetime.combine(first, time(), UTC))
    items = [
        UsageShown(
            day=row["day"].date(),
            model=row["model"],
            calls=row["calls"],
            input_tokens=int(row["input_tokens"]),
            cached_tokens=int(row["cached_tokens"]),
            output_tokens=int(row["output_tokens"]),
            cost_usd=float(row["cost_usd"]),
        )
        for row in rows
    ]
    return Page(items, None)


routes = [get_usage]
