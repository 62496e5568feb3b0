"""
What reviewers do with suggestions: reword, publish, merge into an answer, dismiss, take up again.

Every step is one transaction with its audit line. A step names the version that its form showed;
when somebody else was faster it is refused, and both texts are there to be compared.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from chatbot.answers import curation
from chatbot.answers.importing import announce
from chatbot.domain.answer import Answer, AnswerContent
from chatbot.domain.principal import Principal
from chatbot.domain.suggestion import Suggestion
from chatbot.errors import Conflict, Malformed
from chatbot.ports import Bus

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

REASONS = ("private", "one_off", "not_ours", "answered", "unclear", "other")
"""Why a suggestion is dismissed."""


async def reword(
    suggestion_id: UUID, content: AnswerContent, *, based_on: int, by: Principal, store: "Store"
) -> Suggestion:
    """
    Keep what a reviewer wrote, without publishing it.

    Raises:
        NotFound: There is no such suggestion.
        Conflict: Somebody changed it meanwhile; nothing was written.
    """
    async with store.begin(by) as db:
        before = await _at(db, suggestion_id, based_on)
        after = await db.suggestions.change(before, **_worded(content))
        await db.audit.record("suggestion.save", str(suggestion_id))
    return after


async def approve(
    suggestion_id: UUID,
    content: AnswerContent,
    *,
    based_on: int,
    by: Principal,
    store: "Store",
    bus: Bus,
) -> Answer:
    """
    Publish *content* as a new answer: the next customer who asks gets it.

    Raises:
        NotFound: There is no such suggestion.
        Malformed: Nothing could find such an answer, or it says nothing.
        Conflict: Somebody decided about it meanwhile; nothing was written.
    """
    curation.check(content)
    async with store.begin(by) as db:
        before = await _at(db, suggestion_id, based_on)
        key = await _free_key(db, content.title)
        draft = await db.answers.create(key, content, by=by.name)
        answer = await db.answers.set_state(draft, "published", by=by.name)
        await db.answers.bank_changed()
        worded = _worded(content)
        await db.suggestions.change(before, state="published", **{**worded, "answer_key": key})
        await db.audit.record("answer.publish", key, suggestion=str(suggestion_id))
    await announce(by.workspace, bus)
    return answer


async def merge(
    suggestion_id: UUID,
    key: str,
    phrasings: Sequence[str],
    *,
    based_on: int,
    by: Principal,
    store: "Store",
    bus: Bus,
) -> Answer:
    """
    Let *phrasings* lead to the answer *key*, whose reply stays as it is.

    Customers receive them at once, unless the answer is a draft or has changes that wait.

    Raises:
        NotFound: There is no such suggestion or answer.
        Malformed: No phrasings were chosen.
        Conflict: Somebody decided about it meanwhile; nothing was written.
    """
    if not phrasings:
        raise Malformed("Choose at least one phrasing to add.")
    async with store.begin(by) as db:
        before = await _at(db, suggestion_id, based_on)
        answer = await db.answers.get(key, lock=True)
        together = tuple(dict.fromkeys([*answer.content.phrasings, *phrasings]))
        if len(together) > curation.MOST_PHRASINGS:
            raise Malformed(f"An answer has at most {curation.MOST_PHRASINGS:,} phrasings.")
        given = answer.published_revision == answer.revision
        if together != answer.content.phrasings:
            content = replace(answer.content, phrasings=together)
            answer = await db.answers.revise(answer, content, by=by.name)
        if given:
            answer = await db.answers.set_state(answer, "published", by=by.name)
            await db.answers.bank_changed()
        await db.suggestions.change(before, state="merged", answer_key=key)
        await db.audit.record("answer.merge", key, suggestion=str(suggestion_id))
    if given:
        await announce(by.workspace, bus)
    return answer


async def dismiss(
    suggestion_id: UUID, reason: str, *, based_on: int, by: Principal, store: "Store"
) -> Suggestion:
    """
    Put a suggestion aside; the same question, asked again, does not bring it back.

    Raises:
        NotFound: There is no such suggestion.
        Malformed: The reason is none of `REASONS`.
        Conflict: Somebody decided about it meanwhile; nothing was written.
    """
    if reason not in REASONS:
        raise Malformed(f"The reason {reason[:40]!r} is not one of {', '.join(REASONS)}.")
    async with store.begin(by) as db:
        before = await _at(db, suggestion_id, based_on)
        after = await db.suggestions.change(before, state="dismissed", reason=reason)
        await db.audit.record("suggestion.dismiss", str(suggestion_id), reason=reason)
    return after


async def reopen(
    suggestion_id: UUID, *, based_on: int, by: Principal, store: "Store"
) -> Suggestion:
    """
    Take up again what was dismissed.

    Raises:
        NotFound: There is no such suggestion.
        Conflict: It is not dismissed any more, or somebody changed it meanwhile.
    """
    async with store.begin(by) as db:
        before = await db.suggestions.get(suggestion_id, lock=True)
        if before.state != "dismissed" or before.version != based_on:
            raise Conflict("This suggestion is not dismissed any more: look at it again.")
        after = await db.suggestions.change(before, state="open", reason="")
        await db.audit.record("suggestion.reopen", str(suggestion_id))
    return after


async def _at(db: "Unit", suggestion_id: UUID, version: int) -> Suggestion:
    """The locked suggestion, still open and as the form showed it."""
    found = await db.suggestions.get(suggestion_id, lock=True)
    if found.state != "open":
        raise Conflict(f"{found.updated_by or 'The bank'} settled this suggestion meanwhile.")
    if found.version != version:
        raise Conflict(f"{found.updated_by} reworded this suggestion meanwhile.")
    return found


def _worded(content: AnswerContent) -> dict[str, object]:
    return {
        "title": content.title,
        "text": content.text,
        "phrasings": list(content.phrasings),
        "locale": content.locale,
        "drafted_by": "person",
    }


async def _free_key(db: "Unit", title: str) -> str:
    """The key of the title, with a few letters behind it when it is taken."""
    wanted = curation.key_from(title)
    taken = await db.many_answers.standing([wanted])
    return f"{wanted}-{uuid4().hex[:6]}" if taken else wanted
