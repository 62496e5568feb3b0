"""Which bank answers a question while answers change, encoders start and stores fail."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from chatbot.answers.calibration import shipped
from chatbot.answers.keeper import BankKeeper
from chatbot.domain.answer import BankAnswer
from chatbot.domain.given import Thumbs
from chatbot.errors import NotFound, Unavailable
from tests.unit.answers.shop import SHOP, Shelf, ToyEncoder, Wristwatch, bags

WORKSPACE = uuid4()
GIFT = BankAnswer("gifts", "Gift cards", "We sell gift cards.", ("any gift cards for tents",))


@pytest.fixture
async def keeper(shelf: Shelf, encoder: ToyEncoder, clock: Wristwatch) -> AsyncIterator[BankKeeper]:
    made = BankKeeper(shelf, encoder, clock, patience=5)
    yield made
    await made.close()


async def test_a_question_is_answered_from_the_published_answers(keeper: BankKeeper) -> None:
    match = await keeper.match(WORKSPACE, 1, "how do I return an item", 0.05)
    assert (match.verdict, match.candidates[0].key) == ("answer", "returns")
    assert match.mode == "semantic"


async def test_the_next_question_after_a_publish_uses_the_new_answers(
    keeper: BankKeeper, shelf: Shelf
) -> None:
    before = await keeper.match(WORKSPACE, 1, "any gift cards for tents", 0.05)
    version = shelf.publish(*SHOP, GIFT)
    after = await keeper.match(WORKSPACE, version, "any gift cards for tents", 0.05)
    assert before.verdict == "abstain"
    assert after.candidates[0].key == "gifts"


async def test_a_rebuild_that_read_too_early_is_followed_by_another(
    keeper: BankKeeper, shelf: Shelf
) -> None:
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    shelf.gate = asyncio.Event()
    keeper.refresh(WORKSPACE)
    await asyncio.sleep(0)  # it has read the old answers now
    version = shelf.publish(*SHOP, GIFT)
    asked = asyncio.create_task(keeper.match(WORKSPACE, version, "any gift cards for tents", 0.05))
    await asyncio.sleep(0)
    shelf.gate.set()
    assert (await asked).candidates[0].key == "gifts"


async def test_many_questions_at_once_cause_one_rebuild(keeper: BankKeeper, shelf: Shelf) -> None:
    await asyncio.gather(*(keeper.match(WORKSPACE, 1, "hello", 0.05) for _ in range(20)))
    assert shelf.reads == 1


async def test_only_new_texts_are_encoded_after_a_publish(
    keeper: BankKeeper, shelf: Shelf, encoder: ToyEncoder
) -> None:
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    encoder.encoded.clear()
    await keeper.match(WORKSPACE, shelf.publish(*SHOP, GIFT), "hello", 0.05)
    assert sorted(encoder.encoded) == sorted(
        ["any gift cards for tents", "Gift cards", "We sell gift cards.", "hello"]
    )


async def test_another_process_finds_the_vectors_already_kept(
    keeper: BankKeeper, shelf: Shelf, encoder: ToyEncoder, clock: Wristwatch
) -> None:
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    encoder.encoded.clear()
    other = BankKeeper(shelf, encoder, clock)
    await other.match(WORKSPACE, 1, "hello", 0.05)
    assert encoder.encoded == ["hello"]


async def test_a_broken_rebuild_keeps_the_old_bank_and_says_so(
    keeper: BankKeeper, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    shelf.broken = True
    match = await keeper.match(WORKSPACE, 2, "how do I return an item", 0.05)
    assert match.candidates[0].key == "returns"
    assert "could not be rebuilt" in caplog.text


async def test_without_any_bank_a_broken_store_is_unavailable(
    keeper: BankKeeper, shelf: Shelf
) -> None:
    shelf.broken = True
    with pytest.raises(Unavailable):
        await keeper.match(WORKSPACE, 1, "hello", 0.05)


async def test_a_slow_rebuild_lets_the_old_bank_answer(
    shelf: Shelf, encoder: ToyEncoder, clock: Wristwatch
) -> None:
    keeper = BankKeeper(shelf, encoder, clock, patience=0.01)
    while True:  # the first bank takes as long as it takes
        try:
            await keeper.match(WORKSPACE, 1, "hello", 0.05)
            break
        except Unavailable:
            continue
    shelf.gate = asyncio.Event()
    match = await keeper.match(WORKSPACE, 2, "how do I return an item", 0.05)
    assert match.candidates[0].key == "returns"
    await keeper.close()


async def test_while_the_encoder_starts_wording_decides(
    shelf: Shelf, starting_encoder: ToyEncoder, clock: Wristwatch
) -> None:
    keeper = BankKeeper(shelf, starting_encoder, clock, patience=5)
    early = await keeper.match(WORKSPACE, 1, "how do I return an item", 0.05)
    assert early.mode == "lexical"
    assert early.candidates[0].key == "returns"
    starting_encoder.get_ready()
    await keeper.settled()
    assert (await keeper.match(WORKSPACE, 1, "hello", 0.05)).mode == "lexical"
    await keeper.settled()
    assert (await keeper.match(WORKSPACE, 1, "hello", 0.05)).mode == "semantic"
    await keeper.close()


async def test_vectors_of_a_tuned_encoder_serve_the_bank_and_nothing_else(
    shelf: Shelf, encoder: ToyEncoder, clock: Wristwatch
) -> None:
    """What judges whose question it is, and how like a saved one, was fitted on other vectors."""
    plain = BankKeeper(shelf, encoder, clock, patience=5)
    assert (await plain.match(WORKSPACE, 1, "how do I return an item", 0.05)).vector is not None
    await plain.close()
    encoder.fingerprint = "tuned"
    prior = replace(shipped(), encoder="tuned")
    keeper = BankKeeper(shelf, encoder, clock, patience=5, prior=prior)
    match = await keeper.match(WORKSPACE, 1, "how do I return an item", 0.05)
    await keeper.close()
    assert (match.verdict, match.mode) == ("answer", "semantic")
    assert match.vector is None


async def test_dates_are_looked_at_again_every_hour(
    keeper: BankKeeper, shelf: Shelf, clock: Wristwatch
) -> None:
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    shelf.answers = (*SHOP, GIFT)  # became valid; nothing was published
    clock.pass_(hours=1)
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    await keeper.settled()
    match = await keeper.match(WORKSPACE, 1, GIFT.phrasings[0], 0.05)
    assert match.candidates[0].key == "gifts"


async def test_a_match_can_be_quoted_after_the_bank_moved_on(
    keeper: BankKeeper, shelf: Shelf
) -> None:
    match = await keeper.match(WORKSPACE, 1, "how do I return an item", 0.05)
    changed = BankAnswer("returns", "Returns", "Now 60 days.", SHOP[0].phrasings)
    later = await keeper.match(WORKSPACE, shelf.publish(changed), "how do I return an item", 0.05)
    assert "30 days" in keeper.answer(WORKSPACE, match.version, "returns").text
    assert "60 days" in keeper.answer(WORKSPACE, later.version, "returns").text
    with pytest.raises(NotFound):
        keeper.answer(WORKSPACE, later.version, "delivery")


async def test_workspaces_do_not_see_each_others_versions(keeper: BankKeeper) -> None:
    match = await keeper.match(WORKSPACE, 1, "how do I return an item", 0.05)
    with pytest.raises(NotFound):
        keeper.answer(uuid4(), match.version, "returns")


async def test_a_refresh_of_a_bank_nobody_asked_here_does_nothing(
    keeper: BankKeeper, shelf: Shelf
) -> None:
    keeper.refresh(uuid4())
    await asyncio.sleep(0)
    assert shelf.reads == 0


async def test_both_sentences_of_a_message_are_encoded_in_one_run(
    keeper: BankKeeper, encoder: ToyEncoder
) -> None:
    await keeper.match(WORKSPACE, 1, "hello", 0.05)
    before = encoder.runs
    found = await keeper.match(WORKSPACE, 1, "My dog is very brown. how do I return an item?", 0.05)
    assert found.candidates[0].key == "returns"
    assert encoder.runs == before + 1
    assert encoder.encoded[-2:] == [
        "My dog is very brown. how do I return an item?",
        "how do I return an item?",
    ]


async def test_judgements_take_effect_within_a_minute_or_so(
    keeper: BankKeeper, shelf: Shelf, clock: Wristwatch
) -> None:
    asked = "how do I return an item"
    before = await keeper.match(WORKSPACE, 1, asked, 0.05)
    shelf.judged = {"returns": Thumbs(unhelpful=11)}
    at_once = await keeper.match(WORKSPACE, 1, asked, 0.05)
    clock.pass_(minutes=1)
    await keeper.match(WORKSPACE, 1, asked, 0.05)
    await keeper.settled()
    after = await keeper.match(WORKSPACE, 1, asked, 0.05)
    assert (before.verdict, at_once.verdict) == ("answer", "answer")
    assert after.verdict != "answer"
    assert after.candidates[0].probability < before.candidates[0].probability


async def test_judgements_that_cannot_be_read_leave_those_that_were_known(
    keeper: BankKeeper, shelf: Shelf, clock: Wristwatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = "how do I return an item"
    shelf.judged = {"returns": Thumbs(unhelpful=11)}
    before = await keeper.match(WORKSPACE, 1, asked, 0.05)
    shelf.broken = True
    clock.pass_(minutes=1)
    await keeper.match(WORKSPACE, 1, asked, 0.05)
    await keeper.settled()
    after = await keeper.match(WORKSPACE, 1, asked, 0.05)
    assert after.candidates == before.candidates
    assert "judgements" in caplog.text


async def test_a_misspelt_question_is_matched_as_it_was_meant_and_kept_as_it_was_written() -> None:
    encoder = ToyEncoder()
    keeper = BankKeeper(Shelf(), encoder, Wristwatch(), patience=60)
    right = await keeper.match(WORKSPACE, 1, "how do I return an item", 0.05)
    written = "how do I retrun an item"
    keeper.expect(written)
    found = await keeper.match(WORKSPACE, 1, written, 0.05)
    assert (found.verdict, found.candidates) == (right.verdict, right.candidates)
    assert found.vector is not None
    assert np.allclose(found.vector, bags([written])[0])


class Blind(ToyEncoder):
    """Sees the same in every text, as an encoder does in a script that it cannot read."""

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return bags(["the same"] * len(texts))


async def test_in_a_script_that_the_encoder_cannot_read_only_nearly_the_same_words_are_found() -> (
    None
):
    russian = (
        BankAnswer("vozvrat", "", "Да.", ("как вернуть товар", "можно вернуть палатку"), "ru"),
        BankAnswer("dostavka", "", "Три дня.", ("сколько идёт посылка", "когда доставка"), "ru"),
    )
    keeper = BankKeeper(Shelf(russian), Blind(), Wristwatch(), patience=60)
    other = await keeper.match(WORKSPACE, 1, "почему списали деньги", 0.05)
    assert (other.verdict, other.candidates) == ("abstain", ())
    same = await keeper.match(WORKSPACE, 1, "Как вернуть товар?", 0.05)
    assert [one.key for one in same.candidates] == ["vozvrat"]
