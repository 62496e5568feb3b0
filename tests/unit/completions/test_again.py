"""One model and no other: when it is asked from the beginning, and when not."""

import pytest

from tests.builders import FakeClock
from tests.scripted import Bench, Turn, failing


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock, "one")


async def test_a_reply_that_breaks_off_is_begun_anew(bench: Bench) -> None:
    bench.providers[0].scripts.append(("Half", failing("cut")))
    turn = Turn(bench)
    assert (await turn.after(1))[1] == "Hello"
    assert turn.declined == {"model": "cut"}


async def test_before_a_word_only_the_guards_ask_again(bench: Bench) -> None:
    bench.providers[0].default = (failing("server_error"),)
    assert await Turn(bench).after(1) == ("answer_bank", "A saved answer.")
    assert len(bench.providers[0].requests) == 2


async def test_one_that_fell_silent_has_used_its_time(bench: Bench) -> None:
    bench.providers[0].scripts.append((0.2, "Half", 60.0, "late"))
    assert await Turn(bench).after(6) == ("answer_bank", "A saved answer.")
    assert len(bench.providers[0].requests) == 1
