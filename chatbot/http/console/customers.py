"""Everything that is known of one customer."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import AnyRequest, visit_of


@get("/customers/{customer_id:uuid}")
async def show_customer(
    request: AnyRequest, office: NamedDependency[Office], customer_id: FromPath[UUID]
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "inbox")
        shown = {
            "customer": await db.customers.get(customer_id),
            "events": await db.customers.events(customer_id, limit=30),
            "conversations": await db.desk.snippets(customer_id, limit=30),
            "tickets": await db.tickets.of_customer(customer_id, limit=30),
        }
    return page("console/customer.html", frame, **shown)
