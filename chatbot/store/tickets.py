"""Tickets: numbered, one open one per subject and conversation."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from chatbot.domain.ticket import Category, Priority, Review, Status, Ticket, TicketDraft
from chatbot.errors import NotFound
from chatbot.store.door import Door
from chatbot.store.tables import tickets, workspaces

TICKET = tuple(column for column in tickets.c if column.name not in {"workspace_id", "closed_at"})


class Tickets(Door):
    """A customer sees only their own tickets."""

    def _visible(self) -> sa.ColumnElement[bool]:
        here = tickets.c.workspace_id == self.workspace
        if self.principal.kind == "customer":
            return sa.and_(here, tickets.c.customer_id == self.principal.id)
        return here

    async def by_number(self, number: int, *, lock: bool = False) -> Ticket:
        """
        Raises:
            NotFound: No such ticket, or somebody else's.
        """
        query = sa.select(*TICKET).where(tickets.c.number == number, self._visible())
        row = await self.row(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound("ticket", number)
        return Ticket(**row)

    async def open_in(self, conversation_id: UUID) -> list[Ticket]:
        """The conversation's tickets that are not closed, oldest first."""
        query = (
            sa.select(*TICKET)
            .where(
                tickets.c.conversation_id == conversation_id,
                tickets.c.status != "closed",
                self._visible(),
            )
            .order_by(tickets.c.number)
        )
        return [Ticket(**row) for row in await self.rows(query)]

    async def of_customer(self, customer_id: UUID, limit: int = 20) -> list[Ticket]:
        query = (
            sa.select(*TICKET)
            .where(tickets.c.customer_id == customer_id, self._visible())
            .order_by(tickets.c.number.desc())
            .limit(limit)
        )
        return [Ticket(**row) for row in await self.rows(query)]

    async def opened_since(self, customer_id: UUID, since: datetime, *, opened_by: str) -> int:
        """How many tickets of a customer were opened since then, by whom."""
        query = sa.select(sa.func.count()).where(
            tickets.c.customer_id == customer_id,
            tickets.c.opened_by == opened_by,
            tickets.c.created_at >= since,
            self._visible(),
        )
        return (await self.db.execute(query)).scalar_one()

    async def create(
        self,
        draft: TicketDraft,
        *,
        customer_id: UUID,
        conversation_id: UUID | None,
        due_at: datetime | None,
    ) -> Ticket:
        """Open a ticket with the workspace's next number."""
        number = (
            sa.update(workspaces)
            .where(workspaces.c.id == self.workspace)
            .values(last_ticket=workspaces.c.last_ticket + 1)
            .returning(workspaces.c.last_ticket)
        )
        ticket = Ticket(
            id=uuid4(),
            number=(await self.db.execute(number)).scalar_one(),
            conversation_id=conversation_id,
            customer_id=customer_id,
            subject=draft.subject,
            summary=draft.summary,
            priority=draft.priority,
            category=draft.category,
            status="open",
            review="pending" if draft.opened_by == "bot" else "accepted",
            opened_by=draft.opened_by,
            assignee_id=None,
            created_at=self.now,
            updated_at=self.now,
            due_at=due_at,
        )
        await self.add(tickets, **{column.name: getattr(ticket, column.name) for column in TICKET})
        return ticket

    async def save(self, ticket: Ticket) -> Ticket:
        """Write what may change: wording, priority, category, status, review, assignee."""
        query = (
            sa.update(tickets)
            .where(tickets.c.id == ticket.id, self._visible())
            .values(
                subject=ticket.subject,
                summary=ticket.summary,
                priority=ticket.priority,
                category=ticket.category,
                status=ticket.status,
                review=ticket.review,
                assignee_id=ticket.assignee_id,
                updated_at=self.now,
                closed_at=self.now if ticket.status == "closed" else None,
            )
            .returning(*TICKET)
        )
        row = await self.row(query)
        if row is None:
            raise NotFound("ticket", ticket.number)
        return Ticket(**row)

    async def set_outcome(self, conversation_id: UUID, status: Status, review: Review) -> None:
        """Set what became of a conversation's tickets; for imports of what happened earlier."""
        await self.db.execute(
            sa.update(tickets)
            .where(tickets.c.conversation_id == conversation_id, self._visible())
            .values(
                status=status,
                review=review,
                closed_at=self.now if status == "closed" else None,
            )
        )

    async def page(
        self,
        *,
        status: Status | None = None,
        review: Review | None = None,
        priority: Priority | None = None,
        category: Category | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Ticket]:
        """Tickets with a number below *before*, newest first; what is None does not matter."""
        query = (
            sa.select(*TICKET)
            .where(
                self._visible(),
                tickets.c.status == status if status else sa.true(),
                tickets.c.review == review if review else sa.true(),
                tickets.c.priority == priority if priority else sa.true(),
                tickets.c.category == category if category else sa.true(),
                tickets.c.number < before if before else sa.true(),
            )
            .order_by(tickets.c.number.desc())
            .limit(limit)
        )
        return [Ticket(**row) for row in await self.rows(query)]
