"""The model call log: what each request to a provider took and cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chatbot.domain.ask import ModelCall
from chatbot.store.bank_tables import model_calls
from chatbot.store.door import Door

_TOTALS = (
    sa.func.count().label("calls"),
    sa.func.coalesce(sa.func.sum(model_calls.c.input_tokens), 0).label("input_tokens"),
    sa.func.coalesce(sa.func.sum(model_calls.c.cached_tokens), 0).label("cached_tokens"),
    sa.func.coalesce(sa.func.sum(model_calls.c.output_tokens), 0).label("output_tokens"),
    sa.func.coalesce(sa.func.sum(model_calls.c.cost_usd), 0).label("cost_usd"),
)

_ORDER = (model_calls.c.at, model_calls.c.place, model_calls.c.step, model_calls.c.id)
"""What one transaction writes shares its moment, so its rows are numbered; older ones are not."""


class Calls(Door):
    """Rows are only ever added."""

    async def add_calls(self, calls: Sequence[ModelCall], *, of_a_turn: bool = True) -> None:
        """
        Add rows, in the order in which the requests ended.

        Args:
            of_a_turn: False for those that no customer's turn caused.
        """
        for place, call in enumerate(calls):
            values: dict[str, Any] = asdict(call)
            if not of_a_turn:
                values["turn_id"] = None
            usage = values.pop("usage")
            await self.add(model_calls, at=self.now, place=place, **usage, **values)

    async def totals(self, conversation_id: UUID) -> Mapping[str, Any]:
        """`calls, input_tokens, cached_tokens, output_tokens, cost_usd` of a conversation."""
        query = sa.select(*_TOTALS).where(
            model_calls.c.conversation_id == conversation_id,
            model_calls.c.workspace_id == self.workspace,
        )
        return await self.one(query)

    async def of_turn(self, turn_id: UUID) -> list[Mapping[str, Any]]:
        query = (
            sa.select(model_calls)
            .where(model_calls.c.turn_id == turn_id, model_calls.c.workspace_id == self.workspace)
            .order_by(*_ORDER)
        )
        return await self.rows(query)

    async def latest(
        self, *, before: UUID | None = None, limit: int = 100
    ) -> list[Mapping[str, Any]]:
        """
        The log, the last request first.

        Args:
            before: Only what came before this call; nothing when it is not in the log.
        """
        query = (
            sa.select(model_calls)
            .where(model_calls.c.workspace_id == self.workspace)
            .order_by(*(column.desc() for column in _ORDER))
            .limit(limit)
        )
        if before is not None:
            other = model_calls.alias()
            mark = sa.select(*(other.c[column.name] for column in _ORDER)).where(
                other.c.id == before, other.c.workspace_id == self.workspace
            )
            query = query.where(sa.tuple_(*_ORDER) < mark.scalar_subquery())
        return await self.rows(query)

    async def by_day(self, since: datetime) -> list[Mapping[str, Any]]:
        """Totals per UTC day and model since *since*, newest first."""
        day = sa.func.date_trunc("day", model_calls.c.at, "UTC").label("day")
        query = (
            sa.select(day, model_calls.c.model, *_TOTALS)
            .where(model_calls.c.workspace_id == self.workspace, model_calls.c.at >= since)
            .group_by(day, model_calls.c.model)
            .order_by(day.desc(), model_calls.c.model)
        )
        return await self.rows(query)
