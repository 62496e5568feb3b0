"""The column shapes that all tables share, and the metadata they belong to."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def identity() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def workspace() -> sa.Column[Any]:
    return sa.Column(
        "workspace_id", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False
    )


def to(column: str, target: str, *, null: bool = False, index: bool = False) -> sa.Column[Any]:
    return sa.Column(column, sa.ForeignKey(target, ondelete="CASCADE"), nullable=null, index=index)


def text(name: str, default: str | None = "", *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null, server_default=default)


def moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=null)


def document(name: str, default: str = "{}") -> sa.Column[Any]:
    return sa.Column(name, JSONB, nullable=False, server_default=default)


def number(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=str(default))


def flag(name: str, *, default: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name, sa.Boolean, nullable=False, server_default="true" if default else "false"
    )


def among(name: str, column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=name)
