"""
The demo company, read from the packaged files in `company/` and checked as a whole.

An invented company is only useful while every screen tells the same story. So a field that is
misspelt, missing or unknown is refused, and so is a reference to something that is not there.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

from chatbot.demo.consistency import mistakes
from chatbot.demo.rows import (
    Company,
    DemoAnswer,
    DemoConversation,
    DemoCustomer,
    DemoRule,
    Profile,
)
from chatbot.errors import Malformed

T = TypeVar("T")


def read_company(folder: Traversable | None = None) -> Company:
    """
    Read and check the five files of *folder*, by default the packaged ones.

    Raises:
        Malformed: A row cannot be understood, or contradicts another; names file and place.
    """
    folder = folder or files("chatbot.demo") / "company"
    company = Company(
        profile=_decode(folder, "company.json", Profile),
        answers=tuple(_answers(folder)),
        rules=_decode(folder, "rules.json", tuple[DemoRule, ...]),
        customers=_decode(folder, "customers.json", tuple[DemoCustomer, ...]),
        conversations=_decode(folder, "conversations.json", tuple[DemoConversation, ...]),
    )
    for sentence in mistakes(company):
        raise Malformed(sentence)
    return company


def _decode(folder: Traversable, name: str, shape: type[T]) -> T:
    return _parse((folder / name).read_bytes(), shape, name)


def _answers(folder: Traversable) -> Iterator[DemoAnswer]:
    name = "answers.jsonl"
    for number, line in enumerate((folder / name).read_bytes().splitlines(), start=1):
        if line.strip():
            yield _parse(line, DemoAnswer, f"{name}, line {number}")


def _parse(text: bytes, shape: type[T], place: str) -> T:
    try:
        return msgspec.json.decode(text, type=shape)
    except msgspec.DecodeError as error:
        raise Malformed(f"{place}: {error}; mend it there.") from error
