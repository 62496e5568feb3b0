"""Reviewing suggestions: what is approved is given, and no reviewer overwrites another."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chatbot.answers.impact import impact_of
from chatbot.domain.answer import AnswerContent
from chatbot.domain.suggestion import Suggestion
from tests.journeys.desk import desk, signed_in, workspace_of
from tests.journeys.test_suggestions import agent_answers, asked, found, gather
from tests.running import RunningApp
from tests.staff import Seen, Staff
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


async def suggested(desk: RunningApp, question: str, words: str = "We do, every Monday.") -> str:
    """The address of a suggestion: a customer asked *question*, an agent answered."""
    conversation = await asked(desk, question)
    await agent_answers(desk, conversation, words)
    (suggestion,) = await found(desk, question)
    return f"/admin/suggestions/{suggestion.id}"


async def stored(desk: RunningApp, address: str) -> Suggestion:
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        return await db.suggestions.get(UUID(address.rpartition("/")[2]))


def worded(page: Seen, text: str, *phrasings: str, **more: str) -> list[tuple[str, str]]:
    fields = {"title": page.field("title"), "text": text, "locale": "en", "view": "suggestions"}
    fields |= {"revision": page.field("revision"), **more}
    return [*fields.items(), *(("phrasing", phrasing) for phrasing in phrasings)]


async def test_an_approved_suggestion_is_given_to_the_next_customer(desk: RunningApp) -> None:
    question = "can I borrow a telescope overnight"
    wordings = (question, "telescope to borrow", "lend me a telescope for the night")
    address = await suggested(desk, question)
    async with signed_in(desk, "admin") as admin, Visitor(desk.base) as visitor:
        page = await admin.get(address)
        fields = worded(page, "Yes, for **two** weeks.", *wordings)
        page = await admin.post(address, [*fields, ("then", "publish")])
        assert "Published" in page.words
        await desk.house.bank.settled()
        reply = await visitor.ask(question)

    assert reply["text"] == "Yes, for **two** weeks."
    assert reply["source"]["rung"] == "answer_bank"
    assert (await stored(desk, address)).state == "published"


async def test_the_second_reviewer_sees_both_texts_and_overwrites_nothing(
    desk: RunningApp,
) -> None:
    address = await suggested(desk, "do you engrave names on spoons")
    async with signed_in(desk, "admin") as first, signed_in(desk, "owner") as second:
        mine, theirs = await first.get(address), await second.get(address)
        await first.post(address, worded(mine, "What the first one wrote."))
        refused = await second.post(address, worded(theirs, "What the second one wrote."))
        assert refused.status == 409
        assert "What the first one wrote." in refused.words
        assert "What the second one wrote." in refused.words
        assert (await stored(desk, address)).text == "What the first one wrote."
        await second.post(address, worded(refused, "What the second one wrote."))

    assert (await stored(desk, address)).text == "What the second one wrote."


@pytest.mark.parametrize(
    ("deed", "question"),
    [
        ("", "do you buy back used drones"),
        ("/merge", "are your candles vegan"),
        ("/dismiss", "may toddlers use the climbing wall"),
    ],
)
async def test_what_is_settled_cannot_be_settled_again(
    desk: RunningApp, deed: str, question: str
) -> None:
    address = await suggested(desk, question)
    async with signed_in(desk, "admin") as first, signed_in(desk, "owner") as second:
        late = await second.get(address)
        page = await first.get(address)
        await first.post(address, [*worded(page, "Yes.", question), ("then", "publish")])
        more = {"key": "shop-hours", "reason": "other", "then": "publish"}
        refused = await second.post(address + deed, worded(late, "No.", "might I", **more))

    assert refused.status == 409
    assert (await stored(desk, address)).text == "Yes."


async def test_a_suggestion_is_merged_into_an_answer_as_phrasings(desk: RunningApp) -> None:
    question = "do you sharpen ice skates"
    address = await suggested(desk, question)
    async with signed_in(desk, "admin") as admin, Visitor(desk.base) as visitor:
        page = await admin.get(address)
        everything = await admin.get(f"{address}/answers?find=opening+hours")
        assert 'value="shop-hours"' in everything.text
        nothing = await admin.get(f"{address}/answers?find=perpetuum+mobile")
        assert "No published answer matches" in nothing.words
        fields = worded(page, "", question, "ice skates sharpened", key="shop-hours")
        page = await admin.post(f"{address}/merge", fields)
        assert "Merged" in page.words
        await desk.house.bank.settled()
        reply = await visitor.ask(question)
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        answer = await db.answers.get("shop-hours")

    assert question in answer.content.phrasings
    assert answer.published_revision == answer.revision
    assert reply["source"]["answers"][0]["id"] == "shop-hours"


async def test_a_dismissal_can_be_undone(desk: RunningApp) -> None:
    address = await suggested(desk, "is there a piano in the café")
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(address)
        fields = {"revision": page.field("revision"), "reason": "one_off"}
        page = await admin.post(f"{address}/dismiss", fields)
        assert (await stored(desk, address)).state == "dismissed"
        assert f"{address}/reopen" in page.text
        await admin.post(f"{address}/reopen", {"revision": page.field("revision")})

    again = await stored(desk, address)
    assert (again.state, again.reason) == ("open", "")


async def test_a_reason_is_one_of_a_list(desk: RunningApp) -> None:
    address = await suggested(desk, "do you fill diving bottles")
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(address)
        fields = {"revision": page.field("revision"), "reason": "because"}
        refused = await admin.post(f"{address}/dismiss", fields)

    assert refused.status == 400
    assert (await stored(desk, address)).state == "open"


async def test_agents_do_not_get_in(desk: RunningApp) -> None:
    async with signed_in(desk, "agent") as agent:
        assert (await agent.get("/admin/suggestions")).status == 403
        assert (await agent.get(f"/admin/suggestions/{uuid4()}")).status == 403


async def test_an_unknown_suggestion_is_not_found(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as admin:
        assert (await admin.get(f"/admin/suggestions/{uuid4()}")).status == 404


async def impact(admin: Staff, page: Seen, text: str, *phrasings: str, **more: str) -> str:
    """What the impact of publishing this would be, in words."""
    return (await admin.post("/admin/answers/impact", worded(page, text, *phrasings, **more))).words


async def test_the_impact_names_the_questions_that_would_be_answered(desk: RunningApp) -> None:
    question = "can you print photos on mugs"
    wordings = (question, "mugs with my own photo", "photo mug printing")
    address = await suggested(desk, question)
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(address)
        told = await impact(admin, page, "Yes, for a week.", *wordings)

    # Other tests ask in this workspace as well, so their questions may come nearer with this one.
    assert re.search(r": [1-9]\d* newly answered", told)
    assert question in told.partition("newly answered")[2]


async def test_the_impact_reads_a_question_as_a_customers_is_read(desk: RunningApp) -> None:
    """Misspelt, and behind a sentence that asks nothing: the new answer's words mend it."""
    question = "I bought a flask last week. what does egnraving cost"
    async with Visitor(desk.base) as visitor, signed_in(desk, "admin") as admin:
        await visitor.ask(question)
        page = await admin.get("/admin/answers/new")
        wordings = ("what does engraving cost", "how long does engraving take", "engraving a name")
        told = await impact(admin, page, "Yes, for €10.", *wordings)

    assert question in told.partition("newly answered")[2]


