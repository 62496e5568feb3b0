"""
Server-rendered pages: the template engine, the headers that guard them, and how errors look.

Every page is personal, so none is ever kept by a cache; none runs or loads anything but our own
files, and none can be framed.
"""

import hashlib
import logging
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response, Router
from litestar.datastructures import CacheControlHeader, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.response import Redirect, Template
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.errors import NotSignedIn, Rejected, TooMany, Unavailable
from chatbot.http import problems
from chatbot.http.formats import FILTERS
from chatbot.http.problems import problem

WEB = Path(__file__).parents[2] / "web"
STATIC = WEB / "static"

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS: Mapping[str, str] = {
    "content-security-policy": "; ".join(f"{what} {where}" for what, where in _POLICY.items()),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

_log = logging.getLogger(__name__)
_YEAR_S = 365 * 24 * 3600
_TITLES = {
    403: "Not yours to see",
    404: "Nothing here",
    409: "Something changed meanwhile",
    413: "Too much at once",
    429: "A little slower, please",
}


class PageHeaders(ASGIMiddleware):
    """Puts `HEADERS` on every response of the pages, errors and redirects included."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders(message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await next_app(scope, receive, guarded)


def environment() -> Environment:
    """Jinja with our filters; escaping is on everywhere and an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    root = f"/static/{version()}/"
    cast("dict[str, Any]", made.globals)["asset"] = lambda name: root + name
    return made


@cache
def version() -> str:
    """
    Changes whenever any static file does, so that browsers may keep them for good.

    Read once: pages and the route that serves the files must agree.
    """
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def static_files() -> Router:
    """Styles, scripts and icons, under a path that names their version."""
    return create_static_files_router(
        path=f"/static/{version()}",
        directories=[STATIC],
        cache_control=CacheControlHeader(public=True, max_age=_YEAR_S, immutable=True),
        include_in_schema=False,
    )


def page(name: str, frame: Mapping[str, Any], *, status: int = 200, **context: Any) -> Template:  # noqa: ANN401 templates show anything
    """A response of the template *name*; *frame* is what every page of its kind shows."""
    return Template(
        name, context={**frame, **context}, status_code=status, media_type=MediaType.HTML
    )


def see(path: str) -> Redirect:
    """After a form was taken: look at this page, so that reloading sends nothing again."""
    return Redirect(path, status_code=303)


def on_rejected(request: Request[Any, Any, Any], error: Rejected) -> Response[Any]:
    """The caller's fault: the sentence of the error, in the frame of a page."""
    if isinstance(error, NotSignedIn):
        return _to_login(request)
    if _by_script(request):
        return problems.on_rejected(request, error)
    response = _error(request, error.status, _title(error.status), str(error))
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(max(1, round(error.retry_after)))
    return response


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses: a wrong path, method or parameter."""
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return on_bug(request, error)
    words = {404: "There is no such page.", 405: "This address takes no such request."}
    said = words.get(status, "The request cannot be understood as it stands.")
    return _error(request, status, _title(status), said)


def on_unavailable(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A part we need is away; nothing was changed, and asking again is right."""
    _log.warning("page %s is not available: %s", request.url.path, error)
    words = f"{error} Nothing was changed; what you typed is still in the page you came from."
    response = _error(request, 503, "Not reachable just now", words, retry=True)
    response.headers["retry-after"] = "2"
    return response


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Anything else is ours to mend: it is logged under the reference that the page shows."""
    reference = f"req_{uuid4().hex[:10]}"
    _log.error("page %s failed, %s", request.url.path, reference, exc_info=error)
    words = "This is our mistake, and it was written down. Nothing you did is lost."
    return _error(request, 500, "Something went wrong", words, retry=True, reference=reference)


ERRORS: dict[int | type[Exception], Any] = {
    Rejected: on_rejected,
    HTTPException: on_http_error,
    Unavailable: on_unavailable,
    Exception: on_bug,
}
"""For `exception_handlers` of every router that serves pages."""


def _title(status: int) -> str:
    return _TITLES.get(status, "That cannot be done")


def _error(
    request: Request[Any, Any, Any],
    status: int,
    title: str,
    words: str,
    *,
    retry: bool = False,
    reference: str = "",
) -> Response[Any]:
    home = "/admin/answers" if request.url.path.startswith("/admin") else "/console/"
    return page(
        "error.html",
        {
            "company": "",
            "home": home,
            "home_words": "Back to the answers" if home != "/console/" else "Back to the console",
            "theme": theme_of(request),
        },
        status=status,
        code=status,
        title=title,
        words=words,
        retry=_asked_for(request) if retry and request.method == "GET" else "",
        reference=reference,
        status_shown=status,
    )


def theme_of(request: Request[Any, Any, Any]) -> str:
    """The reader's own choice of colours; empty follows their system."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in {"light", "dark"} else ""


def _by_script(request: Request[Any, Any, Any]) -> bool:
    accepted = request.headers.get("accept", "")
    return "text/html" not in accepted and ("json" in accepted or "event-stream" in accepted)


def _asked_for(request: Request[Any, Any, Any]) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _to_login(request: Request[Any, Any, Any]) -> Response[Any]:
    if "hx-request" in request.headers:
        return Response(None, status_code=401, headers={"HX-Redirect": "/login"})
    if _by_script(request):
        return problem(401, NotSignedIn.code, "You were signed out: sign in again.")
    if request.method != "GET":
        return see("/login")
    return see(f"/login?next={quote(_asked_for(request))}")
