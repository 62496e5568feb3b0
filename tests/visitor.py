"""A customer's browser, as far as the contract describes it; shares no code with the app."""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

import aiohttp
import websockets

Frame = dict[str, Any]


class Visitor:
    """
    One visitor with one socket.

    Attributes:
        heard: Every frame, in order.
    """

    def __init__(
        self,
        base: str,
        *,
        site_key: str = "demo",
        origin: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.base, self.site_key = base, site_key
        self.origin, self.headers = origin or base, headers
        self.token = ""
        self.conversation: str | None = None
        self.heard: list[Frame] = []
        self._socket: websockets.ClientConnection | None = None

    async def session(self, **more: object) -> Frame:
        """Ask for a session, also to go on with an earlier one."""
        body: Frame = {"site_key": self.site_key, **more}
        if self.token:
            body.setdefault("token", self.token)
        status, answer = await self.post("/api/v1/widget/session", body)
        assert status == 200, answer
        self.token = answer["token"]
        return answer

    async def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession(headers={"Origin": self.origin, **headers}) as http,
            http.post(self.base + path, json=body) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        headers = {"Origin": self.origin, "Authorization": f"Bearer {token or self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.get(self.base + path) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def connect(self, *, resume: int | None = None, **hello: object) -> Frame:
        """Open the socket and say hello; the `ready` frame, or the close code as `closed`."""
        if not self.token:
            await self.session()
        self._socket = await open_socket(self.base, self.origin, headers=self.headers)
        said: Frame = {"type": "hello", "token": self.token}
        if self.conversation:
            said["conversation"] = self.conversation
        if resume is not None:
            said["resume"] = {"seq": resume}
        await self.say_frame(said | hello)
        ready = await self.next()
        self.conversation = ready.get("conversation", self.conversation)
        return ready

    async def leave(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def say_frame(self, frame: Frame) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame, ensure_ascii=False))

    async def say_raw(self, text: str | bytes) -> None:
        assert self._socket is not None
        await self._socket.send(text)

    async def send(self, text: str, cid: str | None = None) -> str:
        """Send a message; its cid."""
        cid = cid or str(uuid.uuid4())
        await self.say_frame({"type": "send", "cid": cid, "text": text})
        return cid

    async def next(self, within_s: float = 20) -> Frame:
        """The next frame; `{"type": "closed", "code": …}` when the server ended it."""
        assert self._socket is not None
        try:
            text = await asyncio.wait_for(self._socket.recv(), within_s)
        except websockets.ConnectionClosed as end:
            frame: Frame = {"type": "closed", "code": end.rcvd.code if end.rcvd else None}
        else:
            frame = json.loads(text)
        self.heard.append(frame)
        return frame

    async def until(self, fits: Callable[[Frame], bool], within_s: float = 20) -> Frame:
        """The first frame from now on that fits."""
        async with asyncio.timeout(within_s):
            while True:
                frame = await self.next(within_s)
                if fits(frame):
                    return frame
                assert frame["type"] != "closed", frame

    async def ask(self, text: str, within_s: float = 20) -> Frame:
        """Send a message and wait for the bot's."""
        await self.send(text)
        return await self.until(is_bot, within_s)

    def all(self, kind: str) -> list[Frame]:
        return [frame for frame in self.heard if frame["type"] == kind]

    @property
    def shown(self) -> str:
        """The words of a reply that a widget shows just before the final message."""
        words = ""
        for frame in self.heard:
            if frame["type"] in {"start", "reset"}:
                words = ""
            elif frame["type"] == "delta":
                words = words[: frame["offset"]] + frame["text"]
        return words

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()


def is_bot(frame: Frame) -> bool:
    return frame["type"] == "message" and frame["role"] == "bot"


async def open_socket(
    base: str,
    origin: str | None,
    protocols: tuple[str, ...] = ("chat.v1",),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> websockets.ClientConnection:
    return await websockets.connect(
        base.replace("http", "ws", 1) + "/ws/chat",
        subprotocols=[websockets.Subprotocol(one) for one in protocols] or None,
        origin=None if origin is None else websockets.Origin(origin),
        compression=None,
        additional_headers=headers,
    )
