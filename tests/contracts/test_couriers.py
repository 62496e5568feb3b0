"""A courier brings an event to a real server once, and to nothing nearer than it may."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chatbot.adapters.webhooks import MOST_BYTES, QUOTED, HttpsCourier
from chatbot.domain.webhook import Outcome
from chatbot.ports import Courier
from tests.receiver import Receiver, answer, flood, silence

BODY = '{"text":"schön"}'.encode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as listening:
        yield listening


@pytest.fixture
def courier() -> Courier:
    return HttpsCourier(private_targets=True, within_s=0.5)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name lead to *addresses*; the names that were asked for."""
    asked: list[str] = []

    async def getaddrinfo(_: object, host: str, port: int, **kinds: Any) -> list[Any]:  # noqa: ANN401
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                kinds["type"],
                0,
                host,
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


async def test_exactly_what_was_signed_arrives(courier: Courier, receiver: Receiver) -> None:
    outcome = await courier.post(receiver.url, {"webhook-id": "msg_1"}, BODY)
    assert outcome == Outcome(204, "")
    assert outcome.taken
    (told,) = receiver.told
    assert (told.path, told.body) == ("/hook", BODY)
    assert told.headers["webhook-id"] == "msg_1"
    assert told.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_is_followed(courier: Courier, receiver: Receiver, status: int) -> None:
    receiver.script.append(answer(status, Location=f"{receiver.url}/elsewhere"))
    outcome = await courier.post(receiver.url, {}, BODY)
    assert outcome.status == status
    assert not outcome.taken
    assert [told.path for told in receiver.told] == ["/hook"]


async def test_a_short_quote_of_the_answer_is_kept(courier: Courier, receiver: Receiver) -> None:
    receiver.script.append(answer(500, "It\x1b[31m broke\n" + "x" * 5000))
    outcome = await courier.post(receiver.url, {}, BODY)
    assert outcome.status == 500
    assert outcome.words.startswith("It[31m broke xxx")
    assert len(outcome.words) == QUOTED + 1


async def test_an_answer_without_an_end_is_left(courier: Courier, receiver: Receiver) -> None:
    receiver.script.append(flood)
    outcome = await courier.post(receiver.url, {}, BODY)
    assert outcome.status == 200
    assert len(outcome.words) <= QUOTED + 1 < MOST_BYTES


async def test_a_server_that_says_nothing_is_left(courier: Courier, receiver: Receiver) -> None:
    receiver.script.append(silence)
    outcome = await courier.post(receiver.url, {}, BODY)
    assert outcome == Outcome(None, "There was no answer within 0.5 s.")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/", "could not be reached"),
        ("https://127.0.0.1:1/", "could not be reached"),
        ("https://no-such-host.invalid/", "name is not known"),
        ("https://[::1", "could not be reached"),
        ("http://10.0.0.1/", "Only https"),
        ("ftp://127.0.0.1/", "Only https"),
    ],
)
async def test_what_cannot_be_reached_is_said(courier: Courier, url: str, words: str) -> None:
    outcome = await courier.post(url, {}, BODY)
    assert outcome.status is None
    assert words in outcome.words


async def test_a_certificate_that_nobody_signed_is_refused(
    courier: Courier, receiver: Receiver
) -> None:
    outcome = await courier.post(receiver.url.replace("http:", "https:"), {}, BODY)
    assert outcome.status is None
    assert receiver.told == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "localhost",
        "0.0.0.0",  # noqa: S104 an address that must not be reached
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:0:10.0.0.1]",
        "[::10.0.0.1]",
        "[fec0::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
async def test_nothing_near_us_is_reached(receiver: Receiver, host: str) -> None:
    port = receiver.url.rsplit(":", 1)[1].split("/")[0]
    for scheme in ("https", "http"):
        outcome = await HttpsCourier().post(f"{scheme}://{host}:{port}", {}, BODY)
        assert outcome.status is None
        assert "private network or of this machine" in outcome.words
    assert receiver.told == []


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("10.0.0.1", "2606:2800::1")]
)
async def test_a_name_that_leads_near_us_is_refused(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, addresses: tuple[str, ...]
) -> None:
    port = receiver.url.rsplit(":", 1)[1].split("/")[0]
    resolving(monkeypatch, *addresses)
    outcome = await HttpsCourier().post(f"https://hook.example:{port}", {}, BODY)
    assert "private network or of this machine" in outcome.words
    assert receiver.told == []


async def test_the_connection_goes_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, courier: Courier
) -> None:
    """The name is resolved once: what it leads to a moment later plays no part."""
    port = receiver.url.rsplit(":", 1)[1].split("/")[0]
    asked = resolving(monkeypatch, "127.0.0.1")
    outcome = await courier.post(f"http://hook.example:{port}", {}, BODY)
    assert outcome.taken
    assert asked == ["hook.example"]
    assert receiver.told[0].headers["Host"].startswith("hook.example")
