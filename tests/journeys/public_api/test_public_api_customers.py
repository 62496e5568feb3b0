"""The company's systems tell who a customer is and what happened to them."""

import pytest

from tests.api import Client, refused
from tests.running import RunningApp
from tests.tenants import Tenant

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADA = {
    "name": "Ada",
    "email": "ada@example.com",
    "plan": "plus",
    "locale": "de-AT",
    "attributes": {"points": 12, "sizes": {"shoe": 39}},
}


async def test_a_profile_that_was_put_can_be_read(client: Client) -> None:
    put = await client.put("/api/v1/customers/c-1", ADA)
    got = await client.get("/api/v1/customers/c-1")
    assert put.status == got.status == 200
    assert got.body == put.body
    assert {name: got.body[name] for name in ADA} == ADA
    assert got.body["external_id"] == "c-1"


async def test_what_a_second_put_leaves_out_stays(client: Client) -> None:
    await client.put("/api/v1/customers/c-1", ADA)
    await client.put("/api/v1/customers/c-1", {"plan": "basic"})
    got = await client.get("/api/v1/customers/c-1")
    assert (got.body["plan"], got.body["name"]) == ("basic", "Ada")
    assert got.body["attributes"] == ADA["attributes"]


async def test_an_event_reaches_the_context_of_its_customer(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await client.put("/api/v1/customers/c-1", ADA)
    order = {"kind": "order", "at": "2026-11-01T10:00:00+01:00", "data": {"number": "F-7"}}
    told = await client.post("/api/v1/customers/c-1/events", {**order, "id": "o-7"})
    again = await client.post(
        "/api/v1/customers/c-1/events", {**order, "id": "o-7", "data": {"number": "F-8"}}
    )
    assert (told.status, told.body["id"]) == (201, "o-7")
    assert again.status == 201
    async with shared_app.house.store.begin(tenant.principal) as db:
        customer = await db.customers.by_external_id("c-1")
        (event,) = await db.customers.events(customer.id)
    assert (event.kind, event.data, event.at.hour) == ("order", {"number": "F-8"}, 9)


async def test_another_workspace_sees_nothing_of_a_customer(
    client: Client, stranger: Client
) -> None:
    await client.put("/api/v1/customers/c-1", ADA)
    refused(await stranger.get("/api/v1/customers/c-1"), 404, "There is no customer c-1")
    event = {"kind": "order", "at": "2026-11-01T10:00:00Z"}
    refused(await stranger.post("/api/v1/customers/c-1/events", event), 404)
    await stranger.put("/api/v1/customers/c-1", {"name": "Mallory"})
    assert (await client.get("/api/v1/customers/c-1")).body["name"] == "Ada"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": 3}, "name: expected str, got int"),
        ({"nickname": "Ada"}, "nickname is not known here"),
        ({"name": None}, "name: expected str, got null"),
        ({"name": "x" * 201}, "name: expected str of length <= 200"),
        ({"attributes": []}, "attributes: expected object, got array"),
        ([], "The body: expected object, got array"),
        (b"", "The request needs a JSON body"),
        (b'{"name": ', "no JSON that can be read"),
        (b'{"name": "\\ud800"}', "no JSON that can be read"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b'{"attributes": {"a": ' + b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "no JSON that can be read"),
    ],
)
async def test_a_wrong_profile_is_refused_in_a_sentence_and_changes_nothing(
    client: Client, body: object, words: str
) -> None:
    await client.put("/api/v1/customers/c-1", ADA)
    refused(await client.put("/api/v1/customers/c-1", body), 400, words)
    assert (await client.get("/api/v1/customers/c-1")).body["name"] == "Ada"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"kind": "order"}, "at is missing"),
        ({"kind": "", "at": "2026-11-01T10:00:00Z"}, "kind: expected str of length >= 1"),
        ({"kind": "order", "at": "yesterday"}, "at: "),
        ({"kind": "order", "at": "2026-11-01T10:00:00"}, "at: "),
        ({"kind": "order", "at": "2026-11-01T10:00:00Z", "data": "x"}, "data: expected object"),
    ],
)
async def test_a_wrong_event_is_refused_in_a_sentence(
    client: Client, event: object, words: str
) -> None:
    await client.put("/api/v1/customers/c-1", ADA)
    answer = await client.post("/api/v1/customers/c-1/events", event)
    assert words in refused(answer, 400)


@pytest.mark.parametrize("named", ["%00", "a%0Ab", "x" * 201])
async def test_an_id_that_nobody_has_is_refused(client: Client, named: str) -> None:
    assert "external_id" in refused(await client.get(f"/api/v1/customers/{named}"), 400)
    assert "external_id" in refused(await client.put(f"/api/v1/customers/{named}", {}), 400)


async def test_a_body_larger_than_is_taken_is_refused(client: Client) -> None:
    large = {"attributes": {"a": "x" * 300_000}}
    assert "at most 262,144" in refused(await client.put("/api/v1/customers/c-1", large), 413)
    assert "There is no customer" in refused(await client.get("/api/v1/customers/c-1"), 404)
