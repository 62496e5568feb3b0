"""Business rules."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.rule import Conditions, Rule
from chatbot.errors import NotFound
from chatbot.store.bank_tables import rules
from chatbot.store.door import Door
from chatbot.store.tables import workspaces

RULE = tuple(column for column in rules.c if column.name not in {"workspace_id", "created_at"})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _rule(row: Mapping[str, Any]) -> Rule:
    stored = row["conditions"]
    values: dict[str, Any] = dict(row)
    values["conditions"] = Conditions(
        plans=tuple(stored.get("plans", ())),
        locales=tuple(stored.get("locales", ())),
        topics=tuple(stored.get("topics", ())),
        starts=_day(stored.get("starts")),
        ends=_day(stored.get("ends")),
    )
    return Rule(**values)


def _stored(conditions: Conditions) -> dict[str, Any]:
    days = {name: getattr(conditions, name) for name in ("starts", "ends")}
    return asdict(conditions) | {name: day and day.isoformat() for name, day in days.items()}


class Rules(Door):
    """Rules in the order of their rank; every change counts the workspace's version up."""

    async def all(self) -> list[Rule]:
        query = (
            sa.select(*RULE)
            .where(rules.c.workspace_id == self.workspace)
            .order_by(rules.c.rank, rules.c.key)
        )
        return [_rule(row) for row in await self.rows(query)]

    async def get(self, key: str) -> Rule:
        """
        Raises:
            NotFound: No rule has this key.
        """
        query = sa.select(*RULE).where(rules.c.key == key, rules.c.workspace_id == self.workspace)
        row = await self.row(query)
        if row is None:
            raise NotFound("rule", key)
        return _rule(row)

    async def put(
        self,
        key: str,
        *,
        title: str,
        text: str,
        enabled: bool,
        rank: int,
        conditions: Conditions,
    ) -> Rule:
        """Make or replace the rule with this key."""
        values = {
            "title": title,
            "text": text,
            "enabled": enabled,
            "rank": rank,
            "conditions": _stored(conditions),
            "updated_at": self.now,
        }
        query = (
            insert(rules)
            .values(
                id=uuid4(),
                workspace_id=self.workspace,
                key=key,
                created_at=self.now,
                **values,
            )
            .on_conflict_do_update(index_elements=["workspace_id", "key"], set_=values)
            .returning(*RULE)
        )
        rule = _rule(await self.one(query))
        await self._changed()
        return rule

    async def remove(self, key: str) -> None:
        """
        Raises:
            NotFound: No rule has this key.
        """
        done = await self.db.execute(
            sa.delete(rules).where(rules.c.key == key, rules.c.workspace_id == self.workspace)
        )
        if done.rowcount != 1:
            raise NotFound("rule", key)
        await self._changed()

    async def _changed(self) -> None:
        await self.db.execute(
            sa.update(workspaces)
            .where(workspaces.c.id == self.workspace)
            .values(rules_version=workspaces.c.rules_version + 1)
        )
