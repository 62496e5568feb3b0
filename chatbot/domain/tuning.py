"""An encoder that learns a company's own phrasings."""

from collections.abc import Callable
from dataclasses import dataclass

Steps = Callable[[int, int], None]
"""Is told how many steps were taken, and of how many."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """
    What an encoder is to learn.

    Attributes:
        groups: Texts that ask the same, by answer; the same text is in one of them only.
        checked: Texts on which the tuned model and its export have to agree.
        seed: Of order and dropout: the same lesson gives the same weights on the same machine.
        minutes: After which it stops, wherever it is.
        shares: Of the way from the weights as they were to the learned ones, 0 to 1: an encoder
            is made for each.
    """

    groups: tuple[tuple[str, ...], ...]
    checked: tuple[str, ...]
    seed: int
    minutes: float
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """
    How a lesson went.

    Attributes:
        steps: That were taken; fewer than `planned` when the time was over.
        seconds: That they took.
    """

    steps: int
    planned: int
    seconds: float
