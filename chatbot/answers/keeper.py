"""Holds each workspace's current bank in this process, and replaces it when answers change."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from chatbot.answers import ownstate
from chatbot.answers.ahead import Ahead
from chatbot.answers.bank import Bank
from chatbot.answers.calibration import Prior, shipped
from chatbot.answers.editions import Editions
from chatbot.answers.packing import packed, text_hash, unpacked
from chatbot.answers.question import Question
from chatbot.answers.reputation import Reputations
from chatbot.domain.answer import BankAnswer, Match
from chatbot.errors import NotFound, Unavailable
from chatbot.ports import BankSource, Clock, Encoder

_log = logging.getLogger(__name__)

BANK_CHANGED = "bank"
"""Topic on which processes tell each other that a workspace's answers changed."""

_CHUNK = 128  # new texts encoded between two savings
_SOON = 256  # new texts that are encoded before a first bank answers at all
_WORKSPACES = 200  # banks held at most; the least recently asked is dropped
_QUICK = 1_000  # texts above which a bank answers before it is complete
_KEPT_VERSIONS = 3  # of a workspace, so that a reply can quote the version that matched
_INLINE = 12_000  # phrasings up to which matching (some 2 ms) is cheaper than changing threads


@dataclass(frozen=True, slots=True)
class _Held:
    """A bank in use; `fingerprint` is empty for a lexical one, `at` is when it was read."""

    bank: Editions
    number: int
    answers: tuple[BankAnswer, ...]
    fingerprint: str
    at: datetime


