"""The answer bank's nouns: an answer, its revisions, and what the matcher made of a question."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

AnswerState = Literal["draft", "published", "archived"]


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """
    What a revision says.

    Attributes:
        text: The reply, in Markdown.
        phrasings: Customer wordings that lead to it, most typical first.
        valid_from, valid_until: Days (inclusive) on which it may be given; None is open.
    """

    title: str
    text: str
    phrasings: tuple[str, ...]
    tags: tuple[str, ...] = ()
    locale: str = "en"
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A company's answer with its newest content.

    Attributes:
        key: The id that imports, exports, sources and the API use (`answer_id`).
        revision: Number of `content`, counting from 1.
        published_revision: What customers receive; None while it never was, or no longer is.
        imported_revision: What an import of pages wrote last; None if none ever did.
    """

    id: UUID
    key: str
    state: AnswerState
    content: AnswerContent
    revision: int
    published_revision: int | None
    updated_at: datetime
    updated_by: str
    imported_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """
    An answer beside what customers receive of it.

    Attributes:
        given: The published content; None when customers receive nothing.
        imported: What an import of pages wrote last; None if none ever did.
    """

    answer: Answer
    given: AnswerContent | None
    imported: AnswerContent | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One kept version of an answer."""

    number: int
    content: AnswerContent
    published: bool
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """A published answer as the matcher sees it."""

    key: str
    title: str
    text: str
    phrasings: tuple[str, ...]
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer that may fit, with the calibrated probability that it is right."""

    key: str
    title: str
    probability: float


@dataclass(frozen=True, slots=True)
class Match:
    """
    What the bank makes of a question.

    Attributes:
        verdict: `answer` above the threshold, `choices` in the band below, else `abstain`.
        candidates: Best first, at most three for choices and ten in all.
        threshold: The probability that an answer needs at the present risk dial.
        mode: `lexical` while the encoder is not ready; it is held to a stricter threshold.
        version: Of the bank that matched.
        vector: The question's, length 1; None where only wording was compared.
        behind: The workspace's answers are newer than the bank that matched.
        read_as: The question with misspelt words mended; "" where none were.
    """

    verdict: Literal["answer", "choices", "abstain"]
    candidates: tuple[Candidate, ...]
    threshold: float
    mode: Literal["semantic", "lexical"]
    version: str
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    behind: bool = False
    read_as: str = ""
