"""Importing and exporting answers: what a file says, the bank says, and twice is like once."""

import json
from datetime import date
from pathlib import Path

import pytest

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.answers.exporting import export_rows, written
from chatbot.answers.files import Kind, read_answers
from chatbot.answers.importing import BATCH, Report, import_rows
from chatbot.answers.keeper import BANK_CHANGED
from chatbot.domain.answer import BankAnswer
from chatbot.errors import Conflict
from chatbot.store.unit import Store
from tests.tenants import Tenant, found_tenant

RETURNS = {
    "answer_id": "returns",
    "title": "Returns",
    "questions": ["Can I return it?", "How do returns work?"],
    "answer": "Yes, within 30 days.",
    "tags": ["shop"],
}


class Importer:
    """Imports into one workspace, and hears what other processes are told."""

    def __init__(self, store: Store, shop: Tenant, folder: Path) -> None:
        self.store, self.shop, self.folder = store, shop, folder
        self.bus, self.heard = MemoryBus(), list[str]()

    async def __call__(self, *rows: object, dry_run: bool = False) -> Report:
        path = self.folder / "answers.jsonl"
        ear = await self.bus.hear(BANK_CHANGED, self.heard.append)
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("\n".join(lines), encoding="utf-8")
        good, bad = read_answers(path)
        report = await import_rows(
            good, bad, by=self.shop.principal, store=self.store, bus=self.bus, dry_run=dry_run
        )
        ear.close()
        return report

    async def bank(self) -> tuple[int, dict[str, BankAnswer]]:
        """The version, and what customers receive."""
        async with self.store.begin(self.shop.principal) as db:
            version, answers = await db.answers.published(date(2026, 11, 20))
        return version, {answer.key: answer for answer in answers}

    async def revisions(self, key: str) -> list[int]:
        async with self.store.begin(self.shop.principal) as db:
            answer = await db.answers.get(key)
            return [revision.number for revision in await db.answers.history(answer.id)]


@pytest.fixture
def load(store: Store, shop: Tenant, tmp_path: Path) -> Importer:
    return Importer(store, shop, tmp_path)


def figures(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.bad)


async def test_customers_receive_what_a_file_publishes(load: Importer, shop: Tenant) -> None:
    report = await load(RETURNS)
    version, bank = await load.bank()
    assert figures(report) == (1, 0, 0, 0)
    assert version == 1
    assert bank["returns"].text == "Yes, within 30 days."
    assert bank["returns"].phrasings == ("Can I return it?", "How do returns work?")
    assert load.heard == [str(shop.id)]


async def test_importing_twice_changes_nothing(load: Importer) -> None:
    drafts = {**RETURNS, "answer_id": "draft", "state": "draft"}
    old = {**RETURNS, "answer_id": "old", "state": "archived"}
    await load(RETURNS, drafts, old)
    before = await load.bank()
    again = await load(RETURNS, drafts, old)
    assert figures(again) == (0, 0, 3, 0)
    assert await load.bank() == before
    assert [await load.revisions(key) for key in ("returns", "draft", "old")] == [[1], [1], [1]]
    assert len(load.heard) == 1


async def test_good_rows_load_though_bad_ones_are_refused_by_line(load: Importer) -> None:
    report = await load("{", RETURNS, {"answer_id": "empty", "questions": ["What?"]})
    assert figures(report) == (1, 0, 0, 2)
    assert [str(row) for row in report.bad] == [
        "line 1: is not a JSON object; was the file cut?",
        "line 3: answer is missing.",
    ]


async def test_a_new_wording_is_a_new_revision_that_customers_receive(load: Importer) -> None:
    await load(RETURNS)
    report = await load({**RETURNS, "answer": "Yes, within 60 days."})
    version, bank = await load.bank()
    assert figures(report) == (0, 1, 0, 0)
    assert (version, bank["returns"].text) == (2, "Yes, within 60 days.")
    assert await load.revisions("returns") == [2, 1]


async def test_a_draft_row_waits_and_takes_nothing_away(load: Importer) -> None:
    await load(RETURNS)
    draft = {**RETURNS, "answer": "Maybe.", "state": "draft"}
    assert figures(await load(draft)) == (0, 1, 0, 0)
    assert figures(await load(draft)) == (0, 0, 1, 0)
    version, bank = await load.bank()
    assert (version, bank["returns"].text) == (1, "Yes, within 30 days.")
    await load({**draft, "state": "published"})
    assert (await load.bank())[1]["returns"].text == "Maybe."
    assert await load.revisions("returns") == [2, 1]


