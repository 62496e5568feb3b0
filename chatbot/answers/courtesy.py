"""What a message asks: without its greeting and its thanks, and in its last sentence."""

import re

_ENDS = re.compile(r"(?<=[.!?,;:\n])\s*|(?<!\s)\s+[-–—]+\s+")
_SENTENCES = re.compile(r"(?<=[.!?\n])\s+")
_WORD = re.compile(r"\w+")


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split())


_GREETINGS = _words("hi hii hello helo hey hiya howdy greetings dear hallo hola bonjour ciao")
_NAMED = _words("there team all everyone everybody sir madam sirs guys folks support")
_MARKS = _GREETINGS | _words(
    "thank thanks thankyou thx ty cheers regards sincerely appreciated advance hope hoping good "
    "danke merci gracias grazie"
)
_FILLING = (
    _MARKS
    | _NAMED
    | _words(
        "morning afternoon evening day or you your yours i im we are is am re be a an the this "
        "that it to in for of so very much and kind best warm many lot lots help reply attention "
        "time well doing fine great nice lovely having had week weekend message email finds today "
        "please my with from would could will any appreciate"
    )
)
_FEWEST = 2  # words that must remain
_ASKING = 3  # words without which a sentence asks nothing


def asked(message: str) -> str:
    """
    *message* without sentences and openings that only greet, wish or thank.

    What is nothing but courtesy, or would lose all its words, is left as it is.
    """
    parts = [part for part in _ENDS.split(message) if part]
    kept = [part for part in parts if not _courteous(part)]
    if len(kept) < len(parts) and len(_WORD.findall(" ".join(kept))) >= _FEWEST:
        message = " ".join(part.strip() for part in kept)
    opening = _WORD.match(message)
    if opening is None or opening[0].casefold() not in _GREETINGS:
        return message
    rest = message[opening.end() :].lstrip(" ,.!-")
    named = _WORD.match(rest)
    if named is not None and named[0].casefold() in _NAMED:
        rest = rest[named.end() :].lstrip(" ,.!-")
    return rest if len(_WORD.findall(rest)) >= _FEWEST else message


def last_sentence(message: str) -> str | None:
    """The last sentence that asks, or else says anything; None where there is only one."""
    parts = [part for part in _SENTENCES.split(message) if len(_WORD.findall(part)) >= _ASKING]
    told = [part for part in parts if not _courteous(part)]
    asking = [part for part in told if part.rstrip().endswith("?")]
    return [*told, *asking][-1] if len(told) > 1 else None


def _courteous(part: str) -> bool:
    words = [word.casefold() for word in _WORD.findall(part.replace("'", ""))]
    return all(word in _FILLING for word in words) and (
        not words or any(word in _MARKS for word in words)
    )
