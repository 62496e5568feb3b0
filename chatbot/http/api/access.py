"""Who calls: an API key looked up, and how often it may call."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from chatbot.domain.principal import Principal
from chatbot.errors import NotSignedIn, TooLarge, TooMany
from chatbot.http.office import Office
from chatbot.safety.keys import hashed

AnyRequest = Request[Any, Any, Any]

LARGE = {"large_body": True}
"""`opt` of a route that takes files: up to `limits.import_bytes`."""


async def key_needed(connection: ASGIConnection[Any, Any, Any, Any], on: BaseRouteHandler) -> None:
    """
    A guard that lets in API keys and nothing else, each at its rate and with bodies of our size.

    Raises:
        TooLarge: The body says that it is larger than this route takes.
        NotSignedIn: No key, or one that is unknown or revoked.
        TooMany: The key calls more often than `limits.api_requests_per_minute`.
    """
    office: Office = connection.app.state["office"]
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotSignedIn("Send an API key as `Authorization: Bearer …`.")
    async with office.desk.store.directory() as directory:
        by = await directory.api_key(hashed(key.strip()))
    if by is None:
        raise NotSignedIn("This API key is unknown or was revoked: ask an owner for a new one.")
    limit = office.settings.limits.api_requests_per_minute
    wait = await office.counters.hit(f"api:{by.id}", limit=limit, window=60.0)
    if wait > 0:
        raise TooMany(f"More than {limit} requests a minute with one key.", retry_after=wait)
    connection.scope["state"]["caller"] = by
    length = connection.headers.get("content-length", "")
    check_size(on, office, int(length) if length.isdecimal() else 0)


def check_size(on: BaseRouteHandler, office: Office, size: int) -> None:
    """
    Raises:
        TooLarge: A body of *size* bytes is more than this route takes.
    """
    limits = office.settings.limits
    limit = limits.import_bytes if on.opt.get("large_body") else limits.api_body_bytes
    if size > limit:
        raise TooLarge(f"The body has {size:,} bytes; at most {limit:,} are taken here.")


def caller(request: AnyRequest) -> Principal:
    """The key that the guard let in."""
    return request.scope["state"]["caller"]
