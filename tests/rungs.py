"""Rungs that do what a test tells them to."""

from collections.abc import AsyncIterator

from chatbot.domain.ask import Ask, Reply
from chatbot.domain.conversation import Source


class Plays:
    """A rung that says and raises what it is told to."""

    def __init__(self, name: str, *pieces: str | Reply | Exception) -> None:
        self.name, self.pieces, self.closed = name, pieces, False

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Reply]:  # noqa: ARG002 a port's
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed = True


def says(name: str, *words: str, text: str | None = None) -> Plays:
    whole = "".join(words) if text is None else text
    return Plays(name, *words, Reply(whole, Source(name, name)))
