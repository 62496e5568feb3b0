"""The answer editor's form: what it shows, and what comes back from it."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from chatbot.answers import curation
from chatbot.domain.answer import Answer, AnswerContent, AnswerState
from chatbot.errors import Malformed
from chatbot.http.forms import Form

_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Editor:
    """
    The fields of `_answer.html`: an answer as it is, or as somebody typed it.

    Attributes:
        known: It exists; a new one is not saved yet.
        revision: What a save is based on.
        changed: The newest revision is not the one customers receive.
    """

    key: str
    content: AnswerContent
    known: bool = False
    state: AnswerState | None = None
    revision: int = 0
    published_revision: int | None = None
    updated_at: datetime | None = None
    updated_by: str = ""

    @property
    def changed(self) -> bool:
        return self.published_revision is not None and self.revision != self.published_revision


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    A form that was not taken, with the reason.

    Attributes:
        conflict: What somebody else saved meanwhile.
        based_on: The revision that the form began from.
    """

    editor: Editor
    words: str
    status: int
    conflict: Answer | None = None
    based_on: int = 0


def editor_of(answer: Answer) -> Editor:
    """An answer as the editor shows it."""
    return Editor(
        key=answer.key,
        content=answer.content,
        known=True,
        state=answer.state,
        revision=answer.revision,
        published_revision=answer.published_revision,
        updated_at=answer.updated_at,
        updated_by=answer.updated_by,
    )


def read_content(form: Form) -> AnswerContent:
    """
    What the form says.

    Raises:
        Malformed: A field is empty, too long or of the wrong shape.
    """
    locale = form.line("locale", longest=20) or "en"
    if not _LOCALE.fullmatch(locale):
        raise Malformed(f"The language {locale!r} is no language tag; write `en` or `de-AT`.")
    return AnswerContent(
        title=form.line("title", longest=curation.LONGEST_TITLE),
        text=form.text("text", longest=curation.LONGEST_TEXT),
        phrasings=form.lines(
            "phrasing", most=curation.MOST_PHRASINGS, longest=curation.LONGEST_PHRASING
        ),
        tags=form.words("tags"),
        locale=locale,
        valid_from=form.day("valid_from"),
        valid_until=form.day("valid_until"),
    )


def typed_content(form: Form) -> AnswerContent:
    """The same without judging any of it: to be shown again."""
    return AnswerContent(
        title=form.secret("title"),
        text=form.secret("text"),
        phrasings=form.lines("phrasing", most=10_000, longest=100_000),
        tags=form.words("tags", most=1_000, longest=10_000),
        locale=form.secret("locale"),
        valid_from=_day(form, "valid_from"),
        valid_until=_day(form, "valid_until"),
    )


def _day(form: Form, name: str) -> date | None:
    try:
        return form.day(name)
    except Malformed:
        return None
