"""The answer bank over HTTP: what is put is received, what is refused changes nothing."""

import csv
import io
import json

import pytest

from chatbot.answers.keeper import BANK_CHANGED
from tests.api import Client, refused
from tests.running import RunningApp
from tests.tenants import Tenant

pytestmark = pytest.mark.asyncio(loop_scope="session")

RETURNS = {"questions": ["Can I return it?"], "answer": "Yes, within 30 days.", "tags": ["shop"]}
PATH = "/api/v1/answers/returns"


def jsonl(*rows: object) -> bytes:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    return "\n".join(lines).encode()


async def received(app: RunningApp, tenant: Tenant) -> tuple[int, dict[str, str]]:
    """The bank's version, and what customers receive."""
    async with app.house.store.begin(tenant.principal) as db:
        version, answers = await db.answers.published(app.house.clock.now().date())
    return version, {answer.key: answer.text for answer in answers}


async def test_an_answer_that_is_put_is_received_and_can_be_read(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    put = await client.put(PATH, RETURNS)
    got = await client.get(PATH)
    assert (put.status, got.status) == (201, 200)
    assert got.body == put.body
    assert got.body["title"] == "Can I return it?"
    assert (got.body["state"], got.body["revision"], got.body["published_revision"]) == (
        "published",
        1,
        1,
    )
    assert await received(shared_app, tenant) == (1, {"returns": "Yes, within 30 days."})


async def test_every_process_is_told_that_the_bank_changed(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    heard: list[str] = []
    ear = await shared_app.house.bus.hear(BANK_CHANGED, heard.append)
    await client.put(PATH, RETURNS)
    await client.put(PATH, {**RETURNS, "answer": "Perhaps.", "state": "draft"})
    await client.delete(PATH)
    ear.close()
    assert heard == [str(tenant.id)] * 2


async def test_saying_what_is_there_already_changes_nothing(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await client.put(PATH, RETURNS)
    again = await client.put(PATH, RETURNS)
    assert (again.status, again.body["revision"]) == (200, 1)
    assert (await received(shared_app, tenant))[0] == 1


async def test_a_draft_waits_while_customers_receive_what_was_published(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await client.put(PATH, RETURNS)
    draft = await client.put(PATH, {**RETURNS, "answer": "Perhaps.", "state": "draft"})
    assert (draft.body["revision"], draft.body["published_revision"]) == (2, 1)
    assert await received(shared_app, tenant) == (1, {"returns": "Yes, within 30 days."})


async def test_days_that_a_put_leaves_out_are_open_again(client: Client) -> None:
    await client.put(PATH, {**RETURNS, "valid_until": "2027-01-01"})
    assert (await client.put(PATH, RETURNS)).body["valid_until"] is None


async def test_a_deleted_answer_is_gone(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await client.put(PATH, RETURNS)
    gone = await client.delete(PATH)
    assert (gone.status, gone.raw) == (204, b"")
    refused(await client.get(PATH), 404, "There is no answer returns")
    refused(await client.delete(PATH), 404)
    assert await received(shared_app, tenant) == (2, {})


async def test_an_id_may_hold_a_slash(client: Client) -> None:
    await client.put("/api/v1/answers/shop/returns", RETURNS)
    assert (await client.get("/api/v1/answers/shop/returns")).body["answer_id"] == "shop/returns"


async def test_a_list_goes_on_where_the_page_before_ended(client: Client) -> None:
    for name in "edcba":
        await client.put(f"/api/v1/answers/{name}", RETURNS)
    names, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/api/v1/answers?limit=2&cursor={cursor}")).body
        assert set(page) == {"items", "next"}
        names.append([item["answer_id"] for item in page["items"]])
        cursor = page["next"]
    assert names == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_list_can_be_of_one_state(client: Client) -> None:
    await client.put("/api/v1/answers/a", RETURNS)
    await client.put("/api/v1/answers/b", {**RETURNS, "state": "draft"})
    page = (await client.get("/api/v1/answers?state=draft")).body
    assert [item["answer_id"] for item in page["items"]] == ["b"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "limit is 0"),
        ("limit=101", "from 1 to 100"),
        ("limit=many", "limit: expected int"),
        ("limit=99999999999999999999", "limit is 9"),
        ("cursor=!!", "cursor is not one of ours"),
        ("cursor=AA", "cursor is not one of ours"),
        ("state=live", "expected one of draft, published, archived"),
    ],
)
async def test_a_wrong_query_is_refused_in_a_sentence(
    client: Client, query: str, words: str
) -> None:
    assert words in refused(await client.get(f"/api/v1/answers?{query}"), 400)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"questions": ["x"]}, "answer is missing"),
        ({"answer": "x"}, "questions and title are both empty"),
        ({"answer": "  ", "title": "x"}, "answer is empty"),
        ({"answer": "x", "questions": "x"}, "questions: expected array"),
        ({"answer": "x", "questions": [""]}, "questions[0]: expected str of length >= 1"),
        ({"answer": "x" * 20_001, "title": "x"}, "answer: expected str of length <= 20000"),
        ({"answer": "x", "title": "x", "state": "live"}, "state: invalid enum value 'live'"),
        ({"answer": "x", "title": "x", "valid_from": "soon"}, "valid_from"),
        (
            {"answer": "x", "title": "x", "valid_from": "2026-02-01", "valid_until": "2026-01-01"},
            "valid_until lies before valid_from",
        ),
    ],
)
async def test_a_wrong_answer_is_refused_in_a_sentence_and_not_kept(
    client: Client, body: object, words: str
) -> None:
    assert words in refused(await client.put(PATH, body), 400)
    assert (await client.get(PATH)).status == 404


