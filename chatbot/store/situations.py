"""
What a turn finds when it begins, read with one statement.

Six questions to the database were a third of what a whole turn cost. Here it answers all of them
at once, as one JSON document that is decoded straight into the domain's types.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.selectable import ScalarSelect

from chatbot.context.situation import Situation
from chatbot.domain.conversation import Conversation, Entry
from chatbot.domain.customer import Customer, CustomerEvent, CustomerFacts
from chatbot.domain.rule import Rule
from chatbot.domain.ticket import Ticket
from chatbot.domain.workspace import Workspace
from chatbot.errors import NotFound
from chatbot.store.bank_tables import rules
from chatbot.store.customers import CUSTOMER, EVENT
from chatbot.store.door import Door
from chatbot.store.entries import ENTRY
from chatbot.store.people import WORKSPACE
from chatbot.store.rules import RULE
from chatbot.store.tables import conversations, customer_events, customers, entries, tickets
from chatbot.store.tables import workspaces as homes
from chatbot.store.tickets import TICKET

MESSAGES = 20
EVENTS = 8
"""The latest ones that a context may speak of."""

_HERE = sa.bindparam("workspace", type_=homes.c.id.type)
_CONVERSATION = sa.bindparam("conversation", type_=conversations.c.id.type)
_CUSTOMER = sa.bindparam("customer", type_=customers.c.id.type)


@dataclass(frozen=True, slots=True)
class _Found:
    workspace: Workspace
    customer: Customer | None
    history: tuple[Entry, ...]  # the newest first
    events: tuple[CustomerEvent, ...]
    rules: tuple[Rule, ...]
    tickets: tuple[Ticket, ...]


def _one(query: sa.Select[*tuple[Any, ...]]) -> ScalarSelect[object]:
    row = query.subquery()
    return sa.select(sa.func.row_to_json(row.table_valued())).scalar_subquery()


def _many(query: sa.Select[*tuple[Any, ...]]) -> sa.ColumnElement[object]:
    row = query.subquery()
    every = sa.select(sa.func.json_agg(row.table_valued())).scalar_subquery()
    return sa.func.coalesce(every, sa.text("'[]'::json"))


_AROUND = sa.select(
    sa.cast(
        sa.func.json_build_object(
            sa.text("'workspace'"),
            _one(sa.select(*WORKSPACE).where(homes.c.id == _HERE)),
            sa.text("'customer'"),
            _one(
                sa.select(*CUSTOMER).where(
                    customers.c.id == _CUSTOMER, customers.c.workspace_id == _HERE
                )
            ),
            sa.text("'history'"),
            _many(
                sa.select(*ENTRY)
                .where(
                    entries.c.conversation_id == _CONVERSATION,
                    entries.c.workspace_id == _HERE,
                    entries.c.kind == "message",
                )
                .order_by(entries.c.seq.desc())
                .limit(MESSAGES)
            ),
            sa.text("'events'"),
            _many(
                sa.select(*EVENT)
                .where(
                    customer_events.c.customer_id == _CUSTOMER,
                    customer_events.c.workspace_id == _HERE,
                )
                .order_by(customer_events.c.at.desc())
                .limit(EVENTS)
            ),
            sa.text("'rules'"),
            _many(
                sa.select(*RULE)
                .where(rules.c.workspace_id == _HERE)
                .order_by(rules.c.rank, rules.c.key)
            ),
            sa.text("'tickets'"),
            _many(
                sa.select(*TICKET)
                .where(
                    tickets.c.conversation_id == _CONVERSATION,
                    tickets.c.customer_id == _CUSTOMER,
                    tickets.c.workspace_id == _HERE,
                    tickets.c.status != "closed",
                )
                .order_by(tickets.c.number)
            ),
        ),
        sa.Text(),
    )
)
_FOUND = msgspec.json.Decoder(_Found)


class Situations(Door):
    """A customer finds only what is around their own conversations."""

    async def around(self, conversation: Conversation) -> Situation:
        """
        Everything that the context of a turn may speak of.

        Raises:
            NotFound: The conversation is somebody else's.
        """
        by = self.principal
        if by.kind == "customer" and by.id != conversation.customer_id:
            raise NotFound("conversation", conversation.id)
        asked = {
            "workspace": self.workspace,
            "conversation": conversation.id,
            "customer": conversation.customer_id,
        }
        found = _FOUND.decode((await self.db.execute(_AROUND, asked)).scalar_one())
        if found.customer is None:
            raise NotFound("customer", conversation.customer_id)
        return Situation(
            workspace=found.workspace,
            conversation=conversation,
            history=found.history[::-1],
            facts=CustomerFacts(found.customer, found.events),
            rules=found.rules,
            tickets=found.tickets,
            now=self.now,
        )
