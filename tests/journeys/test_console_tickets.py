"""Tickets that the bot opened: looked at, mended, taken as work, refused, closed."""

from uuid import UUID

import pytest

from chatbot.domain.ticket import Ticket, TicketDraft
from tests.journeys.desk import desk, new_conversation, signed_in, workspace_of
from tests.running import RunningApp
from tests.staff import Seen

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


async def proposed(desk: RunningApp, subject: str, conversation: UUID | None = None) -> Ticket:
    """A ticket that the bot opened and nobody has looked at."""
    conversation = conversation or await new_conversation(desk, f"please help: {subject}")
    draft = TicketDraft(subject, "The zip is off.", "medium", "other", "bot")
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        customer = (await db.conversations.get(conversation)).customer_id
        return await db.tickets.create(
            draft, customer_id=customer, conversation_id=conversation, due_at=None
        )


async def stored(desk: RunningApp, number: int) -> Ticket:
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        return await db.tickets.by_number(number)


def form(page: Seen, **changed: str) -> dict[str, str]:
    """What the ticket's form would send."""
    fields = {
        "subject": page.field("subject"),
        "summary": "The zip is off.",
        "priority": "medium",
        "category": "other",
        "status": "open",
        "assignee": "",
        "seen": page.field("seen"),
        "view": "review",
    }
    return fields | changed


async def test_the_review_shows_what_is_proposed_and_what_it_rests_on(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Zip off its track")
    async with signed_in(desk, "agent") as staff:
        queue = await staff.get("/console/tickets")
        page = await staff.get(f"/console/tickets/{ticket.number}")

    assert "Zip off its track" in queue.words
    assert "opened by the bot" in page.words
    assert "What it rests on" in page.words
    assert "please help: Zip off its track" in page.words


async def test_a_proposal_is_accepted_as_it_stands(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Accept me")
    async with signed_in(desk, "agent") as staff:
        page = await staff.get(f"/console/tickets/{ticket.number}")
        after = await staff.post(f"/console/tickets/{ticket.number}/accept", form(page))

    assert "Accepted" in after.words
    assert (await stored(desk, ticket.number)).review == "accepted"


async def test_a_proposal_that_was_mended_counts_as_edited(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Mend me")
    async with signed_in(desk, "agent") as staff:
        page = await staff.get(f"/console/tickets/{ticket.number}")
        await staff.post(
            f"/console/tickets/{ticket.number}/accept",
            form(page, priority="critical", category="technical"),
        )

    kept = await stored(desk, ticket.number)
    assert (kept.review, kept.priority, kept.category) == ("edited", "critical", "technical")


async def test_saving_for_later_leaves_the_decision_open(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Not yet")
    async with signed_in(desk, "agent") as staff:
        page = await staff.get(f"/console/tickets/{ticket.number}")
        await staff.post(f"/console/tickets/{ticket.number}/save", form(page, subject="Not  yet!"))

    kept = await stored(desk, ticket.number)
    assert (kept.review, kept.subject) == ("pending", "Not yet!")


async def test_nobodys_edit_is_lost_when_two_agents_meet(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Two of us")
    address = f"/console/tickets/{ticket.number}"
    async with signed_in(desk, "agent") as one, signed_in(desk, "admin") as other:
        mine, theirs = await one.get(address), await other.get(address)
        await other.post(f"{address}/save", form(theirs, summary="Their words"))
        refused = await one.post(f"{address}/accept", form(mine, summary="My words"))
        again = await one.post(f"{address}/accept", form(refused, summary="My words"))

    assert refused.status == 409
    assert "changed while you looked at it" in refused.words
    assert "My words" in refused.text
    assert again.status == 200
    assert (await stored(desk, ticket.number)).summary == "My words"


async def test_a_rejected_ticket_is_closed_and_its_reason_kept(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Nonsense")
    address = f"/console/tickets/{ticket.number}"
    async with signed_in(desk, "agent") as staff:
        await staff.get(address)
        without = await staff.post(f"{address}/reject", {"reason": " "})
        await staff.post(f"{address}/reject", {"reason": "Only a greeting"})
        again = await staff.post(f"{address}/reject", {"reason": "Once more"})

    kept = await stored(desk, ticket.number)
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        lines = [line for line in await db.audit.latest() if line["subject"] == f"#{ticket.number}"]
    assert "Reason is empty" in without.words
    assert (kept.review, kept.status) == ("rejected", "closed")
    assert again.status == 409
    assert lines[0]["detail"] == {"reason": "Only a greeting"}


async def test_closing_can_be_undone_and_the_customer_is_told_of_both(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "close this")
    ticket = await proposed(desk, "Close me", conversation)
    address = f"/console/tickets/{ticket.number}"
    async with signed_in(desk, "agent") as staff:
        page = await staff.get(address)
        await staff.post(f"{address}/accept", form(page))
        closed = await staff.post(f"{address}/close", {"view": "open"})
        assert f"Ticket #{ticket.number} closed." in closed.words
        await staff.post(f"{address}/reopen", {"view": "open"})

    async with desk.house.store.begin(await workspace_of(desk)) as db:
        entries = await db.conversations.since(conversation, 0)
    told = [entry.data["status"] for entry in entries if entry.kind == "ticket"]
    assert told == ["closed", "open"]


async def test_a_ticket_is_given_to_somebody_of_the_company_only(desk: RunningApp) -> None:
    ticket = await proposed(desk, "Assign me")
    address = f"/console/tickets/{ticket.number}"
    async with signed_in(desk, "agent") as staff:
        page = await staff.get(address)
        stranger = form(page, assignee="00000000-0000-0000-0000-000000000001")
        refused = await staff.post(f"{address}/save", stranger)

    assert refused.status == 404
    assert (await stored(desk, ticket.number)).assignee_id is None


async def test_tickets_are_found_by_number_and_by_subject(desk: RunningApp) -> None:
    ticket = await proposed(desk, "A very peculiar trouble")
    async with signed_in(desk, "agent") as staff:
        by_number = await staff.get(f"/console/tickets?q=%23{ticket.number}")
        by_words = await staff.get("/console/tickets?q=peculiar")
        none = await staff.get("/console/tickets?q=nothing-like-it")
        missing = await staff.get("/console/tickets/999999")

    assert "A very peculiar trouble" in by_number.words
    assert "A very peculiar trouble" in by_words.words
    assert "Clear the search" in none.words
    assert missing.status == 404
