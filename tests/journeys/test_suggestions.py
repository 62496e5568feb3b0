"""What the bank could not say, and agents could, comes before a reviewer once and by itself."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chatbot.answers.gathering import Gatherer
from chatbot.domain.principal import Principal
from chatbot.domain.suggestion import Suggestion
from chatbot.tickets import handoff
from tests.journeys.desk import desk, signed_in, workspace_of
from tests.running import RunningApp
from tests.tenants import found_tenant
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


async def gather(desk: RunningApp) -> None:
    """Read everything that has happened until now."""
    house = desk.house
    await house.encoder.wait()
    gatherer = Gatherer(house.store, house.bank, house.encoder, settled=timedelta())
    await gatherer.gather((await workspace_of(desk)).workspace)


async def found(desk: RunningApp, words: str, state: str = "open") -> list[Suggestion]:
    """The suggestions with *words* among their phrasings, after the log was read."""
    await gather(desk)
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        listed = await db.suggestions.page(state)  # type: ignore[arg-type]
    return [one for one in listed if any(words in text for text in one.phrasings)]


async def asked(desk: RunningApp, *questions: str) -> UUID:
    """A new customer asks; the conversation."""
    async with Visitor(desk.base) as visitor:
        for question in questions:
            await visitor.ask(question)
        return UUID(visitor.conversation)


async def agent_answers(desk: RunningApp, conversation: UUID, *words: str) -> None:
    by = await workspace_of(desk)
    async with desk.house.store.begin(by) as db:
        user = next(user for user in await db.people.all() if user.role == "agent")
    agent = Principal(by.workspace, "agent", user.id, user.name)
    bus, store = desk.house.bus, desk.house.store
    for text in words:
        await handoff.agent_says(conversation, text, by=agent, store=store, bus=bus)


async def test_customers_who_ask_the_same_make_one_gap_counted_by_customers(
    desk: RunningApp,
) -> None:
    wordings = ("can I hire a zorb", "do you hire out zorbs", "is it possible to hire a zorb")
    conversations = [await asked(desk, wording) for wording in wordings]
    await asked(desk, "who designs the murals in the lobby")

    (gap,) = await found(desk, "zorb")
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        heard = await db.suggestions.heard(gap.id)

    assert (gap.customers, gap.questions, gap.text) == (3, 3, "")
    assert {one.conversation_id for one in heard} == set(conversations)
    assert {one.why for one in heard} <= {"abstained", "choices"}


async def test_one_customer_who_insists_is_one_customer(desk: RunningApp) -> None:
    await asked(desk, "do you sell glow worms alive", "sell me glow worms that are alive")

    (gap,) = await found(desk, "glow worms")

    assert gap.customers == 1


async def test_nothing_is_read_twice(desk: RunningApp) -> None:
    await asked(desk, "do you teach yodelling courses")
    before = await found(desk, "yodelling")
    after = await found(desk, "yodelling")

    assert [one.questions for one in before] == [one.questions for one in after] == [1]


@pytest.mark.parametrize(
    "question",
    [
        "where is my order wumpus",
        "my wumpus parcel 483920 has not arrived",
        "I was charged twice for the wumpus",
        "write to wumpus@example.com please",
        "thanks a lot",
    ],
)
async def test_what_is_private_or_small_talk_is_no_gap(desk: RunningApp, question: str) -> None:
    await asked(desk, question)
    assert await found(desk, question) == []


async def test_what_the_bank_answers_is_no_gap(desk: RunningApp) -> None:
    await asked(desk, "What is your return policy?")
    assert await found(desk, "return policy?") == []


async def test_an_agents_words_become_a_suggestion_without_greeting_and_name(
    desk: RunningApp,
) -> None:
    conversation = await asked(desk, "can you re-stuff an old beanbag")
    assert [one.text for one in await found(desk, "beanbag")] == [""]
    words = "We re-stuff beanbags of any size for €15 within a week."
    await agent_answers(desk, conversation, "Let me check.", f"Hi there,\n\n{words}\n\nCheers, Mia")

    (suggestion,) = await found(desk, "beanbag")

    assert (suggestion.text, suggestion.drafted_by) == (words, "agent")
    assert suggestion.questions == 1


@pytest.mark.parametrize(
    "words",
    [
        "Your order has left our warehouse, so it comes tomorrow.",
        "Please pay the rest of it at https://pay.example/x?session=9 today.",
        "We have refunded you in full this morning.",
        "Write to Ada at ada@example.com about the kazoo.",
        "Which kazoo do you mean, the red one or the blue one?",
    ],
)
async def test_private_words_of_an_agent_are_never_suggested(desk: RunningApp, words: str) -> None:
    topic = f"kazoo{uuid4().hex[:6].translate(str.maketrans('0123456789', 'ghijklmnop'))}"
    conversation = await asked(desk, f"do you repair a {topic}")
    await agent_answers(desk, conversation, words)

    assert [one.text for one in await found(desk, topic)] in ([], [""])


async def test_a_thumb_down_on_a_saved_answer_is_a_gap_that_names_it(desk: RunningApp) -> None:
    async with Visitor(desk.base) as visitor:
        reply = await visitor.ask("What is your return policy please?")
        assert reply["source"]["rung"] == "answer_bank"
        await visitor.say_frame({"type": "feedback", "message": reply["id"], "value": -1})
        await visitor.ask("who paints the fence")

    (gap,) = await found(desk, "return policy please")

    assert gap.answer_key == reply["source"]["answers"][0]["id"]


async def test_a_workspace_reads_and_sees_only_its_own(desk: RunningApp) -> None:
    await asked(desk, "do you rent unicycles to beginners")
    (gap,) = await found(desk, "unicycles")
    other = await found_tenant(desk.house.store, "elsewhere")
    house = desk.house
    gatherer = Gatherer(house.store, house.bank, house.encoder, settled=timedelta())
    await gatherer.gather(other.id)

    async with house.store.begin(other.principal) as db:
        assert await db.suggestions.page("open") == []
        assert await db.suggestions.heard(gap.id) == []
        assert await db.asked.recent(house.encoder.fingerprint, 100) == []


async def test_what_was_dismissed_does_not_come_back(desk: RunningApp) -> None:
    await asked(desk, "do you stuff turtles with wool")
    (gap,) = await found(desk, "turtles")
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(f"/admin/suggestions/{gap.id}")
        fields = {"revision": page.field("revision"), "reason": "not_ours"}
        page = await admin.post(f"/admin/suggestions/{gap.id}/dismiss", fields)
        assert "Dismissed" in page.words
    await asked(desk, "can you stuff turtles with wool")

    assert await found(desk, "turtles") == []
    (kept,) = await found(desk, "turtles", "dismissed")
    assert (kept.reason, kept.questions) == ("not_ours", 2)
