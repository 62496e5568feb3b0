"""
`WS /ws/chat`: where a customer's browser talks to us. `docs/protocol.md` is the reference.

One reader (this handler) and one writer per socket. Turns run elsewhere: closing the tab stops
nothing, and every tab of the conversation hears the same events.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import WebSocket, websocket
from litestar.di import NamedDependency

from chatbot.domain.conversation import Inbound
from chatbot.domain.event import Typing
from chatbot.domain.principal import Principal, system
from chatbot.errors import (
    Expired,
    Malformed,
    NotFound,
    NotSignedIn,
    Rejected,
    TooLarge,
    TooMany,
    Unavailable,
)
from chatbot.feedback.judging import judge
from chatbot.http import wire
from chatbot.http.heart import Pulse
from chatbot.http.line import Closed, Gone, Line
from chatbot.http.office import Office, Visitor
from chatbot.http.watcher import TooSlow, Watcher
from chatbot.tickets.handoff import ask_for_person
from chatbot.turn import receive

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_log = logging.getLogger(__name__)


@websocket("/ws/chat", opt={"exclude_from_auth": True})
async def chat(socket: WebSocket[Any, Any, Any], office: NamedDependency[Office]) -> None:
    """Refuse foreign pages before the handshake, then greet, then listen."""
    origin = socket.headers.get("origin", "")
    if not await office.sites.knows(origin):
        await socket.close()  # before accept: the handshake itself is refused with 403
        return
    offered = socket.scope.get("subprotocols", [])
    if wire.SUBPROTOCOL not in offered:
        await socket.accept()
        await socket.close(code=wire.VERSION)
        return
    await socket.accept(subprotocols=wire.SUBPROTOCOL)
    connection = Connection(socket, office, origin)
    try:
        await connection.serve()
    except Closed as end:
        await connection.line.close(end.code, end.last_word)
    except Gone:
        _log.debug("a client left; what runs for it goes on")
    except Unavailable:
        await connection.line.close(wire.TOO_SLOW, "unavailable")
    except Exception:  # nothing internal may reach a customer, whatever went wrong  # noqa: BLE001
        _log.exception("a socket failed")
        await connection.line.close(1011, "internal")


@dataclass(slots=True)
class Greeted:
    """Who is there, and what they watch."""

    by: Principal
    conversation_id: UUID
    watcher: Watcher
    pulse: Pulse


class Connection:
    """One open socket."""

    def __init__(self, socket: WebSocket[Any, Any, Any], office: Office, origin: str) -> None:
        self._socket, self._office, self._origin = socket, office, origin
        self._limits = office.settings.limits
        self.line = Line(socket, office.desk.clock, frame_bytes=self._limits.frame_bytes)

    async def serve(self) -> None:
        """
        Greet and listen until one side ends it.

        Raises:
            Closed, Gone: How it ended.
        """
        try:
            async with asyncio.timeout(self._limits.hello_within_s):
                hello = await self.line.frame()
        except (TimeoutError, Malformed, TooLarge):
            raise Closed(wire.PROTOCOL) from None
        if not isinstance(hello, wire.Hello):
            raise Closed(wire.PROTOCOL)
        visitor, address = await self._admit(hello)
        try:
            await self._serve(await self._greet(hello, visitor))
        finally:
            self._office.heart.leave_place(visitor.customer, address)

    async def _serve(self, greeted: Greeted) -> None:
        subscription = await self._office.desk.bus.subscribe(
            greeted.conversation_id, greeted.watcher.hear
        )
        self._office.heart.add(greeted.pulse)
        try:
            await greeted.watcher.catch_up(self.line.send)
            writer = asyncio.create_task(greeted.watcher.tell(self.line.send), name="socket writer")
            writer.add_done_callback(self._writer_ended)
            try:
                await self._listen(greeted)
            finally:
                writer.cancel()
        finally:
            subscription.close()
            self._office.heart.remove(greeted.pulse)

    def _writer_ended(self, writer: asyncio.Task[None]) -> None:
        """The writer only ends by itself when the client is too slow, gone, or the store is."""
        if writer.cancelled():
            return
        error = writer.exception()
        if isinstance(error, TooSlow | Unavailable):
            self._office.background(self.line.close(wire.TOO_SLOW))
        elif not isinstance(error, Gone):
            _log.error("a socket's writer failed", exc_info=error)
            self._office.background(self.line.close(1011))

    async def _admit(self, hello: wire.Hello) -> tuple[Visitor, str]:
        """Who is there and from where; their place is taken, with nothing awaited after it."""
        try:
            visitor = self._office.visitor(hello.token)
        except Expired:
            raise Closed(wire.EXPIRED) from None
        except NotSignedIn:
            raise Closed(wire.TOKEN) from None
        if not await self._office.sites.allows(self._origin, visitor.workspace):
            raise Closed(wire.TOKEN)
        address = self._office.address_of(self._socket)
        if not self._office.heart.take_place(visitor.customer, address):
            raise Closed(wire.TOO_MANY)
        return visitor, address

    async def _greet(self, hello: wire.Hello, visitor: Visitor) -> Greeted:
        by = Principal(visitor.workspace, "customer", visitor.customer)
        issued = self._office.conversation_ids
        async with self._office.desk.store.begin(by) as db:
            try:
                await db.customers.get(visitor.customer)
            except NotFound:
                raise Closed(wire.TOKEN) from None
            known = None
            if hello.conversation is not None:
                known = await db.conversations.find(hello.conversation)
                if known is None and not await self._free(hello.conversation, db):
                    raise Closed(wire.PROTOCOL, "not_found")
        conversation_id = hello.conversation or issued.new(visitor.customer)
        seen = hello.resume.seq if hello.resume else 0
        watcher = Watcher(
            conversation_id,
            by,
            store=self._office.desk.store,
            bus=self._office.desk.bus,
            seq=min(seen, known.seq if known else 0),
            queue_bytes=self._limits.queue_bytes,
        )
        await self.line.send(
            wire.ready_frame(
                conversation_id,
                known,
                degraded=self._office.desk.pulse.greet(conversation_id),
                heartbeat_s=self._limits.heartbeat_s,
                limits={
                    "message_chars": self._limits.message_chars,
                    "frame_bytes": self._limits.frame_bytes,
                    "messages_per_minute": self._limits.messages_per_minute,
                },
            )
        )
        now = self._office.desk.clock.monotonic()
        self.line.pulse = Pulse(watcher, self.line.close, visitor.customer, now)
        return Greeted(by, conversation_id, watcher, self.line.pulse)

    async def _free(self, conversation_id: UUID, db: "Unit") -> bool:
        """Whether an id was given to this visitor and belongs to nobody else by now."""
        by = db.principal
        if by.id is None or not self._office.conversation_ids.given_to(conversation_id, by.id):
            return False
        anybody = db.acting_as(system(by.workspace))
        return await anybody.conversations.find(conversation_id) is None

    async def _listen(self, greeted: Greeted) -> None:
        clock = self._office.desk.clock
        window, frames = clock.monotonic(), 0
        while True:
            try:
                incoming = await self.line.frame()
            except (Malformed, TooLarge) as error:
                code = "too_long" if isinstance(error, TooLarge) else "malformed"
                greeted.watcher.hear(wire.error_frame(code))
                incoming = None
            now = clock.monotonic()
            greeted.pulse.seen_at, greeted.pulse.pinged_at = now, None
            window, frames = (now, 1) if now - window > 60 else (window, frames + 1)  # noqa: PLR2004 a minute
            if frames > self._limits.frames_per_minute:
                raise Closed(wire.TOO_MANY)
            if incoming is not None:
                await self._act(incoming, greeted)

    async def _act(self, incoming: wire.ClientFrame, greeted: Greeted) -> None:
        cid = incoming.cid if isinstance(incoming, wire.Send) else None
        try:
            await self._handle(incoming, greeted)
        except TooMany as error:
            greeted.watcher.hear(
                wire.error_frame("too_many", cid=cid, retry_after_s=round(error.retry_after, 1))
            )
        except Rejected as error:
            code = error.code if error.code in wire.ERRORS else "not_allowed"
            greeted.watcher.hear(wire.error_frame(code, cid=cid))
        except Unavailable:
            greeted.watcher.hear(wire.error_frame("unavailable", cid=cid, retry_after_s=2.0))

    async def _handle(self, incoming: wire.ClientFrame, greeted: Greeted) -> None:
        by, conversation_id = greeted.by, greeted.conversation_id
        desk, runner = self._office.desk, self._office.runner
        match incoming:
            case wire.Send(cid, text):
                await self._receive(cid, text, greeted)
            case wire.Stop():
                await runner.stop(conversation_id)
            case wire.AskForPerson():
                await self._office.allow_message(by, self._office.address_of(self._socket))
                await ask_for_person(conversation_id, by=by, store=desk.store, bus=desk.bus)
            case wire.CustomerTyping():
                await desk.bus.publish(conversation_id, Typing("customer"))
            case wire.Read(seq):
                async with desk.store.begin(by) as db:
                    await db.conversations.mark_read(conversation_id, seq)
            case wire.Feedback(message, value, comment):
                await judge(
                    conversation_id,
                    message,
                    value,
                    comment,
                    by=by,
                    network=self._office.networks.mark(
                        by.workspace, self._office.address_of(self._socket)
                    ),
                    store=desk.store,
                    forget=desk.cache.forget,
                )
            case wire.Rate(score, comment):
                async with desk.store.begin(by) as db:
                    await db.conversations.get(conversation_id)
                    await db.said.rate(conversation_id, score, comment)
            case wire.Pong():
                pass  # any frame is a sign of life
            case wire.Hello():
                raise Closed(wire.PROTOCOL)

    async def _receive(self, cid: UUID, text: str, greeted: Greeted) -> None:
        if not text.strip() or "\x00" in text:
            greeted.watcher.hear(wire.error_frame("empty", cid=cid))
            return
        if len(text) > self._limits.message_chars:
            greeted.watcher.hear(wire.error_frame("too_long", cid=cid))
            return
        await self._office.allow_message(greeted.by, self._office.address_of(self._socket))
        inbound = Inbound(greeted.conversation_id, cid, text)
        received = await receive(inbound, greeted.by, self._office.desk)
        entry = received.entry
        greeted.watcher.hear(
            wire.frame("ack", cid=cid, id=entry.id, seq=entry.seq, dup=received.again)
        )
        if received.turn is not None:
            self._office.runner.begin(received.turn, greeted.by, received.situation)
