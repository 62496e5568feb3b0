"""
One transaction and the doors that open in it.

A transaction begins on somebody's behalf: its beginning sets the workspace that row level security
compares every row with. Nothing may be sent or awaited from outside while one is open.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chatbot.domain.principal import Principal
from chatbot.errors import NotAllowed
from chatbot.ports import Clock
from chatbot.store.answers import Answers
from chatbot.store.asked import AskedLog
from chatbot.store.audit import Audit
from chatbot.store.calls import Calls
from chatbot.store.conversations import Conversations
from chatbot.store.customers import Customers
from chatbot.store.deferred import DeferredQuestions
from chatbot.store.desk import DeskViews
from chatbot.store.directory import Directory
from chatbot.store.engine import reachable
from chatbot.store.given import GivenLog
from chatbot.store.incidents import Incidents
from chatbot.store.many_answers import ManyAnswers
from chatbot.store.people import Home, People
from chatbot.store.requests import Requests
from chatbot.store.rules import Rules
from chatbot.store.said import Said
from chatbot.store.scope import scoped
from chatbot.store.situations import Situations
from chatbot.store.steps import Steps
from chatbot.store.suggestions import Suggestions
from chatbot.store.tickets import Tickets
from chatbot.store.turns import Turns
from chatbot.store.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Unit:
    """The doors, all on one connection and on behalf of one principal."""

    db: AsyncConnection
    principal: Principal
    now: datetime

    def acting_as(self, principal: Principal) -> "Unit":
        """The same transaction on behalf of somebody else of the same workspace."""
        if principal.workspace != self.principal.workspace:
            raise NotAllowed("A transaction never leaves its workspace.")
        return Unit(self.db, principal, self.now)

    @property
    def answers(self) -> Answers:
        return Answers(self.db, self.principal, self.now)

    @property
    def asked(self) -> AskedLog:
        return AskedLog(self.db, self.principal, self.now)

    @property
    def audit(self) -> Audit:
        return Audit(self.db, self.principal, self.now)

    @property
    def calls(self) -> Calls:
        return Calls(self.db, self.principal, self.now)

    @property
    def conversations(self) -> Conversations:
        return Conversations(self.db, self.principal, self.now)

    @property
    def customers(self) -> Customers:
        return Customers(self.db, self.principal, self.now)

    @property
    def deferred(self) -> DeferredQuestions:
        return DeferredQuestions(self.db, self.principal, self.now)

    @property
    def desk(self) -> DeskViews:
        return DeskViews(self.db, self.principal, self.now)

    @property
    def given(self) -> GivenLog:
        return GivenLog(self.db, self.principal, self.now)

    @property
    def home(self) -> Home:
        return Home(self.db, self.principal, self.now)

    @property
    def incidents(self) -> Incidents:
        return Incidents(self.db, self.principal, self.now)

    @property
    def many_answers(self) -> ManyAnswers:
        return ManyAnswers(self.db, self.principal, self.now)

    @property
    def people(self) -> People:
        return People(self.db, self.principal, self.now)

    @property
    def requests(self) -> Requests:
        return Requests(self.db, self.principal, self.now)

    @property
    def rules(self) -> Rules:
        return Rules(self.db, self.principal, self.now)

    @property
    def said(self) -> Said:
        return Said(self.db, self.principal, self.now)

    @property
    def situations(self) -> Situations:
        return Situations(self.db, self.principal, self.now)

    @property
    def steps(self) -> Steps:
        return Steps(self.db, self.principal, self.now)

    @property
    def suggestions(self) -> Suggestions:
        return Suggestions(self.db, self.principal, self.now)

    @property
    def tickets(self) -> Tickets:
        return Tickets(self.db, self.principal, self.now)

    @property
    def turns(self) -> Turns:
        return Turns(self.db, self.principal, self.now)

    @property
    def webhooks(self) -> Webhooks:
        return Webhooks(self.db, self.principal, self.now)


class Store:
    """Where everything durable lives."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @asynccontextmanager
    async def begin(
        self, principal: Principal, *, at: datetime | None = None
    ) -> AsyncGenerator[Unit]:
        """
        A transaction on behalf of *principal*: leaving it commits, an error undoes it.

        Args:
            principal: Whose rows can be seen and written.
            at: The time that its rows carry; for imports of what happened earlier.

        Raises:
            Unavailable: The database is away.
        """
        async with self._scoped("app.workspace_id", str(principal.workspace)) as db:
            yield Unit(db, principal, at or self._clock.now())

    @asynccontextmanager
    async def directory(self) -> AsyncGenerator[Directory]:
        """
        A transaction for look-ups that come before the workspace is known.

        Raises:
            Unavailable: The database is away.
        """
        async with self._scoped("app.directory", "on") as db:
            yield Directory(db, self._clock.now())

    @asynccontextmanager
    async def _scoped(self, key: str, value: str) -> AsyncGenerator[AsyncConnection]:
        async with reachable(), self._engine.begin() as db:
            with scoped(db, key, value):
                yield db

    @property
    def address(self) -> str:
        """A libpq URL of the same database, for an engine that needs a connection of its own."""
        return self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def check(self) -> None:
        """
        Raises:
            Unavailable: The database does not answer.
        """
        async with reachable(), self._engine.connect() as db:
            await db.execute(sa.select(1))

    async def close(self) -> None:
        await self._engine.dispose()
