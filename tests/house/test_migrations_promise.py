"""During a deploy the old version runs on the new schema, so a migration only ever adds."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, dotted, tree

MIGRATIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))
TAKES_AWAY = ("drop_column", "drop_table", "drop_constraint", "rename_table", "rename_column")
NAME = re.compile(r"\d{4}_\d\d_\d\d_\d{4}_[a-z0-9_]+\.py")


@pytest.fixture(params=MIGRATIONS, ids=lambda path: path.stem)
def migration(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_its_name_says_when_and_what(migration: Path) -> None:
    assert NAME.fullmatch(migration.name)


def test_it_promises_to_expand_only(migration: Path) -> None:
    assert "Expand only" in (ast.get_docstring(tree(migration)) or "")


def test_its_way_up_takes_nothing_away(migration: Path) -> None:
    ways = {node.name: node for node in tree(migration).body if isinstance(node, ast.FunctionDef)}
    calls = [dotted(node.func) for node in ast.walk(ways["upgrade"]) if isinstance(node, ast.Call)]
    assert [call for call in calls if call.rpartition(".")[2] in TAKES_AWAY] == []


def test_no_migration_waits_for_a_lock_for_long() -> None:
    assert "lock_timeout" in (ROOT / "migrations" / "env.py").read_text(encoding="utf-8")
