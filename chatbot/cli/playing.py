"""One whole turn without a socket: what `ask` and `replay` are made of."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chatbot.assembly import House
from chatbot.domain.conversation import Entry, Inbound
from chatbot.domain.event import LiveEvent, Logged, Spoken
from chatbot.domain.principal import Principal
from chatbot.errors import Unavailable
from chatbot.turn import receive

ANSWERED_WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class Played:
    """
    A turn that was played to its end.

    Attributes:
        totals: Tokens and cost of the conversation's model calls so far.
        receipt: How the reply came about.
        first_word_ms: None where nothing was streamed.
    """

    reply: Entry
    turn: UUID | None
    ticket: int | None
    totals: Mapping[str, Any]
    receipt: Mapping[str, Any]
    latency_ms: int
    first_word_ms: int | None


class _Ear:
    """Remembers what `Played` tells of the events of a turn."""

    def __init__(self, house: House, then: Callable[[LiveEvent], None]) -> None:
        self._clock, self._then = house.clock, then
        self.reply: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self.ticket: int | None = None
        self.first_word_at: float | None = None

    def hear(self, event: LiveEvent) -> None:
        self._then(event)
        match event:
            case Spoken() if self.first_word_at is None:
                self.first_word_at = self._clock.monotonic()
            case Logged(entry=entry) if entry.kind == "ticket":
                self.ticket = entry.data["number"]
            case Logged(entry=entry) if entry.role == "bot" and not self.reply.done():
                self.reply.set_result(entry)
            case _:
                return


async def play(
    house: House,
    by: Principal,
    conversation: UUID,
    text: str,
    *,
    watch: Callable[[LiveEvent], None] = lambda _: None,
) -> Played:
    """
    Send *text* as a customer would and wait for the reply.

    Args:
        house: Open, with its runner started.
        by: The customer.
        conversation: Theirs, or a new id.
        text: What they write.
        watch: Hears every event of the conversation as it happens.

    Raises:
        Unavailable: There was no reply within `ANSWERED_WITHIN_S`.
    """
    ear = _Ear(house, watch)
    began = house.clock.monotonic()
    subscription = await house.bus.subscribe(conversation, ear.hear)
    try:
        received = await receive(Inbound(conversation, uuid4(), text), by, house.desk)
        if received.turn is not None:
            house.runner.begin(received.turn, by, received.situation)
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            reply = await ear.reply
    except TimeoutError as error:
        raise Unavailable(
            f"There was no reply within {ANSWERED_WITHIN_S:g} s; `chatbot doctor` says why."
        ) from error
    finally:
        subscription.close()
    ended, first = house.clock.monotonic(), ear.first_word_at
    async with house.store.begin(by) as db:
        totals = await db.calls.totals(conversation)
        receipts = await db.turns.receipts(conversation)
    return Played(
        reply,
        None if received.turn is None else received.turn.id,
        ear.ticket,
        totals,
        receipts.get(reply.id, {}),
        latency_ms=round((ended - began) * 1000),
        first_word_ms=None if first is None else round((first - began) * 1000),
    )
