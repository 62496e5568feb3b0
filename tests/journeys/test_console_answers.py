"""Curating: what an admin publishes is what the next customer gets, and nothing is ever lost."""

import json

import pytest

from chatbot.domain.answer import Answer
from tests.journeys.desk import desk, signed_in, workspace_of
from tests.running import RunningApp
from tests.staff import Fields, Seen
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


def draft(title: str, text: str, *phrasings: str, **more: str) -> list[tuple[str, str]]:
    fields = {"title": title, "text": text, "locale": "en", "tags": "", "list": "draft", **more}
    return [*fields.items(), *(("phrasing", phrasing) for phrasing in phrasings)]


async def stored(desk: RunningApp, key: str) -> Answer:
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        return await db.answers.get(key)


async def made(desk: RunningApp, title: str, text: str = "First words.", **more: str) -> str:
    """A draft; its key."""
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/new")
        page = await admin.post("/admin/answers/new", draft(title, text, title.lower(), **more))
    assert page.status == 200, page.words
    return page.field("editing")


def revision_of(page: Seen) -> dict[str, str]:
    return {"revision": page.field("revision")}


async def test_an_answer_is_drafted_published_given_and_changed(desk: RunningApp) -> None:
    question = "how do I rent a quuxly"
    wording = ("can I rent a quuxly", "quuxly rental price", "how do I rent a quuxly")
    async with Visitor(desk.base) as visitor, signed_in(desk, "admin") as admin:
        before = await visitor.ask(question)
        await admin.get("/admin/answers/new")
        page = await admin.post("/admin/answers/new", draft("Quuxly rentals", "One way.", *wording))
        assert "Saved as a draft" in page.words
        still = await visitor.ask(question)
        address = page.path.partition("?")[0]
        replies = []
        for text in ("Rent it for €5.", "Sold out until May."):
            fields = draft("Quuxly rentals", text, *wording, then="publish")
            page = await admin.post(address, [*fields, *revision_of(page).items()])
            assert "Published" in page.words
            await desk.house.bank.settled()
            replies.append(await visitor.ask(question))

    assert "€5" not in before["text"] + still["text"]
    assert [reply["text"] for reply in replies] == ["Rent it for €5.", "Sold out until May."]
    assert replies[0]["source"]["answers"][0]["title"] == "Quuxly rentals"


async def test_saving_a_draft_leaves_customers_the_published_words(desk: RunningApp) -> None:
    key = await made(desk, "Keeps what is published", then="publish")
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(f"/admin/answers/edit/{key}")
        fields = [
            *draft("Keeps what is published", "Second words.", "keeps"),
            ("revision", page.field("revision")),
        ]
        page = await admin.post(f"/admin/answers/edit/{key}", fields)

    answer = await stored(desk, key)
    assert "Changed since published" in page.words
    assert (answer.state, answer.revision, answer.published_revision) == ("published", 2, 1)


async def test_two_admins_meeting_lose_nothing(desk: RunningApp) -> None:
    key = await made(desk, "Two admins meet")
    address = f"/admin/answers/edit/{key}"
    async with signed_in(desk, "admin") as one, signed_in(desk, "owner") as other:
        mine, theirs = await one.get(address), await other.get(address)
        await other.post(address, [*draft("Two", "Theirs.", "a"), *revision_of(theirs).items()])
        fields: Fields = [*draft("Two", "Mine, so long.", "b"), *revision_of(mine).items()]
        refused = await one.post(address, fields)
        again = await one.post(
            address, [*draft("Two", "Mine, so long.", "b"), *revision_of(refused).items()]
        )
        history = await one.get(f"/admin/answers/history/{key}")

    assert refused.status == 409
    assert "saved revision 2" in refused.words
    assert "Mine, so long." in refused.text
    assert again.status == 200
    assert "Theirs." in history.words
    assert (await stored(desk, key)).content.text == "Mine, so long."


async def test_history_shows_what_changed_and_brings_it_back(desk: RunningApp) -> None:
    key = await made(desk, "Has a past", "Old words.")
    address = f"/admin/answers/edit/{key}"
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(address)
        page = await admin.post(
            address, [*draft("Has a past", "New words.", "x"), *revision_of(page).items()]
        )
        history = await admin.get(f"/admin/answers/history/{key}")
        restored = await admin.post(
            f"/admin/answers/restore/{key}", {"number": "1", **revision_of(page)}
        )

    assert "<del>Old words.</del>" in history.text
    assert "<ins>New words.</ins>" in history.text
    assert "Restored as a draft" in restored.words
    answer = await stored(desk, key)
    assert (answer.content.text, answer.revision) == ("Old words.", 3)


async def test_archiving_can_be_undone(desk: RunningApp) -> None:
    key = await made(desk, "Comes and goes", then="publish")
    async with signed_in(desk, "admin") as admin:
        page = await admin.get(f"/admin/answers/edit/{key}")
        gone = await admin.post(f"/admin/answers/archive/{key}", revision_of(page))
        assert (await stored(desk, key)).state == "archived"
        back = await admin.post(f"/admin/answers/revive/{key}", {"list": "published"})

    assert "Undo" in gone.words
    assert "Published" in back.words
    assert (await stored(desk, key)).state == "published"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": " "}, "The reply is empty"),
        ({"locale": "klingon!"}, "no language tag"),
        ({"valid_from": "2026-13-01"}, "write a day as 2026-11-20"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "exchange the two days"),
        ({"key": "two words"}, "letters, digits, dots, dashes"),
        ({"title": "x" * 201}, "201 characters, at most 200"),
        ({"key": "shop-hours"}, "There is an answer shop-hours already"),
    ],
)
async def test_a_wrong_field_is_named_and_the_form_kept(
    desk: RunningApp, changed: dict[str, str], said: str
) -> None:
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/new")
        fields = dict(draft("A new one", "Kept words.")) | changed
        page = await admin.post("/admin/answers/new", [*fields.items(), ("phrasing", "kept ask")])

    assert page.status in {400, 409}
    assert said in page.words
    assert "kept ask" in page.text
    assert changed.get("text", "Kept words.").strip() in page.text


