"""A model words what an agent said; its request is booked, and a person still decides."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from chatbot.answers.gathering import Gatherer
from chatbot.answers.suggesting import dismiss
from chatbot.domain.suggestion import Suggestion
from tests.fault_scenarios import paced, reply
from tests.fault_server import FaultServer
from tests.journeys.conftest import DemoTemplate
from tests.journeys.desk import workspace_of
from tests.journeys.shop import shop
from tests.journeys.test_suggestions import agent_answers, asked
from tests.running import RunningApp
from tests.waiting import until

QUESTION = "can you re-stuff an old beanbag"
WORDS = "Sure we do that, any size, it is €15 and takes about a week."
DRAFT = "Yes, we re-stuff beanbags of any size for **€15** within a week."

Shop = tuple[RunningApp, FaultServer]


@pytest.fixture
async def open_shop(
    demo_url: str, demo_template: DemoTemplate, tmp_path: Path
) -> AsyncIterator[Shop]:
    async with shop(demo_url, demo_template, tmp_path) as opened:
        yield opened


async def drafted(opened: Shop, said: str) -> Suggestion:
    """The suggestion after the model was asked to word it, and said *said*."""
    app, provider = opened
    provider.script.append(reply("We can look into that."))
    conversation = await asked(app, QUESTION)
    await agent_answers(app, conversation, WORDS)
    by, house = await workspace_of(app), app.house
    gatherer = Gatherer(house.store, house.bank, house.encoder, settled=timedelta())
    await gatherer.gather(by.workspace)
    provider.script.append(reply(said))
    assert house.drafter is not None
    await house.drafter.draft(by.workspace)
    async with house.store.begin(by) as db:
        (found,) = await db.suggestions.page("open", written=True)
    return found


async def test_the_model_words_it_and_the_call_is_booked_apart(open_shop: Shop) -> None:
    suggestion = await drafted(open_shop, DRAFT)
    app, provider = open_shop
    async with app.house.store.begin(await workspace_of(app)) as db:
        booked = (await db.calls.latest(before=None, limit=1))[0]
        heard = await db.suggestions.heard(suggestion.id)

    assert (suggestion.text, suggestion.drafted_by) == (DRAFT, "model")
    assert booked["prompt_name"] == "suggestion"
    assert booked["outcome"] == "ok"
    assert heard[0].reply == WORDS
    assert QUESTION in provider.received[-1].text


@pytest.mark.parametrize("said", ["Yes, for €25 within a week.", "NONE", WORDS * 9])
async def test_a_draft_that_says_more_than_the_agent_is_refused(open_shop: Shop, said: str) -> None:
    suggestion = await drafted(open_shop, said)
    app, provider = open_shop
    asked_so_far = len(provider.received)
    assert app.house.drafter is not None
    await app.house.drafter.draft((await workspace_of(app)).workspace)

    assert (suggestion.text, suggestion.drafted_by) == (WORDS, "agent")
    assert suggestion.reason.startswith("The model")
    assert len(provider.received) == asked_so_far


async def test_a_draft_that_comes_after_the_decision_changes_nothing(open_shop: Shop) -> None:
    app, provider = open_shop
    by, house = await workspace_of(app), app.house
    provider.script.append(reply("We can look into that."))
    await agent_answers(app, await asked(app, QUESTION), WORDS)
    await Gatherer(house.store, house.bank, house.encoder, settled=timedelta()).gather(by.workspace)
    async with house.store.begin(by) as db:
        (waiting,) = await db.suggestions.page("open", written=True)
    provider.script.append(paced(4, 0.5))
    asked_so_far = len(provider.received)
    assert house.drafter is not None
    drafting = asyncio.create_task(house.drafter.draft(by.workspace))

    async def begun() -> bool:
        return len(provider.received) > asked_so_far

    await until(begun, "the model writes")
    await dismiss(waiting.id, "one_off", based_on=waiting.version, by=by, store=house.store)
    await drafting
    async with house.store.begin(by) as db:
        dismissed = await db.suggestions.get(waiting.id)
    assert (dismissed.state, dismissed.reason) == ("dismissed", "one_off")
    assert (dismissed.text, dismissed.drafted_by) == (WORDS, "agent")
