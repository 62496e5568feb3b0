"""Fits the classifier of own affairs, and measures it on sources that it has not seen."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.ownstate import OwnState
from chatbot.context.personal import kinds
from chatbot.errors import Malformed
from chatbot.evals.sources import Source
from chatbot.ports import Encoder

Progress = Callable[[str, int, int], None]

FROM_ODDS = -1.0
"""Chosen for recall: at a quarter's chance of being its asker's own, a question is kept away."""

_PENALTY = 10.0
_STEPS = 25
_FEWEST = 2  # sources: one is left out
_EVEN = 20.0  # how much a class of many questions counts beside one of few: by the square root
_MOST = 1_500  # questions of a class after which more do not count


@dataclass(frozen=True, slots=True)
class Sorted:
    """
    Questions whose intents were sorted into own and public.

    Attributes:
        by_rules: Those that the rules about words keep away already.
    """

    vectors: NDArray[np.float32]
    own: NDArray[np.bool_]
    source: NDArray[np.str_]
    by_rules: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> "Sorted":
        return Sorted(
            self.vectors[chosen], self.own[chosen], self.source[chosen], self.by_rules[chosen]
        )


def intents() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Intents by source and `own` or `public`; those that could be either are not listed."""
    file = resources.files("chatbot.evals").joinpath("own_state_intents.json")
    return json.loads(file.read_text("utf-8"))


async def train_own_state(
    sources: Sequence[Source], encoder: Encoder, *, progress: Progress
) -> tuple[OwnState, Mapping[str, Any]]:
    """
    Fit on every source whose intents were sorted.

    Returns:
        The classifier, and for each source what recall and loss are without and with it: fitted
        on the others, and on the half of everything that was left out.

    Raises:
        Malformed: Fewer than two sources have sorted intents.
    """
    known = intents()
    rows = [
        (text, source.name, intent in known[source.name]["own"])
        for source in sources
        if source.name in known
        for text, intent in _labelled(source)
        if intent in known[source.name]["own"] or intent in known[source.name]["public"]
    ]
    names = sorted({name for _, name, _ in rows})
    if len(names) < _FEWEST:
        raise Malformed(
            f"{len(names)} sources have sorted intents; expected two or more of {', '.join(known)}."
        )
    vectors = []
    for first in range(0, len(rows), 64):
        vectors.append(await encoder.encode([text for text, _, _ in rows[first : first + 64]]))
        progress("Encoding the questions", min(first + 64, len(rows)), len(rows))
    every = Sorted(
        np.concatenate(vectors),
        np.array([own for _, _, own in rows]),
        np.array([name for _, name, _ in rows]),
        np.array([bool(kinds(text, earlier=False)) for text, _, _ in rows]),
    )
    seen = np.random.default_rng(0).random(len(rows)) < 0.5  # noqa: PLR2004 a half
    halved = fit(every.part(seen), encoder.fingerprint)
    report = {
        name: {
            "questions": int((every.source == name).sum()),
            "rules": figures(every.part(every.source == name), None),
            "source_left_out": figures(
                every.part(every.source == name),
                fit(every.part(every.source != name), encoder.fingerprint),
            ),
            "half_left_out": figures(every.part((every.source == name) & ~seen), halved),
        }
        for name in names
    }
    return fit(every, encoder.fingerprint), report


def _labelled(source: Source) -> list[tuple[str, str]]:
    pairs = [(text, intent) for intent, group in source.intents.items() for text in group]
    return pairs + [(text, intent) for text, intent in source.live if intent]


def fit(rows: Sorted, fingerprint: str) -> OwnState:
    """Logistic regression (L2), by Newton's method; every source and class counts alike."""
    weight = np.zeros(len(rows.own))
    for name in np.unique(rows.source):
        for own in (True, False):
            chosen = (rows.source == name) & (rows.own == own)
            if size := int(chosen.sum()):
                weight[chosen] = min(size, _MOST) ** 0.5 * _EVEN / size
    weight *= len(weight) / weight.sum()
    design = np.c_[rows.vectors.astype(np.float64), np.ones(len(rows.own))]
    penalty = np.full(design.shape[1], _PENALTY)
    penalty[-1] = 1e-6
    found = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (weight * (chance - rows.own)) + penalty * found
        bend = (design * (weight * chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        found -= np.linalg.solve(bend, slope)
    return OwnState(fingerprint, found[:-1], float(found[-1]), FROM_ODDS)


def figures(rows: Sorted, classifier: OwnState | None) -> Mapping[str, float | None]:
    """Share of own questions kept away, and of public ones kept away needlessly."""
    away = rows.by_rules
    if classifier is not None:
        away = away | (classifier.odds(rows.vectors) >= classifier.from_odds)
    return {"recall": _share(away[rows.own]), "loss": _share(away[~rows.own])}


def _share(chosen: NDArray[np.bool_]) -> float | None:
    return round(float(chosen.mean()), 4) if len(chosen) else None
