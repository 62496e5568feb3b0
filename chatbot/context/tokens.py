"""
Tokens, counted offline.

The count is that of OpenAI's present encoding; other models' differ by a few percent, which a
budget bears. Nothing is fetched: the ranks come with the `bpe-openai` wheel.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

from chatbot.errors import Misconfigured

_ENCODING = "o200k_base"
_LONGEST = 100_000
"""Characters that are counted in one go."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")


@cache
def _counter() -> Callable[[str], int]:
    """
    The counting function of the wheel's compiled part.

    The compiled module is loaded by itself: the package around it reads the ranks of every
    encoding into Python dictionaries when it is imported, which takes most of a second and
    80 MB in each process, and is needed for decoding only.
    """
    package = find_spec("bpe_openai")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("bpe_openai._bindings", list(places or ()))
    if spec is None or spec.loader is None:
        raise Misconfigured("The package bpe-openai is not installed: run `make setup`.")
    bindings = module_from_spec(spec)
    spec.loader.exec_module(bindings)
    return bindings.tokenizer_for_encoding(_ENCODING).count


def warm() -> None:
    """Load the ranks (a tenth of a second) before the first customer waits for them."""
    count("warm")


@lru_cache(maxsize=4096)
def count(text: str) -> int:
    """How many tokens *text* has. Answers, rules and old messages come again: they are kept."""
    return _count(text)


def clip(text: str, limit: int) -> str:
    """
    Shorten *text* to about *limit* tokens, between sentences.

    Returns:
        The text itself when it fits, otherwise as many of its first sentences as do, which may
        be none, with an ellipsis to say so.
    """
    if count(text) <= limit:
        return text
    kept, spent = 0, 1  # the ellipsis
    for match in _SENTENCE_END.finditer(text):
        spent += _count(text[kept : match.start()])
        if spent > limit:
            break
        kept = match.start()
    return f"{text[:kept].rstrip()} …" if text[:kept].strip() else ""


def _count(text: str) -> int:
    counter, parts = _counter(), range(0, len(text), _LONGEST)
    if not text.isascii():  # half of a surrogate pair cannot be encoded
        text = text.encode("utf-8", "replace").decode()
    return sum(counter(text[start : start + _LONGEST]) for start in parts)
