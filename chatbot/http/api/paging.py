"""Lists in pages, the names in addresses, and what a text must hold."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from chatbot.errors import Malformed

MOST = 100

_Item = TypeVar("_Item")
_Word = TypeVar("_Word", bound=str)


class Page(Struct, Generic[_Item]):
    """
    A part of a list.

    Attributes:
        next: What `cursor` is to be for the next part; null at the end.
    """

    items: Sequence[_Item]
    next: str | None


def page_size(limit: int) -> int:
    """
    Raises:
        Malformed: Not 1 to `MOST`.
    """
    if not 1 <= limit <= MOST:
        raise Malformed(f"limit is {limit}; write a number from 1 to {MOST}.")
    return limit


def cursor_to(key: str) -> str:
    """A cursor that goes on behind *key*."""
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def behind(cursor: str) -> str:
    """
    The key that a cursor goes on behind; empty for the first page.

    Raises:
        Malformed: It is none of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = urlsafe_b64decode(padded.encode("ascii")).decode()
    except ValueError as error:
        raise _foreign() from error
    if cursor_to(key) != cursor or "\0" in key:
        raise _foreign()
    return key


def behind_number(cursor: str) -> int | None:
    """The same where the key is a number."""
    key = behind(cursor)
    if not key:
        return None
    if not key.isdecimal() or len(key) > 18:  # noqa: PLR2004 what a bigint holds
        raise _foreign()
    return int(key)


def _foreign() -> Malformed:
    return Malformed("cursor is not one of ours: take it from `next` of the page before.")


def key_in(name: str, text: str) -> str:
    """
    The id in an address.

    Raises:
        Malformed: Nothing of ours can be called that.
    """
    if not 1 <= len(text) <= 200 or not text.isprintable():  # noqa: PLR2004 as files have it
        raise Malformed(f"{name} has 1 to 200 printable characters.")
    return text


def said(name: str, text: str) -> str:
    """
    What a text says, without blanks around it.

    Raises:
        Malformed: Nothing.
    """
    if not text.strip():
        raise Malformed(f"{name} is empty: write something.")
    return text.strip()


def one_of(name: str, text: str, words: Sequence[_Word]) -> _Word | None:
    """
    A filter: one of *words*, or None when it is empty.

    Raises:
        Malformed: It is something else.
    """
    for word in words:
        if word == text:
            return word
    if text:
        raise Malformed(f"{name} is {text[:40]!r}; expected one of {', '.join(words)}.")
    return None
