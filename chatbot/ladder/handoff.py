"""The last rung: a ticket, its number, and what happens next. It never declines."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from chatbot.continuity.deferring import defer
from chatbot.domain.ask import Ask, Reply
from chatbot.domain.conversation import Source
from chatbot.domain.event import Logged
from chatbot.ports import Bus
from chatbot.tickets.handoff import handoff_draft, handoff_words
from chatbot.tickets.opening import open_ticket
from chatbot.tickets.wording import duration, say

if TYPE_CHECKING:
    from chatbot.store.unit import Store

STEP = -1
"""The handoff stands before every step of a model in the journal of a turn."""


class Handoff:
    """
    Opens a ticket without a model, or names the one that is open.

    The words of the first run are kept with the tool results, so that a turn taken over after a
    crash names the same ticket in the same words.
    """

    name = "handoff"

    def __init__(self, store: "Store", bus: Bus, *, window_s: float) -> None:
        """
        Args:
            store: Where the ticket is opened.
            bus: Who tells the customer.
            window_s: How long a question waits for a model that is away; 0 lets none wait.
        """
        self._store, self._bus, self._window_s = store, bus, window_s

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Reply]:
        """
        Raises:
            Unavailable: The database is away: the turn stays unfinished and is taken up again.
        """
        words, number = await self._hand_off(ask)
        yield words
        yield Reply(
            words,
            Source(self.name, say(ask.locale, "handoff_label")),
            detail={"ticket": number},
        )

    async def _hand_off(self, ask: Ask) -> tuple[str, int]:
        async with self._store.begin(ask.principal) as db:
            conversation = await db.conversations.get(ask.conversation_id, lock=True)
            done = await db.steps.tool_result(ask.turn_id, STEP, self.name)
            if done is not None:
                return done["words"], done["ticket"]
            within_s = (await db.home.get()).settings.answer_within_s
            opened = await open_ticket(
                db,
                conversation,
                handoff_draft(ask.question, "bot"),
                within_s=within_s,
                any_subject=True,
            )
            words = handoff_words(ask.locale, opened, within_s, asked=False)
            if await defer(db, ask, self._window_s):
                window = duration(ask.locale, int(self._window_s))
                words = f"{words} {say(ask.locale, 'later', time=window)}"
            number = opened.ticket.number
            kept = {"words": words, "ticket": number}
            await db.steps.keep_tool_result(ask.turn_id, STEP, self.name, {}, kept)
        for entry in opened.entries:
            await self._bus.publish(ask.conversation_id, Logged(entry))
        return words, number
