"""One word for one thing, in code as in the glossary of `docs/journey.md`."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, files, place

INSTEAD = {
    "tenant": "workspace",
    "faq": "answer",
    "faqs": "answers",
    "paraphrase": "phrasing",
    "paraphrases": "phrasings",
    "escalate": "handoff",
    "escalation": "handoff",
    "operator": "agent",
    "utterance": "message",
    "assistant": "bot",
    "chatroom": "conversation",
    "hallucination": "a claim that is not so",
}
TOLD_TO_US = {"assistant", "utterance"}
"""Words of providers and data sets: they may be spoken where those are met."""


def words(path: Path) -> Iterator[tuple[int, str]]:
    """The words that our names consist of; strings and comments may quote others."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", token.string)
            yield from ((token.start[0], word) for word in spaced.lower().split("_"))


def test_names_use_the_words_of_the_glossary() -> None:
    wrong = [
        f"{place(path)}:{line} {word}: say {INSTEAD[word]}"
        for path in files(".py")
        if path.is_relative_to(ROOT / "chatbot")
        for line, word in words(path)
        if word in INSTEAD and not (word in TOLD_TO_US and "providers" in path.parts)
    ]
    assert wrong == []
