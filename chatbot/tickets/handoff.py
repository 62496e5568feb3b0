"""From the bot to a person and back. Nothing here depends on somebody watching."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.domain.conversation import Conversation, Entry, Source
from chatbot.domain.event import Logged
from chatbot.domain.principal import Principal
from chatbot.domain.ticket import TicketDraft
from chatbot.errors import Conflict, NotAllowed
from chatbot.ports import Bus
from chatbot.tickets.opening import LONGEST_SUBJECT, Opened, open_ticket
from chatbot.tickets.wording import duration, say

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

SILENCE = "silence"
"""Topic on which a conversation's running reply is called off, in whichever process it runs."""


def handoff_draft(question: str, opened_by: str, transcript: str = "") -> TicketDraft:
    """A ticket written without a model: the customer's own words, nothing guessed but urgency."""
    plain = re.sub(r"\s+", " ", question).strip()
    subject = plain if len(plain) <= LONGEST_SUBJECT else plain[: LONGEST_SUBJECT - 1] + "…"
    return TicketDraft(
        subject=subject or "A customer asks for a person",
        summary=(transcript or f"The customer wrote: {plain}") if plain else transcript,
        priority="medium",
        category="other",
        opened_by="customer" if opened_by == "customer" else "bot",
    )


def handoff_words(locale: str, opened: Opened, within_s: int, *, asked: bool) -> str:
    """What the customer is told: the number, and what happens next."""
    first = ("asked", "still") if asked else ("opened", "known")
    named = say(locale, first[not opened.new], number=opened.ticket.number)
    return f"{named} {say(locale, 'within', time=duration(locale, within_s))}"


async def ask_for_person(
    conversation_id: UUID, *, by: Principal, store: "Store", bus: Bus
) -> tuple[Entry, ...]:
    """
    A customer asks for a person: open a ticket (or name the open one) and say so.

    Raises:
        NotFound: The conversation is not theirs.
    """
    async with store.begin(by) as db:
        conversation = await db.conversations.find(conversation_id, lock=True)
        if conversation is None:
            await db.conversations.open(conversation_id, _own_id(by))
            conversation = await db.conversations.get(conversation_id, lock=True)
        if conversation.state == "human":
            return ()  # somebody is there already
        home = await db.home.get()
        customer = await db.customers.get(conversation.customer_id)
        locale = customer.locale or home.settings.locale
        spoken = await db.conversations.recent(conversation_id, limit=6)
        words = [entry.text for entry in spoken if entry.role == "customer"]
        draft = handoff_draft(words[-1] if words else "", "customer", _transcript(spoken))
        within_s = home.settings.answer_within_s
        opened = await open_ticket(db, conversation, draft, within_s=within_s, any_subject=True)
        reply = await db.conversations.append(
            conversation_id,
            "message",
            role="bot",
            text=handoff_words(locale, opened, within_s, asked=True),
            source=Source("handoff", say(locale, "handoff_label")),
        )
    logged = (*opened.entries, reply)
    await _publish(bus, logged)
    return logged


def _transcript(spoken: Sequence[Entry]) -> str:
    lines = ["The customer asks for a person."]
    return "\n".join(lines + [f"{entry.role}: {entry.text}" for entry in spoken])


def _own_id(principal: Principal) -> UUID:
    if principal.id is None:
        raise NotAllowed("Only a customer opens a conversation.")
    return principal.id


async def take_over(
    conversation_id: UUID, *, by: Principal, store: "Store", bus: Bus
) -> tuple[Entry, ...]:
    """
    An agent holds the conversation from now on; the bot falls silent at once.

    Raises:
        Conflict: Another agent holds it.
    """
    async with store.begin(by) as db:
        conversation = await db.conversations.get(conversation_id, lock=True)
        if conversation.state == "human":
            if conversation.agent_id == by.id:
                return ()
            raise Conflict("Another agent holds this conversation: ask them to hand it over.")
        entry = await db.conversations.change_state(
            conversation_id, "human", agent=(_own_id(by), by.name)
        )
        await db.audit.record("conversation.take_over", str(conversation_id))
    await bus.broadcast(SILENCE, str(conversation_id))
    await _publish(bus, (entry,))
    return (entry,)


async def agent_says(
    conversation_id: UUID, text: str, *, by: Principal, store: "Store", bus: Bus
) -> tuple[Entry, ...]:
    """
    An agent replies; whoever replies first to an unheld conversation takes it over.

    Raises:
        Conflict: Another agent holds it.
    """
    taken = await take_over(conversation_id, by=by, store=store, bus=bus)
    async with store.begin(by) as db:
        conversation = await _held(db, conversation_id, by)
        entry = await db.conversations.append(
            conversation.id,
            "message",
            role="agent",
            text=text,
            source=Source("agent", by.name),
        )
        await db.conversations.mark_read(conversation.id, entry.seq)
    await _publish(bus, (entry,))
    return (*taken, entry)


async def hand_back(
    conversation_id: UUID, *, by: Principal, store: "Store", bus: Bus
) -> tuple[Entry, ...]:
    """
    The bot answers again.

    Raises:
        Conflict: The agent does not hold the conversation.
    """
    async with store.begin(by) as db:
        conversation = await _held(db, conversation_id, by)
        entry = await db.conversations.change_state(conversation.id, "bot")
        await db.audit.record("conversation.hand_back", str(conversation_id))
    await _publish(bus, (entry,))
    return (entry,)


async def resolve(
    conversation_id: UUID, *, by: Principal, store: "Store", bus: Bus
) -> tuple[Entry, ...]:
    """The conversation is settled; the customer's next message opens it again."""
    async with store.begin(by) as db:
        conversation = await db.conversations.get(conversation_id, lock=True)
        if conversation.state == "resolved":
            return ()
        entry = await db.conversations.change_state(conversation_id, "resolved")
        await db.audit.record("conversation.resolve", str(conversation_id))
    await bus.broadcast(SILENCE, str(conversation_id))
    await _publish(bus, (entry,))
    return (entry,)


async def _held(db: "Unit", conversation_id: UUID, by: Principal) -> Conversation:
    conversation = await db.conversations.get(conversation_id, lock=True)
    if conversation.state != "human" or conversation.agent_id != by.id:
        raise Conflict("You do not hold this conversation: take it over first.")
    return conversation


async def _publish(bus: Bus, logged: tuple[Entry, ...]) -> None:
    for entry in logged:
        await bus.publish(entry.conversation_id, Logged(entry))
