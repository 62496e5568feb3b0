"""Workspaces for tests, each with an API key."""

import secrets
from dataclasses import dataclass
from uuid import UUID, uuid4

from chatbot.domain.principal import Principal, system
from chatbot.domain.ticket import TicketDraft
from chatbot.domain.workspace import WorkspaceSettings
from chatbot.safety.keys import hashed
from chatbot.store.unit import Store
from chatbot.tickets.opening import open_ticket

TENT = TicketDraft("Tent leaks", "Water comes in.", "high", "technical", "bot")


@dataclass(frozen=True)
class Tenant:
    id: UUID
    slug: str
    site_key: str
    api_key: str

    @property
    def principal(self) -> Principal:
        return system(self.id)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


async def found_tenant(store: Store, slug: str) -> Tenant:
    """Make a workspace named *slug* with nothing in it but its key."""
    api_key = f"cb_{secrets.token_urlsafe(24)}"
    async with store.directory() as directory:
        workspace = await directory.add_workspace(
            slug, slug.title(), f"site-{slug}", b"", WorkspaceSettings()
        )
    async with store.begin(system(workspace)) as db:
        await db.home.add_api_key(f"key of {slug}", hashed(api_key))
    return Tenant(workspace, slug, f"site-{slug}", api_key)


async def opened_ticket(
    store: Store, tenant: Tenant, draft: TicketDraft = TENT, customer: str = "c-1"
) -> tuple[int, UUID]:
    """The number of a new ticket, and its conversation."""
    async with store.begin(tenant.principal) as db:
        who = await db.customers.put(customer)
        conversation = uuid4()
        await db.conversations.open(conversation, who.id)
        thread = await db.conversations.get(conversation, lock=True)
        made = await open_ticket(db, thread, draft, within_s=3600)
    return made.ticket.number, conversation
