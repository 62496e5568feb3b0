"""
Whose question it is: everybody's, or about this customer and this moment.

Told from the words alone, before any cache is asked, in English, German, French and Spanish.
In doubt a question is personal: that costs a cache hit, the other mistake shows one customer
what was meant for another.
"""

import re
from collections.abc import Iterable
from typing import Literal

Kind = Literal["own_state", "identifier", "follow_up", "sensitive"]

_FLAGS = re.IGNORECASE | re.UNICODE


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{pattern})" for pattern in patterns), _FLAGS)


_THINGS = (
    "orders?|parcels?|packages?|shipments?|deliver(?:y|ies)|refunds?|payments?|invoices?|bills?|"
    "purchases?|returns?|tickets?|claims?|disputes?|transactions?|transfers?|balance|bookings?|"
    "reservations?|appointments?|subscriptions?|money|cards?|items?|data|top[- ]?ups?|"
    "cheques?|checks?|withdrawals?|funds?|deposits?|salary|savings|points|vouchers?|coupons?|statements?|products?|articles?"
)
_OWN = _any(
    # English
    rf"\b(?:my|mine|our)\b(?:\s+\w+){{0,3}}?\s+(?:{_THINGS})\b",
    r"\bwhere(?:'s| is| are)\s+(?:my|our|it|the\s+(?:order|parcel|package))\b",
    r"\b(?:i|we)(?:'ve|\s+have|\s+had|\s+just|\s+already|\s+was|\s+were|'m|\s+am|\s+am\s+still)?\s+"
    r"(?:not\s+|never\s+|still\s+|been\s+|being\s+|recently\s+)*"
    r"(?:ordered|bought|paid|purchased|returned|received|sent|cancell?ed|charged|refunded|booked|"
    r"placed|transferred|withdrew|waiting|billed|debited|got(?!\s+to)|lost|told|promised)\b",
    r"\bi\s+expect\b|\b(?:the|that)\s+(?:last|latest|recent)\s+(?:\w+\s+)?"
    rf"(?:{_THINGS})\b|\bnews?\b.{{0,12}}\b(?:on|about|of)\b",
    r"\b(?:didn'?t|haven'?t|did\s+not|have\s+not|hasn'?t|never)\s+"
    r"(?:get|got|gotten|receive|received|arrived?|come|came)\b",
    r"\b(?:status|progress|tracking|whereabouts)\b.{0,20}\b(?:my|the|this|an?|order|parcel|refund)\b",
    r"\b(?:order|purchase|parcel|refund|delivery|payment)\s+(?:status|progress)\b",
    r"\b(?:track|trac+k|locat|cancel|change|chang|modify|update|updat|remov|edit)\w*\s+"
    r"(?:\w+\s+){0,4}?(?:order|purchase|parcel|package|refund|shipment)s?\b",
    r"\b(?:find|check|see|view|show)\w*\s+(?:\w+\s+){0,2}?(?:my|this|that)\s+"
    r"(?:\w+\s+){0,2}?(?:order|purchase|parcel|package|refund|bill|invoice|delivery|shipment)s?\b",
    r"\b(?:what(?:'s| is| are| did)|which|how\s+(?:much|many))\b.{0,30}\b"
    r"(?:do\s+i\s+have(?!\s+to)|have\s+i|did\s+i|i\s+owe|am\s+i|my\s+(?:plan|account|points|balance|address|e-?mail|name))\b",
    r"\b(?:am\s+i|was\s+i|(?:was|is|are|has|have|does)\s+(?:my|our))\b",
    r"\bfor\s+me\b.{0,12}$",
    r"\bmy\s+(?:name|e-?mail|address|phone|birthday|plan|size)\s+(?:is|was|has)\b",
    # German
    r"\bmein(?:e|en|em|er|es)?\b(?:\s+\w+){0,2}?\s+(?:bestellung|paket|sendung|lieferung|rechnung|"
    r"zahlung|erstattung|rücksendung|retoure|konto|ticket|auftrag|abo|geld|kauf|gutschein|karte)\w*",
    r"\b(?:ich|wir)\s+(?:habe[n]?|hab|warte[n]?|bin|wurde[n]?)\b",
    r"\bwo\s+(?:ist|sind|bleibt|bleiben)\b",
    # French
    r"\b(?:ma|mon|mes|notre|nos)\s+(?:\w+\s+)?(?:commande|colis|livraison|facture|paiement|"
    r"remboursement|retour|compte|ticket|abonnement|argent|achat|carte)s?\b",
    r"\b(?:j'ai|j’ai|je\s+n'ai|nous\s+avons|j'attends|je\s+suis)\b",
    r"\boù\s+(?:est|sont|en\s+est)\b",
    # Spanish
    r"\b(?:mis?|nuestr[oa]s?)\s+(?:pedido|paquete|envío|entrega|factura|pago|reembolso|devolución|"
    r"cuenta|compra|tarjeta|dinero|suscripción|orden)\w*",
    r"\b(?:he|hemos)\s+(?:pedido|comprado|pagado|recibido|devuelto|enviado)\b",
    r"\bdónde\s+est[áa]n?\b",
)
_ACT = (
    r"(?:cancel|chang|chnag|modif|edit|updat|correct|amend|alter|remov|delet|clos(?:e|ing|ure)\b|"
    r"terminat|switch|swap|unfreez|freez|end(?:ing)?\b|upgrad|downgrad|rever[ts]|undo|unblock|deactivat|pay(?:ing)?\b|add(?:ing)?\b)"
)
_HELD = (
    r"(?:orders?|purchas\w*|parcels?|packages?|shipments?|accounts?|profiles?|address(?:es)?|plans?|"
    r"(?:personal|account|user|payment|billing|my)\s+(?:details?|info\w*|data|preferences?|frequency)|"
    r"polic(?:y|ies)|depend[ae]nts?|transactions?|transfers?|payments?|invoices?|bills?|billing|"
    r"claims?|goods|names?|security\s+question|users?|my\s+\w+)"
)
_OWED = (
    r"(?:invoices?|bills?|refund\w*|reimburs\w*|reimub\w*|compensat\w*|rebates?|restitution\w*|balance|"
    r"policy\s+number|proof|claims?|accident|money\s+back|payment\s+status|eta)"
)
_ACTS = _any(
    rf"\b{_ACT}\w*(?!\s+(?:fee|charge|penalt))(?:\W+\w+){{0,5}}?\W+{_HELD}\b",
    rf"\b(?:get|gett\w*|download\w*|check\w*|see\w*|view\w*|find\w*|locat\w*|look\w*|obtain\w*|have|having|"
    rf"receiv\w*|request\w*|ask\w*|want|need|expect\w*|wait\w*|fil(?:e|ing)|report\w*|copy|show|tell|give)"
    rf"(?:\W+\w+){{0,5}}?\W+{_OWED}\b",
    r"\b(?:us(?:e|ing)|access\w*)\b(?:\W+\w+){0,3}?\W+(?:account|profile|user)\b",
    r"\b(?:account|order|purchase|address|plan|profile)\W+(?:\w+\W+){0,3}?"
    r"(?:cancel|remov|delet|terminat|clos(?:e|ing|ure)\b|chang|correct|updat)\w*(?!\s+(?:fee|charge|penalt))",
    r"\b(?:when|how\s+(?:soon|long)|eta)\b.{0,40}\b(?:(?:my|the|this|an)\s+(?:\w+\s+)?"
    r"(?:order|parcel|package|item|product|purchase|articles?|delivery)|(?:i|we)\s+(?:expect|receive|get))\b",
    r"\b(?:enter|set\w*\s*up|submit|put|registe?r)\w*\b(?:\W+\w+){0,4}?\W+address(?:es)?\b",
)
"""Something that is done with what one customer holds, however it is asked for."""
_RULED = _any(
    r"\b(?:cases|circumstances|situati?ons?|conditions|polic(?:y|ies))\b(?!\s+number).{0,60}"
    r"\b(?:refund|reimburs|return|compensat|rebate)|"
    r"\b(?:refund|return|reimbursement|cancellation)\s+polic"
)
"""What the company's terms say, also when money or an order is named."""
_PROBLEM = _any(
    r"\b(?:declin|reject|revert|swallow|duplicat|unauthori[sz]|unfamiliar|unrecogni[sz])\w*|"
    r"\b(?:pending|stuck|block(?:ed)?|locked|twice|missing|vanished|disappeared|denied|delayed)\b",
    r"\b(?:problem|issue|trouble|error|difficult|mistake|fail|dispute)\w*\b",
    r"\b(?:not|never|isn'?t|wasn'?t|hasn'?t|haven'?t|doesn'?t|didn'?t|don'?t|won'?t|can'?t|cannot|couldn'?t|"
    r"wouldn'?t|unable\s+to|nothing)\b(?!\s+know).{0,40}\b(?:work\w*|show\w*|arriv\w*|receiv\w*|updat\w*|through|"
    r"appear\w*|let(?:ting)?|allow\w*|accept\w*|complet\w*|make|made|use|verified|recogni[sz]e\w*|here|mine|there|"
    r"credited|return\w*|reach\w*|come|came|see\w*|get|got|happen\w*|find|verify|transfer|changed?)\b",
    r"\b(?:wrong|incorrect\w*|extra|too\s+(?:much|many|low|high)|strange|suspicious|unknown|another)\b.{0,24}"
    r"\b(?:amounts?|rates?|charge[sd]?|fees?|withdrawals?|payments?|debits?|transactions?|cash|money|pin|"
    r"address|items?|products?|account|recipient)\b",
    r"\b(?:(?:i|we)\s+(?:was|were|am|been|got|get)|(?:been|being|was|were|got))\s+(?:\w+\s+)?"
    r"(?:charged|billed|debited|cancell?ed|returned|refunded|taken|given|stolen|used|rejected)\b",
    r"\b(?:i|we)\s+(?:tried|made|did|went|used|see|saw|noticed|think|believe|forgot|lost|requested|signed|"
    r"topped|withdrew|sent|moved|put|entered|do\s+not\s+(?:recogni|remember)\w*)\b",
    r"\b(?:charged|lost|still|yet|stolen|stole)\b|\bsomeone\b.{0,20}\b(?:using|used|took|has)\b",
)
"""Something has gone wrong for somebody."""
_GENERAL = _any(
    r"^\W*(?:(?:hi|hello|hey)\b\W*)?(?:how|where)\s+(?:do|can|would|should|could|does|to)\b"
    r"(?!.*\b(?:status|order|purchase|parcel|package|refund|where\s+is)\b)",
    r"^\W*(?:wie|wo)\s+(?:kann|können|muss|finde)\b(?!.*\b(?:bestellung|paket|erstattung)\b)",
    r"^\W*comment\b(?!.*\b(?:commande|colis|remboursement)\b)",
    r"^\W*(?:c[óo]mo)\b(?!.*\b(?:pedido|paquete|reembolso)\b)",
)
"""How something is done in general, also when it is said with "my"."""

