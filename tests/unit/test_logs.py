"""What is worth a line of the log, and what is not."""

import logging
from collections.abc import Iterator

import httpx2
import pytest

from chatbot.telemetry.logs import set_up_logs


@pytest.fixture
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    known = [root, *(logging.getLogger(name) for name in (*root.manager.loggerDict, "httpx2"))]
    handlers, levels = root.handlers[:], [logger.level for logger in known]
    yield
    root.handlers[:] = handlers
    for logger, level in zip(known, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("_as_before")
async def test_a_request_to_a_provider_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    logging.getLogger("chatbot").info("ours is one")
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200))
    async with httpx2.AsyncClient(transport=answer) as client:
        await client.get("http://provider.example/v1/models?key=secret")
    said = capsys.readouterr().err
    assert "ours is one" in said
    assert "provider.example" not in said
