"""Which rules of the business hold for a question."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from chatbot.domain.rule import Conditions, Rule

_SHORT_WORD = 4
"""From this length on a topic also holds for words that begin with it: return, returned."""

_FIRST_IDEOGRAPH = "\u2e80"


def applying(
    rules: Sequence[Rule], *, plan: str, locale: str, texts: Sequence[str], today: date
) -> tuple[Rule, ...]:
    """
    The enabled rules whose conditions hold, by rank.

    Args:
        rules: Of the workspace.
        plan: Of the customer; empty for an anonymous one.
        locale: Of the customer.
        texts: The question and the customer's latest messages, where topics are looked for.
        today: In the workspace's time zone.
    """
    said = _fold(" \n ".join(texts))
    holding = [
        rule
        for rule in rules
        if rule.enabled and _holds(rule.conditions, _fold(plan), _fold(locale), said, today)
    ]
    return tuple(sorted(holding, key=lambda rule: (rule.rank, rule.key)))


def _holds(conditions: Conditions, plan: str, locale: str, said: str, today: date) -> bool:
    if conditions.starts is not None and today < conditions.starts:
        return False
    if conditions.ends is not None and today > conditions.ends:
        return False
    if conditions.plans and plan not in map(_fold, conditions.plans):
        return False
    if conditions.locales and not any(
        _covers(_fold(wanted), locale) for wanted in conditions.locales
    ):
        return False
    return not conditions.topics or any(_topic(t).search(said) for t in conditions.topics)


def _covers(wanted: str, locale: str) -> bool:
    """`de` covers `de-AT`; `de-AT` covers only itself."""
    return locale == wanted or locale.startswith(f"{wanted}-")


@lru_cache(maxsize=1024)
def _topic(topic: str) -> re.Pattern[str]:
    word = _fold(topic).strip()
    pattern = r"\s+".join(map(re.escape, word.split()))
    if not pattern:
        return re.compile(r"(?!)")
    if word >= _FIRST_IDEOGRAPH:
        return re.compile(pattern)  # written without spaces: a word may begin anywhere
    return re.compile(rf"(?<!\w){pattern}" + ("" if len(word) >= _SHORT_WORD else r"(?!\w)"))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("_", "-")
