"""
The cache's rungs: the same public question asked again, word for word or nearly so.

Replies lie in the cache that processes share; which questions are like each other each process
knows of itself (`answers/neighbours.py`). How it is decided is told in `docs/cache.md`.
"""

import hashlib
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from chatbot.answers.cachepolicy import asks_one, audience, rests_on, why_not_read, why_not_share
from chatbot.answers.neighbours import Neighbours
from chatbot.answers.veto import difference
from chatbot.context.personal import says_my
from chatbot.domain.ask import Ask, Reply
from chatbot.domain.conversation import Source
from chatbot.errors import CacheMiss, NotFound
from chatbot.ladder.bank import Shelf
from chatbot.ladder.kept import Kept, read_kept
from chatbot.ports import Cache, Clock
from chatbot.telemetry.metrics import CACHE_HITS
from chatbot.tickets.wording import say

_log = logging.getLogger(__name__)

FREE_TEXT_S = 3_600.0
"""How long a model's own words may be given again."""

FRESH_S = 86_400.0
"""The same for words that rest on approved answers; an edit to any answer ends it at once."""

KEPT_S = 7 * 86_400.0
"""How long these are kept for an outage."""

LIKE = 0.82
"""Least cosine with the question that was asked before; chosen with `MARGIN` on data (docs)."""

MARGIN = 0.08
"""Least lead over the nearest question with other answers."""

Kind = Literal["exact", "fuzzy", "stale"]


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found, and how: `score` is a cosine, 1.0 for the very words."""

    kept: Kept
    key: str
    kind: Kind
    score: float
    margin: float | None = None


class AnswerCache:
    """
    Keeps replies that were made without any fact of a customer, and finds them again.

    What may be kept at all is decided where the context is assembled (`Ask.personal`,
    `Ask.follow_up`), by the policy and by the rung that spoke (`Reply.cacheable`).

    Args:
        cache: Shared by processes, where there are several.
        shelf: Where the answers' present texts are.
        route: Names the models that make replies: another model's words are other words.
    """

    def __init__(self, cache: Cache, shelf: Shelf, clock: Clock, *, route: str = "") -> None:
        self._cache, self._shelf, self._clock, self._route = cache, shelf, clock, route
        self._near = Neighbours()

    async def find(self, ask: Ask, *, stale: bool) -> Hit:
        """
        The kept reply to *ask*.

        Args:
            stale: Also one past its time, or made under an older version of the bank, if every
                answer that it rests on still reads as it did.

        Raises:
            CacheMiss: The question is the customer's own, or was not asked before.
        """
        if reason := why_not_read(ask):
            raise CacheMiss(f"Not looked up: {reason}.")
        scope = self._scope(ask)
        key = _key(scope, ask.question)
        kept = await self._get(key)
        if kept is not None and self._holds(ask, kept, stale=stale):
            self._learn(ask, scope, key, kept)
            return Hit(kept, key, "stale" if stale else "exact", 1.0)
        return await self._similar(ask, scope, stale=stale)

    async def keep(self, ask: Ask, reply: Reply) -> None:
        """Remember *reply* for the next who asks the same, if it may be given to anybody."""
        key = self.key_of(ask, reply)
        if key is None or not reply.cacheable:
            return  # what was given again does not grow younger by it
        read = self._read(ask, reply)
        lasting = bool(read) and all(read.values()) and rests_on(reply.text, read.values())
        asker = _hash(str(ask.principal.id))
        shared = lasting or await self._told_another(key, reply.text, asker)
        kept = Kept(
            reply.text,
            reply.source.answers,
            {name: _hash(text) for name, text in read.items()},
            lasting,
            "" if shared else asker,
            shared,
            str(ask.turn_id),
            ask.bank_version,
            self._clock.now().timestamp(),
        )
        ttl = KEPT_S if lasting else FREE_TEXT_S
        await self._cache.put(key, kept.written(), ttl=ttl)
        self._learn(ask, self._scope(ask), key, kept)

    def key_of(self, ask: Ask, reply: Reply) -> str | None:
        """Where *reply* is, or will be, kept; None when it is nobody else's business."""
        if given := reply.detail.get("cache_key"):
            return str(given)
        if not reply.cacheable or why_not_read(ask):
            return None
        approved = [text for text in self._read(ask, reply).values() if text]
        if why_not_share(ask, reply.text, approved):
            return None
        return _key(self._scope(ask), ask.question)

    async def forget(self, key: str) -> None:
        """
        Give what is kept under *key* to nobody any more, in any process.

        Raises:
            Unavailable: It may still be given.
        """
        await self._cache.drop(key)

    async def _similar(self, ask: Ask, scope: str, *, stale: bool) -> Hit:
        vector = ask.match.vector
        near = None if vector is None else self._near.nearest(scope, vector)
        if near is None or not near.answers or near.score < LIKE or near.margin < MARGIN:
            raise CacheMiss("Nobody asked this lately.")
        # The bank read the question by itself: where it thinks of another answer first, one of
        # the two is wrong.
        best = ask.match.candidates[0].key if ask.match.candidates else None
        if best not in near.answers:
            raise CacheMiss("The bank would say something else.")
        if says_my(ask.question):
            raise CacheMiss("It speaks of what is its asker's: only the very words will do.")
        if reason := difference(ask.question, near.question):
            raise CacheMiss(f"Nearly the same was asked, but not in {reason}.")
        kept = await self._get(near.key)
        if kept is None:
            self._near.drop(scope, near.key)
            raise CacheMiss("What was kept is gone.")
        if not kept.lasting or not self._holds(ask, kept, stale=stale):
            raise CacheMiss("What was kept is out of date.")
        return Hit(kept, near.key, "stale" if stale else "fuzzy", near.score, near.margin)

    async def _told_another(self, key: str, text: str, asker: str) -> bool:
        """Whether somebody else was told the same, which words about one customer are not."""
        before = await self._get(key)
        return before is not None and before.shares(text, asker)

    def _holds(self, ask: Ask, kept: Kept, *, stale: bool) -> bool:
        """Whether *kept* may be given now."""
        if not kept.shared:
            return False
        if any(_hash(self._text(ask, name) or "") != was for name, was in kept.texts.items()):
            return False  # edited, archived or no longer valid
        if stale:
            return kept.lasting
        age = self._clock.now().timestamp() - kept.at
        return kept.bank == ask.bank_version and age <= (FRESH_S if kept.lasting else FREE_TEXT_S)

    def _learn(self, ask: Ask, scope: str, key: str, kept: Kept) -> None:
        if ask.match.vector is not None:
            alone = kept.lasting and asks_one(ask.question)
            answers = frozenset(kept.texts) if alone else frozenset[str]()
            self._near.put(scope, key, ask.question, answers, ask.match.vector)

    def _read(self, ask: Ask, reply: Reply) -> dict[str, str]:
        """The present text of each answer that *reply* cites; empty for one that is gone."""
        return {name: self._text(ask, name) or "" for name, _ in reply.source.answers}

    def _text(self, ask: Ask, name: str) -> str | None:
        try:
            return self._shelf.answer(ask.principal.workspace, ask.match.version, name).text
        except NotFound:
            return None

    async def _get(self, key: str) -> Kept | None:
        found = await self._cache.get(key)
        return None if found is None else read_kept(found)

    def _scope(self, ask: Ask) -> str:
        """
        Whose questions are compared with each other at all.

        The bank's version, which names the encoder too, is kept with the reply: the rung for an
        outage has to find it under another one.
        """
        parts = (
            str(ask.principal.workspace),
            ask.locale,
            audience(ask),
            ask.prompt.version,
            str(ask.rules_version),
            self._route,
        )
        return _hash("\x1f".join(parts))


