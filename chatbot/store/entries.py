"""Entries of a conversation's log as rows: how they are read, and how the next one is written."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chatbot.domain.conversation import Entry, Source
from chatbot.domain.principal import Principal
from chatbot.store.tables import conversations, entries

ENTRY = tuple(column for column in entries.c if column.name != "workspace_id")
_FIELDS = frozenset(column.name for column in ENTRY)

# Every turn writes two entries, and making this statement took longer than running it.
_NEW = {
    column.name: sa.bindparam(f"new_{column.name}", type_=column.type)
    for column in entries.c
    if column.name != "seq"
}


def _theirs(
    anyones: sa.ColumnElement[bool], owner: sa.ColumnElement[UUID]
) -> sa.ColumnElement[bool]:
    return sa.or_(anyones, conversations.c.customer_id == owner)


_ID = conversations.c.customer_id.type
THEIRS = _theirs(sa.bindparam("anyones", type_=sa.Boolean()), sa.bindparam("owner", type_=_ID))
"""A conversation that those may see of whom `whose` tells, for statements that are made once."""

_BUMP = (
    sa.update(conversations)
    .where(
        conversations.c.id == _NEW["conversation_id"],
        conversations.c.workspace_id == _NEW["workspace_id"],
        THEIRS,
        ~sa.exists().where(
            entries.c.conversation_id == _NEW["conversation_id"], entries.c.cid == _NEW["cid"]
        ),
    )
    .values(seq=conversations.c.seq + 1, updated_at=_NEW["at"])
    .returning(conversations.c.seq)
    .cte("bump")
)
WRITE = (
    sa.insert(entries)
    .from_select([*_NEW, "seq"], sa.select(*_NEW.values(), _BUMP.c.seq))
    .returning(entries.c.seq)
)
"""The number and the entry at once; no row if its conversation is not theirs, or has its cid."""


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry of a row with the columns `ENTRY`."""
    values: dict[str, Any] = {**row, "source": _source(row["source"])}
    return Entry(**values)


def _source(stored: Mapping[str, Any] | None) -> Source | None:
    if stored is None:
        return None
    return Source(
        stored["rung"],
        stored["label"],
        answers=tuple((key, title) for key, title in stored.get("answers", ())),
        score=stored.get("score"),
        choices=tuple((key, title) for key, title in stored.get("choices", ())),
    )


def values_of(entry: Entry, by: Principal) -> dict[str, Any]:
    """What `WRITE` is given to store *entry*, whose own `seq` is not looked at."""
    stored: dict[str, Any] = {name: getattr(entry, name) for name in _NEW if name in _FIELDS}
    stored["workspace_id"] = by.workspace
    stored["source"] = None if entry.source is None else asdict(entry.source)
    return {_NEW[name].key: value for name, value in stored.items()} | whose(by)


def theirs(by: Principal) -> sa.ColumnElement[bool]:
    """The same, with *by* in it."""
    told = whose(by)
    return _theirs(sa.literal(told["anyones"], sa.Boolean()), sa.literal(told["owner"], _ID))


def whose(by: Principal) -> dict[str, Any]:
    """The parameters of `THEIRS`: a customer's own, and any for a person of the company."""
    return {"anyones": by.kind != "customer", "owner": by.id}
