"""Customers of several languages, and those who mistype, through the widget's own door."""

from typing import Any

import pytest

from chatbot.answers import curation
from chatbot.domain.answer import AnswerContent
from tests.journeys.desk import desk, workspace_of
from tests.running import RunningApp
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk
QUESTION = "Do you lend out kayak trolleys?"
ASKED = (QUESTION, "Can I borrow a kayak trolley", "kayak trolley rental", "lend me kayak trolleys")
ENGLISH = AnswerContent("Kayak trolleys", "We lend kayak trolleys for a day.", ASKED)
BRITISH = AnswerContent("Kayak trolleys", "In Britain: for two days.", ASKED, locale="en-GB")
GERMAN = AnswerContent(
    "Kajakwagen",
    "Wir verleihen Kajakwagen für einen Tag.",
    (*ASKED, "Verleiht ihr Kajakwagen?", "Kann ich einen Kajakwagen ausleihen"),
    locale="de",
)


async def told(desk: RunningApp, question: str, locale: str = "") -> dict[str, Any]:
    visitor = Visitor(desk.base)
    await visitor.session(locale=locale)
    async with visitor:
        return await visitor.ask(question)


async def test_a_customer_is_given_the_answer_of_their_own_locale(desk: RunningApp) -> None:
    by, store, bus = await workspace_of(desk), desk.house.store, desk.house.bus
    for key, content in {"trolleys": ENGLISH, "wagen": GERMAN, "british": BRITISH}.items():
        answer = await curation.create(key, content, by=by, store=store)
        await curation.publish(key, based_on=answer.revision, by=by, store=store, bus=bus)

    given = {
        locale: (await told(desk, QUESTION, locale))["text"]
        for locale in ("", "en", "en-GB", "de-AT", "fr")
    }
    german = await told(desk, "Verleiht ihr Kajakwagen?", "en-GB")
    mistyped = await told(desk, "Do you lend out kayak trolleys or trolelys?", "en-GB")

    assert given == {
        "": ENGLISH.text,
        "en": ENGLISH.text,
        "en-GB": BRITISH.text,
        "de-AT": GERMAN.text,
        "fr": ENGLISH.text,
    }
    assert german["text"] == GERMAN.text, "in no answer of theirs, so in another language"
    assert mistyped["text"] == BRITISH.text
