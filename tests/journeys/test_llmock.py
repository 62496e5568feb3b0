"""
The verdict of llmock, a mock server that judges its client by when and how often it asks.

    LLMOCK_PYTHON=/path/to/python pytest -m llmock

where that interpreter has `llmock`. Strict: a warning fails as well as an error.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.journeys.shop import Template
from tests.running import RunningApp, free_port, running_app
from tests.visitor import Visitor
from tests.waiting import until

pytestmark = pytest.mark.llmock
PACE = ("--stream-chunk-delay-ms", "30")
LONG = {"type": "reply", "text": "Trust is earned slowly and in bad weather. " * 4, "times": 2}
"""
What the model says, at a model's pace. The verdict looks whether a stream is left that goes bad; of
its own accord llmock says five words in ten milliseconds, which nobody can leave in time.
"""

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "500": {"type": "fail", "status": 500},
    "503": {"type": "fail", "status": 503},
    "503, wait": {"type": "fail", "status": 503, "retry_after": 1},
    "429, wait": {"type": "fail", "status": 429, "retry_after": 1},
    "429": {"type": "fail", "status": 429},
    "429 for good": {"type": "fail", "status": 429, "times": 3},
    "400": {"type": "fail", "status": 400},
    "401": {"type": "fail", "status": 401},
    "404": {"type": "fail", "status": 404},
    "outage": {"type": "fail", "status": 503, "times": 8},
    "disconnect": {"type": "stream_fault", "kind": "disconnect", "after_chunks": 3},
    "disconnect at once": {"type": "stream_fault", "kind": "disconnect", "after_chunks": 0},
    "truncate": {"type": "stream_fault", "kind": "truncate", "after_chunks": 3},
    "malformed": {"type": "stream_fault", "kind": "malformed", "after_chunks": 3},
    "stall": {"type": "stream_fault", "kind": "stall", "after_chunks": 2, "stall_seconds": 20},
    "slow": {"type": "slow_first_token", "seconds": 3},
    "unknown tool": {"type": "tool_fault", "kind": "unknown_tool"},
    "malformed arguments": {"type": "tool_fault", "kind": "malformed_arguments"},
}


@pytest.fixture(scope="session")
def llmock_url() -> Iterator[str]:
    python = os.environ.get("LLMOCK_PYTHON")
    if python is None:
        pytest.skip("LLMOCK_PYTHON names an interpreter that has llmock; it is not set")
    port = free_port()
    code = "from llmock.cli import app; app()"
    server = subprocess.Popen(
        [python, "-c", code, "serve", "--port", str(port), "--tool-mode", "off", *PACE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


async def told(method: str, url: str, body: object = None) -> Any:  # noqa: ANN401 JSON
    async with aiohttp.ClientSession() as http, http.request(method, url, json=body) as answer:
        return await answer.json()


@pytest.fixture
async def app(
    demo_url: str, demo_template: Template, tmp_path: Path, llmock_url: str
) -> AsyncIterator[RunningApp]:
    async def there() -> bool:
        try:
            return bool(await told("POST", f"{llmock_url}/_llmock/reset"))
        except aiohttp.ClientError:
            return False

    await until(there, "llmock listens")
    environment = {"OPENAI_BASE_URL": f"{llmock_url}/v1", "CHATBOT_MODEL": "gpt-4o-mini"}
    async with running_app(demo_url, tmp_path, demo_template.encoders, **environment) as running:
        yield running


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_verdict_is_clean(fault: str, app: RunningApp, llmock_url: str) -> None:
    wanted = FAULTS[fault]
    behaviors = [wanted] if wanted["type"] == "tool_fault" else [wanted, LONG]
    await told("POST", f"{llmock_url}/_llmock/scenario", {"behaviors": behaviors})
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("Please explain how trust is earned on a mountain.")
    verdict = await told("GET", f"{llmock_url}/_llmock/verdict")
    assert visitor.shown == message["text"]
    assert verdict["attempts"] > 0
    assert verdict["findings"] == []