async def test_an_import_reports_what_became_of_each_row(
    client: Client, shared_app: RunningApp, tenant: Tenant
) -> None:
    await client.put(PATH, RETURNS)
    file = jsonl(
        {"answer_id": "returns", **RETURNS, "title": "Can I return it?"},
        {"answer_id": "new", **RETURNS, "answer": "Yes.\0"},
        "{",
        {"answer_id": "bad"},
    )
    report = await client.post("/api/v1/answers/import", file)
    assert report.status == 200
    assert report.body == {
        "new": 1,
        "changed": 0,
        "unchanged": 1,
        "bad": [
            {"line": 3, "reason": "is not a JSON object; was the file cut?"},
            {
                "line": 4,
                "reason": "questions and title are both missing: nobody could find the answer.",
            },
        ],
    }
    assert set((await received(shared_app, tenant))[1]) == {"returns", "new"}
    again = await client.post("/api/v1/answers/import", file)
    assert (again.body["new"], again.body["unchanged"]) == (0, 2)


async def test_an_import_takes_csv(client: Client) -> None:
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(["answer_id", "questions", "answer"])
    table.writerow(["returns", 'Can I return it?|"Really"?', "Yes, in\n30 days."])
    report = await client.call(
        "POST", "/api/v1/answers/import", file.getvalue().encode(), Content_Type="text/csv"
    )
    assert report.body["new"] == 1
    assert (await client.get(PATH)).body["questions"] == ["Can I return it?", '"Really"?']


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"", "application/jsonl", "holds no rows"),
        (b"\xff\xfe\x00", "application/jsonl", "UTF-8"),
        (b"question,reply\nx,y\n", "text/csv", "'answer_id' is not there"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    client: Client, body: bytes, content_type: str, words: str
) -> None:
    answer = await client.call("POST", "/api/v1/answers/import", body, Content_Type=content_type)
    assert words in refused(answer, 400)


async def test_another_workspace_has_an_answer_of_its_own_by_the_same_id(
    client: Client, stranger: Client
) -> None:
    await client.put(PATH, RETURNS)
    refused(await stranger.get(PATH), 404)
    refused(await stranger.delete(PATH), 404)
    assert (await stranger.put(PATH, {**RETURNS, "answer": "Never."})).status == 201
    assert (await client.get(PATH)).body["answer"] == "Yes, within 30 days."
    assert (await stranger.get("/api/v1/answers")).body["items"][0]["answer"] == "Never."
