"""Answers in several languages and regions: whose are given to whom."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from chatbot.answers.bank import Bank
from chatbot.answers.editions import Editions
from chatbot.answers.keeper import BankKeeper
from chatbot.domain.answer import BankAnswer, Match
from tests.unit.answers.shop import SHOP, Shelf, ToyEncoder, Wristwatch, bags

LADEN = (
    BankAnswer(
        "rueckgabe",
        "Ware zurückgeben",
        "Sie können unbenutzte Ware innerhalb von 30 Tagen zurückgeben.",
        (
            "wie gebe ich einen Artikel zurück",
            "kann ich mein Zelt zurückschicken",
            "ich möchte meine Stiefel zurückgeben",
            "wie lange kann ich etwas zurückgeben",
        ),
        "de",
    ),
    BankAnswer(
        "lieferzeit",
        "Lieferzeit",
        "Bestellungen gehen am nächsten Werktag hinaus.",
        (
            "wie lange dauert die Lieferung",
            "wann kommt mein Paket an",
            "wie viele Tage bis meine Bestellung da ist",
        ),
        "de",
    ),
)
AUSTRIA = replace(LADEN[0], key="rueckgabe-at", text="In Österreich: 14 Tage.", locale="de-AT")


class Several:
    """Builds editions with toy vectors and asks them."""

    def __init__(self, *answers: BankAnswer, semantic: bool = True) -> None:
        texts = Bank.texts(answers)
        vectors = dict(zip(texts, bags(texts), strict=True)) if semantic else None
        self.editions = Editions.build("1", answers, vectors)
        self._semantic = semantic

    def ask(self, question: str, *locales: str, risk: float = 0.05) -> Match:
        vector = bags([question])[0] if self._semantic else None
        return self.editions.match(question, vector, risk=risk, locales=locales)

    def given(self, question: str, *locales: str) -> str:
        match = self.ask(question, *locales)
        return match.candidates[0].key if match.verdict == "answer" else ""


def same_in(locale: str, answers: Sequence[BankAnswer] = SHOP) -> list[BankAnswer]:
    """*answers* again, for another locale, with the same phrasings."""
    return [replace(one, key=f"{one.key}-{locale}", locale=locale) for one in answers]


@pytest.mark.parametrize("question", [*SHOP[0].phrasings, "how do I return boots", "who won", ""])
def test_where_all_answers_have_one_locale_it_makes_no_difference(question: str) -> None:
    alone = Bank.build("1", SHOP, dict(zip(t := Bank.texts(SHOP), bags(t), strict=True)))
    plain = alone.match(question, bags([question])[0], risk=0.05)
    for locales in ((), ("en",), ("de-AT", "fr"), ("",)):
        assert Several(*SHOP).ask(question, *locales) == plain


def test_each_language_has_a_calibrator_of_its_own() -> None:
    owns = Several(*SHOP, *LADEN).editions.owns()
    assert len(owns) == 2
    assert "de" in owns
    assert all(own.verdict for own in owns.values())


def test_the_same_matter_in_two_regions_goes_to_each_in_its_own_words() -> None:
    shop = Several(*same_in("en-GB"), *same_in("en-US"))
    question = SHOP[0].phrasings[0]
    assert shop.given(question, "en-GB", "en-US") == "returns-en-GB"
    assert shop.given(question, "en_us") == "returns-en-US"


def test_a_region_has_the_answers_of_its_language_too_but_for_those_that_it_words_itself() -> None:
    shop = Several(*LADEN, AUSTRIA)
    question = LADEN[0].phrasings[0]
    assert shop.given(question, "de-AT") == "rueckgabe-at"
    assert shop.given(question, "de-DE") == "rueckgabe"
    assert shop.given(LADEN[1].phrasings[0], "de-AT") == "lieferzeit"


def test_a_region_without_answers_takes_those_of_its_language_and_then_of_the_company() -> None:
    shop = Several(*same_in("en-GB"), *same_in("en-US"))
    question = SHOP[0].phrasings[0]
    assert shop.given(question, "en-AU", "en-US") == "returns-en-US"
    assert shop.given(question, "en-AU", "en-GB") == "returns-en-GB"


def test_regions_that_word_nothing_twice_share_one_bank() -> None:
    mixed = Several(*SHOP[:2], replace(SHOP[2], locale="en-US"))
    whole = Several(*SHOP)
    for question in ("how do I return an item", "I forgot my password", "who won"):
        for locale in ("en", "en-US", "en-GB"):
            assert mixed.ask(question, locale) == whole.ask(question)


def test_an_answer_in_the_customers_language_comes_before_the_same_in_another() -> None:
    shop = Several(*SHOP, *same_in("de"))
    question = SHOP[0].phrasings[0]
    assert shop.given(question, "de-CH", "en") == "returns-de"
    assert shop.given(question, "en", "de") == "returns"
    assert shop.given(question, "fr", "de") == "returns-de"


def test_another_language_is_asked_where_the_customers_own_is_silent() -> None:
    shop = Several(*SHOP, *LADEN)
    assert shop.given(LADEN[0].phrasings[0], "en") == "rueckgabe"
    assert shop.given(SHOP[0].phrasings[0], "de") == "returns"
    assert shop.given(SHOP[0].phrasings[0]) == "returns"


def test_of_languages_that_nobody_wished_for_the_surest_answers() -> None:
    spanish = replace(LADEN[0], key="devolver", locale="es", phrasings=("wie gebe ich Artikel",))
    shop = Several(*SHOP, *same_in("fr", LADEN), spanish)
    assert shop.given(LADEN[0].phrasings[0], "en") == "rueckgabe-fr"
    assert Several(spanish, *same_in("fr", LADEN)).given("wie gebe ich Artikel", "en") == "devolver"


def test_an_answer_in_another_language_never_stands_in_the_way() -> None:
    """The same phrasings in two languages: apart, each is as sure as if it were alone."""
    alone = Several(*SHOP)
    both = Several(*SHOP, *same_in("de"))
    for answer in SHOP:
        for question in answer.phrasings:
            assert both.ask(question, "en").candidates == alone.ask(question).candidates


def test_silence_in_every_language_names_what_was_likeliest_in_any() -> None:
    match = Several(*SHOP, *LADEN).ask("who won the Zelt", "en")
    chances = [one.probability for one in match.candidates]
    assert match.verdict == "abstain"
    assert {one.key for one in match.candidates} == {one.key for one in (*SHOP, *LADEN)}
    assert chances == sorted(chances, reverse=True)
    assert chances[0] < match.threshold


@pytest.mark.parametrize("semantic", [True, False])
def test_words_alone_find_the_near_identical_in_any_language(*, semantic: bool) -> None:
    match = Several(*SHOP, *LADEN, semantic=semantic).ask(
        "wie gebe ich einen Artikel zurück?", "de"
    )
    assert match.candidates[0].key == "rueckgabe"


def test_without_answers_it_abstains() -> None:
    assert Several().ask("how do I return an item", "de").verdict == "abstain"


async def test_a_keeper_gives_a_customer_the_answer_of_their_locale() -> None:
    shelf = Shelf((*SHOP, *same_in("en-GB")))
    keeper, home = BankKeeper(shelf, ToyEncoder(), Wristwatch(), patience=60), uuid4()
    question = SHOP[0].phrasings[0]
    british = await keeper.match(home, 1, question, 0.05, ("en-GB", "en"))
    other = await keeper.match(home, 1, question, 0.05, ("en-US", "en"))
    await keeper.settled()
    assert british.candidates[0].key == "returns-en-GB"
    assert other.candidates[0].key == "returns"
    assert keeper.answer(home, british.version, "returns-en-GB").locale == "en-GB"


def test_regions_that_say_the_same_in_other_words_are_told_apart_by_meaning() -> None:
    reworded = [
        replace(
            one,
            key=f"{one.key}-gb",
            locale="en-GB",
            phrasings=tuple(f"{text} please" for text in one.phrasings),
        )
        for one in SHOP
    ]
    shop = Several(*SHOP, *reworded)
    assert shop.given(SHOP[0].phrasings[0], "en-GB") == "returns-gb"
    assert shop.given(SHOP[0].phrasings[0], "en") == "returns"
