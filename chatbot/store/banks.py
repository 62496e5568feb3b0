"""Published answers and their vectors, as the matcher reads them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.domain.answer import BankAnswer
from chatbot.domain.given import JUDGED_FOR, Thumbs
from chatbot.domain.principal import system
from chatbot.ports import Clock

if TYPE_CHECKING:
    from chatbot.store.unit import Store


class StoredBanks:
    """Satisfies `ports.BankSource` over the store."""

    def __init__(self, store: "Store", clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def published(self, workspace_id: UUID) -> tuple[int, tuple[BankAnswer, ...]]:
        async with self._store.begin(system(workspace_id)) as db:
            return await db.answers.published(self._clock.now().date())

    async def thumbs(self, workspace_id: UUID) -> Mapping[str, Thumbs]:
        async with self._store.begin(system(workspace_id)) as db:
            return await db.given.thumbs(db.now - JUDGED_FOR)

    async def vectors(
        self, workspace_id: UUID, fingerprint: str, hashes: Sequence[str]
    ) -> Mapping[str, bytes]:
        async with self._store.begin(system(workspace_id)) as db:
            return await db.answers.vectors(fingerprint, hashes)

    async def keep_vectors(
        self, workspace_id: UUID, fingerprint: str, vectors: Mapping[str, bytes]
    ) -> None:
        async with self._store.begin(system(workspace_id)) as db:
            await db.answers.keep_vectors(fingerprint, vectors)
