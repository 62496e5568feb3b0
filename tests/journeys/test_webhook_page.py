"""Owners, and nobody else, say where the company's own server is; it must not be near us."""

import pytest

from tests.journeys.desk import desk, signed_in
from tests.journeys.outage import rows
from tests.journeys.test_webhooks import asked, deliver
from tests.receiver import Receiver
from tests.running import RunningApp

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.com/hook",
        "example.com/hook",
        "javascript:alert(1)",
        "https://",
        "https://user:word@example.com/",
        "https://[::1/",
        "https://example.com/#part",
        "https://example.com/a b",
        "https://example.com:port/",
        "https://example.com/" + "x" * 500,
    ],
)
async def test_a_wrong_address_is_refused_and_changes_nothing(desk: RunningApp, url: str) -> None:
    before = await rows(desk, "SELECT url FROM webhooks")
    async with signed_in(desk, "owner") as owner:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/webhook", {"url": url})
    assert page.status == 400
    assert "write https://www.example.com/hook" in page.words
    assert await rows(desk, "SELECT url FROM webhooks") == before


async def test_only_owners_with_their_form_set_it(desk: RunningApp) -> None:
    fields = {"url": "https://forged.example/"}
    async with signed_in(desk, "owner") as owner, signed_in(desk, "admin") as admin:
        await owner.get("/admin/sites")
        forged = await owner.post("/admin/sites/webhook", fields | {"csrf": "made up"})
        await admin.get("/admin/answers")
        by_admin = await admin.post("/admin/sites/webhook", fields)
    assert (forged.status, by_admin.status) == (403, 403)
    assert await rows(desk, "SELECT 1 FROM webhooks WHERE url LIKE '%forged%'") == []


async def test_a_target_near_us_is_refused_when_it_is_sent_to(desk: RunningApp) -> None:
    async with Receiver() as receiver, signed_in(desk, "owner") as owner:
        await owner.get("/admin/sites")
        url = receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
        await owner.post("/admin/sites/webhook", {"url": url})
        test = await owner.post("/admin/sites/webhook/test")
        await asked(desk)
        await deliver(desk)
        page = await owner.get("/admin/sites")
        await owner.post("/admin/sites/webhook/remove")
    assert receiver.told == []
    assert "of a private network or of this machine: nothing was sent" in test.words
    assert "1 attempt, next" in page.words


async def test_without_an_address_there_is_nothing_to_test(desk: RunningApp) -> None:
    async with signed_in(desk, "owner") as owner:
        await owner.get("/admin/sites")
        await owner.post("/admin/sites/webhook/remove")
        test = await owner.post("/admin/sites/webhook/test")
        secret = await owner.post("/admin/sites/webhook/secret")
    assert (test.status, secret.status) == (404, 404)
