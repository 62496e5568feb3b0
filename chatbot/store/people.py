"""The people of a workspace, its API keys and its settings."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chatbot.domain.workspace import User, Workspace, WorkspaceSettings
from chatbot.errors import NotFound
from chatbot.store.door import Door
from chatbot.store.tables import api_keys, sessions, users, workspaces

USER = (
    users.c.id,
    users.c.workspace_id,
    users.c.email,
    users.c.name,
    users.c.role,
    users.c.disabled_at.is_not(None).label("disabled"),
    users.c.created_at,
)
WORKSPACE = (
    workspaces.c.id,
    workspaces.c.slug,
    workspaces.c.name,
    workspaces.c.site_key,
    workspaces.c.settings,
    workspaces.c.bank_version,
    workspaces.c.rules_version,
)


def workspace_of(row: Mapping[str, Any]) -> Workspace:
    """A workspace from its row; settings that a newer version wrote are passed over."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row["settings"].items()
        if name in WorkspaceSettings.__dataclass_fields__
    }
    values: dict[str, Any] = {**row, "settings": WorkspaceSettings(**known)}
    return Workspace(**values)


class People(Door):
    """Users of this workspace."""

    async def all(self) -> list[User]:
        query = (
            sa.select(*USER).where(users.c.workspace_id == self.workspace).order_by(users.c.name)
        )
        return [User(**row) for row in await self.rows(query)]

    async def get(self, user_id: UUID) -> User:
        """
        Raises:
            NotFound: Nobody of this workspace.
        """
        query = sa.select(*USER).where(
            users.c.id == user_id, users.c.workspace_id == self.workspace
        )
        row = await self.row(query)
        if row is None:
            raise NotFound("user", user_id)
        return User(**row)

    async def set_disabled(self, user_id: UUID, *, disabled: bool) -> None:
        """Shut somebody out, or let them in again; shutting out ends their sessions."""
        done = await self.db.execute(
            sa.update(users)
            .where(users.c.id == user_id, users.c.workspace_id == self.workspace)
            .values(disabled_at=self.now if disabled else None)
        )
        if done.rowcount != 1:
            raise NotFound("user", user_id)
        if disabled:
            await self.end_sessions(user_id)

    async def set_password(self, user_id: UUID, password_hash: str) -> None:
        """Replace the password; every session made with the old one ends."""
        await self.db.execute(
            sa.update(users)
            .where(users.c.id == user_id, users.c.workspace_id == self.workspace)
            .values(password_hash=password_hash)
        )
        await self.end_sessions(user_id)

    async def end_sessions(self, user_id: UUID) -> None:
        await self.db.execute(
            sa.delete(sessions).where(
                sessions.c.user_id == user_id, sessions.c.workspace_id == self.workspace
            )
        )


class Home(Door):
    """The workspace itself: settings, secret, keys."""

    async def get(self, *, lock: bool = False) -> Workspace:
        query = sa.select(*WORKSPACE).where(workspaces.c.id == self.workspace)
        row = await self.row(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound("workspace", self.workspace)
        return workspace_of(row)

    async def versions(self) -> tuple[int, int]:
        """The present (bank, rules) versions."""
        query = sa.select(workspaces.c.bank_version, workspaces.c.rules_version).where(
            workspaces.c.id == self.workspace
        )
        row = await self.one(query)
        return row["bank_version"], row["rules_version"]

    async def save_settings(self, name: str, settings: WorkspaceSettings) -> None:
        await self.db.execute(
            sa.update(workspaces)
            .where(workspaces.c.id == self.workspace)
            .values(name=name, settings=asdict(settings))
        )

    async def identity_secret(self) -> bytes:
        """The sealed secret that signs identities; see `safety.keys`."""
        query = sa.select(workspaces.c.identity_secret).where(workspaces.c.id == self.workspace)
        return (await self.db.execute(query)).scalar_one()

    async def replace_identity_secret(self, sealed: bytes) -> None:
        await self.db.execute(
            sa.update(workspaces)
            .where(workspaces.c.id == self.workspace)
            .values(identity_secret=sealed)
        )

    async def api_keys(self) -> list[Mapping[str, Any]]:
        """`id, name, created_at, used_at, revoked_at` of every key, newest first."""
        query = (
            sa.select(
                api_keys.c.id,
                api_keys.c.name,
                api_keys.c.created_at,
                api_keys.c.used_at,
                api_keys.c.revoked_at,
            )
            .where(api_keys.c.workspace_id == self.workspace)
            .order_by(api_keys.c.created_at.desc())
        )
        return await self.rows(query)

    async def add_api_key(self, name: str, key_hash: str) -> UUID:
        key_id = uuid4()
        await self.add(api_keys, id=key_id, name=name, key_hash=key_hash, created_at=self.now)
        return key_id

    async def revoke_api_key(self, key_id: UUID) -> None:
        """
        Raises:
            NotFound: No key in use has this id.
        """
        done = await self.db.execute(
            sa.update(api_keys)
            .where(
                api_keys.c.id == key_id,
                api_keys.c.workspace_id == self.workspace,
                api_keys.c.revoked_at.is_(None),
            )
            .values(revoked_at=self.now)
        )
        if done.rowcount != 1:
            raise NotFound("API key", key_id)
