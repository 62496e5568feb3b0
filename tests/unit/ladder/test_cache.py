"""What is kept, who is given it again, and what ends that."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from chatbot.domain.answer import BankAnswer
from chatbot.domain.ask import Ask, Reply
from chatbot.errors import CacheMiss
from chatbot.ladder.cache import FREE_TEXT_S, FRESH_S, LIKE, AnswerCache, CachedAnswer
from tests.asks import CARE, RETURNS
from tests.unit.ladder.keeping import NEARLY, QUESTION, SAID, Desk, asks


async def test_the_very_words_are_found_whatever_their_case(desk: Desk) -> None:
    await desk.keep(asks())
    hit = await desk.found(asks(f"  {QUESTION.upper()}!"))

    assert hit is not None
    assert (hit.kind, hit.score, hit.kept.text) == ("exact", 1.0, SAID)


async def test_nearly_the_same_is_found_with_its_score(desk: Desk) -> None:
    await desk.keep(asks())
    hit = await desk.found(asks(NEARLY, like=0.9))

    assert hit is not None
    assert hit.kind == "fuzzy"
    assert hit.score == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize(
    "asked",
    [
        asks(NEARLY, like=LIKE - 0.02),
        asks("How long may things not be returned?", like=0.99),
        asks("How long may two things be returned?", like=0.99),
        asks(NEARLY, like=0.9, best=CARE),
    ],
    ids=["too far", "negated", "another number", "the bank disagrees"],
)
async def test_what_is_not_the_same_is_not_found(desk: Desk, asked: Ask) -> None:
    await desk.keep(asks())

    assert await desk.found(asked) is None


async def test_a_rival_with_another_answer_nearby_ends_it(desk: Desk) -> None:
    await desk.keep(asks())
    await desk.keep(asks("How is wool returned?", like=0.8, best=CARE), "By hand.", CARE)

    assert await desk.found(asks(NEARLY, like=0.86)) is None
    assert await desk.found(asks(NEARLY, like=1.0)) is not None


@pytest.mark.parametrize(
    ("text", "answers"),
    [("You have 500 days.", (RETURNS,)), (SAID, (replace(RETURNS, key="unpublished"),))],
    ids=["a number nobody approved", "an answer nobody published"],
)
async def test_what_does_not_rest_on_answers_is_given_for_the_very_words_only(
    desk: Desk, text: str, answers: tuple[BankAnswer, ...]
) -> None:
    await desk.keep(asks(), text, *answers)

    assert await desk.found(asks(NEARLY, like=0.99)) is None
    assert await desk.found(asks(), stale=True) is None


async def test_free_text_is_given_for_an_hour_and_only_word_for_word(desk: Desk) -> None:
    await desk.tell(asks(), "We like rain.", "We like rain.")
    assert await desk.found(asks(NEARLY, like=0.99)) is None
    assert await desk.found(asks()) is not None
    await desk.clock.advance(FREE_TEXT_S + 1)
    assert await desk.found(asks()) is None


@pytest.mark.parametrize(
    "told",
    [("We like rain.",), ("We like rain, Ann.", "We like rain, Ben."), ("Rain.", "Sun.", "Rain.")],
    ids=["one customer", "each by name", "now this, now that"],
)
async def test_free_text_is_given_to_nobody_before_two_customers_were_told_the_very_same(
    desk: Desk, told: tuple[str, ...]
) -> None:
    await desk.tell(asks(), *told)
    assert await desk.found(asks()) is None


async def test_a_customer_who_asks_twice_does_not_count_for_two(desk: Desk) -> None:
    await desk.tell(asks(), "We like rain.")
    await desk.tell(asks(), "We like rain.")
    assert await desk.found(asks()) is None
    await desk.tell(asks(), "We like rain.", "We like rain.")
    assert await desk.found(asks()) is not None


async def test_nobody_is_named_by_what_anybody_may_have(desk: Desk) -> None:
    await desk.tell(asks(), "We like rain.")
    await desk.keep(asks(NEARLY))
    await desk.tell(asks(), "We like rain.", "We like rain.")
    free, cited = await desk.found(asks()), await desk.found(asks(NEARLY))
    assert free is not None
    assert cited is not None
    assert (free.kept.asker, cited.kept.asker) == ("", "")


async def test_an_edit_ends_it_at_once_and_also_for_the_rung_of_an_outage(desk: Desk) -> None:
    await desk.keep(asks())
    desk.texts[RETURNS.key] = "Within 14 days."

    assert await desk.found(asks()) is None
    assert await desk.found(asks(), stale=True) is None
    assert await desk.found(asks(NEARLY, like=0.95)) is None


async def test_what_is_given_again_does_not_grow_younger_by_it(desk: Desk) -> None:
    await desk.keep(asks())
    await desk.clock.advance(FRESH_S - 1)
    asked = asks(NEARLY, like=0.9)
    async for piece in CachedAnswer(desk.cache).attempt(asked):
        if isinstance(piece, Reply):
            assert desk.cache.key_of(asked, piece), "a thumbs-down must find it"
            await desk.cache.keep(asked, piece)
    await desk.clock.advance(2)

    assert await desk.found(asks()) is None


async def test_another_version_of_the_bank_is_a_miss_but_not_in_an_outage(desk: Desk) -> None:
    await desk.keep(asks())
    newer = asks(bank_version="8")

    assert await desk.found(newer) is None
    assert (hit := await desk.found(newer, stale=True)) is not None
    assert hit.kind == "stale"
    assert await desk.found(asks(NEARLY, like=0.9, bank_version="8"), stale=True) is not None


async def test_past_its_time_it_is_for_an_outage_only(desk: Desk) -> None:
    await desk.keep(asks())
    await desk.clock.advance(FRESH_S + 1)

    assert await desk.found(asks()) is None
    assert await desk.found(asks(), stale=True) is not None
    del desk.texts[RETURNS.key]
    assert await desk.found(asks(), stale=True) is None


@pytest.mark.parametrize(
    "other",
    [
        {"locale": "de"},
        {"rules_version": 9},
        {"rules": ("Members have 90 days",)},
        {"prompt": replace(asks().prompt, version="other")},
        {"principal": replace(asks().principal, workspace=UUID(int=7))},
    ],
    ids=["locale", "rules", "audience", "prompt", "workspace"],
)
async def test_others_do_not_share(desk: Desk, other: dict[str, Any]) -> None:
    await desk.keep(asks())

    assert await desk.found(asks(**other)) is None
    assert await desk.found(asks(NEARLY, like=0.95, **other)) is None


async def test_another_model_does_not_share(desk: Desk) -> None:
    await desk.keep(asks())
    other = AnswerCache(desk.memory, desk, desk.clock, route="another")

    with pytest.raises(CacheMiss):
        await other.find(asks(), stale=False)


async def test_another_process_finds_the_words_and_then_what_is_like_them(desk: Desk) -> None:
    await desk.keep(asks())
    other = AnswerCache(desk.memory, desk, desk.clock)
    with pytest.raises(CacheMiss):
        await other.find(asks(NEARLY, like=0.95), stale=False)

    assert (await other.find(asks(), stale=False)).kind == "exact"
    assert (await other.find(asks(NEARLY, like=0.95), stale=False)).kind == "fuzzy"


async def test_what_is_forgotten_is_found_by_nobody(desk: Desk) -> None:
    await desk.keep(asks())
    await desk.cache.forget((await desk.cache.find(asks(NEARLY, like=0.95), stale=False)).key)

    assert await desk.found(asks()) is None
    assert await desk.found(asks(NEARLY, like=0.95)) is None


@pytest.mark.parametrize("odd", ['{"text": "x"}', "no json", "[]"])
async def test_what_another_program_version_wrote_is_a_miss(desk: Desk, odd: str) -> None:
    await desk.keep(asks())
    key = (await desk.cache.find(asks(), stale=False)).key
    await desk.memory.put(key, odd, ttl=60)
    assert await desk.found(asks()) is None
