"""A customer who has read enough."""

from pathlib import Path

from tests.fault_scenarios import paced
from tests.journeys.shop import Template, shop
from tests.visitor import Visitor, is_bot


async def test_a_customer_who_stops_a_reply_keeps_what_was_said(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    async with (
        shop(demo_url, demo_template, tmp_path) as (app, provider),
        Visitor(app.base) as visitor,
    ):
        provider.script.append(paced(1000, 20.0))
        await visitor.send("Tell me all about the marmots of Tuolumne.")
        await visitor.until(lambda frame: frame["type"] == "delta")
        await visitor.say_frame({"type": "stop"})
        message = await visitor.until(is_bot)
        assert message["text"].endswith(" …")
        assert message["source"]["label"] == "Stopped by you"
