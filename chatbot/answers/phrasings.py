"""The texts by which an answer can be found: its phrasings, its title, sentences of its reply."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from chatbot.answers.lexical import folded
from chatbot.domain.answer import BankAnswer

PHRASING = 0.0
TITLE = 0.05
SENTENCE = 0.25
"""What is taken off the likeness to a reply's sentence: it talks about the matter, and seldom
asks. As phrasings, sentences halved the right answers on a help centre."""


def _shipped(name: str) -> tuple[str, ...]:
    text = resources.files("chatbot.answers").joinpath(name).read_text("utf-8")
    return tuple(text.split("\n")[:-1])


SMALL_TALK = _shipped("smalltalk.txt")
"""Sentences that no answer is for, and that customers write all the same."""

BACKGROUND = (*SMALL_TALK, *_shipped("elsewhere.txt"))
"""The same, and what people ask of companies of every kind."""

_ENOUGH = 8  # phrasings, after which sentences of the reply add nothing
_SENTENCES = 12
_LONGEST = 400  # characters of any such text
_MARKUP = re.compile(r"<[^>]{0,300}>|!?\[([^\]]{0,300})\]\([^)]{0,500}\)|[#*_`>|~]+")
_ENDS = re.compile(r"\n+|(?<=[.!?])\s+")
_BULLET = re.compile(r"^\s*(?:\d+[.)]|[-•])\s*")


@dataclass(frozen=True, slots=True)
class Row:
    """
    One text of one answer.

    Attributes:
        owner: Index of its answer.
        handicap: Taken off its likeness; 0 for a phrasing.
    """

    owner: int
    text: str
    folded: str
    handicap: float


def rows(answers: Iterable[BankAnswer]) -> list[Row]:
    """Every text of every answer, grouped by answer, without repetition inside one."""
    return [row for owner, answer in enumerate(answers) for row in _of(owner, answer)]


def texts(answers: Sequence[BankAnswer]) -> list[str]:
    """The distinct texts of `rows`, and the background: what needs vectors."""
    return list(dict.fromkeys([*(row.text for row in rows(answers)), *BACKGROUND]))


def _of(owner: int, answer: BankAnswer) -> list[Row]:
    named = [(text, PHRASING) for text in answer.phrasings]
    if answer.title:
        named.append((answer.title, TITLE if named else PHRASING))
    if len(answer.phrasings) < _ENOUGH:
        named += [(text, SENTENCE) for text in sentences(answer.text)]
    found: dict[str, Row] = {}
    for text, handicap in named:
        short = " ".join(text[: 4 * _LONGEST].split())[:_LONGEST]
        key = folded(short) or short
        if key and key not in found:
            found[key] = Row(owner, short, folded(short), handicap)
    return list(found.values())


def sentences(markdown: str) -> list[str]:
    """The first sentences of a reply of at least three words, without markup."""
    plain = _MARKUP.sub(lambda mark: mark[1] or " ", markdown[:8_000])
    parts = (_BULLET.sub("", part).strip() for part in _ENDS.split(plain))
    return [part for part in parts if part.count(" ") >= 2][:_SENTENCES]  # noqa: PLR2004
