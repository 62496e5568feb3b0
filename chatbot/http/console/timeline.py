"""A conversation as its page shows it: entries and notes in one order, each with its words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any
from uuid import UUID

from chatbot.domain.conversation import Entry, Source

Judgements = Mapping[UUID, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Item:
    """
    One line of the timeline; `_item.html` shows it.

    Attributes:
        kind: `day`, `message`, `note` or `happening`.
        judged: What the customer thought of it, (1 or -1, comment).
        receipt: A turn stands behind this message and can be looked into.
        ticket: The number that a happening is about.
    """

    kind: str
    at: datetime
    id: UUID | None = None
    seq: int = 0
    role: str = ""
    name: str = ""
    text: str = ""
    sign: str = ""
    source: Source | None = None
    judged: tuple[int, str] | None = None
    receipt: bool = False
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """What the voices of a conversation are called, and what is known of its replies."""

    customer: str
    bot: str
    judgements: Judgements = field(default_factory=dict)


def item_of(entry: Entry, cast: Cast) -> Item:
    """How an entry of the log reads to an agent."""
    if entry.kind == "message":
        return _message(entry, cast)
    if entry.kind == "ticket":
        words = {"open": "Ticket opened,", "pending": "Ticket waits for the customer,"}
        text = words.get(str(entry.data.get("status")), "Ticket closed,")
        number = entry.data.get("number")
        return Item("happening", entry.at, seq=entry.seq, sign="ticket", text=text, ticket=number)
    sign, text = _change(entry.data)
    return Item("happening", entry.at, seq=entry.seq, sign=sign, text=text)


def note_of(row: Mapping[str, Any]) -> Item:
    """A private note."""
    return Item("note", row["at"], id=row["id"], name=row["author"], text=row["text"])


def timeline(
    entries: Iterable[Entry], notes: Iterable[Mapping[str, Any]], cast: Cast, zone: tzinfo
) -> list[Item]:
    """Everything in the order of its time, with a line for each day."""
    items = [item_of(entry, cast) for entry in entries] + [note_of(row) for row in notes]
    items.sort(key=lambda item: item.at)
    if not items:
        return []
    shown = [Item("day", items[0].at), items[0]]
    for before, item in pairwise(items):
        if before.at.astimezone(zone).date() != item.at.astimezone(zone).date():
            shown.append(Item("day", item.at))
        shown.append(item)
    return shown


def _message(entry: Entry, cast: Cast) -> Item:
    names = {"customer": cast.customer, "bot": cast.bot}
    by_agent = entry.source.label if entry.source and entry.role == "agent" else "Agent"
    return Item(
        "message",
        entry.at,
        id=entry.id,
        seq=entry.seq,
        role=entry.role if entry.role in {"customer", "agent"} else "bot",
        name=names.get(entry.role, by_agent if entry.role == "agent" else "System"),
        text=entry.text,
        source=entry.source if entry.role == "bot" else None,
        judged=cast.judgements.get(entry.id),
        receipt=entry.role == "bot" and entry.reply_to is not None,
    )


def _change(data: Mapping[str, Any]) -> tuple[str, str]:
    match data.get("state"):
        case "human":
            return "person", f"{data.get('agent') or 'An agent'} took over, the bot is silent"
        case "waiting":
            return "clock", "Waits for a person"
        case "resolved":
            return "check", "Resolved"
        case _:
            return "bot", "The bot answers again"
