"""Somebody at a terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Terminal, of_this_machine
from tests.forking import Forks, forks
from tests.journeys.conftest import DemoTemplate


@pytest.fixture(scope="session")
def imported() -> Iterator[Forks]:
    """Every command, imported once."""
    with forks(of_this_machine()) as waiting:
        yield waiting


@pytest.fixture
def terminal(
    demo_url: str, demo_template: DemoTemplate, tmp_path: Path, imported: Forks
) -> Terminal:
    """The demo company is loaded, and its encoder exported."""
    (tmp_path / "encoders").symlink_to(demo_template.encoders)
    return Terminal(tmp_path, {"CHATBOT_DATABASE_URL": demo_url}, imported)
