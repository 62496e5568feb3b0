"""
What of an agent's reply any customer could be told, and which question it answered.

Only whole, public, lasting words are taken: nothing about somebody's own order, account or payment,
no names, numbers or addresses, no links made for one person. In doubt a reply is left out: a
suggestion that is missing costs less than one that shows a customer to others.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatbot.context.personal import asks_own_state, kinds
from chatbot.domain.conversation import Entry

LONGEST_REPLY = 4_000
_FEWEST_WORDS = 4  # of a reply
_FEWEST_ASKED = 2  # words of a question
_FLAGS = re.IGNORECASE | re.UNICODE

_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|good\s+(?:morning|afternoon|evening)|hallo|guten\s+(?:tag|morgen|"
    r"abend)|bonjour|salut|hola|buenos\s+d[ií]as)\b(?:\s+(?:there|again))?(?:\s+[^\W\d_][\w'’.-]*){0,2}"
    r"\s*(?:[,.!–-]+\s*|\n+|$)",
    _FLAGS,
)
_FAREWELL = re.compile(
    r"(?:^|\n|(?<=[.!?])\s)\s*(?:(?:best|kind|warm|many)\s+(?:regards|wishes|greetings)|regards|"
    r"cheers|all\s+the\s+best|sincerely|yours\b|viele\s+grüße|liebe\s+grüße|mit\s+freundlichen|"
    r"cordialement|bien\s+à\s+vous|saludos|un\s+saludo)[^.?!\n]{0,60}[.!]?(?:\n[^\n]{0,60}){0,2}\s*$",
    _FLAGS,
)
_HOLDING = re.compile(
    r"^(?:let\s+me\s+(?:check|look|see|find|ask)|(?:just\s+)?(?:one|a)\s+(?:moment|second|sec|"
    r"minute)|bear\s+with|hold\s+on|give\s+me\s+a|i(?:'ll|\s+will|’ll)\s+(?:check|look|find|ask|be\s+"
    r"right)|thanks?(?:\s+you)?\s+for\s+(?:waiting|your\s+(?:patience|message|question)|getting\s+in|"
    r"reaching|asking)|sorry\s+(?:for\s+the|to\s+keep)|good\s+question|einen\s+moment|un\s+instant|"
    r"(?:is|was)\s+there\s+anything\s+else|anything\s+else|happy\s+to\s+help|you(?:'re|’re)\s+welcome|"
    r"my\s+name\s+is|this\s+is\s+\w+\s+from)\b",
    _FLAGS,
)
_THINGS = (
    "orders?|parcels?|packages?|shipments?|deliver(?:y|ies)|refunds?|payments?|invoices?|bills?|"
    "purchases?|returns?|tickets?|claims?|transactions?|transfers?|balance|bookings?|accounts?|"
    "appointments?|subscriptions?|cards?|address|e-?mail|phone|profile|plan|money"
)
_THEIRS = re.compile(
    rf"\byour\s+(?:\w+\s+){{0,2}}?(?:{_THINGS})\s+(?:\w+\s+)?(?:is|are|was|were|has|have|had|number|"
    r"shows?|arrived|left|shipped|went|of\s+the)\b|"
    r"\b(?:i|we)(?:['’]ve|\s+have|\s+just|['’]ve\s+just|\s+have\s+just)?\s+(?:already\s+|now\s+|also\s+)*"
    r"(?:refunded|cancell?ed|changed|updated|corrected|reset|credited|resent|reserved|booked|"
    r"applied|extended|upgraded|sent\s+(?:you|it|them)|checked\s+your|looked\s+(?:at|into|up)\s+your|"
    r"found\s+your|issued|removed|unlocked|transferred)\b|"
    r"\b(?:i|we)\s+(?:can\s+)?see\s+(?:that\s+)?(?:you|your)\b|\bi(?:['’]ll|\s+will)\s+"
    r"(?:refund|cancel|change|send\s+you|credit|call\s+you|reserve|book)\b|"
    r"\bdeine?\s+bestellung\s+(?:ist|wurde)\b|\bihre?\s+(?:bestellung|zahlung|sendung)\s+(?:ist|wurde)\b|"
    r"\bvotre\s+(?:commande|colis)\s+(?:est|a)\b|\b(?:su|tu)\s+(?:pedido|pago)\s+(?:est[áa]|fue|ha)\b",
    _FLAGS,
)
_TO_ONE = re.compile(
    r"[#№]\s?\w|\S@\S|\d{4,}|"
    r"\b(?:your|you've|you\s+have|i've|i\s+have|i\s+see|i\s+can\s+see|we've|we\s+have)\b"
    r"(?:\W+\w+){0,3}?\W+(?:order(?:ed)?|parcel|package|shipment|refund(?:ed)?|payment|paid|invoice|bill|"
    r"balance|transaction|transfer|claim|policy|plan|account|profile|card|address|cancell?ed|changed|"
    r"updated|removed|deleted|sent|opened)\b|\b(?:dear|hello|hi)\s+[A-Z]\w+",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"\S@\S|\d{5,}|(?:\d[\s-]?){9,}|[#№]\s?\d|\b(?=\w*\d)(?=\w*[A-Z])[A-Z0-9]{6,}\b|\b[A-Z]{2,}[-_]\d{3,}"
)
_LINK = re.compile(r"https?://[^\s)>\]]+|\bwww\.[^\s)>\]]+")
_MADE_FOR_ONE = re.compile(r"[?&#=]|[0-9a-f]{8,}|\d{5,}|//(?:bit\.ly|t\.co|tinyurl)", re.IGNORECASE)
_PERSON = re.compile(
    r"^\W*(?:(?:(?:can|could|may)\s+i|i(?:'d|\s+would)?\s+(?:want|like|need)|let\s+me|please)\b\W*)?"
    r"(?:to\s+)?(?:speak|talk|chat|connect)\w*\s+(?:me\s+)?(?:to|with)\s+(?:an?\s+|some|the\s+)?\s?"
    r"(?:person|human|agent|one|body|representative|people|manager|colleague)|"
    r"^\W*(?:human|agent|real\s+person|representative)\b",
    _FLAGS,
)
_EMPTY = re.compile(r"\n{3,}")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    A customer's question and an agent's words that answered it.

    Attributes:
        message_id: The customer's message.
        agent: Who wrote the reply.
    """

    message_id: UUID
    question: str
    reply: str
    agent: str
    at: datetime


