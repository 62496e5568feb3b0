"""What every bus must do, within a process and between two."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import get_args
from uuid import UUID, uuid4

import pytest

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.adapters.buses.redis import RedisBus
from chatbot.domain.event import LiveEvent, Logged, Noticed, Retracted, Spoken, Started, Typing
from chatbot.errors import Unavailable
from chatbot.ports import Bus
from tests.builders import an_entry
from tests.waiting import until

PING_S = 1.0  # a socket asks on its own now and then, and so does the reader here
WORDS = "Größe 🧦 ist da. "


@dataclass(frozen=True)
class Ends:
    """Where something is said, and where it is listened to."""

    speaker: Bus
    listener: Bus


@pytest.fixture(params=["memory", "one redis process", "two redis processes"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[Ends]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            bus = MemoryBus()
            yield Ends(bus, bus)
            return
        url = request.getfixturevalue("redis_url")
        processes = 2 if request.param.startswith("two") else 1
        buses = [RedisBus(url) for _ in range(processes)]
        for bus in buses:
            stack.push_async_callback(bus.close)
        yield Ends(buses[0], buses[-1])


@pytest.fixture
def conversation() -> UUID:
    return uuid4()


def one_of_each() -> list[LiveEvent]:
    reply = uuid4()
    return [
        Started(reply, uuid4(), attempt=1),
        Spoken(reply, attempt=1, offset=0, text=WORDS),
        Retracted(reply, attempt=1, reason="stream_cut"),
        Noticed("queued", "A moment, please.", eta_s=30),
        Typing("agent"),
        Logged(an_entry(reply, text=WORDS)),
    ]


async def test_every_kind_of_event_arrives_as_it_was_sent_and_in_order(
    ends: Ends, conversation: UUID
) -> None:
    events, heard = one_of_each(), list[LiveEvent]()
    assert {type(event) for event in events} == set(get_args(LiveEvent))
    await ends.listener.subscribe(conversation, heard.append)
    for event in events:
        await ends.speaker.publish(conversation, event)
    await until(lambda: len(heard) == len(events), "every event arrived")
    assert heard == events


async def test_only_the_own_conversation_is_heard(ends: Ends, conversation: UUID) -> None:
    heard = list[LiveEvent]()
    await ends.listener.subscribe(conversation, heard.append)
    await ends.speaker.publish(uuid4(), Typing("customer"))
    await ends.speaker.publish(conversation, Typing("agent"))
    await until(lambda: len(heard) > 0, "our own event arrived")
    assert heard == [Typing("agent")]


async def test_what_was_said_before_is_not_heard_again(ends: Ends, conversation: UUID) -> None:
    heard = list[LiveEvent]()
    await ends.speaker.publish(conversation, Typing("customer"))
    await ends.listener.subscribe(conversation, heard.append)
    await ends.speaker.publish(conversation, Typing("agent"))
    await until(lambda: len(heard) > 0, "the later event arrived")
    assert heard == [Typing("agent")]


async def test_a_closed_ear_hears_nothing_and_may_be_closed_again(
    ends: Ends, conversation: UUID
) -> None:
    closed, open_ = list[LiveEvent](), list[LiveEvent]()
    ear = await ends.listener.subscribe(conversation, closed.append)
    await ends.listener.subscribe(conversation, open_.append)
    ear.close()
    ear.close()
    await ends.speaker.publish(conversation, Typing("agent"))
    await until(lambda: len(open_) > 0, "the open ear heard it")
    assert closed == []


async def test_a_conversation_left_by_all_can_be_listened_to_again(
    ends: Ends, conversation: UUID
) -> None:
    heard = list[LiveEvent]()
    (await ends.listener.subscribe(conversation, heard.append)).close()
    await ends.speaker.publish(conversation, Typing("customer"))
    await ends.listener.subscribe(conversation, heard.append)
    await ends.speaker.publish(conversation, Typing("agent"))
    await until(lambda: len(heard) > 0, "the later event arrived")
    assert heard == [Typing("agent")]


async def test_a_listener_that_fails_harms_neither_the_others_nor_the_speaker(
    ends: Ends, conversation: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    heard = list[LiveEvent]()

    def fail(_: LiveEvent) -> None:
        raise RuntimeError("a listener's own trouble")

    await ends.listener.subscribe(conversation, fail)
    await ends.listener.subscribe(conversation, heard.append)
    await ends.speaker.publish(conversation, Typing("agent"))
    await until(lambda: len(heard) > 0, "the other listener heard it")
    assert "A listener failed" in caplog.text


async def test_whoever_comes_midway_is_told_all_words_so_far(
    ends: Ends, conversation: UUID
) -> None:
    started = Started(uuid4(), uuid4(), attempt=1)
    assert await ends.listener.running(conversation) is None
    await ends.speaker.publish(conversation, started)
    for number in range(3):
        piece = Spoken(started.reply_id, 1, number * len(WORDS), WORDS)
        await ends.speaker.publish(conversation, piece)
    await ends.speaker.publish(conversation, Typing("customer"))
    expected = (started, Spoken(started.reply_id, 1, 0, WORDS * 3))
    assert await ends.listener.running(conversation) == expected


async def test_withdrawn_words_are_not_told(ends: Ends, conversation: UUID) -> None:
    reply, question = uuid4(), uuid4()
    await ends.speaker.publish(conversation, Started(reply, question, 1))
    await ends.speaker.publish(conversation, Spoken(reply, 1, 0, "Nonsense"))
    await ends.speaker.publish(conversation, Retracted(reply, 1, "stream_cut"))
    assert await ends.listener.running(conversation) is None
    again = Started(reply, question, 2)
    await ends.speaker.publish(conversation, again)
    await ends.speaker.publish(conversation, Spoken(reply, 2, 0, "Sense"))
    expected = (again, Spoken(reply, 2, 0, "Sense"))
    assert await ends.listener.running(conversation) == expected


async def test_a_process_that_was_superseded_cannot_end_its_successors_reply(
    ends: Ends, conversation: UUID
) -> None:
    reply, question = uuid4(), uuid4()
    await ends.speaker.publish(conversation, Started(reply, question, 2))
    await ends.speaker.publish(conversation, Retracted(reply, 1, "restarted"))
    expected = (Started(reply, question, 2), Spoken(reply, 2, 0, ""))
    assert await ends.listener.running(conversation) == expected


async def test_a_reply_ended_by_another_process_is_over_for_the_first_one_too(
    ends: Ends, conversation: UUID
) -> None:
    started = Started(uuid4(), uuid4(), 1)
    await ends.speaker.publish(conversation, started)
    await ends.listener.publish(conversation, Started(started.reply_id, started.reply_to, 11))
    await ends.listener.publish(conversation, Logged(an_entry(started.reply_id, text="Done")))
    assert await ends.speaker.running(conversation) is None


async def test_only_its_own_message_ends_a_reply(ends: Ends, conversation: UUID) -> None:
    reply = uuid4()
    await ends.speaker.publish(conversation, Started(reply, uuid4(), 1))
    await ends.speaker.publish(conversation, Logged(an_entry(text="One more thing")))
    assert await ends.listener.running(conversation) is not None
    await ends.speaker.publish(conversation, Logged(an_entry(reply, text="Done")))
    assert await ends.listener.running(conversation) is None


async def test_a_broadcast_reaches_who_hears_its_topic_and_nobody_else(ends: Ends) -> None:
    topic, heard, others = f"bank {uuid4()}", list[str](), list[str]()
    ear = await ends.listener.hear(topic, heard.append)
    await ends.listener.hear(f"other {uuid4()}", others.append)
    await ends.speaker.broadcast(topic, "version 7 – größer")
    await until(lambda: len(heard) > 0, "the broadcast arrived")
    assert (heard, others) == (["version 7 – größer"], [])
    ear.close()
    await ends.speaker.broadcast(topic, "version 8")
    assert heard == ["version 7 – größer"]


async def test_a_healthy_bus_has_no_complaint(ends: Ends) -> None:
    complaint = None
    try:
        await ends.listener.check()
    except Unavailable as error:
        complaint = str(error)
    assert complaint is None


@dataclass
class Reader:
    """A client that joins pieces by their offset and asks for the whole where it lacks one."""

    bus: Bus
    conversation: UUID
    text: str = ""
    pieces: int = 0

    async def read(self, until_piece: int) -> None:
        """Listen for a while; what is said between two calls is missed and caught up with."""
        queue: asyncio.Queue[LiveEvent] = asyncio.Queue()
        ear = await self.bus.subscribe(self.conversation, queue.put_nowait)
        await self.catch_up()
        while self.pieces < until_piece:
            try:
                event = await asyncio.wait_for(queue.get(), PING_S)
            except TimeoutError:  # a bus that was away for a moment may have had nothing to tell
                await self.catch_up()
                continue
            if not isinstance(event, Spoken):
                continue
            if event.offset > len(self.text):
                await self.catch_up()
            else:
                self.text += event.text[len(self.text) - event.offset :]
            self.pieces = self.text.count("|")
        ear.close()

    async def catch_up(self) -> None:
        running = await self.bus.running(self.conversation)
        if running is not None:
            assert running[1].text.startswith(self.text)
            self.text = running[1].text
            self.pieces = self.text.count("|")


async def test_five_thousand_pieces_with_random_reconnects_make_no_wrong_word(ends: Ends) -> None:
    dice = random.Random(2026)  # noqa: S311 - no secret
    replies, pieces = 20, 250

    async def speak(conversation: UUID, words: list[str]) -> None:
        started, offset = Started(uuid4(), uuid4(), 1), 0
        await ends.speaker.publish(conversation, started)
        for word in words:
            await ends.speaker.publish(conversation, Spoken(started.reply_id, 1, offset, word))
            offset += len(word)
            await asyncio.sleep(0)

    async def follow(conversation: UUID) -> str:
        reader = Reader(ends.listener, conversation)
        while reader.pieces < pieces:
            await reader.read(min(pieces, reader.pieces + dice.randint(1, 60)))
        return reader.text

    async def play() -> bool:
        conversation = uuid4()
        words = [f"{WORDS[: dice.randint(1, 9)]}{n}|" for n in range(pieces)]
        _, text = await asyncio.gather(speak(conversation, words), follow(conversation))
        return text == "".join(words)

    assert await asyncio.gather(*(play() for _ in range(replies))) == [True] * replies


async def test_a_bus_remembers_no_more_replies_than_it_may() -> None:
    """A turn that died without an end must not be remembered for ever."""
    bus = MemoryBus()
    first, last = uuid4(), uuid4()
    for conversation in (first, *(uuid4() for _ in range(9_999)), last):
        await bus.publish(conversation, Started(uuid4(), uuid4(), 1))
    assert await bus.running(first) is None
    assert await bus.running(last) is not None
