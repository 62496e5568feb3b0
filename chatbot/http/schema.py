"""The OpenAPI document at `/schema/openapi.json`, and a page of our own for it at `/schema`."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from litestar import Request, Router
from litestar.enums import MediaType
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag

from chatbot.http.pages import ERRORS, PageHeaders, environment, theme_of
from chatbot.http.public_api import API_KEY
from chatbot.http.schema_page import METHODS, groups_of, spans

_ABOUT = (
    "Send an API key as `Authorization: Bearer …`; a key belongs to one workspace and sees nothing "
    "else. Lists are `{items, next}`: give `next` back as `cursor` until it is null. Errors are "
    "problem details (RFC 9457). A write with an `Idempotency-Key` may be sent again for 24 hours: "
    "it is answered again, not done again."
)
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A problem as RFC 9457 describes it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence with the remedy."},
        "code": {"type": "string", "description": "Stable; for programs."},
    },
}
_REFUSALS = {
    "400": "Cannot be understood as it stands",
    "401": "No valid API key",
    "429": "Too many requests; `Retry-After` says when to come back",
    "503": "A part we need is away for a moment",
}
_REFUSED_WRITES = {
    "409": "Not possible in the present state, or the Idempotency-Key was used for another request",
    "413": "Larger than what is taken here",
}
_MISSING = {"404": "Nothing there, or not yours to see"}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key with the same request is answered again, not done again.",
}


def openapi() -> OpenAPIConfig:
    """What the application tells of itself; nothing of it is fetched from anywhere else."""
    return OpenAPIConfig(
        title="Chatbot API",
        version=version("chatbot"),
        description=_ABOUT,
        use_handler_docstrings=True,
        tags=[
            Tag("Customers", "Who they are and what happened to them."),
            Tag("Answers", "What may be said without a model."),
            Tag("Tickets", "Work for agents."),
            Tag("Rules", "What the company wants said or done."),
            Tag("Questions", "Ask the bot from somewhere else than the widget."),
            Tag("Usage", "What the model took."),
            Tag("Widget", "What the widget itself asks, with a visitor's token."),
        ],
        components=Components(
            security_schemes={
                API_KEY: SecurityScheme(
                    type="http", scheme="bearer", description="An API key of a workspace."
                )
            }
        ),
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            include_in_schema=False,
            middleware=[PageHeaders()],
            exception_handlers=ERRORS,
        ),
        render_plugins=[_Page(), _Json(path="/openapi.json")],
    )


class _Json(JsonRenderPlugin):
    """The document as programs read it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, completed(openapi_schema))


class _Page(OpenAPIRenderPlugin):
    """The document as a page without any script."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML, favicon="", style="")
        self._template = environment().get_template("schema.html")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        document = completed(openapi_schema)
        return self._template.render(
            company="",
            theme=theme_of(request),
            about=document["info"],
            groups=groups_of(document),
            address=str(request.base_url).rstrip("/"),
            spans=spans,
        ).encode()


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The framework's document with what our guard and our writes add to every operation."""
    paths = {
        path: {
            method: _completed(method, told) if method in METHODS else told
            for method, told in item.items()
        }
        for path, item in document["paths"].items()
    }
    components = dict(document["components"])
    components["schemas"] = {**components.get("schemas", {}), "Problem": _PROBLEM}
    return {**document, "paths": paths, "components": components}


def _completed(method: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    if {API_KEY: []} not in told.get("security", ()):
        return told
    writes = method != "get"
    parameters = [*told.get("parameters", ()), *([_IDEMPOTENCY_KEY] if writes else ())]
    refusals = {
        **_REFUSALS,
        **(_REFUSED_WRITES if writes else {}),
        **(_MISSING if any(one["in"] == "path" for one in parameters) else {}),
    }
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = {
        **told.get("responses", {}),
        **{
            status: {"description": words, "content": problem}
            for status, words in sorted(refusals.items())
        },
    }
    return {**told, "parameters": parameters, "responses": answers}
