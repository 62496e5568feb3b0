"""The catalogue for the Responses API: what its events can be, and what must come of it."""

from typing import Any

from tests.fault_catalogue import CARRIED, FAULTS, REFUSALS
from tests.fault_dialects import response
from tests.fault_scenarios import broken, odd
from tests.fault_server import Scenario


def _delta(value: object) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": 0, "delta": value}


def _failed(error: object) -> dict[str, Any]:
    return {"type": "response.failed", "response": response("failed", error=error)}


_COMPLETED = {"type": "response.completed", "response": response("completed")}

BEARABLE_EVENTS: dict[str, Scenario] = {
    **CARRIED,
    "unknown_event": odd({"type": "response.thought.delta", "delta": {"not": "a text"}}),
    "reasoning": odd(
        {"type": "response.reasoning_summary_text.delta", "delta": "hm", "output_index": 0}
    ),
    "other_items": odd(
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"type": "reasoning", "id": "rs_1", "summary": [], "arguments": {"x": 1}},
        }
    ),
    "null_delta": odd(_delta(None), _delta("")),
    "error_of_none": odd({"type": "response.in_progress", "error": None, "response": 5}),
    "empty_refusal": odd({"type": "response.refusal.delta", "delta": ""}),
}
"""Odd, but whole: the customer gets `REPLY` and nothing else."""

FAULT_EVENTS: dict[str, tuple[Scenario, str]] = {
    **FAULTS,
    "not_completed": (broken(events=[_delta("and ")]), "no_finish"),
    "bad_utf8": (
        broken(b'data: {"type":"response.output_text.delta","delta":"\xff\xfe"}\n\n'),
        "bad_utf8",
    ),
    "wrong_words": (broken(events=[_delta(5), _COMPLETED]), "wrong_types"),
    "wrong_item": (
        broken(events=[{"type": "response.output_item.added", "output_index": "x", "item": []}]),
        "wrong_types",
    ),
    "wrong_end": (broken(events=[{"type": "response.completed", "response": "x"}]), "wrong_types"),
    "no_type": (broken(events=[{"delta": "x"}, _COMPLETED]), "wrong_types"),
    "failed": (broken(events=[_failed({"code": "server_error", "message": "x"})]), "error_event"),
    "failed_for_nothing": (broken(events=[_failed(None)]), "error_event"),
    "failed_nested": (broken(events=[_failed({"code": {"code": [1]}})]), "error_event"),
    "failed_limit": (
        broken(events=[_failed({"code": "rate_limit_exceeded", "message": "slow"})]),
        "rate_limited",
    ),
    "typed_error": (
        broken(events=[{"type": "error", "code": None, "message": "x", "param": None}]),
        "error_event",
    ),
    "typed_error_nested": (
        broken(events=[{"type": "error", "error": {"code": "server_error", "message": {}}}]),
        "error_event",
    ),
    "typed_error_wrong": (
        broken(events=[{"type": "error", "code": [], "message": 5}]),
        "error_event",
    ),
}
"""Each with the word that `ProviderDegraded` has for it."""

REFUSED_EVENTS: dict[str, tuple[Scenario, str]] = {
    **REFUSALS,
    "quota_failed": (
        broken(events=[_failed({"code": "insufficient_quota", "message": "x"})]),
        "no_quota",
    ),
    "quota_typed": (
        broken(events=[{"type": "error", "code": "insufficient_quota", "message": "x"}]),
        "no_quota",
    ),
}
"""Each with the word that `ProviderRefused` has for it."""
