"""
What admins do with answers: draft, publish, take back, bring back.

Every step is one transaction with its audit line; what customers can notice also counts the
bank's version up in it, so that the next question is matched against the new bank.
"""

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from chatbot.answers.importing import announce
from chatbot.domain.answer import Answer, AnswerContent
from chatbot.domain.principal import Principal
from chatbot.errors import Conflict, Malformed, NotFound
from chatbot.ports import Bus

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
LONGEST_PHRASING = 1_000
MOST_PHRASINGS = 1_000
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


async def create(key: str, content: AnswerContent, *, by: Principal, store: "Store") -> Answer:
    """
    Begin a draft.

    Args:
        key: Its id for imports and the API; made from the title when empty.
        content: What it says.
        by: The admin.
        store: Where it is kept.

    Raises:
        Malformed: The key has characters that an address cannot hold, or nothing could find it.
        Conflict: The key is taken.
    """
    check(content)
    named = key or key_from(content.title)
    if not _KEY.fullmatch(named):
        raise Malformed(
            f"The key {named[:40]!r} may hold letters, digits, dots, dashes and underscores only."
        )
    async with store.begin(by) as db:
        answer = await db.answers.create(named, content, by=by.name)
        await db.audit.record("answer.create", named)
    return answer


async def save_draft(
    key: str, content: AnswerContent, *, based_on: int, by: Principal, store: "Store"
) -> Answer:
    """
    Keep *content* as the next revision; customers go on receiving what was published.

    Args:
        key: Of the answer.
        content: What it shall say.
        based_on: The revision that the admin began from.
        by: The admin.
        store: Where it is kept.

    Raises:
        NotFound: No answer has this key.
        Malformed: Nothing could find such an answer.
        Conflict: Somebody saved a newer revision; nothing was written.
    """
    check(content)
    async with store.begin(by) as db:
        answer = await _revised(db, key, content, based_on)
        if answer.state == "archived":
            answer = await db.answers.set_state(answer, "draft", by=by.name)
    return answer


async def publish(
    key: str,
    content: AnswerContent | None = None,
    *,
    based_on: int,
    by: Principal,
    store: "Store",
    bus: Bus,
) -> Answer:
    """
    Give customers the newest revision, or *content* as a newer one, from their next question on.

    Raises:
        NotFound: No answer has this key.
        Malformed: Nothing could find such an answer.
        Conflict: Somebody saved a newer revision; nothing was written.
    """
    if content is not None:
        check(content)
    async with store.begin(by) as db:
        answer = await _revised(db, key, content, based_on)
        answer = await db.answers.set_state(answer, "published", by=by.name)
        await db.answers.bank_changed()
        await db.audit.record("answer.publish", key, revision=answer.revision)
    await announce(by.workspace, bus)
    return answer


async def archive(
    key: str, *, based_on: int, by: Principal, store: "Store", bus: Bus
) -> tuple[Answer, Answer]:
    """
    Take an answer out of customers' reach; its history is kept.

    Returns:
        The answer before and after.

    Raises:
        NotFound: No answer has this key.
        Conflict: Somebody saved a newer revision; nothing was written.
    """
    async with store.begin(by) as db:
        before = await _revised(db, key, None, based_on)
        after = await db.answers.set_state(before, "archived", by=by.name)
        if before.published_revision is not None:
            await db.answers.bank_changed()
        await db.audit.record("answer.archive", key)
    if before.published_revision is not None:
        await announce(by.workspace, bus)
    return before, after


async def restore(key: str, number: int, *, based_on: int, by: Principal, store: "Store") -> Answer:
    """
    Make an earlier revision the newest one, as a draft: nothing in between is lost.

    Raises:
        NotFound: No such answer, or no such revision of it.
        Conflict: Somebody saved a newer revision; nothing was written.
    """
    async with store.begin(by) as db:
        answer = await _revised(db, key, None, based_on)
        history = await db.answers.history(answer.id)
        earlier = next((one for one in history if one.number == number), None)
        if earlier is None:
            raise NotFound("revision", number)
        restored = await db.answers.revise(answer, earlier.content, by=by.name)
        await db.audit.record("answer.restore", key, revision=number)
    return restored


async def _revised(db: "Unit", key: str, content: AnswerContent | None, based_on: int) -> Answer:
    """The locked answer, with *content* as its newest revision if that says anything new."""
    answer = await db.answers.get(key, lock=True)
    if answer.revision != based_on:
        raise Conflict(f"{answer.updated_by} saved revision {answer.revision} of this meanwhile.")
    if content is None or content == answer.content:
        return answer
    saved = await db.answers.revise(answer, content, by=db.principal.name)
    await db.audit.record("answer.save", key, revision=saved.revision)
    return saved


def check(content: AnswerContent) -> None:
    """
    Raises:
        Malformed: It says nothing, or nothing could find it.
    """
    if not content.text:
        raise Malformed("The reply is empty: write what customers shall read.")
    if not (content.title or content.phrasings):
        raise Malformed("Without a title or a phrasing nobody could find this answer.")
    if content.valid_from and content.valid_until and content.valid_from > content.valid_until:
        raise Malformed("The answer would end before it begins: exchange the two days.")


def key_from(title: str) -> str:
    """A key that an address can hold, made of the words of a title."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)[:60].strip("-") or f"answer-{uuid4().hex[:8]}"
