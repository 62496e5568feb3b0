"""Texts that wait at the same moment are encoded in one run, at half the price of each."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatbot.errors import Unavailable

BATCH = 8
"""Texts per run: a question waits for at most one of these when a bank is being encoded."""

_PADDED = 1_000
"""Characters that may share a run, each text as long as the longest: a stranger's long message
makes nobody's run dear. A rough measure: what is read letter by letter costs several times that."""

Vectors = NDArray[np.float32]


class _Wanted(NamedTuple):
    texts: Sequence[str]
    coming: asyncio.Future[Vectors]


class Batcher:
    """
    Runs an encoder on one thread, and takes what came meanwhile along in the next run.

    Args:
        encode: Vectors by row; called on the thread only.
        thread: A pool of exactly one.
    """

    def __init__(
        self, encode: Callable[[Sequence[str]], Vectors], thread: ThreadPoolExecutor
    ) -> None:
        self._encode, self._thread = encode, thread
        self._waiting: deque[_Wanted] = deque()

    def submit(self, texts: Sequence[str]) -> asyncio.Future[Vectors]:
        """Begin to encode at most `BATCH` *texts*; call it on an event loop."""
        wanted = _Wanted(texts, asyncio.get_running_loop().create_future())
        self._waiting.append(wanted)
        self._thread.submit(self._work)
        return wanted.coming

    def close(self) -> None:
        """Give up what still waits; the thread is its owner's to end."""
        with contextlib.suppress(IndexError):  # the thread takes from it as well
            while True:
                self._waiting.popleft().coming.cancel()

    def _work(self) -> None:
        together = self._take()  # nothing, where an earlier run took it along
        alone = len(together) <= 1
        if together and not self._run(together, last=alone):
            # One text spoilt it for the others: each by itself, and only that one fails.
            for wanted in together:
                self._run([wanted], last=True)

    def _run(self, together: Sequence[_Wanted], *, last: bool) -> bool:
        """Whether there is nothing left to do for them; a failure is told the *last* time only."""
        try:
            rows = self._encode([text for wanted in together for text in wanted.texts])
        except BaseException as problem:  # a panic of the tokeniser is no Exception  # noqa: BLE001
            if last:
                for wanted in together:
                    _tell(wanted.coming, _sane(problem))
            return last
        first = 0
        for wanted in together:
            _tell(wanted.coming, rows[first : first + len(wanted.texts)])
            first += len(wanted.texts)
        return True

    def _take(self) -> list[_Wanted]:
        """The one that waits longest, and those behind it that add little to its run."""
        together: list[_Wanted] = []
        many = longest = 0
        with contextlib.suppress(IndexError):  # closed meanwhile
            while self._waiting:
                if self._waiting[0].coming.cancelled():
                    self._waiting.popleft()
                    continue
                texts = self._waiting[0].texts
                many += len(texts)
                longest = max(longest, *map(len, texts))
                if together and (many > BATCH or many * longest > _PADDED):
                    break
                together.append(self._waiting.popleft())
        return together


def _sane(problem: BaseException) -> Exception:
    """A panic, which nobody expects, as what everybody does."""
    if isinstance(problem, Exception):
        return problem
    return Unavailable(f"The encoder gave up ({type(problem).__name__}).")


def _tell(coming: asyncio.Future[Vectors], found: Vectors | Exception) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
        coming.get_loop().call_soon_threadsafe(_settle, coming, found)


def _settle(coming: asyncio.Future[Vectors], found: Vectors | Exception) -> None:
    if coming.done():
        return  # called off meanwhile
    if isinstance(found, Exception):
        coming.set_exception(found)
    else:
        coming.set_result(found)
