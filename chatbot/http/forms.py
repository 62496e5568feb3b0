"""What a browser's form sends, read with limits; each error names the field and the remedy."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from litestar import Request

from chatbot.errors import Malformed, TooLarge

_LARGEST = 512 * 1024
_MOST_FIELDS = 2_000
_Word = TypeVar("_Word", bound=str)


class Form:
    """The fields of an `application/x-www-form-urlencoded` body."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    @classmethod
    async def read(cls, request: Request[Any, Any, Any]) -> "Form":
        """
        Raises:
            Malformed: The body is no form, or not UTF-8.
            TooLarge: It is larger than any form of ours.
        """
        body = await request.body()
        if len(body) > _LARGEST:
            raise TooLarge(f"The form is larger than {_LARGEST // 1024} KiB: shorten it.")
        try:
            fields = parse_qs(
                body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
            )
        except ValueError as error:
            raise Malformed("The form cannot be read: send it from the page again.") from error
        return cls(fields)

    def line(self, name: str, *, longest: int = 200, needed: bool = False) -> str:
        """One line, without what cannot be seen at its ends."""
        return " ".join(self.text(name, longest=longest, needed=needed).split())

    def text(self, name: str, *, longest: int, needed: bool = False) -> str:
        """Several lines, ending in newlines alone."""
        value = self._one(name).replace("\r\n", "\n").replace("\0", "").strip()
        if needed and not value:
            raise Malformed(f"{_named(name)} is empty: write something.")
        if len(value) > longest:
            raise Malformed(f"{_named(name)} has {len(value):,} characters, at most {longest:,}.")
        return value

    def secret(self, name: str) -> str:
        """Exactly what was typed."""
        return self._one(name)

    def lines(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        """Every value of *name* and every line of each, in order and without repetition."""
        parts = [
            " ".join(part.replace("\0", "").split())
            for value in self._fields.get(name, [])
            for part in value.splitlines()
        ]
        found = tuple(dict.fromkeys(part for part in parts if part))
        if len(found) > most:
            raise Malformed(f"{_named(name)} has {len(found):,} entries, at most {most:,}.")
        for part in found:
            if len(part) > longest:
                raise Malformed(f"“{part[:40]}…” has more than {longest:,} characters: shorten it.")
        return found

    def words(self, name: str, *, most: int = 20, longest: int = 60) -> tuple[str, ...]:
        """What was written between commas."""
        split = {name: [value.replace(",", "\n") for value in self._fields.get(name, [])]}
        return Form(split).lines(name, most=most, longest=longest)

    def choice(self, name: str, options: Sequence[_Word]) -> _Word:
        """One of *options*."""
        value = self._one(name)
        for option in options:
            if option == value:
                return option
        raise Malformed(f"{_named(name)} is {value[:40]!r}; choose one of {', '.join(options)}.")

    def flag(self, name: str) -> bool:
        return self._one(name) not in {"", "0", "false"}

    def number(self, name: str, *, least: int, most: int) -> int:
        value = self._one(name).strip()
        if not value.isascii() or not value.isdecimal() or not least <= int(value[:12]) <= most:
            raise Malformed(f"{_named(name)} is {value[:20]!r}; write a number {least} to {most}.")
        return int(value)

    def day(self, name: str) -> date | None:
        value = self._one(name).strip()
        try:
            return date.fromisoformat(value) if value else None
        except ValueError as error:
            wrong = f"{_named(name)} is {value[:20]!r}; write a day as 2026-11-20."
            raise Malformed(wrong) from error

    def identity(self, name: str) -> UUID:
        try:
            return UUID(self._one(name))
        except ValueError as error:
            raise Malformed(f"{_named(name)} is no id.") from error

    def _one(self, name: str) -> str:
        return self._fields.get(name, [""])[-1]


def _named(field: str) -> str:
    return field.replace("_", " ").capitalize()