_IDENTIFIER = re.compile(
    r"\d|\S@\S|[#№]\s?\w|https?://|\b[A-Z]{2,}[-_][A-Z]+\b|"
    r"\b(?:Mr|Mrs|Ms|Herrn?|Frau|Mme|Sra?)\b\.?\s+[A-Z]"
)
_SENSITIVE = _any(
    # complaints
    r"\bcomplain\w*|\b(?:re|pro|con)?claim\w*\s+against\b|\breclamation\w*|\b(?:customer|consumer)\s+claim|\bunhappy\b|\b(?:terrible|horrible|awful|disgusting|unacceptable|disgrace\w*|scam\w*|fraud\w*|"
    r"worst|rip-?off|furious|outrage\w*|ridiculous|incompetent|useless|hate)\b",
    r"\bbeschwer\w*|\bunverschämt\w*|\bbetrug\w*|\bbetrüg\w*|\bfrechheit\b|\bunmöglich\b",
    r"\bréclamation\w*|\barnaque\w*|\binadmissible\w*|\bscandal\w*|\bplainte\b",
    r"\bqueja\w*|\breclam\w*|\bestafa\w*|\binaceptable\w*|\bvergüenza\b",
    # law
    r"\b(?:lawyers?|attorneys?|lawsuits?|sue|suing|courts?|legal\w*|liab\w+|gdpr|police|solicitor)\b",
    r"\b(?:anwalt|anwält\w*|klage|verklag\w*|gericht\w*|rechtlich\w*|dsgvo|polizei|anzeige)\b",
    r"\b(?:avocat\w*|tribunal|procès|juridique\w*|rgpd)\b",
    r"\b(?:abogad\w*|tribunal\w*|demanda\w*|denuncia\w*|jurídic\w*|rgpd|policía)\b",
    # safety
    r"\b(?:injur\w+|hurt|bleed\w*|burn(?:t|ed|ing)|fire|smoke|explo\w+|poison\w*|allerg\w+|unsafe|"
    r"dangerous|hazard\w*|recall\w*|emergenc\w+|ambulance|hospital|suicid\w*|kill\w*|die|dying|stolen|hacked)\b",
    r"\b(?:verletz\w*|brenn\w*|brand|feuer|gefähr\w*|allergi\w*|notfall\w*|krankenhaus|gestohlen)\b",
    r"\b(?:bless\w*|feu|brûl\w*|danger\w*|allergi\w*|urgence\w*|hôpital|volé\w*)\b",
    r"\b(?:herid\w*|fuego|quem\w*|peligro\w*|alergi\w*|emergencia\w*|hospital|robad\w*)\b",
)
_REFERS_BACK = _any(
    r"^\W*(?:and|or|but|so|then|also|ok(?:ay)?|yes|no|yep|nope|sure|why|how\s+come|what\s+about|"
    r"how\s+about|what\s+if\s+not|really|thanks?|thank\s+you|please|still|same)\b",
    r"^\W*(?:und|oder|aber|also|dann|ja|nein|warum|wieso|danke|bitte|doch|okay)\b",
    r"^\W*(?:et|ou|mais|donc|alors|oui|non|pourquoi|merci|d'accord)\b",
    r"^\W*(?:y|o|pero|entonces|sí|si|no|por\s*qué|gracias|vale)\b",
    r"\b(?:it|that|this|those|these|them|they|one|ones|he|she|there|instead|again|else|above|"
    r"the\s+(?:first|second|third|last|other|same|latter))\b",
    r"\b(?:das|dies\w*|jene\w*|es|sie|ihn|dort|stattdessen|nochmal)\b",
    r"\b(?:ça|cela|celui|celle|ceux|ceci|lui|leur|là)\b",
    r"\b(?:eso|esto|ese|esa|aquello|lo|ellos|allí)\b",
)
_POSSESSED = _any(
    r"\b(?:my|mine|our|ours|mein\w*|unser\w*|mon|ma|mes|notre|nos|mis?|nuestr\w*)\b",
)
_MINE = _any(
    _POSSESSED.pattern,
    r"\b(?:myself|me|help|wanna|mir|mich|moi)\b",
    r"\b(?:i|we)(?:['’]\w+|\s+(?:need|want|have|had|would|am|are|got|get|cannot|wish))\b",
)
_FEW_WORDS = 3


def kinds(question: str, *, earlier: bool) -> frozenset[Kind]:
    """
    Everything that makes *question* more than a question anybody could ask.

    Args:
        question: The customer's words.
        earlier: There are earlier messages that it may refer to.
    """
    found: set[Kind] = set()
    own = _OWN.search(question) and not _GENERAL.search(question)
    acts = _ACTS.search(question) and not _RULED.search(question)
    if own or acts or _PROBLEM.search(question):
        found.add("own_state")
    if _IDENTIFIER.search(question):
        found.add("identifier")
    if _SENSITIVE.search(question):
        found.add("sensitive")
    if earlier and (len(question.split()) <= _FEW_WORDS or _REFERS_BACK.search(question)):
        found.add("follow_up")
    return frozenset(found)


def asks_own_state(found: Iterable[Kind]) -> bool:
    """Whether a reply would be about this customer."""
    return not {"own_state", "identifier"}.isdisjoint(found)


def says_my(question: str) -> bool:
    """Whether *question* speaks of what its asker has, though anybody may have the like."""
    return _POSSESSED.search(question) is not None


def speaks_of_asker(question: str) -> bool:
    """Whether *question* speaks of its asker at all, who may yet ask what anybody could."""
    return _MINE.search(question) is not None
