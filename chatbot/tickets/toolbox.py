"""What a model may do: for the conversation's own customer, once, and nothing else."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chatbot.completions.schemas import TOOLS
from chatbot.domain.ask import Ask, ToolResult, ToolSchema
from chatbot.domain.conversation import Conversation, Entry
from chatbot.domain.event import Logged
from chatbot.domain.ticket import TicketDraft
from chatbot.errors import NotAllowed
from chatbot.ports import Bus
from chatbot.tickets.opening import LONGEST_SUBJECT, LONGEST_SUMMARY, open_ticket
from chatbot.tickets.wording import duration

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

TICKETS_A_DAY = 5
"""How many tickets a customer's conversations may open by the bot in 24 hours."""


class SupportToolbox:
    """
    Satisfies `ports.Toolbox` over the store.

    Effect, result and log entries of a call are one transaction, keyed (turn, step, tool): the
    model's own call id decides nothing, and running a call again returns what the first run made.
    """

    schemas: tuple[ToolSchema, ...] = TOOLS

    def __init__(self, store: "Store", bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._tools = {"open_ticket": self._open_ticket, "lookup_events": self._lookup_events}

    async def run(self, ask: Ask, step: int, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """
        Raises:
            NotAllowed: There is no such tool.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise NotAllowed(f"There is no tool {name}.")
        async with self._store.begin(ask.principal) as db:
            conversation = await db.conversations.get(ask.conversation_id, lock=True)
            done = await db.steps.tool_result(ask.turn_id, step, name)
            if done is not None:
                return ToolResult(**done)
            result, logged = await tool(db, conversation, arguments)
            kept = {"text": result.text, "ticket": result.ticket}
            await db.steps.keep_tool_result(ask.turn_id, step, name, arguments, kept)
        for entry in logged:
            await self._bus.publish(ask.conversation_id, Logged(entry))
        return result

    async def _open_ticket(
        self, db: "Unit", conversation: Conversation, arguments: Mapping[str, Any]
    ) -> tuple[ToolResult, tuple[Entry, ...]]:
        if conversation.state == "human":
            return ToolResult("A person of the team is in this conversation already."), ()
        today = await db.tickets.opened_since(
            conversation.customer_id, db.now - timedelta(days=1), opened_by="bot"
        )
        there = await db.tickets.open_in(conversation.id)
        if today >= TICKETS_A_DAY and not there:
            return ToolResult("No ticket was opened: this customer has had too many today."), ()
        home = await db.home.get()
        draft = TicketDraft(
            subject=arguments["subject"][:LONGEST_SUBJECT],
            summary=arguments["summary"][:LONGEST_SUMMARY],
            priority=arguments["priority"],
            category=arguments["category"],
            opened_by="bot",
        )
        within_s = home.settings.answer_within_s
        opened = await open_ticket(
            db,
            conversation,
            draft,
            within_s=within_s,
            any_subject=today >= TICKETS_A_DAY,
        )
        number = opened.ticket.number
        told = "is open now" if opened.new else "was open already; this was added to it"
        text = (
            f"Ticket #{number} {told}. Tell the customer the number, and that a person answers "
            f"in this chat within {duration('en', within_s)}."
        )
        return ToolResult(text, ticket=number), opened.entries

    async def _lookup_events(
        self, db: "Unit", conversation: Conversation, arguments: Mapping[str, Any]
    ) -> tuple[ToolResult, tuple[Entry, ...]]:
        found = await db.customers.events(
            conversation.customer_id, kind=arguments["kind"], limit=arguments["limit"]
        )
        rows = [
            {"kind": event.kind, "at": event.at.isoformat(), "data": dict(event.data)}
            for event in found
        ]
        if not rows:
            return ToolResult(f"This customer has no events of the kind {arguments['kind']}."), ()
        return ToolResult(json.dumps(rows, ensure_ascii=False, default=str)), ()
