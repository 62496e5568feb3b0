"""
Questions that wait for a model to be well again, and the incidents that made them wait.

A question that was handed off gets a second turn: `turns.later_for` names the question, while
`message_id` names the handoff's own reply, so that there is one such turn at most.

Expand only: the old version of the application runs beside this one during a deploy.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0006"
down_revision = "0005"

TENANT = ("deferred_questions", "incidents")
WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
LOOKING_UP = "current_setting('app.directory', true) = 'on'"


def upgrade() -> None:
    op.add_column("turns", sa.Column("later_for", sa.Uuid(), nullable=True))
    op.create_table(
        "deferred_questions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'answered', 'dropped')", name="state"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["entries.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index(
        "ix_deferred_questions_due",
        "deferred_questions",
        ["due_at"],
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("started_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("fell_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", TIMESTAMP(timezone=True), nullable=True),
        sa.Column("served", JSONB(), server_default="{}", nullable=False),
        sa.Column("customers", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["workspace_id", "provider", "model"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_incidents_latest", "incidents", ["workspace_id", sa.text("started_at DESC")]
    )
    for table in TENANT:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING (workspace_id = {WORKSPACE}) "
            f"WITH CHECK (workspace_id = {WORKSPACE})"
        )
        op.execute(f"CREATE POLICY sweep ON {table} FOR SELECT USING ({LOOKING_UP})")


def downgrade() -> None:
    for table in reversed(TENANT):
        op.drop_table(table)
    op.drop_column("turns", "later_for")
