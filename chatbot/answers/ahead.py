"""The vectors of questions, begun before somebody waits for them."""

import asyncio
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.courtesy import asked, last_sentence
from chatbot.errors import Unavailable
from chatbot.ports import Encoder

_ENCODING = 1.0
"""Seconds that a question's vectors may take before wording alone decides."""

_EXPECTED = 200  # questions being encoded ahead of their match, at most

Vectors = NDArray[np.float32]


def parts(question: str) -> list[str]:
    """What is compared: the whole, and its last sentence, if that should decide nothing."""
    last = last_sentence(question)
    return [question, last] if last else [question]


class Ahead:
    """Encodes each question once, with all that will be compared of it in one run."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._expected: OrderedDict[str, asyncio.Task[Vectors | None]] = OrderedDict()

    def expect(self, question: str) -> None:
        """Begin to encode what will be asked in a moment; returns at once."""
        if question not in self._expected:
            task = asyncio.create_task(self._encoded(question), name="encode what is expected")
            self._expected[question] = task
            while len(self._expected) > _EXPECTED:
                self._expected.popitem(last=False)

    async def begin(self, question: str, meant: str) -> asyncio.Task[Vectors | None]:
        """
        The vectors of the `parts` of what is *meant*, by row, and of the *question* as it was
        written at the end, where that is another; None if they are not there in time.
        """
        expected = self._expected.pop(question, None)
        if expected is not None and meant == question:
            return expected
        written = () if meant == question else (question,)
        task = asyncio.create_task(self._encoded(meant, *written), name="encode a question")
        await asyncio.sleep(0)  # so that it has begun
        return task

    async def _encoded(self, question: str, *more: str) -> Vectors | None:
        try:
            async with asyncio.timeout(_ENCODING):
                return await self._encoder.encode(
                    [asked(part) for part in (*parts(question), *more)]
                )
        except (Unavailable, TimeoutError):
            return None
