"""Requests that no program of ours sends: each gets a problem in one sentence, and nothing more."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from tests.api import Client, refused
from tests.running import RunningApp
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v1/nothing", "/api/v2/answers", "/api/v1/customers/a/b/c"]
)
async def test_an_address_with_nothing_behind_it(client: Client, path: str) -> None:
    assert "nothing at this address" in refused(await client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/v1/customers/c"),
        ("POST", "/api/v1/answers"),
        ("PUT", "/api/v1/tickets/1"),
        ("PATCH", "/api/v1/rules/r"),
        ("GET", "/api/v1/answers/import/"),
    ],
)
async def test_a_method_that_an_address_does_not_take(
    client: Client, method: str, path: str
) -> None:
    answer = await client.call(method, path)
    assert refused(answer, 405) == "This address takes no such request."


@pytest.mark.parametrize("after", ["-1", "99999999999999999999", "many"])
async def test_messages_after_an_impossible_number(shared_app: RunningApp, after: str) -> None:
    visitor = Visitor(shared_app.base)
    await visitor.session()
    path = f"/api/v1/conversations/{'0' * 8}-0000-4000-8000-{'0' * 12}/messages?after_seq={after}"
    status, problem = await visitor.get(path)
    assert status == 400
    assert problem["detail"].startswith("after_seq: expected int")


async def test_a_body_whose_length_is_not_told_is_measured_as_it_comes(
    shared_app: RunningApp, client: Client
) -> None:
    """A chunked body has no Content-Length, so that the guard cannot refuse it beforehand."""
    address = urlsplit(shared_app.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    body = json.dumps({"attributes": {"a": "x" * 300_000}}).encode()
    head = (
        "PUT /api/v1/customers/c-1 HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\n"
        f"Authorization: Bearer {client.key}\r\n"
        "Content-Type: application/json\r\n"
        "Connection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    writer.write(head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
    await writer.drain()
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"at most 262,144 are taken here" in answer
    refused(await client.get("/api/v1/customers/c-1"), 404)
