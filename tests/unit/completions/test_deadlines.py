"""A customer never waits longer for a model than we said, whatever the model does."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatbot.completions.deadlines import Deadlines, Watch
from chatbot.errors import ProviderDegraded
from tests.asks import ask
from tests.builders import FakeClock
from tests.fault_scenarios import REPLY, Manual
from tests.fault_server import chunk
from tests.models import Stage, stage
from tests.waiting import until


@pytest.fixture
async def at(clock: FakeClock) -> AsyncIterator[Stage]:
    async with stage(clock) as ready:
        yield ready


class Listener:
    """Runs the rung in a task and keeps what it says."""

    def __init__(self, at: Stage) -> None:
        self.words = ""
        self.talk = Manual()
        at.server.script.append(self.talk)
        self.task = asyncio.create_task(self._listen(at))

    async def _listen(self, at: Stage) -> None:
        async for piece in at.rung.attempt(ask(received_at=at.clock.monotonic())):
            if isinstance(piece, str):
                self.words += piece

    async def hears(self, text: str) -> None:
        self.talk.say(text)
        await until(lambda: text.strip() in self.words, f"{text!r} was heard")

    async def fault(self) -> str:
        with pytest.raises(ProviderDegraded) as error:
            await self.task
        return error.value.fault


async def test_a_model_that_does_not_begin_is_left_after_four_seconds(
    at: Stage, clock: FakeClock
) -> None:
    listener = Listener(at)
    await listener.talk.asked.wait()
    await clock.advance(3.9)
    assert not listener.task.done()
    await clock.advance(0.2)
    assert await listener.fault() == "no_first_token"
    assert at.booked[0].outcome == "no_first_token"
    assert at.booked[0].first_token_s is None


@pytest.mark.parametrize("flowing", [0, 5])
async def test_a_model_that_falls_silent_is_left_after_five_seconds(
    at: Stage, clock: FakeClock, flowing: int
) -> None:
    listener = Listener(at)
    listener.talk.head()
    for n in range(flowing):
        await listener.hears(f" word{n}")
        await clock.advance(1.65)
    await listener.hears(" last")
    await clock.advance(4.9)
    assert not listener.task.done()
    await clock.advance(0.2)
    assert await listener.fault() == "stalled"


async def test_comments_and_empty_pieces_are_no_content(at: Stage, clock: FakeClock) -> None:
    listener = Listener(at)
    listener.talk.head()
    await listener.hears("One")
    for _ in range(4):
        listener.talk.send(b": keep-alive\n\n")
        listener.talk.event(chunk({"content": ""}))
        await clock.advance(1.2)
    await clock.advance(0.3)
    assert await listener.fault() == "stalled"


async def test_a_call_that_is_being_written_is_a_sign_of_life_but_no_reply(
    at: Stage, clock: FakeClock
) -> None:
    listener = Listener(at)
    listener.talk.head()
    call = {"index": 0, "id": "c", "function": {"name": "open_ticket", "arguments": "{"}}
    await listener.talk.asked.wait()
    await clock.advance(3)
    listener.talk.event(chunk({"tool_calls": [call]}))
    await until(lambda: bool(at.provider.items), "the call was heard")
    await clock.advance(4.8)
    assert not listener.task.done(), "it writes, so it may take until the decision"
    await clock.advance(0.3)
    assert await listener.fault() == "late"


async def test_flowing_words_outlast_the_decision_but_not_the_whole(
    at: Stage, clock: FakeClock
) -> None:
    listener = Listener(at)
    listener.talk.head()
    for n in range(14):
        await listener.hears(f" word{n}")
        await clock.advance(4.2)
    assert not listener.task.done()
    await listener.hears(" last")
    await clock.advance(1.3)
    assert await listener.fault() == "too_long"


async def test_silence_that_begins_before_the_decision_is_left_soon_after_it(
    at: Stage, clock: FakeClock
) -> None:
    listener = Listener(at)
    listener.talk.head()
    for word in ("One", " two"):
        await listener.hears(word)
        await clock.advance(3.9)
    await listener.hears(" three")
    await clock.advance(0.6)
    assert not listener.task.done()
    await clock.advance(0.3)
    assert await listener.fault() == "stalled"
    assert clock.monotonic() < 9


async def test_time_spent_before_the_model_was_asked_counts_for_the_decision(
    at: Stage, clock: FakeClock
) -> None:
    talk = Manual()
    at.server.script.append(talk)
    late = ask(received_at=clock.monotonic() - 6)

    async def listen() -> None:
        async for _ in at.rung.attempt(late):
            pass

    task = asyncio.create_task(listen())
    await talk.asked.wait()
    await clock.advance(2.1)
    with pytest.raises(ProviderDegraded) as error:
        await task
    assert error.value.fault == "late"


async def test_a_slow_listener_is_no_fault_of_the_models(at: Stage, clock: FakeClock) -> None:
    talk = Manual()
    at.server.script.append(talk)
    pieces = at.rung.attempt(ask())
    talk.head()
    talk.say("One, ")
    assert await anext(pieces) == "One,"
    talk.say("two.")
    await clock.advance(30)
    assert await anext(pieces) == " two."
    talk.finish()
    assert [piece async for piece in pieces]


async def test_a_customer_who_stops_the_reply_stops_the_request(
    at: Stage, clock: FakeClock
) -> None:
    listener = Listener(at)
    listener.talk.head()
    await listener.hears("One")
    listener.talk.over()
    listener.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener.task
    await until(lambda: at.server.open_now == 0, "the provider was hung up on")
    assert at.booked[0].outcome == "abandoned"
    assert at.booked[0].usage.output_tokens > 0
    await clock.advance(100)


async def test_nothing_watches_a_reply_that_is_over(at: Stage, clock: FakeClock) -> None:
    assert (await at.reply(ask())).text == REPLY
    before = len(asyncio.all_tasks())
    await clock.advance(100)
    assert len(asyncio.all_tasks()) <= before


async def test_whoever_stops_the_turn_in_that_moment_stops_it(clock: FakeClock) -> None:
    """A deadline ends a wait; a customer or a server that stops ends all of it, also just then."""
    hung_up = asyncio.Event()

    async def coming() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            task.cancel()  # somebody else's, before the deadline's own was heard
            raise

    async def turn() -> None:
        watch = Watch(clock, Deadlines(), received_at=0.0, spoken=False, who="one")
        try:
            async with watch:
                await watch.wait(coming())
        except ProviderDegraded:
            hung_up.set()  # the next rung would go on

    task = asyncio.create_task(turn())
    await clock.advance(4.1)
    await asyncio.wait({task}, timeout=10)
    assert task.cancelled()
    assert not hung_up.is_set()
