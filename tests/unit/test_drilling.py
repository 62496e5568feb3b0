"""A drill notices every way in which a promise can be broken."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chatbot.adapters.providers.faulty import HALF
from chatbot.cli.drilling import Seen, judged
from chatbot.cli.playing import Played
from chatbot.domain.conversation import Entry, Source

WELL = "Our team has this as ticket #5."
LATER = "If our assistant is back within 30 minutes, it answers you here too."


def played(text: str, rung: str, latency_ms: int = 10, **receipt: object) -> Played:
    entry = Entry(
        uuid4(), uuid4(), 3, "message", datetime(2026, 1, 1, tzinfo=UTC), "bot", text,
        source=Source(rung, ""),
    )  # fmt: skip
    return Played(entry, None, None, {}, receipt, latency_ms, None)


def seen(text: str, rung: str, *, shown: str = "", queued: bool = False) -> Seen:
    return Seen("500", "Help?", rung=rung, text=text, shown=shown, queued=queued)


def test_a_truthful_handoff_is_no_problem() -> None:
    assert judged(seen(WELL, "handoff", shown=WELL), played(WELL, "handoff"), {5}, "en") == []
    both = f"{WELL} {LATER}"
    assert judged(seen(both, "handoff", queued=True), played(both, "handoff"), {5}, "en") == []


@pytest.mark.parametrize(
    ("what", "how", "tickets"),
    [
        (seen(WELL, "handoff"), played(WELL, "handoff", 10_001), {5}),
        (seen(HALF, "model"), played(HALF, "model"), set()),
        (seen(WELL, "handoff", shown="Something"), played(WELL, "handoff"), {5}),
        (seen(WELL, "model"), played(WELL, "model"), set()),
        (seen("Somebody comes.", "handoff"), played("Somebody comes.", "handoff"), set()),
        (seen(LATER, "model"), played(LATER, "model"), set()),
        (seen(WELL, "handoff", queued=True), played(WELL, "handoff"), {5}),
    ],
    ids=["late", "half", "not_the_reply", "no_such_ticket", "no_ticket", "no_later", "unsaid"],
)
def test_a_broken_promise_is_one(what: Seen, how: Played, tickets: set[int]) -> None:
    assert len(judged(what, how, tickets, "en")) == 1


def test_a_reply_that_is_marked_as_shortened_is_not_half() -> None:
    assert judged(seen(HALF, "model"), played(HALF, "model", shortened=True), set(), "en") == []
