"""A transaction is short: nothing is waited for in one but the database."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, application, dotted, place, within

ELSEWHERE = {"climb", "encode", "publish", "broadcast", "stream", "sleep", "send", "match"}
"""Calls that wait for a model, another process, a socket, the encoder or the time."""


def transactions() -> Iterator[tuple[Path, ast.AsyncWith]]:
    """Every block that opens one, outside the store, which has the door and may stand in it."""
    for path, module in application():
        if path.is_relative_to(ROOT / "chatbot" / "store"):
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.AsyncWith) and any(opens(item) for item in node.items):
                yield path, node


def opens(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] == "begin"


def test_there_are_transactions_to_look_at() -> None:
    assert len(list(transactions())) > 5


def test_nothing_is_yielded_while_a_transaction_is_open() -> None:
    held = [
        place(path, node)
        for path, block in transactions()
        for node in within(block)
        if isinstance(node, ast.Yield | ast.YieldFrom)
    ]
    assert held == []


def test_nothing_but_the_database_is_waited_for_while_a_transaction_is_open() -> None:
    waited = [
        f"{place(path, node)} {dotted(node.value.func)}"
        for path, block in transactions()
        for node in within(block)
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call)
        if dotted(node.value.func).rpartition(".")[2] in ELSEWHERE
    ]
    assert waited == []
