"""The first rung that completes a reply settles the turn, and nothing half stands."""

import logging

import pytest

from chatbot.errors import CacheMiss, ProviderDegraded, Superseded, Unavailable
from chatbot.ladder.climb import Rung, climb
from tests.asks import ask
from tests.models import shown
from tests.rungs import Plays, says

CUT = ProviderDegraded("It broke off.", fault="cut")


async def climbed(*rungs: Rung) -> tuple[str, list[str], str, tuple[tuple[str, str], ...]]:
    words, withdrawn, settled = await shown(ask(), rungs)
    return words, withdrawn, settled.rung, settled.declined


async def test_the_first_rung_that_completes_wins_and_the_others_are_not_asked() -> None:
    last = says("last", "Never.")
    found = await climbed(Plays("cache", CacheMiss("no")), says("model", "Hel", "lo."), last)
    assert found == ("Hello.", [], "model", (("cache", "cache_miss"),))
    assert not last.closed


async def test_a_rung_that_dies_midway_is_withdrawn_and_the_next_begins() -> None:
    found = await climbed(Plays("model", "Half an ", CUT), says("bank", "Whole."))
    assert found == ("Whole.", ["cut"], "bank", (("model", "cut"),))


async def test_a_rung_that_dies_before_it_spoke_is_not_withdrawn() -> None:
    assert await climbed(Plays("model", CUT), says("bank", "Whole.")) == (
        "Whole.",
        [],
        "bank",
        (("model", "cut"),),
    )


async def test_a_bug_in_one_rung_costs_no_reply_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        found = await climbed(Plays("model", "Half ", KeyError("oops")), says("bank", "Whole."))
    assert found == ("Whole.", ["internal"], "bank", (("model", "internal"),))
    assert "KeyError" in caplog.text


async def test_a_rung_that_ends_without_a_reply_counts_as_declined() -> None:
    found = await climbed(Plays("model", "Half "), says("bank", "Whole."))
    assert found == ("Whole.", ["no_reply"], "bank", (("model", "no_reply"),))


async def test_a_rung_that_thinks_better_of_its_words_withdraws_them() -> None:
    found = await climbed(says("model", "Bad wor", text="I can't help with that."))
    assert found == ("I can't help with that.", ["replaced"], "model", ())


async def test_a_reply_that_was_not_spoken_is_spoken() -> None:
    assert (await climbed(says("bank", text="Whole.")))[0] == "Whole."
    assert (await climbed(says("bank", "Who", text="Whole.")))[0] == "Whole."


async def test_the_last_rungs_error_is_not_hidden() -> None:
    with pytest.raises(Unavailable):
        await climbed(Plays("model", CUT), Plays("handoff", Unavailable("no database")))
    with pytest.raises(RuntimeError, match="last rung"):
        await climbed(Plays("handoff"))


async def test_a_turn_that_was_taken_over_stops_at_once() -> None:
    bank = says("bank", "Whole.")
    with pytest.raises(Superseded):
        await climbed(Plays("model", Superseded("gone")), bank)
    assert not bank.closed


async def test_whoever_stops_listening_hangs_up_on_the_rung() -> None:
    model = says("model", "One ", "two ")
    climbing = climb(ask(), [model])
    await anext(climbing)
    await climbing.aclose()
    assert model.closed
