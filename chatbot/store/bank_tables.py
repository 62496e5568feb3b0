"""The tables of answers, rules, the call log and what is said about replies."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA

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

answers = sa.Table(
    "answers",
    metadata,
    identity(),
    workspace(),
    text("key", None),
    text("state", "draft"),
    number("revision", 1),
    sa.Column("published_revision", sa.BigInteger),
    sa.Column("imported_revision", sa.BigInteger),
    moment("created_at"),
    moment("updated_at"),
    text("updated_by"),
    sa.UniqueConstraint("workspace_id", "key"),
    among("state", "state", "draft", "published", "archived"),
)

answer_revisions = sa.Table(
    "answer_revisions",
    metadata,
    workspace(),
    to("answer_id", "answers.id"),
    sa.Column("number", sa.BigInteger, nullable=False),
    text("title"),
    text("text"),
    document("phrasings", "[]"),
    document("tags", "[]"),
    text("locale", "en"),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    flag("published"),
    moment("at"),
    text("by"),
    sa.PrimaryKeyConstraint("answer_id", "number"),
)

phrasing_vectors = sa.Table(
    "phrasing_vectors",
    metadata,
    workspace(),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("vector", BYTEA, nullable=False),
    sa.PrimaryKeyConstraint("workspace_id", "fingerprint", "text_hash"),
)

rules = sa.Table(
    "rules",
    metadata,
    identity(),
    workspace(),
    text("key", None),
    text("title"),
    text("text"),
    document("conditions"),
    flag("enabled", default=True),
    number("rank", 100),
    moment("created_at"),
    moment("updated_at"),
    sa.UniqueConstraint("workspace_id", "key"),
)

model_calls = sa.Table(
    "model_calls",
    metadata,
    identity(),
    workspace(),
    to("conversation_id", "conversations.id", null=True, index=True),
    to("turn_id", "turns.id", null=True),
    sa.Column("step", sa.Integer, nullable=False),
    text("feature", "chat"),
    text("provider"),
    text("model"),
    text("model_served"),
    text("prompt_name"),
    text("prompt_version"),
    number("input_tokens"),
    number("cached_tokens"),
    number("cache_write_tokens"),
    number("output_tokens"),
    flag("usage_estimated"),
    sa.Column("cost_usd", sa.Numeric(14, 8)),
    text("price_date"),
    flag("price_known", default=True),
    sa.Column("first_token_s", sa.Double),
    sa.Column("duration_s", sa.Double, nullable=False),
    text("outcome", "ok"),
    text("finish", None, null=True),
    moment("at"),
    number("place"),
    sa.Index("ix_model_calls_time", "workspace_id", sa.text("at DESC")),
)

feedback = sa.Table(
    "feedback",
    metadata,
    workspace(),
    to("conversation_id", "conversations.id"),
    to("message_id", "entries.id"),
    sa.Column("value", sa.SmallInteger, nullable=False),
    text("comment"),
    text("network"),
    moment("at"),
    sa.PrimaryKeyConstraint("message_id"),
)

audit_lines = sa.Table(
    "audit_lines",
    metadata,
    identity(),
    workspace(),
    text("actor"),
    sa.Column("actor_id", sa.Uuid),
    text("action", None),
    text("subject"),
    document("detail"),
    moment("at"),
    sa.Index("ix_audit_lines_time", "workspace_id", sa.text("at DESC")),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    workspace(),
    sa.Column("key", sa.Text, nullable=False),
    text("request_hash", None),
    sa.Column("status", sa.Integer, nullable=False),
    document("response"),
    moment("at"),
    sa.PrimaryKeyConstraint("workspace_id", "key"),
)
