"""
Records when a model stops answering a workspace's customers, and when it is back.

An incident opens with the first turn that falls off a model. It ends when a probe finds the model
well, when a model answers this workspace again, or when nothing has fallen for a while.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.continuity.deferring import MODELS, NO_OUTAGE
from chatbot.domain.outage import Incident
from chatbot.domain.principal import system
from chatbot.errors import Unavailable
from chatbot.ports import Clock
from chatbot.resilience.breaker import Breaker, Change
from chatbot.telemetry.metrics import INCIDENTS_OPEN

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

_log = logging.getLogger(__name__)

QUIET_S = 60.0
"""An incident in which nothing fell for so long is over, whether anybody was answered or not."""

SURE_S = 10.0
"""A reply of the model ends an incident only when the last failure is so long ago: it may flap."""

NOTED_S = 5.0
"""Further turns that fall are noted that often."""


class IncidentBook:
    """One for each process."""

    def __init__(self, store: "Store", clock: Clock, breakers: Sequence[Breaker]) -> None:
        """
        Args:
            store: Where incidents are kept.
            clock: Whose time counts.
            breakers: Of the primary, and of the alternative if there is one.
        """
        self._store, self._clock = store, clock
        self._by_rung = dict(zip(("model", "alternative"), breakers, strict=False))
        self._noted: dict[tuple[UUID, str], float] = {}
        self._back: dict[tuple[str, str], datetime] = {}
        for breaker in breakers:
            breaker.on_change.append(self._changed)

    async def fell(
        self,
        workspace: UUID,
        declined: Sequence[tuple[str, str]],
        *,
        answered_by: str,
        took_s: float,
    ) -> None:
        """
        A turn was settled; note the models that it fell off.

        Where another model answered, one failed call is no incident: then only a model counts
        that is set aside.

        Args:
            workspace: Whose turn it was.
            declined: (rung, reason) of the rungs that stepped aside.
            answered_by: The rung that spoke.
            took_s: How long ago the turn began: an incident begins with it.
        """
        for rung, why in declined:
            breaker = self._by_rung.get(rung)
            if breaker is None or why in NO_OUTAGE:
                continue
            if breaker.is_open or answered_by not in MODELS:
                await self._note(workspace, breaker, breaker.cause or why, took_s)

    def note_nothing(self) -> None:
        """From now on no turn of this process makes an incident: they are a drill's."""
        self._by_rung.clear()

    async def end_those_over(self) -> None:
        """
        Close what is over, in every workspace.

        Raises:
            Unavailable: The database is away.
        """
        async with self._store.directory() as directory:
            workspaces = await directory.open_incidents()
        ended = 0
        for workspace in set(workspaces):
            async with self._store.begin(system(workspace)) as db:
                for incident in await db.incidents.open():
                    if await self._over(db, incident) and await db.incidents.end(incident.id):
                        ended += 1
                        await _audit(db, "incident.end", incident)
        INCIDENTS_OPEN.set(len(workspaces) - ended)

    async def _note(self, workspace: UUID, breaker: Breaker, cause: str, took_s: float) -> None:
        now, key = self._clock.monotonic(), (workspace, breaker.key)
        if now - self._noted.get(key, float("-inf")) < NOTED_S:
            return
        self._noted[key] = now
        try:
            async with self._store.begin(system(workspace)) as db:
                began = db.now - timedelta(seconds=took_s)
                opened = await db.incidents.fell(breaker.provider, breaker.model, cause, began)
                if opened is not None:
                    await _audit(db, "incident.open", opened)
        except Unavailable as error:
            _log.warning("an incident of %s was not noted: %s", breaker.key, error)

    async def _over(self, db: "Unit", incident: Incident) -> bool:
        named = (incident.provider, incident.model)
        if any((each.provider, each.model) == named and each.is_open for each in self._breakers):
            return False
        back, quiet = self._back.get(named), db.now - incident.fell_at
        if quiet > timedelta(seconds=QUIET_S) or (back is not None and back > incident.fell_at):
            return True
        return quiet > timedelta(seconds=SURE_S) and await db.incidents.answered_since(incident)

    @property
    def _breakers(self) -> Sequence[Breaker]:
        return tuple(self._by_rung.values())

    def _changed(self, change: Change) -> None:
        if not change.open:
            self._back[change.provider, change.model] = change.at
            self._noted.clear()


async def _audit(db: "Unit", action: str, incident: Incident) -> None:
    named = f"{incident.provider}/{incident.model}"
    await db.audit.record(action, named, cause=incident.cause)
