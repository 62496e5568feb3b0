"""While a provider fails in whatever way: what the customer sees, and what operators can tell."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.fault_catalogue import SCENARIOS
from tests.fault_scenarios import REPLY, broken, refuse, reply
from tests.fault_server import MODEL, FaultServer
from tests.journeys.shop import Template, shop
from tests.running import RunningApp
from tests.visitor import Frame, Visitor
from tests.waiting import until

SPARE = "spare-1"
QUICK = {
    "CHATBOT_DEADLINES_FIRST_TOKEN_S": "1.5",
    "CHATBOT_DEADLINES_DECISION_S": "7",
    "CHATBOT_BREAKER_PROBE_EVERY_S": "0.2",
}
RETURNS = "How long do I have to send something back?"

Both = tuple[RunningApp, FaultServer]


@pytest.fixture
async def alone(demo_url: str, demo_template: Template, tmp_path: Path) -> AsyncIterator[Both]:
    """One model."""
    async with shop(demo_url, demo_template, tmp_path, **QUICK) as running:
        yield running


@pytest.fixture
async def two(demo_url: str, demo_template: Template, tmp_path: Path) -> AsyncIterator[Both]:
    """A primary, and an alternative that is well."""
    async with shop(
        demo_url, demo_template, tmp_path, CHATBOT_ALTERNATIVE_MODEL=SPARE, **QUICK
    ) as (app, provider):
        provider.scenarios = {SPARE: reply("From the spare.")}
        yield app, provider


def asked(provider: FaultServer, model: str) -> int:
    return sum(received.model == model for received in provider.received)


def probes(provider: FaultServer) -> int:
    return sum(len(received.body["messages"]) == 1 for received in provider.received)


async def readiness(app: RunningApp) -> tuple[str, str]:
    _, body = await Visitor(app.base).get("/readyz")
    return body["status"], body["checks"]["provider"]


async def metric(app: RunningApp, name: str) -> float:
    """The figure behind *name*, which includes its labels; 0 when there is none."""
    async with aiohttp.ClientSession() as http, http.get(app.base + "/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def notices(visitor: Visitor) -> list[str]:
    return [frame["code"] for frame in visitor.all("notice")]


async def test_a_stall_is_raced_and_the_alternative_answers(two: Both) -> None:
    app, provider = two
    provider.default = SCENARIOS["hang"]
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("Do you sell rope?")
    assert message["text"] == "From the spare."
    assert message["source"]["rung"] == "alternative"
    assert (asked(provider, MODEL), asked(provider, SPARE)) == (1, 1)
    assert notices(visitor) == [], "a model answered: nothing to warn of"


async def test_a_primary_that_fails_is_followed_by_the_alternative(two: Both) -> None:
    app, provider = two
    provider.default = refuse(500)
    async with Visitor(app.base) as visitor:
        for thing in ("rope", "tents", "maps", "boots"):
            message = await visitor.ask(f"Do you sell {thing}?")
            assert message["source"]["rung"] == "alternative"
    assert asked(provider, MODEL) - probes(provider) == 5, "then it is set aside"
    status, provider_state = await readiness(app)
    assert status == "degraded"
    assert provider_state == f"the other one answers for openai/{MODEL} (server_error)"
    labels = f'{{model="{MODEL}",provider="openai"}}'
    assert await metric(app, f"chatbot_breaker_state{labels}") == 1
    assert await metric(app, 'chatbot_replies_total{rung="alternative"}') >= 4


async def test_words_that_were_cut_are_withdrawn_before_the_alternative_speaks(two: Both) -> None:
    app, provider = two
    provider.default = broken(then="cut")
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("Do you sell rope?")
    assert message["text"] == "From the spare."
    assert [frame["reason"] for frame in visitor.all("reset")] == ["cut"]
    assert asked(provider, MODEL) == 1


async def test_a_model_that_recovers_is_taken_back_by_probes_alone(alone: Both) -> None:
    app, provider = alone
    provider.default = refuse(503)
    async with Visitor(app.base) as visitor:
        for _ in range(3):
            assert (await visitor.ask(RETURNS))["source"]["rung"] == "answer_bank"
        failed = asked(provider, MODEL) - probes(provider)
        assert failed == 5
        assert await readiness(app) == ("degraded", "failing: saved answers are given")
        assert (await visitor.ask(RETURNS))["source"]["rung"] == "answer_bank"
        await until(lambda: probes(provider) >= 2, "it was probed")
        assert asked(provider, MODEL) - probes(provider) == failed, "no customer was the probe"
        provider.default = reply()
        breaker = app.house.models.breakers[0]
        await until(lambda: not breaker.is_open, "probes found it well")
        assert asked(provider, MODEL) - probes(provider) == failed
        assert (await visitor.ask("Do you sell rope?"))["text"] == REPLY
        await visitor.until(lambda frame: frame["type"] == "notice")
    assert notices(visitor) == ["degraded", "restored"]
    assert (await readiness(app))[1] == "ok"


async def test_every_customer_who_fell_is_told_and_each_is_told_of_the_end(alone: Both) -> None:
    app, provider = alone
    visitors, breaker = [Visitor(app.base) for _ in range(2)], app.house.models.breakers[0]
    for visitor in visitors:
        await visitor.connect()
    provider.default = refuse(404, "model_not_found")
    for visitor in visitors:
        await visitor.ask(RETURNS)
        await visitor.until(lambda frame: frame["type"] == "notice")
    provider.default = reply()
    await until(lambda: not breaker.is_open, "probes found it well")
    for thing, visitor in zip(("rope", "maps"), visitors, strict=True):  # not out of the cache
        await visitor.ask(f"Do you sell {thing}?")
        await visitor.until(lambda frame: frame["type"] == "notice")
    for visitor in visitors:
        assert notices(visitor) == ["degraded", "restored"]
        await visitor.leave()


async def test_a_limit_with_a_time_is_said_and_waited_for(alone: Both) -> None:
    app, provider = alone
    provider.script.append(refuse(429, "rate_limit_exceeded", retry_after="1"))
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("Do you sell rope?")
    assert message["text"] == REPLY
    (notice,) = visitor.all("notice")
    assert (notice["code"], notice["eta_s"]) == ("queued", 1)
    assert notice["text"]


async def test_a_limit_without_one_is_left_to_the_next_rung(alone: Both) -> None:
    app, provider = alone
    provider.script.append(refuse(429, "rate_limit_exceeded"))
    async with Visitor(app.base) as visitor:
        message = await visitor.ask(RETURNS)
    assert message["source"]["rung"] == "answer_bank"
    assert asked(provider, MODEL) == 1
    assert not app.house.models.breakers[0].is_open


async def test_more_customers_than_places_wait_their_turn(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    few = {"CHATBOT_CONCURRENCY_START": "1", "CHATBOT_CONCURRENCY_MOST": "1"}
    async with shop(demo_url, demo_template, tmp_path, **few) as (app, provider):
        visitors = [Visitor(app.base) for _ in range(4)]
        for visitor in visitors:
            await visitor.connect()
        replies: list[Frame] = await asyncio.gather(
            *(visitor.ask(f"Do you sell {n} ropes?") for n, visitor in enumerate(visitors, 2))
        )
        for visitor in visitors:
            await visitor.leave()
        assert [message["text"] for message in replies] == [REPLY] * 4
        assert asked(provider, MODEL) == 4
