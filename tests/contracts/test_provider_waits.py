"""How long a provider that takes no more asks us to wait."""

import pytest

from chatbot.errors import ProviderDegraded
from chatbot.ports import Provider
from tests.contracts.providers import heard
from tests.fault_scenarios import refuse
from tests.fault_server import FaultServer

USED_UP = {
    "x_ratelimit_limit_requests": "10",
    "x_ratelimit_remaining_requests": "9",
    "x_ratelimit_reset_requests": "1s",
    "x_ratelimit_limit_tokens": "1000",
    "x_ratelimit_remaining_tokens": "12",
    "x_ratelimit_reset_tokens": "6m0.5s",
}
"""Tokens are scarce, requests are not."""


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "2"}, 2.0),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:30 GMT"}, 30.0),
        ({"retry_after": "Wed, 21 Oct 2020 07:28:30 GMT"}, 0.0),
        ({"retry_after": "99999999"}, 3600.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
        (USED_UP, 360.5),
        (USED_UP | {"retry_after": "3"}, 3.0),
        (USED_UP | {"x_ratelimit_reset_tokens": "120ms"}, 0.12),
        (USED_UP | {"x_ratelimit_reset_tokens": "9999h"}, 3600.0),
        (USED_UP | {"x_ratelimit_reset_tokens": "later"}, 1.0),
        (USED_UP | {"x_ratelimit_reset_tokens": "", "x_ratelimit_reset_requests": "6"}, None),
    ],
)
async def test_the_wait_that_a_provider_asks_for_is_understood(
    headers: dict[str, str],
    seconds: float | None,
    status: int,
    server: FaultServer,
    provider: Provider,
) -> None:
    dated = {"date": "Wed, 21 Oct 2026 07:28:00 GMT"} | headers
    server.script.append(refuse(status, "slow_down", **dated))
    with pytest.raises(ProviderDegraded) as error:
        await heard(provider)
    assert error.value.retry_after == seconds