async def test_the_preview_says_what_would_happen_before_publishing(desk: RunningApp) -> None:
    fields = draft(
        "Zorblax capsules", "Rent one for €5 a day.", "can I rent a zorblax", "zorblax rental price"
    )
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/new")
        page = await admin.post(
            "/admin/answers/match", [*fields, ("question", "how do I rent a zorblax")]
        )
        shown = await admin.post("/admin/answers/preview", fields)

    assert "Would answer" in page.words
    assert "Zorblax capsules" in page.words
    assert "at 2 % risk" in page.words
    assert "Read as" not in page.words
    assert "<p>Rent one for €5 a day.</p>" in shown.text


async def test_the_preview_reads_a_question_as_a_customers_is_read(desk: RunningApp) -> None:
    """Misspelt, and behind a greeting and a sentence that asks nothing."""
    question = "Hi there! I was in a hurry yesterday. i put the wrong addrses on my order"
    workspace = await desk.office.sites.by_key("demo")
    given = await desk.house.bank.match(
        workspace.id, workspace.bank_version, question, workspace.settings.risk
    )
    fields = draft("Zorblax capsules", "Rent one for €5 a day.", "can I rent a zorblax")
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/new")
        page = await admin.post("/admin/answers/match", [*fields, ("question", question)])

    assert (given.verdict, given.candidates[0].key) == ("answer", "change-address")
    assert "Would answer" in page.words
    assert given.candidates[0].title in page.words
    assert "Read as" in page.words
    assert "i put the wrong address on my order" in page.words


async def test_a_file_is_imported_row_by_row_and_comes_out_again(desk: RunningApp) -> None:
    rows = [
        {"answer_id": "imp-1", "questions": ["imported one"], "answer": "One."},
        {"answer_id": "imp-2", "questions": ["imported two"]},
    ]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/import")
        first = await admin.upload("/admin/answers/import", "bank.jsonl", content)
        again = await admin.upload("/admin/answers/import", "bank.jsonl", content)
        broken = await admin.upload("/admin/answers/import", "bank.csv", b"a,b\n1,2\n")
        exported = await admin.get("/admin/answers/export")

    assert "New 1 Changed 0 As before 0 Refused 1" in first.words
    assert "line 2: answer is missing." in first.words
    assert "New 0 Changed 0 As before 1 Refused 1" in again.words
    assert broken.status == 400
    assert "answer_id" in broken.words
    assert "answers.csv" not in broken.words  # a name of ours, not of the file that was sent
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert "imp-1" in {line["answer_id"] for line in lines}
    assert "attachment" in exported.headers["Content-Disposition"]


async def test_pages_are_shown_before_they_become_drafts(desk: RunningApp) -> None:
    page = (
        b"<h1>Kites</h1><h2>Do you mend kites?</h2><p>We do.<script>x()</script><p><a href=a>A</a>"
    )
    sent = {"address": "https://help.example/", "then": "preview"}
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/answers/import")
        shown = await admin.upload("/admin/answers/import", "kites.html", page, **sent)
        before = await admin.get("/admin/answers?state=draft&q=kites")
        taken = await admin.upload("/admin/answers/import", "kites.html", page)
        after = await admin.get("/admin/answers?state=draft&q=kites")
        changed = page.replace(b"We do.", b"We did.")
        again = await admin.upload("/admin/answers/import", "kites.html", changed, then="preview")
        bad = await admin.upload("/admin/answers/import", "kites.exe", page)

    assert "What kites.html would change New 1 Changed 0" in shown.words
    assert "Nothing was changed yet." in shown.words
    assert "Do you mend kites? kites.html" in shown.words
    assert "x()" not in shown.words
    assert "[A](https://help.example/a)" in shown.words
    assert "Links to help.example are shown to customers as plain text" in shown.words
    assert "Nothing matches" in before.words
    assert "New 1 Changed 0 As before 0 Refused 0" in taken.words
    assert "Do you mend kites?" in after.words
    assert "<del>We do.</del>" in again.text
    assert "<ins>We did.</ins>" in again.text
    assert bad.status == 400
    assert "kites.exe is none of JSONL, CSV, Markdown, HTML and .zip." in bad.words


async def test_lists_say_what_they_hold_and_search_reads_phrasings(desk: RunningApp) -> None:
    await made(desk, "Found by its wording", phrasing="why is the sky mauve")
    async with signed_in(desk, "admin") as admin:
        found = await admin.get("/admin/answers?state=draft&q=sky%20mauve")
        none = await admin.get("/admin/answers?state=draft&q=no%25such")

    assert "Found by its wording" in found.words
    assert "Nothing matches “no%such”" in none.words
    assert "Clear the search" in none.words
