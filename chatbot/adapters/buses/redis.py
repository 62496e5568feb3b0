"""
The bus of several processes, over Redis streams (`docs/adr/0004`).

Each conversation has a stream of its last ten minutes. Whoever speaks tells the listeners of its
own process first and then adds to the stream; each process reads all streams that it listens to
with one blocking command, and passes over what it said itself. Nothing durable lives here: a
listener that finds a gap reads the log, or asks for the reply that is running.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID, uuid4

from redis.asyncio import Redis

from chatbot.adapters.buses import codec
from chatbot.adapters.buses.ears import Ears
from chatbot.adapters.buses.replies import Replies
from chatbot.adapters.redis_link import PATIENCE_S, TROUBLES, RedisLink, connect
from chatbot.domain.event import LiveEvent, Logged, Spoken, Started
from chatbot.errors import Unavailable
from chatbot.ports import Subscription

KEPT_MS = 600_000
KEPT_EVENTS = 5_000  # in one stream, roughly: Redis drops whole blocks
BATCH = 200  # entries of one stream taken in one go
BLOCK_MS = 100  # how long a read waits; a stream added meanwhile joins the next one
RECONNECT_S = 0.2

Entry = tuple[bytes, dict[bytes, bytes]]

# One round trip that either happens or does not. The entries' numbers are Redis's own, taken
# from its clock: a counter would begin again at 1 after a restart, below what readers wait for.
ADD = """
for i = 4, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'from', ARGV[3], 'data', ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

_log = logging.getLogger(__name__)


class RedisBus:
    """
    A `Bus` (`chatbot/ports.py`) that reaches every process on the same Redis.

    While Redis is away, listeners in this process hear everything and others nothing; when it is
    back, they are told all words so far of the replies that still run.
    """

    def __init__(self, url: str) -> None:
        self._link = RedisLink(url, on_return=self._make_up)
        self._reader = connect(url, connections=1)
        self._name = uuid4().hex.encode()
        self._conversations: Ears[UUID, LiveEvent] = Ears()
        self._topics: Ears[str, str] = Ears()
        self._replies = Replies()
        self._behind: set[UUID] = set()  # running replies of which others lack words
        self._making_up = asyncio.Lock()
        self._returned: asyncio.Task[None] | None = None
        # Where each stream was read to; None until Redis could be asked where it ends.
        self._read: dict[bytes, bytes | None] = {}
        self._receive: dict[bytes, Callable[[bytes], None]] = {}
        self._late: dict[bytes, UUID] = {}  # conversations that were joined while it was away
        self._wake = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def publish(self, conversation_id: UUID, event: LiveEvent) -> None:
        """Takes at most `PATIENCE_S` longer than `MemoryBus`, and never fails."""
        self._replies.note(conversation_id, event)
        self._conversations.tell(conversation_id, event)
        await self._tell_others(conversation_id, event)

    async def subscribe(
        self, conversation_id: UUID, listener: Callable[[LiveEvent], None]
    ) -> Subscription:
        key = _stream(conversation_id)
        ear = self._conversations.add(conversation_id, listener, lambda _: self._leave(key))
        await self._join(key, partial(self._hear_event, conversation_id))
        if self._read.get(key, b"") is None:
            self._late[key] = conversation_id
        return ear

    async def running(self, conversation_id: UUID) -> tuple[Started, Spoken] | None:
        """Put together from the stream and from what this process said, which may be further."""
        own = self._replies.running(conversation_id)
        try:
            events = await self._link.do(partial(_last_reply, _stream(conversation_id)))
        except Unavailable:
            return own
        replies = Replies()
        for event in (*events, *_unless_ended(own, events)):
            replies.note(conversation_id, event)
        return replies.running(conversation_id)

    async def broadcast(self, topic: str, text: str) -> None:
        self._topics.tell(topic, text)
        with contextlib.suppress(Unavailable):  # said once in the log, and listeners also poll
            await self._add(_topic(topic), [text.encode()])

    async def hear(self, topic: str, listener: Callable[[str], None]) -> Subscription:
        key = _topic(topic)
        ear = self._topics.add(topic, listener, lambda _: self._leave(key))
        await self._join(key, lambda data: self._topics.tell(topic, data.decode()))
        return ear

    async def check(self) -> None:
        await self._link.check()

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
            self._reading = None
        await self._reader.aclose()
        await self._link.close()
        if self._returned is not None:
            await self._returned

    async def _tell_others(self, conversation_id: UUID, event: LiveEvent | None = None) -> None:
        if conversation_id not in self._behind:
            await self._send(conversation_id, event)
            return
        async with self._making_up:  # one at a time, or an older whole could follow a newer piece
            await self._send(conversation_id, event)

    async def _send(self, conversation_id: UUID, event: LiveEvent | None) -> None:
        """Add *event* to the stream, after all words so far if others lack some of them."""
        late = conversation_id in self._behind
        events = [*((late and self._replies.running(conversation_id)) or ()), event]
        try:
            await self._add(_stream(conversation_id), [codec.encode(one) for one in events if one])
            self._behind.discard(conversation_id)
        except Unavailable:
            running = conversation_id in self._replies
            (self._behind.add if running else self._behind.discard)(conversation_id)

    def _make_up(self) -> None:
        self._returned = asyncio.create_task(self._tell_others_what_they_missed())

    async def _tell_others_what_they_missed(self) -> None:
        for conversation_id in tuple(self._behind):
            await self._tell_others(conversation_id)

    async def _add(self, key: bytes, entries: Sequence[bytes]) -> None:
        arguments = (KEPT_EVENTS, KEPT_MS, self._name, *entries)
        await self._link.do(lambda redis: redis.eval(ADD, 1, key, *arguments))

    def _hear_event(self, conversation_id: UUID, data: bytes) -> None:
        try:
            event = codec.decode(data)
        except ValueError as error:
            _log.warning("Passed over an event of another version: %s", error)
        else:
            self._conversations.tell(conversation_id, event)

    def _tell_late(self, conversation_id: UUID, events: Sequence[LiveEvent]) -> None:
        """Whoever joined while Redis was away hears what came before we knew where to read on."""
        replies = Replies()
        for event in events:
            replies.note(conversation_id, event)
        ended = [event for event in events if isinstance(event, Logged)]
        for event in replies.running(conversation_id) or ended:
            self._conversations.tell(conversation_id, event)

    # --- reading ------------------------------------------------------------------------------

    async def _join(self, key: bytes, receive: Callable[[bytes], None]) -> None:
        self._receive[key] = receive
        if self._read.get(key) is None:
            try:
                end = await self._link.do(partial(_end, key))
            except Unavailable:
                end = None  # the reader asks again before it reads
            if key in self._receive and self._read.get(key) is None:
                self._read[key] = end
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_on())
        self._wake.set()

    def _leave(self, key: bytes) -> None:
        self._receive.pop(key, None)
        self._read.pop(key, None)
        self._late.pop(key, None)

    async def _read_on(self) -> None:
        """Pass on what other processes say, for as long as the bus is open."""
        away = False
        while True:
            try:
                await self._read_once()
                away = False
            except TROUBLES as error:
                if not away:
                    _log.warning("Other processes are not heard: %s.", type(error).__name__)
                away = True
                await asyncio.sleep(RECONNECT_S)

    async def _read_once(self) -> None:
        if not self._read:
            self._wake.clear()
            await self._wake.wait()
        async with asyncio.timeout(BLOCK_MS / 1000 + PATIENCE_S):
            got = await self._next_entries()
        for key, entries in got:
            for number, fields in entries:
                receive = self._receive.get(key)
                if receive is None:
                    break
                self._read[key] = number
                if fields.get(b"from") != self._name:
                    receive(fields[b"data"])

    async def _next_entries(self) -> Sequence[tuple[bytes, Sequence[Entry]]]:
        """What was added to any of our streams; nothing if that takes longer than `BLOCK_MS`."""
        for key in [key for key, read in self._read.items() if read is None]:
            end = await _end(key, self._reader)
            if key in self._late:
                self._tell_late(self._late[key], await _last_reply(key, self._reader))
                self._late.pop(key, None)
            if key in self._read:
                self._read[key] = end
        read = {key: number for key, number in self._read.items() if number is not None}
        wanted = ("COUNT", BATCH, "BLOCK", BLOCK_MS, "STREAMS", *read.keys(), *read.values())
        return await self._reader.execute_command("XREAD", *wanted) or () if read else ()


