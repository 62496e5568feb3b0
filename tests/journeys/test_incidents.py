"""Outages are recorded for each company by itself, with what answered its customers meanwhile."""

from pathlib import Path

from chatbot.domain.outage import Incident
from chatbot.domain.principal import Principal
from tests.fault_scenarios import refuse, reply
from tests.journeys.desk import signed_in
from tests.journeys.outage import HASTY, QUESTION, company
from tests.journeys.shop import Template, shop
from tests.running import RunningApp
from tests.tenants import found_tenant
from tests.visitor import Visitor
from tests.waiting import until


async def incidents(app: RunningApp, by: Principal | None = None) -> list[Incident]:
    async with app.house.store.begin(by or await company(app)) as db:
        return await db.incidents.latest()


async def test_an_outage_is_recorded_from_its_first_fall_to_the_recovery(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with (
        shop(demo_url, demo_template, tmp_path, **HASTY) as (app, provider),
        signed_in(app, "admin") as admin,
    ):
        page = await admin.get("/admin/incidents")
        assert (page.status, "No incident so far" in page.words) == (200, True)
        provider.default = refuse(503)
        async with Visitor(app.base) as visitor:
            await visitor.ask(QUESTION)
            await visitor.ask("Do you sell unicorn saddles to the moon?")

            found = await incidents(app)
            assert [one.cause for one in found] == ["server_error"]
            assert found[0].ended_at is None
            assert (found[0].served, found[0].customers) == ({"handoff": 2}, 1)
            await app.house.desk.incidents.end_those_over()
            assert (await incidents(app))[0].ended_at is None, "it is not over yet"
            console = (await admin.get("/console/")).words
            assert "does not answer reliably (server error" in console
            page = (await admin.get("/admin/incidents")).words
            assert "Goes on" in page

            provider.default = reply("Well again.")

            async def closed() -> bool:
                return not app.house.models.breakers[0].is_open

            await until(closed, "the breaker is closed")
            await app.house.desk.incidents.end_those_over()
            (ended,) = await incidents(app)
            assert ended.ended_at is not None
            assert (ended.served, ended.customers) == ({"handoff": 2}, 1)
            console = (await admin.get("/console/")).words
            assert "does not answer reliably" not in console
            page = (await admin.get("/admin/incidents")).words
            assert "Goes on" not in page

        stranger = await found_tenant(app.house.store, "stranger")
        assert await incidents(app, stranger.principal) == []
        async with app.house.store.begin(await company(app)) as db:
            actions = [line["action"] for line in await db.audit.latest()]
        assert [one for one in actions if one.startswith("incident.")] == [
            "incident.end",
            "incident.open",
        ]


async def test_a_model_that_only_wrote_nonsense_is_no_incident(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with shop(demo_url, demo_template, tmp_path) as (app, provider):
        provider.default = reply("I have opened ticket #4711 for you.")
        async with Visitor(app.base) as visitor:
            message = await visitor.ask(QUESTION)
            assert message["source"]["rung"] == "handoff"
            assert "If our assistant is back" not in message["text"]
        assert await incidents(app) == []


async def test_a_drill_is_no_incident(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with shop(demo_url, demo_template, tmp_path) as (app, provider):
        app.house.desk.incidents.note_nothing()
        provider.default = refuse(503)
        async with Visitor(app.base) as visitor:
            await visitor.ask(QUESTION)
        assert await incidents(app) == []
