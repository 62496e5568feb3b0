"""
What a turn tells its watchers while it runs. The socket's frames mirror these one to one.

`Logged` is durable: its entry is committed before it is published. The others are live:
a watcher that misses one reads the log, or the running reply from the bus.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chatbot.domain.conversation import Entry


@dataclass(frozen=True, slots=True)
class Logged:
    """A durable entry was committed."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Started:
    """A reply begins to be written."""

    reply_id: UUID
    reply_to: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """
    A piece of the reply being written.

    Attributes:
        offset: Unicode code points of this attempt before the piece.
    """

    reply_id: UUID
    attempt: int
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Retracted:
    """Forget the words so far: what spoke failed midway and something else begins."""

    reply_id: UUID
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """A passing word to the customer that is not part of the conversation."""

    code: Literal["degraded", "restored", "queued"]
    text: str
    eta_s: int | None = None


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody is writing."""

    role: Literal["customer", "agent"]


LiveEvent = Logged | Started | Spoken | Retracted | Noticed | Typing
