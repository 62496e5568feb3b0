"""
A server that speaks Chat Completions and Responses, and breaks in every way on demand.

What it does with a request is a *scenario*: a 429 when its quota is used up, else the one of the
request's key, else the next one of `script`, else the one that the request's model name picks
from `SCENARIOS`, else `default`. It remembers what it was sent.
One process serves hundreds of streams, so tests, chaos runs and the bench share it.
"""

import asyncio
import json
import math
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from tests.fault_dialects import MODEL, Chunks, Dialect, Happenings, chunk

__all__ = ["MODEL", "Exchange", "FaultServer", "Quota", "Received", "Scenario", "chunk"]

JSON = "application/json"
EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def model(self) -> str:
        return self.body.get("model", "")

    @property
    def text(self) -> str:
        """Every word of the request's messages."""
        said = self.body.get("messages") or self.body.get("input") or ()
        return "\n".join(m.get("content") or m.get("output") or "" for m in said)

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class Exchange:
    """One request and the answer being written to it."""

    def __init__(
        self,
        received: Received,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        extra_headers: Mapping[str, str],
    ) -> None:
        self.received = received
        self._reader, self._writer = reader, writer
        self._extra = extra_headers
        self._chunked = False
        self.dialect: Dialect = Happenings() if "/responses" in received.path else Chunks()

    async def head(
        self,
        status: int = 200,
        kind: str = EVENTS,
        length: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send the status line and headers; without a *length* the body comes in chunks."""
        self._chunked = length is None
        framing = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
        named = {**self._extra, **(headers or {})}
        lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", framing]
        lines += [f"{name}: {value}" for name, value in named.items()]
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send(self, data: bytes) -> None:
        """Send a piece of the body."""
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    async def event(self, value: object) -> None:
        await self.send(self.dialect.encode(value))

    async def begin(self) -> None:
        """The head, and what comes before the words."""
        await self.head()
        for value in self.dialect.begin():
            await self.event(value)

    async def say(self, text: str) -> None:
        await self.event(self.dialect.words(text))

    async def finish(self, reason: str = "stop", usage: Any = None) -> None:  # noqa: ANN401 wrong ones too
        for value in self.dialect.finish(reason, usage):
            await self.event(value)
        if self.dialect.done:
            await self.send(self.dialect.done)
        await self.end()

    async def end(self) -> None:
        """End the response properly, whatever was in it."""
        if self._chunked:
            await self.raw(b"0\r\n\r\n")

    async def whole(self, status: int, body: bytes, kind: str = JSON, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await self.head(status, kind, len(body), named)
        await self.raw(body)

    async def error(self, status: int, error: object, **headers: str) -> None:
        await self.whole(status, json.dumps({"error": error}).encode(), **headers)

    async def hang(self) -> None:
        """Say nothing until the client hangs up."""
        await self._reader.read(1)

    def reset(self) -> None:
        """Break the connection as a crashed peer does."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def cut(self) -> None:
        """Close the connection in the middle of the response."""
        self._writer.close()


Scenario = Callable[[Exchange], Awaitable[None]]


@dataclass
class Quota:
    """
    What a provider takes before it answers 429: a bucket that refills steadily.

    Attributes:
        per_second: Requests that it refills by.
        burst: Requests that it holds.
        refused: How many there were too many.
    """

    per_second: float
    burst: float = 1.0
    refused: int = 0
    _left: float = math.inf
    _at: float = 0.0

    def take(self, now: float) -> bool:
        """Take one at *now*, in seconds; say whether there was one."""
        self._left = min(self.burst, self._left + (now - self._at) * self.per_second)
        self._at = now
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        return True

    @property
    def wait(self) -> float:
        """Seconds until the next one is taken."""
        return max(0.0, (1 - self._left) / self.per_second)

    def headers(self) -> dict[str, str]:
        """What OpenAI tells of it with every answer."""
        reset = (self.burst - self._left) / self.per_second
        return {
            "x-ratelimit-limit-requests": f"{self.burst:.0f}",
            "x-ratelimit-remaining-requests": f"{math.floor(self._left)}",
            "x-ratelimit-reset-requests": f"{math.ceil(reset * 1000)}ms",
        }


@dataclass
class FaultServer:
    """
    Use it as `async with FaultServer() as server`.

    Attributes:
        scenarios: Scenarios that a request's model name picks.
        default: What happens when neither script nor model name decide.
        script: Scenarios for the next requests, in order.
        received: Every request so far.
        headers: Sent with every answer, for example `x-ratelimit-remaining-requests`.
        by_key: Scenarios that a request's key picks before all others, for example a 401.
        quota: Requests beyond it are answered 429; its headers go with every answer.
    """

    scenarios: Mapping[str, Scenario]
    default: Scenario
    script: deque[Scenario] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    by_key: dict[str, Scenario] = field(default_factory=dict)
    quota: Quota | None = None
    open_now: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.sockets[0].getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, limit=2**20, backlog=1024
        )

    async def stop(self) -> None:
        """Stop listening and break every connection."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open_now += 1
        try:
            while not writer.is_closing() and (received := await _read(reader)) is not None:
                self.received.append(received)
                scenario, told = self._pick(received)
                await scenario(Exchange(received, reader, writer, self.headers | told))
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client hung up, or the server is being stopped: both end this connection
        finally:
            self.open_now -= 1
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _pick(self, received: Received) -> tuple[Scenario, dict[str, str]]:
        """What to do, and the headers that tell of the quota."""
        told: dict[str, str] = {}
        if self.quota is not None:
            taken = self.quota.take(asyncio.get_running_loop().time())
            told = self.quota.headers()
            if not taken:
                wait = self.quota.wait
                waits = {"retry-after": f"{math.ceil(wait)}", "retry-after-ms": f"{wait * 1000:g}"}
                return _too_many, told | waits
        if received.key in self.by_key:
            return self.by_key[received.key], told
        if self.script:
            return self.script.popleft(), told
        return self.scenarios.get(received.model, self.default), told


async def _too_many(exchange: Exchange) -> None:
    code = "rate_limit_exceeded"
    await exchange.error(429, {"message": "Too many requests", "type": "requests", "code": code})


async def _read(reader: asyncio.StreamReader) -> Received | None:
    """The next request of a connection; None at its end."""
    try:
        begun = await reader.readexactly(1)
        if not begun.isalpha():
            return None  # a TLS handshake, for example
        head = (begun + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(first.split(" ")[1], headers, json.loads(body or b"{}"))
