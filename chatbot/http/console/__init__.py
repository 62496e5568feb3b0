"""The agents' console."""

from litestar import Router

from chatbot.http.console.customers import show_customer
from chatbot.http.console.live import follow
from chatbot.http.console.queues import refresh_queue, show_queue
from chatbot.http.console.threads import (
    give_back,
    refresh_head,
    say,
    settle,
    show_receipt,
    show_thread,
    take,
    typing,
)
from chatbot.http.console.tickets import (
    accept_ticket,
    close_ticket,
    reject_ticket,
    reopen_ticket,
    save_ticket,
    show_ticket,
    show_tickets,
)
from chatbot.http.pages import ERRORS, PageHeaders
from chatbot.http.visits import signed_in

routes: list[Router] = [
    Router(
        "/console",
        route_handlers=[
            show_queue,
            refresh_queue,
            show_thread,
            refresh_head,
            show_receipt,
            follow,
            take,
            give_back,
            settle,
            say,
            typing,
            show_tickets,
            show_ticket,
            accept_ticket,
            save_ticket,
            reject_ticket,
            close_ticket,
            reopen_ticket,
            show_customer,
        ],
        guards=[signed_in("agent")],
        middleware=[PageHeaders()],
        exception_handlers=ERRORS,
        include_in_schema=False,
    )
]
