"""
Suggestions: what customers asked and the bank could not say, with the words of agents who could.

`turn_vectors` keeps what recent questions mean, so that the impact of a change can be shown while
somebody looks at it; `curation_marks` says how far each workspace's log was read.

Expand only: the old version of the application runs beside this one during a deploy.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, TIMESTAMP

revision = "0005"
down_revision = "0004"

TENANT = ("suggestions", "suggestion_questions", "turn_vectors", "curation_marks")
WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("phrasings", JSONB(), server_default="[]", nullable=False),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("drafted_by", sa.Text(), server_default="", nullable=False),
        sa.Column("answer_key", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'published', 'merged', 'covered', 'dismissed')", name="state"
        ),
        sa.CheckConstraint("drafted_by IN ('', 'agent', 'model', 'person')", name="drafted_by"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_suggestions_queue", "suggestions", ["workspace_id", "state", sa.text("asked_at DESC")]
    )
    op.create_table(
        "suggestion_questions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("suggestion_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), server_default="", nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("vector", BYTEA(), nullable=False),
        sa.Column("at", TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("why IN ('abstained', 'choices', 'unhelpful', 'agent')", name="why"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["entries.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["suggestion_id"], ["suggestions.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index(
        "ix_suggestion_questions_suggestion_id", "suggestion_questions", ["suggestion_id"]
    )
    op.create_table(
        "turn_vectors",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("vector", BYTEA(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id"),
    )
    op.create_table(
        "curation_marks",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("turns_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("said_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("judged_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("bank_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_index(
        "ix_turns_ended",
        "turns",
        ["workspace_id", "ended_at"],
        postgresql_where=sa.text("state = 'done'"),
    )
    op.create_index(
        "ix_entries_spoken",
        "entries",
        ["workspace_id", "at"],
        postgresql_where=sa.text("kind = 'message' AND role IN ('bot', 'agent')"),
    )
    op.create_index("ix_feedback_time", "feedback", ["workspace_id", "at"])
    for table in TENANT:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING (workspace_id = {WORKSPACE}) "
            f"WITH CHECK (workspace_id = {WORKSPACE})"
        )


def downgrade() -> None:
    op.drop_index("ix_feedback_time", "feedback")
    op.drop_index("ix_entries_spoken", "entries")
    op.drop_index("ix_turns_ended", "turns")
    for table in ("curation_marks", "turn_vectors", "suggestion_questions", "suggestions"):
        op.drop_table(table)
