"""What a bank would make of a question if an answer said something else."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.bank import Bank
from chatbot.answers.editions import Editions
from chatbot.answers.packing import text_hash, unpacked
from chatbot.answers.question import Question, texts_of
from chatbot.domain.answer import AnswerContent, BankAnswer, Match
from chatbot.domain.principal import Principal
from chatbot.errors import TooLarge, Unavailable
from chatbot.ports import Encoder

if TYPE_CHECKING:
    from chatbot.store.unit import Store

MOST_TEXTS = 6_000
"""Above this many phrasings a bank takes too long to build while somebody types."""

_MOST_NEW = 200  # texts encoded while somebody types; with more of them wording decides


class Preview:
    """
    What a preview reads: the published answers, and vectors that are kept or quickly made.

    Args:
        fitted: `BankKeeper.fingerprint`: whose vectors customers' questions are matched with.
    """

    def __init__(self, by: Principal, store: "Store", encoder: Encoder, fitted: str) -> None:
        self._by, self._store, self._encoder, self._fitted = by, store, encoder, fitted

    async def published(self, today: date) -> tuple[int, tuple[BankAnswer, ...]]:
        """The bank's version, and the answers that customers receive *today*."""
        async with self._store.begin(self._by) as db:
            return await db.answers.published(today)

    async def standing(self, today: date) -> Sequence[BankAnswer]:
        """The answers alone."""
        _, standing = await self.published(today)
        return standing

    async def vectors(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """
        Kept vectors where there are any; the few new ones are encoded and not kept.

        Raises:
            Unavailable: The encoder is not ready, customers' questions are not matched with it, or
                most of the vectors are still to be made.
        """
        if not self._encoder.ready:
            raise Unavailable("The encoder is not ready yet.")
        if self._encoder.fingerprint != self._fitted:
            raise Unavailable(
                "Customers get answers by wording alone: the bank is not fitted to this encoder, "
                "or was made before it was ready."
            )
        by_hash = {text_hash(text): text for text in texts}
        async with self._store.begin(self._by) as db:
            kept = await db.answers.vectors(self._encoder.fingerprint, by_hash)
        known = {by_hash[key]: unpacked(row) for key, row in kept.items()}
        missing = [text for text in texts if text not in known]
        if len(missing) > _MOST_NEW:
            raise Unavailable("The bank's vectors are still being made.")
        if missing:
            known.update(zip(missing, await self._encoder.encode(missing), strict=True))
        return known


async def would_match(
    question: str,
    key: str,
    content: AnswerContent,
    *,
    risk: float,
    today: date,
    by: Principal,
    store: "Store",
    encoder: Encoder,
    fitted: str,
) -> Match:
    """
    Match *question* as if *content* were published under *key*, for a customer of its locale.

    The bank is built the quick way, so at worst it is more careful than the published one.

    Raises:
        TooLarge: The bank has more than `MOST_TEXTS` phrasings.
    """
    preview = Preview(by, store, encoder, fitted)
    standing = await preview.standing(today)
    edited = BankAnswer(key, content.title, content.text, content.phrasings, content.locale)
    answers = [*(answer for answer in standing if answer.key != key), edited]
    texts = Bank.texts(answers)
    if len(texts) > MOST_TEXTS:
        raise TooLarge(f"With more than {MOST_TEXTS:,} phrasings there is no preview while typing.")
    vectors = None
    with suppress(Unavailable):  # wording decides then, as it would for a customer
        vectors = await preview.vectors(texts)
    bank = await asyncio.to_thread(Editions.build, "preview", answers, vectors, quick=True)
    said, rows = Question.plain(question), None
    if vectors is not None:
        with suppress(Unavailable):
            mended = Question.of(question, bank, encoder.pieces)
            rows, said = await encoder.encode(texts_of(mended.meant)), mended
    return await asyncio.to_thread(said.put_to, bank, rows, risk=risk, locales=(content.locale,))
