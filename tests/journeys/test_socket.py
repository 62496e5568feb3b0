"""The socket as `docs/protocol.md` promises it, seen from outside."""

import asyncio
import uuid

import pytest
import websockets

from tests.journeys.desk import desk
from tests.running import RunningApp
from tests.visitor import Visitor, is_bot, open_socket

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


@pytest.fixture(scope="module")
def app(desk: RunningApp) -> RunningApp:
    """One for the whole file: each test brings its own visitors."""
    return desk


async def test_a_message_is_acknowledged_and_heard(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        cid = await visitor.send("hello there")
        ack = await visitor.until(lambda frame: frame["type"] == "ack")
        await visitor.until(is_bot)

    stored = next(frame for frame in visitor.all("message") if frame["role"] == "customer")
    assert ack == {"type": "ack", "cid": cid, "id": stored["id"], "seq": 1, "dup": False}
    assert stored["text"] == "hello there"
    assert stored["cid"] == cid


async def test_the_same_cid_is_stored_once(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        cid = await visitor.send("only once please")
        await visitor.until(is_bot)
        await visitor.send("only once please", cid)
        again = await visitor.until(lambda frame: frame["type"] == "ack")
        _, listed = await visitor.get(f"/api/v1/conversations/{visitor.conversation}/messages")

    assert again["dup"] is True
    assert [one["text"] for one in listed["items"]].count("only once please") == 1


async def test_sequence_numbers_have_no_gap(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        for text in ("first", "second", "third"):
            await visitor.ask(text)

    numbers = [frame["seq"] for frame in visitor.heard if frame["type"] in DURABLE]
    assert numbers == list(range(1, len(numbers) + 1))


DURABLE = {"message", "ticket", "state"}


async def test_who_comes_back_gets_exactly_what_they_missed(app: RunningApp) -> None:
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.ask("something nobody knows qqq")
    everything = [frame for frame in visitor.heard if frame["type"] in DURABLE]
    await visitor.leave()

    ready = await visitor.connect(resume=2)
    missed = [await visitor.next() for _ in range(len(everything) - 2)]
    await visitor.leave()

    assert ready["seq"] == len(everything)
    assert missed == everything[2:]


async def test_every_tab_hears_the_same(app: RunningApp) -> None:
    first = Visitor(app.base)
    await first.connect()
    second = Visitor(app.base)
    second.token, second.conversation = first.token, first.conversation
    await second.connect()

    reply = await first.ask("is anybody there")
    heard = await second.until(is_bot)
    await first.leave()
    await second.leave()

    assert heard == reply


async def test_closing_the_tab_does_not_stop_the_answer(app: RunningApp) -> None:
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("will you answer me anyway")
    await visitor.until(lambda frame: frame["type"] == "ack")
    await visitor.leave()

    await visitor.connect(resume=0)
    reply = await visitor.until(is_bot)
    await visitor.leave()

    assert reply["text"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "{base}.evil.example",
        "{base}:1",
        "{base}/",
        "https{rest}",
        "http://user@127.0.0.1:{port}",
        "http://127.0.0.1",
        "",
        None,
    ],
)
async def test_a_foreign_origin_is_refused_before_the_handshake(
    app: RunningApp, origin: str | None
) -> None:
    if origin is not None:
        port, rest = app.base.rsplit(":", 1)[1], app.base.removeprefix("http")
        origin = origin.format(base=app.base, port=port, rest=rest)

    with pytest.raises(websockets.InvalidStatus) as refused:
        await open_socket(app.base, origin)

    assert refused.value.response.status_code == 403


async def test_a_socket_without_the_subprotocol_is_told_so(app: RunningApp) -> None:
    socket = await open_socket(app.base, app.base, protocols=())
    with pytest.raises(websockets.ConnectionClosed):
        await socket.recv()

    assert socket.close_code == 4503


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type":"send","cid":"3f6f0a52-7a57-4a63-a4b8-9d6a4a7a3b11","text":"hi"}', 4500),
        ('{"type":"hello","token":"not a token"}', 4501),
        ('{"type":"hello","token":""}', 4501),
    ],
)
async def test_nobody_speaks_before_a_valid_hello(app: RunningApp, first: str, code: int) -> None:
    socket = await open_socket(app.base, app.base)
    await socket.send(first)
    with pytest.raises(websockets.ConnectionClosed):
        await socket.recv()

    assert socket.close_code == code


