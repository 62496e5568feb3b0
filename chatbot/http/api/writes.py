"""
Writes that may be sent again: the same `Idempotency-Key` is answered again, not done again.

The work and the memory of its answer are one transaction. Twins at the same moment pass one after
the other, so the second finds what the first one was told.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import MediaType, Response
from msgspec import Struct

from chatbot.errors import Malformed
from chatbot.http.api.access import AnyRequest, caller, check_size
from chatbot.http.office import Office

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Done:
    """
    What a write came to.

    Attributes:
        body: What the caller is told; None for nothing at all.
        after: Runs once it is committed, and never for a request that is answered again.
    """

    body: Struct | None
    status: int = 200
    after: Callable[[], Awaitable[None]] | None = None


async def once(
    request: AnyRequest, office: Office, work: Callable[["Unit"], Awaitable[Done]]
) -> Response[Any]:
    """
    Do *work* in one transaction, and once for each `Idempotency-Key`.

    Raises:
        Malformed: The key has characters that none may have, or the body holds a NUL.
        TooLarge: The body is larger than this route takes.
        Conflict: The key was used for another request.
    """
    by = caller(request)
    key, fingerprint = await _named(request, office)
    async with office.desk.store.begin(by) as db:
        if key:
            await db.requests.lock(f"{by.workspace}:{key}")
            known = await db.requests.answered(key, fingerprint)
            if known is not None:
                return _response(known[1]["text"], known[0])
        done = await work(db)
        text = "" if done.body is None else msgspec.json.encode(done.body).decode()
        if key:
            await db.requests.remember(key, fingerprint, done.status, {"text": text})
    if done.after is not None:
        await done.after()
    return _response(text, done.status)


async def _named(request: AnyRequest, office: Office) -> tuple[str, str]:
    """The key, and what tells this request from another one."""
    key = request.headers.get("idempotency-key", "")
    if key and not _KEY.fullmatch(key):
        raise Malformed("Idempotency-Key has 1 to 200 visible ASCII characters, without blanks.")
    body = await request.body()
    check_size(request.route_handler, office, len(body))
    if not request.route_handler.opt.get("large_body") and _NUL.search(body):
        raise Malformed("The body holds a NUL character (\\u0000): leave it out.")
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return key, hashlib.sha256(asked + body).hexdigest()


def _response(text: str, status: int) -> Response[Any]:
    return Response(
        text.encode() or None, status_code=status, media_type=MediaType.JSON if text else None
    )
