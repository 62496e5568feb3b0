"""When an incident begins and when it is over, by a clock that a test moves."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from chatbot.continuity.incidents import NOTED_S, QUIET_S, SURE_S, IncidentBook
from chatbot.domain.outage import Incident
from chatbot.resilience.breaker import Breaker, BreakerLimits
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from tests.builders import FakeClock
from tests.stored import Stored, stored

FELL = (("model", "server_error"),)


@dataclass
class Record:
    """The book of one process, and what it has written into a real database."""

    home: Stored
    clock: FakeClock
    breakers: list[Breaker] = field(default_factory=list)

    def __post_init__(self) -> None:
        limits = BreakerLimits()
        self.breakers = [Breaker(name, "m", self.clock, limits) for name in ("one", "two")]
        self.book = IncidentBook(self.home.store, self.clock, self.breakers)

    async def fall(
        self, declined: Sequence[tuple[str, str]] = FELL, answered_by: str = "handoff"
    ) -> None:
        await self.book.fell(self.home.tenant.id, declined, answered_by=answered_by, took_s=1.0)

    async def found(self) -> list[Incident]:
        async with self.home.store.begin(self.home.tenant.principal) as db:
            return await db.incidents.latest()

    async def goes_on(self) -> bool:
        await self.book.end_those_over()
        return (await self.found())[0].ended_at is None

    async def answered_by_the_model(self) -> None:
        by, turn = await self.home.turn()
        async with self.home.store.begin(by) as db:
            await db.turns.finish(turn, {"rung": "model"})


@pytest.fixture
async def record(database_url: str, clock: FakeClock) -> AsyncIterator[Record]:
    async with stored(database_url, clock) as home:
        yield Record(home, clock)


async def test_what_says_nothing_against_a_model_begins_none(record: Record) -> None:
    for why in ("false_claim", "bad_tool_call", "spent"):
        await record.fall((("model", why),))
    await record.fall((("cache", "nothing alike"),))
    assert await record.found() == []


async def test_where_another_model_answered_only_one_that_is_set_aside_counts(
    record: Record,
) -> None:
    await record.fall(answered_by="alternative")
    assert await record.found() == []
    record.breakers[0].open("no_quota")
    await record.fall((("model", "set_aside"),), answered_by="alternative")
    (found,) = await record.found()
    assert (found.provider, found.cause) == ("one", "no_quota")
    assert (found.fell_at - found.started_at).total_seconds() == 1.0


async def test_it_goes_on_while_the_model_is_set_aside_and_ends_when_it_is_back(
    record: Record,
) -> None:
    record.breakers[0].open("server_error")
    await record.fall()
    await record.clock.advance(2 * QUIET_S)
    assert await record.goes_on()
    record.breakers[0].close()
    assert not await record.goes_on()


async def test_it_is_over_when_nothing_has_fallen_for_a_while(record: Record) -> None:
    await record.fall()
    await record.clock.advance(QUIET_S)
    assert await record.goes_on()
    await record.clock.advance(1)
    assert not await record.goes_on()


async def test_one_reply_of_a_model_that_may_flap_does_not_end_it(record: Record) -> None:
    await record.fall()
    await record.clock.advance(1)
    await record.answered_by_the_model()
    await record.clock.advance(SURE_S - 2)
    assert await record.goes_on()
    await record.clock.advance(2)
    assert not await record.goes_on()


async def test_a_model_that_falls_again_right_after_it_came_back_begins_another(
    record: Record,
) -> None:
    record.breakers[0].open("server_error")
    await record.fall()
    await record.clock.advance(NOTED_S / 4)
    record.breakers[0].close()
    assert not await record.goes_on()
    await record.clock.advance(NOTED_S / 4)
    await record.fall()
    assert [one.ended_at is None for one in await record.found()] == [True, False]


async def test_a_drill_begins_none(record: Record) -> None:
    record.book.note_nothing()
    await record.fall()
    assert await record.found() == []


async def test_a_turn_is_not_lost_because_its_incident_cannot_be_written(
    record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    away = Store(open_engine("postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"), record.clock)
    book = IncidentBook(away, record.clock, record.breakers)
    await book.fell(record.home.tenant.id, FELL, answered_by="handoff", took_s=1.0)
    assert "an incident of one/m was not noted" in caplog.text
    await away.close()
