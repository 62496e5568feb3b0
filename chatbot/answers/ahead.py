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

_HEAD_START = 0.0005
"""Seconds in which the encoder's thread begins: who reads words meanwhile holds the interpreter."""

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

    async def begin(self, question: str) -> asyncio.Task[Vectors | None]:
        """The vectors of *question*'s `parts`, by row; None if they are not there in time."""
        if expected := self._expected.pop(question, None):
            return expected
        task = asyncio.create_task(self._encoded(question), name="encode a question")
        await asyncio.sleep(_HEAD_START)
        return task

    async def _encoded(self, question: str) -> Vectors | None:
        try:
            async with asyncio.timeout(_ENCODING):
                return await self._encoder.encode([asked(part) for part in parts(question)])
        except (Unavailable, TimeoutError):
            return None
