"""Decisions are recorded briefly, each in the same five parts."""

from pathlib import Path

import pytest

from tests.house.source import ROOT

RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PARTS = ("Context", "Decision", "Consequences", "Alternatives", "Enforced by")


@pytest.fixture(params=RECORDS, ids=lambda path: path.stem)
def record(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text(encoding="utf-8")


def test_it_fits_on_a_page(record: str) -> None:
    assert len(record.splitlines()) <= 40


def test_it_says_what_follows_and_what_holds_it(record: str) -> None:
    assert [part for part in PARTS if part.lower() not in record.lower()] == []


def test_records_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
