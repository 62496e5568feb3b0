"""Between two looks at a stream nothing is read, and nothing of it is lost."""

import asyncio
import ipaddress
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiohttp.client_proto import ResponseHandler
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.domain.ask import TextPiece
from tests.contracts.providers import asking, heard
from tests.fault_catalogue import fault_server
from tests.fault_scenarios import flood, paced, reply
from tests.fault_server import Exchange, FaultServer
from tests.waiting import until

PACE_S, PIECES, PER_SECOND = 0.25, 30, 30
FLOOD, MOST_HELD = 20_000, 2**20
WORDS = "".join(f"word{n} " for n in range(PIECES))

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key and a certificate for 127.0.0.1 that clients of this process trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = tmp_path / "both.pem"
    file.write_bytes(key.private_bytes(pem, *plain) + signed.public_bytes(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


def close(writer: asyncio.StreamWriter) -> None:
    writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def close_without_a_word(writer: asyncio.StreamWriter) -> None:
    """End the connection without the notice that TLS has for it."""
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as ended:
        ended.shutdown(socket.SHUT_RDWR)


@asynccontextmanager
async def over_tls(
    server: FaultServer, certificate: Path, end: Callable[[asyncio.StreamWriter], None] = close
) -> AsyncIterator[str]:
    """The base URL of *server* behind TLS, whose connections are ended by *end*."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
        end(writer)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)
        for each in (back, writer):
            each.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context) as listening:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"


@pytest.fixture
def arrivals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes the client was handed each time."""
    seen: list[int] = []
    received = ResponseHandler.data_received

    def counted(self: ResponseHandler, data: bytes) -> None:
        if data:
            seen.append(len(data))
        received(self, data)

    monkeypatch.setattr(ResponseHandler, "data_received", counted)
    return seen


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Those that the client has made."""
    seen: list[object] = []
    made = ResponseHandler.connection_made

    def noted(self: ResponseHandler, transport: asyncio.BaseTransport) -> None:
        seen.append(self)
        made(self, transport)

    monkeypatch.setattr(ResponseHandler, "connection_made", noted)
    return seen


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_what_comes_between_two_looks_is_read_at_once(
    run: Run, arrivals: list[int], connections: list[object], certificate: Path, *, tls: bool
) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(fault_server())
            base_url = server.base_url
            if tls:
                base_url = await stack.enter_async_context(over_tls(server, certificate))
            provider = OpenAIChat("local", "small", "k", base_url, pace_s=PACE_S)
            stack.push_async_callback(provider.close)
            server.script.append(paced(PIECES, PER_SECOND))
            words, whole = await heard(provider)
            assert "".join(words) == whole.text == WORDS
            assert len(arrivals) <= PIECES / 2
            # The connection that was turned off and on serves the next request as well.
            server.script.append(reply("Hello."))
            assert (await heard(provider))[1].text == "Hello."
            assert len(connections) == 1

    run(play())


@pytest.mark.parametrize("end", [close, close_without_a_word, reset, None])
def test_a_provider_that_hangs_up_meanwhile_was_heard_to_the_end(
    run: Run, certificate: Path, end: Callable[[asyncio.StreamWriter], None] | None
) -> None:
    async def last_words(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.say("Good")
        await asyncio.sleep(0.2)
        await exchange.say("bye.")
        await exchange.finish()
        raise ConnectionError

    async def play() -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(fault_server())
            base_url = server.base_url
            if end is not None:
                base_url = await stack.enter_async_context(over_tls(server, certificate, end))
            provider = OpenAIChat("local", "small", "k", base_url, pace_s=1)
            stack.push_async_callback(provider.close)
            server.script.append(last_words)
            words, whole = await heard(provider)
            assert words == ["Good", "bye."]
            assert whole.finish == "stop"

    run(play())


def test_what_nobody_has_read_yet_stays_bounded(run: Run, arrivals: list[int]) -> None:
    async def play() -> None:
        async with fault_server() as server:
            provider = OpenAIChat("local", "small", "k", server.base_url, pace_s=0.01)
            server.script.append(flood(FLOOD))
            arrived, taken = [], [0]
            async with aclosing(provider.stream(asking())) as items:
                async for item in items:
                    if isinstance(item, TextPiece):
                        arrived.append(sum(arrivals))
                        taken.append(taken[-1] + item.text.count("word"))
            await provider.close()
            assert taken[-1] == FLOOD
            a_word = sum(arrivals) / FLOOD
            held = [
                all_of - a_word * before for all_of, before in zip(arrived, taken, strict=False)
            ]
            assert max(held) < MOST_HELD < sum(arrivals) / 2

    run(play())


def test_whoever_leaves_while_nothing_is_read_hangs_up_at_once(run: Run) -> None:
    async def play() -> None:
        async with fault_server() as server:
            provider = OpenAIChat("local", "small", "k", server.base_url, pace_s=30)
            server.script.append(paced(1_000, 50))
            began = asyncio.Event()

            async def listen() -> None:
                async for _ in provider.stream(asking()):
                    began.set()

            listening = asyncio.create_task(listen())
            await began.wait()
            assert server.open_now == 1
            listening.cancel()
            await asyncio.wait({listening})
            await until(lambda: server.open_now == 0, "the connection is gone")
            await provider.close()

    run(play())
