"""Every page asks who is there, every form proves where it came from, every tenant is alone."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from chatbot.domain.principal import Role
from chatbot.http.app import make_app
from tests.journeys.desk import desk, new_conversation, signed_in
from tests.running import RunningApp
from tests.staff import Staff
from tests.tenants import found_tenant

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk

OPEN = {"/login"}
RANK: dict[Role | None, int] = {None: 0, "agent": 1, "admin": 2, "owner": 3}
NEEDED: dict[str, Role] = {
    "/console": "agent",
    "/account": "agent",
    "/logout": "agent",
    "/admin/answers": "admin",
    "/admin/rules": "admin",
    "/admin/calls": "admin",
    "/admin/incidents": "admin",
    "/admin/suggestions": "admin",
    "/admin/sites": "owner",
    "/admin/people": "owner",
}
SOMETHING = str(uuid4())


def pages(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """(method, path, handler) of everything that people of the company may reach."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith(
            ("/console", "/admin", "/account", "/login", "/logout")
        ):
            continue
        path = route.path
        for parameter in route.path_parameters.values():
            value = "5" if parameter.type is int else SOMETHING
            path = path.replace("{" + parameter.full + "}", value)
        for handler in route.route_handlers:
            for method in handler.http_methods & {"GET", "POST"}:
                yield method, path, handler


def needed(path: str) -> Role:
    return next(role for start, role in NEEDED.items() if path.startswith(start))


async def test_every_page_has_a_guard(desk: RunningApp) -> None:
    """A new page that nobody thought of protecting is found here."""
    unguarded = [
        path
        for _, path, handler in pages(make_app(desk.office))
        if not handler.resolve_guards() and path not in OPEN
    ]

    assert unguarded == []


@pytest.mark.parametrize("role", [None, "agent", "admin", "owner"])
async def test_pages_open_to_their_role_and_to_no_lower_one(
    desk: RunningApp, role: Role | None
) -> None:
    asked = [
        (method, path)
        for method, path, _ in pages(make_app(desk.office))
        if path not in OPEN | {"/logout"} and not path.endswith("/events")
    ]
    assert len(asked) > 40
    async with Staff(desk.base) as nobody:
        if role is None:
            await check(nobody, asked, 0)
            return
    async with signed_in(desk, role) as staff:
        await staff.get("/account")
        await check(staff, asked, RANK[role])


async def check(staff: Staff, asked: list[tuple[str, str]], rank: int) -> None:
    for method, path in asked:
        # A form without a token never does anything, but whoever may not come learns that first.
        page = await (staff.get(path) if method == "GET" else staff.post(path, {"csrf": "none"}))
        where = f"{method} {path}"
        if rank == 0:
            assert page.path.startswith("/login"), where
        elif rank < RANK[needed(path)]:
            assert page.status == 403, where
            assert "ask an owner" in page.words, where
        elif method == "POST":
            assert "belongs to an earlier sign-in" in page.words, where
        else:
            assert page.status in {200, 404}, where


async def test_a_stream_of_events_is_closed_to_strangers(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    async with Staff(desk.base) as nobody:
        page = await nobody.get(
            f"/console/conversations/{conversation}/events", accept="text/event-stream"
        )

    assert page.status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
async def test_a_form_from_another_site_changes_nothing(
    desk: RunningApp, headers: dict[str, str]
) -> None:
    conversation = await new_conversation(desk, "hello")
    async with signed_in(desk, "agent") as staff:
        await staff.get("/account")
        page = await staff.post(f"/console/conversations/{conversation}/resolve", **headers)
        thread = await staff.get(f"/console/conversations/{conversation}")

    assert page.status == 403
    assert "from another site" in page.words
    assert "Waits for a person" in thread.words


async def test_the_token_of_another_session_is_no_good(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    async with signed_in(desk, "agent") as staff, signed_in(desk, "admin") as other:
        await staff.get("/account")
        await other.get("/account")
        page = await staff.post(
            f"/console/conversations/{conversation}/resolve", {"csrf": other.csrf}
        )

    assert page.status == 403


async def test_pages_carry_the_headers_that_guard_them(desk: RunningApp) -> None:
    async with signed_in(desk, "agent") as staff, Staff(desk.base) as nobody:
        answers = [
            await staff.get("/console/"),
            await staff.get(f"/console/conversations/{SOMETHING}"),
            await staff.get("/admin/answers"),
            await nobody.get("/console/"),
        ]

    for page in answers:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert " style=" not in page.text
        assert "<script>" not in page.text
        assert " onclick=" not in page.text


async def test_another_companys_things_do_not_exist(desk: RunningApp) -> None:
    store = desk.house.store
    tenant = await found_tenant(store, f"foreign-{uuid4().hex[:8]}")
    async with store.begin(tenant.principal) as db:
        customer = await db.customers.put("theirs", name="Theirs")
        conversation = uuid4()
        await db.conversations.open(conversation, customer.id)
        await db.conversations.append(conversation, "message", role="customer", text="secret")
    async with signed_in(desk, "owner") as owner:
        await owner.get("/account")
        seen = [
            await owner.get(f"/console/conversations/{conversation}"),
            await owner.get(f"/console/conversations/{conversation}/receipt"),
            await owner.get(f"/console/conversations/{conversation}/events"),
            await owner.get(f"/console/customers/{customer.id}"),
            await owner.post(
                f"/console/conversations/{conversation}/say", {"kind": "reply", "text": "hi"}
            ),
            await owner.post(f"/console/conversations/{conversation}/take-over"),
        ]

    assert [page.status for page in seen] == [404] * 6
    assert not any("secret" in page.text for page in seen)
    async with store.begin(tenant.principal) as db:
        assert (await db.conversations.get(conversation)).seq == 1
