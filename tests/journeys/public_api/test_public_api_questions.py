"""A question from outside the widget is a turn like any other, asked for until it is done."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chatbot.domain.principal import Principal
from chatbot.tickets.handoff import agent_says
from tests.api import Client, refused
from tests.running import RunningApp
from tests.tenants import Tenant
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

KNOWN = "what are your opening hours in Galway"
UNKNOWN = "xyzzy plugh zorkmid"
UNFINISHED = {"queued", "running"}


@pytest.fixture
def demo(shared_app: RunningApp) -> Client:
    return Client(shared_app.base, shared_app.installed.api_key)


async def done(client: Client, question_id: str) -> dict[str, Any]:
    """The question once it is neither queued nor running."""
    found: dict[str, Any] = {}

    async def settled() -> bool:
        found.clear()
        found.update((await client.get(f"/api/v1/questions/{question_id}")).body)
        return found["status"] not in UNFINISHED

    await until(settled, "the question was answered")
    return found


async def test_a_known_question_is_answered_with_its_source(
    demo: Client, shared_app: RunningApp
) -> None:
    await shared_app.house.encoder.wait()
    asked = await demo.post("/api/v1/questions", {"text": KNOWN})
    assert asked.status == 202
    assert asked.body["status"] == "queued"
    assert asked.body["eta_s"] > 0
    found = await done(demo, asked.body["id"])
    assert set(found) == {"id", "status", "text", "source"}
    assert (found["id"], found["status"]) == (asked.body["id"], "answered")
    assert "Galway" in found["text"]
    assert found["source"]["rung"] == "answer_bank"
    assert found["source"]["answers"][0]["id"] == "shop-hours"


async def test_an_unknown_question_is_handed_off_with_a_ticket_of_its_customer(
    client: Client,
) -> None:
    await client.put("/api/v1/customers/c-1", {"name": "Ada"})
    asked = await client.post("/api/v1/questions", {"text": UNKNOWN, "customer": "c-1"})
    found = await done(client, asked.body["id"])
    assert found["status"] == "handed_off"
    assert f"#{found['ticket']}" in found["text"]
    ticket = (await client.get(f"/api/v1/tickets/{found['ticket']}")).body
    assert (ticket["customer"], ticket["conversation"]) == ("c-1", asked.body["id"])


async def test_what_an_agent_wrote_is_the_answer(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    asked = await client.post("/api/v1/questions", {"text": UNKNOWN})
    await done(client, asked.body["id"])
    async with shared_app.house.store.directory() as directory:
        user = await directory.add_user(
            tenant.id, email=f"{uuid4()}@x.example", name="Rosa", role="agent", password_hash=""
        )
    rosa = Principal(tenant.id, "agent", user.id, "Rosa")
    house = shared_app.house
    await agent_says(
        UUID(asked.body["id"]), "It means nothing.", by=rosa, store=house.store, bus=house.bus
    )
    found = await done(client, asked.body["id"])
    assert (found["status"], found["text"]) == ("answered", "It means nothing.")
    assert (found["source"]["rung"], found["source"]["label"]) == ("agent", "Rosa")


async def test_another_workspace_learns_nothing_of_a_question(
    client: Client, stranger: Client
) -> None:
    asked = await client.post("/api/v1/questions", {"text": UNKNOWN})
    told = refused(await stranger.get(f"/api/v1/questions/{asked.body['id']}"), 404)
    assert "There is no question" in told
    assert UNKNOWN not in told


async def test_a_conversation_of_the_widget_is_no_question(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    conversation = uuid4()
    async with shared_app.house.store.begin(tenant.principal) as db:
        visitor = await db.customers.welcome()
        await db.conversations.open(conversation, visitor)
        await db.conversations.append(conversation, "message", role="customer", text="Secret")
    told = refused(await client.get(f"/api/v1/questions/{conversation}"), 404)
    assert "There is no question" in told
    assert "Secret" not in told


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "text is missing"),
        ({"text": ""}, 400, "text: expected str of length >= 1"),
        ({"text": "   "}, 400, "text has 3 characters"),
        ({"text": "x" * 4001}, 400, "1 to 4,000 are taken"),
        ({"text": "Hello?", "customer": "nobody"}, 404, "There is no customer nobody"),
        ({"text": "Hello?", "conversation": "x"}, 400, "conversation is not known here"),
    ],
)
async def test_a_wrong_question_is_refused_in_a_sentence(
    client: Client, body: object, status: int, words: str
) -> None:
    assert words in refused(await client.post("/api/v1/questions", body), status)


@pytest.mark.parametrize(
    ("question_id", "words"),
    [("7", "There is nothing at this address"), (str(UUID(int=7)), "There is no question")],
)
async def test_a_question_that_nobody_asked_is_not_found(
    client: Client, question_id: str, words: str
) -> None:
    assert words in refused(await client.get(f"/api/v1/questions/{question_id}"), 404)
