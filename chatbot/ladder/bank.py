"""The answer bank's rung: a published answer word for word, a choice, or silence."""

from collections.abc import AsyncIterator
from typing import Protocol
from uuid import UUID

from chatbot.domain.answer import BankAnswer, Match
from chatbot.domain.ask import Ask, Reply
from chatbot.domain.conversation import Source
from chatbot.errors import NoMatch, NotFound
from chatbot.tickets.wording import say

CHOICES = 3


class Shelf(Protocol):
    """Where the answers stand that a match spoke of."""

    def answer(self, workspace_id: UUID, version: str, key: str) -> BankAnswer:
        """
        The answer as it read in that version of the bank.

        Raises:
            NotFound: The version is gone.
        """
        ...


class AnswerBank:
    """
    Gives what the match decided before the ladder was climbed.

    The words are those of the bank version that was matched, so that a change in between cannot
    put a text under a judgement made about another.
    """

    name = "answer_bank"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def attempt(self, ask: Ask) -> AsyncIterator[str | Reply]:
        """
        Raises:
            NoMatch: The bank abstains.
        """
        match = ask.match
        if match.verdict == "answer":
            best = match.candidates[0]
            try:
                answer = self._shelf.answer(ask.principal.workspace, match.version, best.key)
            except NotFound as error:
                raise NoMatch(f"The bank no longer holds {best.key}.") from error
            yield answer.text
            yield Reply(
                answer.text,
                Source(
                    self.name,
                    say(ask.locale, "saved"),
                    answers=((best.key, best.title),),
                    score=round(best.probability, 4),
                ),
                detail=_decision(match),
            )
        elif match.verdict == "choices":
            words = say(ask.locale, "choices")
            offered = tuple((one.key, one.title) for one in match.candidates[:CHOICES])
            yield words
            yield Reply(
                words,
                Source(self.name, say(ask.locale, "choices_label"), choices=offered),
                detail=_decision(match),
            )
        else:
            raise NoMatch("No published answer is sure enough.")


def _decision(match: Match) -> dict[str, object]:
    return {
        "threshold": match.threshold,
        "mode": match.mode,
        "bank": match.version,
        "candidates": [
            {"key": one.key, "probability": round(one.probability, 4)}
            for one in match.candidates[:CHOICES]
        ],
    }
