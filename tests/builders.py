"""Things that many tests need, made in one line each."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from chatbot.domain.conversation import Entry, Source

NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROUNDS = 20  # of the event loop, for everybody who was woken to get as far as they can


class FakeClock:
    """
    Satisfies `ports.Clock`; time stands still until a test moves it.

    A sleeper wakes when `advance` has passed its moment, in order of the moments, and sees the
    clock at its own moment.
    """

    def __init__(self, start: datetime = NEW_YEAR) -> None:
        self._start = start
        self._passed = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Let *seconds* pass, and everybody who slept until then do their work."""
        until = self._passed + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self._passed, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
                await self._settle()
        self._passed = until

    async def _settle(self) -> None:
        for _ in range(ROUNDS):
            await asyncio.sleep(0)


def an_entry(entry_id: UUID | None = None, *, text: str = "Within 30 days.") -> Entry:
    """A bot's message as the log keeps it."""
    return Entry(
        id=entry_id or uuid4(),
        conversation_id=uuid4(),
        seq=2,
        kind="message",
        at=NEW_YEAR,
        role="bot",
        text=text,
        reply_to=uuid4(),
        source=Source("answer_bank", "Saved answer", (("returns", "Returns"),), 0.93),
    )
