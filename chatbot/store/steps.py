"""What a turn did on its way: the journal of model outputs and the results of tools."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.store.door import Door
from chatbot.store.tables import journal, tool_results


class Steps(Door):
    """Written before anything follows from them, and never twice."""

    async def record(self, turn_id: UUID, step: int, completion: Mapping[str, Any]) -> None:
        """Journal a model's whole output; the first one written for a step stands."""
        await self.db.execute(
            insert(journal)
            .values(
                workspace_id=self.workspace,
                turn_id=turn_id,
                step=step,
                completion=dict(completion),
                at=self.now,
            )
            .on_conflict_do_nothing()
        )

    async def all(self, turn_id: UUID) -> list[tuple[int, Mapping[str, Any]]]:
        """The journaled outputs of a turn, in order."""
        query = (
            sa.select(journal.c.step, journal.c.completion)
            .where(journal.c.turn_id == turn_id, journal.c.workspace_id == self.workspace)
            .order_by(journal.c.step)
        )
        return [(row["step"], row["completion"]) for row in await self.rows(query)]

    async def tool_result(self, turn_id: UUID, step: int, tool: str) -> Mapping[str, Any] | None:
        query = sa.select(tool_results.c.result).where(
            tool_results.c.turn_id == turn_id,
            tool_results.c.step == step,
            tool_results.c.tool == tool,
            tool_results.c.workspace_id == self.workspace,
        )
        row = await self.row(query)
        return None if row is None else row["result"]

    async def keep_tool_result(
        self,
        turn_id: UUID,
        step: int,
        tool: str,
        arguments: Mapping[str, Any],
        result: Mapping[str, Any],
    ) -> None:
        """Once per (turn, step, tool): a second writer fails and its transaction with it."""
        await self.add(
            tool_results,
            turn_id=turn_id,
            step=step,
            tool=tool,
            arguments=dict(arguments),
            result=dict(result),
            at=self.now,
        )
