"""The built widget: a small loader under a lasting address, and what it fetches on first intent."""

import hashlib
from functools import cache
from pathlib import Path

from litestar import Response, get

from chatbot.errors import Misconfigured

_BUILT = Path(__file__).parents[2] / "web" / "widget" / "dist"
_FILES = {"widget.js": "text/javascript", "panel.js": "text/javascript"}


@cache
def _built(name: str) -> tuple[bytes, str]:
    path = _BUILT / name
    if not path.is_file():
        raise Misconfigured(f"{path} is missing: run `npm ci && npm run build` in web/widget.")
    content = path.read_bytes()
    return content, '"' + hashlib.sha256(content).hexdigest()[:16] + '"'


def _script(name: str) -> Response[bytes]:
    """Any page may load it; browsers ask again after a minute, so that a release arrives."""
    content, tag = _built(name)
    return Response(
        content,
        media_type=_FILES[name],
        headers={
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "public, max-age=60, stale-while-revalidate=86400",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": tag,
            "X-Content-Type-Options": "nosniff",
        },
    )


@get("/widget.js", sync_to_thread=False, include_in_schema=False)
def loader() -> Response[bytes]:
    """The one script tag."""
    return _script("widget.js")


@get("/widget/panel.js", sync_to_thread=False, include_in_schema=False)
def panel() -> Response[bytes]:
    """The panel that the loader fetches."""
    return _script("panel.js")


widget_files = [loader, panel]
