"""kill -9 between an answer and its delivery: the company's server is told all the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from chatbot.adapters.clock import SystemClock
from chatbot.demo.loading import load_demo
from chatbot.domain.principal import system
from chatbot.domain.webhook import Webhook
from chatbot.safety.keys import Keyring, load_secrets
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from chatbot.webhooks.delivering import secret_place
from chatbot.webhooks.signing import secret_of
from tests.api import Client
from tests.chaos.killing import Observer
from tests.process import AppProcess, app_process
from tests.receiver import Receiver, answer, silence
from tests.signatures import signature
from tests.waiting import until

SECRET = secret_of(b"k" * 32)
COMMITTED = "SELECT count(*) FROM webhook_deliveries"
DELIVERED = "SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'"
LONG_AGO = (
    "UPDATE webhook_deliveries SET due_at = created_at WHERE state = 'waiting'",
    "UPDATE jobs.pgqueuer SET heartbeat = heartbeat - interval '1 hour'",
    "UPDATE jobs.pgqueuer_schedules SET heartbeat = heartbeat - interval '1 hour'",
)
"""The lease of the delivery and the signs of life of the dead process's jobs are over."""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver(default=silence) as listening:
        yield listening


@pytest.fixture
async def api_key(database_url: str, tmp_path: Path, receiver: Receiver) -> str:
    """Of the demo company, which wants to be told."""
    keyring = Keyring(load_secrets((), tmp_path))
    store = Store(open_engine(database_url), SystemClock())
    installed = await load_demo(store, keyring, SystemClock(), tmp_path)
    async with store.directory() as directory:
        home = (await directory.workspace(slug=installed.workspace)).id
    async with store.begin(system(home)) as db:
        sealed = keyring.seal(SECRET, place=secret_place(home))
        await db.webhooks.set(Webhook(receiver.url, sealed))
    await store.close()
    return installed.api_key


@pytest.fixture
async def app(database_url: str, tmp_path: Path, api_key: str) -> AsyncIterator[AppProcess]:
    assert api_key
    near = {"CHATBOT_WEBHOOKS_PRIVATE_TARGETS": "true"}
    async with app_process(database_url, tmp_path, **near) as running:
        yield running


async def _committed(observer: Observer, _: Receiver) -> None:
    await observer.until(COMMITTED, 1)


async def _on_its_way(_: Observer, receiver: Receiver) -> None:
    await until(lambda: bool(receiver.told), "the receiver has the event, and says nothing")


@pytest.mark.parametrize("moment", [_committed, _on_its_way])
async def test_it_is_delivered_by_whoever_comes_after(
    app: AppProcess,
    api_key: str,
    receiver: Receiver,
    observer: Observer,
    moment: Callable[[Observer, Receiver], Awaitable[None]],
) -> None:
    question = {"text": "What are your opening hours in Galway?"}
    asked = await Client(app.base, api_key).post("/api/v1/questions", question)
    await moment(observer, receiver)
    await app.kill()
    assert await observer.value(DELIVERED) == 0

    receiver.default = answer(204)
    for statement in LONG_AGO:
        await observer.value(statement)
    before = len(receiver.told)
    await app.start()
    await observer.until(DELIVERED, 1)
    (told,) = receiver.told[before:]
    assert told.event["data"]["id"] == asked.body["id"]
    assert len({each.headers["webhook-id"] for each in receiver.told}) == 1
    headers = told.headers
    expected = signature(SECRET, headers["webhook-id"], headers["webhook-timestamp"], told.body)
    assert headers["webhook-signature"] == f"v1,{expected}"
