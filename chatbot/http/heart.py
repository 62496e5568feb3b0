"""One heartbeat for all sockets of a process: pings, silent clients, and the count of sockets."""

import asyncio
import ipaddress
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chatbot.domain.principal import system
from chatbot.errors import Unavailable
from chatbot.http.watcher import Ping, Watcher
from chatbot.http.wire import EXPIRED, NO_PONG, TOO_SLOW
from chatbot.ports import Clock
from chatbot.settings import Limits

if TYPE_CHECKING:
    from chatbot.store.unit import Store

_log = logging.getLogger(__name__)

BEAT_S = 1.0
FAREWELL_S = 1.0


@dataclass(slots=True, eq=False)
class Pulse:
    """
    How one socket is doing.

    Attributes:
        pinged_at, sending_since: Monotonic seconds; None while no pong is owed, or nothing is sent.
        close: Ends the socket with a close code.
    """

    watcher: Watcher
    close: Callable[[int], Coroutine[Any, Any, None]]
    customer: UUID
    seen_at: float
    pinged_at: float | None = None
    sending_since: float | None = None
    closing: bool = field(default=False)


class Heart:
    """
    Knows every open socket of this process.

    Attributes:
        streams: Tasks that feed the console's open pages; they end with the sockets.
    """

    def __init__(self, limits: Limits, clock: Clock, store: "Store") -> None:
        self._limits, self._clock, self._store = limits, clock, store
        self._pulses: set[Pulse] = set()
        self._counts: Counter[UUID | str] = Counter()
        self._farewells: set[asyncio.Task[None]] = set()
        self.streams: set[asyncio.Task[None]] = set()

    @property
    def sockets(self) -> int:
        return len(self._pulses)

    def take_place(self, customer: UUID, address: str) -> bool:
        """Whether this visitor and this address may open one more socket, which then counts."""
        if self._counts[customer] >= self._limits.sockets_per_visitor:
            return False
        crowded = self._counts[address] >= self._limits.sockets_per_address
        if crowded and not is_loopback(address):
            return False
        self._counts.update((customer, address))
        return True

    def leave_place(self, customer: UUID, address: str) -> None:
        for key in (customer, address):
            self._counts[key] -= 1
            if self._counts[key] <= 0:
                del self._counts[key]

    def add(self, pulse: Pulse) -> None:
        self._pulses.add(pulse)

    def remove(self, pulse: Pulse) -> None:
        self._pulses.discard(pulse)

    async def beat_for_ever(self) -> None:
        """Look after every socket once a second."""
        while True:
            await self._clock.sleep(BEAT_S)
            try:
                await self.beat()
            except Exception:  # one odd socket costs nobody else their heartbeat  # noqa: BLE001
                _log.exception("a heartbeat failed")

    async def beat(self) -> None:
        """Ping who was quiet, let go of who owes a pong or does not take what is sent."""
        now = self._clock.monotonic()
        quiet: list[Pulse] = []
        for pulse in tuple(self._pulses):
            blocked_s = 0.0 if pulse.sending_since is None else now - pulse.sending_since
            if blocked_s > self._limits.send_blocked_s:
                self._let_go(pulse, TOO_SLOW)
            elif pulse.pinged_at is not None:
                if now - pulse.pinged_at > self._limits.pong_within_s:
                    self._let_go(pulse, NO_PONG)
            elif now - pulse.seen_at >= self._limits.heartbeat_s:
                pulse.pinged_at = now
                quiet.append(pulse)
        await self._ping(quiet)

    async def _ping(self, quiet: list[Pulse]) -> None:
        """Ask for a sign of life, saying how far the log has come."""
        by_workspace: defaultdict[UUID, list[Watcher]] = defaultdict(list)
        for pulse in quiet:
            by_workspace[pulse.watcher.by.workspace].append(pulse.watcher)
        for workspace, watchers in by_workspace.items():
            tops = await self._tops(workspace, [watcher.conversation_id for watcher in watchers])
            for watcher in watchers:
                watcher.hear(Ping(tops.get(watcher.conversation_id, watcher.seq)))

    async def _tops(self, workspace: UUID, ids: list[UUID]) -> Mapping[UUID, int]:
        try:
            async with self._store.begin(system(workspace)) as db:
                return await db.conversations.tops(ids)
        except Unavailable as error:
            _log.warning("sockets are pinged without a look at the log: %s", error)
            return {}

    def _let_go(self, pulse: Pulse, code: int) -> None:
        """Begin to end a socket; nobody waits for a client that may not be listening."""
        if pulse.closing:
            return
        pulse.closing = True
        farewell = asyncio.create_task(pulse.close(code))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)

    def let_go_of(self, visitor: str) -> None:
        """End the sockets of a visitor who turned out to be a customer: a new token is needed."""
        for pulse in tuple(self._pulses):
            if str(pulse.customer) == visitor:
                self._let_go(pulse, EXPIRED)

    def tell_all(self, text: str) -> None:
        """Queue a frame for everybody."""
        for pulse in tuple(self._pulses):
            pulse.watcher.hear(text)

    async def close_all(self, code: int) -> None:
        """End every socket; those that do not answer in a moment are left to the server."""
        for pulse in tuple(self._pulses):
            self._let_go(pulse, code)
        if self._farewells:
            await asyncio.wait(tuple(self._farewells), timeout=FAREWELL_S)
        for stream in tuple(self.streams):
            stream.cancel()


def is_loopback(address: str) -> bool:
    """Whether a peer's address is this machine: a reverse proxy, or somebody trying it out."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
