"""The API for the company's own servers: `/api/v1`, with an API key."""

from litestar import Router
from litestar.datastructures import ResponseHeader

from chatbot.http.api import answers, customers, questions, rules, tickets, usage
from chatbot.http.api.access import key_needed
from chatbot.http.problems import PROBLEMS

API_KEY = "api_key"
"""Name of the security scheme in the OpenAPI document."""

api_router = Router(
    "/api/v1",
    route_handlers=[
        *customers.routes,
        *answers.routes,
        *tickets.routes,
        *rules.routes,
        *questions.routes,
        *usage.routes,
    ],
    guards=[key_needed],
    security=[{API_KEY: []}],
    exception_handlers=PROBLEMS,
    response_headers=[
        ResponseHeader(name="Cache-Control", value="no-store", documentation_only=False),
        ResponseHeader(name="X-Content-Type-Options", value="nosniff", documentation_only=False),
    ],
)
