import asyncio
import gc
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chatbot.answers import ahead
from chatbot.answers.ahead import Ahead
from chatbot.errors import Unavailable
from tests.unit.answers.shop import ToyEncoder, bags


class Sudden(ToyEncoder):
    """Fails where it is called, as one that was closed a moment ago."""

    def encode(self, texts: Sequence[str]) -> Coroutine[Any, Any, NDArray[np.float32]]:
        raise Unavailable(f"The encoder was closed before {len(texts)} texts.")


class Late(ToyEncoder):
    """Fails while it is encoding."""

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        await asyncio.sleep(0)
        raise Unavailable(f"The encoder was closed with {len(texts)} texts.")


class Stuck(ToyEncoder):
    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        await asyncio.Event().wait()
        return bags(texts)


@pytest.mark.parametrize("encoder", [Sudden(), Late(), Stuck()])
@pytest.mark.parametrize("expected", [True, False])
async def test_what_cannot_be_encoded_in_time_is_none(
    encoder: ToyEncoder, monkeypatch: pytest.MonkeyPatch, *, expected: bool
) -> None:
    monkeypatch.setattr(ahead, "_ENCODING", 0.01)
    vectors = Ahead(encoder)
    if expected:
        vectors.expect("can I return it")
    assert await vectors.end(await vectors.begin("can I return it")) is None


async def test_what_was_expected_is_encoded_once() -> None:
    encoder = ToyEncoder()
    vectors = Ahead(encoder)
    vectors.expect("can I return it")
    vectors.expect("can I return it")
    found = await vectors.end(await vectors.begin("can I return it"))
    assert found is not None
    assert np.allclose(found, bags(["can I return it"]))
    assert encoder.runs == 1


async def test_what_was_expected_and_never_asked_may_fail_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    vectors = Ahead(Late())
    with caplog.at_level(logging.ERROR, "asyncio"):
        vectors.expect("can I return it")
        await asyncio.sleep(0.01)
        del vectors
        gc.collect()
        await asyncio.sleep(0)
    assert not caplog.records


async def test_of_too_many_that_are_expected_the_first_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "_EXPECTED", 1)
    before = asyncio.all_tasks()
    vectors = Ahead(Stuck())
    vectors.expect("can I return it")
    (first,) = asyncio.all_tasks() - before
    await asyncio.sleep(0)
    vectors.expect("can I keep it")
    await asyncio.wait({first}, timeout=5)
    assert first.cancelled()
