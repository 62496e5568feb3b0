"""The vectors of questions, begun before somebody waits for them."""

import asyncio
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.question import texts_of
from chatbot.errors import Unavailable
from chatbot.ports import Encoder

_ENCODING = 1.0
"""Seconds that a question's vectors may take before wording alone decides."""

_HEAD_START = 0.0005
"""Seconds in which the encoder's thread begins: who reads words meanwhile holds the interpreter."""

_EXPECTED = 200  # questions being encoded ahead of their match, at most

Vectors = NDArray[np.float32]
Coming = asyncio.Future[Vectors]


class Ahead:
    """Encodes each question once, with all that will be compared of it in one run."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._expected: OrderedDict[str, Coming] = OrderedDict()

    def expect(self, question: str) -> None:
        """Begin to encode what will be asked in a moment; returns at once."""
        if question not in self._expected and (coming := self._coming(question)):
            coming.add_done_callback(_heeded)
            self._expected[question] = coming
            while len(self._expected) > _EXPECTED:
                _, forgotten = self._expected.popitem(last=False)
                forgotten.cancel()

    async def begin(self, question: str) -> Coming | None:
        """The vectors of *question*'s `texts_of`, by row, to be given to `end`."""
        if expected := self._expected.pop(question, None):
            return expected
        if coming := self._coming(question):
            await asyncio.sleep(_HEAD_START)
        return coming

    @staticmethod
    async def end(coming: Coming | None) -> Vectors | None:
        """What `begin` began; None if it is not there in time."""
        if coming is None:
            return None
        try:
            async with asyncio.timeout(_ENCODING):
                return await coming
        except (Unavailable, TimeoutError):
            return None

    def _coming(self, question: str) -> Coming | None:
        try:
            return asyncio.ensure_future(self._encoder.encode(texts_of(question)))
        except Unavailable:
            return None


def _heeded(coming: Coming) -> None:
    """Whoever awaits it is told what went wrong; where nobody does, it matters to nobody."""
    if not coming.cancelled():
        coming.exception()
