"""Who is this visitor: somebody new, somebody we know, or whom the company says they are."""

from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.domain.customer import Customer
from chatbot.domain.principal import Principal, system
from chatbot.domain.workspace import Workspace
from chatbot.errors import NotFound
from chatbot.ports import Bus
from chatbot.safety.identity import Identity, read_identity
from chatbot.safety.keys import Keyring

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

ADOPTED = "adopted"
"""Topic on which processes tell each other the id of a visitor whose open sockets must close."""


def identity_place(workspace: UUID) -> str:
    """Where a workspace's identity secret is sealed; it opens nowhere else."""
    return f"identity secret of {workspace}"


async def welcome(
    workspace: Workspace,
    *,
    known: UUID | None,
    identity_token: str | None,
    locale: str,
    store: "Store",
    bus: Bus,
    keyring: Keyring,
) -> Customer:
    """
    The customer behind a widget.

    An identity decides; without one, a visitor that an earlier token named stays the same. What
    an anonymous visitor wrote goes along when they sign in, because it is the same browser; who
    else holds the visitor's token, perhaps since that browser was theirs, hears no more of it.

    Args:
        known: The customer that the browser's token names, if it has one.
        identity_token: What the company's server signed, if the page carries it.

    Raises:
        NotAllowed: The identity is forged, expired or was used before.
    """
    async with store.begin(system(workspace.id)) as db:
        visitor = None if known is None else await _find(db, known)
        if identity_token is None:
            return visitor or await db.customers.get(await db.customers.welcome(locale))
        sealed = await db.home.identity_secret()
        identity = read_identity(
            identity_token,
            secret=keyring.open(sealed, place=identity_place(workspace.id)),
            public_key=workspace.settings.identity_public_key,
            now=db.now,
        )
        customer = await _identified(db, identity)
        adopted = visitor is not None and visitor.external_id is None
        if visitor is not None and adopted:
            await db.customers.adopt(visitor.id, into=customer.id)
    if visitor is not None and adopted:
        await bus.broadcast(ADOPTED, str(visitor.id))
    return customer


async def _identified(db: "Unit", identity: Identity) -> Customer:
    await db.customers.use_identity(identity.jti, identity.expires_at)
    return await db.customers.put(identity.external_id, verified=True, **identity.profile)


async def _find(db: "Unit", customer_id: UUID) -> Customer | None:
    try:
        return await db.customers.get(customer_id)
    except NotFound:
        return None


async def current_conversation(by: Principal, store: "Store") -> UUID | None:
    """The conversation that a widget should go on with: the last one that is not resolved."""
    if by.id is None:
        return None
    async with store.begin(by) as db:
        for conversation in await db.conversations.latest_of(by.id, limit=5):
            if conversation.state != "resolved" and conversation.seq > 0:
                return conversation.id
    return None
