"""Somebody at a terminal."""

from pathlib import Path

import pytest

from tests.commands import Terminal
from tests.journeys.conftest import DemoTemplate


@pytest.fixture
def terminal(demo_url: str, demo_template: DemoTemplate, tmp_path: Path) -> Terminal:
    """The demo company is loaded, and its encoder exported."""
    (tmp_path / "encoders").symlink_to(demo_template.encoders)
    return Terminal(tmp_path, {"CHATBOT_DATABASE_URL": demo_url})
