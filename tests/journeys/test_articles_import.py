"""Pages of a help centre in the bank: drafts first, and never over what a person wrote since."""

from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.answers import curation
from chatbot.answers.files import AnswerRow, parted
from chatbot.answers.folders import Articles, read_articles
from chatbot.answers.importing import Report, import_rows
from chatbot.domain.answer import Answer
from chatbot.store.unit import Store
from tests.tenants import Tenant

PAGE = "# Returns\n## How long have I got?\n{}\n## Refunds\nWithin a week.\n"


class Centre:
    """A folder with one page, imported into one workspace."""

    def __init__(self, store: Store, shop: Tenant, folder: Path) -> None:
        self.store, self.by, self.folder, self.bus = store, shop.principal, folder, MemoryBus()

    async def __call__(
        self, words: str, *, publish: bool = False, dry_run: bool = False
    ) -> tuple[int, int, int, int]:
        (self.folder / "returns.md").write_text(PAGE.format(words), encoding="utf-8")
        rows, bad = parted(read_articles(self.folder, Articles(publish=publish)))
        self.report: Report = await import_rows(
            rows, bad, by=self.by, store=self.store, bus=self.bus, dry_run=dry_run
        )
        report = self.report
        return report.new, report.changed, report.unchanged, report.conflicts

    async def answer(self) -> Answer:
        """The one of the first section."""
        async with self.store.begin(self.by) as db:
            (found,) = [
                answer
                for answer in await db.answers.page()
                if answer.content.title == "How long have I got?"
            ]
        return found

    async def edit(self, text: str) -> None:
        answer = await self.answer()
        edited = replace(answer.content, text=text)
        await curation.save_draft(
            answer.key, edited, based_on=answer.revision, by=self.by, store=self.store
        )


@pytest.fixture
def centre(store: Store, shop: Tenant, tmp_path: Path) -> Centre:
    return Centre(store, shop, tmp_path)


async def test_sections_are_drafts_and_twice_is_like_once(centre: Centre) -> None:
    assert await centre("30 days.") == (2, 0, 0, 0)
    assert await centre("30 days.") == (0, 0, 2, 0)
    answer = await centre.answer()
    assert (answer.state, answer.published_revision) == ("draft", None)


async def test_sections_are_published_when_asked_to(centre: Centre) -> None:
    await centre("30 days.")
    assert await centre("30 days.", publish=True) == (0, 2, 0, 0)
    assert (await centre.answer()).state == "published"
    assert await centre("30 days.") == (0, 0, 2, 0)
    assert (await centre.answer()).state == "published"


async def test_an_edited_section_updates_its_answer_and_shows_how(centre: Centre) -> None:
    await centre("30 days.", publish=True)
    assert await centre("60 days.", dry_run=True) == (0, 1, 1, 0)
    (change,) = centre.report.shown
    assert change.before is not None
    assert (change.before.text, change.row.content.text) == ("30 days.", "60 days.")
    assert await centre("60 days.") == (0, 1, 1, 0)
    answer = await centre.answer()
    assert (answer.revision, answer.published_revision) == (2, 1)


async def test_what_a_person_edited_stands_until_the_page_changes(centre: Centre) -> None:
    await centre("30 days.")
    await centre.edit("Thirty days.")
    assert await centre("30 days.") == (0, 0, 2, 0)
    assert await centre("30 days.", publish=True) == (0, 1, 1, 0)
    assert await centre("60 days.") == (0, 0, 1, 1)
    answer = await centre.answer()
    assert (answer.content.text, answer.revision) == ("Thirty days.", 2)
    (change,) = centre.report.shown
    assert (change.kind, change.row.content.text) == ("conflict", "60 days.")
    assert await centre("Thirty days.") == (0, 0, 2, 0)


async def test_what_a_file_of_answers_says_is_as_good_as_a_person(
    centre: Centre, store: Store
) -> None:
    await centre("30 days.")
    answer = await centre.answer()
    row = AnswerRow(1, answer.key, "published", replace(answer.content, text="A month."))
    await import_rows([row], by=centre.by, store=store, bus=centre.bus)
    assert await centre("60 days.", publish=True) == (0, 1, 0, 1)
    assert (await centre.answer()).content.text == "A month."


async def test_an_archived_answer_does_not_come_back_by_itself(
    centre: Centre, store: Store
) -> None:
    await centre("30 days.", publish=True)
    answer = await centre.answer()
    await curation.archive(
        answer.key, based_on=answer.revision, by=centre.by, store=store, bus=centre.bus
    )
    assert await centre("30 days.", publish=True) == (0, 0, 2, 0)
    assert await centre("60 days.", publish=True) == (0, 0, 1, 1)
    assert (await centre.answer()).state == "archived"
