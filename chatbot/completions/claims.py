"""
What a reply claims to have done, told from its sentences.

A model can open tickets and look up events, and nothing else. So a sentence in which it says
that it did anything else is false, and one that a ticket would make true is false without one.
Offers, questions, conditions and denials are no claims. Told by patterns in the languages that
the widget knows and French: what they catch is certain, and what they miss the prompt forbids.
"""

import re
from collections.abc import Collection
from typing import Literal

Claim = Literal["ticket", "promise", "deed"]

_FLAGS = re.IGNORECASE | re.UNICODE


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{pattern})" for pattern in patterns), _FLAGS)


_NOUN = r"(?:ticket|case|request|issue|matter|complaint|enquiry|inquiry|report)"
_ADVERBS = r"(?:(?:now|just|also|already|successfully|gone ahead and|gladly)\s+)*"
_I_DID = rf"\bI(?:['’]ve|\s+have|\s+had)?\s+{_ADVERBS}"
_I_WILL = rf"\bI(?:['’]ll|\s+will|\s+shall|\s*['’]m\s+going\s+to|\s+am\s+going\s+to)\s+{_ADVERBS}"
_SOMEBODY = (
    r"(?:(?:some|any)one|somebody|a\s+(?:human\s+)?(?:colleague|person|specialist|representative|"
    r"agent|teammate|team\s+member|member\s+of\s+(?:our|the)\s+(?:\w+\s+)?team)|"
    r"(?:our|the|my)\s+(?:\w+\s+)?(?:team|staff|colleagues?|specialists?|support)|they|we)"
)

