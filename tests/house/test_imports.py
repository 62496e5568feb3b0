"""Each vendor has one home; what import-linter cannot see is held here."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, application, place, within

HOMES = {
    "adapters": (
        *("aiohttp", "httpx2", "onnx", "onnxruntime", "openai", "pgqueuer", "redis"),
        *("sentence_transformers", "tokenizers", "torch", "transformers"),
    ),
    "store": ("alembic", "asyncpg", "sqlalchemy"),
    "http": ("jinja2", "litestar", "markupsafe", "uvicorn"),
}


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module.partition(".")[0]


def ring(path: Path) -> str:
    return path.relative_to(ROOT / "chatbot").parts[0].removesuffix(".py")


def test_a_vendor_is_known_in_its_home_only() -> None:
    astray = [
        f"{place(path, node)} imports {name}"
        for path, module in application()
        for node in ast.walk(module)
        for name in imported(node)
        for home, vendors in HOMES.items()
        if name in vendors and ring(path) not in {home, "adapters"}
    ]
    assert astray == []


def test_a_function_imports_nothing_but_a_heavy_vendor_in_an_adapter() -> None:
    inside = [
        f"{place(path, node)} in {function.name}"
        for path, module in application()
        if ring(path) != "adapters"
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in within(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_every_adapter_is_held_to_its_port_by_a_contract() -> None:
    """A class named after a port is used by name in the tests that hold adapters to it."""
    ports = ("Bus", "Cache", "Clock", "Counters", "Encoder", "Provider")
    contracts = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "contracts").rglob("*.py")
    )
    unheld = [
        f"{place(path, node)} {node.name}"
        for path, module in application()
        if ring(path) == "adapters"
        for node in module.body
        if isinstance(node, ast.ClassDef) and node.name.endswith(ports)
        if not node.name.startswith("_") and node.name not in contracts
    ]
    assert unheld == []
