"""A shop of its own that embeds the widget: another origin, careful headers and rude styles."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape

from aiohttp import web

PAGE = """<!doctype html>
<html lang="en" dir="{dir}"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/shop.css"></head>
<body><main><h1>A shop</h1></main>
<script src="{widget}/widget.js" data-site-key="demo" {attributes} async></script>
</body></html>"""

RUDE_STYLES = """
html { font-size: 5px }
* { letter-spacing: 9px !important; color: #600 !important; --surface: #ff0; --accent: #ff0 }
button, textarea, p { display: none !important }
"""

STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src {widget}; "
    "connect-src {widget} {socket}; require-trusted-types-for 'script'"
)
"""What a careful shop sends with its pages."""


@asynccontextmanager
async def open_shop(port: int, widget: str) -> AsyncIterator[str]:
    """
    Serve the shop on localhost; yields its origin.

    `/` sends a strict policy, `/careless` none. `?dir=` is the page's direction, any other
    parameter an attribute of the script tag.
    """

    async def page(request: web.Request) -> web.Response:
        wishes = dict(request.query)
        direction = wishes.pop("dir", "ltr")
        attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in wishes.items())
        policy = STRICT.format(widget=widget, socket=widget.replace("http", "ws"))
        return web.Response(
            text=PAGE.format(dir=direction, widget=widget, attributes=attributes),
            content_type="text/html",
            headers={"Content-Security-Policy": policy} if request.path == "/" else {},
        )

    async def styles(_request: web.Request) -> web.Response:
        return web.Response(text=RUDE_STYLES, content_type="text/css")

    async def icon(_request: web.Request) -> web.Response:
        text = '<svg xmlns="http://www.w3.org/2000/svg"/>'
        return web.Response(text=text, content_type="image/svg+xml")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/careless", page)
    app.router.add_get("/shop.css", styles)
    app.router.add_get("/icon.svg", icon)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://localhost:{port}"
    finally:
        await runner.cleanup()