async def test_a_forged_token_opens_nothing(app: RunningApp) -> None:
    honest = Visitor(app.base)
    await honest.session()
    head, claims, signature = honest.token.split(".")
    thief = Visitor(app.base)
    thief.token = f"{head}.{claims}.{signature[::-1]}"

    assert await thief.connect() == {"type": "closed", "code": 4501}


async def test_another_customers_conversation_is_refused_like_one_that_is_not_there(
    app: RunningApp,
) -> None:
    owner = Visitor(app.base)
    await owner.connect()
    await owner.ask("my secret question")
    stranger = Visitor(app.base)
    await stranger.session()

    theirs = await stranger.connect(conversation=owner.conversation)
    after_theirs = await stranger.next()
    nobodys = await stranger.connect(conversation=str(uuid.uuid4()))
    after_nobodys = await stranger.next()
    status, _ = await stranger.get(f"/api/v1/conversations/{owner.conversation}/messages")
    await owner.leave()

    assert theirs == nobodys
    assert theirs["code"] == "not_found"
    assert after_theirs == after_nobodys == {"type": "closed", "code": 4500}
    assert status == 404


async def test_bad_frames_are_named_and_harm_nothing(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        for bad in ("", "[]", "{}", "nonsense", '{"type":"drop"}', '{"type":"send"}', b"\xff\x00"):
            await visitor.say_raw(bad)
            answer = await visitor.next()
            assert (answer["type"], answer["code"]) == ("error", "malformed"), bad
        reply = await visitor.ask("still here?")

    assert reply["role"] == "bot"


@pytest.mark.parametrize(("text", "code"), [("x" * 4001, "too_long"), ("   ", "empty")])
async def test_a_message_of_the_wrong_size_is_refused(
    app: RunningApp, text: str, code: str
) -> None:
    async with Visitor(app.base) as visitor:
        cid = await visitor.send(text)
        error = await visitor.until(lambda frame: frame["type"] == "error")
        _, listed = await visitor.get("/api/v1/widget/conversations")

    assert (error["code"], error["cid"]) == (code, cid)
    assert listed["items"] == []


async def test_the_longest_message_is_taken_in_any_script(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        await visitor.send("語" * 4000)
        ack = await visitor.until(lambda frame: frame["type"] == "ack")

    assert ack["seq"] == 1


async def test_feedback_rating_and_reading_are_kept(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        reply = await visitor.ask("anything")
        await visitor.say_frame({"type": "feedback", "message": reply["id"], "value": -1})
        await visitor.say_frame({"type": "rate", "score": 4, "comment": "fine"})
        await visitor.say_frame({"type": "read", "seq": reply["seq"]})
        await visitor.say_frame({"type": "feedback", "message": str(uuid.uuid4()), "value": 1})
        error = await visitor.until(lambda frame: frame["type"] == "error")
        _, listed = await visitor.get("/api/v1/widget/conversations")

    assert error["code"] == "not_found"
    assert listed["items"][0]["unread"] == 0


async def test_many_messages_at_once_are_answered_in_their_order(app: RunningApp) -> None:
    async with Visitor(app.base) as visitor:
        cids = [await visitor.send(f"question number {n}") for n in range(5)]
        asked: dict[str, str] = {}
        answered: list[str] = []
        while len(answered) < len(cids):
            frame = await visitor.next()
            if frame["type"] == "message" and frame["role"] == "customer":
                asked[frame["id"]] = frame["cid"]
            if is_bot(frame):
                answered.append(asked[frame["reply_to"]])

    assert answered == cids


async def test_sockets_beyond_the_limit_are_told_to_come_later(app: RunningApp) -> None:
    first = Visitor(app.base)
    await first.session()
    tabs = [Visitor(app.base) for _ in range(5)]
    for tab in tabs:
        tab.token = first.token
        assert (await tab.connect())["type"] == "ready"
    one_more = Visitor(app.base)
    one_more.token = first.token

    assert await one_more.connect() == {"type": "closed", "code": 4013}
    await asyncio.gather(*(tab.leave() for tab in tabs))
