"""What the context says of its customer."""

from chatbot.context.blocks import as_line, clean, joined, shorten
from chatbot.domain.customer import CustomerEvent, CustomerFacts

MOST_EVENTS = 8
_MOST_ATTRIBUTES = 30
_MOST_FIELDS = 20
_LONGEST_VALUE = 300
_LONGEST_FIELD = 800
"""Characters of one field of an event: the items of an order fit."""

_LONGEST_EVENT = 1_600


def known(facts: CustomerFacts) -> bool:
    """Whether there is anything to say that would not be said of everybody."""
    customer = facts.customer
    return bool(facts.events or customer.attributes or customer.name or customer.plan)


def profile(facts: CustomerFacts) -> str:
    """
    Name, plan, language and attributes, one JSON value a line.

    E-mail address and the company's own id stay here: no reply needs them.
    """
    customer = facts.customer
    if not known(facts):
        return "An anonymous visitor of whom nothing is known."
    attributes = shorten(customer.attributes, entries=_MOST_ATTRIBUTES, longest=_LONGEST_VALUE)
    return joined(
        [
            f"name: {as_line(customer.name, _LONGEST_VALUE)}" if customer.name else "",
            f"plan: {as_line(customer.plan, _LONGEST_VALUE)}" if customer.plan else "",
            f"locale: {as_line(customer.locale, _LONGEST_VALUE)}" if customer.locale else "",
            *(
                f"{_field(key)}: {as_line(value, _LONGEST_VALUE)}"
                for key, value in attributes.items()
            ),
        ]
    )


def event(happened: CustomerEvent) -> str:
    """One event as a line of JSON: `kind`, `at`, `id` where it has one, and its data."""
    data = shorten(happened.data, entries=_MOST_FIELDS, longest=_LONGEST_FIELD)
    fields = {"kind": happened.kind, "at": f"{happened.at:%Y-%m-%d %H:%M}"}
    if happened.external_id:
        fields["id"] = happened.external_id
    return as_line(fields | data, _LONGEST_EVENT)


def _field(name: str) -> str:
    """An attribute's name on one line; the company chose it, a customer may have written it."""
    return " ".join(clean(name).split())[:60]
