"""What anybody on the internet may send before they are known, and what it makes of our logs."""

import asyncio
import time
from uuid import uuid4

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chatbot.domain.principal import Principal
from chatbot.errors import TooMany
from chatbot.store.engine import open_engine
from tests.journeys.desk import desk
from tests.running import RunningApp
from tests.staff import Staff
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk

WORDS = "my card number is 4111"


async def test_what_a_customer_wrote_is_not_in_an_error_of_the_database(
    desk: RunningApp,
) -> None:
    engine = open_engine(desk.house.settings.database_url or "")
    fails = sa.text("SELECT 1 / (length(CAST(:words AS text)) * 0)")
    with pytest.raises(DBAPIError) as failed:
        async with engine.connect() as db:
            await db.execute(fails, {"words": WORDS})
    await engine.dispose()

    assert "division by zero" in str(failed.value)
    assert WORDS not in str(failed.value)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "rate", "score": 1, "comment": "\0"},
        {"type": "feedback", "message": "0" * 32, "value": 1, "comment": "a\0b"},
    ],
)
async def test_a_comment_that_cannot_be_kept_ends_no_socket(
    desk: RunningApp, frame: dict[str, object]
) -> None:
    async with Visitor(desk.base) as visitor:
        await visitor.say_frame(frame)
        answer = await visitor.next()
        reply = await visitor.ask("is anybody there")

    assert answer["code"] == "malformed"
    assert reply["text"]


async def test_sockets_opened_at_the_same_moment_are_counted(desk: RunningApp) -> None:
    first = Visitor(desk.base)
    await first.session()
    tabs = [Visitor(desk.base) for _ in range(12)]
    for tab in tabs:
        tab.token = first.token
    greetings = await asyncio.gather(*(tab.connect() for tab in tabs))
    await asyncio.gather(*(tab.leave() for tab in tabs))

    most = desk.house.settings.limits.sockets_per_visitor
    assert [greeting["type"] for greeting in greetings].count("ready") == most
    assert {"type": "closed", "code": 4013} in greetings


async def test_new_visitors_give_one_address_no_more_messages(desk: RunningApp) -> None:
    async def send_from(address: str) -> None:
        await desk.office.allow_message(Principal(uuid4(), "customer", uuid4()), address)

    for _ in range(desk.house.settings.limits.messages_per_address):
        await send_from("203.0.113.9")
    with pytest.raises(TooMany):
        await send_from("203.0.113.9")
    await send_from("203.0.113.10")
    await send_from("127.0.0.1")


async def test_a_language_that_cannot_be_kept_is_named(desk: RunningApp) -> None:
    status, problem = await Visitor(desk.base).post(
        "/api/v1/widget/session", {"site_key": "demo", "locale": "e\0"}
    )

    assert status == 400
    assert problem["detail"].startswith("locale: ")


async def test_nobody_unknown_sends_a_large_body(desk: RunningApp) -> None:
    status, problem = await Visitor(desk.base).post(
        "/api/v1/widget/session", {"site_key": "demo", "padding": "x" * 100_000}
    )
    async with Staff(desk.base) as staff:
        await staff.get("/login")
        page = await staff.post("/login", {"email": "a@b.test", "password": "x" * 100_000})

    assert (status, problem["code"]) == (413, "too_large")
    assert page.status == 413


@pytest.mark.parametrize("late_s", [-60, 5])
async def test_an_identity_is_taken_once_even_just_after_its_end(
    desk: RunningApp, late_s: int
) -> None:
    claims = {"sub": "c-late", "jti": f"once {late_s}", "exp": int(time.time()) - late_s}
    signed = jwt.encode(claims, desk.installed.identity_secret, algorithm="HS256")
    body = {"site_key": "demo", "identity": signed}
    first, _ = await Visitor(desk.base).post("/api/v1/widget/session", body)
    again, problem = await Visitor(desk.base).post("/api/v1/widget/session", body)

    assert (first, again) == (200, 403)
    assert "used before" in problem["detail"]


async def test_a_form_of_another_browser_is_refused_whatever_its_mark_is(
    desk: RunningApp,
) -> None:
    async with Staff(desk.base) as staff:
        await staff.get("/login")
        page = await staff.post("/login", {"email": "a@b.test", "password": "x", "csrf": "ä"})

    assert page.status == 403
    assert "open the sign-in page again" in page.words
