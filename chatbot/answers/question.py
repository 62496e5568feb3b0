"""
How a message is put to a bank: the one recipe for customers, previews, impact and evaluation.

What was misspelt is mended, what is only courtesy is left out of what is encoded, and a message
that is not answered as a whole may be by its last sentence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.bank import Bank
from chatbot.answers.courtesy import asked, last_sentence
from chatbot.answers.editions import Editions
from chatbot.answers.matching import Reading
from chatbot.answers.reputation import UNJUDGED, Reputation
from chatbot.answers.spelling import GUESSED, Pieces, unread
from chatbot.domain.answer import Match


@dataclass(frozen=True, slots=True)
class Question:
    """
    A message, as a bank with vectors or without them reads it.

    Attributes:
        written: What the customer wrote.
        meant: The same without misspelt words.
        parts: What is compared of `meant`; see `parts_of`.
        foreign: The encoder cannot read it, so vectors of it say little.
    """

    written: str
    meant: str
    parts: Sequence[str]
    foreign: bool = False

    @classmethod
    def of(cls, written: str, bank: Editions, pieces: Pieces) -> "Question":
        """For a bank with vectors, of an encoder that reads in *pieces*."""
        meant = bank.meant(written, pieces)
        return cls(written, meant, parts_of(meant), unread(meant, pieces))

    @classmethod
    def plain(cls, written: str) -> "Question":
        """For a bank that compares wording only."""
        return cls(written, written, parts_of(written))

    @property
    def mended(self) -> bool:
        return self.meant != self.written

    def put_to(
        self,
        bank: Editions,
        vectors: Iterable[NDArray[np.float32] | None] | None,
        *,
        risk: float,
        locales: Sequence[str] = (),
        reading: Reading | None = None,
        reputation: Reputation = UNJUDGED,
    ) -> Match:
        """
        What *bank* makes of it; a few milliseconds of CPU.

        Args:
            vectors: Those of `texts_of(meant)`, by row; None compares wording only.
            risk: The dial; where words were mended it is turned down.
            reading: What the bank made of `meant` before there were vectors.
        """
        rows = dict(enumerate(() if vectors is None else vectors))
        whole, *last = self.parts
        ask = partial(
            bank.match,
            risk=risk * GUESSED if self.mended else risk,
            locales=locales,
            reputation=reputation,
            nearly=self.foreign and vectors is not None,
        )
        found = ask(whole, rows.get(0), reading=reading)
        if found.verdict != "answer" and last:
            found = Bank.agreed(found, ask(last[0], rows.get(1)))
        return replace(found, read_as=self.meant) if self.mended else found


def parts_of(message: str) -> list[str]:
    """What is compared: the whole, and its last sentence, if that should decide nothing."""
    last = last_sentence(message)
    return [message, last] if last else [message]


def texts_of(message: str) -> list[str]:
    """What is encoded of *message*, by the row of each of its `parts_of`."""
    return [asked(part) for part in parts_of(message)]
