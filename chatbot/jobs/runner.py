"""
Runs turns apart from whoever began them, under a lease that outlives no process.

One turn of a conversation runs at a time, in one process. Its lease is renewed while it works;
when a process dies, the sweep of any other one takes the turn over.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.context.situation import Situation
from chatbot.continuity.deferring import ASIDE
from chatbot.domain.conversation import Turn
from chatbot.domain.principal import Principal, system
from chatbot.errors import Superseded, Unavailable
from chatbot.ladder.voice import Voice
from chatbot.ports import Bus, Clock, Subscription
from chatbot.tickets.handoff import SILENCE

if TYPE_CHECKING:
    from chatbot.store.unit import Store

_log = logging.getLogger(__name__)

RENEW_S = 3.0
SWEEP_S = 2.0
STOP = "stop"
"""Topic on which a customer stops the running reply of a conversation."""

Answer = Callable[[Turn, Principal, Voice, Situation | None], Awaitable[bool]]
Stop = Callable[[Turn, Principal, Voice], Awaitable[bool]]


@dataclass(slots=True, eq=False)
class _Running:
    """
    The turns of one conversation, one after the other.

    Attributes:
        voice: Of the turn that runs now.
        situation: What `receive` found for it; None for one that waited.
        stopped: The customer, or an agent who took over, wants no more of it.
        off: The turn is not to be worked on any more, for that or another reason.
        answering: The reply is being made; before and after that there is nothing to interrupt.
    """

    by: Principal
    turn: Turn
    voice: Voice
    situation: Situation | None = None
    task: asyncio.Task[None] | None = None
    stopped: bool = False
    off: bool = False
    answering: bool = False

    def call_off(self) -> None:
        """Interrupt the reply, unless it is complete and only being written down."""
        self.off = True
        if self.task is not None and self.answering and not self.voice.settling:
            self.task.cancel()


class TurnRunner:
    """
    Begins turns, keeps their leases, and takes up those that others left.

    Args:
        answer: Makes and settles the reply of a turn; whether another one may wait for it.
        stop: Settles a turn whose customer stopped it; likewise.
    """

    def __init__(
        self, *, store: "Store", bus: Bus, clock: Clock, answer: Answer, stop: Stop
    ) -> None:
        self._store, self._bus, self._clock = store, bus, clock
        self._answer, self._stop = answer, stop
        self._running: dict[UUID, _Running] = {}
        self._ears: list[Subscription] = []
        self._sweeper: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._draining = False

    @property
    def busy(self) -> int:
        """How many turns run here now."""
        return len(self._running)

    @property
    def later(self) -> int:
        """How many of them answer a question of an outage that is over."""
        return sum(running.turn.later for running in self._running.values())

    @property
    def draining(self) -> bool:
        """Whether the process ends: nothing is to be begun here any more."""
        return self._draining

    async def start(self) -> None:
        """Listen for stops, keep leases, and begin to sweep for stranded turns."""
        self._ears = [
            await self._bus.hear(STOP, self._hear_stop),
            await self._bus.hear(SILENCE, self._hear_stop),
            await self._bus.hear(ASIDE, self._hear_aside),
        ]
        self._sweeper = asyncio.create_task(self._sweep(), name="sweep stranded turns")
        self._keeper = asyncio.create_task(self._keep_leases(), name="keep leases")

    def begin(self, turn: Turn, by: Principal, situation: Situation | None = None) -> None:
        """Run a claimed turn, with what is known of its situation; returns at once."""
        running = _Running(by, turn, self._voice(turn), situation)
        self._running[turn.conversation_id] = running
        running.task = asyncio.create_task(self._run(running), name=f"turn {turn.id}")

    async def stop(self, conversation_id: UUID) -> None:
        """Stop the running reply of a conversation, wherever it runs."""
        await self._bus.broadcast(STOP, str(conversation_id))

    def _hear_stop(self, text: str) -> None:
        running = self._running.get(UUID(text))
        if running is not None:
            running.stopped = True
            running.call_off()

    def _hear_aside(self, text: str) -> None:
        running = self._running.get(UUID(text))
        if running is not None and running.turn.later:
            self._hear_stop(text)

    async def drain(self, within_s: float) -> None:
        """Let running turns finish; what is left after *within_s* is given back for others."""
        self._draining = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        left = list(self._running.values())
        tasks = [running.task for running in left if running.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
        for running in left:
            running.call_off()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._keeper is not None:
            self._keeper.cancel()
        for ear in self._ears:
            ear.close()

    def _voice(self, turn: Turn) -> Voice:
        return Voice(turn, self._bus, self._clock)

    async def _run(self, running: _Running) -> None:
        conversation_id, following = running.turn.conversation_id, True
        while following:
            waits = await self._take(running)
            running.stopped = running.off = False
            look = waits and not self._draining
            turn = await self._next(conversation_id, running.by) if look else None
            following = turn is not None
            if turn is not None:
                running.turn, running.voice, running.situation = turn, self._voice(turn), None
        if self._running.get(conversation_id) is running:  # a newer one may have begun meanwhile
            del self._running[conversation_id]

    async def _take(self, running: _Running) -> bool:
        """Do the work of a turn; whether another one may wait for it."""
        turn = running.turn
        try:
            return await self._answer_or_stop(running)
        except Superseded:
            _log.info("turn %s went on elsewhere", turn.id)
        except Unavailable as error:
            _log.warning("turn %s waits: %s", turn.id, error)
        except Exception:  # a bug must not end what other customers' turns run in  # noqa: BLE001
            _log.exception("turn %s failed; it is taken up again", turn.id)
        return True

    async def _answer_or_stop(self, running: _Running) -> bool:
        turn, by, voice = running.turn, running.by, running.voice
        if not running.off:
            running.answering = True
            try:
                return await self._answer(turn, by, voice, running.situation)
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is not None:
                    task.uncancel()  # the cancellation was meant for the reply and ends here
            finally:
                running.answering = False  # what follows takes a moment, and has to be done
        if running.stopped:
            return await self._stop(turn, by, voice)
        async with self._store.begin(by) as db:
            await db.turns.release(turn)
        return True

    async def _keep_leases(self) -> None:
        while True:
            await self._clock.sleep(RENEW_S)
            await self.renew()

    async def renew(self) -> None:
        """
        Keep the leases of all turns that run here, with one statement for each workspace.

        Whoever works on a turn whose lease was lost is told to leave it. Where that fails, the
        other workspaces' leases are kept all the same.
        """
        held: defaultdict[UUID, list[tuple[_Running, Turn, str]]] = defaultdict(list)
        for running in self._running.values():
            held[running.by.workspace].append((running, running.turn, running.voice.said))
        for workspace, here in held.items():
            try:
                async with self._store.begin(system(workspace)) as db:
                    ours = await db.turns.renew([(turn, said) for _, turn, said in here])
            except Unavailable as error:
                _log.warning("leases in workspace %s were not renewed: %s", workspace, error)
                continue
            except Exception:  # without leases every turn would be taken over  # noqa: BLE001
                _log.exception("leases in workspace %s were not renewed", workspace)
                continue
            for running, turn, _ in here:
                if turn.id not in ours and running.turn is turn:
                    running.call_off()

    async def _next(self, conversation_id: UUID, by: Principal) -> Turn | None:
        try:
            async with self._store.begin(by) as db:
                return await db.turns.claim(conversation_id)
        except Unavailable as error:
            _log.warning("conversation %s waits: %s", conversation_id, error)
            return None

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_S)
            try:
                await self.take_up()
            except Unavailable as error:
                _log.warning("stranded turns wait: %s", error)
            except Exception:  # the sweep repairs everything else: it goes on  # noqa: BLE001
                _log.exception("the sweep for stranded turns failed")

    async def take_up(self) -> int:
        """Take over turns whose lease ended, and begin those that nobody began; how many."""
        async with self._store.directory() as directory:
            stranded = await directory.stranded()
        begun = 0
        for workspace, conversation_id in stranded:
            if conversation_id in self._running:
                continue
            async with self._store.begin(system(workspace)) as db:
                turn = await db.turns.claim(conversation_id)
                conversation = await db.conversations.get(conversation_id)
            if turn is not None:
                begun += 1
                self.begin(turn, Principal(workspace, "customer", conversation.customer_id))
        return begun
