"""Errors of the HTTP API as RFC 9457 problem details: our sentences, never an internal detail."""

import logging
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException
from msgspec import ValidationError

from chatbot.errors import Rejected, TooMany, Unavailable

_log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]


def problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> Response[dict[str, Any]]:
    """One problem document."""
    body = {
        "type": f"urn:chatbot:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response(
        body,
        status_code=status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def on_rejected(request: AnyRequest, error: Rejected) -> Response[dict[str, Any]]:
    """The caller's fault; a page on one of the workspace's sites may read why."""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if origin := request.headers.get("origin"):
        headers |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return problem(error.status, error.code, str(error), headers)


_SENTENCES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address takes no such request."),
    413: ("too_large", "The body is larger than anything that is taken here."),
}


def on_http_error(_: AnyRequest, error: HTTPException) -> Response[dict[str, Any]]:
    """What the framework refuses; of a malformed body it says which field is wrong."""
    if error.status_code in _SENTENCES:
        code, sentence = _SENTENCES[error.status_code]
        return problem(error.status_code, code, sentence)
    if isinstance(error.__cause__, SerializationException):
        return problem(400, "malformed", f"The body is no JSON that can be read: {error.detail}.")
    if isinstance(error.__cause__, ValidationError):
        return problem(400, "malformed", f"{_wrong_field(str(error.__cause__))[:500]}.")
    return problem(error.status_code, "malformed", "The request cannot be understood as it stands.")


def _wrong_field(told: str) -> str:
    """What msgspec says of one field, its name first; the framework calls the body `data`."""
    message, _, place = told.replace("`", "").partition(" - at $.")
    inside, _, field = place.partition(".")
    if inside and inside != "data":
        field = place
    dotted = f"{field}." if field else ""
    if message == "Object missing required field data" and not place:
        return "The request needs a JSON body"
    if message.startswith("Object contains unknown field "):
        return f"{dotted}{message.split()[-1]} is not known here"
    if message.startswith("Object missing required field "):
        return f"{dotted}{message.split()[-1]} is missing"
    return f"{field or 'The body'}: {message[:1].lower()}{message[1:]}"


def on_too_deep(_: AnyRequest, __: RecursionError) -> Response[dict[str, Any]]:
    """JSON nested deeper than anybody means."""
    return problem(400, "malformed", "The body is nested too deeply: make it flatter.")


def on_unavailable(_: AnyRequest, error: Unavailable) -> Response[dict[str, Any]]:
    """A part we need is away; asking again soon is right."""
    return problem(503, error.code, f"{error} Try again in a moment.", {"Retry-After": "2"})


def on_bug(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Ours to mend: logged under the reference that the caller is given."""
    reference = f"req_{uuid4().hex[:10]}"
    _log.error("request %s to %s failed", reference, request.url.path, exc_info=error)
    return problem(500, "internal", f"Something went wrong on our side; reference {reference}.")


PROBLEMS: dict[int | type[Exception], Any] = {
    Rejected: on_rejected,
    HTTPException: on_http_error,
    RecursionError: on_too_deep,
    Unavailable: on_unavailable,
    Exception: on_bug,
}
"""For `exception_handlers` of everything that serves no pages."""