def _stream(conversation_id: UUID) -> bytes:
    # In braces: a Redis cluster keeps all keys with the same word in them on one server.
    return b"chatbot:{%s}:events" % str(conversation_id).encode()


def _topic(topic: str) -> bytes:
    return b"chatbot:{topic:%s}:events" % topic.encode()


async def _newest(key: bytes, count: int, redis: Redis, *, before: bytes = b"+") -> Sequence[Entry]:
    """Entries of a stream, newest first."""
    return await redis.execute_command("XREVRANGE", key, before, "-", "COUNT", count) or ()


async def _end(key: bytes, redis: Redis) -> bytes:
    last = await _newest(key, 1, redis)
    return last[0][0] if last else b"0-0"


async def _last_reply(key: bytes, redis: Redis) -> list[LiveEvent]:
    """The newest `Started` of a stream and everything after it, oldest first."""
    found: list[LiveEvent] = []
    before = b"+"
    while page := await _newest(key, BATCH, redis, before=before):
        for _, fields in page:
            with contextlib.suppress(ValueError):  # another version's: said where it is heard
                event = codec.decode(fields[b"data"])
                found.append(event)
                if isinstance(event, Started):
                    return found[::-1]
        before = b"(" + page[-1][0]
    return found[::-1]


def _unless_ended(
    own: tuple[Started, Spoken] | None, events: Sequence[LiveEvent]
) -> Sequence[LiveEvent]:
    """What this process said, unless another one took the turn over and ended it."""
    ended = {event.entry.id for event in events if isinstance(event, Logged)}
    return own if own and own[0].reply_id not in ended else ()
