"""
Data for a model, in blocks that nothing inside can close.

A block's delimiters carry a mark that is made for one message and told to the model before any
data. Whoever wrote the data cannot know it, so what they write stays where it was put.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_MARK_BYTES = 6
_INVISIBLE = dict.fromkeys(
    (
        *range(0x09),  # control characters, but not the tab and the line feed
        *range(0x0B, 0x20),
        *range(0x7F, 0xA0),
        0x200B,  # zero-width, but not the joiners that scripts and emoji need
        *range(0x200E, 0x2010),  # direction
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
        *range(0xE0000, 0xE0080),  # tags
    )
)


def fresh_mark() -> str:
    """A mark that cannot be guessed."""
    return secrets.token_hex(_MARK_BYTES)


def render(blocks: Mapping[str, str], make_mark: Callable[[], str] = fresh_mark) -> str:
    """
    The blocks, by name, as the text of one message; empty ones are left out.

    The mark is none that occurs in the data, however unlikely that is.
    """
    data = [(name, clean(text)) for name, text in blocks.items() if text.strip()]
    mark = make_mark()
    while any(mark in text for _, text in data):
        mark = make_mark()
    parts = [f"The blocks of this message are marked {mark}."]
    parts += [f"<<<{name} {mark}\n{text}\n{mark}>>>" for name, text in data]
    return "\n\n".join(parts)


def clean(text: str) -> str:
    """Without control, zero-width, direction and tag characters: nobody reads them, models do."""
    return text.translate(_INVISIBLE)


def as_line(value: object, longest: int) -> str:
    """
    A value as one line of JSON, so that no line break in it can begin another entry.

    A value that would be longer than *longest* characters is left out as a whole.
    """
    line = json.dumps(value, ensure_ascii=False, default=str, separators=(", ", ": "))
    return line if len(line) <= longest else '"(too long to show)"'


def shorten(data: Mapping[str, Any], *, entries: int, longest: int) -> dict[str, Any]:
    """The first *entries* of a mapping, each value whole or replaced by a word that it is long."""
    return {
        key: value if len(json.dumps(value, default=str)) <= longest else "(too long to show)"
        for key, value in list(data.items())[:entries]
    }


def joined(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line)


def inside(message: str, name: str) -> str:
    """What a rendered *message* holds in the block *name*; empty when there is no such block."""
    mark = message.partition("marked ")[2].partition(".")[0]
    _, found, rest = message.partition(f"<<<{name} {mark}\n")
    return rest.partition(f"\n{mark}>>>")[0] if found else ""
