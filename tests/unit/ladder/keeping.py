"""A cache with a bank behind it, and asks whose likeness is known."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np

from chatbot.adapters.caches.memory import MemoryCache
from chatbot.domain.answer import BankAnswer
from chatbot.domain.ask import Ask, Reply
from chatbot.domain.conversation import Source
from chatbot.errors import CacheMiss, NotFound
from chatbot.ladder.cache import AnswerCache, Hit
from tests.asks import ANYBODYS, CARE, RETURNS, ask, uid
from tests.builders import FakeClock

QUESTION = "How long may things be returned?"
NEARLY = "How long may a thing be returned?"
SAID = "You may return it within 30 days."


@dataclass
class Desk:
    """A cache with a bank of two answers; what the bank says can be changed."""

    clock: FakeClock
    texts: dict[str, str] = field(
        default_factory=lambda: {RETURNS.key: RETURNS.text, CARE.key: CARE.text}
    )

    def __post_init__(self) -> None:
        self.memory = MemoryCache(self.clock)
        self.cache = AnswerCache(self.memory, self, self.clock)

    def answer(self, workspace_id: UUID, version: str, key: str) -> BankAnswer:  # noqa: ARG002
        if key not in self.texts:
            raise NotFound("answer", key)
        return replace(RETURNS, key=key, text=self.texts[key])

    async def keep(self, asked: Ask, text: str = SAID, *answers: BankAnswer) -> None:
        cited = tuple((one.key, one.title) for one in answers or (RETURNS,))
        reply = Reply(text, Source("model", "", answers=cited), cacheable=True)
        await self.cache.keep(asked, reply)

    async def tell(self, asked: Ask, *texts: str) -> None:
        """A model's own words, to one customer after the other."""
        for place, text in enumerate(texts):
            by = replace(asked.principal, id=uid(f"customer {place}"))
            reply = Reply(text, Source("model", ""), cacheable=True)
            await self.cache.keep(replace(asked, principal=by), reply)

    async def found(self, asked: Ask, *, stale: bool = False) -> Hit | None:
        try:
            return await self.cache.find(asked, stale=stale)
        except CacheMiss:
            return None


def asks(
    question: str = QUESTION,
    *,
    like: float = 1.0,
    best: BankAnswer = RETURNS,
    **more: Any,  # noqa: ANN401 of `Ask`
) -> Ask:
    """An ask whose vector has the cosine *like* with that of `asks()`."""
    aside = np.roll(ANYBODYS, 1)
    aside -= (aside @ ANYBODYS) * ANYBODYS
    vector = like * ANYBODYS + np.sqrt(1 - like**2) * aside / np.linalg.norm(aside)
    made = ask(question, None, best)
    return replace(made, match=replace(made.match, vector=vector.astype(np.float32)), **more)
