"""No error is swallowed: whoever catches one does something about it, or says why not."""

import ast

from tests.house.source import ROOT, application, dotted, files, place, tree

BROAD = {"Exception", "BaseException"}


def idle(handler: ast.ExceptHandler) -> bool:
    """Nothing happens in it; going on with the next thing is something if the error is named."""
    broad = handler.type is None or dotted(handler.type) in BROAD
    nothing = (ast.Pass, ast.Continue, ast.Break) if broad else ast.Pass
    return all(
        isinstance(statement, nothing)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in handler.body
    )


def test_no_handler_does_nothing_at_all() -> None:
    silent = [
        place(path, node)
        for path, module in application()
        for node in ast.walk(module)
        if isinstance(node, ast.ExceptHandler) and idle(node)
    ]
    assert silent == []


def test_suppression_names_what_it_suppresses() -> None:
    broad = [
        place(path, node)
        for path, module in application()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress")
        if {dotted(argument) for argument in node.args} & BROAD
    ]
    assert broad == []


def test_nothing_is_left_open_in_the_code() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    left = [
        f"{place(path)} {mark}"
        for path in files(".py", ".js", ".css", ".html")
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert left == []


def test_every_test_can_fail() -> None:
    """It asserts or expects an error, or calls a function of the tests that does."""
    functions = [
        (path, node)
        for path in files(".py")
        if path.is_relative_to(ROOT / "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    checking: set[str] = {"raises", "warns", "fail", "expect"}
    known = 0
    while known != len(checking):  # a helper may call another one
        known = len(checking)
        checking |= {node.name for _, node in functions if checks(node, checking)}
    empty = [
        f"{place(path, node)} {node.name}"
        for path, node in functions
        if node.name.startswith("test_") and not checks(node, checking)
    ]
    assert empty == []


def checks(function: ast.AST, checking: set[str]) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in checking)
        for node in ast.walk(function)
    )
