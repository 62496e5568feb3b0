"""What the agents' screens list: queues of conversations with what a row shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from chatbot.store.door import Door
from chatbot.store.tables import conversations, customers, entries, tickets, users

Queue = Literal["needs_reply", "mine", "unassigned", "bot", "resolved", "all"]
TicketView = Literal["review", "open", "pending", "closed"]


class DeskViews(Door):
    """For people of the company only."""

    def _in(self, queue: Queue) -> sa.ColumnElement[bool]:
        state = conversations.c.state
        chosen: dict[Queue, sa.ColumnElement[bool]] = {
            "needs_reply": state.in_(("waiting", "human")),
            "mine": conversations.c.agent_id == self.principal.id,
            "unassigned": state == "waiting",
            "bot": state == "bot",
            "resolved": state == "resolved",
            "all": sa.true(),
        }
        return sa.and_(
            conversations.c.workspace_id == self.workspace, conversations.c.seq > 0, chosen[queue]
        )

    async def counts(self) -> Mapping[str, int]:
        """How many conversations each queue holds, and how many tickets wait for review."""
        names: tuple[Queue, ...] = ("needs_reply", "mine", "unassigned", "bot", "resolved")
        columns = [sa.func.count().filter(self._in(queue)).label(queue) for queue in names]
        query = sa.select(*columns).where(conversations.c.workspace_id == self.workspace)
        review = sa.select(sa.func.count().label("review")).where(
            tickets.c.workspace_id == self.workspace,
            tickets.c.review == "pending",
            tickets.c.status != "closed",
        )
        return {**await self.one(query), **await self.one(review)}

    async def queue(
        self, queue: Queue, *, search: str = "", limit: int = 60
    ) -> list[Mapping[str, Any]]:
        """
        Rows of a queue, the longest waiting first, then the last touched.

        Returns:
            `id, state, seq, unread, updated_at, waiting_since, agent, customer_id, customer,
            plan, snippet, snippet_role, ticket, priority, category, due_at` of each.
        """
        last = (
            sa.select(entries.c.text, entries.c.role)
            .where(entries.c.conversation_id == conversations.c.id, entries.c.kind == "message")
            .order_by(entries.c.seq.desc())
            .limit(1)
            .lateral("last")
        )
        ticket = (
            sa.select(tickets.c.number, tickets.c.priority, tickets.c.category, tickets.c.due_at)
            .where(tickets.c.conversation_id == conversations.c.id, tickets.c.status != "closed")
            .order_by(tickets.c.number.desc())
            .limit(1)
            .lateral("ticket")
        )
        wanted = search.strip()
        query = (
            sa.select(
                conversations.c.id,
                conversations.c.state,
                conversations.c.seq,
                (conversations.c.seq > conversations.c.agent_read_seq).label("unread"),
                conversations.c.updated_at,
                conversations.c.waiting_since,
                users.c.name.label("agent"),
                customers.c.id.label("customer_id"),
                customers.c.name.label("customer"),
                customers.c.plan,
                last.c.text.label("snippet"),
                last.c.role.label("snippet_role"),
                ticket.c.number.label("ticket"),
                ticket.c.priority,
                ticket.c.category,
                ticket.c.due_at,
            )
            .join(customers, customers.c.id == conversations.c.customer_id)
            .outerjoin(users, users.c.id == conversations.c.agent_id)
            .outerjoin(last, sa.true())
            .outerjoin(ticket, sa.true())
            .where(
                self._in(queue),
                sa.or_(
                    *(
                        column.icontains(wanted, autoescape=True)
                        for column in (
                            customers.c.name,
                            customers.c.email,
                            customers.c.external_id,
                            last.c.text,
                        )
                    )
                )
                if wanted
                else sa.true(),
            )
            .order_by(
                conversations.c.waiting_since.asc().nulls_last(),
                conversations.c.updated_at.desc(),
            )
            .limit(limit)
        )
        return await self.rows(query)

    def _view(self, view: TicketView) -> sa.ColumnElement[bool]:
        unseen = sa.and_(tickets.c.review == "pending", tickets.c.status != "closed")
        chosen: dict[TicketView, sa.ColumnElement[bool]] = {
            "review": unseen,
            "open": sa.and_(tickets.c.status == "open", sa.not_(unseen)),
            "pending": sa.and_(tickets.c.status == "pending", sa.not_(unseen)),
            "closed": tickets.c.status == "closed",
        }
        return sa.and_(tickets.c.workspace_id == self.workspace, chosen[view])

    async def ticket_counts(self) -> Mapping[str, int]:
        """How many tickets each view holds."""
        views: tuple[TicketView, ...] = ("review", "open", "pending", "closed")
        columns = [sa.func.count().filter(self._view(view)).label(view) for view in views]
        return await self.one(sa.select(*columns).select_from(tickets))

    async def tickets(
        self, view: TicketView, *, search: str = "", limit: int = 100
    ) -> list[Mapping[str, Any]]:
        """
        Tickets of a view: closed ones newest first, the others by when an answer is due.

        Returns:
            `number, subject, priority, category, status, review, created_at, due_at, customer_id,
            customer` of each.
        """
        wanted = search.strip().lstrip("#")
        newest = tickets.c.number.desc()
        query = (
            sa.select(
                tickets.c.number,
                tickets.c.subject,
                tickets.c.priority,
                tickets.c.category,
                tickets.c.status,
                tickets.c.review,
                tickets.c.created_at,
                tickets.c.due_at,
                tickets.c.customer_id,
                customers.c.name.label("customer"),
            )
            .join(customers, customers.c.id == tickets.c.customer_id)
            .where(
                self._view(view),
                sa.or_(
                    tickets.c.subject.icontains(wanted, autoescape=True),
                    customers.c.name.icontains(wanted, autoescape=True),
                    sa.cast(tickets.c.number, sa.Text) == wanted,
                )
                if wanted
                else sa.true(),
            )
            .order_by(*([newest] if view == "closed" else [tickets.c.due_at.nulls_last(), newest]))
            .limit(limit)
        )
        return await self.rows(query)

    async def decided(self, since: datetime) -> Mapping[str, int]:
        """What became of the bot's tickets since then: `accepted, edited, rejected`."""
        columns = [
            sa.func.count().filter(tickets.c.review == word).label(word)
            for word in ("accepted", "edited", "rejected")
        ]
        query = sa.select(*columns).where(
            tickets.c.workspace_id == self.workspace,
            tickets.c.opened_by == "bot",
            tickets.c.updated_at >= since,
        )
        return await self.one(query)

    async def team(self) -> list[Mapping[str, Any]]:
        """`id, name, holds` (conversations held now) of everybody who may sign in."""
        held = sa.and_(
            conversations.c.agent_id == users.c.id,
            conversations.c.workspace_id == self.workspace,
            conversations.c.state == "human",
        )
        query = (
            sa.select(users.c.id, users.c.name, sa.func.count(conversations.c.id).label("holds"))
            .outerjoin(conversations, held)
            .where(users.c.workspace_id == self.workspace, users.c.disabled_at.is_(None))
            .group_by(users.c.id, users.c.name)
            .order_by(users.c.name)
        )
        return await self.rows(query)

    async def snippets(self, customer_id: UUID, limit: int = 20) -> list[Mapping[str, Any]]:
        """A customer's conversations: `id, state, snippet, at, unread`, the last first."""
        last = (
            sa.select(entries.c.text)
            .where(entries.c.conversation_id == conversations.c.id, entries.c.kind == "message")
            .order_by(entries.c.seq.desc())
            .limit(1)
            .lateral("last")
        )
        query = (
            sa.select(
                conversations.c.id,
                conversations.c.state,
                sa.func.left(last.c.text, 120).label("snippet"),
                conversations.c.updated_at.label("at"),
                sa.func.greatest(conversations.c.seq - conversations.c.read_seq, 0).label("unread"),
            )
            .outerjoin(last, sa.true())
            .where(
                conversations.c.customer_id == customer_id,
                conversations.c.workspace_id == self.workspace,
                conversations.c.seq > 0,
            )
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        return await self.rows(query)
