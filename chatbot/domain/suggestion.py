"""What customers asked and the bank could not say: suggestions for answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Why = Literal["abstained", "choices", "unhelpful", "agent"]
SuggestionState = Literal["open", "published", "merged", "covered", "dismissed"]


@dataclass(frozen=True, slots=True)
class Heard:
    """
    One customer's question that a suggestion is made of.

    Attributes:
        message_id: The customer's message; it is counted once, whatever came of it.
        why: The bank abstained, offered choices only, gave an answer that the customer called
            unhelpful, or was not asked because an agent answered.
        reply, agent: What an agent wrote and who; empty when nobody has answered yet.
        answer_key: The answer that was unhelpful.
        vector: Of the question, length 1.
    """

    message_id: UUID
    conversation_id: UUID
    customer_id: UUID
    why: Why
    question: str
    at: datetime
    reply: str = ""
    agent: str = ""
    answer_key: str = ""
    locale: str = "en"
    vector: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(0, np.float32), compare=False, repr=False
    )


@dataclass(frozen=True, slots=True)
class Suggestion:
    """
    An answer that is missing, and what is known of it.

    Attributes:
        text: The suggested reply in Markdown; empty for a gap that nobody has answered yet.
        drafted_by: Whose words `text` is.
        answer_key: The answer it became, or for an open one the answer that was unhelpful.
        reason: Why it was dismissed; of an open one, why no draft of a model stands.
        version: Counts what people changed; a form that began from an older one is refused.
        customers: How many different customers asked.
        questions: How many times it was asked.
        asked_at: When it was asked last.
    """

    id: UUID
    state: SuggestionState
    title: str
    text: str
    phrasings: tuple[str, ...]
    locale: str
    drafted_by: Literal["", "agent", "model", "person"]
    answer_key: str
    reason: str
    version: int
    updated_at: datetime
    updated_by: str
    asked_at: datetime
    customers: int = 0
    questions: int = 0
