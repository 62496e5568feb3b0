"""Turns of which something has to be known a moment later, by another rung."""

from collections import OrderedDict
from uuid import UUID

from chatbot.domain.ask import Ask

MOST = 4_096
"""Turns that are remembered; each is short, and forgetting one costs a request at most."""


class Turns:
    """A set of turns, the oldest forgotten first."""

    def __init__(self) -> None:
        self._turns: OrderedDict[UUID, None] = OrderedDict()

    def add(self, ask: Ask) -> None:
        self._turns[ask.turn_id] = None
        if len(self._turns) > MOST:
            self._turns.popitem(last=False)

    def __contains__(self, ask: Ask) -> bool:
        return ask.turn_id in self._turns
