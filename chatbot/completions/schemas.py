"""
The tools that a model may call, and the gate that its arguments pass.

The schemas are strict where a provider enforces them; here they are enforced whoever does. The
customer, the conversation and the workspace are nobody's arguments: they come with the ask.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from chatbot.domain.ask import ToolCall, ToolSchema
from chatbot.domain.ticket import CATEGORIES, PRIORITIES, Category, Priority

LONGEST_ARGUMENTS = 8_000
"""Characters of a call's arguments."""

MOST_EVENTS = 20
_QUOTED = 200

_Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
_Summary = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
_Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)]


class OpenTicket(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Arguments of `open_ticket`."""

    priority: Priority
    category: Category
    subject: _Subject
    summary: _Summary


class LookupEvents(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Arguments of `lookup_events`."""

    kind: _Kind
    limit: _Limit


_ARGUMENTS: Mapping[str, type[msgspec.Struct]] = {
    "open_ticket": OpenTicket,
    "lookup_events": LookupEvents,
}


def _strict(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TOOLS = (
    ToolSchema(
        "open_ticket",
        "Open a ticket in this conversation, for this customer, so that a person takes care of "
        "it. Returns the ticket's number.",
        _strict(
            priority={"type": "string", "enum": list(PRIORITIES)},
            category={"type": "string", "enum": list(CATEGORIES)},
            subject={
                "type": "string",
                "description": "The matter in a few words, at most 120 characters.",
            },
            summary={
                "type": "string",
                "description": "What the customer wants, the facts that matter and what was "
                "tried, in at most 1,000 characters. No passwords or card numbers.",
            },
        ),
    ),
    ToolSchema(
        "lookup_events",
        "Look up this customer's latest events of one kind, newest first: more or older ones "
        "than the context shows.",
        _strict(
            kind={"type": "string", "description": "For example order or payment."},
            limit={"type": "integer", "description": f"How many, from 1 to {MOST_EVENTS}."},
        ),
    ),
)


class BadCall(Exception):
    """A call that must not be carried out; the message is one sentence for the model."""


def checked(call: ToolCall, offered: Sequence[ToolSchema]) -> dict[str, Any]:
    """
    The arguments of *call*, of the right types and within their bounds.

    Raises:
        BadCall: The tool is not offered, or an argument is missing, unknown, wrong or too long.
    """
    kind = _ARGUMENTS.get(call.name)
    if kind is None or call.name not in {tool.name for tool in offered}:
        known = ", ".join(tool.name for tool in offered) or "none"
        raise BadCall(f"There is no such tool; you can call: {known}.")
    if len(call.arguments) > LONGEST_ARGUMENTS:
        raise BadCall(
            f"The arguments of {call.name} are longer than {LONGEST_ARGUMENTS} characters."
        )
    try:
        arguments = msgspec.json.decode(call.arguments or "{}", type=kind)
    except msgspec.ValidationError as error:
        said = str(error)[:_QUOTED]
        raise BadCall(f"The arguments of {call.name} do not fit its schema: {said}.") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadCall(f"The arguments of {call.name} are not valid JSON.") from error
    cleaned = {name: _clean(value) for name, value in msgspec.structs.asdict(arguments).items()}
    if not all(value for value in cleaned.values()):
        raise BadCall(f"An argument of {call.name} is blank.")
    return cleaned


def _clean(value: Any) -> Any:  # noqa: ANN401 whatever a schema allows
    """Text without control characters: the database keeps no NUL, and agents read the rest."""
    if not isinstance(value, str):
        return value
    return "".join(c for c in value if c in "\n\t" or c.isprintable() or c == "\u200d").strip()
