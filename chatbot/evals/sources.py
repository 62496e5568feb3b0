"""Labelled customer questions from files, one source per folder, for fitting and judging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chatbot.answers import classifier
from chatbot.answers.files import read_rows
from chatbot.errors import Malformed

_LIVE = "live_queries.jsonl"
_LONGEST = 400  # characters of a question
_MOST = 150  # questions of one intent, so that none dominates
_FOLDS = 5
_DOUBTED = 0.15  # probability below which a label is taken for a slip


@dataclass(frozen=True, slots=True)
class Source:
    """
    One company's labelled questions.

    Attributes:
        intents: Questions by intent; what banks are cut out of.
        live: Real questions with their intent, or None where the bank had no answer; empty where
            the source has none, and held-out questions of `intents` are asked instead.
    """

    name: str
    intents: dict[str, tuple[str, ...]]
    live: tuple[tuple[str, str | None], ...]

    def texts(self) -> list[str]:
        every = [text for group in self.intents.values() for text in group]
        return list(dict.fromkeys([*every, *(text for text, _ in self.live)]))


def read_sources(folder: Path) -> list[Source]:
    """
    Every sub-folder with JSONL files of `{"text", "intent"}` rows.

    Raises:
        Malformed: Fewer than two were found: leaving one out would leave nothing.
    """
    found = [source for path in sorted(folder.iterdir()) if path.is_dir() for source in _read(path)]
    if len(found) < 2:  # noqa: PLR2004
        raise Malformed(
            f"{folder} holds {len(found)} sources; expected at least two sub-folders with JSONL "
            'files of {"text", "intent"} rows.'
        )
    return found


def _read(folder: Path) -> list[Source]:
    intents: dict[str, dict[str, None]] = {}
    live: dict[tuple[str, str | None], None] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for _, row in read_rows(path, needed=()):
            if isinstance(row, str) or not isinstance(row.get("text"), str) or "intent" not in row:
                continue
            text = " ".join(row["text"].split())[:_LONGEST].strip()
            if path.name == _LIVE:
                live[text, row["intent"]] = None
            elif row["intent"]:
                intents.setdefault(row["intent"], {})[text] = None
    if not intents:
        return []
    cut = {intent: _spaced(list(group)) for intent, group in sorted(intents.items())}
    return [Source(folder.name, cut, tuple(live))]


def _spaced(texts: Sequence[str]) -> tuple[str, ...]:
    """At most `_MOST`, evenly spaced: files are often sorted."""
    if len(texts) <= _MOST:
        return tuple(texts)
    return tuple(texts[place] for place in np.linspace(0, len(texts) - 1, _MOST).astype(int))


def doubted(
    source: Source, vectors: Mapping[str, NDArray[np.float32]]
) -> frozenset[tuple[str, str]]:
    """
    Labels that the rest of the source contradicts (confident learning: Northcutt et al., 2021).

    Each question is judged by a classifier fitted without it; one whose own label comes out
    neither first nor with a probability of at least 0.15 is doubted.
    """
    names = list(source.intents)
    pairs = {(text, name): None for name in names for text in source.intents[name]}
    pairs |= {(text, name): None for text, name in source.live if name in source.intents}
    rows = list(pairs)
    matrix = np.stack([vectors[text] for text, _ in rows])
    owner = np.array([names.index(name) for _, name in rows])
    fold = np.random.default_rng(0).integers(0, _FOLDS, len(rows))
    found: set[tuple[str, str]] = set()
    for number in range(_FOLDS):
        rest, held = fold != number, np.flatnonzero(fold == number)
        learned = classifier.fit(matrix[rest], owner[rest], len(names))
        if learned is None:
            continue
        for row in held:
            chances = learned.chances(learned.weights @ matrix[row])
            if chances.argmax() != owner[row] and chances[owner[row]] < _DOUBTED:
                found.add(rows[row])
    return frozenset(found)
