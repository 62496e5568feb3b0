"""Tickets, rules and usage over HTTP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from chatbot.domain.ask import ModelCall, Usage
from chatbot.domain.event import LiveEvent, Logged
from chatbot.domain.ticket import TicketDraft
from tests.api import Client, refused
from tests.running import RunningApp
from tests.tenants import Tenant, opened_ticket

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULE = {
    "title": "Plus ships free",
    "text": "Say that plus customers pay no shipping.",
    "rank": 5,
    "conditions": {"plans": ["plus"], "ends": "2027-01-01"},
}


async def test_a_ticket_says_exactly_what_the_contract_says(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    number, conversation = await opened_ticket(shared_app.house.store, tenant)
    ticket = (await client.get(f"/api/v1/tickets/{number}")).body
    at = datetime.fromisoformat(ticket.pop("at"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert ticket == {
        "number": 1,
        "subject": "Tent leaks",
        "summary": "Water comes in.",
        "priority": "high",
        "category": "technical",
        "status": "open",
        "customer": "c-1",
        "conversation": str(conversation),
        "opened_by": "bot",
    }


async def test_a_list_is_newest_first_and_picks(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    for subject in ("one", "two", "three"):
        draft = TicketDraft(subject, "", "low" if subject == "two" else "high", "other", "bot")
        await opened_ticket(shared_app.house.store, tenant, draft)
    first = (await client.get("/api/v1/tickets?limit=2")).body
    rest = (await client.get(f"/api/v1/tickets?limit=2&cursor={first['next']}")).body
    low = (await client.get("/api/v1/tickets?priority=low&status=open")).body
    assert [one["number"] for one in first["items"]] == [3, 2]
    assert ([one["number"] for one in rest["items"]], rest["next"]) == ([1], None)
    assert [one["number"] for one in low["items"]] == [2]


async def test_a_closed_ticket_is_told_to_whoever_watches_its_conversation(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    number, conversation = await opened_ticket(shared_app.house.store, tenant)
    heard: list[LiveEvent] = []
    ear = await shared_app.house.bus.subscribe(conversation, heard.append)
    changed = await client.patch(f"/api/v1/tickets/{number}", {"status": "closed"})
    ear.close()
    assert (changed.status, changed.body["status"]) == (200, "closed")
    (event,) = heard
    assert isinstance(event, Logged)
    assert event.entry.data == {"number": 1, "subject": "Tent leaks", "status": "closed"}
    async with shared_app.house.store.begin(tenant.principal) as db:
        entries = await db.conversations.since(conversation, 0)
    assert entries[-1] == event.entry


async def test_what_does_not_concern_the_customer_is_changed_in_silence(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    number, conversation = await opened_ticket(shared_app.house.store, tenant)
    heard: list[LiveEvent] = []
    ear = await shared_app.house.bus.subscribe(conversation, heard.append)
    changed = await client.patch(
        f"/api/v1/tickets/{number}", {"priority": "critical", "category": "billing"}
    )
    ear.close()
    assert (changed.body["priority"], changed.body["category"]) == ("critical", "billing")
    assert heard == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "done"}, "status: invalid enum value 'done'"),
        ({"subject": ""}, "subject: expected str of length >= 1"),
        ({"subject": "  "}, "subject is empty"),
        ({"subject": "x" * 121}, "subject: expected str of length <= 120"),
        ({"number": 9}, "number is not known here"),
        ({"customer": "c-2"}, "customer is not known here"),
    ],
)
async def test_a_wrong_change_is_refused_in_a_sentence(
    client: Client, shared_app: RunningApp, tenant: Tenant, change: object, words: str
) -> None:
    number, _ = await opened_ticket(shared_app.house.store, tenant)
    refused(await client.patch(f"/api/v1/tickets/{number}", change), 400, words)
    assert (await client.get(f"/api/v1/tickets/{number}")).body["status"] == "open"


@pytest.mark.parametrize("number", ["7", "0", "-1", "99999999999999999999999"])
async def test_a_ticket_that_is_not_there_is_not_found(client: Client, number: str) -> None:
    told = refused(await client.get(f"/api/v1/tickets/{number}"), 404)
    assert "There is no ticket" in told


async def test_another_workspace_finds_no_ticket(
    client: Client, stranger: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    number, _ = await opened_ticket(shared_app.house.store, tenant)
    refused(await stranger.get(f"/api/v1/tickets/{number}"), 404)
    refused(await stranger.patch(f"/api/v1/tickets/{number}", {"status": "closed"}), 404)
    assert (await stranger.get("/api/v1/tickets")).body == {"items": [], "next": None}
    assert (await client.get(f"/api/v1/tickets/{number}")).body["status"] == "open"


async def test_a_rule_that_is_put_can_be_read_replaced_and_deleted(
    client: Client, stranger: Client
) -> None:
    put = await client.put("/api/v1/rules/plus-ships-free", RULE)
    assert put.status == 200
    assert put.body["conditions"] == {
        "plans": ["plus"],
        "locales": [],
        "topics": [],
        "starts": None,
        "ends": "2027-01-01",
    }
    assert (put.body["rule_id"], put.body["enabled"]) == ("plus-ships-free", True)
    assert (await client.get("/api/v1/rules/plus-ships-free")).body == put.body
    await client.put("/api/v1/rules/first", {"title": "First", "text": "Greet.", "rank": 1})
    listed = (await client.get("/api/v1/rules")).body
    assert [one["rule_id"] for one in listed["items"]] == ["first", "plus-ships-free"]
    refused(await stranger.get("/api/v1/rules/first"), 404)
    refused(await stranger.delete("/api/v1/rules/first"), 404)
    assert (await client.delete("/api/v1/rules/first")).status == 204
    refused(await client.get("/api/v1/rules/first"), 404)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"title": "x"}, "text is missing"),
        ({"title": " ", "text": "x"}, "title is empty"),
        ({**RULE, "rank": -1}, "rank: expected int >= 0"),
        ({**RULE, "conditions": {"plan": ["plus"]}}, "conditions.plan is not known here"),
        (
            {**RULE, "conditions": {"starts": "2026-02-01", "ends": "2026-01-01"}},
            "conditions.ends lies before conditions.starts",
        ),
    ],
)
async def test_a_wrong_rule_is_refused_in_a_sentence(
    client: Client, rule: object, words: str
) -> None:
    assert words in refused(await client.put("/api/v1/rules/r", rule), 400)
    assert "There is no rule" in refused(await client.get("/api/v1/rules/r"), 404)


async def called(app: RunningApp, tenant: Tenant, cost: str, model: str) -> None:
    """One model call of a conversation that was answered."""
    _, conversation = await opened_ticket(app.house.store, tenant)
    async with app.house.store.begin(tenant.principal) as db:
        message = await db.conversations.append(conversation, "message", role="customer", text="?")
        turn = await db.turns.add_turn(message)
        assert turn is not None
        await db.turns.finish(turn, {})
        call = ModelCall(
            id=uuid4(),
            conversation_id=conversation,
            turn_id=turn.id,
            step=0,
            feature="chat",
            provider="p",
            model=model,
            model_served=model,
            prompt_name="support",
            prompt_version="1",
            usage=Usage(100, 40, 20),
            usage_estimated=False,
            cost_usd=Decimal(cost),
            price_date="2026-11-20",
            first_token_s=0.3,
            duration_s=1.0,
            outcome="ok",
            finish="stop",
        )
        await db.calls.add_calls([call])


async def test_usage_adds_up_by_day_and_model(
    client: Client, stranger: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await called(shared_app, tenant, "0.25", "small")
    await called(shared_app, tenant, "0.5", "small")
    await called(shared_app, tenant, "2", "large")
    usage = (await client.get("/api/v1/usage")).body
    today = shared_app.house.clock.now().date().isoformat()
    assert usage == {
        "items": [
            {
                "day": today,
                "model": "large",
                "calls": 1,
                "input_tokens": 100,
                "cached_tokens": 40,
                "output_tokens": 20,
                "cost_usd": 2.0,
            },
            {
                "day": today,
                "model": "small",
                "calls": 2,
                "input_tokens": 200,
                "cached_tokens": 80,
                "output_tokens": 40,
                "cost_usd": 0.75,
            },
        ],
        "next": None,
    }
    assert (await stranger.get("/api/v1/usage")).body["items"] == []


@pytest.mark.parametrize("since", ["soon", "2001-01-01", "9999-01-01"])
async def test_usage_of_an_impossible_day_is_refused(client: Client, since: str) -> None:
    assert "since" in refused(await client.get(f"/api/v1/usage?since={since}"), 400)
