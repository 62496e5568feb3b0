"""The application that journeys go through."""

import base64
import hashlib
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from chatbot.adapters.clock import SystemClock
from chatbot.answers.bank import Bank
from chatbot.assembly import House, open_house
from chatbot.demo.loading import FILE, load_demo
from chatbot.store.banks import StoredBanks
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from tests.conftest import Cluster
from tests.running import ENCODERS, RunningApp, running_app, settings_for
from tests.tenants import Tenant, found_tenant

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class DemoTemplate:
    """A database with the demo company and its vectors, and the data folder that goes with it."""

    database: str
    data_dir: Path
    encoders: Path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo_template(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DemoTemplate]:
    """
    Made once: loading and encoding the company takes longer than most journeys.

    The exported encoder and the company's vectors are kept from run to run, named by the encoder
    and the text they belong to, so that nothing stale can be found.
    """
    kept = ROOT / ".pytest_cache" / "vectors"
    data_dir = tmp_path_factory.mktemp("demo")
    async with cluster.database(cluster.template) as url:
        async with open_house(settings_for(url, data_dir, ENCODERS)) as house:
            await load_demo(house.store, house.keyring, house.clock, data_dir)
            await house.encoder.wait()
            async with house.store.directory() as directory:
                workspace = await directory.workspace(slug="demo")
            await _encode(house, workspace.id, kept)
        yield DemoTemplate(urlsplit(url).path[1:], data_dir, ENCODERS)


async def _encode(house: House, workspace: UUID, kept: Path) -> None:
    """Put the vectors of every published text into the store."""
    fingerprint, source = house.encoder.fingerprint, StoredBanks(house.store, house.clock)
    file = kept / f"{fingerprint[:16]}.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    vectors = {text: base64.b64decode(vector) for text, vector in known.items()}
    await source.keep_vectors(workspace, fingerprint, vectors)
    version, answers = await source.published(workspace)
    await house.bank.match(workspace, version, "Is anybody there?", 0.02)
    house.bank.refresh(workspace)
    await house.bank.settled()
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in Bank.texts(answers)]
    stored = await source.vectors(workspace, fingerprint, hashes)
    assert len(stored) == len(set(hashes))
    if set(stored) - set(vectors):
        kept.mkdir(parents=True, exist_ok=True)
        partial = kept / f"{uuid4().hex}.partial"
        encoded = {text: base64.b64encode(vector).decode() for text, vector in stored.items()}
        partial.write_text(json.dumps(encoded))
        partial.rename(file)


@pytest.fixture
async def demo_url(
    cluster: Cluster, demo_template: DemoTemplate, tmp_path: Path
) -> AsyncIterator[str]:
    """A database of the test's own with the demo company in it; its keys lie in `tmp_path`."""
    for name in (FILE, "secret_keys"):
        shutil.copy(demo_template.data_dir / name, tmp_path / name)
    async with cluster.database(demo_template.database) as url:
        yield url


@pytest.fixture
async def app(
    demo_url: str, demo_template: DemoTemplate, tmp_path: Path
) -> AsyncIterator[RunningApp]:
    """The demo company with no model configured."""
    async with running_app(demo_url, tmp_path, demo_template.encoders) as running:
        yield running


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store alone, without the application around it."""
    store = Store(open_engine(database_url), SystemClock())
    yield store
    await store.close()


@pytest.fixture
async def shop(store: Store) -> Tenant:
    """A workspace in it that has nothing yet."""
    return await found_tenant(store, "shop")
