"""What a change would do to the questions that customers asked lately, before it is published."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.bank import Bank
from chatbot.answers.beside import Beside, contradictions, neighbours
from chatbot.answers.editions import Editions
from chatbot.answers.packing import packed, unpacked
from chatbot.answers.phrasings import sentences
from chatbot.answers.preview import MOST_TEXTS, Preview
from chatbot.answers.question import Question, texts_of
from chatbot.domain.answer import AnswerContent, BankAnswer
from chatbot.domain.principal import Principal
from chatbot.errors import TooLarge
from chatbot.ports import Clock, Encoder

if TYPE_CHECKING:
    from chatbot.store.unit import Store

ASKED = 500
"""Recent questions that a change is tried on."""

WITHIN_S = 2.0
"""Seconds after which the rest of them is left out; the first hundred never are."""

_ENCODING_S = 0.7  # of those, for questions whose vectors were not kept
_REWORDED_S = 0.4  # and for what was mended, left without its greeting, or is a last sentence
_PIECE = 8
_SHOWN = 12  # examples of each kind
_COMPLETE = 2_000  # texts up to which both banks are built with all that they know
_AT_LEAST = 100  # questions that are tried however late it is: a tenth of a second
_LOOK = 25  # questions between two looks at the clock


@dataclass(frozen=True, slots=True)
class Shift:
    """One question whose answer would change; a title is empty where the bank stays silent."""

    question: str
    conversation_id: UUID
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Impact:
    """
    What a change would do.

    Attributes:
        asked: Questions that were tried; less than `of` when there was no time for all.
        of: Recent questions that there are, at most `ASKED`.
        newly, differently, lost: Examples, the newest questions first; `counts` has them all.
        counts: By `newly`, `differently`, `lost`.
        beside: Other answers that are nearly the same or at odds.
    """

    asked: int
    of: int
    newly: tuple[Shift, ...]
    differently: tuple[Shift, ...]
    lost: tuple[Shift, ...]
    counts: Mapping[str, int]
    beside: tuple[Beside, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A recent question, with the vector of its whole text."""

    text: str
    conversation_id: UUID
    locales: tuple[str, str]
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Tried:
    """One as it is put to each of the two banks; they may mend words differently."""

    asked: _Asked
    put: Sequence[tuple[Question, Sequence[NDArray[np.float32] | None]]]

    def given(self, place: int, bank: Editions, risk: float) -> tuple[str, str]:
        """Key and title of the answer that the bank in that place gives; empty if none."""
        question, rows = self.put[place]
        match = question.put_to(bank, rows, risk=risk, locales=self.asked.locales)
        best = match.candidates[0] if match.verdict == "answer" else None
        return ("", "") if best is None else (best.key, best.title)


async def impact_of(
    key: str,
    content: AnswerContent,
    *,
    risk: float,
    today: date,
    by: Principal,
    store: "Store",
    encoder: Encoder,
    fitted: str,
    clock: Clock,
) -> Impact:
    """
    Match the recent questions against the bank as it is and as it would be.

    Raises:
        TooLarge: The bank has more than `preview.MOST_TEXTS` phrasings.
        Unavailable: The encoder, or the database, is not ready, or the bank is not `fitted` to it.
    """
    until = clock.monotonic() + WITHIN_S
    preview = Preview(by, store, encoder, fitted)
    standing = await preview.standing(today)
    edited = BankAnswer(key, content.title, content.text, content.phrasings, content.locale)
    others = [answer for answer in standing if answer.key != key]
    changed = [*others, edited]
    texts = list(dict.fromkeys([*Bank.texts(standing), *Bank.texts(changed)]))
    if len(texts) > MOST_TEXTS:
        raise TooLarge(f"With more than {MOST_TEXTS:,} phrasings the impact takes too long to see.")
    vectors = await preview.vectors(texts)
    near, compared = await asyncio.to_thread(neighbours, edited, others, vectors)
    spoken = [one for answer in (edited, *compared) for one in sentences(answer.text)]
    vectors |= await preview.vectors(list(dict.fromkeys(spoken)))
    odd = contradictions(edited, compared, vectors)
    asked, there = await _recent(by, store, encoder, clock)
    quick = len(vectors) > _COMPLETE
    before, after = [
        await asyncio.to_thread(Editions.build, "impact", each, vectors, quick=quick)
        for each in (standing, changed)
    ]
    return await asyncio.to_thread(
        _compare,
        before,
        after,
        await _put_to(before, after, asked, encoder, clock),
        risk=risk,
        of=there,
        beside=(*odd, *near),
        late=lambda: clock.monotonic() > until,
    )