_TICKET = _any(
    rf"{_I_DID}(?:opened|created|raised|filed|submitted|logged|registered|set\s+up)\b",
    rf"{_I_DID}(?:escalated|forwarded|passed|handed|transferred|reported|flagged|notified|informed|"
    r"alerted|connected|referred)\b",
    rf"{_I_WILL}(?:open|create|raise|file|submit|log|escalate|forward|pass|hand|transfer|report|"
    r"flag|notify|inform|alert|connect)\b",
    rf"\b(?:a|an|the|your|this)\s+(?:\w+\s+)?{_NOUN}\s+(?:has\s+been|was|is\s+now|is\s+being|is)\s+"
    rf"{_ADVERBS}(?:open(?:ed)?|created|raised|filed|submitted|logged|registered|escalated|"
    r"forwarded|passed)\b",
    r"\bich\s+habe\b.{0,80}\b(?:eröffnet|erstellt|angelegt|aufgemacht|weitergeleitet|"
    r"weitergegeben|gemeldet|eskaliert|übergeben|informiert|verständigt)\b",
    r"\b(?:ticket|anliegen|anfrage|vorgang|fall)\b.{0,30}\b(?:wurde|ist|wird)\b.{0,30}"
    r"\b(?:eröffnet|erstellt|angelegt|weitergeleitet|weitergegeben|offen)\b",
    r"\bich\s+(?:eröffne|erstelle|leite|gebe|melde)\b.{0,60}\b(?:ticket|weiter|anliegen)\b",
    r"\bj['’]ai\s+(?:bien\s+|déjà\s+)?(?:ouvert|créé|transmis|transféré|signalé|enregistré|informé)\b",
    r"\b(?:ticket|demande|dossier)\b.{0,20}\b(?:a\s+(?:bien\s+)?été|est)\s+(?:bien\s+)?"
    r"(?:ouvert|créé|transmis|transféré|enregistré)e?\b",
    r"\bhe\s+(?:ya\s+)?(?:abierto|creado|registrado|transferido|escalado|pasado|notificado|"
    r"informado|derivado|reportado)\b",
    r"\b(?:ticket|tique|caso|solicitud|incidencia)\b.{0,20}\b(?:ha\s+sido|fue|está|queda)\s+"
    r"(?:abiert|cread|registrad|transferid|escalad|enviad)[oa]\b",
)
_PROMISE = _any(
    rf"\b{_SOMEBODY}(?:['’]ll|\s+will|\s+(?:is|are)\s+going\s+to)\s+{_ADVERBS}"
    r"(?:contact|reach|call|e-?mail|write|reply|respond|answer|get\s+back|get\s+in\s+touch|"
    r"be\s+in\s+touch|follow\s+up|take\s+(?:it|this|over)|look\s+into|let\s+you\s+know|help\s+you)\b",
    rf"{_I_WILL}(?:get\s+back|follow\s+up|let\s+you\s+know|call|e-?mail|contact|reach\s+out|keep\s+you)\b",
    r"\byou(?:['’]ll|\s+will)\s+(?:hear\s+(?:back\s+)?from\s+(?:us|our|a|the|me)|be\s+contacted|"
    r"receive\s+a\s+(?:call|reply|response))\b",
    r"\b(?:ein(?:e)?\s+(?:kolleg\w+|mitarbeiter\w*|person|mensch)|unser\s+team|jemand|wir)\b.{0,40}"
    r"\b(?:melde[tn]|kontaktier\w+|kümmer\w+|antworte[tn]|rufe?n?t?)\b.{0,20}\b(?:sich|sie|dich|"
    r"ihnen|dir|darum|zurück|uns)\b",
    r"\b(?:ich|wir)\s+(?:melde|melden)\s+(?:mich|uns)\b",
    r"\b(?:un(?:e)?\s+(?:collègue|personne|conseill\w+|agent)|notre\s+équipe|quelqu['’]un|nous)\b"
    r".{0,20}\b(?:contacter|reviendr|répondr|rappeler)(?:a|ons)\b",
    r"\b(?:un(?:a)?\s+(?:compañer\w+|persona|agente)|nuestro\s+equipo|alguien)\b.{0,20}"
    r"\b(?:contactará|responderá|escribirá|llamará|pondrá\s+en\s+contacto)\b",
)
_DEED_EN = (
    r"(?:refund|cancel|chang|updat|modif|schedul|book|arrang|reserv|plac|order|send|sent|e-?mail|"
    r"mail|ship|credit|appl|remov|delet|extend|upgrad|activat|reset|unlock|replac|reimburs|process|"
    r"issu|initiat|call|contact|spoken|adjust|waiv|subscrib|unsubscrib|verif|reactivat)\w*"
)
_DEED = _any(
    rf"{_I_DID}{_DEED_EN}\b(?!\s+(?:that|whether|if)\b)",
    rf"{_I_WILL}(?:refund|cancel|change|update|modify|schedule|book|arrange|reserve|place|order|"
    r"send|ship|credit|apply|remove|delete|extend|upgrade|activate|reset|unlock|replace|reimburse|"
    r"process|issue|initiate|remind|waive)\b",
    r"\bich\s+habe\b.{0,80}\b(?:erstattet|storniert|geändert|veranlasst|gesendet|geschickt|gebucht|"
    r"aktualisiert|ausgelöst|verlängert|gelöscht|gutgeschrieben|beantragt|reserviert|angerufen)\b",
    r"\bich\s+(?:erstatte|storniere|ändere|veranlasse|schicke|sende|buche|lösche)\b",
    r"\bj['’]ai\s+(?:bien\s+|déjà\s+)?(?:remboursé|annulé|modifié|changé|envoyé|mis\s+à\s+jour|"
    r"effectué|lancé|réservé|supprimé|prolongé|crédité)\b",
    r"\bhe\s+(?:ya\s+)?(?:reembolsado|cancelado|cambiado|modificado|enviado|actualizado|tramitado|"
    r"procesado|iniciado|reservado|eliminado|solicitado|aplicado)\b",
)
_NUMBER = re.compile(
    r"(?:ticket|tique|case|vorgang|incidencia|dossier)"
    r"(?:\s+(?:number|no\.?|nummer|numéro|número|is|ist|est|es|id))*\W{0,6}#?\s?(\d{1,9})\b",
    _FLAGS,
)
_NO_CLAIM = _any(
    r"\?[^\w?]*$",
    r"\b(?:if|unless|once\s+you|would\s+you|do\s+you\s+want|shall\s+i|should\s+i|may\s+i|can\s+i|"
    r"could\s+i|i\s+can(?:not)?|i\s+could|let\s+me\s+know|want\s+me\s+to|like\s+me\s+to)\b",
    r"\b(?:wenn|falls|sofern|sobald\s+sie|soll\s+ich|möchten\s+sie|kann\s+ich|ich\s+kann)\b",
    r"\b(?:si|dès\s+que\s+vous|voulez-vous|souhaitez-vous|puis-je|je\s+peux)\b",
    r"\b(?:si|quiere\s+que|desea\s+que|puedo|podría)\b",
)
_WORD = re.compile(r"[\w'’]+")
_WHO = """
    i i've i’ve i'll i’ll i'm i’m i'd we we've we’ve we'll we’ll they they'll they’ll somebody
    someone anybody anyone colleague colleagues person agent specialist specialists staff support
    team teammate representative hear contacted
    ich wir jemand kollege kollegin kollegen mitarbeiter mitarbeiterin unser mensch
    j'ai j’ai nous quelqu'un quelqu’un collègue équipe conseiller conseillère personne
    he alguien equipo compañero compañera agente persona
"""
_WHAT = """
    case request requests issue matter complaint enquiry inquiry report reference
    anliegen anfrage vorgang fall demande dossier caso solicitud incidencia tique
"""
_SUSPECT = frozenset(_WHO.split() + _WHAT.split())


def may_become_claim(words: str) -> bool:
    """Whether a sentence with these whole *words* in it should be heard to its end first."""
    folded = words.casefold()
    return "ticket" in folded or not _SUSPECT.isdisjoint(_WORD.findall(folded))


def false_claim(sentence: str, *, tickets: Collection[int], said_by_company: str) -> Claim | None:
    """
    The first thing that *sentence* claims and that is not so.

    Args:
        sentence: A whole one.
        tickets: Numbers of the tickets that exist in the conversation.
        said_by_company: Approved texts in the context: a promise that stands there word for
            word is the company's own.
    """
    if any(int(number) not in tickets for number in _NUMBER.findall(sentence)):
        return "ticket"
    if _NO_CLAIM.search(sentence):
        return None
    if _DEED.search(sentence):
        return "deed"
    return None if tickets else _without_ticket(sentence, said_by_company)


def _without_ticket(sentence: str, said_by_company: str) -> Claim | None:
    """What would be so if there were a ticket."""
    if _TICKET.search(sentence):
        return "ticket"
    promise = _PROMISE.search(sentence)
    if promise and promise.group().casefold() not in said_by_company.casefold():
        return "promise"
    return None
