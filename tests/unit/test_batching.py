"""Texts that wait at the same moment share a run, and nobody pays for a stranger's."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from chatbot.adapters.encoders.batching import BATCH, Batcher, Vectors
from chatbot.errors import Unavailable


class Panic(BaseException):
    """As what a tokeniser written in Rust raises where it gives up."""


class Busy(Batcher):
    """Encodes each text as its length; its first run lasts until it is let go."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        super().__init__(self._lengths, thread)
        self.runs: list[list[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def _lengths(self, texts: Sequence[str]) -> Vectors:
        self.runs.append(list(texts))
        self.begun.set()
        self.go.wait(10)
        if "spoilt" in texts:
            raise Panic("spoilt")
        return np.array([[len(text)] for text in texts], np.float32)

    async def begin(self) -> asyncio.Future[Vectors]:
        """Have it encode something, so that whatever comes next waits."""
        first = self.submit(["first"])
        await asyncio.to_thread(self.begun.wait, 10)
        return first


@pytest.fixture
def busy() -> Iterator[Busy]:
    with ThreadPoolExecutor(1) as thread:
        yield Busy(thread)


async def test_what_comes_while_one_is_encoded_shares_the_next_run(busy: Busy) -> None:
    await busy.begin()
    coming = [busy.submit(["x" * n]) for n in range(1, 12)]
    busy.go.set()
    found = await asyncio.gather(*coming)
    assert [rows.tolist() for rows in found] == [[[n]] for n in range(1, 12)]
    assert [len(run) for run in busy.runs] == [1, BATCH, 11 - BATCH]


async def test_rows_belong_to_whoever_asked(busy: Busy) -> None:
    first = await busy.begin()
    pair, single = busy.submit(["a", "bbbb"]), busy.submit(["cc"])
    busy.go.set()
    assert (await pair).tolist() == [[1], [4]]
    assert (await single).tolist() == [[2]]
    assert (await first).tolist() == [[5]]


async def test_a_long_text_is_encoded_by_itself(busy: Busy) -> None:
    await busy.begin()
    long = "y" * 900
    coming = [busy.submit([text]) for text in ("a", long, "b", "c")]
    busy.go.set()
    await asyncio.gather(*coming)
    assert busy.runs == [["first"], ["a"], [long], ["b", "c"]]


async def test_one_text_that_fails_fails_nobody_else(busy: Busy) -> None:
    await busy.begin()
    before, spoilt, after = (busy.submit([text]) for text in ("a", "spoilt", "bb"))
    busy.go.set()
    assert (await before).tolist() == [[1]]
    assert (await after).tolist() == [[2]]
    with pytest.raises(Unavailable, match="Panic"):
        await spoilt


async def test_nothing_is_encoded_for_who_has_left(busy: Busy) -> None:
    await busy.begin()
    left, stays = busy.submit(["left"]), busy.submit(["stays"])
    left.cancel()
    busy.go.set()
    assert (await stays).tolist() == [[5]]
    assert busy.runs == [["first"], ["stays"]]


async def test_closing_calls_off_what_waits(busy: Busy) -> None:
    running = await busy.begin()
    waiting = [busy.submit(["waiting"]) for _ in range(BATCH)]
    busy.close()
    busy.go.set()
    assert (await running).tolist() == [[5]]
    assert all(one.cancelled() for one in waiting)
    assert busy.runs == [["first"]]
