"""
Webhooks: where a workspace wants to be told, and the outbox of what it is to be told.

Expand only: the old version of the application runs beside this one during a deploy.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0009"
down_revision = "0008"

TENANT = ("webhooks", "webhook_deliveries")
WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
LOOKING_UP = "current_setting('app.directory', true) = 'on'"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed', 'dropped')", name="state"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_webhook_deliveries_latest",
        "webhook_deliveries",
        ["workspace_id", sa.text("created_at DESC")],
    )
    for table in TENANT:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING (workspace_id = {WORKSPACE}) "
            f"WITH CHECK (workspace_id = {WORKSPACE})"
        )
    op.execute(f"CREATE POLICY sweep ON webhook_deliveries FOR SELECT USING ({LOOKING_UP})")


def downgrade() -> None:
    for table in reversed(TENANT):
        op.drop_table(table)
