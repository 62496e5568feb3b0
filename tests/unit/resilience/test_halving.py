"""What a provider's refusals, and little headroom, do to the places and to the wait."""

from chatbot.resilience.limiter import Concurrency, Limiter
from tests.builders import FakeClock


def limiter(clock: FakeClock, start: int) -> Limiter:
    return Limiter("local", "m", clock, Concurrency(start=start))


async def test_calls_that_were_under_way_together_halve_it_once(clock: FakeClock) -> None:
    limits = limiter(clock, start=16)
    began = clock.monotonic()
    await clock.advance(1)
    for _ in range(5):
        limits.refused(0.0, began)
    assert limits.places == 8
    await clock.advance(1)
    limits.refused(0.0, clock.monotonic())
    assert limits.places == 8, "nothing got through in between: that tells of time, not of number"
    limits.whole(1.0, 0.5)
    limits.refused(0.0, clock.monotonic())
    assert limits.places == 4


async def test_little_headroom_halves_it_and_plenty_lets_it_grow(clock: FakeClock) -> None:
    limits = limiter(clock, start=8)
    for _ in range(8):
        assert limits.enter()
    limits.whole(1.0, 0.5)
    assert limits.places == 8
    limits.whole(1.0, 0.9)
    limits.whole(1.0, None)
    assert 8 < limits.places < 9
    await clock.advance(1)
    limits.whole(1.0, 0.1)
    assert limits.places < 5
    for _ in range(10):
        await clock.advance(1)
        limits.whole(1.0, 0.1)
    assert limits.places == 1, "headroom alone never stops everything"


async def test_a_late_refusal_of_the_same_calls_halves_nothing_more(clock: FakeClock) -> None:
    limits = limiter(clock, start=16)
    began = clock.monotonic()
    await clock.advance(1)
    limits.refused(0.0, began)
    limits.whole(1.0, 0.5)
    limits.refused(0.0, began)
    assert limits.places == 8


async def test_little_headroom_of_calls_under_way_together_halves_it_once(clock: FakeClock) -> None:
    limits = limiter(clock, start=16)
    await clock.advance(1)
    for _ in range(5):
        limits.whole(1.0, 0.1)
    assert limits.places == 8


async def test_a_shorter_pause_does_not_end_a_longer_one(clock: FakeClock) -> None:
    limits = limiter(clock, start=16)
    limits.refused(5.0, clock.monotonic())
    limits.refused(1.0, clock.monotonic())
    await clock.advance(4.9)
    assert not limits.enter()
    await clock.advance(0.2)
    assert limits.enter()
