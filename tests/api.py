"""The company's own server, as far as the contract describes it; shares no code with the app."""

import json
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Answered:
    """What came back; `body` is None where there was none."""

    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes


@dataclass(frozen=True)
class Client:
    """Calls with one key; an empty key sends none."""

    base: str
    key: str = ""

    async def call(
        self, method: str, path: str, body: object = None, /, **headers: str
    ) -> Answered:
        """Send *body* as JSON, or as it is when it is bytes; header names with underscores."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            named.setdefault("Authorization", f"Bearer {self.key}")
        if sent is not None:
            named.setdefault("Content-Type", "application/json")
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                method, self.base + path, data=sent, headers=named, allow_redirects=False
            ) as answer,
        ):
            raw = await answer.read()
            is_json = answer.content_type.endswith(("/json", "+json"))
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Answered(answer.status, json.loads(raw) if is_json else None, told, raw)

    async def get(self, path: str, **headers: str) -> Answered:
        return await self.call("GET", path, **headers)

    async def put(self, path: str, body: object, **headers: str) -> Answered:
        return await self.call("PUT", path, body, **headers)

    async def post(self, path: str, body: object, **headers: str) -> Answered:
        return await self.call("POST", path, body, **headers)

    async def patch(self, path: str, body: object, **headers: str) -> Answered:
        return await self.call("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str) -> Answered:
        return await self.call("DELETE", path, **headers)


def refused(answer: Answered, status: int, *words: str) -> str:
    """It is a problem document with this status, and its sentence, returned, holds *words*."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.body) == {"type", "title", "status", "detail", "code"}
    assert answer.body["status"] == status
    for word in words:
        assert word in answer.body["detail"], answer.body["detail"]
    return str(answer.body["detail"])
