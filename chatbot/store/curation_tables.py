"""The tables of the curation loop: suggestions, the questions behind them, how far it has read."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA

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

suggestions = sa.Table(
    "suggestions",
    metadata,
    identity(),
    workspace(),
    text("state", "open"),
    text("title"),
    text("text"),
    document("phrasings", "[]"),
    text("locale", "en"),
    text("drafted_by"),
    text("answer_key"),
    text("reason"),
    number("version", 1),
    moment("created_at"),
    moment("updated_at"),
    text("updated_by"),
    moment("asked_at"),
    among("state", "state", "open", "published", "merged", "covered", "dismissed"),
    among("drafted_by", "drafted_by", "", "agent", "model", "person"),
    sa.Index("ix_suggestions_queue", "workspace_id", "state", sa.text("asked_at DESC")),
)

suggestion_questions = sa.Table(
    "suggestion_questions",
    metadata,
    workspace(),
    to("message_id", "entries.id"),
    to("suggestion_id", "suggestions.id", index=True),
    to("conversation_id", "conversations.id"),
    to("customer_id", "customers.id"),
    text("why", None),
    text("question"),
    text("reply"),
    text("agent"),
    text("fingerprint"),
    sa.Column("vector", BYTEA, nullable=False),
    moment("at"),
    among("why", "why", "abstained", "choices", "unhelpful", "agent"),
    sa.PrimaryKeyConstraint("message_id"),
)

turn_vectors = sa.Table(
    "turn_vectors",
    metadata,
    workspace(),
    to("turn_id", "turns.id"),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("vector", BYTEA, nullable=False),
    sa.PrimaryKeyConstraint("turn_id"),
)

curation_marks = sa.Table(
    "curation_marks",
    metadata,
    workspace(),
    moment("turns_at"),
    moment("said_at"),
    moment("judged_at"),
    number("bank_version"),
    sa.PrimaryKeyConstraint("workspace_id"),
)
