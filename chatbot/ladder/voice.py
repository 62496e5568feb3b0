"""How a reply leaves while it is being written: paced, addressed, and never waited for."""

from uuid import UUID

from chatbot.domain.conversation import Turn
from chatbot.domain.event import Retracted, Spoken, Started
from chatbot.ports import Bus, Clock

PACE_S = 0.09
"""Seconds between two pieces: a dozen a second still flow, and each costs a write to a socket."""


ATTEMPTS = 10
"""
Attempts that one process may number for itself: each retraction begins a new one, and a ladder has
fewer rungs than that, so whoever takes a turn over numbers above everything said before.
"""


class Voice:
    """
    Publishes one turn's words.

    The first piece leaves at once; later ones are joined until `PACE_S` has passed. Offsets count
    Unicode code points from the start of the attempt.

    Attributes:
        said: All the words of the present attempt, also those not yet published.
        settling: The reply is complete and being written down: too late to stop it.
    """

    def __init__(self, turn: Turn, bus: Bus, clock: Clock) -> None:
        self._turn = turn
        self._bus = bus
        self._clock = clock
        self._attempt = (turn.attempt - 1) * ATTEMPTS + 1
        self._pieces: list[str] = []
        self._waiting: list[str] = []
        self._offset = 0
        self._last = float("-inf")
        self.settling = False

    @property
    def said(self) -> str:
        return "".join(self._pieces)

    @property
    def conversation(self) -> UUID:
        return self._turn.conversation_id

    async def begin(self) -> None:
        """Say that a reply is being written; a later attempt withdraws the earlier one first."""
        if self._turn.attempt > 1:
            await self._publish(Retracted(self._turn.reply_id, self._attempt - 1, "restarted"))
        await self._start()

    async def _start(self) -> None:
        await self._publish(Started(self._turn.reply_id, self._turn.message_id, self._attempt))

    async def say(self, text: str) -> None:
        """Publish *text*, perhaps together with what comes in the next few milliseconds."""
        self._pieces.append(text)
        self._waiting.append(text)
        if self._clock.monotonic() - self._last >= PACE_S:
            await self.flush()

    async def flush(self) -> None:
        """Publish what waits."""
        if not self._waiting:
            return
        text = "".join(self._waiting)
        self._waiting.clear()
        self._last = self._clock.monotonic()
        await self._publish(Spoken(self._turn.reply_id, self._attempt, self._offset, text))
        self._offset += len(text)

    async def retract(self, reason: str) -> None:
        """Withdraw every word of this attempt and begin the next one."""
        await self.withdraw(reason)
        self._attempt += 1
        await self._start()

    async def withdraw(self, reason: str) -> None:
        """Withdraw every word; nothing follows."""
        self._pieces.clear()
        self._waiting.clear()
        self._offset = 0
        await self._publish(Retracted(self._turn.reply_id, self._attempt, reason))

    async def _publish(self, event: Started | Spoken | Retracted) -> None:
        await self._bus.publish(self._turn.conversation_id, event)
