"""
Who is at the other end of a page: a session looked up, a role checked, a form's origin proved.

Every router of pages carries `signed_in(role)` as its guard, so a page that forgets to ask is
closed, not open. A browser holds a random token; only its hash is stored.
"""

import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from chatbot.domain.principal import Principal, Role
from chatbot.domain.workspace import Session
from chatbot.errors import NotAllowed, NotSignedIn
from chatbot.http.forms import Form
from chatbot.http.office import Office
from chatbot.safety.keys import hashed

AnyRequest = Request[Any, Any, Any]

BACKGROUND = {"background": True}
"""`opt` of what a page asks for by itself: it does not count as somebody being there."""

REVOKED = "revoked"
"""Topic on which processes tell each other the id of a person whose open pages must close."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visit:
    """
    A signed-in person's request.

    Attributes:
        token_hash: Names the session in the store.
    """

    session: Session
    principal: Principal
    token_hash: str


def visit_of(request: AnyRequest) -> Visit:
    """The visit that the guard of this route let in."""
    return request.scope["state"]["visit"]


def cookie_name(office: Office) -> str:
    """With https the name itself forbids other hosts and paths to set the cookie."""
    return "__Host-session" if secure(office) else "session"


def secure(office: Office) -> bool:
    return office.settings.public_url.startswith("https://")


def signed_in(role: Role) -> Guard:
    """A guard that lets in people with *role* or a higher one, and forms from our own pages."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], on: BaseRouteHandler) -> None:
        request = AnyRequest(connection.scope, connection.receive, connection.send)
        visit = await find_visit(request, seen=not on.opt.get("background", False))
        if visit is None:
            raise NotSignedIn("Sign in to see this page.")
        if not visit.principal.at_least(role):
            raise NotAllowed(f"This page is for people with the role {role}: ask an owner.")
        if request.method not in _SAFE:
            from_our_page(request)
            await _holds_token(request, visit.session.csrf)
        connection.scope["state"]["visit"] = visit

    return guard


async def find_visit(request: AnyRequest, *, seen: bool) -> Visit | None:
    """The session of the browser's cookie; with *seen*, its idle time starts again."""
    office: Office = request.app.state["office"]
    token = request.cookies.get(cookie_name(office), "")
    if not token:
        return None
    token_hash = hashed(token)
    async with office.desk.store.directory() as directory:
        session = await directory.session(token_hash, seen=seen)
    if session is None:
        return None
    user = session.user
    principal = Principal(user.workspace_id, user.role, user.id, user.name)
    return Visit(session, principal, token_hash)


def from_our_page(request: AnyRequest) -> None:
    """
    Raises:
        NotAllowed: A page of somebody else sent this form.
    """
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    foreign = site != "same-origin" if site else bool(origin) and not _is_ours(request, origin)
    if foreign:
        raise NotAllowed("This form was sent from another site: open the page here and send it.")


def _is_ours(request: AnyRequest, origin: str) -> bool:
    return urlsplit(origin).netloc == request.headers.get("host", "")


async def _holds_token(request: AnyRequest, expected: str) -> None:
    given = request.headers.get("x-csrf-token") or await _field(request)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotAllowed("This form belongs to an earlier sign-in: load the page again.")


async def _field(request: AnyRequest) -> str:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return str((await request.form()).get("csrf", ""))
    return (await Form.read(request)).secret("csrf")
