"""Signing in, signing out, and a person's own page."""

from litestar import Router

from chatbot.http.auth.account import change_password, choose_theme, show_account
from chatbot.http.auth.login import logout, show_login, take_login
from chatbot.http.pages import ERRORS, PageHeaders, static_files
from chatbot.http.visits import signed_in

routes: list[Router] = [
    static_files(),
    Router(
        "/",
        route_handlers=[
            show_login,
            take_login,
            Router(
                "/",
                route_handlers=[logout, show_account, choose_theme, change_password],
                guards=[signed_in("agent")],
            ),
        ],
        middleware=[PageHeaders()],
        exception_handlers=ERRORS,
        include_in_schema=False,
        request_max_body_size=64 * 1024,  # anybody may send one
    ),
]
