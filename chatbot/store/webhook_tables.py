"""The tables of webhooks: where to, and the outbox of what is to be told."""

import sqlalchemy as sa

from chatbot.store.columns import among, identity, metadata, moment, number, text, workspace

webhooks = sa.Table(
    "webhooks",
    metadata,
    workspace(),
    text("url", None),
    sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
    moment("created_at"),
    sa.PrimaryKeyConstraint("workspace_id"),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    identity(),
    workspace(),
    text("kind", None),
    text("body", None),
    text("state", "waiting"),
    number("attempts"),
    sa.Column("status", sa.BigInteger, nullable=True),
    text("words"),
    moment("created_at"),
    moment("due_at"),
    moment("ended_at", null=True),
    among("state", "state", "waiting", "delivered", "failed", "dropped"),
    sa.Index("ix_webhook_deliveries_due", "due_at", postgresql_where=sa.text("state = 'waiting'")),
    sa.Index("ix_webhook_deliveries_latest", "workspace_id", sa.text("created_at DESC")),
)