async def test_the_impact_names_an_answer_that_says_otherwise(desk: RunningApp) -> None:
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        standing = (await db.answers.get("shop-hours")).content
    address = await suggested(desk, "is there a sauna near the shop")
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(address)
        told = await impact(admin, page, standing.text, *standing.phrasings[:3])

    assert "Nearly the same as" in told
    assert standing.title in told


async def test_the_impact_of_a_form_that_says_nothing_is_no_error(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as admin:
        page = await admin.get("/admin/answers/new")
        answer = await admin.post("/admin/answers/impact", worded(page, ""))

    assert answer.status == 200


class Hasty:
    """A clock by which everything takes ages."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 21, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        self.at += 60
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


async def test_an_impact_that_takes_too_long_says_what_it_left_out(desk: RunningApp) -> None:
    by, store = await workspace_of(desk), desk.house.store
    async with store.begin(by) as db:
        customer = await db.customers.welcome()
        for number in range(120):
            conversation = uuid4()
            await db.conversations.open(conversation, customer)
            message = await db.conversations.append(
                conversation, "message", role="customer", text=f"is hut {number} heated"
            )
            turn = await db.turns.add_turn(message)
            assert turn is not None
            await db.turns.finish(turn, {"match": {"verdict": "answer"}})
    await gather(desk)
    impact = await impact_of(
        "new",
        AnswerContent("Huts", "Every hut is heated.", ("are the huts heated",)),
        risk=0.02,
        today=datetime.now(UTC).date(),
        by=by,
        store=store,
        encoder=desk.house.encoder,
        fitted=desk.house.bank.fingerprint,
        clock=Hasty(),
    )

    assert impact.asked == 100
    assert impact.of >= 120
