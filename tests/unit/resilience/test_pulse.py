"""Who is told that the model fails and that it is back: each who fell, and nobody twice."""

from uuid import uuid4

from chatbot.resilience.breaker import Breaker, BreakerLimits
from chatbot.resilience.pulse import MOST_TOLD, ModelPulse
from tests.builders import FakeClock

A, B = uuid4(), uuid4()


def test_each_customer_is_told_once_and_told_of_the_end(clock: FakeClock) -> None:
    pulse = ModelPulse(clock)
    assert [pulse.failed(A), pulse.failed(A), pulse.failed(B)] == [True, False, True]
    assert [pulse.answered(A), pulse.answered(A), pulse.answered(B)] == [True, False, True]


def test_whoever_arrives_while_it_fails_is_told_of_the_end_as_well(clock: FakeClock) -> None:
    pulse = ModelPulse(clock)
    assert not pulse.greet(A)
    pulse.failed(B)
    assert pulse.greet(A)
    assert pulse.answered(A)


async def test_a_failure_is_old_news_after_a_minute(clock: FakeClock) -> None:
    pulse = ModelPulse(clock)
    pulse.failed(A)
    assert pulse.degraded
    await clock.advance(61)
    assert not pulse.degraded


def test_it_is_degraded_only_when_every_model_is_set_aside(clock: FakeClock) -> None:
    breakers = [Breaker(name, "m", clock, BreakerLimits()) for name in ("one", "two")]
    pulse = ModelPulse(clock, breakers)
    breakers[0].open("cut")
    assert not pulse.degraded
    assert pulse.set_aside == ["one/m (cut)"]
    breakers[1].open("no_quota")
    assert pulse.degraded
    pulse.failed(A)
    breakers[1].close()
    assert not pulse.degraded, "a probe found it well: what failed before is over"
    assert pulse.answered(A), "but the customer still has to be told"


def test_it_forgets_the_oldest_before_it_grows_without_end(clock: FakeClock) -> None:
    pulse = ModelPulse(clock)
    pulse.failed(A)
    for _ in range(MOST_TOLD):
        pulse.failed(uuid4())
    assert not pulse.answered(A)
