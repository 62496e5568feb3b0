"""
What may be read from the cache and what may be put into it.

Read *before* the cache is asked. A question that is about its asker, that needs what was said
before, or that is a complaint or a matter of law or safety goes around it, whatever the
likeness; so does a reply that was made with the help of a customer's facts or of a tool.
Nothing is kept that was said later than in a conversation's first turn, or asked for in words
that tell the model what to say: whoever steers it would else speak to everybody who asks the
same after them.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable

from chatbot.answers.agent_words import speaks_to_one
from chatbot.answers.courtesy import asked
from chatbot.answers.ownstate import shipped
from chatbot.context.blocks import clean, inside
from chatbot.context.personal import kinds, speaks_of_asker
from chatbot.domain.ask import Ask

_KINDS = ("own_state", "identifier", "sensitive")
_LONGEST = 300
"""Characters of a question that many may ask; longer ones tell a story of their own."""

_DOUBT = 1.0
"""How much further from an own question, in log-odds, one is whose reply cites nothing approved."""

_STEERING = re.compile(
    r"\b(?:ignore|disregard|forget|override|pretend|imagine|repeat|rephrase|translate|role-?play)\b|"
    r"\b(?:say|reply|respond|answer|write|output|print|cite|quote)\s+(?:with|that|exactly|only|this|"
    r"just|as|in|back|the|me|:|\W)|\b(?:from\s+now\s+on|act\s+as|you\s+are\s+(?:now|a|an|my)|"
    r"mention\w*|swear\w*|insult\w*|rude\w*|pirate|tone|tell\s+(?:them|customers|people|others)|"
    r"(?:begin|start|end)\s+with|you\s+must|always|remember\s+that|make\s+sure|system\s+prompt|prompt|instructions?|jailbreak|"
    r"everyone|everybody|other\s+(?:customers|users|people))\b|[<>{}\[\]|`]|\n|"
    r"\b(?:ignorier\w*|vergiss|wiederhol\w*|übersetz\w*|antworte\w*|schreib\w*|erwähn\w*|anweisung\w*|"
    r"sage?n?\s+(?:dass|nur|mir|allen)|tu\s+so|ab\s+jetzt|ignorez|oublie[sz]?|répète\w*|répétez|"
    r"traduis\w*|réponds|répondez|écris|écrivez|dis(?:ez)?\s+(?:que|moi|à)|désormais|ignora\w*|"
    r"olvida\w*|repit[ea]|traduc\w*|respond[ae]|escrib[ae]|di(?:ga)?\s+que|menciona\w*|"
    r"instruccion\w*|a\s+partir\s+de\s+ahora)\b",
    re.IGNORECASE,
)
_MORE = re.compile(r"[.!?…;:]\W+\w")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def why_not_read(ask: Ask) -> str | None:
    """Why *ask* must not be answered from the cache, in one word; None when it may."""
    found = kinds(ask.question, earlier=False)
    vector = ask.match.vector
    reasons = (
        ("follow_up", ask.follow_up),
        *((kind, kind in found) for kind in _KINDS),
        ("long", len(ask.question) > _LONGEST),
        ("steering", steers(ask.question[:_LONGEST])),
        ("behind", ask.match.behind),
        ("unjudged", vector is None),
        ("own_state", vector is not None and shipped().is_own(vector)),
    )
    return next((reason for reason, holds in reasons if holds), None)


def steers(question: str) -> bool:
    """Whether it tells the model what to say, also in letters that only a model reads alike."""
    plain = unicodedata.normalize("NFKC", question)
    return plain != clean(plain) or "\u00ad" in plain or _STEERING.search(plain) is not None


def asks_one(question: str) -> bool:
    """
    Whether it asks one thing and says nothing else, but for courtesy.

    Only the reply to such a question is given for questions in other words: a second sentence may
    have made the reply what it is, and hardly moves the vector.
    """
    return _MORE.search(asked(question)) is None


def why_not_keep(ask: Ask, *, used_tools: bool) -> str | None:
    """Why the reply to *ask* must not be given to anybody else; None when it may."""
    if used_tools:
        return "tools"
    if ask.personal:
        return "customer_facts"
    if ask.earlier:
        return "conversation"
    return why_not_read(ask)


def rests_on(text: str, answers: Iterable[str]) -> bool:
    """
    Whether every number of a reply's *text* is one of the approved *answers* it cites.

    Only such a reply is given for questions in other words, and for longer than an hour.
    """
    known = {number for answer in answers for number in _NUMBER.findall(answer)}
    return known.issuperset(_NUMBER.findall(text))


def why_not_share(ask: Ask, text: str, answers: Collection[str]) -> str | None:
    """
    Why a reply's *text* may be its asker's own by its words; None when nothing speaks for it.

    Args:
        answers: Texts of the approved answers that it cites. They excuse what they say too, and
            without any a question has to be nobody's own beyond doubt.
    """
    if speaks_to_one(text) and not any(map(speaks_to_one, answers)):
        return "customer"
    if answers:
        return None
    if ask.match.vector is None or shipped().is_own(ask.match.vector, doubt=_DOUBT):
        return "unsure"
    return "mine" if speaks_of_asker(ask.question) else None


def audience(ask: Ask) -> str:
    """
    Who may share a cached reply: customers whom the same rules apply to.

    A part of the cache's key: a reply that was made under other rules is another reply, also
    where these have the same titles and took turns by their dates.
    """
    told = "\n".join((*ask.rules, inside(ask.messages[-1].text, "rules")))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]
