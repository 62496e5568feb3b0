"""Which questions wait for a model to be well again, and for how long."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.continuity.deferring import again_in_s, defer
from tests.fault_scenarios import held, reply
from tests.journeys.outage import LATER, is_later, well_again
from tests.journeys.shop import Template
from tests.stored import stored


@pytest.mark.parametrize(
    ("why", "waits"),
    [("server_error", True), ("set_aside", True), ("false_claim", False), ("bad_tool_call", False)],
)
async def test_only_an_outage_lets_a_question_wait(
    database_url: str, why: str, *, waits: bool
) -> None:
    async with stored(database_url) as at:
        asked = replace(await at.ask(), declined=(("model", why), ("answer_bank", "no_match")))
        async with at.store.begin(asked.principal) as db:
            assert await defer(db, asked, 60.0) is waits


async def test_without_a_window_none_waits(database_url: str) -> None:
    async with stored(database_url) as at:
        asked = replace(await at.ask(), declined=(("model", "server_error"),))
        async with at.store.begin(asked.principal) as db:
            assert not await defer(db, asked, 0.0)


async def test_what_is_being_answered_is_begun_no_second_time(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with well_again(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        whole = asyncio.Event()
        provider.script.append(held(reply(LATER), whole))
        assert await app.house.recovery.look() == 1
        assert await app.house.recovery.look() == 0, "though another place is free"
        whole.set()
        assert (await visitor.until(is_later))["text"] == LATER


def test_each_failure_makes_it_wait_longer_and_none_for_ever() -> None:
    assert [again_in_s(failed) for failed in range(1, 7)] == [10, 20, 40, 80, 120, 120]
