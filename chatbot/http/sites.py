"""Which pages may open the widget: each workspace's own sites, exactly."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from chatbot.domain.workspace import Workspace
from chatbot.errors import NotFound
from chatbot.ports import Clock

if TYPE_CHECKING:
    from chatbot.store.unit import Store

FRESH_S = 2.0
"""How old the list may be: a site that an admin adds or removes counts that soon."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(address: str) -> str:
    """
    Scheme, host and port of an address in their normal form, or empty when it has none.

    Paths and user names do not belong in an origin: with them it is nobody's.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    if parts.path or parts.query or parts.fragment:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


class Sites:
    """
    The origins of every workspace, looked up at most every `FRESH_S` seconds.

    Args:
        own: Origins of this application itself: its demo shop and previews use the widget too.
    """

    def __init__(self, store: "Store", clock: Clock, own: Sequence[str]) -> None:
        self._store, self._clock = store, clock
        self._own = frozenset(filter(None, map(origin_of, own)))
        self._workspaces: dict[UUID, Workspace] = {}
        self._origins: dict[UUID, frozenset[str]] = {}
        self._read_at = float("-inf")

    async def knows(self, origin: str) -> bool:
        """Whether any workspace has this site; asked before the workspace is known."""
        wanted = origin_of(origin)
        if not wanted:
            return False
        await self._refresh()
        return wanted in self._own or any(wanted in sites for sites in self._origins.values())

    async def allows(self, origin: str, workspace: UUID) -> bool:
        """Whether this site is one of the workspace's own."""
        wanted = origin_of(origin)
        if not wanted:
            return False
        await self._refresh()
        if workspace not in self._workspaces:
            return False
        return wanted in self._own or wanted in self._origins[workspace]

    async def by_key(self, site_key: str) -> Workspace:
        """
        Raises:
            NotFound: No workspace has this site key.
        """
        await self._refresh()
        for workspace in self._workspaces.values():
            if workspace.site_key == site_key:
                return workspace
        raise NotFound("site key", site_key[:40])

    def forget(self) -> None:
        """Look everything up again at the next question."""
        self._read_at = float("-inf")

    async def _refresh(self) -> None:
        if self._clock.monotonic() - self._read_at < FRESH_S:
            return
        async with self._store.directory() as directory:
            found = await directory.workspaces()
        self._read_at = self._clock.monotonic()
        self._workspaces = {workspace.id: workspace for workspace in found}
        self._origins = {
            workspace.id: frozenset(filter(None, map(origin_of, workspace.settings.sites)))
            for workspace in found
        }
