"""Several keys of one provider: a bad one is set aside, told once, and tried again later."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from prometheus_client import REGISTRY

from chatbot.adapters.providers.connect import connect, connect_all, key_label
from chatbot.adapters.providers.keyed import SET_ASIDE_S
from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.adapters.providers.openai_responses import OpenAIResponses
from chatbot.domain.ask import TextPiece
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Provider
from chatbot.settings import ProviderSettings
from tests.builders import FakeClock
from tests.contracts.providers import asking, heard
from tests.fault_scenarios import REPLY, Manual, refuse
from tests.fault_server import FaultServer, Scenario

NEW, OLD = "sk-made-up-new-1111", "sk-made-up-old-2222"
REVOKED = refuse(401, "invalid_api_key", f"Incorrect API key provided: {NEW}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def two_keys(server: FaultServer, clock: FakeClock) -> AsyncIterator[Provider]:
    settings = ProviderSettings(name="keyed", model="small", base_url=server.base_url)
    provider = connect(settings, (NEW, OLD), clock)
    yield provider
    await provider.close()


def asked_with(server: FaultServer) -> list[str]:
    return [received.key for received in server.received]


def set_aside() -> float | None:
    return REGISTRY.get_sample_value("chatbot_provider_keys_set_aside", {"provider": "keyed"})


async def test_the_newest_key_is_used_while_it_works(
    server: FaultServer, two_keys: Provider
) -> None:
    for _ in range(2):
        await heard(two_keys)
    assert asked_with(server) == [NEW, NEW]
    assert set_aside() == 0


@pytest.mark.parametrize(
    "refusal",
    [
        REVOKED,
        refuse(401, "account_deactivated"),
        refuse(403),
        refuse(429, "insufficient_quota"),
        refuse(402),
    ],
)
async def test_a_refused_key_costs_no_reply_and_is_left_alone(
    refusal: Scenario,
    server: FaultServer,
    two_keys: Provider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.by_key[NEW] = refusal
    with caplog.at_level(logging.INFO, "chatbot.adapters.providers.keyed"):
        for _ in range(3):
            words, _ = await heard(two_keys)
            assert "".join(words) == REPLY
    assert asked_with(server) == [NEW, OLD, OLD, OLD]
    assert set_aside() == 1
    (told,) = caplog.messages
    assert told.startswith("key 1 (…1111) of provider keyed is set aside")
    assert NEW not in told


async def test_a_key_is_tried_again_after_a_while(
    server: FaultServer,
    two_keys: Provider,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.by_key[NEW] = REVOKED
    with caplog.at_level(logging.INFO, "chatbot.adapters.providers.keyed"):
        await heard(two_keys)
        await clock.advance(SET_ASIDE_S - 1)
        await heard(two_keys)
        await clock.advance(1)
        await heard(two_keys)  # still refused: it is not told a second time
        del server.by_key[NEW]
        await clock.advance(SET_ASIDE_S)
        await heard(two_keys)
    assert asked_with(server) == [NEW, OLD, OLD, NEW, OLD, NEW]
    assert [message.split(" of ")[0] for message in caplog.messages] == ["key 1 (…1111)"] * 2
    assert caplog.messages[1].endswith("works again")
    assert set_aside() == 0


async def test_without_a_key_left_it_is_refused_until_one_is_mended(
    server: FaultServer, two_keys: Provider
) -> None:
    server.by_key = {NEW: REVOKED, OLD: refuse(429, "insufficient_quota")}
    with pytest.raises(ProviderRefused) as error:
        await heard(two_keys)
    assert error.value.fault == "no_quota"
    assert set_aside() == 2
    del server.by_key[OLD]
    await heard(two_keys)
    assert asked_with(server) == [NEW, OLD, NEW, OLD]


async def test_a_key_refused_in_the_middle_does_not_begin_again(
    server: FaultServer, two_keys: Provider
) -> None:
    server.by_key[NEW] = talk = Manual()
    talk.head()
    talk.say("Returns ")
    async with aclosing(two_keys.stream(asking())) as stream:
        assert await anext(stream) == TextPiece("Returns ")
        talk.event({"error": {"code": "insufficient_quota"}})
        with pytest.raises(ProviderRefused):
            await anext(stream)
    talk.over()
    assert asked_with(server) == [NEW]
    await heard(two_keys)
    assert asked_with(server) == [NEW, OLD]


@pytest.mark.parametrize(
    "fault", [refuse(500), refuse(429, "rate_limit_exceeded"), refuse(400, "invalid_request_error")]
)
async def test_what_is_not_the_keys_fault_is_the_callers(
    fault: Scenario, server: FaultServer, two_keys: Provider
) -> None:
    server.default = fault
    with pytest.raises((ProviderDegraded, ProviderRefused)):
        await heard(two_keys)
    assert asked_with(server) == [NEW]


async def test_settings_choose_the_adapter_of_each(clock: FakeClock) -> None:
    listed = [
        (ProviderSettings(name="one", base_url="http://localhost/v1"), ()),
        (ProviderSettings(name="two", api="responses"), (NEW,)),
        (ProviderSettings(name="three"), (NEW, OLD)),
    ]
    connected = connect_all(listed, clock)
    assert list(connected) == ["one", "two", "three"]
    assert isinstance(connected["one"], OpenAIChat)
    assert isinstance(connected["two"], OpenAIResponses)
    assert repr(connected["three"]) == "<KeyedProvider three gpt-5.4-mini with 2 keys>"
    for provider in connected.values():
        await provider.close()


def test_of_a_short_key_nothing_is_shown() -> None:
    assert key_label(2, "abcdefgh") == "key 2"
    assert key_label(1, NEW) == "key 1 (…1111)"
