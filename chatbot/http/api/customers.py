"""Customers and what happened to them, as the company's own systems know it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from chatbot.domain.customer import Customer
from chatbot.http.api.access import AnyRequest, caller
from chatbot.http.api.paging import key_in
from chatbot.http.api.writes import Done, once
from chatbot.http.office import Office

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

Line = Annotated[str, Meta(max_length=200)]


class CustomerProfile(Struct, forbid_unknown_fields=True):
    """What is known of a customer; what is left out stays as it is."""

    name: Line | UnsetType = UNSET
    email: Annotated[str, Meta(max_length=320)] | UnsetType = UNSET
    plan: Line | UnsetType = UNSET
    locale: Annotated[str, Meta(max_length=35)] | UnsetType = UNSET
    attributes: dict[Annotated[str, Meta(max_length=100)], Any] | UnsetType = UNSET


class CustomerShown(Struct):
    external_id: str | None
    name: str
    email: str
    plan: str
    locale: str
    attributes: dict[str, Any]
    verified: bool
    created_at: datetime


class HappenedEvent(Struct, forbid_unknown_fields=True):
    """
    Something dated: an order, a payment, a visit.

    Attributes:
        at: With its offset from UTC.
        id: The company's own id; the same one again replaces what was there.
    """

    kind: Annotated[str, Meta(min_length=1, max_length=50)]
    at: Annotated[datetime, Meta(tz=True)]
    data: dict[Annotated[str, Meta(max_length=100)], Any] = {}
    id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class EventShown(Struct):
    id: str
    kind: str
    at: datetime
    data: dict[str, Any]


def _shown(customer: Customer) -> CustomerShown:
    return CustomerShown(
        external_id=customer.external_id,
        name=customer.name,
        email=customer.email,
        plan=customer.plan,
        locale=customer.locale,
        attributes=dict(customer.attributes),
        verified=customer.verified,
        created_at=customer.created_at,
    )


@put("/customers/{external_id:str}", tags=["Customers"], summary="Make or change a customer")
async def put_customer(
    request: AnyRequest,
    external_id: FromPath[str],
    data: JSONBody[CustomerProfile],
    office: NamedDependency[Office],
) -> Response[CustomerShown]:
    """Keeps what the body leaves out; `attributes` is replaced as a whole."""
    known_as = key_in("external_id", external_id)
    fields = {name: getattr(data, name) for name in data.__struct_fields__}
    profile = {name: value for name, value in fields.items() if value is not UNSET}

    async def work(db: "Unit") -> Done:
        customer = await db.customers.put(known_as, **profile)
        await db.audit.record("customer.put", known_as, fields=sorted(profile))
        return Done(_shown(customer))

    return await once(request, office, work)


@get("/customers/{external_id:str}", tags=["Customers"], summary="Show a customer")
async def get_customer(
    request: AnyRequest, external_id: FromPath[str], office: NamedDependency[Office]
) -> CustomerShown:
    """By the company's own id."""
    async with office.desk.store.begin(caller(request)) as db:
        return _shown(await db.customers.by_external_id(key_in("external_id", external_id)))


@post(
    "/customers/{external_id:str}/events",
    tags=["Customers"],
    summary="Tell what happened to a customer",
)
async def add_event(
    request: AnyRequest,
    external_id: FromPath[str],
    data: JSONBody[HappenedEvent],
    office: NamedDependency[Office],
) -> Response[EventShown]:
    """The bot knows a customer's latest events, and can look up older ones by their kind."""

    async def work(db: "Unit") -> Done:
        customer = await db.customers.by_external_id(key_in("external_id", external_id))
        made = await db.customers.add_event(
            customer.id, kind=data.kind, at=data.at, data=data.data, external_id=data.id
        )
        return Done(EventShown(data.id or str(made), data.kind, data.at, data.data), status=201)

    return await once(request, office, work)


routes = [put_customer, get_customer, add_event]
