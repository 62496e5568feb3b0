"""What every page of a signed-in person shows around its content."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chatbot.http.pages import theme_of
from chatbot.http.visits import AnyRequest, visit_of

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_NOTHING: Mapping[str, int] = {"suggestions": 0, "gaps": 0, "dismissed": 0}


async def frame_of(db: "Unit", request: AnyRequest, section: str) -> dict[str, Any]:
    """
    The context of `_frame.html`.

    Args:
        db: A transaction on behalf of the visitor.
        request: One that a guard let in.
        section: The icon of the door in the rail that this page belongs to.
    """
    visit = visit_of(request)
    home = await db.home.get()
    counts = await db.desk.counts()
    curated = await db.suggestions.counts() if visit.principal.at_least("admin") else _NOTHING
    return {
        "company": home.name,
        "me": visit.session.user,
        "csrf": visit.session.csrf,
        "section": section,
        "theme": theme_of(request),
        "now": db.now,
        "zone": _zone(home.settings.timezone),
        "link_hosts": home.settings.link_hosts,
        "workspace": home,
        "counts": counts,
        "curated": curated,
        "waiting": {
            "conversations": counts["needs_reply"],
            "tickets": counts["review"],
            "suggestions": curated["suggestions"],
        },
        "outages": await db.incidents.open(),
        "undo": None,
    }


def undo(said: str, action: str, **keep: object) -> Mapping[str, Any]:
    """The toast that takes back what was just done."""
    return {"said": said, "action": action, "keep": keep}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
