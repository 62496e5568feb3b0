"""A context that is too long is cut by value, whole parts at a time."""

from dataclasses import dataclass

from chatbot.context.tokens import count
from chatbot.domain.ask import PromptMessage

BUDGET = 6_000
"""Tokens of input that a context may have unless a setting says otherwise."""

MESSAGE_COST = 4
"""Tokens that a message costs besides its text."""

_KEPT_TURNS = 2
"""The last exchange outlives weak grounding: a follow-up cannot be understood without it."""


@dataclass(slots=True)
class Parts:
    """
    What may be cut.

    Attributes:
        turns: Oldest first, user and assistant in pairs.
        answers, rules, events: The most valuable first.
    """

    turns: list[PromptMessage]
    answers: list[str]
    rules: list[str]
    events: list[str]

    def fit(self, room: int) -> None:
        """Drop parts until the rest has at most *room* tokens or nothing is left."""
        while self.size() > room and self._drop():
            pass

    def size(self) -> int:
        """Tokens of all parts, by counts that are kept: they come again with the next question."""
        texts = (*self.answers, *self.rules, *self.events)
        said = sum(MESSAGE_COST + count(turn.text) for turn in self.turns)
        return said + sum(map(count, texts))

    def _drop(self) -> bool:
        """Oldest turns first, then the weakest grounding, then the lowest rules and events."""
        if len(self.turns) > _KEPT_TURNS:
            del self.turns[:2]
            return True
        for texts in (self.answers, self.rules, self.events):
            if len(texts) > 1:
                texts.pop()
                return True
        if self.turns:
            del self.turns[:2]
            return True
        for texts in (self.answers, self.rules, self.events):
            if texts:
                texts.pop()
                return True
        return False
