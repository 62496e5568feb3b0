"""What an outage left unanswered is answered once a model is well again, and only then."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import pytest

from chatbot.domain.principal import Principal
from chatbot.ladder.model import ModelRung
from chatbot.tickets.handoff import hand_back, resolve, take_over
from tests.fault_scenarios import call, held, paced, refuse, reply
from tests.journeys.outage import (
    LATER,
    PROMISE,
    QUESTION,
    company,
    due_now,
    idle,
    is_later,
    outage,
    recovered,
    rows,
    waiting,
    well_again,
)
from tests.journeys.shop import Template
from tests.running import RunningApp
from tests.tenants import found_tenant
from tests.visitor import Visitor
from tests.waiting import until


async def test_the_answer_comes_once_to_whoever_stayed_and_to_whoever_comes_back(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with outage(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        handed_off = await visitor.ask(QUESTION)
        asked = next(frame for frame in visitor.heard if frame["type"] == "ack")
        assert handed_off["source"]["rung"] == "handoff"
        assert PROMISE in handed_off["text"]

        await recovered(app, provider)
        await due_now(app)
        async with app.house.recovery.running():
            later = await visitor.until(is_later)
            assert later["reply_to"] == asked["id"]
            assert later["source"]["rung"] == "model"
            assert later["source"]["label"] == "Answered later by our assistant"
            await visitor.leave()
            await visitor.connect(resume=handed_off["seq"])
            await visitor.until(is_later)
            assert await app.house.recovery.look() == 0
        _, log = await visitor.get(f"/api/v1/conversations/{visitor.conversation}/messages")
        assert [item["text"] for item in log["items"]].count(LATER) == 1
        assert not await waiting(app)
        by = await company(app)
        async with app.house.store.begin(by) as db:
            notes = await db.said.notes(UUID(visitor.conversation))
            tickets = await db.tickets.open_in(UUID(visitor.conversation))
        assert ["answered this question later" in note["text"] for note in notes] == [True]
        assert len(tickets) == 1


async def test_a_tool_of_a_later_answer_works_as_in_any_turn(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with well_again(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        provider.script.append(call("lookup_events", {"kind": "order", "limit": 1}))
        before = len(provider.received)
        assert await app.house.recovery.look() == 1
        await visitor.until(is_later)
        assert len(provider.received) == before + 2


async def test_whoever_left_many_questions_holds_up_nobody_else(
    demo_url: str, demo_template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.later._MANY", 2)
    async with (
        outage(demo_url, demo_template, tmp_path) as (app, provider, visitor),
        Visitor(app.base) as other,
    ):
        for text in (QUESTION, "Why green ones?", "Where do marmots live, and why there?"):
            await visitor.ask(text)
        await other.ask(QUESTION)
        assert await waiting(app) == 4
        await recovered(app, provider)
        await due_now(app)
        provider.default = paced(1000, 5.0)
        assert await app.house.recovery.look() + await app.house.recovery.look() == 2
        assert app.house.runner.later == 2
        for each in (visitor, other):
            await app.house.runner.stop(UUID(each.conversation))

        async def idle() -> bool:
            return not app.house.runner.busy

        await until(idle, "the turns were called off")


async def _taken_over(app: RunningApp, conversation: UUID) -> None:
    await take_over(conversation, by=await _agent(app), store=app.house.store, bus=app.house.bus)


async def _resolved(app: RunningApp, conversation: UUID) -> None:
    await resolve(conversation, by=await _agent(app), store=app.house.store, bus=app.house.bus)


async def _over(app: RunningApp, _: UUID) -> None:
    await rows(app, "UPDATE deferred_questions SET until = created_at")


async def _agent(app: RunningApp) -> Principal:
    async with app.house.store.directory() as directory:
        email = next(login.email for login in app.installed.logins if login.role == "agent")
        found = await directory.user(email)
    assert found is not None
    return Principal(found[0].workspace_id, "agent", found[0].id, found[0].name)


@pytest.mark.parametrize("happens", [_taken_over, _resolved, _over])
async def test_nobody_is_answered_who_waits_no_more(
    happens: Callable[[RunningApp, UUID], Awaitable[None]],
    demo_url: str,
    demo_template: Template,
    tmp_path: Path,
) -> None:
    async with well_again(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        await happens(app, UUID(visitor.conversation))
        before = len(provider.received)
        assert await app.house.recovery.look() == 0
        assert len(provider.received) == before
        assert not await waiting(app)


async def test_a_person_who_comes_while_the_model_writes_keeps_the_floor(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with well_again(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        conversation = UUID(visitor.conversation)
        provider.default = paced(1000, 5.0)
        assert await app.house.recovery.look() == 1
        await _taken_over(app, conversation)
        await visitor.until(lambda frame: frame.get("state") == "human")
        await idle(app)
        agent = await _agent(app)
        await hand_back(conversation, by=agent, store=app.house.store, bus=app.house.bus)
        assert await app.house.recovery.look() == 0
        assert not await waiting(app)


async def test_a_reply_that_nobody_wants_any_more_when_it_is_whole_is_dropped(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    """Somebody took over, and the word of it did not reach the process that runs the turn."""
    async with well_again(demo_url, demo_template, tmp_path) as (app, provider, _):
        whole = asyncio.Event()
        provider.script.append(held(reply(LATER), whole))
        assert await app.house.recovery.look() == 1
        await rows(app, "UPDATE conversations SET state = 'human' WHERE state = 'waiting'")
        whole.set()
        await idle(app)
        assert not await rows(app, f"SELECT 1 FROM entries WHERE text = '{LATER}'")  # noqa: S608
        assert await waiting(app) == 0


async def test_what_is_asked_now_does_not_wait_for_a_question_of_earlier(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with well_again(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        provider.script.append(paced(1000, 5.0))
        before = len(provider.received)
        assert await app.house.recovery.look() == 1
        await until(lambda: len(provider.received) > before, "the model writes")
        assert (await visitor.ask("Do you sell unicorn saddles?"))["text"] == LATER
        await due_now(app)
        assert await app.house.recovery.look() == 0
        assert await waiting(app) == 0, "the model had read both questions"


async def test_other_companies_have_nothing_to_do_with_it(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with outage(demo_url, demo_template, tmp_path) as (app, _, visitor):
        await visitor.ask(QUESTION)
        (row,) = await rows(app, "SELECT message_id FROM deferred_questions")
        stranger = await found_tenant(app.house.store, "stranger")
        async with app.house.store.begin(stranger.principal) as db:
            assert await db.deferred.take(row["message_id"]) is None
            await db.deferred.end(row["message_id"], "meddling")
        assert await waiting(app) == 1


async def test_a_customer_who_got_an_answer_meanwhile_is_not_answered_again(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with outage(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        await visitor.ask(QUESTION)
        await recovered(app, provider)
        assert (await visitor.ask("And now? " + QUESTION))["text"] == LATER
        await due_now(app)
        assert await app.house.recovery.look() == 0
        assert not await waiting(app)


async def test_what_fails_again_waits_on_in_silence(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with outage(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        handed_off = await visitor.ask(QUESTION)
        await recovered(app, provider)
        await due_now(app)
        provider.default = refuse(503)
        assert await app.house.recovery.look() == 1
        await idle(app)
        assert await waiting(app) == 1
        await recovered(app, provider)
        assert await app.house.recovery.look() == 0, "it is not tried again at once"
        await due_now(app)
        assert await app.house.recovery.look() == 1
        later = await visitor.until(is_later)
        assert later["seq"] == handed_off["seq"] + 1


async def test_a_bug_in_a_later_answer_holds_up_nothing(
    demo_url: str, demo_template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError

    async with well_again(demo_url, demo_template, tmp_path) as (app, _, visitor):
        monkeypatch.setattr(ModelRung, "attempt", broken)
        assert await app.house.recovery.look() == 1
        await idle(app)
        async with app.house.store.begin(await company(app)) as db:
            assert not await db.turns.unfinished(UUID(visitor.conversation))
        assert await waiting(app) == 1


async def test_while_every_model_is_set_aside_no_question_finds_out_how_it_is(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    never = {"CHATBOT_BREAKER_PROBE_EVERY_S": "3600"}
    async with outage(demo_url, demo_template, tmp_path, **never) as (app, provider, visitor):
        await visitor.ask(QUESTION)
        await due_now(app)
        provider.default = reply(LATER)
        before = len(provider.received)
        assert await app.house.recovery.look() == 0
        assert len(provider.received) == before
        assert await waiting(app) == 1


async def test_only_a_few_are_answered_at_once(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with outage(demo_url, demo_template, tmp_path) as (app, provider, visitor):
        others = [Visitor(app.base) for _ in range(3)]
        for other in others:
            await other.connect()
            await other.ask(QUESTION)
        await visitor.ask(QUESTION)
        await recovered(app, provider)
        await due_now(app)
        whole = asyncio.Event()
        provider.script += [held(reply(LATER), whole)] * 2
        assert await app.house.recovery.look() == 2
        assert await app.house.recovery.look() == 0
        whole.set()
        async with app.house.recovery.running():
            for each in (visitor, *others):
                await each.until(is_later)
                await each.leave()


async def test_nothing_is_promised_where_nothing_waits(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    never = {"CHATBOT_DEFERRED_WINDOW_S": "0"}
    async with outage(demo_url, demo_template, tmp_path, **never) as (app, _, visitor):
        handed_off = await visitor.ask(QUESTION)
        assert handed_off["source"]["rung"] == "handoff"
        assert PROMISE not in handed_off["text"]
        assert not await waiting(app)
