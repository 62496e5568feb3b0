"""Puts the handlers together; what they share is the office."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from litestar.types import ControllerRouterHandler

from chatbot.http.admin import routes as admin_routes
from chatbot.http.auth import routes as auth_routes
from chatbot.http.console import routes as console_routes
from chatbot.http.demo_site import shop
from chatbot.http.health import healthz, metrics, readyz
from chatbot.http.office import Office
from chatbot.http.pages import environment
from chatbot.http.problems import PROBLEMS
from chatbot.http.public_api import api_router
from chatbot.http.schema import openapi
from chatbot.http.socket import chat
from chatbot.http.widget_api import widget_router
from chatbot.http.widget_files import widget_files

HANDLERS: Sequence[ControllerRouterHandler] = (
    shop,
    healthz,
    readyz,
    metrics,
    chat,
    *widget_files,
    widget_router,
    api_router,
    *auth_routes,
    *console_routes,
    *admin_routes,
)


def make_app(office: Office) -> Litestar:
    """The ASGI application of one process."""
    return Litestar(
        route_handlers=HANDLERS,
        dependencies={"office": Provide(lambda: office, sync_to_thread=False)},
        state=State({"office": office}),
        exception_handlers=PROBLEMS,
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(environment())
        ),
        openapi_config=openapi(),
        request_max_body_size=office.settings.limits.import_bytes,
        logging_config=None,
    )
