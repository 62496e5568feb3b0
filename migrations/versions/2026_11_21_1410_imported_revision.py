"""
Which revision of an answer an import wrote last: a later one is a person's and is not replaced.

Expand only: the old version of the application runs beside this one during a deploy.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("answers", sa.Column("imported_revision", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("answers", "imported_revision")
