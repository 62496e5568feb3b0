"""
What is done in the background, and when. Every job may be run again: its second run finds less.

A schedule only queues; the work is a job of its own, so that it is retried when it fails and held
for somebody to look at when it keeps failing.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.answers.drafting import Drafter
from chatbot.answers.gathering import Gatherer
from chatbot.domain.principal import system
from chatbot.webhooks.delivering import Deliverer

if TYPE_CHECKING:
    from chatbot.store.unit import Store

_log = logging.getLogger(__name__)

SCHEMA = "jobs"
CHANNEL = "chatbot_jobs"
"""Where the queue keeps its tables, and on which channel its processes wake each other."""


@dataclass(frozen=True, slots=True)
class Job:
    """
    A kind of work.

    Attributes:
        every: When it is due, as a cron expression in UTC.
        parts: What is to be done then; each part is queued, retried and held by itself.
        work: Does one part.
    """

    name: str
    every: str
    parts: Callable[[], Awaitable[Sequence[str]]]
    work: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How often a part that fails is tried before it is held for a person to look at.

    Attributes:
        first_s, longest_s: Seconds before the second attempt, doubled before each later one.
        lost_after_s: Seconds without a sign of life after which a part is taken from its process.
    """

    attempts: int = 8
    first_s: float = 10.0
    longest_s: float = 1800.0
    lost_after_s: float = 30.0


def catalogue(
    store: "Store", gatherer: Gatherer, drafter: Drafter | None, deliverer: Deliverer
) -> tuple[Job, ...]:
    """Every job of the application."""
    keeping, curating = Housekeeping(store), Curation(store, gatherer, drafter)
    return (
        Job("housekeeping", "17 * * * *", keeping.parts, keeping.work),
        Job("suggestions", "*/5 * * * *", curating.parts, curating.work),
        Job("webhooks", "* * * * * */2", deliverer.parts, deliverer.work),
    )


class Housekeeping:
    """Forgets, once an hour, what nobody can use any more."""

    EVERYBODY = "everybody"

    def __init__(self, store: "Store") -> None:
        self._store = store

    async def parts(self) -> Sequence[str]:
        """What belongs to no workspace, then every workspace by its id."""
        async with self._store.directory() as directory:
            workspaces = await directory.workspaces()
        return [self.EVERYBODY, *(str(workspace.id) for workspace in workspaces)]

    async def work(self, part: str) -> None:
        """Forget sign-ins that are over, or a workspace's old request keys and identities."""
        if part == self.EVERYBODY:
            async with self._store.directory() as directory:
                sessions = await directory.forget_sessions()
                lines = await directory.forget_job_log()
            _log.info("forgot %d sessions and %d lines about jobs", sessions, lines)
            return
        async with self._store.begin(system(UUID(part))) as db:
            keys = await db.requests.forget_old()
            identities = await db.customers.forget_identities()
            told = await db.webhooks.forget_old()
        _log.info(
            "workspace %s: forgot %d keys, %d identities and %d events",
            part,
            keys,
            identities,
            told,
        )


class Curation:
    """Looks, every few minutes, for what the answer banks could not say and agents could."""

    def __init__(self, store: "Store", gatherer: Gatherer, drafter: Drafter | None) -> None:
        self._store, self._gatherer, self._drafter = store, gatherer, drafter

    async def parts(self) -> Sequence[str]:
        """Every workspace by its id."""
        async with self._store.directory() as directory:
            return [str(workspace.id) for workspace in await directory.workspaces()]

    async def work(self, part: str) -> None:
        """Read what happened in a workspace since the last time, and word it where a model can."""
        added = await self._gatherer.gather(UUID(part))
        drafted = 0 if self._drafter is None else await self._drafter.draft(UUID(part))
        _log.info("workspace %s: %d questions, %d drafts of suggestions", part, added, drafted)
