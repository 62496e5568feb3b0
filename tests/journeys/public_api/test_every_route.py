"""
Every HTTP route against everybody who must not pass: nobody, another workspace's key, a visitor's
token, an agent, another workspace's owner. A new route without a row here fails.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from litestar.routes import HTTPRoute

from chatbot.domain.principal import Role, system
from chatbot.domain.suggestion import Heard
from chatbot.domain.workspace import Workspace
from chatbot.safety.keys import hashed
from tests.api import Answered, Client
from tests.journeys.public_api.route_table import (
    ANSWER,
    KEYS,
    NOTHING_TO_CHANGE,
    OPEN,
    PAGES,
    SIGNED_OUT,
    VISITORS,
)
from tests.running import RunningApp
from tests.tenants import Tenant, opened_ticket
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")


def routes_of(app: RunningApp) -> set[str]:
    """`METHOD /path` of every HTTP route, without what the framework adds to each."""
    version = app.server.config.app
    found = set()
    for route in version.routes:  # type: ignore[union-attr]
        if isinstance(route, HTTPRoute):
            path = route.path_format
            if path.startswith("/static/"):
                path = "/static/{file_path}"
            found |= {f"{method} {path}" for method in route.methods - {"OPTIONS", "HEAD"}}
    return found


@dataclass(frozen=True)
class Callers:
    """Those who must not pass, and the addresses of what is the demo company's."""

    app: RunningApp
    own: dict[str, str]
    emails: tuple[bytes, ...]
    foreign_key: str
    token: str
    agent: dict[str, str]
    foreign_owner: dict[str, str]

    def at(self, route: str) -> tuple[str, str]:
        """Method and path of a route, with the demo company's ids in it."""
        method, _, path = route.partition(" ")
        return method, path.format_map(self.own)

    async def call(
        self, route: str, key: str = "", body: object = None, **headers: str
    ) -> Answered:
        method, path = self.at(route)
        answer = await Client(self.app.base, key).call(method, path, body, **headers)
        assert answer.status < 500, answer
        return answer


async def session(app: RunningApp, workspace: UUID, role: Role) -> dict[str, str]:
    """The headers of somebody who signed in, with the proof that a form comes from our page."""
    token, csrf = uuid4().hex, uuid4().hex
    async with app.house.store.directory() as directory:
        user = await directory.add_user(
            workspace, email=f"{token}@x.example", name="X", role=role, password_hash=""
        )
        await directory.add_session(user, hashed(token), csrf)
    return {"Cookie": f"session={token}", "X_CSRF_Token": csrf}


async def own_ids(app: RunningApp, demo: Workspace) -> dict[str, str]:
    """One of everything that the demo company has, by the name that addresses give it."""
    async with app.house.store.begin(system(demo.id)) as db:
        customer = await db.customers.by_external_id(app.installed.customers[0])
        heard = Heard(uuid4(), uuid4(), customer.id, "agent", "may I?", db.now)
        return {
            "suggestion_id": str(await db.suggestions.begin(heard)),
            "external_id": app.installed.customers[0],
            "customer_id": str(customer.id),
            "answer_id": "shop-hours",
            "key": "shop-hours",
            "rule_id": (await db.rules.all())[0].key,
            "key_id": str((await db.home.api_keys())[0]["id"]),
            "user_id": str((await db.people.all())[0].id),
            "file_path": "favicon.svg",
            "path": "nothing",
        }


