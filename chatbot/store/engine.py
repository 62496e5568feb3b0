"""The connection pool, and the translation of a database's troubles into ours."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chatbot.errors import Misconfigured, Unavailable
from chatbot.store.scope import ScopedConnection

_AWAY = ("08", "57P", "53")
"""SQLSTATE classes of a server that is away, stopping or out of room."""

_SHUT = ("28", "3D")
"""Those of one that does not let us in, or has no such database."""

_NOT_ALLOWED = "42501"


def normalised(url: str) -> str:
    """The same database by SQLAlchemy's name for asyncpg."""
    for scheme in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    return url


def checked(url: str) -> str:
    """
    The same URL, if it is one.

    Raises:
        Misconfigured: It is no address of a database.
    """
    try:
        sa.make_url(normalised(url))
    except (ArgumentError, ValueError) as error:
        raise Misconfigured(
            "CHATBOT_DATABASE_URL is no address of a database; expected "
            "postgresql://user:password@host:5432/name."
        ) from error
    return url


def open_engine(url: str, *, pool_size: int = 20) -> AsyncEngine:
    """
    A pool of at most *pool_size* connections, none of them opened yet.

    All of them are kept: one opened for a moment costs a process of the server and every prepared
    statement anew, and moments come in bursts.
    """
    return create_async_engine(
        normalised(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,  # they hold what customers wrote, and errors are logged
        connect_args={
            "command_timeout": 15,
            "timeout": 5,
            "connection_class": ScopedConnection,
            # In UTC whatever the server's own zone is: a moment of 1880 in New York has an offset
            # with seconds, which no JSON decoder reads.
            "server_settings": {"jit": "off", "timezone": "UTC"},
        },
    )


@asynccontextmanager
async def reachable() -> AsyncGenerator[None]:
    """
    Turn a database that is away into one sentence of ours.

    Raises:
        Unavailable: PostgreSQL does not answer, is stopping, or has no connection to spare.
    """
    try:
        yield
    except (OSError, PoolTimeout) as error:
        raise Unavailable("The database does not answer.") from error
    except DBAPIError as error:
        if error.connection_invalidated or _state(error).startswith((*_AWAY, *_SHUT)):
            raise Unavailable("The database does not answer.") from error
        raise


@asynccontextmanager
async def reachable_at_start() -> AsyncGenerator[None]:
    """
    The same for a command that begins: whoever called it can mend the address.

    Raises:
        Unavailable: PostgreSQL does not answer.
        Misconfigured: It answers, and does not let us in, or not do what we must.
    """
    try:
        async with reachable():
            yield
    except Unavailable as error:
        if _state(error.__cause__).startswith(_SHUT):
            raise Misconfigured(
                "The database does not let us in: correct the user, the password or the name in "
                "CHATBOT_DATABASE_URL."
            ) from error
        raise Unavailable(
            "The database does not answer: start PostgreSQL, or correct CHATBOT_DATABASE_URL."
        ) from error
    except DBAPIError as error:
        if _state(error) == _NOT_ALLOWED:
            raise Misconfigured(
                "The role in CHATBOT_DATABASE_URL may not make what we need: let it own the "
                "database."
            ) from error
        raise


def _state(error: BaseException | None) -> str:
    """The SQLSTATE of what SQLAlchemy wrapped; empty where there is none."""
    orig = error.orig if isinstance(error, DBAPIError) else None
    return getattr(orig, "sqlstate", None) or ""