class BankKeeper:
    """
    Answers questions from the newest bank that is ready, one rebuild per workspace at a time.

    A rebuild that fails is logged and leaves the bank that was there.

    Args:
        source: Published answers and kept vectors.
        encoder: Until it is ready, banks match by wording only; for good, if its vectors are not
            those that *prior* was fitted on.
        patience: Seconds that a question waits for answers published a moment ago.
        prior: Instead of the one that comes with the project.
    """

    def __init__(
        self,
        source: BankSource,
        encoder: Encoder,
        clock: Clock,
        *,
        patience: float = 1.5,
        prior: Prior | None = None,
    ) -> None:
        self._source, self._encoder, self._clock = source, encoder, clock
        self._patience, self._prior = patience, prior or shipped()
        self._completing: set[asyncio.Task[None]] = set()
        self._held: OrderedDict[UUID, list[_Held]] = OrderedDict()
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._ahead, self._reputations = Ahead(encoder), Reputations(source, clock)

    @property
    def fingerprint(self) -> str:
        """Of the vectors in use; empty where only wording can be judged."""
        known = self._encoder.ready and self._encoder.fingerprint == self._prior.encoder
        return self._prior.encoder if known else ""

    def expect(self, question: str) -> None:
        """*question* will be matched in a moment: encode it meanwhile; returns at once."""
        if self.fingerprint:
            self._ahead.expect(question)

    async def match(
        self,
        workspace_id: UUID,
        bank_version: int,
        question: str,
        risk: float,
        locales: Sequence[str] = (),
    ) -> Match:
        """
        Match *question* against the workspace's bank.

        Args:
            bank_version: What the workspace's row says now; an older bank is replaced first,
                unless that takes longer than a customer should wait.
            locales: Whose answers come first, the customer's own locale before the company's.

        Raises:
            Unavailable: No bank could be made yet.
        """
        held = await self._current(workspace_id, bank_version)
        # Where the vectors are not those that the bank was built with, wording alone decides.
        dense = held.fingerprint and held.fingerprint == self.fingerprint
        coming = await self._ahead.begin(question) if dense else None
        # What needs no vector is done while another thread encodes.
        pieces = self._encoder.pieces
        said = Question.of(question, held.bank, pieces) if dense else Question.plain(question)
        mended = await self._ahead.begin(said.meant) if said.mended else None
        reading = held.bank.read(said.meant, locales)
        written = await self._ahead.end(coming)
        vectors = written if not said.mended else await self._ahead.end(mended)
        match = partial(
            said.put_to,
            held.bank,
            vectors,
            risk=risk,
            locales=locales,
            reading=reading,
            reputation=self._reputations.of(workspace_id),
        )
        inline = held.bank.size <= _INLINE
        found = match() if inline else await asyncio.to_thread(match)
        # Whose question it is, and how like another, is told from what was written, whatever was
        # meant, and from vectors of one encoder only.
        shared = held.fingerprint == ownstate.shipped().encoder
        vector = written[0] if written is not None and shared else None
        return replace(found, vector=vector, behind=held.number < bank_version)

    def in_use(self, workspace_id: UUID) -> Editions | None:
        """What answers in this process now; None where nobody has asked yet."""
        held = self._newest(workspace_id)
        return held.bank if held else None

    def answer(self, workspace_id: UUID, version: str, key: str) -> BankAnswer:
        """
        The answer exactly as the version that matched has it.

        Raises:
            NotFound: That version is gone, or has no such answer.
        """
        for held in self._held.get(workspace_id, ()):
            if held.bank.version == version:
                try:
                    return held.bank.answer(key)
                except KeyError:
                    break
        raise NotFound("answer", key)

    def refresh(self, workspace_id: UUID) -> None:
        """Begin to replace the workspace's bank, if this process holds one; returns at once."""
        if workspace_id in self._held:
            self._rebuild(workspace_id)

    async def settled(self) -> None:
        """Wait until nothing is being rebuilt, completed or read."""
        while working := self._working():
            await asyncio.wait(working)

    async def close(self) -> None:
        running = self._working()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _working(self) -> list[asyncio.Task[None]]:
        return [*self._running.values(), *self._completing, *self._reputations.working]

    async def _current(self, workspace_id: UUID, bank_version: int) -> _Held:
        held = self._newest(workspace_id)
        if held is None or held.number < bank_version:
            # A rebuild under way may have read the answers before this version: at most one more.
            until = self._clock.monotonic() + self._patience
            for _ in range(2):
                left = max(0.0, until - self._clock.monotonic())
                await asyncio.wait({self._rebuild(workspace_id)}, timeout=left)
                held = self._newest(workspace_id)
                if held is not None and held.number >= bank_version:
                    break
        elif self._aged(held):
            self._rebuild(workspace_id)
        if held is None:
            raise Unavailable("The answer bank is not ready yet.")
        self._held.move_to_end(workspace_id)
        return held

    def _newest(self, workspace_id: UUID) -> _Held | None:
        return next(iter(self._held.get(workspace_id, ())), None)

    def _aged(self, held: _Held) -> bool:
        """Made before the encoder was ready, or in another hour: validity dates may have passed."""
        now = self._clock.now()
        return (held.at.date(), held.at.hour) != (now.date(), now.hour) or (
            held.fingerprint != self.fingerprint
        )

    def _rebuild(self, workspace_id: UUID) -> asyncio.Task[None]:
        task = self._running.get(workspace_id)
        if task is None:
            task = asyncio.create_task(self._replace(workspace_id), name=f"bank {workspace_id}")
            self._running[workspace_id] = task
            task.add_done_callback(lambda _: self._running.pop(workspace_id, None))
        return task

    async def _replace(self, workspace_id: UUID) -> None:
        try:
            at = self._clock.now()
            number, answers = await self._source.published(workspace_id)
            await self._reputations.read(workspace_id)  # an edited text has none yet
            fingerprint = self.fingerprint
            newest = self._newest(workspace_id)
            if newest and (newest.answers, newest.fingerprint) == (answers, fingerprint):
                self._held[workspace_id][0] = replace(newest, number=number, at=at)
                return
            vectors = None
            if fingerprint:
                vectors = await self._vectors(workspace_id, number, answers, fingerprint)
            await self._build(workspace_id, number, answers, fingerprint, at, vectors)
        except Exception:  # noqa: BLE001
            # Whatever is wrong with the new answers, customers keep the bank they had.
            _log.exception("bank of workspace %s could not be rebuilt", workspace_id)

    async def _vectors(
        self, workspace_id: UUID, number: int, answers: tuple[BankAnswer, ...], fingerprint: str
    ) -> dict[str, NDArray[np.float32]]:
        """The vector of every text: from the newest bank, from the store, else encoded and kept."""
        texts = await asyncio.to_thread(Bank.texts, answers)
        newest = self._newest(workspace_id)
        known = newest.bank.vectors() if newest and newest.fingerprint == fingerprint else {}
        wanted = {text_hash(text): text for text in texts if text not in known}
        if wanted:
            kept = await self._source.vectors(workspace_id, fingerprint, list(wanted))
            known.update((wanted[key], unpacked(row)) for key, row in kept.items())
        missing = [text for text in texts if text not in known]
        if newest is None and len(missing) > _SOON:
            await self._build(workspace_id, number, answers, "", self._clock.now(), None)
        for first in range(0, len(missing), _CHUNK):
            chunk = missing[first : first + _CHUNK]
            fresh = {
                text: packed(row)
                for text, row in zip(chunk, await self._encoder.encode(chunk), strict=True)
            }
            await self._source.keep_vectors(
                workspace_id, fingerprint, {text_hash(text): row for text, row in fresh.items()}
            )
            # What was kept, not what was encoded: every process then has the very same numbers.
            known.update((text, unpacked(row)) for text, row in fresh.items())
        return known

    async def _build(
        self,
        workspace_id: UUID,
        number: int,
        answers: Sequence[BankAnswer],
        fingerprint: str,
        at: datetime,
        vectors: dict[str, NDArray[np.float32]] | None,
    ) -> None:
        version = f"{number}-{fingerprint[:8] or 'words'}"
        quick = vectors is not None and len(vectors) > _QUICK
        bank = await asyncio.to_thread(
            Editions.build, version, answers, vectors, quick=quick, prior=self._prior
        )
        held = _Held(bank, number, tuple(answers), fingerprint, at)
        self._held[workspace_id] = [held, *self._held.get(workspace_id, ())][:_KEPT_VERSIONS]
        self._held.move_to_end(workspace_id)
        while len(self._held) > _WORKSPACES:
            self._held.popitem(last=False)
        _log.info("bank %s of workspace %s has %d answers", version, workspace_id, len(answers))
        if quick:
            task = asyncio.create_task(self._complete(workspace_id, held), name="complete bank")
            self._completing.add(task)
            task.add_done_callback(self._completing.discard)

    async def _complete(self, workspace_id: UUID, held: _Held) -> None:
        """Replace a bank that was built quickly, unless a newer one has come."""
        try:
            bank = await asyncio.to_thread(held.bank.completed)
        except Exception:  # noqa: BLE001
            # The quick bank goes on answering; nobody awaits this task.
            _log.exception("bank of workspace %s could not be completed", workspace_id)
            return
        versions = self._held.get(workspace_id)
        if versions and versions[0].bank is held.bank:
            versions[0] = replace(versions[0], bank=bank)
