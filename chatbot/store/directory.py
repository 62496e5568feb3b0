"""
What is looked up before the workspace is known: by site key, slug, e-mail, session or API key.

Nothing else is reachable in such a transaction; once the workspace is found, work goes on in one
of its own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from chatbot.domain.principal import Principal, Role
from chatbot.domain.workspace import Session, User, Workspace, WorkspaceSettings
from chatbot.errors import Conflict, NotFound
from chatbot.store.continuity_tables import incidents
from chatbot.store.people import USER, WORKSPACE, workspace_of
from chatbot.store.scope import set_for_transaction
from chatbot.store.tables import api_keys, sessions, users, workspaces
from chatbot.store.waiting import DUE, OVER, STRANDED, TO_TELL

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
"""How long a sign-in lasts without a request, and at the most."""

USED = timedelta(minutes=1)
"""How exactly we remember when a key was last used: one busy key must not be one busy row."""


@dataclass(frozen=True, slots=True)
class Directory:
    db: AsyncConnection
    now: datetime

    async def _row(self, query: sa.Executable) -> Mapping[str, Any] | None:
        found = (await self.db.execute(query)).mappings().one_or_none()
        return cast("Mapping[str, Any] | None", found)

    async def workspace(self, *, site_key: str = "", slug: str = "") -> Workspace:
        """
        Raises:
            NotFound: No workspace has this site key or slug.
        """
        column, value = (workspaces.c.site_key, site_key) if site_key else (workspaces.c.slug, slug)
        query = sa.select(*WORKSPACE).where(column == value)
        row = await self._row(query)
        if row is None:
            raise NotFound("workspace", value)
        return workspace_of(row)

    async def workspaces(self) -> list[Workspace]:
        query = sa.select(*WORKSPACE).order_by(workspaces.c.slug)
        found = (await self.db.execute(query)).mappings().all()
        return [workspace_of(row) for row in cast("list[Mapping[str, Any]]", found)]

    async def add_workspace(
        self, slug: str, name: str, site_key: str, sealed_secret: bytes, settings: WorkspaceSettings
    ) -> UUID:
        """Make a workspace; `sealed_secret` signs its customers' identities."""
        key = uuid4()
        await self.db.execute(
            sa.insert(workspaces).values(
                id=key,
                slug=slug,
                name=name,
                site_key=site_key,
                identity_secret=sealed_secret,
                settings=asdict(settings),
                created_at=self.now,
            )
        )
        return key

    async def remove_workspace(self, slug: str) -> None:
        """Delete the workspace with everything in it, its audit lines included."""
        await set_for_transaction(self.db, "app.erasing", "on")
        await self.db.execute(sa.delete(workspaces).where(workspaces.c.slug == slug))

    async def add_user(
        self, workspace: UUID, *, email: str, name: str, role: Role, password_hash: str
    ) -> User:
        """
        Raises:
            Conflict: Somebody has this e-mail address.
        """
        taken = await self.db.execute(sa.select(users.c.id).where(users.c.email == email))
        if taken.one_or_none() is not None:
            raise Conflict(f"Somebody signs in as {email} already: choose another address.")
        user = User(uuid4(), workspace, email, name, role, disabled=False, created_at=self.now)
        await self.db.execute(
            sa.insert(users).values(
                id=user.id,
                workspace_id=workspace,
                email=email,
                name=name,
                role=role,
                password_hash=password_hash,
                created_at=self.now,
            )
        )
        return user

    async def user(self, email: str) -> tuple[User, str] | None:
        """The person who signs in with *email*, and the hash of their password."""
        query = sa.select(*USER, users.c.password_hash).where(users.c.email == email)
        row = await self._row(query)
        if row is None:
            return None
        values: dict[str, Any] = {**row}
        password_hash = values.pop("password_hash")
        return User(**values), password_hash

    async def add_session(self, user: User, token_hash: str, csrf: str) -> None:
        await self.db.execute(
            sa.insert(sessions).values(
                token_hash=token_hash,
                workspace_id=user.workspace_id,
                user_id=user.id,
                csrf=csrf,
                created_at=self.now,
                seen_at=self.now,
                expires_at=self.now + ABSOLUTE,
            )
        )

    async def session(self, token_hash: str, *, seen: bool = True) -> Session | None:
        """
        The living session with this token; None when it ended or was ended.

        Args:
            token_hash: Names the session.
            seen: Somebody is there: the idle time starts again. A page that refreshes itself
                is nobody.
        """
        living = (
            sessions.c.token_hash == token_hash,
            sessions.c.expires_at > self.now,
            sessions.c.seen_at > self.now - IDLE,
            sessions.c.user_id == users.c.id,
            users.c.disabled_at.is_(None),
        )
        shown = (*USER, sessions.c.csrf, sessions.c.expires_at)
        if seen:
            update = sa.update(sessions).where(*living).values(seen_at=self.now)
            row = await self._row(update.returning(*shown))
        else:
            row = await self._row(sa.select(*shown).where(*living))
        if row is None:
            return None
        values: dict[str, Any] = {**row}
        csrf, expires_at = values.pop("csrf"), values.pop("expires_at")
        return Session(User(**values), csrf, expires_at)

    async def end_session(self, token_hash: str) -> None:
        await self.db.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))

    async def forget_sessions(self) -> int:
        """Delete sessions that are over; how many."""
        over = sa.or_(sessions.c.expires_at <= self.now, sessions.c.seen_at <= self.now - IDLE)
        return (await self.db.execute(sa.delete(sessions).where(over))).rowcount

    async def forget_job_log(self) -> int:
        """Delete what is older than a month of the record of background jobs; how much."""
        month = self.now - timedelta(days=30)
        gone = 0
        for name in ("pgqueuer_log", "pgqueuer_statistics"):
            record = sa.table(name, sa.column("created"), schema="jobs")
            done = await self.db.execute(sa.delete(record).where(record.c.created < month))
            gone += done.rowcount
        return gone

    async def api_key(self, key_hash: str) -> Principal | None:
        """On whose behalf a key acts; None when it is unknown or revoked."""
        query = sa.select(
            api_keys.c.id, api_keys.c.workspace_id, api_keys.c.name, api_keys.c.used_at
        ).where(api_keys.c.key_hash == key_hash, api_keys.c.revoked_at.is_(None))
        row = await self._row(query)
        if row is None:
            return None
        if row["used_at"] is None or row["used_at"] < self.now - USED:
            await self.db.execute(
                sa.update(api_keys).where(api_keys.c.id == row["id"]).values(used_at=self.now)
            )
        return Principal(row["workspace_id"], "key", row["id"], f"key {row['name']}")

    async def stranded(self, limit: int = 50) -> list[tuple[UUID, UUID]]:
        """(workspace, conversation) of turns that nobody works on any more, oldest lease first."""
        when = {"now": self.now, "long_ago": self.now - timedelta(seconds=10), "most": limit}
        found = (await self.db.execute(STRANDED, when)).all()
        return list(dict.fromkeys((row[0], row[1]) for row in found))

    async def deferred(self, *, due: bool, limit: int) -> list[tuple[UUID, UUID, UUID]]:
        """
        (workspace, conversation, question) of what waits for a model, the oldest first.

        Args:
            due: Those to be tried now, the oldest of each conversation: however many somebody
                left, others have their turn. Otherwise those past their window.
            limit: How many at most.
        """
        found = await self.db.execute(DUE if due else OVER, {"now": self.now, "most": limit})
        return [(row[0], row[1], row[2]) for row in found.all()]

    async def due_webhooks(self) -> list[UUID]:
        """The workspaces that are to be told something now."""
        return list((await self.db.execute(TO_TELL, {"now": self.now})).scalars().all())

    async def open_incidents(self) -> list[UUID]:
        """The workspace of every incident that goes on."""
        query = sa.select(incidents.c.workspace_id).where(incidents.c.ended_at.is_(None))
        return list((await self.db.execute(query)).scalars().all())
