"""
Lets the words of a reply through once nothing in them claims what is not so.

A sentence that may become a claim is held back until it is whole; one that is false now waits
for the end of the completion, whose tool calls may make it true. What is false then is never
shown, and the reply does not stand.
"""

import re
from collections.abc import Iterable

from chatbot.completions.claims import Claim, false_claim, may_become_claim
from chatbot.errors import Unsound

_END = re.compile(r"(?<=[.!?…])(?=\s)|(?<=\n)")


class Truth:
    """Guards one reply."""

    def __init__(self, tickets: Iterable[int], said_by_company: str) -> None:
        """
        Args:
            tickets: Numbers of the tickets that exist in the conversation.
            said_by_company: Approved texts in the context.
        """
        self._tickets = set(tickets)
        self._company = said_by_company
        self._sentence = ""  # the open sentence, also what of it was let through
        self._shown = 0  # how much of the open sentence was let through
        self._suspect = False
        self._waiting: list[tuple[str, str]] = []  # from the first false sentence on, and its rest

    def feed(self, words: str) -> str:
        """What of the words so far can be shown now."""
        if not words:
            return ""
        # The last word may go on: it is looked at again together with what is new.
        seen = max(self._sentence.rfind(" "), self._sentence.rfind("\n")) + 1
        self._sentence += words
        passed: list[str] = []
        if _END.search(self._sentence, max(0, seen - 1)):
            *whole, self._sentence = _END.split(self._sentence)
            for sentence in whole:
                passed.append(self._admit(sentence))
                self._shown, self._suspect, seen = 0, False, 0
        self._suspect = self._suspect or may_become_claim(self._sentence[seen:])
        if not self._waiting and not self._suspect:
            passed.append(self._sentence[self._shown :])
            self._shown = len(self._sentence)
        return "".join(passed)

    def settle(self, tickets: Iterable[int] = ()) -> str:
        """
        End a completion; *tickets* exist because of its calls.

        Returns:
            What was held back.

        Raises:
            Unsound: Some of it is still not so.
        """
        self._tickets.update(tickets)
        waiting = [*self._waiting, (self._sentence, self._sentence[self._shown :])]
        for sentence, _ in waiting:
            if claim := self._false(sentence):
                raise Unsound(f"The reply claims what is not so ({claim}).", fault="false_claim")
        self._waiting, self._sentence, self._shown, self._suspect = [], "", 0, False
        return "".join(rest for _, rest in waiting)

    def _admit(self, sentence: str) -> str:
        """The rest of a whole sentence, if it may pass and none before it waits."""
        rest = sentence[self._shown :]
        if self._waiting or self._false(sentence):
            self._waiting.append((sentence, rest))
            return ""
        return rest

    def _false(self, sentence: str) -> Claim | None:
        return false_claim(sentence, tickets=self._tickets, said_by_company=self._company)
