"""
Events leave the outbox: each is tried until the receiver takes it, for about a day.

Whoever takes a delivery has it for a minute, so no two processes send it at the same time; when
one dies on the way, the event is sent again with the same id. Once it was taken it is never sent
again.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from chatbot.domain.principal import Principal, system
from chatbot.domain.webhook import Delivery, Outcome, Webhook
from chatbot.errors import NotFound
from chatbot.ports import Clock, Courier
from chatbot.safety.keys import Keyring
from chatbot.telemetry.metrics import WEBHOOKS
from chatbot.webhooks.signing import SECRET_BYTES, secret_of, signed

if TYPE_CHECKING:
    from chatbot.store.unit import Store

_log = logging.getLogger(__name__)

ATTEMPTS = 10
FIRST_S, LONGEST_S, FACTOR = 10.0, 6 * 3600.0, 4
"""10 s, 40 s, 3 min … 6 h between the attempts: the last is made 22 to 26 hours after the first."""

SPREAD = 0.2
"""Up to this share of a pause is added, so that what failed together does not come together."""

_AT_ONCE = 8
"""Requests to one receiver."""


def again_in_s(attempts: int, random: Callable[[], float]) -> float:
    """Seconds until an event that was tried *attempts* times in vain is tried again."""
    pause = min(FIRST_S * FACTOR ** (attempts - 1), LONGEST_S)
    return pause * (1 + SPREAD * random())


def secret_place(workspace: UUID) -> str:
    """Where a workspace's webhook secret is sealed; it opens nowhere else."""
    return f"webhook secret of {workspace}"


class Deliverer:
    """Delivers what is due, a workspace at a time; `jobs.catalogue` says when."""

    def __init__(
        self,
        store: "Store",
        courier: Courier,
        keyring: Keyring,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._store, self._courier = store, courier
        self._keyring, self._clock, self._random = keyring, clock, random

    async def parts(self) -> Sequence[str]:
        """Every workspace, by its id, that is to be told something now."""
        async with self._store.directory() as directory:
            return [str(workspace) for workspace in await directory.due_webhooks()]

    async def work(self, part: str) -> None:
        """
        Tell a workspace everything that is due; what fails is due again later.

        Raises:
            Misconfigured: Its secret was sealed with a key that is gone.
            Unavailable: The database is away.
        """
        by = system(UUID(part))
        while True:
            async with self._store.begin(by) as db:
                webhook = await db.webhooks.get()
                taken = [] if webhook is None else await db.webhooks.take(_AT_ONCE)
            if webhook is None or not taken:
                return
            sent = [self._send(by, webhook, each.id, each.body) for each in taken]
            outcomes = await asyncio.gather(*sent)
            async with self._store.begin(by) as db:
                for delivery, outcome in zip(taken, outcomes, strict=True):
                    again_at = self._again_at(delivery, outcome, db.now)
                    await db.webhooks.end(delivery, outcome, again_at=again_at)

    async def test(self, by: Principal) -> Outcome:
        """
        Send an event that means nothing, once, and tell what came back.

        Raises:
            NotFound: No address is set.
        """
        async with self._store.begin(by) as db:
            webhook = await db.webhooks.get()
            if webhook is None:
                raise NotFound("webhook", "of this workspace")
            await db.audit.record("webhook.test", webhook.url)
        told = {"type": "webhook.test", "timestamp": self._clock.now(), "data": {}}
        return await self._send(by, webhook, uuid4(), msgspec.json.encode(told).decode())

    def new_secret(self, workspace: UUID) -> tuple[str, bytes]:
        """A secret as its owner is shown it, once, and as it is kept."""
        secret = secret_of(secrets.token_bytes(SECRET_BYTES))
        return secret, self._keyring.seal(secret, place=secret_place(workspace))

    async def _send(self, by: Principal, webhook: Webhook, event: UUID, body: str) -> Outcome:
        secret = self._keyring.open(webhook.sealed_secret, place=secret_place(by.workspace))
        content = body.encode()
        headers = signed(secret, f"msg_{event.hex}", self._clock.now(), content)
        return await self._courier.post(webhook.url, headers, content)

    def _again_at(self, delivery: Delivery, outcome: Outcome, now: datetime) -> datetime | None:
        if outcome.taken:
            WEBHOOKS.labels("delivered").inc()
            return None
        if outcome.gone or delivery.attempts >= ATTEMPTS:
            WEBHOOKS.labels("failed").inc()
            _log.warning("event %s is given up after %d attempts", delivery.id, delivery.attempts)
            return None
        WEBHOOKS.labels("put_back").inc()
        return now + timedelta(seconds=again_in_s(delivery.attempts, self._random))
