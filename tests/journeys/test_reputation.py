"""Customers' thumbs on what the bank says: enough of them silence an answer, until it is edited."""

from dataclasses import replace
from typing import Any

import pytest

from chatbot.answers import curation
from chatbot.domain.answer import AnswerContent
from tests.journeys.desk import desk, signed_in, workspace_of
from tests.running import RunningApp
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk
QUESTION = "Do you lend out kayak trolleys?"
TROLLEYS = AnswerContent(
    "Kayak trolleys",
    "We lend kayak trolleys for a day.",
    (QUESTION, "Can I borrow a kayak trolley", "kayak trolley rental", "lend me a kayak trolley"),
)


async def told(desk: RunningApp, thumb: int = 0) -> dict[str, Any]:
    """What another customer is told, who judges it with *thumb* if that is not 0."""
    async with Visitor(desk.base) as visitor:
        reply = await visitor.ask(QUESTION)
        if thumb:
            await visitor.say_frame({"type": "feedback", "message": reply["id"], "value": thumb})
            await visitor.ask("who paints the fence")
    return reply


async def read_again(desk: RunningApp) -> None:
    """What every process does by itself after a minute."""
    by = await workspace_of(desk)
    desk.house.bank.refresh(by.workspace)
    await desk.house.bank.settled()


async def test_repeated_complaints_silence_an_answer_until_its_text_is_edited(
    desk: RunningApp,
) -> None:
    by, store, bus = await workspace_of(desk), desk.house.store, desk.house.bus
    answer = await curation.create("trolleys", TROLLEYS, by=by, store=store)
    await curation.publish("trolleys", based_on=answer.revision, by=by, store=store, bus=bus)

    for _ in range(2):  # the first complaint, read by every process, silences nothing
        assert (await told(desk, -1))["text"] == TROLLEYS.text
        await read_again(desk)
    for _ in range(9):
        await told(desk, -1)
    await read_again(desk)
    silenced = await told(desk)
    async with signed_in(desk, "admin") as admin:
        page = await admin.get("/admin/answers/edit/trolleys")

        edited = replace(TROLLEYS, text="Kayak trolleys are lent for a day, for nothing.")
        async with store.begin(by) as db:
            now = await db.answers.get("trolleys")
        await curation.publish(
            "trolleys", edited, based_on=now.revision, by=by, store=store, bus=bus
        )
        given = await told(desk)
        fresh = await admin.get("/admin/answers/edit/trolleys")

    assert silenced["text"] != TROLLEYS.text
    assert "helpful 0 of" in page.words
    assert "given less readily" in page.words
    assert given["text"] == edited.text
    assert "helpful 0 of" not in fresh.words


async def test_an_edit_of_the_phrasings_alone_forgets_nothing(desk: RunningApp) -> None:
    by, store, bus = await workspace_of(desk), desk.house.store, desk.house.bus
    content = replace(TROLLEYS, title="Kayak paddles", text="We lend paddles.", phrasings=())
    answer = await curation.create("paddles", content, by=by, store=store)
    await curation.publish("paddles", based_on=answer.revision, by=by, store=store, bus=bus)
    async with Visitor(desk.base) as visitor:
        reply = await visitor.ask("Kayak paddles")
        await visitor.say_frame({"type": "feedback", "message": reply["id"], "value": 1})
        await visitor.ask("who paints the fence")
    more = replace(content, phrasings=("do you lend paddles",))
    await curation.publish("paddles", more, based_on=answer.revision, by=by, store=store, bus=bus)

    async with signed_in(desk, "admin") as admin:
        page = await admin.get("/admin/answers/edit/paddles")

    assert "helpful 1 of 1" in page.words
