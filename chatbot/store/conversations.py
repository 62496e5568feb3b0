"""Conversations and their log of entries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.conversation import (
    Conversation,
    Entry,
    EntryKind,
    Inbound,
    Source,
    Speaker,
    State,
)
from chatbot.errors import NotFound
from chatbot.store.door import Door
from chatbot.store.entries import ENTRY, THEIRS, WRITE, entry_of, theirs, values_of, whose
from chatbot.store.tables import conversations, entries

_CONVERSATION = (
    conversations.c.id,
    conversations.c.customer_id,
    conversations.c.state,
    conversations.c.seq,
    conversations.c.agent_id,
    conversations.c.created_at,
    conversations.c.updated_at,
)

# Made once, as every turn needs them several times.
_ONE = sa.select(*_CONVERSATION).where(
    conversations.c.id == sa.bindparam("wanted", type_=conversations.c.id.type),
    conversations.c.workspace_id == sa.bindparam("here", type_=conversations.c.workspace_id.type),
    THEIRS,
)
_ONE_HELD = _ONE.with_for_update()
_OPEN = insert(conversations).on_conflict_do_nothing()


class Conversations(Door):
    """A customer finds only their own; a person of the company every one of the workspace."""

    def _mine(self) -> sa.ColumnElement[bool]:
        here = conversations.c.workspace_id == self.workspace
        return sa.and_(here, theirs(self.principal))

    async def find(self, conversation_id: UUID, *, lock: bool = False) -> Conversation | None:
        one = {"wanted": conversation_id, "here": self.workspace, **whose(self.principal)}
        found = await self.db.execute(_ONE_HELD if lock else _ONE, one)
        row = found.mappings().one_or_none()
        return None if row is None else Conversation(**cast("Mapping[str, Any]", row))

    async def get(self, conversation_id: UUID, *, lock: bool = False) -> Conversation:
        """
        The conversation; with *lock*, nobody else changes it until the transaction ends.

        Raises:
            NotFound: There is none, or it is somebody else's.
        """
        found = await self.find(conversation_id, lock=lock)
        if found is None:
            raise NotFound("conversation", conversation_id)
        return found

    async def open(self, conversation_id: UUID, customer_id: UUID) -> bool:
        """Make the conversation unless its id is taken; whether it was made."""
        row = {
            "id": conversation_id,
            "workspace_id": self.workspace,
            "customer_id": customer_id,
            "created_at": self.now,
            "updated_at": self.now,
        }
        made = await self.db.execute(_OPEN, row)
        return made.rowcount == 1

    async def latest_of(self, customer_id: UUID, limit: int = 20) -> list[Conversation]:
        """A customer's conversations, the last touched first."""
        query = (
            sa.select(*_CONVERSATION)
            .where(conversations.c.customer_id == customer_id, self._mine())
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        return [Conversation(**row) for row in await self.rows(query)]

    async def append(
        self,
        conversation_id: UUID,
        kind: EntryKind,
        *,
        role: Speaker = "system",
        text: str = "",
        entry_id: UUID | None = None,
        reply_to: UUID | None = None,
        source: Source | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Entry:
        """
        Write the next entry of the log; its `seq` follows the last one without a gap.

        Raises:
            NotFound: The conversation is not there, or not theirs.
        """
        entry = await self._write(
            Entry(
                id=entry_id or uuid4(),
                conversation_id=conversation_id,
                seq=0,
                kind=kind,
                at=self.now,
                role=role,
                text=text,
                reply_to=reply_to,
                source=source,
                data=dict(data or {}),
            )
        )
        if entry is None:
            raise NotFound("conversation", conversation_id)
        return entry

    async def _write(self, entry: Entry) -> Entry | None:
        """
        Give the entry its number and store it, in one statement.

        None if its conversation is not theirs, or has an entry with the same cid.
        """
        written = await self.db.execute(WRITE, values_of(entry, self.principal))
        seq = written.scalar_one_or_none()
        return None if seq is None else replace(entry, seq=seq)

    async def change_state(
        self,
        conversation_id: UUID,
        state: State,
        *,
        agent: tuple[UUID, str] | None = None,
        eta_s: int | None = None,
    ) -> Entry:
        """Set who answers now and write it to the log; `agent` is (id, name)."""
        waiting = self.now if state == "waiting" else None
        await self.db.execute(
            sa.update(conversations)
            .where(conversations.c.id == conversation_id, self._mine())
            .values(state=state, agent_id=agent and agent[0], waiting_since=waiting)
        )
        data: dict[str, Any] = {"state": state}
        if agent is not None:
            data["agent"] = agent[1]
        if eta_s is not None:
            data["eta_s"] = eta_s
        return await self.append(conversation_id, "state", data=data)

    async def receiving(self, inbound: Inbound) -> tuple[Conversation, Entry, bool]:
        """
        Store *inbound* and hold its conversation, which is made if its id is new.

        Returns:
            The conversation as it was before, the entry, and whether it was stored earlier
            under the same cid.

        Raises:
            NotFound: It is somebody else's.
        """
        conversation = await self.find(inbound.conversation_id, lock=True)
        if conversation is None:
            conversation = await self._made(inbound.conversation_id)
        entry = await self._write(
            Entry(
                id=uuid4(),
                conversation_id=conversation.id,
                seq=0,
                kind="message",
                at=self.now,
                role="customer",
                text=inbound.text,
                cid=inbound.cid,
            )
        )
        if entry is not None:
            return conversation, entry, False
        known = await self.by_cid(conversation.id, inbound.cid)
        if known is None:
            raise NotFound("conversation", conversation.id)
        return conversation, known, True

    async def _made(self, conversation_id: UUID) -> Conversation:
        customer = self.principal.id
        if customer is None or not await self.open(conversation_id, customer):
            return await self.get(conversation_id, lock=True)
        return Conversation(conversation_id, customer, "bot", 0, None, self.now, self.now)

    async def by_cid(self, conversation_id: UUID, cid: UUID) -> Entry | None:
        query = sa.select(*ENTRY).where(
            entries.c.conversation_id == conversation_id,
            entries.c.cid == cid,
            entries.c.workspace_id == self.workspace,
        )
        row = await self.row(query)
        return None if row is None else entry_of(row)

    async def entry(self, conversation_id: UUID, entry_id: UUID) -> Entry:
        """
        Raises:
            NotFound: No such entry in this conversation.
        """
        query = sa.select(*ENTRY).where(
            entries.c.id == entry_id,
            entries.c.conversation_id == conversation_id,
            entries.c.workspace_id == self.workspace,
        )
        row = await self.row(query)
        if row is None:
            raise NotFound("message", entry_id)
        return entry_of(row)

    async def since(self, conversation_id: UUID, seq: int, limit: int = 500) -> list[Entry]:
        """Entries after *seq*, in order, at most *limit*; none of somebody else's conversation."""
        theirs = sa.select(conversations.c.id).where(
            conversations.c.id == conversation_id, self._mine()
        )
        query = (
            sa.select(*ENTRY)
            .where(
                entries.c.conversation_id == theirs.scalar_subquery(),
                entries.c.workspace_id == self.workspace,
                entries.c.seq > seq,
            )
            .order_by(entries.c.seq)
            .limit(limit)
        )
        return [entry_of(row) for row in await self.rows(query)]

    async def recent(self, conversation_id: UUID, limit: int = 20) -> Sequence[Entry]:
        """The last *limit* messages, oldest first."""
        query = (
            sa.select(*ENTRY)
            .where(
                entries.c.conversation_id == conversation_id,
                entries.c.workspace_id == self.workspace,
                entries.c.kind == "message",
            )
            .order_by(entries.c.seq.desc())
            .limit(limit)
        )
        return [entry_of(row) for row in reversed(await self.rows(query))]

    async def tops(self, ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """The last `seq` of each of these conversations; those that are not there are left out."""
        query = sa.select(conversations.c.id, conversations.c.seq).where(
            conversations.c.id.in_(ids), self._mine()
        )
        return {row["id"]: row["seq"] for row in await self.rows(query)}

    async def mark_read(self, conversation_id: UUID, seq: int) -> None:
        """Remember how far the customer, or the company, has read; never backwards."""
        by_customer = self.principal.kind == "customer"
        column = conversations.c.read_seq if by_customer else conversations.c.agent_read_seq
        await self.db.execute(
            sa.update(conversations)
            .where(conversations.c.id == conversation_id, self._mine())
            .values({column: sa.func.greatest(column, sa.func.least(seq, conversations.c.seq))})
        )
