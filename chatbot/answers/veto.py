"""
What a likeness of vectors passes over: two questions that read alike and ask different things.

A sentence encoder puts "can I" beside "can't I" and "from EUR to GBP" beside "from GBP to EUR".
These tests look at the words where a single one turns the answer around. They are narrow on
purpose: a difference they do not know is left to cosine, margin and the bank's own reading.
"""

import re
from collections.abc import Callable, Sequence

_OPPOSITES = (
    "activate deactivate|before after|cancel keep|withdraw deposit|lost found|receive send|"
    "received sent|receiving sending|physical virtual|open close|opening closing|raise lower|"
    "increase decrease|enable disable|debit credit|more less|buy sell|on off|over under|"
    "upgrade downgrade|"
    "opened unopened|up down|add remove|adding removing|start stop|cheap expensive|"
    "subscribe unsubscribe|subscribing unsubscribing|register unregister|lock unlock|block unblock|"
    "freeze unfreeze|link unlink|most least|minimum maximum|min max|earliest latest|first last|"
    "with without|include exclude|included excluded|incoming outgoing|inbound outbound|"
    "domestic international|online offline|accept refuse|accepted refused|import export|"
    "download upload|login logout|old new|used new|adult child|adults children|inside outside|"
    "personal business|new existing|internal external|monthly yearly|weekly monthly|daily weekly|"
    "return exchange|refund exchange|man woman|men women|mens womens|pay get|borrow lend|"
    "early late|legal illegal|safe unsafe|possible impossible|allowed forbidden|free paid|"
    "temporary permanent|create delete|creating deleting|create close"
)
_PAIRS = tuple(tuple(pair.split()) for pair in _OPPOSITES.split("|"))

NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|without|cannot|neither|nor|unable|"
    r"nicht|kein\w*|nie|ohne|pas|jamais|aucun\w*|sans|sin|nunca|ningun\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What turns a sentence into its denial, in English, German, French and Spanish."""

_SPELLED = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "eighteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half "
    "quarter double triple twice thrice second third fourth fifth dozen"
)
_NUMBER_WORDS = frozenset(_SPELLED.split())
_ASKED = tuple(
    frozenset(kind.split())
    for kind in (
        "long when soon quickly fast duration time eta days weeks hours",
        "much cost costs costing fee fees price prices charge charges expensive",
        "where which place location",
        "why reason reasons",
        "limit limits maximum minimum restrictions restriction",
    )
)
"""What is asked of a thing: its time, price, place, reason or limit."""

_DONE = tuple(
    frozenset(kind.split())
    for kind in (
        "get getting got obtain order ordering request requesting receive apply",
        "add adding link linking connect attach",
        "cancel canceling cancelling",
        "change changing update updating edit modify switch",
        "activate activating",
        "track tracking",
        "delete close remove deleting closing",
        "verify verifying",
        "transfer transferring",
        "withdraw withdrawing",
        "return returning",
    )
)
"""What is done with a thing: to get a new card is not to add one."""

_SINGULAR = re.compile(r"(?<=[a-z]{3})(?:(?<=[sxz])es|s)$")


def _one(word: str) -> str:
    return _SINGULAR.sub("", word)


