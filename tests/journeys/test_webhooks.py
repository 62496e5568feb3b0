"""The company's own server is told what was answered: signed, once, and until it takes it."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatbot.webhooks.delivering import ATTEMPTS
from tests.api import Client
from tests.journeys.desk import signed_in, workspace_of
from tests.journeys.outage import (
    LATER,
    QUESTION,
    due_now,
    is_later,
    outage,
    recovered,
    rows,
    waiting,
)
from tests.journeys.shop import Template
from tests.receiver import Receiver, Told, answer
from tests.running import RunningApp, running_app
from tests.signatures import signature
from tests.tenants import found_tenant
from tests.visitor import Visitor
from tests.waiting import until

PRIVATE = {"CHATBOT_WEBHOOKS_PRIVATE_TARGETS": "true"}
KNOWN = "what are your opening hours in Galway"
DUE = "UPDATE webhook_deliveries SET due_at = created_at"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as listening:
        yield listening


@pytest.fixture
async def app(demo_url: str, demo_template: Template, tmp_path: Path) -> AsyncIterator[RunningApp]:
    """The demo company without a model, which may tell servers of this machine."""
    async with running_app(demo_url, tmp_path, demo_template.encoders, **PRIVATE) as running:
        yield running


async def told_at(app: RunningApp, url: str) -> str:
    """An owner sets *url*; the secret that the page shows."""
    async with signed_in(app, "owner") as owner:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/webhook", {"url": url})
    found = page.text.split('id="webhook-secret">', 1)
    assert len(found) == 2, page.words
    return found[1].split("<", 1)[0]


async def asked(app: RunningApp, text: str = KNOWN) -> str:
    """A question of the API, when it is answered: its id."""
    client = Client(app.base, app.installed.api_key)
    question = (await client.post("/api/v1/questions", {"text": text})).body["id"]

    async def settled() -> bool:
        found = await client.get(f"/api/v1/questions/{question}")
        return found.body["status"] not in {"queued", "running"}

    await until(settled, "the question was answered")
    return question


async def deliver(app: RunningApp) -> None:
    """What the job does when it is due."""
    for part in await app.house.deliverer.parts():
        await app.house.deliverer.work(part)


async def deliveries(app: RunningApp) -> list[tuple[str, int, int | None]]:
    found = await rows(app, "SELECT state, attempts, status FROM webhook_deliveries")
    return [tuple(row) for row in found]  # type: ignore[misc]


def verified(told: Told, secret: str) -> dict[str, Any]:
    """The event, after what a receiver checks."""
    event_id, timestamp = told.headers["webhook-id"], told.headers["webhook-timestamp"]
    assert abs(time.time() - int(timestamp)) < 60
    expected = signature(secret, event_id, timestamp, told.body)
    assert told.headers["webhook-signature"] == f"v1,{expected}"
    return json.loads(told.body)


async def test_an_answer_to_a_question_of_the_api_is_told_once(
    app: RunningApp, receiver: Receiver
) -> None:
    secret = await told_at(app, receiver.url)
    question = await asked(app)
    await deliver(app)
    await rows(app, DUE)
    await deliver(app)
    (told,) = receiver.told
    event = verified(told, secret)
    shown = await Client(app.base, app.installed.api_key).get(f"/api/v1/questions/{question}")
    assert event["type"] == "question.answered"
    assert set(event) == {"type", "timestamp", "data"}
    assert set(event["data"]) == {"id", "conversation", "message", "text", "source"}
    assert event["data"]["id"] == event["data"]["conversation"] == question
    assert event["data"]["text"] == shown.body["text"]
    assert event["data"]["source"] == shown.body["source"]
    assert await deliveries(app) == [("delivered", 1, 204)]


async def test_a_later_answer_is_told(
    demo_url: str, demo_template: Template, tmp_path: Path, receiver: Receiver
) -> None:
    async with outage(demo_url, demo_template, tmp_path, **PRIVATE) as (app, provider, visitor):
        secret = await told_at(app, receiver.url)
        await visitor.ask(QUESTION)
        ack = next(frame for frame in visitor.heard if frame["type"] == "ack")
        await deliver(app)
        assert receiver.told == [], "a handoff is no answer"
        await recovered(app, provider)
        await due_now(app)
        assert await app.house.recovery.look() == 1
        said = await visitor.until(is_later)
        await deliver(app)
    (told,) = receiver.told
    data = verified(told, secret)["data"]
    assert (data["id"], data["message"], data["text"]) == (ack["id"], said["id"], LATER)
    assert data["conversation"] == visitor.conversation
    assert data["source"] == said["source"]


async def test_a_later_answer_to_a_question_of_the_api_has_its_id(
    demo_url: str, demo_template: Template, tmp_path: Path, receiver: Receiver
) -> None:
    async with outage(demo_url, demo_template, tmp_path, **PRIVATE) as (app, provider, _):
        secret = await told_at(app, receiver.url)
        question = await asked(app, QUESTION)

        async def handed_off() -> bool:
            return await waiting(app) == 1

        await until(handed_off, "it is handed off")
        await deliver(app)
        assert receiver.told == [], "a handoff is no answer"
        await recovered(app, provider)
        await due_now(app)
        assert await app.house.recovery.look() == 1

        async def told() -> bool:
            await deliver(app)
            return len(receiver.told) == 1

        await until(told, "the event arrived")
    data = verified(receiver.told[0], secret)["data"]
    assert (data["id"], data["text"]) == (question, LATER)


async def test_nothing_is_told_of_what_the_widget_answered_at_once(
    app: RunningApp, receiver: Receiver
) -> None:
    await told_at(app, receiver.url)
    async with Visitor(app.base) as visitor:
        await visitor.ask(KNOWN)
    assert await deliveries(app) == []


async def test_nothing_is_told_while_nobody_wants_to_be(
    app: RunningApp, receiver: Receiver
) -> None:
    await asked(app)
    assert await deliveries(app) == []
    await told_at(app, receiver.url)
    await asked(app)
    async with signed_in(app, "owner") as owner:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/webhook/remove")
    assert "nothing is sent any more" in page.words
    await deliver(app)
    assert receiver.told == []
    assert await deliveries(app) == [("dropped", 0, None)]


async def test_what_the_receiver_failed_at_is_sent_again_with_the_same_id(
    app: RunningApp, receiver: Receiver
) -> None:
    receiver.script.extend([answer(500, "Out of paper"), answer(302)])
    secret = await told_at(app, receiver.url)
    await asked(app)
    await deliver(app)
    await deliver(app)
    assert await deliveries(app) == [("waiting", 1, 500)], "it waits for its time"
    async with signed_in(app, "owner") as owner:
        page = await owner.get("/admin/sites")
    assert "1 attempt, next" in page.words
    assert "status 500: “Out of paper”" in page.words
    for _ in range(2):
        await rows(app, DUE)
        await deliver(app)
    assert await deliveries(app) == [("delivered", 3, 204)]
    assert len({told.headers["webhook-id"] for told in receiver.told}) == 1
    assert len({told.body for told in receiver.told}) == 1
    for told in receiver.told:
        verified(told, secret)


async def test_a_receiver_that_is_gone_is_not_asked_again(
    app: RunningApp, receiver: Receiver
) -> None:
    receiver.default = answer(410)
    await told_at(app, receiver.url)
    await asked(app)
    await deliver(app)
    await rows(app, DUE)
    await deliver(app)
    assert len(receiver.told) == 1
    assert await deliveries(app) == [("failed", 1, 410)]


async def test_a_receiver_that_keeps_failing_is_left_alone_at_last(
    app: RunningApp, receiver: Receiver
) -> None:
    receiver.default = answer(503)
    await told_at(app, receiver.url)
    await asked(app)
    for _ in range(ATTEMPTS + 2):
        await rows(app, DUE)
        await deliver(app)
    assert len(receiver.told) == ATTEMPTS
    assert await deliveries(app) == [("failed", ATTEMPTS, 503)]


async def test_another_workspace_neither_sends_nor_sees_it(
    app: RunningApp, receiver: Receiver
) -> None:
    other = await found_tenant(app.house.store, "other")
    await told_at(app, receiver.url)
    await asked(app)
    await app.house.deliverer.work(str(other.id))
    assert receiver.told == []
    async with app.house.store.begin(other.principal) as db:
        assert await db.webhooks.get() is None
        assert await db.webhooks.latest() == []
    client = Client(app.base, other.api_key)
    await client.post("/api/v1/questions", {"text": KNOWN})
    await deliver(app)
    assert len(receiver.told) == 1


async def test_a_new_secret_signs_from_then_on(app: RunningApp, receiver: Receiver) -> None:
    first = await told_at(app, receiver.url)
    await asked(app)
    async with signed_in(app, "owner") as owner:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/webhook/secret")
        again = await owner.get("/admin/sites")
    second = page.text.split('id="webhook-secret">', 1)[1].split("<", 1)[0]
    assert second.startswith("whsec_")
    assert second != first
    assert second not in again.text
    await deliver(app)
    verified(receiver.told[0], second)


async def test_a_test_says_what_came_back(app: RunningApp, receiver: Receiver) -> None:
    receiver.script.extend([answer(200, "Thank you"), answer(401, "<b>Who?</b>")])
    secret = await told_at(app, receiver.url)
    async with signed_in(app, "owner") as owner:
        await owner.get("/admin/sites")
        well = await owner.post("/admin/sites/webhook/test")
        refused = await owner.post("/admin/sites/webhook/test")
    assert "It answered with status 200: “Thank you”" in well.words
    assert "It answered with status 401" in refused.words
    assert "<b>Who?" not in refused.text
    assert [verified(told, secret)["type"] for told in receiver.told] == ["webhook.test"] * 2
    assert await deliveries(app) == []
    async with app.house.store.begin(await workspace_of(app)) as db:
        lines = await db.audit.latest()
    assert {"webhook.address", "webhook.test"} <= {line["action"] for line in lines}
    assert secret not in str(lines)
