"""What is said about a conversation: private notes, feedback on replies, satisfaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.errors import NotFound
from chatbot.store.bank_tables import feedback
from chatbot.store.door import Door
from chatbot.store.tables import conversations, entries, notes


class Said(Door):
    async def add_note(self, conversation_id: UUID, text: str) -> UUID:
        """A private note of the principal; customers never receive it."""
        note = uuid4()
        await self.add(
            notes,
            id=note,
            conversation_id=conversation_id,
            author_id=self.principal.id,
            author=self.principal.name,
            text=text,
            at=self.now,
        )
        return note

    async def notes(self, conversation_id: UUID) -> list[Mapping[str, Any]]:
        """`id, author, text, at`, oldest first."""
        query = (
            sa.select(notes.c.id, notes.c.author, notes.c.text, notes.c.at)
            .where(
                notes.c.conversation_id == conversation_id,
                notes.c.workspace_id == self.workspace,
            )
            .order_by(notes.c.at)
        )
        return await self.rows(query)

    async def judge(
        self, conversation_id: UUID, message: UUID, value: int, comment: str, network: str = ""
    ) -> None:
        """
        Keep a customer's word on a bot's or agent's message; the last word stands.

        Args:
            network: A mark of where they are, by which visitors that nobody knows count once.

        Raises:
            NotFound: No such message to judge in this conversation.
        """
        spoken = sa.select(entries.c.id).where(
            entries.c.id == message,
            entries.c.conversation_id == conversation_id,
            entries.c.workspace_id == self.workspace,
            entries.c.kind == "message",
            entries.c.role.in_(("bot", "agent")),
        )
        if await self.row(spoken) is None:
            raise NotFound("message", message)
        values = {"value": value, "comment": comment, "network": network, "at": self.now}
        await self.db.execute(
            insert(feedback)
            .values(
                workspace_id=self.workspace,
                conversation_id=conversation_id,
                message_id=message,
                **values,
            )
            .on_conflict_do_update(index_elements=["message_id"], set_=values)
        )

    async def judgements(self, conversation_id: UUID) -> Mapping[UUID, tuple[int, str]]:
        """(value, comment) by message id."""
        query = sa.select(feedback.c.message_id, feedback.c.value, feedback.c.comment).where(
            feedback.c.conversation_id == conversation_id,
            feedback.c.workspace_id == self.workspace,
        )
        found = await self.rows(query)
        return {row["message_id"]: (row["value"], row["comment"]) for row in found}

    async def rate(self, conversation_id: UUID, score: int, comment: str) -> None:
        """Keep how satisfied the customer was with the conversation, 1 to 5."""
        await self.db.execute(
            sa.update(conversations)
            .where(
                conversations.c.id == conversation_id,
                conversations.c.workspace_id == self.workspace,
            )
            .values(rating=score, rating_comment=comment)
        )