async def test_an_archived_row_takes_the_answer_out_of_reach(load: Importer) -> None:
    await load(RETURNS)
    assert figures(await load({**RETURNS, "state": "archived"})) == (0, 1, 0, 0)
    assert await load.bank() == (2, {})
    await load(RETURNS)
    assert list((await load.bank())[1]) == ["returns"]
    assert await load.revisions("returns") == [1]


async def test_days_that_a_row_does_not_name_stay(load: Importer) -> None:
    await load({**RETURNS, "valid_until": "2026-11-19"})
    assert figures(await load(RETURNS)) == (0, 0, 1, 0)
    assert (await load.bank())[1] == {}


async def test_a_dry_run_counts_and_writes_nothing(load: Importer) -> None:
    assert figures(await load(RETURNS, dry_run=True)) == (1, 0, 0, 0)
    assert await load.bank() == (0, {})
    assert load.heard == []


async def test_more_rows_than_a_batch_count_the_version_once(load: Importer) -> None:
    rows = [{**RETURNS, "answer_id": f"a{number:04}"} for number in range(BATCH * 2 + 1)]
    assert figures(await load(*rows)) == (len(rows), 0, 0, 0)
    version, bank = await load.bank()
    assert (version, len(bank)) == (1, len(rows))


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
async def test_an_export_imports_into_another_workspace_as_it_was(
    load: Importer, store: Store, kind: Kind
) -> None:
    await load(
        {**RETURNS, "valid_from": "2026-01-01"},
        {**RETURNS, "answer_id": "odd", "questions": ['Say "hi", | or\nnot?'], "tags": []},
        {**RETURNS, "answer_id": "draft", "state": "draft"},
    )
    text = written(await export_rows(load.shop.principal, store), kind)
    other = Importer(store, await found_tenant(store, "other"), load.folder)
    path = load.folder / f"export.{kind}"
    path.write_text(text, encoding="utf-8", newline="")
    good, bad = read_answers(path)
    report = await import_rows(good, bad, by=other.shop.principal, store=store, bus=other.bus)
    assert figures(report) == (3, 0, 0, 0)
    assert (await other.bank())[1] == (await load.bank())[1]
    assert await export_rows(other.shop.principal, store) == await export_rows(
        load.shop.principal, store
    )


async def test_an_export_holds_what_customers_receive_not_an_edit_that_waits(
    load: Importer, store: Store
) -> None:
    await load(RETURNS)
    await load({**RETURNS, "answer": "Maybe.", "state": "draft"})
    (row,) = await export_rows(load.shop.principal, store)
    assert row["answer"] == "Yes, within 30 days."
    assert figures(await load(row)) == (0, 0, 1, 0)


async def test_one_workspace_never_touches_the_answers_of_another(
    load: Importer, store: Store, tmp_path: Path
) -> None:
    other = Importer(store, await found_tenant(store, "other"), tmp_path)
    await load(RETURNS)
    await other({**RETURNS, "answer": "Never."})
    assert (await load.bank())[1]["returns"].text == "Yes, within 30 days."
    assert (await other.bank())[1]["returns"].text == "Never."


async def test_the_import_leaves_an_audit_line(load: Importer, store: Store) -> None:
    await load(RETURNS, "{")
    async with store.begin(load.shop.principal) as db:
        (line,) = await db.audit.latest()
    assert (line["action"], line["actor"]) == ("answers.import", "system")
    assert line["detail"] == {
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "conflicts": 0,
        "refused": 1,
    }


async def test_answers_added_at_the_same_moment_are_refused_not_doubled(
    load: Importer, store: Store
) -> None:
    async with store.begin(load.shop.principal) as first:
        assert await first.many_answers.standing(["returns"]) == {}
        await load(RETURNS)
        async with store.begin(load.shop.principal) as db:
            there = (await db.many_answers.standing(["returns"]))["returns"].answer
        with pytest.raises(Conflict, match="send yours again"):
            await first.many_answers.write([(None, there)])
    assert await load.revisions("returns") == [1]