async def _recent(
    by: Principal, store: "Store", encoder: Encoder, clock: Clock
) -> tuple[list[_Asked], int]:
    """The last questions with their vectors, as far as there was time to make those not kept."""
    async with store.begin(by) as db:
        home = await db.home.get()
        rows = await db.asked.recent(encoder.fingerprint, ASKED)
    until = clock.monotonic() + _ENCODING_S
    missing = [row for row in rows if row["vector"] is None]
    made: dict[UUID, NDArray[np.float32]] = {}
    for first in range(0, len(missing), _PIECE):
        if clock.monotonic() > until:
            break
        piece = missing[first : first + _PIECE]
        encoded = await encoder.encode([row["question"] for row in piece])
        made.update(zip((row["turn_id"] for row in piece), encoded, strict=True))
    if made:
        kept = {turn: packed(vector) for turn, vector in made.items()}
        async with store.begin(by) as db:
            await db.asked.keep_vectors(encoder.fingerprint, kept)
    for row in rows:
        if row["vector"] is not None:
            made[row["turn_id"]] = unpacked(row["vector"])
    return [
        _Asked(
            row["question"],
            row["conversation_id"],
            (row["locale"], home.settings.locale),
            made[row["turn_id"]],
        )
        for row in rows
        if row["turn_id"] in made
    ], len(rows)


async def _put_to(
    before: Editions, after: Editions, asked: Sequence[_Asked], encoder: Encoder, clock: Clock
) -> list[_Tried]:
    """
    The questions as a customer's are read.

    Where there is no time for the vectors of other words, the oldest are tried as written.
    """
    read = await asyncio.to_thread(
        lambda: [
            [Question.of(one.text, bank, encoder.pieces) for bank in (before, after)]
            for one in asked
        ]
    )
    known = {one.text: one.vector for one in asked}
    wanted = dict.fromkeys(text for pair in read for each in pair for text in texts_of(each.meant))
    missing = [text for text in wanted if text not in known]
    until = clock.monotonic() + _REWORDED_S
    for first in range(0, len(missing), _PIECE):
        if clock.monotonic() > until:
            break
        piece = missing[first : first + _PIECE]
        known.update(zip(piece, await encoder.encode(piece), strict=True))
    tried: list[_Tried] = []
    for one, pair in zip(asked, read, strict=True):
        put = [
            (question, [known.get(text) for text in texts_of(question.meant)]) for question in pair
        ]
        if any(row is None for _, rows in put for row in rows):
            put = [(Question.plain(one.text), [one.vector])] * 2
        tried.append(_Tried(one, put))
    return tried


def _compare(
    before: Editions,
    after: Editions,
    questions: Sequence[_Tried],
    *,
    risk: float,
    of: int,
    beside: tuple[Beside, ...],
    late: Callable[[], bool],
) -> Impact:
    found: dict[str, list[Shift]] = {"newly": [], "differently": [], "lost": []}
    tried = 0
    for one in questions:
        if tried >= _AT_LEAST and tried % _LOOK == 0 and late():
            break
        tried += 1
        was, would = one.given(0, before, risk), one.given(1, after, risk)
        if was[0] == would[0]:
            continue
        kind = "newly" if not was[0] else "differently" if would[0] else "lost"
        shift = Shift(one.asked.text, one.asked.conversation_id, was[1], would[1])
        found[kind].append(shift)
    return Impact(
        asked=tried,
        of=of,
        counts={kind: len(shifts) for kind, shifts in found.items()},
        beside=beside,
        **{kind: tuple(shifts[:_SHOWN]) for kind, shifts in found.items()},
    )
