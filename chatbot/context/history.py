"""What was said before, as a model reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chatbot.context.blocks import clean
from chatbot.context.tokens import clip
from chatbot.domain.ask import PromptMessage
from chatbot.domain.conversation import Entry

LONGEST_TURN = 400
"""Tokens of one earlier message; the rest of a long one is left out."""

_COLLEAGUE = "(A colleague wrote:) "
_OPENING = PromptMessage("user", "(The chat begins.)")
"""Stands before a conversation that the company's side began: a customer's turn comes first."""


@dataclass(frozen=True, slots=True)
class History:
    """
    The conversation before the question.

    Attributes:
        turns: Alternating user and assistant messages, oldest first, an assistant's last.
        unanswered: Customer messages after the last reply; they belong to the question.
        tickets: Numbers of the tickets that the log speaks of.
    """

    turns: tuple[PromptMessage, ...]
    unanswered: tuple[str, ...]
    tickets: frozenset[int]

    @property
    def said_by_customer(self) -> tuple[str, ...]:
        """The customer's own messages, oldest first."""
        asked = tuple(turn.text for turn in self.turns if turn.role == "user" and turn != _OPENING)
        return asked + self.unanswered


def read(entries: Sequence[Entry], *, question_id: UUID) -> History:
    """
    Turn the log into messages that alternate, which many models insist on.

    Private notes, system words and changes of state are left out; so is the question itself
    and whatever came after it.
    """
    turns: list[PromptMessage] = []
    tickets: set[int] = set()
    for entry in sorted(entries, key=lambda entry: entry.seq):
        if entry.id == question_id:
            break
        if entry.kind == "ticket":
            tickets.add(int(entry.data["number"]))
        elif entry.kind == "message" and (message := _message(entry)) is not None:
            _append(turns, message)
    unanswered = turns.pop().text if turns and turns[-1].role == "user" else ""
    return History(tuple(turns), (unanswered,) if unanswered else (), frozenset(tickets))


def _message(entry: Entry) -> PromptMessage | None:
    text = clip(clean(entry.text), LONGEST_TURN).strip()
    if not text:
        return None
    if entry.role == "customer":
        return PromptMessage("user", text)
    if entry.role == "bot":
        return PromptMessage("assistant", text)
    if entry.role == "agent":
        return PromptMessage("assistant", _COLLEAGUE + text)
    return None


def _append(turns: list[PromptMessage], message: PromptMessage) -> None:
    if turns and turns[-1].role == message.role:
        turns[-1] = PromptMessage(message.role, f"{turns[-1].text}\n{message.text}")
    else:
        if not turns and message.role == "assistant":
            turns.append(_OPENING)
        turns.append(message)