@pytest_asyncio.fixture(loop_scope="session")
async def callers(shared_app: RunningApp, tenant: Tenant) -> Callers:
    house = shared_app.house
    async with house.store.directory() as directory:
        demo = await directory.workspace(slug="demo")
    number, conversation = await opened_ticket(
        house.store,
        Tenant(demo.id, demo.slug, demo.site_key, ""),
        customer=shared_app.installed.customers[0],
    )
    asked = await Client(shared_app.base, shared_app.installed.api_key).post(
        "/api/v1/questions", {"text": "xyzzy"}
    )
    visitor = Visitor(shared_app.base)
    await visitor.session()
    async with house.store.begin(system(demo.id)) as db:
        # Those that came with the demo company: newer ones are visitors, who have no address.
        known = [await db.customers.by_external_id(one) for one in shared_app.installed.customers]
    return Callers(
        app=shared_app,
        own={
            **await own_ids(shared_app, demo),
            "number": str(number),
            "conversation_id": str(conversation),
            "question_id": asked.body["id"],
        },
        emails=tuple(one.email.encode() for one in known if one.email),
        foreign_key=tenant.api_key,
        token=visitor.token,
        agent=await session(shared_app, demo.id, "agent"),
        foreign_owner=await session(shared_app, tenant.id, "owner"),
    )


def tells_nothing(callers: Callers, answer: Answered) -> bool:
    """Whether it holds no customer's address; there are some, or this would say nothing."""
    return bool(callers.emails) and not any(email in answer.raw for email in callers.emails)


async def test_every_route_has_a_row(shared_app: RunningApp) -> None:
    assert routes_of(shared_app) == OPEN | set(VISITORS) | set(KEYS) | set(PAGES)


@pytest.mark.parametrize("route", sorted(OPEN - {"GET /static/{file_path}"}))
async def test_what_is_open_tells_nobody_of_customers(callers: Callers, route: str) -> None:
    for key in ("", callers.foreign_key, callers.token):
        assert tells_nothing(callers, await callers.call(route, key))


@pytest.mark.parametrize("route", sorted(VISITORS))
async def test_what_visitors_ask_is_for_the_visitor_alone(callers: Callers, route: str) -> None:
    assert (await callers.call(route)).status == 401
    assert (await callers.call(route, callers.foreign_key)).status == 401
    assert (await callers.call(route, **callers.agent)).status == 401
    answer = await callers.call(route, callers.token)
    assert answer.status == VISITORS[route]
    assert tells_nothing(callers, answer)


@pytest.mark.parametrize("route", sorted(KEYS))
async def test_the_api_is_for_keys_and_for_their_own_workspace(
    callers: Callers, route: str
) -> None:
    expected, body = KEYS[route]
    assert (await callers.call(route, body=body)).status == 401
    assert (await callers.call(route, callers.token, body)).status == 401
    assert (await callers.call(route, body=body, **callers.agent)).status == 401
    answer = await callers.call(route, callers.foreign_key, body)
    assert answer.status == expected
    assert tells_nothing(callers, answer)


@pytest.mark.parametrize("route", sorted(PAGES))
async def test_pages_are_for_people_of_the_role_and_of_the_workspace(
    callers: Callers, route: str
) -> None:
    for key in ("", callers.foreign_key, callers.token):
        answer = await callers.call(route, key)
        assert answer.status in SIGNED_OUT
        assert answer.headers.get("location", "/login").startswith("/login")
    if PAGES[route] != "agent":
        assert (await callers.call(route, **callers.agent)).status == 403
    if route.startswith("POST"):
        answer = await callers.call(route, Cookie=callers.agent["Cookie"])
        assert answer.status == 403, "a form without its token must not pass"
    if "{" in route:
        answer = await callers.call(route, **callers.foreign_owner)
        assert answer.status in NOTHING_TO_CHANGE
        assert tells_nothing(callers, answer)
    elif route.startswith("GET"):
        assert tells_nothing(callers, await callers.call(route, **callers.foreign_owner))


async def test_nothing_of_the_demo_company_was_changed(callers: Callers) -> None:
    ours = Client(callers.app.base, callers.app.installed.api_key)
    for route in ("PUT /api/v1/customers/{external_id}", "PUT /api/v1/answers/{answer_id}"):
        await callers.call(route, callers.foreign_key, KEYS[route][1])
    customer = await ours.get(f"/api/v1/customers/{callers.own['external_id']}")
    assert customer.body["name"] != "Mallory"
    assert (await ours.get("/api/v1/answers/shop-hours")).body["answer"] != ANSWER["answer"]
    ticket = await ours.get(f"/api/v1/tickets/{callers.own['number']}")
    assert ticket.body["status"] == "open"