def is_public(question: str, *, earlier: bool) -> bool:
    """Whether *question* could be anybody's, and can be understood by itself."""
    words = question.split()
    if len(words) < _FEWEST_ASKED or not any(letter.isalpha() for letter in question):
        return False
    if _IDENTIFIER.search(question) or _LINK.search(question) or _PERSON.search(question):
        return False
    found = kinds(question, earlier=earlier)
    return not asks_own_state(found - {"identifier"}) and "follow_up" not in found


def exchanges(entries: Sequence[Entry], names: Iterable[str]) -> list[Exchange]:
    """
    What agents answered in a conversation.

    Args:
        entries: Of the conversation, in order.
        names: Of the customer; a reply that calls them by it is left out.
    """
    found: list[Exchange] = []
    asked: list[Entry] = []
    talking: list[Entry] = []
    spoken = 0
    for entry in (*(entry for entry in entries if entry.kind == "message"), None):
        if talking and (entry is None or entry.role == "customer"):
            found += _exchange(asked, talking, spoken - len(asked), names)
            asked, talking = [], []
        if entry is None:
            break
        if entry.role == "customer":
            asked.append(entry)
            spoken += 1
        elif entry.role == "agent" and asked:
            talking.append(entry)
    return found


def _exchange(
    asked: Sequence[Entry], talking: Sequence[Entry], before: int, names: Iterable[str]
) -> list[Exchange]:
    """At most one: the last question that anybody could have asked, with all that followed."""
    public = [
        entry
        for place, entry in enumerate(asked)
        if is_public(entry.text, earlier=before + place > 0)
    ]
    private = any(asks_own_state(kinds(entry.text, earlier=False)) for entry in asked)
    reply = reusable("\n\n".join(entry.text for entry in talking), names)
    if not public or private or not reply:
        return []
    best = next((entry for entry in reversed(public) if "?" in entry.text), public[-1])
    last = talking[-1]
    agent = last.source.label if last.source else ""
    return [Exchange(best.id, best.text, reply, agent, last.at)]


def reusable(text: str, names: Iterable[str] = ()) -> str:
    """The part of an agent's words that answers anybody; empty when that cannot be told apart."""
    lines = "\n".join(line.strip() for line in text[: 2 * LONGEST_REPLY].splitlines())
    kept = _FAREWELL.sub("", _EMPTY.sub("\n\n", lines))  # a long gap costs its square
    paragraphs = []
    for paragraph in kept.split("\n"):
        sentences = _SENTENCE.split(_GREETING.sub("", paragraph).strip())
        lasting = " ".join(one for one in sentences if one and not _HOLDING.match(one))
        paragraphs.append(lasting)
    words = _EMPTY.sub("\n\n", "\n".join(paragraphs)).strip()
    if len(words) > LONGEST_REPLY or len(words.split()) < _FEWEST_WORDS:
        return ""
    if all(one.rstrip().endswith("?") for one in _SENTENCE.split(words)):
        return ""  # it only asks back
    return "" if _is_private(words, names) else words


def speaks_to_one(text: str) -> bool:
    """
    Whether *text* may be one customer's own by its words.

    It is stricter than what keeps an agent's words from being suggested: those a person approves,
    and a model's are given again as they are.
    """
    return _is_private(text, ()) or _TO_ONE.search(text) is not None


def _is_private(words: str, names: Iterable[str]) -> bool:
    links = _LINK.findall(words)
    if any(_MADE_FOR_ONE.search(link.partition("//")[2]) for link in links):
        return True
    plain = _LINK.sub(" ", words)
    if _IDENTIFIER.search(plain) or _THEIRS.search(plain):
        return True
    parts = {part.lower() for name in names for part in re.findall(r"[^\W\d_]{3,}", name)}
    return not parts.isdisjoint(word.lower() for word in re.findall(r"[^\W\d_]+", plain))
