"""
What one socket still has to be told: the log without gaps, and the reply being written.

Events arrive by a plain function that only queues them. One task takes them from the queue,
compares each with what this client already has, and fills a gap from the log or the bus; so the
order is right whatever is lost on the way, and nobody who publishes ever waits for a client.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.domain.conversation import Entry
from chatbot.domain.event import LiveEvent, Logged, Retracted, Spoken, Started
from chatbot.domain.principal import Principal
from chatbot.http.wire import TOO_SLOW, entry_frame, event_frame, frame
from chatbot.ports import Bus

if TYPE_CHECKING:
    from chatbot.store.unit import Store

Send = Callable[[str], Awaitable[None]]

_FRAME_OVERHEAD = 120  # bytes of a queued event beside its text, roughly


class TooSlow(Exception):
    """More waits for the client than it may keep waiting."""

    code = TOO_SLOW


@dataclass(frozen=True, slots=True)
class Ping:
    """
    A sign of life is wanted; `top` is the last `seq` of the log.

    A publisher that dies between commit and publishing leaves a gap that nothing else would show.
    """

    top: int


class Watcher:
    """
    One client's view of one conversation.

    Attributes:
        seq: The last durable entry that was sent.
    """

    def __init__(
        self,
        conversation_id: UUID,
        by: Principal,
        *,
        store: "Store",
        bus: Bus,
        seq: int,
        queue_bytes: int,
    ) -> None:
        self.conversation_id, self.by = conversation_id, by
        self._store, self._bus = store, bus
        self.seq = seq
        self._room = queue_bytes
        self._queue: deque[LiveEvent | Ping | str] = deque()
        self._bytes = 0
        self._idle: asyncio.Future[None] | None = None
        self._reply: UUID | None = None
        self._settled: UUID | None = None
        self._attempt = 0
        self._offset = 0

    def hear(self, event: LiveEvent | Ping | str) -> None:
        """Queue an event of the bus or a frame that is ready to send; returns at once."""
        text = event if isinstance(event, str) else getattr(event, "text", "")
        self._bytes += len(text) + _FRAME_OVERHEAD
        self._queue.append(event)
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def tell(self, send: Send) -> None:
        """
        Send everything that is heard, for as long as it lasts.

        Raises:
            TooSlow: The client takes less than it is told.
        """
        while True:
            while self._queue:
                if self._bytes > self._room:
                    raise TooSlow
                await self._pass_on(self._take(), send)
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle

    def _take(self) -> LiveEvent | Ping | str:
        """The next event, with the pieces that follow it joined on."""
        event = self._queue.popleft()
        if isinstance(event, str):
            self._bytes -= len(event) + _FRAME_OVERHEAD
            return event
        self._bytes -= len(getattr(event, "text", "")) + _FRAME_OVERHEAD
        while isinstance(event, Spoken) and self._queue:
            following = self._queue[0]
            if (
                not isinstance(following, Spoken)
                or following.reply_id != event.reply_id
                or following.attempt != event.attempt
                or following.offset != event.offset + len(event.text)
            ):
                break
            self._queue.popleft()
            self._bytes -= len(following.text) + _FRAME_OVERHEAD
            event = Spoken(event.reply_id, event.attempt, event.offset, event.text + following.text)
        return event

    async def _pass_on(self, event: LiveEvent | Ping | str, send: Send) -> None:
        if isinstance(event, str):
            await send(event)
        elif isinstance(event, Ping):
            if event.top > self.seq:
                await self.catch_up(send)
            await send(frame("ping", seq=self.seq))
        elif isinstance(event, Spoken):
            await self._speak(event, send)
        elif isinstance(event, Logged) and event.entry.seq > self.seq + 1:
            await self.catch_up(send)
        elif self._is_news(event):
            await send(event_frame(event))

    def _is_news(self, event: LiveEvent) -> bool:
        """Whether the client has not been told yet; from here on it counts as told."""
        match event:
            case Logged(entry):
                news = entry.seq > self.seq
                self._log_reached(entry)
                return news
            case Started(reply_id, _, attempt):
                news = (reply_id, attempt) != (self._reply, self._attempt)
                news = news and reply_id != self._settled
                if news:
                    self._reply, self._attempt, self._offset = reply_id, attempt, 0
                return news
            case Retracted(reply_id, attempt, _):
                self._offset = 0
                return reply_id == self._reply and attempt >= self._attempt
            case _:
                return True

    def _log_reached(self, entry: Entry) -> None:
        """
        Count *entry* as told.

        What is still queued of a reply that is in the log already must not follow it.
        """
        self.seq = max(self.seq, entry.seq)
        if entry.role == "bot":
            self._reply, self._settled = None, entry.id

    async def _speak(self, piece: Spoken, send: Send) -> None:
        if piece.reply_id == self._settled:
            return
        if (piece.reply_id, piece.attempt) != (self._reply, self._attempt):
            if self._reply is None or piece.attempt > self._attempt:
                await self.catch_up(send)
            return
        if piece.offset > self._offset:
            await self.catch_up(send)
            return
        known = self._offset - piece.offset
        if known:
            piece = Spoken(piece.reply_id, piece.attempt, self._offset, piece.text[known:])
        if piece.text:
            await send(event_frame(piece))
            self._offset += len(piece.text)

    async def catch_up(self, send: Send) -> None:
        """Send every entry after `seq` from the log, then the reply being written, whole."""
        while True:
            async with self._store.begin(self.by) as db:
                missed = await db.conversations.since(self.conversation_id, self.seq)
            for entry in missed:
                self._log_reached(entry)
                await send(entry_frame(entry))
            if not missed:
                break
        running = await self._bus.running(self.conversation_id)
        if running is None or running[0].reply_id == self._settled:
            return
        started, spoken = running
        self._reply, self._attempt = started.reply_id, started.attempt
        self._offset = len(spoken.text)
        await send(event_frame(started))
        if spoken.text:
            await send(event_frame(spoken))
