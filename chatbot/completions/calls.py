"""Collects the model calls of running turns, so that they are written with what they led to."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from chatbot.domain.ask import ModelCall


class CallCollector:
    """
    Satisfies `ports.CallLog`.

    A turn's calls are committed in the transaction that settles it: the reply, the end of the turn
    and its cost exist all or not at all.
    """

    def __init__(self) -> None:
        self._calls: defaultdict[UUID, list[ModelCall]] = defaultdict(list)

    async def add(self, call: ModelCall) -> None:
        self._calls[call.turn_id].append(call)

    def of(self, turn_id: UUID) -> Sequence[ModelCall]:
        """The calls of a turn so far, in order."""
        return tuple(self._calls.get(turn_id, ()))

    def forget(self, turn_id: UUID) -> None:
        """The turn's calls are written, or its work was dropped."""
        self._calls.pop(turn_id, None)