class CachedAnswer:
    """Gives what is fresh."""

    name = "cache"

    def __init__(self, cache: AnswerCache) -> None:
        self._cache = cache

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Reply]:
        """
        Raises:
            CacheMiss: Nothing may be given again.
        """
        hit = await self._cache.find(ask, stale=False)
        yield hit.kept.text
        yield _reply(ask, hit, "saved")


class StaleAnswer:
    """
    Gives what is past its time when models fail, so long as the company still says the same.

    It stands behind the models in the ladder.
    """

    name = "stale"

    def __init__(self, cache: AnswerCache) -> None:
        self._cache = cache

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Reply]:
        """
        Raises:
            CacheMiss: Nothing was kept, or an answer that it rests on has changed.
        """
        hit = await self._cache.find(ask, stale=True)
        yield hit.kept.text
        yield _reply(ask, hit, "saved_earlier")


def _reply(ask: Ask, hit: Hit, label: str) -> Reply:
    score = round(hit.score, 4)
    CACHE_HITS.labels(hit.kind).inc()
    _log.info("cache hit (%s, score %.4f) from turn %s", hit.kind, score, hit.kept.turn)
    return Reply(
        hit.kept.text,
        Source("cache", say(ask.locale, label), answers=hit.kept.answers, score=score),
        detail={
            "cache": hit.kind,
            "score": score,
            "margin": None if hit.margin is None else round(hit.margin, 4),
            "from_turn": hit.kept.turn,
            "cache_key": hit.key,
        },
    )


def _key(scope: str, question: str) -> str:
    # Case, spacing and closing punctuation make no other question.
    words = re.sub(r"\s+", " ", question).strip().casefold().rstrip("?!. ")
    return f"reply:{_hash(scope + words)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
