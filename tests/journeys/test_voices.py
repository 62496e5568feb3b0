"""One person has one voice on an answer, however many windows they open."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from chatbot.answers import curation
from chatbot.domain.answer import AnswerContent
from chatbot.domain.given import JUDGED_FOR
from tests.journeys.desk import workspace_of
from tests.journeys.outage import rows
from tests.journeys.shop import Template, identity
from tests.running import RunningApp, running_app
from tests.visitor import Visitor

QUESTION = "Do you lend out kayak trolleys?"
TROLLEYS = AnswerContent("Kayak trolleys", "We lend kayak trolleys for a day.", (QUESTION,))
HOME = "198.41.0.4"
Complaint = Callable[[], Awaitable[None]]


@asynccontextmanager
async def told(app: RunningApp, address: str, customer: str = "") -> AsyncIterator[Complaint]:
    """Somebody at *address*, as the proxy in front of us says, who was given the answer."""
    visitor = Visitor(app.base, headers={"X-Forwarded-For": address})
    if customer:
        await visitor.session(identity=identity(app, customer))
    async with visitor:
        reply = await visitor.ask(QUESTION)
        assert reply["text"] == TROLLEYS.text

        async def complain() -> None:
            await visitor.say_frame({"type": "feedback", "message": reply["id"], "value": -1})
            await visitor.ask("who paints the fence")

        yield complain


async def complaints(app: RunningApp) -> int:
    """How many voices speak against the answer."""
    async with app.house.store.begin(await workspace_of(app)) as db:
        return (await db.given.thumbs(db.now - JUDGED_FOR))["trolleys"].unhelpful


async def test_windows_of_one_network_have_one_voice_and_known_customers_their_own(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    proxied = {"CHATBOT_SERVER_TRUSTED_PROXIES": "127.0.0.1"}
    async with running_app(demo_url, tmp_path, demo_template.encoders, **proxied) as app:
        by, store, bus = await workspace_of(app), app.house.store, app.house.bus
        answer = await curation.create("trolleys", TROLLEYS, by=by, store=store)
        await curation.publish("trolleys", based_on=answer.revision, by=by, store=store, bus=bus)

        first, second = app.installed.customers[:2]
        people = [(HOME, "")] * 3 + [(HOME, first), (HOME, second)]
        people += [(f"199.7.83.{last}", "") for last in range(2)]
        voices: list[int] = []
        async with AsyncExitStack() as open_:
            # All are told before anybody complains: complaints that are read silence the answer.
            all_ = [await open_.enter_async_context(told(app, *person)) for person in people]
            for complain in all_:
                await complain()
                voices.append(await complaints(app))
        kept = {row[0] for row in await rows(app, "SELECT network FROM feedback")}

    assert voices == [1, 1, 1, 2, 3, 4, 5]
    assert len(kept - {""}) == 3
    assert not any(HOME in mark or "199.7" in mark for mark in kept)
