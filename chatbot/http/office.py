"""What the handlers of this process share."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Request, WebSocket

from chatbot.answers.quality import Curves
from chatbot.assembly import House
from chatbot.demo.loading import Installed
from chatbot.domain.principal import Principal
from chatbot.errors import NotSignedIn, TooMany
from chatbot.http.heart import Heart, is_loopback
from chatbot.http.networks import Networks, network_of
from chatbot.http.sites import Sites
from chatbot.http.wire import DRAIN, frame
from chatbot.jobs.runner import TurnRunner
from chatbot.ports import Counters
from chatbot.safety.keys import Keyring
from chatbot.safety.passwords import Passwords
from chatbot.settings import Settings
from chatbot.telemetry.metrics import SOCKETS, TURNS_RUNNING
from chatbot.turn import Desk

VISITOR = "visitor"
"""The kind of token that a customer's browser carries."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom a widget's token names."""

    workspace: UUID
    customer: UUID


class ConversationIds:
    """
    Ids given to customers before anything is stored under them.

    Half of an id is a code over the other half and the customer, so that an id that is not in the
    log yet is known to be ours and theirs; any other unknown id is as foreign as somebody else's.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self, customer: UUID) -> UUID:
        nonce = secrets.token_bytes(8)
        return UUID(bytes=nonce + self._code(nonce, customer))

    def given_to(self, conversation_id: UUID, customer: UUID) -> bool:
        raw = conversation_id.bytes
        return hmac.compare_digest(raw[8:], self._code(raw[:8], customer))

    def _code(self, nonce: bytes, customer: UUID) -> bytes:
        return hmac.digest(self._key, nonce + customer.bytes, "sha256")[:8]


class Office:
    """
    Everything an HTTP or socket handler may use; made once per process.

    A plain class, not a dataclass: the framework would look into a dataclass's fields.
    """

    def __init__(
        self,
        *,
        house: House,
        heart: Heart,
        sites: Sites,
        conversation_ids: ConversationIds,
        networks: Networks,
        installed: Installed | None = None,
    ) -> None:
        self.house, self.heart, self.sites = house, heart, sites
        self.conversation_ids, self.networks = conversation_ids, networks
        self.installed = installed
        self.passwords = Passwords()
        self.imports = asyncio.Semaphore(2)  # each reads much and holds a connection beside its own
        self.previews = asyncio.Semaphore(1)  # each takes a core for a second or two
        self.curves = Curves()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @property
    def desk(self) -> Desk:
        return self.house.desk

    @property
    def runner(self) -> TurnRunner:
        return self.house.runner

    @property
    def counters(self) -> Counters:
        return self.house.counters

    @property
    def keyring(self) -> Keyring:
        return self.house.keyring

    @property
    def degraded(self) -> bool:
        """Whether customers get saved answers because the model is failing."""
        return self.desk.pulse.degraded

    def encoder_state(self) -> str:
        """`ok`, or what the bank does without its encoder."""
        encoder = self.house.encoder
        if encoder.ready:
            return "ok"
        return encoder.problem or "starting: the answer bank matches by wording until then"

    def provider_state(self) -> str:
        """`ok`, `unused` without any provider, or that it failed lately."""
        if not self.settings.providers:
            return "unused"
        if self.degraded:
            return "failing: saved answers are given"
        aside = self.desk.pulse.set_aside
        return f"the other one answers for {', '.join(aside)}" if aside else "ok"

    def measure(self) -> None:
        """Bring the gauges up to date; they are read when somebody asks."""
        SOCKETS.set(self.heart.sockets)
        TURNS_RUNNING.set(self.runner.busy)

    async def drain(self) -> None:
        """Before this process ends: say so, let replies finish, send everybody elsewhere."""
        within_s = self.settings.limits.drain_s
        self.heart.tell_all(frame("drain", within_s=within_s))
        await self.runner.drain(within_s)
        await self.heart.close_all(DRAIN)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something short that nobody waits for; the task is kept until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def token(self, visitor: Visitor) -> str:
        """A widget's token for *visitor*."""
        return self.keyring.sign(
            {"ws": str(visitor.workspace), "sub": str(visitor.customer)},
            kind=VISITOR,
            now=self.desk.clock.now(),
            lasts=timedelta(seconds=self.settings.limits.token_s),
        )

    def visitor(self, token: str, *, grace: timedelta = timedelta()) -> Visitor:
        """
        Raises:
            Expired: The token was good once.
            NotSignedIn: It never was.
        """
        claims: Mapping[str, Any] = self.keyring.read(
            token, kind=VISITOR, now=self.desk.clock.now(), grace=grace
        )
        try:
            return Visitor(UUID(claims["ws"]), UUID(claims["sub"]))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise NotSignedIn("This token is not one of ours.") from error

    def address_of(self, connection: "Request[Any, Any, Any] | WebSocket[Any, Any, Any]") -> str:
        """
        The peer's address; IPv6 by its /64 network.

        uvicorn has already put the address from a trusted proxy's header in its place.
        """
        client = connection.client
        host = client.host if client else ""
        return network_of(host)

    async def allow_message(self, by: Principal, address: str) -> None:
        """
        Count a message; a new visitor costs nothing to make, so their address counts too.

        Raises:
            TooMany: This customer, or everybody at *address*, sends faster than people would.
        """
        limits = self.settings.limits
        counted = {f"messages:{by.id}": limits.messages_per_minute}
        if not is_loopback(address):
            counted[f"messages:from:{address}"] = limits.messages_per_address
        for key, limit in counted.items():
            wait = await self.counters.hit(key, limit=limit, window=60.0)
            if wait > 0:
                raise TooMany("Too many messages: wait a moment.", retry_after=wait)


def derived_key(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose, so that none can stand in for another."""
    return hashlib.sha256(f"{purpose}:{secret}".encode()).digest()
