"""A small shop's answers, and stand-ins for the store and the encoder."""

import asyncio
import hashlib
import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.bank import Bank
from chatbot.answers.calibration import shipped
from chatbot.answers.lexical import folded
from chatbot.domain.answer import BankAnswer, Match
from chatbot.domain.given import Thumbs
from chatbot.errors import Unavailable

SHOP = (
    BankAnswer(
        "returns",
        "Returning an item",
        "You can return unused gear within 30 days. Print the label from your account.",
        (
            "how do I return an item",
            "can I send my tent back",
            "I want to return my boots",
            "what is your return policy",
        ),
    ),
    BankAnswer(
        "delivery",
        "Delivery times",
        "Orders leave the warehouse the next working day and arrive within three days.",
        (
            "how long does delivery take",
            "when will my parcel arrive",
            "delivery time to my address",
            "how many days until my order is here",
        ),
    ),
    BankAnswer(
        "password",
        "Resetting a password",
        "Choose “forgotten password” on the login page; we send you a link.",
        ("I forgot my password", "reset my password", "I cannot log in to my account"),
    ),
)


_KNOWN = frozenset(folded(" ".join(text for one in SHOP for text in one.phrasings)).split())


class ToyEncoder:
    """Bags of hashed words: alike when words are shared."""

    dimensions = 256

    def __init__(self, *, ready: bool = True) -> None:
        self.ready = ready
        self.fingerprint = shipped().encoder if ready else ""
        self.encoded: list[str] = []
        self.runs = 0

    def get_ready(self) -> None:
        self.ready, self.fingerprint = True, shipped().encoder

    def pieces(self, text: str) -> int:
        """A word of the shop's phrasings is one; others are spelt out."""
        return sum(1 if word in _KNOWN else len(word) for word in folded(text).split())

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not self.ready:
            raise Unavailable("The encoder is still starting.")
        self.encoded.extend(texts)
        self.runs += 1
        await asyncio.sleep(0)
        return bags(texts)


def bags(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of length 1 of words, hashed."""
    rows = np.full((len(texts), ToyEncoder.dimensions), 1e-3, np.float32)
    for row, text in enumerate(texts):
        for word in folded(text).split():
            place = hashlib.sha256(word.encode()).digest()[0]
            rows[row, place] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Shelf:
    """Answers and vectors in memory, as the store would keep them."""

    def __init__(self, answers: Sequence[BankAnswer] = SHOP) -> None:
        self.number, self.answers = 1, tuple(answers)
        self.kept: dict[tuple[UUID, str, str], bytes] = {}
        self.judged: dict[str, Thumbs] = {}
        self.reads = 0
        self.broken = False
        self.gate: asyncio.Event | None = None

    def publish(self, *answers: BankAnswer) -> int:
        self.number, self.answers = self.number + 1, answers
        return self.number

    async def published(self, workspace_id: UUID) -> tuple[int, tuple[BankAnswer, ...]]:
        del workspace_id
        self.reads += 1
        found = self.number, self.answers
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise Unavailable("The database is away.")
        return found

    async def thumbs(self, workspace_id: UUID) -> Mapping[str, Thumbs]:
        del workspace_id
        if self.broken:
            raise Unavailable("The database is away.")
        return dict(self.judged)

    async def vectors(
        self, workspace_id: UUID, fingerprint: str, hashes: Sequence[str]
    ) -> Mapping[str, bytes]:
        found = {key: self.kept.get((workspace_id, fingerprint, key)) for key in hashes}
        return {key: row for key, row in found.items() if row is not None}

    async def keep_vectors(
        self, workspace_id: UUID, fingerprint: str, vectors: Mapping[str, bytes]
    ) -> None:
        for key, row in vectors.items():
            self.kept.setdefault((workspace_id, fingerprint, key), row)


class Wristwatch:
    """A clock set by hand; only `monotonic` runs by itself."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def pass_(self, **time_: float) -> None:
        self.at += timedelta(**time_)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.pass_(seconds=seconds)


class Maker:
    """Builds a bank with toy vectors and asks it."""

    _numbers = itertools.count(1)

    def __init__(self, answers: Sequence[BankAnswer], *, semantic: bool = True) -> None:
        texts = Bank.texts(answers)
        vectors = dict(zip(texts, bags(texts), strict=True)) if semantic else None
        self.bank = Bank.build(str(next(self._numbers)), answers, vectors)

    def ask(self, question: str, risk: float = 0.05) -> Match:
        return self.bank.match(question, bags([question])[0], risk=risk)
