"""
Try each source of a reply in order until one of them settles the turn.

A rung may fail after it began to speak; its words are then withdrawn and the next rung begins.
What was said and not withdrawn when the turn settles is exactly the reply's text.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from chatbot.domain.ask import Ask, Reply, Waiting
from chatbot.errors import CacheMiss, ChatbotError, NoMatch, Superseded

_log = logging.getLogger(__name__)


class Rung(Protocol):
    """One source of a reply: a cache, a model, the answer bank, a person."""

    @property
    def name(self) -> str: ...

    def attempt(self, ask: Ask) -> AsyncIterator[str | Waiting | Reply]:
        """
        Stream the words of a reply and end with the `Reply`, or raise to let the next rung try.

        A rung that has to wait in line says so, before its words or between them.

        Raises:
            Declined: This rung cannot settle the turn.
        """
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """More words of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """All words so far are withdrawn; `reason` is the code of what went wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """
    The turn has its reply.

    Attributes:
        rung: Who gave it.
        declined: (rung, reason) of every rung that stepped aside before, for the receipt.
    """

    reply: Reply
    rung: str
    declined: tuple[tuple[str, str], ...]


async def climb(
    ask: Ask, rungs: Sequence[Rung]
) -> AsyncGenerator[Said | Withdrawn | Waiting | Settled, None]:
    """
    Yield what the rungs say, and at last the reply of the first that completes one.

    Whatever goes wrong in a rung, the next one is tried; only the last rung's error is raised.

    Raises:
        Superseded: Another process took the turn over.
    """
    declined: list[tuple[str, str]] = []
    for rung in rungs:
        spoken, reason = False, "no_reply"
        try:
            async with aclosing(_attempt(rung, ask, declined)) as events:
                async for event in events:
                    if isinstance(event, (Said, Withdrawn)):
                        spoken = isinstance(event, Said)
                    yield event
                    if isinstance(event, Settled):
                        return
        except Superseded:
            raise
        except Exception as error:
            # Also a bug: one rung's must not cost the customer the reply of another.
            if rung is rungs[-1]:
                raise
            reason = _reason(rung, error)
        declined.append((rung.name, reason))
        if spoken:
            yield Withdrawn(reason)
    raise RuntimeError(f"The last rung declined: {declined}.")


async def _attempt(
    rung: Rung, ask: Ask, declined: Sequence[tuple[str, str]]
) -> AsyncGenerator[Said | Withdrawn | Waiting | Settled, None]:
    """One rung's pieces as events; `Settled` is the last of them if there is a reply."""
    said = ""
    pieces = rung.attempt(replace(ask, declined=tuple(declined)) if declined else ask)
    try:
        async for piece in pieces:
            if isinstance(piece, Reply):
                for event in _reconciled(said, piece):
                    yield event
                yield Settled(piece, rung.name, tuple(declined))
                return
            if isinstance(piece, Waiting):
                yield piece
            elif piece:
                said += piece
                yield Said(piece)
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()  # hangs up at once when nobody listens any more


def _reconciled(said: str, reply: Reply) -> list[Said | Withdrawn]:
    """Make what was said the reply's text, where a rung thought better of its words."""
    if reply.text.startswith(said):
        rest = reply.text[len(said) :]
        return [Said(rest)] if rest else []
    return [Withdrawn("replaced"), Said(reply.text)]


def _reason(rung: Rung, error: Exception) -> str:
    if isinstance(error, ChatbotError):
        reason = getattr(error, "fault", error.code)
        # What a cache lacks and a bank is not sure of is no news; the receipt has it.
        level = logging.DEBUG if isinstance(error, (CacheMiss, NoMatch)) else logging.INFO
        _log.log(level, "Rung %s declined (%s): %s", rung.name, reason, error)
        return reason
    _log.exception("Rung %s failed", rung.name)
    return "internal"
