"""What is shown of the bank: how often answers were given and helped, and the dial."""

import re
from datetime import date
from functools import partial

import pytest

from chatbot.answers.impact import impact_of
from chatbot.answers.preview import would_match
from chatbot.answers.quality import Curves
from chatbot.domain.answer import AnswerContent
from chatbot.errors import Unavailable
from tests.journeys.desk import desk, signed_in, workspace_of
from tests.running import RunningApp
from tests.staff import Seen
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk
QUESTION = "What is your return policy?"


async def judged(desk: RunningApp, value: int) -> str:
    """A customer is given a saved answer and judges it; the answer's key."""
    async with Visitor(desk.base) as visitor:
        reply = await visitor.ask(QUESTION)
        await visitor.say_frame({"type": "feedback", "message": reply["id"], "value": value})
        await visitor.ask("who paints the fence")
    return reply["source"]["answers"][0]["id"]


def figures(page: Seen) -> dict[str, str]:
    """The figures at the head of a page, by name."""
    found = re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", page.text)
    return {name: re.sub(r"<[^>]+>", "", value).strip() for name, value in found}


async def test_an_answer_shows_how_often_it_was_given_and_helped(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as admin:
        key = await judged(desk, 1)
        before = figures(await admin.get(f"/admin/answers/edit/{key}"))
        await judged(desk, -1)
        after = figures(await admin.get(f"/admin/answers/edit/{key}"))

    assert int(after["Given, 30 d"]) == int(before["Given, 30 d"]) + 1
    assert int(after["By answer bank"]) == int(before["By answer bank"]) + 1
    assert before["Helpful"] != after["Helpful"]


async def test_the_list_is_ordered_by_what_was_given_most(desk: RunningApp) -> None:
    key = await judged(desk, 1)
    for _ in range(3):
        await judged(desk, 1)
    async with signed_in(desk, "admin") as admin:
        by_given = await admin.get("/admin/answers?sort=given")
        by_title = await admin.get("/admin/answers?sort=title")

    assert by_given.links("/answers/edit/")[0].startswith(f"/admin/answers/edit/{key}?")
    assert by_given.links("/answers/edit/") != by_title.links("/answers/edit/")


async def test_the_page_tells_what_is_known_with_its_interval(desk: RunningApp) -> None:
    await judged(desk, -1)
    await desk.house.bank.settled()
    async with signed_in(desk, "admin") as admin:
        page = await admin.get("/admin/answers/quality")

    assert "with 90 % confidence" in page.words
    assert "each hidden from the bank" in page.words
    assert re.search("corrected by such phrasings: (In|Not in) use", page.words)
    assert int(figures(page)["Called unhelpful"]) >= 1


async def test_the_dial_is_turned_and_the_audit_log_says_by_whom(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/quality")
        page = await admin.post("/admin/answers/quality", {"risk": "0.05"})
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        home = await db.home.get()
        line = (await db.audit.latest(1))[0]

    assert "stands at 5 %" in page.words
    assert home.settings.risk == 0.05
    assert (line["action"], line["detail"]["after"]) == ("bank.risk", 0.05)


@pytest.mark.parametrize("risk", ["0.5", "-1", "nan", "much", ""])
async def test_the_dial_has_no_other_positions(desk: RunningApp, risk: str) -> None:
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/quality")
        refused = await admin.post("/admin/answers/quality", {"risk": risk})

    assert refused.status == 400


async def test_the_curve_of_a_bank_is_drawn_once_until_the_bank_changes(desk: RunningApp) -> None:
    by, store = await workspace_of(desk), desk.house.store
    curves, drawn = (
        Curves(kept=1),
        partial(
            Curves.draw,
            today=date(2026, 3, 1),
            by=by,
            store=store,
            encoder=desk.house.encoder,
            fitted=desk.house.bank.fingerprint,
        ),
    )
    first, again = await drawn(curves), await drawn(curves)
    other = await drawn(curves, risks=(0.01, 0.02))
    forgotten = await drawn(curves)
    async with store.begin(by) as db:
        await db.answers.bank_changed()
    changed = await drawn(curves)

    assert again is first
    assert len(other.points) == 2
    assert forgotten is not first
    assert forgotten == first
    assert changed is not forgotten


async def test_nothing_is_shown_by_meaning_where_customers_are_answered_by_wording(
    desk: RunningApp,
) -> None:
    by, store = await workspace_of(desk), desk.house.store
    today, encoder = date(2026, 3, 1), desk.house.encoder
    how = {"today": today, "by": by, "store": store, "encoder": encoder}
    content = AnswerContent("Dogs", "Dogs are welcome.", ("may I bring my dog into the shop",))
    asked = "can my puppy come inside with me"

    with pytest.raises(Unavailable, match="by wording alone"):
        await Curves(kept=1).draw(**how, fitted="")
    with pytest.raises(Unavailable, match="by wording alone"):
        await impact_of("new", content, risk=0.05, **how, fitted="", clock=desk.house.clock)
    worded = await would_match(asked, "new", content, risk=0.05, **how, fitted="")
    meant = await would_match(
        asked, "new", content, risk=0.05, **how, fitted=desk.house.bank.fingerprint
    )

    assert (worded.mode, meant.mode) == ("lexical", "semantic")


async def test_the_dial_can_be_turned_where_no_curve_can_be_drawn(
    desk: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        raise Unavailable("No curve today.")

    monkeypatch.setattr(Curves, "draw", never)
    async with signed_in(desk, "admin") as admin:
        page = await admin.get("/admin/answers/quality")
        assert "No curve today." in page.text
        assert page.text.count('name="risk"') >= 2
        await admin.post("/admin/answers/quality", {"risk": "0.01"})
        turned = await admin.get("/admin/answers/quality")
    assert 'value="0.01" checked' in turned.text
