"""The project's own files, as the house tests read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("chatbot", "migrations", "scripts", "tests", "web")
FOREIGN = {"node_modules", "vendor", "dist", "__pycache__"}


@cache
def files(*endings: str) -> tuple[Path, ...]:
    """Our files with one of *endings*, without what others wrote and what tools built."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    return tuple(
        sorted(
            path
            for path in found
            if path.suffix in endings and not FOREIGN.intersection(path.parts) and path.is_file()
        )
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def application() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the application with its syntax tree."""
    for path in files(".py"):
        if path.is_relative_to(ROOT / "chatbot"):
            yield path, tree(path)


def place(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if isinstance(node, ast.stmt | ast.expr | ast.excepthandler) else ""
    return f"{path.relative_to(ROOT)}{line}"


def within(node: ast.AST) -> Iterator[ast.AST]:
    """Everything inside *node* that runs with it: not the bodies of functions it only defines."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from within(child)


def dotted(node: ast.expr) -> str:
    """A name such as `desk.store.begin`, or nothing."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