_NAMED = (
    # money and who moves it
    "gbp usd eur aud cad chf jpy inr cny nok sek dkk pln euro dollar pound yen rupee ruble franc "
    "peso crypto bitcoin visa mastercard amex american maestro paypal apple google samsung klarna "
    "sepa swift iban zelle venmo cash card cheque check atm invoice loan mortgage saving salary "
    # places and times
    "uk us usa eu europe european germany france spain italy ireland norway sweden denmark finland "
    "poland austria switzerland belgium canada mexico brazil china japan india australia africa "
    "asia america london paris monday tuesday wednesday thursday friday saturday sunday january "
    "february march april june july august september october november december weekend holiday "
    "christmas easter "
    # tiers and kinds
    "bronze silver gold platinum diamond premium standard freemium pro basic plus free student "
    "business disposable virtual physical contactless automatic auto top expired stolen "
    # ways and things
    "email phone chat app website newsletter password passcode pin username account wallet android "
    "io iphone window mac ipad home house life pet travel health dental renter condo automobile "
    "motorcycle boat car men women kid child children dog cat teenager wool cotton leather down "
    "silk tent boot jacket shoe protein whey gainer creatine store review refund exchange delivery "
    "shipping subscription identity address name"
)
_NAMES = frozenset(map(_one, _NAMED.split()))
_LARGE = re.compile(r"(?<!^)(?<![.!?]\s)\b(?:[A-Z][\w&]+|[A-Z]{2,})\b")
_GREETING = "hi hello hey dear ok okay please thanks thank good morning"
_COMMON = frozenset(_GREETING.split())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDS = re.compile(
    r"\b(\w+)\s+(?:to|into|onto|for|with|nach|vers|hacia)\s+(?:(?:my|a|an|the|your)\s+)?(\w+)"
)


def _words(question: str) -> list[str]:
    return _WORD.findall(question.lower())


def _numbers(question: str) -> tuple[list[str], list[str]]:
    spelled: list[str] = sorted(word for word in _words(question) if word in _NUMBER_WORDS)
    digits: list[str] = re.findall(r"\d+", question)
    return sorted(digits), spelled


def _negated(question: str) -> bool:
    return len(NEGATION.findall(question)) % 2 == 1


def _names(question: str) -> frozenset[str]:
    """What is spoken of by name: known names, and words written large inside a sentence."""
    words = _words(question)
    large = {word.lower() for word in _LARGE.findall(question)} - _COMMON
    if len(large) * 2 > len(words):
        large = set()  # everything is written large
    return frozenset(({_one(word) for word in words} & _NAMES) | set(map(_one, large)))


def _opposed(one: str, other: str) -> bool:
    left, right = set(_words(one)), set(_words(other))
    only_left, only_right = left - right, right - left
    return any(
        (a in only_left and b in only_right) or (b in only_left and a in only_right)
        for a, b in _PAIRS
    )


def _named_apart(one: str, other: str) -> bool:
    """Something is called by name in one of them and not mentioned in the other."""
    left, right = (set(map(_one, _words(each))) for each in (one, other))
    return bool(_names(one) - right or _names(other) - left)


def _turned(one: str, other: str) -> bool:
    """The same two ends the other way round: from A to B, and from B to A."""
    left, right = (set(_ENDS.findall(each.lower())) for each in (one, other))
    if any((there, here) in right for here, there in left if here != there):
        return True
    shared = _names(one) & _names(other)
    first, second = (
        list(dict.fromkeys(word for word in map(_one, _words(each)) if word in shared))
        for each in (one, other)
    )
    return first != second


def _apart(kinds: Sequence[frozenset[str]], one: str, other: str) -> bool:
    """Each speaks of some of *kinds*, and of none that the other speaks of."""
    left, right = (
        {place for place, kind in enumerate(kinds) if not kind.isdisjoint(_words(each))}
        for each in (one, other)
    )
    return bool(left) and bool(right) and left.isdisjoint(right)


_TESTS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("numbers", lambda one, other: _numbers(one) != _numbers(other)),
    ("negation", lambda one, other: _negated(one) != _negated(other)),
    ("opposites", _opposed),
    ("names", _named_apart),
    ("order", _turned),
    ("question", lambda one, other: _apart(_ASKED, one, other)),
    ("deed", lambda one, other: _apart(_DONE, one, other)),
)


def difference(one: str, other: str) -> str | None:
    """
    Why *one* must not be given the answer to *other*, in one word; None when nothing speaks for it.

    Both ways round it is the same.
    """
    return next((name for name, differs in _TESTS if differs(one, other)), None)
