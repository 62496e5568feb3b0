"""Customers and their events."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chatbot.domain.customer import Customer, CustomerEvent
from chatbot.errors import NotAllowed, NotFound
from chatbot.store.door import Door
from chatbot.store.tables import (
    conversations,
    customer_events,
    customers,
    identities_used,
    tickets,
)

CUSTOMER = (
    customers.c.id,
    customers.c.external_id,
    customers.c.name,
    customers.c.email,
    customers.c.plan,
    customers.c.locale,
    customers.c.attributes,
    customers.c.verified,
    customers.c.created_at,
)
EVENT = tuple(column for column in customer_events.c if column.name != "workspace_id")


class Customers(Door):
    """A customer sees only themselves; keys and people of the company every one."""

    def _visible(self) -> sa.ColumnElement[bool]:
        here = customers.c.workspace_id == self.workspace
        if self.principal.kind == "customer":
            return sa.and_(here, customers.c.id == self.principal.id)
        return here

    async def get(self, customer_id: UUID) -> Customer:
        """
        Raises:
            NotFound: There is none, or it is somebody else.
        """
        query = sa.select(*CUSTOMER).where(customers.c.id == customer_id, self._visible())
        row = await self.row(query)
        if row is None:
            raise NotFound("customer", customer_id)
        return Customer(**row)

    async def by_external_id(self, external_id: str) -> Customer:
        """
        Raises:
            NotFound: The company never told us of this one.
        """
        query = sa.select(*CUSTOMER).where(customers.c.external_id == external_id, self._visible())
        row = await self.row(query)
        if row is None:
            raise NotFound("customer", external_id)
        return Customer(**row)

    async def external_ids(self, ids: Iterable[UUID]) -> Mapping[UUID, str | None]:
        """The company's own ids of customers; None for an anonymous one."""
        wanted = customers.c.id == sa.any_(sa.cast(list(ids), sa.ARRAY(sa.Uuid)))
        query = sa.select(customers.c.id, customers.c.external_id).where(wanted, self._visible())
        return {row["id"]: row["external_id"] for row in await self.rows(query)}

    async def welcome(self, locale: str = "") -> UUID:
        """Make an anonymous visitor."""
        visitor = uuid4()
        await self.add(customers, id=visitor, locale=locale, created_at=self.now, seen_at=self.now)
        return visitor

    async def put(
        self,
        external_id: str,
        *,
        verified: bool = False,
        **profile: Any,  # noqa: ANN401 columns have many types
    ) -> Customer:
        """
        Make or change the customer with this external id.

        Args:
            external_id: The company's own id.
            verified: The company's own server vouches for it; never taken back here.
            profile: Any of `name`, `email`, `plan`, `locale`, `attributes`; the rest is kept.
        """
        values = {
            "id": uuid4(),
            "workspace_id": self.workspace,
            "external_id": external_id,
            "verified": verified,
            "created_at": self.now,
            "seen_at": self.now,
            **profile,
        }
        changed: dict[str, Any] = {"seen_at": self.now, **profile}
        if verified:
            changed["verified"] = True
        query = (
            insert(customers)
            .values(**values)
            .on_conflict_do_update(index_elements=["workspace_id", "external_id"], set_=changed)
            .returning(*CUSTOMER)
        )
        return Customer(**await self.one(query))

    async def adopt(self, visitor: UUID, *, into: UUID) -> None:
        """Give what an anonymous *visitor* wrote to the customer they turned out to be."""
        for table in (conversations, tickets):
            await self.db.execute(
                sa.update(table)
                .where(table.c.customer_id == visitor, table.c.workspace_id == self.workspace)
                .values(customer_id=into)
            )

    async def newest(self, *, after: UUID | None = None, limit: int = 50) -> list[Customer]:
        """A page of customers, by id."""
        query = (
            sa.select(*CUSTOMER)
            .where(self._visible(), customers.c.id > after if after else sa.true())
            .order_by(customers.c.id)
            .limit(limit)
        )
        return [Customer(**row) for row in await self.rows(query)]

    async def add_event(
        self,
        customer_id: UUID,
        *,
        kind: str,
        at: datetime,
        data: Mapping[str, Any],
        external_id: str | None = None,
    ) -> UUID:
        """Record something dated; with an external id, the same one twice is the newer one."""
        query = (
            insert(customer_events)
            .values(
                id=uuid4(),
                workspace_id=self.workspace,
                customer_id=customer_id,
                kind=kind,
                at=at,
                data=dict(data),
                external_id=external_id,
            )
            .on_conflict_do_update(
                index_elements=["customer_id", "external_id"],
                set_={"kind": kind, "at": at, "data": dict(data)},
            )
            .returning(customer_events.c.id)
        )
        return (await self.db.execute(query)).scalar_one()

    async def events(
        self, customer_id: UUID, *, kind: str | None = None, limit: int = 10
    ) -> list[CustomerEvent]:
        """The latest events, newest first."""
        query = (
            sa.select(*EVENT)
            .where(
                customer_events.c.customer_id == customer_id,
                customer_events.c.workspace_id == self.workspace,
                customer_events.c.kind == kind if kind is not None else sa.true(),
            )
            .order_by(customer_events.c.at.desc())
            .limit(limit)
        )
        return [CustomerEvent(**row) for row in await self.rows(query)]

    async def use_identity(self, jti: str, expires_at: datetime) -> None:
        """
        Spend a signed identity; each may be used once.

        Raises:
            NotAllowed: It was used before.
        """
        await self.forget_identities()
        spent = await self.db.execute(
            insert(identities_used)
            .values(workspace_id=self.workspace, jti=jti, expires_at=expires_at)
            .on_conflict_do_nothing()
        )
        if spent.rowcount != 1:
            raise NotAllowed("This identity was used before: ask for a new one.")

    async def forget_identities(self) -> int:
        """Delete spent identities that have expired, so that nobody could use them again anyway."""
        over = sa.and_(
            identities_used.c.workspace_id == self.workspace,
            identities_used.c.expires_at < self.now,
        )
        return (await self.db.execute(sa.delete(identities_used).where(over))).rowcount
