"""A fault server, and every provider over it."""

from collections.abc import AsyncIterator

import pytest

from chatbot.ports import Provider
from tests.contracts.providers import KINDS, Kind
from tests.fault_catalogue import fault_server
from tests.fault_server import FaultServer


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server() as running:
        yield running


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
async def provider(kind: Kind, server: FaultServer) -> AsyncIterator[Provider]:
    adapter = kind.connect(server.base_url)
    yield adapter
    await adapter.close()
