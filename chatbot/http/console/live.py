"""A conversation as server-sent events: rendered entries, and the bot's words while it speaks."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage as Told

from chatbot.domain.conversation import Entry
from chatbot.errors import Unavailable
from chatbot.http.console.threads import NOTES
from chatbot.http.console.timeline import Cast, Item, item_of, note_of
from chatbot.http.formats import short
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.visits import BACKGROUND, REVOKED, AnyRequest, Visit, find_visit, visit_of
from chatbot.http.watcher import Send, TooSlow, Watcher

_QUIET_S = 20.0  # a comment keeps proxies from closing a silent stream
_AHEAD = 64  # frames between the watcher and a browser
_NOTES_SINCE = timedelta(hours=1)  # a page that was away misses none; it knows those it has
_LIVE = frozenset({"start", "delta", "reset", "typing"})


@get("/conversations/{conversation_id:uuid}/events", opt=BACKGROUND)
async def follow(
    request: AnyRequest,
    office: NamedDependency[Office],
    conversation_id: FromPath[UUID],
    after: FromQuery[int] = 0,
) -> ServerSentEvent:
    """Everything after `after` (or the browser's Last-Event-ID), then what happens."""
    visit = visit_of(request)
    async with office.desk.store.begin(visit.principal) as db:
        conversation = await db.conversations.get(conversation_id)
        customer = await db.customers.get(conversation.customer_id)
        since = db.now - _NOTES_SINCE
        notes = [row["id"] for row in await db.said.notes(conversation_id) if row["at"] > since]
        frame = await frame_of(db, request, "inbox")
    cast = Cast(
        customer.name or f"Visitor {short(customer.id)}", frame["workspace"].settings.bot_name
    )
    last = request.headers.get("last-event-id", "")
    seq = int(last) if last.isdecimal() else max(0, after)
    return ServerSentEvent(
        _Stream(request, office, visit, conversation_id, cast, frame).events(seq, notes)
    )


@dataclass(frozen=True, slots=True)
class _Stream:
    """One open page's view of one conversation."""

    request: AnyRequest
    office: Office
    visit: Visit
    conversation_id: UUID
    cast: Cast
    frame: dict[str, Any]

    async def events(self, seq: int, notes: Sequence[UUID]) -> AsyncGenerator[Told]:
        desk, limits = self.office.desk, self.office.settings.limits
        watcher = Watcher(
            self.conversation_id,
            self.visit.principal,
            store=desk.store,
            bus=desk.bus,
            seq=seq,
            queue_bytes=limits.queue_bytes,
        )
        frames: asyncio.Queue[str] = asyncio.Queue(_AHEAD)
        ears = [
            await desk.bus.subscribe(self.conversation_id, watcher.hear),
            await desk.bus.hear(NOTES, lambda text: self._hear_note(text, watcher)),
        ]
        for note in notes:
            watcher.hear(_note_frame(str(note)))
        telling = asyncio.create_task(_follow(watcher, frames.put), name="console page")
        self.office.heart.streams.add(telling)
        telling.add_done_callback(self.office.heart.streams.discard)
        ears.append(await desk.bus.hear(REVOKED, lambda text: self._hear_revoked(text, telling)))
        try:
            async for told in self._told(frames, telling):
                yield told
        finally:
            for ear in ears:
                ear.close()
            telling.cancel()
            with suppress(asyncio.CancelledError, TooSlow, Unavailable):
                await telling

    async def _told(
        self, frames: asyncio.Queue[str], telling: "asyncio.Task[None]"
    ) -> AsyncGenerator[Told]:
        """Frames as the page needs them, until the session or the watcher ends."""
        clock = self.office.desk.clock
        checked = clock.monotonic()
        yield Told(None, comment="here")
        while not telling.done():
            frame = await _next(frames, telling)
            yield await self._shown(frame) if frame else Told(None, comment="quiet")
            if clock.monotonic() - checked >= self.office.settings.limits.recheck_s:
                if await find_visit(self.request, seen=False) is None:
                    return
                checked = clock.monotonic()

    def _hear_note(self, text: str, watcher: Watcher) -> None:
        conversation, _, note = text.partition(" ")
        if conversation == str(self.conversation_id):
            watcher.hear(_note_frame(note))

    def _hear_revoked(self, text: str, telling: "asyncio.Task[None]") -> None:
        if text == str(self.visit.principal.id):
            telling.cancel()

    async def _shown(self, frame: str) -> Told:
        document = msgspec.json.decode(frame)
        kind = document["type"]
        if kind in _LIVE:
            return Told(frame, event=kind)
        if kind == "note":
            async with self.office.desk.store.begin(self.visit.principal) as db:
                notes = await db.said.notes(self.conversation_id)
            row = next((row for row in notes if str(row["id"]) == document["id"]), None)
            return Told(self._html(note_of(row)), event="note") if row else Told(None, comment="")
        if "seq" in document:
            entry = await self._entry(document["seq"])
            html = self._html(item_of(entry, self.cast))
            return Told(html, event="entry", id=entry.seq)
        return Told(None, comment=kind)

    async def _entry(self, seq: int) -> Entry:
        """The entry that a frame told of; whoever watches has read it."""
        async with self.office.desk.store.begin(self.visit.principal) as db:
            entries = await db.conversations.since(self.conversation_id, seq - 1, limit=1)
            await db.conversations.mark_read(self.conversation_id, seq)
        return entries[0]

    def _html(self, item: Item) -> str:
        engine = self.request.app.template_engine
        assert engine is not None  # noqa: S101 the application always has one
        now = self.office.desk.clock.now()
        thread = {"id": self.conversation_id}
        context = {**self.frame, "now": now, "item": item, "thread": thread, "receipts": True}
        return engine.get_template("console/_item.html").render(**context)


async def _follow(watcher: Watcher, send: Send) -> None:
    """Tell all there is, and then whatever happens, until the page's session ends it."""
    await watcher.catch_up(send)
    await watcher.tell(send)


def _note_frame(note: str) -> str:
    return msgspec.json.encode({"type": "note", "id": note}).decode()


async def _next(frames: asyncio.Queue[str], telling: "asyncio.Task[None]") -> str | None:
    """The next frame; None after a while of silence, or when there will be no more."""
    frame = asyncio.ensure_future(frames.get())
    try:
        await asyncio.wait({frame, telling}, timeout=_QUIET_S, return_when="FIRST_COMPLETED")
        return frame.result() if frame.done() else None
    finally:
        frame.cancel()
