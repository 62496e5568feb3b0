"""Who gets in, who does not, and what an attacker learns: nothing."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from tests.journeys.desk import desk, signed_in
from tests.running import RunningApp
from tests.staff import Staff

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk

SENTENCE = "The email or the password is wrong."


def agent(desk: RunningApp) -> tuple[str, str]:
    login = next(login for login in desk.installed.logins if login.role == "agent")
    return login.email, login.password


@asynccontextmanager
async def sessions(desk: RunningApp) -> AsyncIterator[asyncpg.Connection]:
    """The table of sessions, to let time pass in."""
    database = await asyncpg.connect(desk.house.settings.database_url)
    await database.execute("select set_config('app.directory', 'on', false)")
    yield database
    await database.close()


async def spare_person(desk: RunningApp, email: str) -> str:
    """Somebody whom a test may throttle or shut out; their password."""
    async with signed_in(desk, "owner") as owner:
        await owner.get("/admin/people")
        page = await owner.post("/admin/people", {"name": "Spare", "email": email, "role": "agent"})
    found = re.search(r'class="secret">([^<]+)<', page.text)
    assert found
    return found[1]


async def test_a_stranger_is_led_to_the_sign_in_page_and_then_to_where_they_wanted(
    desk: RunningApp,
) -> None:
    email, password = agent(desk)
    async with Staff(desk.base) as staff:
        led = await staff.get("/console/tickets?view=open")
        assert led.path.startswith("/login?next=")
        wanted = led.field("next")
        page = await staff.post("/login", {"email": email, "password": password, "next": wanted})

    assert page.path == "/console/tickets?view=open"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
async def test_signing_in_never_leads_to_another_site(desk: RunningApp, elsewhere: str) -> None:
    email, password = agent(desk)
    async with Staff(desk.base) as staff:
        page = await staff.sign_in(email, password, to=elsewhere)

    assert page.path == "/console/"


async def test_an_unknown_address_and_a_wrong_password_look_the_same(desk: RunningApp) -> None:
    await spare_person(desk, "looks@example.com")
    async with Staff(desk.base) as staff:
        known = await staff.sign_in("looks@example.com", "wrong password")
        unknown = await staff.sign_in("nobody@example.com", "wrong password")

    assert known.status == unknown.status == 401
    assert SENTENCE in known.words
    assert known.words.replace("looks@", "nobody@") == unknown.words


async def test_guessing_one_account_soon_has_to_wait(desk: RunningApp) -> None:
    password = await spare_person(desk, "guessed@example.com")
    async with Staff(desk.base) as staff:
        tries = [await staff.sign_in("guessed@example.com", f"guess {n}") for n in range(12)]
        right = await staff.sign_in("guessed@example.com", password)

    statuses = [page.status for page in tries]
    assert statuses.count(401) == 5
    assert statuses[-1] == 429
    assert int(tries[-1].headers["Retry-After"]) > 0
    assert "try again in" in tries[-1].words
    assert right.status == 429


async def test_a_good_sign_in_forgives_earlier_mistakes(desk: RunningApp) -> None:
    password = await spare_person(desk, "clumsy@example.com")
    async with Staff(desk.base) as staff:
        for _try in range(3):
            for n in range(4):
                await staff.sign_in("clumsy@example.com", f"guess {n}")
            page = await staff.sign_in("clumsy@example.com", password)
            assert page.path == "/console/"
            await staff.post("/logout")


async def test_the_session_cookie_is_for_this_site_and_no_script(desk: RunningApp) -> None:
    email, password = agent(desk)
    async with Staff(desk.base) as staff:
        await staff.get("/login")
        async with staff.http.post(
            f"{desk.base}/login",
            data={"email": email, "password": password, "csrf": staff.csrf},
            allow_redirects=False,
        ) as answer:
            cookie = next(
                value
                for value in answer.headers.getall("Set-Cookie")
                if value.startswith("session=")
            )

    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert len(cookie.partition("=")[2].partition(";")[0]) >= 43


async def test_a_planted_session_is_not_the_one_that_gets_signed_in(desk: RunningApp) -> None:
    email, password = agent(desk)
    async with Staff(desk.base) as staff:
        staff.plant("session", "planted-by-an-attacker")
        await staff.sign_in(email, password)
        fresh = staff.cookie("session")

    assert fresh not in {"", "planted-by-an-attacker"}


async def test_signing_out_ends_the_session_everywhere(desk: RunningApp) -> None:
    async with signed_in(desk, "agent") as staff:
        token = staff.cookie("session")
        await staff.get("/account")
        page = await staff.post("/logout")
        assert "You are signed out." in page.words
        staff.plant("session", token)
        again = await staff.get("/console/")

    assert again.path.startswith("/login")


@pytest.mark.parametrize(
    "aged",
    [
        "update sessions set seen_at = now() - interval '31 minutes'",
        "update sessions set expires_at = now()",
    ],
)
async def test_an_idle_or_old_session_is_over(desk: RunningApp, aged: str) -> None:
    async with signed_in(desk, "agent") as staff, sessions(desk) as database:
        assert (await staff.get("/console/")).path == "/console/"
        await database.execute(aged)

        assert (await staff.get("/console/")).path.startswith("/login")


async def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(desk: RunningApp) -> None:
    async with signed_in(desk, "agent") as staff, sessions(desk) as database:
        await database.execute("update sessions set seen_at = now() - interval '29 minutes'")
        assert (await staff.get("/console/rows?queue=mine")).status == 200
        seen = "select now() - max(seen_at) from sessions"
        idle: timedelta | None = await database.fetchval(seen)
        await staff.get("/console/")
        active: timedelta | None = await database.fetchval(seen)

    assert idle
    assert idle > timedelta(minutes=28)
    assert active
    assert active < timedelta(minutes=1)


async def test_whoever_is_disabled_is_out_at_once(desk: RunningApp) -> None:
    password = await spare_person(desk, "leaving@example.com")
    async with Staff(desk.base) as staff, signed_in(desk, "owner") as owner:
        await staff.sign_in("leaving@example.com", password)
        assert (await staff.get("/console/")).path == "/console/"
        people = await owner.get("/admin/people")
        leaver = people.text.partition("leaving@example.com")[2]
        address = re.search(r'action="(/admin/people/[^"]+/disable)"', leaver)
        assert address
        page = await owner.post(address[1])
        assert "Spare can no longer sign in." in page.words

        assert (await staff.get("/console/")).path.startswith("/login")
        assert (await staff.sign_in("leaving@example.com", password)).status == 401


async def test_changing_the_password_ends_every_session(desk: RunningApp) -> None:
    password = await spare_person(desk, "changes@example.com")
    chosen = "a long walk in the rain"
    async with Staff(desk.base) as one, Staff(desk.base) as other:
        await one.sign_in("changes@example.com", password)
        await other.sign_in("changes@example.com", password)
        await one.get("/account")
        wrong = await one.post("/account/password", {"present": "no", "chosen": chosen})
        assert "The present password is wrong." in wrong.words
        short = await one.post("/account/password", {"present": password, "chosen": "short"})
        assert "12 to 256 characters" in short.words
        page = await one.post("/account/password", {"present": password, "chosen": chosen})
        assert "Sign in with your new password." in page.words

        assert (await other.get("/console/")).path.startswith("/login")
        assert (await one.sign_in("changes@example.com", password)).status == 401
        assert (await one.sign_in("changes@example.com", chosen)).path == "/console/"


async def test_the_login_form_of_another_browser_is_not_taken(desk: RunningApp) -> None:
    email, password = agent(desk)
    async with Staff(desk.base) as victim, Staff(desk.base) as attacker:
        await victim.get("/login")
        await attacker.get("/login")
        page = await victim.post(
            "/login", {"email": email, "password": password, "csrf": attacker.csrf}
        )

    assert page.status == 403
    assert not victim.cookie("session")
