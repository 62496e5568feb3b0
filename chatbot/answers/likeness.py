"""What keeps two questions that read alike from being the same question."""

import re

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|cannot|can['’]?t|won['’]?t|don['’]?t|doesn['’]?t|didn['’]?t|isn['’]?t|"
    r"aren['’]?t|without|nicht|kein\w*|nie|ohne|pas|jamais|sans|nunca|sin)\b",
    re.IGNORECASE,
)
_OPPOSITES = (
    {"before", "after"},
    {"with", "without"},
    {"open", "close"},
    {"opening", "closing"},
    {"buy", "sell"},
    {"send", "receive"},
    {"start", "stop"},
    {"start", "cancel"},
    {"activate", "deactivate"},
    {"enable", "disable"},
    {"add", "remove"},
    {"increase", "decrease"},
    {"upgrade", "downgrade"},
    {"cheapest", "dearest"},
    {"men", "women"},
    {"adult", "child"},
)


def difference(one: str, other: str) -> str:
    """
    In what two questions differ that may need different answers; empty when nothing is seen.

    Words decide here, because meaning as vectors have it hardly tells a question from its denial
    or from the same about another number.
    """
    if sorted(_NUMBER.findall(one)) != sorted(_NUMBER.findall(other)):
        return "numbers"
    if len(_NEGATION.findall(one)) != len(_NEGATION.findall(other)):
        return "negation"
    words = [set(re.findall(r"[^\W\d_]+", text.lower())) for text in (one, other)]
    only = words[0] ^ words[1]
    if any(pair <= only for pair in _OPPOSITES):
        return "opposites"
    return ""
