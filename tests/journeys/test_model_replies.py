"""With a model configured: what the customer reads, what the provider was sent, what was done."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatbot.domain.principal import system
from tests.fault_scenarios import broken, call, refuse, reply
from tests.fault_server import FaultServer
from tests.journeys.shop import Template, block, shop, signed_in
from tests.running import RunningApp
from tests.visitor import Frame, Visitor, is_bot

TICKET = {
    "priority": "high",
    "category": "billing",
    "subject": "Refund for WM-30712 is missing",
    "summary": "The parcel arrived, the refund did not.",
}
RETURNS = "How long do I have to send something back?"


@pytest.fixture
async def both(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> AsyncIterator[tuple[RunningApp, FaultServer]]:
    async with shop(demo_url, demo_template, tmp_path) as running:
        yield running


async def tickets(app: RunningApp) -> list[Frame]:
    _, listed = await Visitor(app.base).get("/api/v1/tickets", token=app.installed.api_key)
    return listed["items"]


async def test_the_model_knows_the_customers_order_the_rules_and_the_answers(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script.append(reply("You have ", "45 days. ", "[[returns-window]]"))
    visitor = await signed_in(app, "wmr-1001")
    message = await visitor.ask(RETURNS)
    await visitor.leave()

    assert message["text"] == visitor.shown == "You have 45 days."
    assert message["source"]["rung"] == "model"
    assert [answer["id"] for answer in message["source"]["answers"]] == ["returns-window"]
    sent = provider.received[0]
    assert "Wrenmoor Outdoor" in sent.body["messages"][0]["content"]
    assert "Aoife Brennan" in block(sent, "customer")
    assert "WM-30712" in block(sent, "customer")
    assert "45 days" in block(sent, "answers")
    assert block(sent, "question") == RETURNS


async def test_a_ticket_is_opened_by_a_call_and_announced_truthfully(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    before = {ticket["number"] for ticket in await tickets(app)}
    visitor = await signed_in(app, "wmr-1001")
    provider.script += [call("open_ticket", TICKET), reply("A colleague will contact you here.")]
    message = await visitor.ask("Where is my refund?")
    await visitor.leave()

    (opened,) = [ticket for ticket in await tickets(app) if ticket["number"] not in before]
    assert opened["customer"] == "wmr-1001"
    assert opened["subject"] == TICKET["subject"]
    assert opened["conversation"] == visitor.conversation
    assert message["text"] == "A colleague will contact you here."
    assert [frame["number"] for frame in visitor.all("ticket")] == [opened["number"]]
    assert f"#{opened['number']}" in provider.received[1].body["messages"][-1]["content"]


async def test_a_claim_without_a_ticket_becomes_a_real_one(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script.append(reply("Sure. ", "I have opened ticket #99999 ", "for you."))
    visitor = await signed_in(app, "wmr-1001")
    message = await visitor.ask("zxcv qwer tyui bnmp")
    await visitor.leave()

    (number,) = [frame["number"] for frame in visitor.all("ticket")]
    assert message["source"]["rung"] == "handoff"
    assert f"#{number}" in message["text"]
    assert not any("99999" in str(frame) for frame in visitor.heard)


async def test_a_reply_that_breaks_off_is_withdrawn_and_a_saved_answer_given(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    for scenario in (refuse(500), broken(then="cut"), broken()):
        provider.script += [scenario, scenario]  # it is asked once more, and then left
        async with Visitor(app.base) as visitor:
            message = await visitor.ask(RETURNS)
        assert message["source"]["rung"] == "answer_bank"
        assert "45 days" in message["text"]
        assert visitor.shown == message["text"]
    assert visitor.all("reset"), "words that were shown were taken back"


async def test_a_reply_that_breaks_off_once_is_begun_anew(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script += [broken(then="cut"), reply("Within ", "45 days.")]
    async with Visitor(app.base) as visitor:
        message = await visitor.ask(RETURNS)
    assert message["source"]["rung"] == "model"
    assert message["text"] == visitor.shown == "Within 45 days."
    assert visitor.all("reset"), "words that were shown were taken back"


async def test_what_each_request_cost_is_in_the_log(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script += [refuse(503), reply("Fine.")]
    async with Visitor(app.base) as visitor:
        assert (await visitor.ask("Do you sell rope?"))["text"] == "Fine."
    async with app.house.store.directory() as directory:
        home = await directory.workspace(slug="demo")
    async with app.house.store.begin(system(home.id)) as db:
        rows = [row for row in await db.calls.latest() if row["model_served"] == "scripted-1"]
        fine, failed = rows
        (older, *_) = await db.calls.latest(before=fine["id"], limit=1)
    assert (fine["outcome"], failed["outcome"]) == ("ok", "server_error")
    assert older["id"] == failed["id"], "one moment is theirs, and the order is kept"
    assert failed["input_tokens"] == 0
    assert (fine["input_tokens"], fine["cached_tokens"]) == (120, 64)
    assert fine["prompt_name"] == "support"
    assert not fine["price_known"]


async def test_the_next_question_carries_the_conversation_and_the_open_ticket(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script += [call("open_ticket", TICKET), reply("Done."), reply("It is open.")]
    visitor = await signed_in(app, "wmr-1002")
    await visitor.ask("My refund is missing")
    await visitor.ask("And what about it?")
    await visitor.leave()

    later = provider.received[-1]
    assert [m["role"] for m in later.body["messages"]] == ["system", "user", "assistant", "user"]
    assert later.body["messages"][1]["content"] == "My refund is missing"
    (number,) = [frame["number"] for frame in visitor.all("ticket")]
    assert f"ticket #{number}, open" in block(later, "conversation")


async def test_a_reply_that_is_being_written_outlives_its_socket(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script.append(reply(*[f"word{n} " for n in range(50)]))
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("Tell me a lot")
    await visitor.until(lambda frame: frame["type"] == "ack")
    await visitor.leave()
    again = Visitor(app.base)
    again.token, again.conversation = visitor.token, visitor.conversation
    await again.connect(resume=0)
    message = await again.until(is_bot)
    await again.leave()
    assert message["text"].split()[-1] == "word49"
