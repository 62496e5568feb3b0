"""All tables of the schema, imported so that `metadata` knows every one of them."""

from chatbot.store import (
    bank_tables,
    continuity_tables,
    curation_tables,
    tables,
    webhook_tables,
)
from chatbot.store.columns import metadata

DIRECTORY = (tables.workspaces, tables.users, tables.sessions, tables.api_keys)
"""Readable before the workspace is known; see `Store.directory`."""

SWEPT = (
    tables.turns,
    continuity_tables.deferred_questions,
    continuity_tables.incidents,
    webhook_tables.webhook_deliveries,
)
"""Readable across workspaces by the sweeps that find stranded work, ids only."""

WORKSPACE_TABLES = tuple(table for table in metadata.sorted_tables if "workspace_id" in table.c)

__all__ = [
    "DIRECTORY",
    "SWEPT",
    "WORKSPACE_TABLES",
    "bank_tables",
    "continuity_tables",
    "curation_tables",
    "metadata",
    "tables",
    "webhook_tables",
]
