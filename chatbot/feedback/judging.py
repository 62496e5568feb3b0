"""A customer's word on a reply, and what follows from it at once."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.domain.principal import Principal, system

if TYPE_CHECKING:
    from chatbot.store.unit import Store


async def judge(
    conversation_id: UUID,
    message: UUID,
    value: int,
    comment: str,
    *,
    by: Principal,
    network: str,
    store: "Store",
    forget: Callable[[str], Awaitable[None]],
) -> None:
    """
    Keep the customer's word; what they did not find helpful is given to nobody else from the cache.

    Args:
        network: A mark of where they are; "" if that is not known.
        forget: Drops what the cache holds under a key.

    Raises:
        NotFound: No such message to judge in this conversation.
        Unavailable: The word was not kept, or the cache may still give the reply.
    """
    async with store.begin(by) as db:
        await db.said.judge(conversation_id, message, value, comment, network)
        turn = None
        if value < 0:
            every = db.acting_as(system(by.workspace))
            turn = await every.turns.latest_done(conversation_id, reply_id=message)
    if turn and (key := (turn["receipt"] or {}).get("cache_key")):
        await forget(str(key))
