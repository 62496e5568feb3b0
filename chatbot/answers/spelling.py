"""How a question is written: words misspelt by a letter, and scripts that nobody here reads."""

import re
from collections.abc import Callable, Iterator, Mapping

Pieces = Callable[[str], int]
"""How many pieces an encoder reads a text in (`ports.Encoder.pieces`); a word it knows is one."""

GUESSED = 0.5
"""Of the risk, where words were mended: what was meant is a guess that may be wrong as well."""

_WORD = re.compile(r"(?<![\w@./#-])[^\W\d_]+(?![\w@#]|[./-]\w)")
_SHORTEST = 5  # letters of a word that is mended
_OFTEN = 3  # texts that hold a word which the encoder does not know, before it counts as right
_FOREIGN = 0.5  # of the longer words unknown to the encoder, from which nothing is mended
_COMPARED = 4  # letters of a longer word
_LETTERWISE = 0.85  # pieces for each letter, from which the encoder reads no words
_LONGEST = 400  # characters that are looked at


class Speller:
    """
    Mends words that are misspelt by one letter: wrong, missing, too many, or two exchanged.

    A word is mended if neither the bank nor the encoder knows it and just one word of the bank is
    one such slip away, begins and ends alike and is known to the encoder or occurs often. So
    nothing that is spelt right is touched, nor are numbers, codes, addresses, names (a capital
    inside a sentence) and words of another language.

    Words that differ by a slip are found by what is left of them without one letter (the idea of
    W. Garbe's SymSpell), so it takes no longer with more words.

    Args:
        words: The bank's, folded, with the number of texts that hold each.
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = words
        self._near: dict[str, list[str]] = {}
        for word in words:
            if len(word) >= _SHORTEST - 1 and word.isalpha():
                for left in _without_one(word):
                    self._near.setdefault(left, []).append(word)

    def mended(self, text: str, pieces: Pieces) -> str:
        """*text* with its misspelt words mended."""
        found = {
            match.span(): right
            for match in _WORD.finditer(text[:_LONGEST])
            if not _named(text, match.start()) and (right := self._right(match[0], pieces))
        }
        meant = text
        for (start, end), right in sorted(found.items(), reverse=True):
            meant = meant[:start] + right + meant[end:]
        return text if found and _foreign(meant[:_LONGEST], pieces) else meant

    def _right(self, written: str, pieces: Pieces) -> str | None:
        word = written.casefold()
        if len(word) < _SHORTEST or word in self._words:
            return None
        near = {
            known
            for left in _without_one(word)
            for known in self._near.get(left, ())
            if known[0] == word[0] and _ends_alike(word, known) and _one_slip(word, known)
        }
        if not near or pieces(word) == 1:
            return None
        right = [one for one in near if self._words[one] >= _OFTEN or pieces(one) == 1]
        return right[0] if len(right) == 1 else None


def unread(text: str, pieces: Pieces) -> bool:
    """
    Whether *text* is mostly in a script that the encoder spells out or cannot read.

    Vectors of such texts say little: two that have nothing in common may have a cosine of 1.
    """
    text = text[:_LONGEST]
    if text.isascii():
        return False  # the usual case, at once
    letters = [letter for letter in text if letter.isalpha()]
    if 2 * sum(letter.isascii() for letter in letters) >= len(letters):
        return False
    return pieces(text) >= _LETTERWISE * len(letters)


def _foreign(text: str, pieces: Pieces) -> bool:
    words = [word for word in _WORD.findall(text) if len(word) >= _COMPARED]
    unknown = sum(pieces(word.casefold()) != 1 for word in words)
    return unknown > _FOREIGN * len(words)


def _named(text: str, start: int) -> bool:
    """Whether the word at *start* is a name: it has a capital where the others have none."""
    return bool(text[start].isupper() and text[:start].strip() and not text.isupper())


def _ends_alike(one: str, other: str) -> bool:
    """Not so `shaker` and `shakes`: a last letter is often an ending rather than a slip."""
    return one[-1] == other[-1] or one[-2:] == other[:-3:-1]


def _without_one(word: str) -> Iterator[str]:
    """The word, and what is left of it without one of its letters but the first."""
    yield word
    for place in range(1, len(word)):
        yield word[:place] + word[place + 1 :]


def _one_slip(one: str, other: str) -> bool:
    """Whether two different words are a single slip apart (Damerau, 1964)."""
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return abs(len(one) - len(other)) == 1
    mine, theirs = one[same:], other[same:]
    if len(mine) == len(theirs):
        return mine[1:] == theirs[1:] or (mine[1::-1], mine[2:]) == (theirs[:2], theirs[2:])
    return mine[1:] == theirs or mine == theirs[1:]
