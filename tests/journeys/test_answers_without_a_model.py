"""No provider is configured: the customer still gets the shop's answer, or a person."""

from chatbot.domain.principal import system
from tests.running import RunningApp
from tests.visitor import Visitor, is_bot

KNOWN = "what are your opening hours in Galway"
UNKNOWN = "xyzzy plugh zorkmid"


async def test_a_known_question_gets_the_shops_own_words(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        reply = await visitor.ask(KNOWN)

    assert "Galway" in reply["text"]
    assert reply["source"]["rung"] == "answer_bank"
    assert reply["source"]["label"] == "Saved answer"
    assert reply["source"]["answers"][0]["id"] == "shop-hours"
    assert 0.5 < reply["source"]["score"] <= 1


async def test_an_unknown_question_gets_a_ticket_that_exists(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        reply = await visitor.ask(UNKNOWN)

    ticket, state = visitor.all("ticket")[0], visitor.all("state")[0]
    assert reply["source"]["rung"] == "handoff"
    assert f"#{ticket['number']}" in reply["text"]
    assert state["state"] == "waiting"
    async with app.house.store.directory() as directory:
        workspace = await directory.workspace(slug="demo")
    async with app.house.store.begin(system(workspace.id)) as db:
        stored = await db.tickets.by_number(ticket["number"])
    assert UNKNOWN in stored.summary


async def test_the_bot_still_answers_while_a_customer_waits_for_a_person(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        await visitor.ask(UNKNOWN)
        reply = await visitor.ask(KNOWN)

    assert reply["source"]["rung"] == "answer_bank"


async def test_a_second_question_without_an_answer_names_the_same_ticket(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        await visitor.ask(UNKNOWN)
        reply = await visitor.ask("qwertz asdf yxcv")

    assert len(visitor.all("ticket")) == 1
    assert f"#{visitor.all('ticket')[0]['number']}" in reply["text"]


async def test_asking_for_a_person_opens_a_ticket_at_once(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        await visitor.say_frame({"type": "handoff"})
        reply = await visitor.until(is_bot)
        await visitor.say_frame({"type": "handoff"})
        again = await visitor.until(is_bot)

    assert visitor.all("state")[0]["state"] == "waiting"
    number = visitor.all("ticket")[0]["number"]
    assert f"#{number}" in reply["text"]
    assert f"#{number}" in again["text"]
    assert len(visitor.all("ticket")) == 1
