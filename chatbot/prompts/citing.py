"""
How a model cites, and how its marks become sources.

The support prompt asks for the id of an answer in double brackets behind the sentence that
rests on it. The customer must never see one, also not for a moment, although a mark may arrive
in pieces: so from an opening bracket on words are held back until it is clear what they are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_HANDLE = r"[A-Za-z0-9][\w.:/-]{0,79}"
_HANDLE_ONLY = re.compile(_HANDLE)
_MARK = re.compile(rf"(?<![ \t])[ \t]*\[\[ ?({_HANDLE}(?: ?[,;] ?{_HANDLE}){{0,7}}) ?\]\]")
_SPLIT = re.compile(r" ?[,;] ?")
_MAYBE_MARK = re.compile(r"(?<![ \t])(?:[ \t]*(?:\[\[?|\[\[ ?[\w.:/,; -]{0,300}\]?)|[ \t]+)\Z")
"""What the next piece may make a mark; blanks are, because a mark takes those before it along."""


def handles(grounding: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """
    What a model calls each answer of a context: its key, or a number if the key is unwieldy.

    Args:
        grounding: (key, title) of the answers, in the order of the context.
    """
    return {
        key if _HANDLE_ONLY.fullmatch(key) else f"answer-{place}": (key, title)
        for place, (key, title) in enumerate(grounding, start=1)
    }


@dataclass(slots=True)
class Citations:
    """
    Takes the marks out of words as they stream by.

    Attributes:
        cited: (key, title) of the answers that were named, in that order, each once. Ids that
            are not in the context are taken out as well, and cite nothing.
    """

    known: dict[str, tuple[str, str]]
    cited: list[tuple[str, str]] = field(default_factory=list)
    _held: str = ""

    def feed(self, words: str) -> str:
        """What can be shown now."""
        text = self._held + words
        if "[" not in text:
            shown = text.rstrip(" \t")
            self._held = text[len(shown) :]
            return shown
        text = self._strip(text)
        maybe = _MAYBE_MARK.search(text)
        self._held = maybe.group() if maybe else ""
        return text[: len(text) - len(self._held)]

    def end(self) -> str:
        """What was held back and turned out to be words."""
        text, self._held = self._strip(self._held), ""
        return text

    def _strip(self, text: str) -> str:
        return _MARK.sub(self._note, text) if "[[" in text else text

    def _note(self, mark: re.Match[str]) -> str:
        for handle in _SPLIT.split(mark.group(1)):
            answer = self.known.get(handle)
            if answer is not None and answer not in self.cited:
                self.cited.append(answer)
        return ""
