"""How values are written on a page: times, sums, names. Jinja filters, and nothing but wording."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from jinja2.runtime import Context
from jinja2.utils import pass_context
from markupsafe import Markup

from chatbot.domain.customer import CustomerEvent
from chatbot.domain.rule import Conditions
from chatbot.safety.rendering import plain, render

_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SOON = timedelta(minutes=15)
_LONGEST_FACT = 80

RUNGS = {
    "person": "Person",
    "agent": "Person",
    "cache": "Cache",
    "model": "Model",
    "alternative": "Alternative model",
    "answer_bank": "Answer bank",
    "tool": "Tool",
    "handoff": "Handoff to a person",
}
_REASONS = {
    "cache_miss": "nothing kept for this question",
    "no_match": "no answer is sure enough",
    "provider_degraded": "slow or failing",
    "provider_refused": "refused by the provider",
}
_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "nb": "Norwegian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sk": "Slovak",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}


class Left(NamedTuple):
    """How long until something is due, with the tone of its badge."""

    words: str
    tone: str


def _zone(context: Context) -> tzinfo:
    return context["zone"]


@pass_context
def ago(context: Context, moment: datetime) -> str:
    """`16 min` for anything under a day, then the day."""
    now: datetime = context["now"]
    past = now - moment
    if past < _MINUTE:
        return "now" if past > -_MINUTE else clock(context, moment)
    if past < _HOUR:
        return f"{past // _MINUTE} min"
    if past < _DAY:
        return f"{past // _HOUR} h"
    here, today = moment.astimezone(_zone(context)), now.astimezone(_zone(context))
    if (today.date() - here.date()).days <= 1:
        return "yesterday"
    return f"{here.day} {here:%b}" if here.year == today.year else f"{here.day} {here:%b %Y}"


@pass_context
def left(context: Context, moment: datetime) -> Left:
    """What a due time means now: `Reply in 18 min`, or how late it is."""
    rest: timedelta = moment - context["now"]
    if rest < timedelta(0):
        return Left(f"Reply {_span(-rest)} late", "danger")
    return Left(f"Reply in {_span(rest)}", "warning" if rest <= _SOON else "")


def _span(time: timedelta) -> str:
    if time < _HOUR:
        return f"{max(1, time // _MINUTE)} min"
    if time < _DAY:
        return f"{time // _HOUR} h {time % _HOUR // _MINUTE:02d}"
    return f"{time // _DAY} d"


@pass_context
def clock(context: Context, moment: datetime) -> str:
    return f"{moment.astimezone(_zone(context)):%H:%M}"


@pass_context
def full(context: Context, moment: datetime) -> str:
    here = moment.astimezone(_zone(context))
    return f"{here.day} {here:%B %Y, %H:%M}"


@pass_context
def day(context: Context, moment: datetime) -> str:
    here = moment.astimezone(_zone(context)).date()
    today = context["now"].astimezone(_zone(context)).date()
    name = {0: "Today, ", 1: "Yesterday, "}.get((today - here).days, "")
    return f"{name}{here.day} {here:%B}{f' {here.year}' if here.year != today.year else ''}"


@pass_context
def day_machine(context: Context, moment: datetime) -> str:
    return moment.astimezone(_zone(context)).date().isoformat()


def machine(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


@pass_context
def markdown(context: Context, text: str) -> Markup:
    """The one renderer of replies, with the hosts this workspace allows."""
    return Markup(render(text, context["link_hosts"]))  # noqa: S704 safety.rendering is its guard


def words(text: str | None, longest: int = 160) -> str:
    """A snippet: the first words, without Markdown."""
    flat = plain((text or "")[: 4 * longest])
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"


def usd(amount: Decimal | float | None) -> str:
    """Dollars to the cent, or as many digits as a fraction of a cent needs."""
    if amount is None:
        return "unknown"
    value = Decimal(amount)
    if value == 0:
        return "$0"
    return f"${value:,.2f}" if value >= 1 else f"${value:.6f}".rstrip("0")


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def thousands(value: int) -> str:
    return f"{value:,}"


def percent(share: float) -> str:
    return f"{share * 100:.1f}".rstrip("0").rstrip(".") + " %"


def initials(name: str) -> str:
    parts = [part for part in name.split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


def short(identity: UUID) -> str:
    return identity.hex[:4]


def language(locale: str) -> str:
    return _LANGUAGES.get(locale.partition("-")[0].lower(), locale)


def rung(name: str) -> str:
    return RUNGS.get(name, sentence(name))


def sentence(code: str) -> str:
    """A stable code as words: `first_token_late` becomes `First token late`."""
    return code.replace("_", " ").capitalize()


def reason(code: str) -> str:
    """Why a rung stepped aside, or what a provider's call ended in."""
    return _REASONS.get(code, code.replace("_", " "))


def facts(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Attributes as names and words; nothing that is nested deeper than a list."""
    return [(sentence(name)[:40], _fact(value)) for name, value in attributes.items()]


def _fact(value: object) -> str:
    match value:
        case bool():
            text = "Yes" if value else "No"
        case None:
            text = "–"
        case list():
            text = ", ".join(_fact(part) for part in value)
        case dict():
            text = ", ".join(f"{name}: {_fact(part)}" for name, part in value.items())
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST_FACT else text[: _LONGEST_FACT - 1] + "…"


def told(event: CustomerEvent) -> str:
    """An event in one line: what it is called, what it was about, what became of it."""
    data = event.data
    named = data.get(event.kind) or data.get("order") or data.get("number") or data.get("id")
    items = data.get("items") or data.get("item") or data.get("method") or data.get("carrier")
    kind = sentence(event.kind) + (f" {named}" if isinstance(named, str | int) else "")
    parts = [kind, _names(items), data.get("status")]
    return " · ".join(part for part in parts if isinstance(part, str) and part)


def worth(event: CustomerEvent) -> str:
    """What an event cost or paid; empty when it is not about money."""
    amounts = (event.data.get(name) for name in ("total", "amount", "refund", "fee"))
    amount = next((one for one in amounts if isinstance(one, int | float)), None)
    if amount is None:
        return ""
    currency = str(event.data.get("currency", ""))[:3].upper()
    sign = _SIGNS.get(currency)
    return f"{sign}{amount:,.2f}" if sign else f"{amount:,.2f} {currency}".strip()


def _names(items: object) -> str:
    if not isinstance(items, list):
        return items if isinstance(items, str) else ""
    names = [part.get("name") if isinstance(part, dict) else part for part in items]
    return ", ".join(name for name in names if isinstance(name, str))


def applies(conditions: Conditions) -> str:
    """When a rule applies, in a line."""
    parts = [
        ", ".join(conditions.plans),
        ", ".join(language(locale) for locale in conditions.locales),
        ", ".join(f"“{topic}”" for topic in conditions.topics),
        f"from {conditions.starts}" if conditions.starts else "",
        f"until {conditions.ends}" if conditions.ends else "",
    ]
    return "; ".join(filter(None, parts)) or "Always"


@pass_context
def recent(context: Context, moment: datetime) -> bool:
    """Whether `ago` says a span, after which `ago` is a word to add."""
    return _MINUTE <= context["now"] - moment < _DAY


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        ago,
        applies,
        clock,
        day,
        day_machine,
        facts,
        full,
        initials,
        language,
        left,
        machine,
        markdown,
        percent,
        plural,
        reason,
        recent,
        rung,
        seconds,
        sentence,
        short,
        thousands,
        told,
        usd,
        words,
        worth,
    )
}
