"""Who did what: lines that are only ever added."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from chatbot.store.bank_tables import audit_lines
from chatbot.store.door import Door


class Audit(Door):
    async def record(self, action: str, subject: str, **detail: Any) -> None:  # noqa: ANN401 JSON
        """Write that the principal did *action* to *subject*; never any secret or message text."""
        await self.add(
            audit_lines,
            id=uuid4(),
            actor=self.principal.name or self.principal.kind,
            actor_id=self.principal.id,
            action=action,
            subject=subject,
            detail=detail,
            at=self.now,
        )

    async def latest(self, limit: int = 100) -> list[Mapping[str, Any]]:
        query = (
            sa.select(audit_lines)
            .where(audit_lines.c.workspace_id == self.workspace)
            .order_by(audit_lines.c.at.desc())
            .limit(limit)
        )
        return await self.rows(query)
