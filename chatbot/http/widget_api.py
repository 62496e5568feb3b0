"""What the widget asks over HTTP: a session, its conversations, their messages."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from chatbot.customers.welcome import current_conversation, welcome
from chatbot.domain.principal import Principal
from chatbot.domain.workspace import Workspace
from chatbot.errors import NotAllowed, NotSignedIn, TooMany
from chatbot.http.accent import accents
from chatbot.http.office import Office, Visitor
from chatbot.http.wire import message_of

AnyRequest = Request[Any, Any, Any]
Text = Annotated[str, Meta(max_length=4096)]


class SessionRequest(Struct):
    """What a page's widget says of itself."""

    site_key: Annotated[str, Meta(max_length=200)]
    token: Text | None = None
    identity: Text | None = None
    locale: Annotated[str, Meta(max_length=35, pattern=r"^[^\x00]*$")] = ""


@post("/widget/session", status_code=200, summary="Open a session")
async def open_session(
    request: AnyRequest, data: JSONBody[SessionRequest], office: NamedDependency[Office]
) -> Response[dict[str, Any]]:
    """Name the visitor, and give their browser a token that opens sockets for a while."""
    wait = await office.counters.hit(
        f"sessions:{office.address_of(request)}",
        limit=office.settings.limits.sessions_per_minute * 10,
        window=600.0,
    )
    if wait > 0:
        raise TooMany("Too many visits from this address: wait a moment.", retry_after=wait)
    workspace = await office.sites.by_key(data.site_key)
    origin = request.headers.get("origin")
    if origin is not None and not await office.sites.allows(origin, workspace.id):
        raise NotAllowed("This site may not use this site key: add it to the workspace's sites.")
    customer = await welcome(
        workspace,
        known=_known(office, data.token, workspace),
        identity_token=data.identity,
        locale=data.locale,
        store=office.desk.store,
        bus=office.desk.bus,
        keyring=office.keyring,
    )
    by = Principal(workspace.id, "customer", customer.id)
    body = {
        "token": office.token(Visitor(workspace.id, customer.id)),
        "expires_in_s": office.settings.limits.token_s,
        "conversation": await current_conversation(by, office.desk.store),
        "customer": {
            "external_id": customer.external_id,
            "name": customer.name,
            "verified": customer.verified,
        },
        "settings": _settings(workspace, office, customer.locale),
    }
    return Response(body, headers=_for_page(origin))


def _known(office: Office, token: str | None, workspace: Workspace) -> UUID | None:
    """The visitor of an earlier token, also an expired one; a forged one is just nobody."""
    if token is None:
        return None
    grace = timedelta(seconds=office.settings.limits.visitor_s)
    try:
        visitor = office.visitor(token, grace=grace)
    except NotSignedIn:
        return None
    return visitor.customer if visitor.workspace == workspace.id else None


def _settings(workspace: Workspace, office: Office, locale: str) -> dict[str, Any]:
    settings = workspace.settings
    return {
        "company": workspace.name,
        "bot_name": settings.bot_name,
        "greeting": settings.greeting,
        "accent": accents(settings.accent),
        "link_hosts": settings.link_hosts,
        "answer_within_s": settings.answer_within_s,
        "locale": locale or settings.locale,
        "limits": {"message_chars": office.settings.limits.message_chars},
    }


@get("/widget/conversations", summary="List a visitor's conversations")
async def list_conversations(
    request: AnyRequest, office: NamedDependency[Office]
) -> Response[dict[str, Any]]:
    """The visitor's conversations, the last first."""
    by, headers = await _visitor(request, office)
    async with office.desk.store.begin(by) as db:
        found = [] if by.id is None else await db.desk.snippets(by.id)
    items = [
        {name: row[name] for name in ("id", "state", "snippet", "at", "unread")} for row in found
    ]
    return Response({"items": items, "next": None}, headers=headers)


@get("/conversations/{conversation_id:uuid}/messages", summary="List messages")
async def list_messages(
    request: AnyRequest,
    conversation_id: FromPath[UUID],
    office: NamedDependency[Office],
    after_seq: Annotated[int, QueryParameter(ge=0, le=2**53)] = 0,
) -> Response[dict[str, Any]]:
    """The messages of one of the visitor's conversations after a `seq`, at most 200."""
    by, headers = await _visitor(request, office)
    async with office.desk.store.begin(by) as db:
        await db.conversations.get(conversation_id)
        entries = await db.conversations.since(conversation_id, after_seq, limit=200)
    following = entries[-1].seq if len(entries) == 200 else None  # noqa: PLR2004 a full page
    items = [message_of(entry) for entry in entries if entry.kind == "message"]
    return Response({"items": items, "next": following}, headers=headers)


async def _visitor(request: AnyRequest, office: Office) -> tuple[Principal, Mapping[str, str]]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn("Send the widget's token as `Authorization: Bearer …`.")
    visitor = office.visitor(token)
    origin = request.headers.get("origin")
    if origin is not None and not await office.sites.allows(origin, visitor.workspace):
        raise NotAllowed("This site may not use this token.")
    return Principal(visitor.workspace, "customer", visitor.customer), _for_page(origin)


def _for_page(origin: str | None) -> Mapping[str, str]:
    """Let the page that asked read the answer, and nobody keep it."""
    allowed = {} if origin is None else {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return {"Cache-Control": "no-store", **allowed}


@route(
    ["/widget/session", "/widget/conversations"],
    http_method=[HttpMethod.OPTIONS],
    include_in_schema=False,
)
async def before_widget_asks(
    request: AnyRequest, office: NamedDependency[Office]
) -> Response[None]:
    """A browser asks whether a page of another site may ask: the workspaces' own sites may."""
    return await _preflight(request, office)


@route(
    "/conversations/{conversation_id:uuid}/messages",
    http_method=[HttpMethod.OPTIONS],
    include_in_schema=False,
)
async def before_messages(
    request: AnyRequest,
    conversation_id: FromPath[UUID],  # noqa: ARG001 part of the address
    office: NamedDependency[Office],
) -> Response[None]:
    """The same for the messages of a conversation."""
    return await _preflight(request, office)


async def _preflight(request: AnyRequest, office: Office) -> Response[None]:
    origin = request.headers.get("origin", "")
    if not await office.sites.knows(origin):
        return Response(None, status_code=403)
    allowed = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
    return Response(None, status_code=204, headers=allowed)


widget_router = Router(
    "/api/v1",
    # The answers to OPTIONS come first: after another method of the same path, Litestar keeps the
    # one it made up itself.
    route_handlers=[
        before_widget_asks,
        before_messages,
        open_session,
        list_conversations,
        list_messages,
    ],
    tags=["Widget"],
    request_max_body_size=64 * 1024,  # anybody may send one
)
