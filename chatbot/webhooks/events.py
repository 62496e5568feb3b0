"""
What a company's own server is told.

An event is written in the transaction that makes it true, so both exist or neither does; it is
delivered later, from the outbox.
"""

from typing import TYPE_CHECKING

import msgspec

from chatbot.domain.conversation import Entry, Turn, asked_cid

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

ANSWERED = "question.answered"


async def tell_answered(db: "Unit", turn: Turn, reply: Entry) -> None:
    """
    `question.answered`, if *reply* answers a question of the API, or one of earlier.

    A handoff is no answer: the one that follows it is told.
    """
    if reply.source is None or reply.source.rung == "handoff":
        return
    conversation, question = turn.conversation_id, turn.message_id
    cid = asked_cid(conversation)
    named = conversation
    if turn.later:
        asked = await db.conversations.by_cid(conversation, cid)
        named = conversation if asked is not None and asked.id == question else question
    told = {
        "type": ANSWERED,
        "timestamp": reply.at,
        "data": {
            "id": named,
            "conversation": conversation,
            "message": reply.id,
            "text": reply.text,
            "source": reply.source.told,
        },
    }
    body = msgspec.json.encode(told).decode()
    await db.webhooks.queue(reply.id, ANSWERED, body, about=None if turn.later else (question, cid))
