"""A company's own server on this machine, which takes events or does not."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
from aiohttp import web
from aiohttp.web import Request, Response, StreamResponse

Scene = Callable[[Request], Awaitable[StreamResponse]]


@dataclass(frozen=True, slots=True)
class Told:
    """One request: its path, headers and exact bytes."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)


def answer(status: int, text: str = "", **headers: str) -> Scene:
    async def scene(_: Request) -> StreamResponse:
        return Response(status=status, text=text, headers=headers)

    return scene


async def silence(_: Request) -> StreamResponse:
    """It takes the request and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def flood(request: Request) -> StreamResponse:
    """An answer without an end."""
    response = StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"more " * 1000)


@dataclass
class Receiver:
    """Listens at `url`; does the next scene of `script`, else `default`."""

    default: Scene = field(default_factory=lambda: answer(204))
    script: deque[Scene] = field(default_factory=deque)
    told: list[Told] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: Request) -> StreamResponse:
        self.told.append(Told(request.path, request.headers, await request.read()))
        scene = self.script.popleft() if self.script else self.default
        return await scene(request)
