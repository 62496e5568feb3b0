"""An ask whose conversation, customer and turn are rows of a real database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from chatbot.domain.ask import Ask
from chatbot.domain.conversation import Turn
from chatbot.domain.principal import Principal
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from tests.asks import ask
from tests.builders import FakeClock
from tests.tenants import Tenant, found_tenant


@dataclass(frozen=True)
class Stored:
    """A store with one workspace."""

    store: Store
    tenant: Tenant

    async def ask(self, question: str = "Help?") -> Ask:
        """A new customer asks in a new conversation, and their turn is running."""
        by, turn = await self.turn(question)
        return replace(
            ask(question), principal=by, conversation_id=turn.conversation_id, turn_id=turn.id
        )

    async def turn(self, question: str = "Help?") -> tuple[Principal, Turn]:
        """The customer and the turn of such a question."""
        async with self.store.begin(self.tenant.principal) as db:
            customer = await db.customers.welcome()
        by = Principal(self.tenant.id, "customer", customer)
        conversation = uuid4()
        async with self.store.begin(by) as db:
            await db.conversations.open(conversation, customer)
            message = await db.conversations.append(
                conversation, "message", role="customer", text=question
            )
            turn = await db.turns.add_turn(message)
        assert turn is not None
        return by, turn


@asynccontextmanager
async def stored(database_url: str, clock: FakeClock | None = None) -> AsyncGenerator[Stored]:
    store = Store(open_engine(database_url), clock or FakeClock())
    try:
        yield Stored(store, await found_tenant(store, "fjell"))
    finally:
        await store.close()
