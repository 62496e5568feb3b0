"""The bank's best answers, as the model reads and cites them."""

from collections.abc import Sequence

from chatbot.context.blocks import clean
from chatbot.context.tokens import clip
from chatbot.domain.answer import BankAnswer
from chatbot.prompts.citing import handles

MOST_ANSWERS = 6
_LONGEST_ANSWER = 700
"""Tokens of one answer's text; what is over is left out between two sentences."""


def chosen(answers: Sequence[BankAnswer]) -> tuple[tuple[str, str], ...]:
    """(key, title) of the answers to put into a context, best first."""
    return tuple(
        (answer.key, " ".join(clean(answer.title).split())) for answer in answers[:MOST_ANSWERS]
    )


def texts(answers: Sequence[BankAnswer]) -> tuple[str, ...]:
    """The same answers, each under the id that the model cites."""
    return tuple(
        f"[[{handle}]] {title}\n{clip(clean(answer.text), _LONGEST_ANSWER).strip()}"
        for (handle, (_, title)), answer in zip(
            handles(chosen(answers)).items(), answers, strict=False
        )
    )
