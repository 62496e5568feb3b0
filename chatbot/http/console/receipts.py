"""How a reply came about and what it cost, as agents read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_VERDICTS = {
    "answer": "sure of its answer",
    "choices": "several answers fit",
    "abstain": "no answer fits",
}
_NOTES = {
    "stopped": "Stopped by the customer",
    "shortened": "The model ran into its length limit",
}


@dataclass(frozen=True, slots=True)
class SourceUsed:
    """
    An answer that lay before the rung.

    Attributes:
        cited: The model says that its reply rests on it.
        score: How sure the bank was that it is the right one; None where it did not decide.
    """

    key: str
    title: str
    cited: bool = False
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    One turn, looked into.

    Attributes:
        id: Of the reply.
        declined: (rung, reason) of those that stepped aside, in the ladder's order.
        match: What the answer bank made of the question.
        tools: What the model did, by the tools' names.
        notes: What else an agent should know: stopped by the customer, cut short, ...
        calls: Rows of the model call log.
    """

    id: UUID
    at: datetime
    rung: str
    declined: Sequence[tuple[str, str]]
    match: str
    sources: Sequence[SourceUsed]
    rules: Sequence[str]
    tools: Sequence[str]
    notes: Sequence[str]
    calls: Sequence[Mapping[str, Any]]


async def receipt_of(
    db: "Unit", conversation_id: UUID, reply_id: UUID | None = None
) -> Receipt | None:
    """The receipt behind a reply, or of the last turn; None while no turn is done."""
    turn = await db.turns.latest_done(conversation_id, reply_id=reply_id)
    if turn is None:
        return None
    kept = turn["receipt"]
    scores = {one["key"]: one["probability"] for one in kept.get("candidates", ())}
    cited = set(kept.get("cited", ()))
    sources = [
        SourceUsed(key, title, key in cited, scores.get(key))
        for key, title in kept.get("answers", ())
    ]
    return Receipt(
        id=turn["reply_id"],
        at=turn["created_at"],
        rung=kept.get("rung", "model"),
        declined=[(rung, reason) for rung, reason in kept.get("declined", ())],
        match=_match_words(kept.get("match") or {}),
        sources=sorted(sources, key=lambda one: (not one.cited, -(one.score or 0))),
        rules=list(kept.get("rules", ())),
        tools=[str(tool) for tool in kept.get("tools", ())],
        notes=[words for name, words in _NOTES.items() if kept.get(name)],
        calls=await db.calls.of_turn(turn["id"]),
    )


def _match_words(match: Mapping[str, Any]) -> str:
    verdict = _VERDICTS.get(match.get("verdict", ""), "")
    return f"{verdict}, by wording only" if verdict and match["mode"] == "lexical" else verdict
