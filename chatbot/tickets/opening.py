"""Open a ticket, or find the open one on the same subject: never two for one trouble."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chatbot.domain.conversation import Conversation, Entry
from chatbot.domain.ticket import Ticket, TicketDraft

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

SAME_SUBJECT = 0.5
"""Share of the words (Jaccard) from which two subjects of one conversation are one trouble."""

LONGEST_SUBJECT = 120
LONGEST_SUMMARY = 4000


@dataclass(frozen=True, slots=True)
class Opened:
    """
    The ticket that exists now.

    Attributes:
        new: It was opened just now; otherwise it was there and what was new was added to it.
        entries: What the log gained, in order.
    """

    ticket: Ticket
    new: bool
    entries: tuple[Entry, ...]


def _words(subject: str) -> set[str]:
    return set(re.findall(r"\w+", subject.casefold()))


def _alike(one: str, other: str) -> bool:
    ours, theirs = _words(one), _words(other)
    both = ours | theirs
    return bool(both) and len(ours & theirs) / len(both) >= SAME_SUBJECT


def same_subject(subject: str, tickets: Sequence[Ticket]) -> Ticket | None:
    """The first of a conversation's open *tickets* that is about the same trouble."""
    return next((ticket for ticket in tickets if _alike(subject, ticket.subject)), None)


async def open_ticket(
    db: "Unit",
    conversation: Conversation,
    draft: TicketDraft,
    *,
    within_s: int,
    any_subject: bool = False,
) -> Opened:
    """
    Open *draft* as the next ticket of the conversation and put the customer in the queue.

    Args:
        db: A transaction in which the conversation is locked.
        conversation: Whose customer the ticket is for.
        draft: What the ticket says.
        within_s: Seconds in which the company promises an answer.
        any_subject: Whatever ticket is open here counts as this one: for a handoff, whose
            subject is only guessed.
    """
    there = await db.tickets.open_in(conversation.id)
    known = there[-1] if any_subject and there else same_subject(draft.subject, there)
    if known is not None:
        ticket = await _add_to(db, known, draft)
        logged: list[Entry] = []
    else:
        ticket = await db.tickets.create(
            draft,
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            due_at=db.now + timedelta(seconds=within_s),
        )
        logged = [await log_ticket(db, ticket)]
        await db.audit.record("ticket.open", f"#{ticket.number}", by=draft.opened_by)
    if conversation.state != "waiting":
        logged.append(
            await db.conversations.change_state(conversation.id, "waiting", eta_s=within_s)
        )
    return Opened(ticket, known is None, tuple(logged))


async def _add_to(db: "Unit", ticket: Ticket, draft: TicketDraft) -> Ticket:
    if draft.summary in ticket.summary:
        return ticket
    longer = f"{ticket.summary}\n\n{draft.summary}"[:LONGEST_SUMMARY]
    return await db.tickets.save(replace(ticket, summary=longer))


async def log_ticket(db: "Unit", ticket: Ticket) -> Entry:
    """Tell the conversation's log what became of its ticket; it must belong to one."""
    assert ticket.conversation_id is not None  # noqa: S101 the caller's promise, not input
    return await db.conversations.append(
        ticket.conversation_id,
        "ticket",
        data={"number": ticket.number, "subject": ticket.subject, "status": ticket.status},
    )
