"""A write that is sent again is answered again, and done once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.api import Client, refused
from tests.journeys.conftest import DemoTemplate
from tests.running import RunningApp, running_app
from tests.tenants import Tenant, found_tenant, opened_ticket

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORDER = {"kind": "order", "at": "2026-11-01T10:00:00Z", "data": {"number": "F-7"}}
EVENTS = "/api/v1/customers/c-1/events"
ANSWER = {"questions": ["Can I return it?"], "answer": "Yes."}
RULE = {"title": "Greet", "text": "Say hello."}
WRITES = [
    ("PUT", "/api/v1/customers/c-2", {"name": "Bea"}),
    ("POST", EVENTS, ORDER),
    ("PUT", "/api/v1/answers/new", ANSWER),
    ("DELETE", "/api/v1/answers/old", None),
    ("POST", "/api/v1/answers/import", b'{"answer_id": "a", "title": "A", "answer": "B"}'),
    ("PUT", "/api/v1/rules/new", RULE),
    ("DELETE", "/api/v1/rules/old", None),
    ("PATCH", "/api/v1/tickets/1", {"status": "closed"}),
    ("POST", "/api/v1/questions", {"text": "xyzzy"}),
]


@pytest_asyncio.fixture(loop_scope="session")
async def furnished(client: Client, shared_app: RunningApp, tenant: Tenant) -> Client:
    """A workspace where every write has something to write to."""
    await client.put("/api/v1/customers/c-1", {"name": "Ada"})
    await client.put("/api/v1/answers/old", ANSWER)
    await client.put("/api/v1/rules/old", RULE)
    await opened_ticket(shared_app.house.store, tenant)
    return client


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_the_same_key_is_answered_the_same_way_again(
    furnished: Client, method: str, path: str, body: object
) -> None:
    first = await furnished.call(method, path, body, Idempotency_Key="k-1")
    again = await furnished.call(method, path, body, Idempotency_Key="k-1")
    assert first.status < 300, first
    assert (again.status, again.raw) == (first.status, first.raw)


async def events(app: RunningApp, tenant: Tenant) -> int:
    async with app.house.store.begin(tenant.principal) as db:
        customer = await db.customers.by_external_id("c-1")
        return len(await db.customers.events(customer.id, limit=100))


async def test_twins_at_the_same_moment_are_done_once(
    furnished: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    answers = await asyncio.gather(
        *(furnished.post(EVENTS, ORDER, Idempotency_Key="twin") for _ in range(8))
    )
    assert {(answer.status, answer.raw) for answer in answers} == {(201, answers[0].raw)}
    assert await events(shared_app, tenant) == 1


async def test_without_a_key_each_is_done(
    furnished: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await furnished.post(EVENTS, ORDER)
    await furnished.post(EVENTS, ORDER)
    assert await events(shared_app, tenant) == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", EVENTS, {**ORDER, "kind": "payment"}),
        ("POST", f"{EVENTS}?x=1", ORDER),
        ("PUT", "/api/v1/customers/c-1", {"name": "Eve"}),
    ],
)
async def test_a_key_of_another_request_is_refused(
    furnished: Client, method: str, path: str, body: object
) -> None:
    await furnished.post(EVENTS, ORDER, Idempotency_Key="k-1")
    answer = await furnished.call(method, path, body, Idempotency_Key="k-1")
    refused(answer, 409, "was used for another request")
    assert (await furnished.get("/api/v1/customers/c-1")).body["name"] == "Ada"


async def test_a_refused_write_may_be_mended_and_sent_with_the_same_key(furnished: Client) -> None:
    wrong = await furnished.patch("/api/v1/tickets/999", {"status": "closed"}, Idempotency_Key="k")
    refused(wrong, 404)
    right = await furnished.put("/api/v1/customers/c-1", {"plan": "plus"}, Idempotency_Key="k")
    assert right.status == 200


async def test_two_workspaces_may_choose_the_same_key(furnished: Client, stranger: Client) -> None:
    ours = await furnished.put("/api/v1/customers/c", {"name": "Ada"}, Idempotency_Key="k")
    theirs = await stranger.put("/api/v1/customers/c", {"name": "Bea"}, Idempotency_Key="k")
    assert (ours.body["name"], theirs.body["name"]) == ("Ada", "Bea")


@pytest.mark.parametrize("key", ["with blank", "x" * 201])
async def test_a_key_that_none_may_be_is_refused(client: Client, key: str) -> None:
    answer = await client.put("/api/v1/customers/c-1", {}, Idempotency_Key=key)
    assert "Idempotency-Key" in refused(answer, 400)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer cb_unknown", "cb_unknown"]
)
async def test_without_a_valid_key_nothing_is_told(
    shared_app: RunningApp, authorization: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = await Client(shared_app.base).get("/api/v1/tickets", **headers)
    refused(answer, 401, "API key")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_revoked_key_is_refused_from_then_on(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    assert (await client.get("/api/v1/tickets")).status == 200
    async with shared_app.house.store.begin(tenant.principal) as db:
        (key,) = await db.home.api_keys()
        await db.home.revoke_api_key(key["id"])
    refused(await client.get("/api/v1/tickets"), 401)


async def test_nothing_that_is_told_is_kept_by_anybody_between(client: Client) -> None:
    for path in ("/api/v1/tickets", "/api/v1/customers/none", "/api/v1/nothing"):
        assert (await client.get(path)).headers.get("cache-control") == "no-store"


@pytest_asyncio.fixture(loop_scope="session")
async def narrow(
    database_url: str, demo_template: DemoTemplate, tmp_path: Path
) -> AsyncIterator[RunningApp]:
    """An application that lets a key call three times a minute."""
    limit = {"CHATBOT_LIMITS_API_REQUESTS_PER_MINUTE": "3"}
    async with running_app(database_url, tmp_path, demo_template.encoders, **limit) as running:
        yield running


async def test_a_key_that_calls_too_often_is_told_when_to_come_back(narrow: RunningApp) -> None:
    one = await found_tenant(narrow.house.store, "one")
    client = Client(narrow.base, one.api_key)
    for _ in range(3):
        assert (await client.get("/api/v1/tickets")).status == 200
    answer = await client.get("/api/v1/tickets")
    refused(answer, 429, "More than 3 requests a minute")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    other = await found_tenant(narrow.house.store, "other")
    assert (await Client(narrow.base, other.api_key).get("/api/v1/tickets")).status == 200
