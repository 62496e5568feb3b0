"""Which faults are tried again, how often, and after how long: the fault table's column."""

import pytest

from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.resilience.retry import BASE_S, Retries

NETWORK = ["refused", "reset", "dns", "tls", "timeout", "unreachable", "server_error"]
STREAM = ["no_finish", "cut", "empty", "html", "not_a_stream", "encoded", "no_words"]
CONTENT = ["bad_json", "bad_utf8", "wrong_types", "error_event", "oversized"]
NEVER = ["no_first_token", "stalled", "late", "too_long", "set_aside", "crowded", "spent"]
REFUSALS = ["no_quota", "unauthorized", "forbidden", "unknown_model", "bad_request"]


def degraded(fault: str, retry_after: float | None = None) -> ProviderDegraded:
    return ProviderDegraded("It failed.", fault=fault, retry_after=retry_after)


def waits(*errors: ProviderDegraded, left_s: float = 6.0, dice: float = 0.5) -> list[float | None]:
    retries = Retries(lambda: dice)
    return [retries.wait_s(error, left_s=left_s, said=False) for error in errors]


@pytest.mark.parametrize("fault", NETWORK + STREAM + CONTENT)
def test_what_may_pass_is_tried_once_more(fault: str) -> None:
    assert waits(degraded(fault), degraded(fault)) == [BASE_S / 2, None]


@pytest.mark.parametrize("fault", NEVER)
def test_what_has_used_the_time_is_not(fault: str) -> None:
    assert waits(degraded(fault)) == [None]


@pytest.mark.parametrize("fault", [*REFUSALS, "context_too_long"])
def test_what_an_operator_has_to_mend_is_not(fault: str) -> None:
    error = ProviderRefused("It refused.", fault=fault)
    assert Retries(lambda: 0.0).wait_s(error, left_s=60, said=False) is None


@pytest.mark.parametrize("fault", ["cut", "server_error", "rate_limited"])
def test_nothing_is_tried_again_once_words_were_shown(fault: str) -> None:
    assert Retries(lambda: 0.0).wait_s(degraded(fault, 0.1), left_s=60, said=True) is None


def test_the_jitter_is_full() -> None:
    assert waits(degraded("reset"), dice=0.0) == [0.0]
    assert waits(degraded("reset"), dice=1.0) == [BASE_S]


def test_what_the_provider_asks_for_is_honoured_if_there_is_time() -> None:
    assert waits(degraded("server_error", 3.0)) == [3.0]
    assert waits(degraded("server_error", 7.0)) == [None]
    assert waits(degraded("rate_limited", 3.0)) == [3.0]
    assert waits(degraded("rate_limited", 7.0)) == [None]


def test_a_limit_without_a_time_is_left_to_the_next_rung() -> None:
    assert waits(degraded("rate_limited")) == [None]


def test_nobody_is_put_back_in_line_for_ever() -> None:
    assert waits(*[degraded("rate_limited", 1.0)] * 3) == [1.0, 1.0, None]


def test_without_time_nothing_is_tried() -> None:
    assert waits(degraded("reset"), left_s=0.0) == [None]
