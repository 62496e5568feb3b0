"""How often an answer was given, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Given:
    """
    One answer's use.

    Attributes:
        by_rung: Replies that rest on it, by the rung that spoke.
        helpful, unhelpful: Of those, how many customers judged so.
        last: When it was given last.
    """

    by_rung: Mapping[str, int]
    helpful: int = 0
    unhelpful: int = 0
    last: datetime | None = None

    @property
    def times(self) -> int:
        return sum(self.by_rung.values())

    @property
    def judged(self) -> int:
        return self.helpful + self.unhelpful

    @property
    def share(self) -> float | None:
        """Of the judged ones that helped; None while nobody has judged."""
        return self.helpful / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Thumbs:
    """How many customers judged the words that an answer has now, when the bank gave them."""

    helpful: int = 0
    unhelpful: int = 0

    @property
    def judged(self) -> int:
        return self.helpful + self.unhelpful


JUDGED_FOR = timedelta(days=180)
"""How long a judgement counts."""

NEVER = Given({})
