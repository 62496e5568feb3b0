"""The model's rung: what a customer reads of it, and where it came from."""

from collections.abc import AsyncIterator

import pytest

from chatbot.domain.customer import CustomerFacts
from chatbot.errors import Unsound
from tests.asks import CARE, RETURNS, ask, customer, situation, ticket
from tests.fault_scenarios import REPLY, broken, call, refusing, reply
from tests.fault_server import Scenario
from tests.models import Stage, shown, stage
from tests.rungs import says

TICKET = {"priority": "low", "category": "other", "subject": "Lamp", "summary": "It broke."}


@pytest.fixture
async def at() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def test_a_reply_cites_its_answers_and_shows_no_marks(at: Stage) -> None:
    at.server.script.append(
        reply("Within 30", " days. [[retur", "ns-window]] By", " hand. [[wool-care]] [[made-up]]")
    )
    settled = await at.reply(ask("Return? Wash?", situation(), RETURNS, CARE))
    assert settled.text == "Within 30 days. By hand."
    assert settled.source.rung == "model"
    assert settled.source.answers == (
        ("returns-window", RETURNS.title),
        ("wool-care", CARE.title),
    )


async def test_a_reply_begins_with_a_word_however_the_model_began(at: Stage) -> None:
    at.server.script.append(reply("\n", " ", " Hello", " there. "))
    words, _, settled = await shown(ask(), [at.rung])
    assert words == settled.reply.text == "Hello there."


async def test_a_public_reply_may_be_kept_and_a_personal_one_not(at: Stage) -> None:
    assert (await at.reply(ask("What is your return policy?"))).cacheable
    maya = situation(facts=CustomerFacts(customer("Maya")))
    assert not (await at.reply(ask("What is your return policy?", maya))).cacheable


async def test_a_model_that_dies_midway_is_withdrawn_for_the_next_rung(at: Stage) -> None:
    at.server.script.append(broken(then="cut"))
    words, withdrawn, settled = await shown(ask(), [at.rung, says("bank", "A saved answer.")])
    assert (words, withdrawn) == ("A saved answer.", ["cut"])
    assert settled.declined == (("model", "cut"),)


async def test_a_ticket_that_was_never_opened_is_never_announced(at: Stage) -> None:
    at.server.script.append(reply("Sorry to hear that. ", "I've opened a ticket", " for you. Bye."))
    words, withdrawn, settled = await shown(ask(), [at.rung, says("handoff", "Ticket #1.")])
    assert words == "Ticket #1."
    assert withdrawn == ["false_claim"]
    assert settled.rung == "handoff"


async def test_a_ticket_announced_together_with_its_call_stands(at: Stage) -> None:
    at.server.script += [
        call("open_ticket", TICKET, words="I've opened a ticket for you."),
        reply("It is ticket #42."),
    ]
    words, withdrawn, _ = await shown(ask(), [at.rung])
    assert words == "I've opened a ticket for you.\n\nIt is ticket #42."
    assert withdrawn == []


async def test_a_ticket_of_this_conversation_may_be_spoken_of_and_a_foreign_one_not(
    at: Stage,
) -> None:
    around = situation(tickets=(ticket(7),))
    at.server.script += [reply("It is ticket #7."), reply("It is ticket #8.")]
    assert (await at.reply(ask("Which?", around))).text == "It is ticket #7."
    with pytest.raises(Unsound):
        await at.reply(ask("Which?", around))


@pytest.mark.parametrize(
    "scenario",
    [refusing("I can't help with building that."), reply("Well, first", finish="content_filter")],
)
async def test_a_withheld_reply_becomes_neutral_words_and_an_offer(
    at: Stage, scenario: Scenario
) -> None:
    at.server.script.append(scenario)
    words, _, settled = await shown(ask(), [at.rung])
    assert "person" in words
    assert "first" not in words
    assert settled.rung == "model"
    assert not settled.reply.cacheable


async def test_a_reply_of_nothing_but_marks_does_not_stand(at: Stage) -> None:
    at.server.script.append(reply("[[returns-window]]"))
    with pytest.raises(Unsound):
        await at.reply(ask("Return?", situation(), RETURNS))


async def test_the_receipt_says_how_the_reply_came_about(at: Stage) -> None:
    settled = await at.reply(ask())
    assert settled.text == REPLY
    assert settled.detail == {
        "model": "scripted-1",
        "finish": "stop",
        "completions": 1,
        "tools": [],
        "cited": [],
    }
