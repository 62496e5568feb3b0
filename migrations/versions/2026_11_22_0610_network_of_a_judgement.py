"""
Which network a judgement came from, as a keyed mark: many visitors of one count once.

Expand only: the old version of the application runs beside this one during a deploy.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("feedback", sa.Column("network", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("feedback", "network")
