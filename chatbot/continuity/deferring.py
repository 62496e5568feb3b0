"""Which questions wait for a model to be well again, for how long, and when nobody wants them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from chatbot.domain.ask import Ask
from chatbot.domain.conversation import Conversation, Turn
from chatbot.domain.outage import Deferred

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

MODELS = frozenset({"model", "alternative"})
"""Rungs on which a model speaks."""

NO_OUTAGE = frozenset({"bad_tool_call", "false_claim", "spent"})
"""
Reasons that say nothing against a provider: its model is well but wrote what cannot stand, or it
was not asked again in a turn in which it had failed before, whose first reason counts.
"""

ASIDE = "aside"
"""Topic on which a question of earlier makes room in a conversation for what is asked now."""

FIRST_S = 5.0
LONGEST_S = 120.0
"""Seconds until a question is tried for the first time, doubled before each later one."""


class Deferring(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Questions that are answered after an outage. Times in seconds.

    Attributes:
        window_s: How long a question waits for a model; 0 lets none wait.
        at_once: How many are answered at the same time by each process that runs jobs.
        look_every_s: Between two looks for a model that is well again.
    """

    window_s: Annotated[float, Meta(ge=0)] = 1800.0
    at_once: Annotated[int, Meta(ge=1)] = 2
    look_every_s: Annotated[float, Meta(gt=0)] = 2.0


def fell(declined: Sequence[tuple[str, str]]) -> bool:
    """Whether a turn fell off the models by their fault: *declined* is (rung, reason) of each."""
    return any(rung in MODELS and why not in NO_OUTAGE for rung, why in declined)


async def defer(db: "Unit", ask: Ask, window_s: float) -> bool:
    """Let the question wait if an outage is why it is handed off; whether it does."""
    if not window_s or not fell(ask.declined):
        return False
    await db.deferred.queue(ask, window_s, FIRST_S)
    return True


async def unwanted(
    db: "Unit", waiting: Deferred, handed_off: Turn, conversation: Conversation
) -> str:
    """Why the answer is not wanted any more, in one word; empty while it is."""
    if conversation.state in {"human", "resolved"}:
        return conversation.state
    if waiting.until <= db.now:
        return "window"
    return "answered_meanwhile" if await db.deferred.answered_meanwhile(handed_off) else ""


def again_in_s(attempts: int) -> float:
    """Seconds until a question that was tried so often in vain is tried again."""
    return min(LONGEST_S, FIRST_S * 2**attempts)
