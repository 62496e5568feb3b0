"""A provider that fails on purpose owes its callers what every provider owes them."""

import asyncio

import pytest

from chatbot.adapters.providers.faulty import FAULTS, HALF, RECITED, FaultyProvider
from chatbot.domain.ask import Completed, TextPiece
from chatbot.errors import ProviderDegraded, ProviderRefused
from tests.contracts.providers import asking, chat, heard
from tests.fault_scenarios import REPLY, reply
from tests.fault_server import FaultServer

RAISING = [name for name, fault in FAULTS.items() if fault.error]
STALLING = [name for name, fault in FAULTS.items() if not fault.error and not fault.finish]
ENDING = [name for name, fault in FAULTS.items() if fault.finish]


async def test_without_a_fault_the_inner_provider_is_heard_whole() -> None:
    async with FaultServer({}, reply()) as server:
        provider = FaultyProvider(chat(server.base_url))
        words, completed = await heard(provider)
        await provider.close()
    assert "".join(words) == completed.text == REPLY
    assert (provider.name, provider.model) == ("local", "small")


async def test_without_an_inner_provider_it_recites() -> None:
    words, completed = await heard(FaultyProvider())
    assert "".join(words) == completed.text == RECITED
    assert completed.finish == "stop"


@pytest.mark.parametrize("name", RAISING)
async def test_a_fault_is_raised_as_adapters_raise_it_and_never_ends_whole(name: str) -> None:
    provider = FaultyProvider()
    provider.fail_by(name)
    words: list[str] = []

    async def listen() -> None:
        async for item in provider.stream(asking()):
            assert isinstance(item, TextPiece)
            words.append(item.text)

    with pytest.raises((ProviderDegraded, ProviderRefused)) as error:
        await listen()
    assert error.value.fault
    assert words == ([HALF] if FAULTS[name].when == "after" else [])


@pytest.mark.parametrize("name", STALLING)
async def test_a_stall_lasts_until_the_caller_hangs_up(name: str) -> None:
    provider = FaultyProvider()
    provider.fail_by(name)
    listening = asyncio.create_task(heard(provider))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not listening.done()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


@pytest.mark.parametrize("name", ENDING)
async def test_an_odd_end_is_the_last_item(name: str) -> None:
    provider = FaultyProvider()
    provider.fail_by(name)
    words, completed = await heard(provider)
    assert isinstance(completed, Completed)
    assert completed.text == "".join(words)
    assert completed.finish == FAULTS[name].finish
