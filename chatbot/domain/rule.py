"""A business rule: what the company wants said or done, and when it applies."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    When a rule applies; every part that is given must hold, and an empty part always holds.

    Attributes:
        plans: Any of these plans (compared without case).
        locales: Any of these locales or their language (`de` holds for `de-AT`).
        topics: Any of these words occurs in the question or in the latest messages.
        starts, ends: Days (inclusive) between which it applies.
    """

    plans: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule in Markdown.

    Attributes:
        key: The id that the API uses, unique in a workspace.
        rank: Lower comes first in the context and is cut last.
    """

    id: UUID
    key: str
    title: str
    text: str
    enabled: bool
    rank: int
    updated_at: datetime
    conditions: Conditions = field(default_factory=Conditions)
