"""
Every table, once; migrations and queries both start here.

Each table carries `workspace_id` and a row level security policy on it (the migration writes the
policies, `tests/migrations` compares them with `metadata`). The tables in `DIRECTORY` are also
readable before the workspace is known: they are what a key, a token or an e-mail leads through.
Checks are declared on tables and by name, because Alembic drops those declared on columns.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from chatbot.store.columns import (
    among,
    document,
    flag,
    identity,
    metadata,
    moment,
    number,
    text,
    to,
    workspace,
)

workspaces = sa.Table(
    "workspaces",
    metadata,
    identity(),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    text("name"),
    sa.Column("site_key", sa.Text, nullable=False, unique=True),
    sa.Column("identity_secret", BYTEA, nullable=False),  # sealed with the secret keys
    document("settings"),
    number("bank_version"),
    number("rules_version"),
    number("last_ticket"),
    moment("created_at"),
)

users = sa.Table(
    "users",
    metadata,
    identity(),
    workspace(),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    text("name"),
    text("role", None),
    text("password_hash", None),
    moment("disabled_at", null=True),
    moment("created_at"),
    among("role", "role", "agent", "admin", "owner"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    workspace(),
    to("user_id", "users.id", index=True),
    text("csrf", None),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    identity(),
    workspace(),
    text("name"),
    sa.Column("key_hash", sa.Text, nullable=False, unique=True),
    moment("created_at"),
    moment("used_at", null=True),
    moment("revoked_at", null=True),
)

customers = sa.Table(
    "customers",
    metadata,
    identity(),
    workspace(),
    text("external_id", None, null=True),
    text("name"),
    text("email"),
    text("plan"),
    text("locale"),
    document("attributes"),
    flag("verified"),
    moment("created_at"),
    moment("seen_at"),
    sa.UniqueConstraint("workspace_id", "external_id"),
)

customer_events = sa.Table(
    "customer_events",
    metadata,
    identity(),
    workspace(),
    to("customer_id", "customers.id"),
    text("external_id", None, null=True),
    text("kind", None),
    moment("at"),
    document("data"),
    sa.UniqueConstraint("customer_id", "external_id"),
    sa.Index("ix_customer_events_latest", "customer_id", sa.text("at DESC")),
)

identities_used = sa.Table(
    "identities_used",
    metadata,
    workspace(),
    sa.Column("jti", sa.Text, nullable=False),
    moment("expires_at"),
    sa.PrimaryKeyConstraint("workspace_id", "jti"),
)

conversations = sa.Table(
    "conversations",
    metadata,
    identity(),
    workspace(),
    to("customer_id", "customers.id"),
    text("state", "bot"),
    number("seq"),
    to("agent_id", "users.id", null=True),
    number("read_seq"),
    number("agent_read_seq"),
    sa.Column("rating", sa.SmallInteger),
    text("rating_comment"),
    moment("created_at"),
    moment("updated_at"),
    moment("waiting_since", null=True),
    among("state", "state", "bot", "waiting", "human", "resolved"),
    sa.Index("ix_conversations_customer", "customer_id", sa.text("updated_at DESC")),
    sa.Index("ix_conversations_queue", "workspace_id", "state", sa.text("updated_at DESC")),
)

entries = sa.Table(
    "entries",
    metadata,
    identity(),
    workspace(),
    to("conversation_id", "conversations.id"),
    sa.Column("seq", sa.BigInteger, nullable=False),
    text("kind", None),
    text("role", "system"),
    text("text"),
    sa.Column("cid", sa.Uuid),
    sa.Column("reply_to", sa.Uuid),
    sa.Column("source", JSONB),
    document("data"),
    moment("at"),
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.UniqueConstraint("conversation_id", "cid"),
    among("kind", "kind", "message", "ticket", "state"),
    among("role", "role", "customer", "bot", "agent", "system"),
)

notes = sa.Table(
    "notes",
    metadata,
    identity(),
    workspace(),
    to("conversation_id", "conversations.id", index=True),
    to("author_id", "users.id", null=True),
    text("author"),
    text("text"),
    moment("at"),
)

turns = sa.Table(
    "turns",
    metadata,
    identity(),
    workspace(),
    to("conversation_id", "conversations.id"),
    to("message_id", "entries.id"),
    sa.Column("message_seq", sa.BigInteger, nullable=False),
    sa.Column("reply_id", sa.Uuid, nullable=False),
    sa.Column("later_for", sa.Uuid),  # the question, when `message_id` is the handoff after it
    text("state", "waiting"),
    number("attempt"),
    number("fence"),
    moment("lease_until", null=True),
    text("question"),
    text("partial"),
    document("receipt"),
    moment("created_at"),
    moment("ended_at", null=True),
    sa.UniqueConstraint("conversation_id", "message_id"),
    among("state", "state", "waiting", "running", "done"),
    sa.Index(
        "ix_turns_unfinished",
        "conversation_id",
        "message_seq",
        postgresql_where=sa.text("state <> 'done'"),
    ),
    sa.Index("ix_turns_lease", "lease_until", postgresql_where=sa.text("state <> 'done'")),
)

journal = sa.Table(
    "journal",
    metadata,
    workspace(),
    to("turn_id", "turns.id"),
    sa.Column("step", sa.Integer, nullable=False),
    document("completion"),
    moment("at"),
    sa.PrimaryKeyConstraint("turn_id", "step"),
)

tool_results = sa.Table(
    "tool_results",
    metadata,
    workspace(),
    to("turn_id", "turns.id"),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("tool", sa.Text, nullable=False),
    document("arguments"),
    document("result"),
    moment("at"),
    sa.PrimaryKeyConstraint("turn_id", "step", "tool"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    identity(),
    workspace(),
    sa.Column("number", sa.BigInteger, nullable=False),
    to("conversation_id", "conversations.id", null=True, index=True),
    to("customer_id", "customers.id", index=True),
    text("subject"),
    text("summary"),
    text("priority", "medium"),
    text("category", "other"),
    text("status", "open"),
    text("review", "pending"),
    text("opened_by", "bot"),
    to("assignee_id", "users.id", null=True),
    moment("created_at"),
    moment("updated_at"),
    moment("due_at", null=True),
    moment("closed_at", null=True),
    sa.UniqueConstraint("workspace_id", "number"),
    among("priority", "priority", "low", "medium", "high", "critical"),
    among("category", "category", "billing", "technical", "account", "other"),
    among("status", "status", "open", "pending", "closed"),
    among("review", "review", "pending", "accepted", "edited", "rejected"),
    sa.Index("ix_tickets_queue", "workspace_id", "status", sa.text("created_at DESC")),
)
