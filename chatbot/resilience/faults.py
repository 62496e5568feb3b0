"""
What each fault of a provider means to those who guard it.

Words as in `docs/continuity.md`. A word that nobody lists here is a failure like any other: it
is tried once more, and the breaker counts it.
"""

from chatbot.errors import ProviderDegraded, ProviderRefused

LIMITED = "rate_limited"
SLOW = "no_first_token"

OPENING = frozenset({"unauthorized", "forbidden", "unknown_model", "no_quota", "redirected"})
"""Refusals that stay until somebody mends a key, an account or a setting."""

OURS = frozenset({"late", "set_aside", "crowded", "spent"})
"""Not the provider's: the turn had no time left, or we did not even ask."""

_SILENT = frozenset({SLOW, "stalled", "too_long"})
"""Waiting has used the time that a second attempt would need: those are hedged instead."""


def counts(error: ProviderDegraded | ProviderRefused) -> bool:
    """Whether it is a failure in the eyes of the breaker."""
    return isinstance(error, ProviderDegraded) and error.fault not in OURS | {LIMITED}


def opens(error: ProviderDegraded | ProviderRefused) -> bool:
    """Whether every further request would be refused as well."""
    return isinstance(error, ProviderRefused) and error.fault in OPENING


def passes(error: ProviderDegraded | ProviderRefused) -> bool:
    """Whether the same request may well succeed in a moment."""
    return counts(error) and error.fault not in _SILENT
