"""
The background half of the curation loop: the log is read once, from mark to mark, and what the bank
could not say becomes gaps, what agents said becomes suggestions.

Every round is bounded; what it does not get to is the next round's. Encoding goes in small pieces,
so that no customer's question waits behind it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.agent_words import exchanges, is_public
from chatbot.answers.clusters import EACH, Groups, most_typical
from chatbot.answers.keeper import BankKeeper
from chatbot.answers.packing import packed
from chatbot.answers.phrasings import SMALL_TALK
from chatbot.domain.principal import Principal, system
from chatbot.domain.suggestion import Heard
from chatbot.domain.workspace import Workspace
from chatbot.ports import Encoder

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

_log = logging.getLogger(__name__)

ROUND = 500
"""Turns, judgements and conversations that one round reads, of each."""

KEPT_VECTORS = 1_000
"""Recent questions whose meaning is kept for the impact of changes."""

_GROUPS = 400  # suggestions that a question may join
_PIECE = 8  # texts encoded at once
_PHRASINGS = 20
_LOOKED_AT = 3  # questions of a suggestion that must all be answered before it is closed
_SMALL_TALK = 0.78  # cosine from which a question only greets or thanks
_FEW, _SMALL_TALK_IN_FEW = 3, 0.55  # the same of a question of so few words
_LONGEST = 500  # characters of a question that is kept


class Gatherer:
    """
    Reads the logs of workspaces, one at a time.

    Args:
        settled: Time after which no transaction that began earlier is still open.
    """

    def __init__(
        self,
        store: "Store",
        bank: BankKeeper,
        encoder: Encoder,
        *,
        settled: timedelta = timedelta(seconds=2),
    ) -> None:
        self._store, self._bank, self._encoder = store, bank, encoder
        self._settled = settled
        self._small_talk: NDArray[np.float32] | None = None

    async def gather(self, workspace_id: UUID) -> int:
        """
        Read what happened since the last round.

        Returns:
            How many questions were added to suggestions; 0 also while the encoder is not ready,
            and then nothing was read.
        """
        if not self._encoder.ready:
            _log.info("workspace %s: suggestions wait for the encoder", workspace_id)
            return 0
        by = system(workspace_id)
        async with self._store.begin(by) as db:
            home = await db.home.get()
            marks = await db.asked.marks()
            until = db.now - self._settled
            turns = await db.asked.turns(marks.turns_at, until, ROUND)
            unhelpful = await db.asked.unhelpful(marks.judged_at, until, ROUND)
            spoken = await db.asked.agents_spoke(marks.said_at, until, ROUND)
            answered = await _answered(db, spoken)
        heard = [*_gaps(turns), *_misses(unhelpful), *answered]
        heard = [replace(one, locale=one.locale or home.settings.locale) for one in heard]
        vectors = await self._vectors(
            [*(row["question"] for row in turns), *(one.question for one in heard)]
        )
        heard = [replace(one, vector=vectors[one.question]) for one in heard]
        heard = [one for one in heard if await self._is_missing(one, home)]
        read = replace(
            marks,
            turns_at=turns[-1]["at"] if turns else marks.turns_at,
            judged_at=unhelpful[-1]["at"] if unhelpful else marks.judged_at,
            said_at=spoken[-1]["at"] if spoken else marks.said_at,
            bank_version=home.bank_version,
        )
        kept = {row["turn_id"]: packed(vectors[row["question"]]) for row in turns}
        fingerprint = self._encoder.fingerprint
        async with self._store.begin(by) as db:
            if await db.asked.marks(lock=True) != marks:
                return 0  # another process has read the same meanwhile
            await _place(db, heard, fingerprint)
            await db.asked.keep_vectors(fingerprint, kept)
            if kept:
                await db.asked.forget_vectors(KEPT_VECTORS)
            await db.asked.set_marks(read)
        if marks.bank_version != home.bank_version:
            await self._close_covered(by, home)
        return len(heard)

    async def _vectors(self, texts: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        wanted = list(dict.fromkeys(texts))
        found: dict[str, NDArray[np.float32]] = {}
        for first in range(0, len(wanted), _PIECE):
            piece = wanted[first : first + _PIECE]
            found.update(zip(piece, await self._encoder.encode(piece), strict=True))
        return found

    async def _is_missing(self, one: Heard, home: Workspace) -> bool:
        """Whether the bank does not answer it by now, and it asks anything at all."""
        few = len(one.question.split()) <= _FEW
        limit = _SMALL_TALK_IN_FEW if few else _SMALL_TALK
        if (await self._small_talk_vectors() @ one.vector).max() > limit:
            return False
        return one.why == "unhelpful" or not await self._found(one, home)

    async def _found(self, one: Heard, home: Workspace) -> str:
        """The key of the answer that the bank gives now; empty when it gives none."""
        risk, locales = home.settings.risk, (one.locale, home.settings.locale)
        match = await self._bank.match(home.id, home.bank_version, one.question, risk, locales)
        return match.candidates[0].key if match.verdict == "answer" else ""

    async def _small_talk_vectors(self) -> NDArray[np.float32]:
        if self._small_talk is None:
            found = await self._vectors(SMALL_TALK)
            self._small_talk = np.stack([found[text] for text in SMALL_TALK])
        return self._small_talk

    async def _close_covered(self, by: Principal, home: Workspace) -> None:
        """Open suggestions that the bank, having changed, answers by now wait for nobody."""
        async with self._store.begin(by) as db:
            waiting = await db.suggestions.page("open")
            members = await db.suggestions.members(self._encoder.fingerprint, _GROUPS, _LOOKED_AT)
        for suggestion in waiting:
            asked = members.get(suggestion.id, [])
            if not asked or suggestion.answer_key:
                continue  # an answer that was unhelpful goes on matching
            found = {await self._found(one, home) for one in asked}
            if len(found) == 1 and "" not in found:
                async with self._store.begin(by) as db:
                    values = {"state": "covered", "answer_key": found.pop()}
                    await db.suggestions.write(suggestion.id, if_open=True, **values)


async def _place(db: "Unit", heard: Sequence[Heard], fingerprint: str) -> None:
    """Put each question to the suggestion it belongs to, or begin one with it."""
    members = await db.suggestions.members(fingerprint, _GROUPS, EACH)
    known = dict(await db.suggestions.known([one.message_id for one in heard]))
    groups = Groups({key: [one.vector for one in ones] for key, ones in members.items()})
    touched: dict[UUID, None] = {}
    for one in heard:
        group = known.get(one.message_id) or groups.nearest(one.vector)
        if group is None:
            group = await db.suggestions.begin(one)
        await db.suggestions.put(group, one, fingerprint)
        known[one.message_id] = group
        groups.add(group, one.vector)
        touched[group] = None
    for group in touched:
        await _retell(db, group)


async def _answered(db: "Unit", spoken: Sequence[Mapping[str, Any]]) -> list[Heard]:
    """What agents answered in the conversations *spoken*."""
    found = []
    for row in spoken:
        entries = await db.conversations.since(row["conversation_id"], 0)
        found += [
            Heard(
                message_id=one.message_id,
                conversation_id=row["conversation_id"],
                customer_id=row["customer_id"],
                why="agent",
                question=one.question[:_LONGEST],
                at=one.at,
                reply=one.reply,
                agent=one.agent,
                locale=row["locale"],
            )
            for one in exchanges(entries, [row["name"]])
        ]
    return found


def _gaps(turns: Sequence[Mapping[str, Any]]) -> list[Heard]:
    """The questions of turns in which the bank did not answer."""
    why = {"abstain": "abstained", "choices": "choices"}
    return [
        _heard(row, why=why[row["verdict"]])
        for row in turns
        if row["verdict"] in why and is_public(row["question"], earlier=row["earlier"])
    ]


def _misses(judged: Sequence[Mapping[str, Any]]) -> list[Heard]:
    """The questions whose saved answer was called unhelpful."""
    return [
        _heard(row, why="unhelpful", answer_key=row["answers"][0][0] if row["answers"] else "")
        for row in judged
        if is_public(row["question"], earlier=False)
    ]


def _heard(row: Mapping[str, Any], **more: Any) -> Heard:  # noqa: ANN401 fields of `Heard`
    shared = {name: row[name] for name in ("message_id", "conversation_id", "customer_id", "at")}
    return Heard(**shared, question=row["question"][:_LONGEST], locale=row["locale"], **more)


async def _retell(db: "Unit", suggestion_id: UUID) -> None:
    """Say anew what a suggestion is about, unless a person has put it into words."""
    heard = await db.suggestions.heard(suggestion_id)
    told = await db.suggestions.get(suggestion_id)
    newest = max(heard, key=lambda one: one.at).vector.size
    alike = [one for one in heard if one.vector.size == newest]  # another encoder made the others
    typical = alike[most_typical([one.vector for one in alike])]
    phrasings = list({one.question.casefold(): one.question for one in reversed(heard)}.values())
    phrasings.sort(key=lambda text: text != typical.question)
    values: dict[str, Any] = {
        "title": typical.question[:200],
        "phrasings": phrasings[:_PHRASINGS],
    }
    if not told.text and (reply := next((one.reply for one in heard if one.reply), "")):
        values |= {"text": reply, "drafted_by": "agent"}
    if not told.answer_key and (key := next((o.answer_key for o in heard if o.answer_key), "")):
        values["answer_key"] = key
    await db.suggestions.write(suggestion_id, **values)
