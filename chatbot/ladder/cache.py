"""The cache's rung: the same public question asked again, word for word."""

import hashlib
import json
import re
from collections.abc import AsyncIterator

from chatbot.answers.cachepolicy import audience, why_not_read
from chatbot.domain.ask import Ask, Reply
from chatbot.domain.conversation import Source
from chatbot.errors import CacheMiss
from chatbot.ports import Cache
from chatbot.tickets.wording import say

FRESH_S = 3600.0
"""How long a model's words may be given again; an edit to bank, rules or prompt ends it at once."""


def normalised(question: str) -> str:
    """What counts as the same words: case, spacing and closing punctuation do not matter."""
    return re.sub(r"\s+", " ", question).strip().casefold().rstrip("?!. ")


def cache_key(ask: Ask) -> str:
    """Everything that decides the reply, so that a change of any of it is a miss."""
    parts = (
        str(ask.principal.workspace),
        ask.locale,
        audience(ask),
        ask.prompt.version,
        ask.bank_version,
        str(ask.rules_version),
        ask.match.mode,
        normalised(ask.question),
    )
    return "reply:" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class ExactCache:
    """
    Gives and keeps replies that were made without any fact of a customer.

    What may be kept at all is decided where the context is assembled (`Ask.personal`,
    `Ask.follow_up`) and by the rung that spoke (`Reply.cacheable`).
    """

    name = "cache"

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Reply]:
        """
        Raises:
            CacheMiss: The question is the customer's own, or was not asked before.
        """
        if reason := why_not_read(ask):
            raise CacheMiss(f"Not looked up: {reason}.")
        kept = await self._cache.get(cache_key(ask))
        if kept is None:
            raise CacheMiss("Nobody asked this lately.")
        found = json.loads(kept)
        answers = tuple((key, title) for key, title in found["answers"])
        yield found["text"]
        yield Reply(
            found["text"],
            Source(self.name, say(ask.locale, "saved"), answers=answers, score=1.0),
            detail={"from_turn": found["turn"]},
        )

    async def keep(self, ask: Ask, reply: Reply) -> None:
        """Remember *reply* for the next who asks the same, if it may be given to anybody."""
        if not reply.cacheable or why_not_read(ask):
            return
        kept = {"text": reply.text, "answers": reply.source.answers, "turn": str(ask.turn_id)}
        value = json.dumps(kept)
        await self._cache.put(cache_key(ask), value, ttl=FRESH_S)
