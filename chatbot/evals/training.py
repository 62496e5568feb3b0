"""From folders of labelled questions to a prior: encode, doubt, simulate, fit, report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.calibration import Prior
from chatbot.answers.phrasings import BACKGROUND
from chatbot.errors import Malformed
from chatbot.evals.prior import Fitter, Table
from chatbot.evals.simulation import Simulated, Simulator
from chatbot.evals.sources import Source, doubted
from chatbot.ports import Encoder

Progress = Callable[[str, int, int], None]

_FITS = 11  # of four sources: all, each without one, each without two


@dataclass(frozen=True, slots=True)
class Trained:
    """
    A prior and what is known of it.

    Attributes:
        left_out: For each source, the prior that was fitted without it.
    """

    prior: Prior
    left_out: Mapping[str, Prior]
    report: Mapping[str, Any]


async def train(
    sources: Sequence[Source], encoder: Encoder, *, banks: int, progress: Progress
) -> Trained:
    """
    Fit a prior on simulated banks.

    Args:
        banks: Per source.

    Raises:
        Malformed: There are fewer than four sources.
    """
    if len(sources) < 4:  # noqa: PLR2004 - two are left out at once, and two must remain
        raise Malformed(
            f"A prior needs at least four sources, there are {len(sources)}: each is left out to "
            "judge the outcome, and each of the others to find thresholds."
        )
    vectors = await _encode(sources, encoder, progress)
    found = simulate(sources, vectors, banks=banks, progress=progress)
    names = frozenset(source.name for source in sources)
    fits = count(1)
    fitter = Fitter(
        Table.of(found), encoder.fingerprint, lambda: progress("Fitting", next(fits), _FITS)
    )
    report = {
        "sources": {source.name: len(source.texts()) for source in sources},
        "simulated_banks": len(found),
        "questions": sum(len(bank.trials) for bank in found),
        "left_out": {kind: fitter.report(names, kind) for kind in ("full", "bare", "words")},
    }
    without = {name: fitter.fit(names - {name}) for name in sorted(names)}
    return Trained(fitter.fit(names), without, report)


async def _encode(
    sources: Sequence[Source], encoder: Encoder, progress: Progress
) -> dict[str, NDArray[np.float32]]:
    every = [*BACKGROUND, *(text for source in sources for text in source.texts())]
    texts = list(dict.fromkeys(every))
    vectors: dict[str, NDArray[np.float32]] = {}
    for first in range(0, len(texts), 64):
        chunk = texts[first : first + 64]
        vectors.update(zip(chunk, await encoder.encode(chunk), strict=True))
        progress("Encoding the sources", first + len(chunk), len(texts))
    return vectors


def simulate(
    sources: Sequence[Source],
    vectors: Mapping[str, NDArray[np.float32]],
    *,
    banks: int,
    progress: Progress,
) -> list[Simulated]:
    """Cut *banks* banks out of each source and ask them."""
    doubts = {source.name: doubted(source, vectors) for source in sources}
    simulator = Simulator(sources, vectors, doubts)
    found: list[Simulated] = []
    for number, source in enumerate(sources):
        for bank in simulator.banks(source, banks, seed=7 + number):
            found.append(bank)
            progress("Simulating banks", len(found), banks * len(sources))
    return found
