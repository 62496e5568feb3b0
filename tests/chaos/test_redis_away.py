"""Redis dies, freezes and comes back while customers talk: they notice nothing of it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from chatbot.adapters.buses.redis import RedisBus
from chatbot.domain.event import LiveEvent, Logged, Spoken, Started, Typing
from chatbot.errors import Misconfigured, Unavailable
from tests.builders import an_entry
from tests.servers import RedisServer
from tests.waiting import until

PIECES = 40


@pytest.fixture
async def here(redis_server: RedisServer) -> AsyncIterator[RedisBus]:
    bus = RedisBus(redis_server.url)
    yield bus
    await bus.close()


@pytest.fixture
async def there(redis_server: RedisServer) -> AsyncIterator[RedisBus]:
    bus = RedisBus(redis_server.url)
    yield bus
    await bus.close()


async def well(bus: RedisBus) -> bool:
    try:
        await bus.check()
    except Unavailable:
        return False
    return True


async def test_a_reply_goes_on_without_redis_and_is_whole_elsewhere_when_it_is_back(
    here: RedisBus,
    there: RedisBus,
    redis_server: RedisServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    conversation, started = uuid4(), Started(uuid4(), uuid4(), 1)
    heard, elsewhere = list[LiveEvent](), list[LiveEvent]()
    await here.subscribe(conversation, heard.append)
    await there.subscribe(conversation, elsewhere.append)
    offset = 0

    async def say(text: str) -> None:
        nonlocal offset
        await here.publish(conversation, Spoken(started.reply_id, 1, offset, text))
        offset += len(text)

    await here.publish(conversation, started)
    await say("Before. ")
    await until(lambda: len(elsewhere) == 2, "the other process heard the beginning")
    redis_server.kill()
    for _ in range(PIECES):
        await say("Meanwhile. ")
    assert len(heard) == 2 + PIECES, "this process's listeners hear on"
    assert [r.levelname for r in caplog.records if "Redis is away" in r.message] == ["WARNING"]
    running = await here.running(conversation)
    assert running
    assert running[1].text == "Before. " + "Meanwhile. " * PIECES
    with pytest.raises(Unavailable):
        await here.check()

    redis_server.start()

    async def whole(text: str) -> bool:
        return await there.running(conversation) == (
            started,
            Spoken(started.reply_id, 1, 0, text),
        )

    missed = running[1].text
    await until(lambda: whole(missed), "the other process was told what it missed, unasked")
    await say("After.")
    await until(lambda: whole(f"{missed}After."), "it hears again")
    await until(lambda: elsewhere[-1] == heard[-1], "and so do its listeners")


async def test_a_frozen_redis_loses_nothing_that_was_said_before(
    here: RedisBus, there: RedisBus, redis_server: RedisServer
) -> None:
    conversation, heard = uuid4(), list[LiveEvent]()
    await there.subscribe(conversation, heard.append)
    redis_server.freeze()
    async with asyncio.timeout(30):  # without the limits this would never end
        for _ in range(PIECES):
            await here.publish(conversation, Typing("agent"))
        assert await here.running(conversation) is None
        await here.broadcast("bank", "2")
        late = await here.subscribe(uuid4(), heard.append)
    late.close()
    redis_server.thaw()
    await until(lambda: well(here), "Redis answers again")
    await here.publish(conversation, Typing("customer"))
    await until(lambda: Typing("customer") in heard, "the other process hears again")


async def test_who_began_to_listen_without_redis_hears_others_when_it_is_back(
    here: RedisBus, there: RedisBus, redis_server: RedisServer
) -> None:
    conversation, heard = uuid4(), list[LiveEvent]()
    redis_server.kill()
    await there.subscribe(conversation, heard.append)
    redis_server.start()

    async def arrives() -> bool:
        await here.publish(conversation, Typing("agent"))
        return len(heard) > 0

    await until(arrives, "an event of the other process arrived")
    assert set(heard) == {Typing("agent")}


@pytest.mark.parametrize("over", [False, True])
async def test_who_began_to_listen_without_redis_is_told_what_was_said_meanwhile(
    here: RedisBus, there: RedisBus, redis_server: RedisServer, *, over: bool
) -> None:
    conversation, heard = uuid4(), list[LiveEvent]()
    started = Started(uuid4(), uuid4(), 1)
    message = Logged(an_entry(started.reply_id, text="One. Two."))
    await here.publish(conversation, started)
    for offset, words in ((0, "One. "), (5, "Two.")):
        await here.publish(conversation, Spoken(started.reply_id, 1, offset, words))
    if over:
        await here.publish(conversation, message)
    redis_server.freeze()
    await there.subscribe(conversation, heard.append)
    redis_server.thaw()

    await until(lambda: len(heard) == (1 if over else 2), "it was told, unasked")
    whole = [started, Spoken(started.reply_id, 1, 0, "One. Two.")]
    assert heard == ([message] if over else whole)


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis://host:port/0"])
async def test_an_address_that_is_none_is_named_at_once(url: str) -> None:
    with pytest.raises(Misconfigured, match="CHATBOT_REDIS_URL"):
        RedisBus(url)
