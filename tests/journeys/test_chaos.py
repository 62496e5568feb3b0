"""A short `make chaos`: whatever providers do, each turn ends with a reply or a true handoff."""

import random
from pathlib import Path

import pytest

from chatbot.store.banks import StoredBanks
from tests.chaos.customers import ask_all
from tests.chaos.misbehaving import HAPPENINGS, Misbehaving, Mood
from tests.fault_server import FaultServer
from tests.journeys.shop import Template
from tests.running import running_app

EVERY = tuple(sorted(HAPPENINGS))
ILL = Mood("ill", EVERY, 0.5)
FLAPPING = Mood("flapping", EVERY, 0.9, flaps_s=1.0)
WELL = Mood("well", (), 0.0)
TURNS = 90


@pytest.mark.parametrize(
    ("mine", "theirs"), [(ILL, ILL), (FLAPPING, WELL)], ids=["both are ill", "one flaps"]
)
async def test_no_turn_ends_badly(
    mine: Mood, theirs: Mood, demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    chance = random.Random(7)  # noqa: S311 repeatable
    primary = FaultServer({}, Misbehaving(mine, chance))
    other = FaultServer({}, Misbehaving(theirs, chance))
    async with (
        primary,
        other,
        running_app(
            demo_url,
            tmp_path,
            demo_template.encoders,
            OPENAI_BASE_URL=primary.base_url,
            CHATBOT_ALTERNATIVE_BASE_URL=other.base_url,
            CHATBOT_DEADLINES_FIRST_TOKEN_S="1",
            CHATBOT_DEADLINES_GAP_S="1",
            CHATBOT_DEADLINES_DECISION_S="3",
            CHATBOT_BREAKER_PROBE_EVERY_S="0.2",
        ) as app,
    ):
        home = await app.office.sites.by_key("demo")
        _, answers = await StoredBanks(app.house.store, app.house.clock).published(home.id)
        saved = [answer.text for answer in answers]
        report = await ask_all(app.base, TURNS, at_once=6, saved=saved, seed=7)
    assert len(report.turns) == TURNS
    assert not [turn for turn in report.turns if turn.wrong]
    assert len(report.rungs) > 1, "the models failed, and others answered"
