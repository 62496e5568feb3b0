"""The turns of one process: who keeps them, who loses one, and who follows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.context.situation import Situation
from chatbot.domain.conversation import Inbound, Turn
from chatbot.domain.principal import Principal, system
from chatbot.errors import NotFound, Superseded
from chatbot.jobs.runner import TurnRunner
from chatbot.ladder.voice import Voice
from chatbot.store.engine import open_engine
from chatbot.store.turns import LEASE, Turns
from chatbot.store.unit import Store
from tests.builders import FakeClock
from tests.conftest import Cluster
from tests.tenants import Tenant, found_tenant
from tests.waiting import until

AFTER_THE_LEASE = LEASE.total_seconds() + 1


@dataclass
class Process:
    """A runner whose turns go on until a test ends them."""

    store: Store
    tenant: Tenant
    clock: FakeClock
    begun: list[UUID] = field(default_factory=list)
    left: list[UUID] = field(default_factory=list)
    stopped: list[UUID] = field(default_factory=list)
    end: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.runner = TurnRunner(
            store=self.store,
            bus=MemoryBus(),
            clock=self.clock,
            answer=self._answer,
            stop=self._stop,
        )

    async def _answer(
        self, turn: Turn, by: Principal, _voice: Voice, _situation: Situation | None
    ) -> bool:
        self.begun.append(turn.id)
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.left.append(turn.id)
            raise
        async with self.store.begin(by) as db:
            await db.conversations.get(turn.conversation_id, lock=True)
            return await db.turns.finish(turn, {})

    async def _stop(self, turn: Turn, by: Principal, _voice: Voice) -> bool:
        self.stopped.append(turn.id)
        async with self.store.begin(by) as db:
            return await db.turns.finish(turn, {"stopped": True})

    async def customer(self, tenant: Tenant | None = None) -> Principal:
        home = tenant or self.tenant
        async with self.store.begin(home.principal) as db:
            return Principal(home.id, "customer", await db.customers.welcome())

    async def asked(self, by: Principal, conversation: UUID) -> Turn | None:
        async with self.store.begin(by) as db:
            _, entry, _ = await db.conversations.receiving(Inbound(conversation, uuid4(), "Help?"))
            return await db.turns.add_turn(entry)

    async def begin(self, tenant: Tenant | None = None) -> Turn:
        """A new customer's turn, which runs."""
        by = await self.customer(tenant)
        turn = await self.asked(by, uuid4())
        assert turn is not None
        self.runner.begin(turn, by)
        await until(lambda: turn.id in self.begun, "the turn began")
        return turn

    async def stranded(self) -> set[UUID]:
        async with self.store.directory() as directory:
            return {conversation for _, conversation in await directory.stranded()}

    async def take_over(self, turn: Turn) -> Turn | None:
        """What another process does."""
        async with self.store.begin(system(self.tenant.id)) as db:
            return await db.turns.claim(turn.conversation_id)


@pytest_asyncio.fixture
async def here(database_url: str, clock: FakeClock) -> AsyncIterator[Process]:
    store = Store(open_engine(database_url), clock)
    process = Process(store, await found_tenant(store, "fjell"), clock)
    try:
        yield process
    finally:
        process.end.set()
        await until(lambda: process.runner.busy == 0, "every turn ended")
        await store.close()


async def test_renewed_together_turns_outlive_their_leases(here: Process) -> None:
    turns = [await here.begin() for _ in range(3)]
    for _ in range(4):
        await here.clock.advance(LEASE.total_seconds() / 2)
        await here.runner.renew()
    assert await here.stranded() == set()
    assert [await here.take_over(turn) for turn in turns] == [None, None, None]
    await here.clock.advance(AFTER_THE_LEASE)
    assert await here.stranded() == {turn.conversation_id for turn in turns}
    assert here.left == []


async def test_who_lost_one_turn_leaves_that_one_alone(here: Process) -> None:
    lost, kept = await here.begin(), await here.begin()
    await here.clock.advance(AFTER_THE_LEASE)
    taken = await here.take_over(lost)
    assert taken is not None
    await here.runner.renew()
    await until(lambda: here.left == [lost.id], "the lost turn was left")
    await until(lambda: here.runner.busy == 1, "nothing is done for it any more")
    assert await here.stranded() == set()
    async with here.store.begin(system(here.tenant.id)) as db:
        assert await db.turns.renew([(kept, "so far"), (taken, "")]) == {kept.id, taken.id}
        with pytest.raises(Superseded):
            await db.turns.finish(lost, {})


async def test_a_workspace_whose_leases_cannot_be_kept_costs_no_other_theirs(
    here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await here.begin()
    fine = await here.begin(await found_tenant(here.store, "klint"))
    renew = Turns.renew

    async def failing(door: Turns, held: Sequence[tuple[Turn, str]]) -> set[UUID]:
        if door.workspace == here.tenant.id:
            raise ValueError("on purpose")
        return await renew(door, held)

    monkeypatch.setattr(Turns, "renew", failing)
    for _ in range(3):
        await here.clock.advance(LEASE.total_seconds() / 2)
        await here.runner.renew()
    assert await here.stranded() == {broken.conversation_id}
    assert fine.id not in here.left


async def test_a_turn_says_at_its_end_whether_another_waits(here: Process) -> None:
    first = await here.begin()
    by = await here.customer()
    alone = await here.asked(by, uuid4())
    assert alone is not None
    async with here.store.begin(by) as db:
        assert not await db.turns.finish(alone, {})
    async with here.store.begin(system(here.tenant.id)) as db:
        asker = (await db.conversations.get(first.conversation_id)).customer_id
    waiting = await here.asked(Principal(here.tenant.id, "customer", asker), first.conversation_id)
    assert waiting is None
    here.end.set()
    await until(lambda: len(here.begun) == 2, "the one that waited was begun at once")


async def test_what_is_called_off_before_it_began_is_not_begun(here: Process) -> None:
    await here.runner.start()
    by = await here.customer()
    turn = await here.asked(by, uuid4())
    assert turn is not None
    here.runner.begin(turn, by)
    await here.runner.stop(turn.conversation_id)
    await until(lambda: here.stopped == [turn.id], "it was stopped")
    assert here.begun == []
    await here.runner.drain(0)


async def test_nobody_looks_around_in_a_conversation_of_somebody_else(here: Process) -> None:
    turn, stranger = await here.begin(), await here.customer()
    async with here.store.begin(system(here.tenant.id)) as db:
        theirs = await db.conversations.get(turn.conversation_id)
        found = await db.situations.around(theirs)
    assert [entry.text for entry in found.history] == ["Help?"]
    assert (found.workspace.slug, found.facts.customer.id) == ("fjell", theirs.customer_id)
    async with here.store.begin(stranger) as db:
        with pytest.raises(NotFound):
            await db.situations.around(theirs)


async def test_what_happened_long_ago_is_told_where_the_server_has_a_zone_of_its_own(
    here: Process, cluster: Cluster, database_url: str
) -> None:
    name = urlsplit(database_url).path[1:]
    await cluster.order(f"alter database {name} set timezone to 'America/New_York'")
    store = Store(open_engine(database_url), here.clock)
    by, conversation = await here.customer(), uuid4()
    assert by.id is not None
    await here.asked(by, conversation)
    founded = datetime(1880, 1, 1, tzinfo=UTC)
    try:
        async with store.begin(by) as db:
            await db.customers.add_event(by.id, kind="founded", at=founded, data={})
            found = await db.situations.around(await db.conversations.get(conversation))
    finally:
        await store.close()
    assert [event.at for event in found.facts.events] == [founded]
