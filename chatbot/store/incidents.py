"""The record of outages, as each workspace felt them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.outage import Incident
from chatbot.store.continuity_tables import incidents
from chatbot.store.door import Door
from chatbot.store.tables import conversations, turns

_INCIDENT = tuple(incidents.c[name] for name in Incident.__dataclass_fields__)
_OPEN = incidents.c.ended_at.is_(None)


class Incidents(Door):
    """At most one is open for each model of a workspace."""

    async def fell(self, provider: str, model: str, cause: str, began: datetime) -> Incident | None:
        """
        A turn that *began* then fell off this model: note it in the open incident.

        Returns:
            The incident, if it had to be opened.
        """
        made = insert(incidents).values(
            id=uuid4(),
            workspace_id=self.workspace,
            provider=provider,
            model=model,
            cause=cause,
            started_at=began,
            fell_at=self.now,
        )
        query = made.on_conflict_do_update(
            index_elements=["workspace_id", "provider", "model"],
            index_where=_OPEN,
            set_={"fell_at": sa.func.greatest(incidents.c.fell_at, self.now)},
        ).returning(*_INCIDENT, sa.literal_column("xmax = 0").label("new"))
        row: dict[str, Any] = dict(await self.one(query))
        return Incident(**row) if row.pop("new") else None

    async def open(self) -> list[Incident]:
        """Those that go on, the first that began first."""
        query = sa.select(*_INCIDENT).where(self._here(), _OPEN).order_by(incidents.c.started_at)
        return [Incident(**row) for row in await self.rows(query)]

    async def latest(self, limit: int = 50) -> list[Incident]:
        """The last that began first; what was served is counted for open ones too."""
        newest = incidents.c.started_at.desc()
        query = sa.select(*_INCIDENT).where(self._here()).order_by(newest).limit(limit)
        found = [Incident(**row) for row in await self.rows(query)]
        return [one if one.ended_at else await self._counted(one) for one in found]

    async def end(self, incident_id: UUID) -> Incident | None:
        """It is over: keep what was served meanwhile. None when somebody else was quicker."""
        held = (
            sa.select(*_INCIDENT)
            .where(self._here(), _OPEN, incidents.c.id == incident_id)
            .with_for_update(skip_locked=True)
        )
        row = await self.row(held)
        if row is None:
            return None
        whole = await self._counted(Incident(**row))
        values = {"ended_at": self.now, "served": whole.served, "customers": whole.customers}
        await self.db.execute(
            sa.update(incidents).where(incidents.c.id == incident_id, self._here()).values(values)
        )
        return whole

    async def answered_since(self, incident: Incident) -> bool:
        """Whether a model has settled a turn of this workspace since the last one fell."""
        query = (
            sa.select(turns.c.id)
            .where(
                turns.c.workspace_id == self.workspace,
                turns.c.state == "done",
                turns.c.ended_at > incident.fell_at,
                turns.c.receipt["rung"].astext == "model",
            )
            .limit(1)
        )
        return await self.row(query) is not None

    async def _counted(self, incident: Incident) -> Incident:
        rung = turns.c.receipt["rung"].astext
        query = (
            sa.select(
                rung.label("rung"),
                sa.func.count().label("turns"),
                sa.func.array_agg(conversations.c.customer_id.distinct()).label("customers"),
            )
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .where(
                turns.c.workspace_id == self.workspace,
                turns.c.state == "done",
                turns.c.ended_at >= incident.started_at,
                rung.is_not(None),
            )
            .group_by(rung)
        )
        rows = await self.rows(query)
        return _with_served(incident, rows)

    def _here(self) -> sa.ColumnElement[bool]:
        return incidents.c.workspace_id == self.workspace


def _with_served(incident: Incident, rows: list[Mapping[str, Any]]) -> Incident:
    customers = {customer for row in rows for customer in row["customers"]}
    served = {row["rung"]: row["turns"] for row in rows}
    return Incident(
        incident.id,
        incident.provider,
        incident.model,
        incident.cause,
        incident.started_at,
        incident.fell_at,
        incident.ended_at,
        served,
        len(customers),
    )
