"""The tables of an outage: questions that wait for its end, and what is told of it."""

import sqlalchemy as sa

from chatbot.store.columns import (
    among,
    document,
    identity,
    metadata,
    moment,
    number,
    text,
    to,
    workspace,
)

deferred_questions = sa.Table(
    "deferred_questions",
    metadata,
    workspace(),
    to("message_id", "entries.id"),
    to("conversation_id", "conversations.id"),
    to("turn_id", "turns.id"),
    text("state", "queued"),
    text("why"),
    number("attempts"),
    moment("created_at"),
    moment("due_at"),
    moment("until"),
    moment("ended_at", null=True),
    among("state", "state", "queued", "answered", "dropped"),
    sa.PrimaryKeyConstraint("message_id"),
    sa.Index("ix_deferred_questions_due", "due_at", postgresql_where=sa.text("state = 'queued'")),
)

incidents = sa.Table(
    "incidents",
    metadata,
    identity(),
    workspace(),
    text("provider", None),
    text("model", None),
    text("cause", None),
    moment("started_at"),
    moment("fell_at"),
    moment("ended_at", null=True),
    document("served"),
    number("customers"),
    sa.Index(
        "ix_incidents_open",
        "workspace_id",
        "provider",
        "model",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index("ix_incidents_latest", "workspace_id", sa.text("started_at DESC")),
)
