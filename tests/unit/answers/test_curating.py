"""The judgements of the curation loop that need no database."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
import pytest

from chatbot.answers.agent_words import exchanges, is_public, reusable
from chatbot.answers.beside import at_odds
from chatbot.answers.clusters import Groups, most_typical
from chatbot.answers.drafting import refusal
from chatbot.answers.quality import interval
from chatbot.domain.conversation import Entry, Source, Speaker

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LASTING = "Tents of any brand are repaired within ten days."


def said(role: Speaker, *texts: str) -> list[Entry]:
    conversation = uuid4()
    source = Source("agent", "Mia") if role == "agent" else None
    return [
        Entry(uuid4(), conversation, 1, "message", NOON, role=role, text=text, source=source)
        for text in texts
    ]


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (f"Hi Ada,\n\n{LASTING}\n\nBest regards,\nMia", LASTING),
        (f"Let me check. {LASTING}", LASTING),
        (f"Thanks for waiting! {LASTING} You're welcome!", LASTING),
        ("It is €39 at https://shop.example/repairs for all.", None),
        ("Your order was sent this morning by courier.", ""),
        ("I've refunded the whole sum to your card.", ""),
        ("Follow https://shop.example/r?token=f00 to track it.", ""),
        ("Call Mr Smith at 0170 1234567 about the tent.", ""),
        ("The tracking code is JJD000390007, look there.", ""),
        ("Could you tell me which tent it is?", ""),
        ("Yes.", ""),
        (f"{LASTING} Does that help you, Ada?", ""),
    ],
)
def test_only_what_any_customer_may_read_is_kept(words: str, kept: str | None) -> None:
    assert reusable(words, ["Ada Lovelace"]) == (words if kept is None else kept)


@pytest.mark.parametrize(
    ("question", "public"),
    [
        ("Do you repair tents of other brands?", True),
        ("How do I return an item?", True),
        ("Do you have 30 litre packs?", True),
        ("Where is my parcel?", False),
        ("My order 4839201 is late", False),
        ("I want to speak to a human", False),
        ("mail me at ada@example.com", False),
        ("tents?", False),
    ],
)
def test_a_question_is_public_if_it_could_be_anybodys(question: str, *, public: bool) -> None:
    assert is_public(question, earlier=False) is public


@pytest.mark.parametrize(
    "added", ["evil.test", "ada@evil.test", "[here](//evil.test)", "![](x)", "https://evil.test/a"]
)
def test_a_draft_leads_nowhere_that_the_agent_did_not_name(added: str) -> None:
    said = "Yes, as example.test says on https://example.test/tents e.g."
    assert not refusal(said, "Yes: see [tents](https://example.test/tents) on example.test, e.g.")
    assert "links that the agent had not written" in refusal(said, f"Yes, see {added} for more.")


def test_a_wall_of_marks_is_judged_as_fast_as_it_is_read() -> None:
    wall = "(" * 300_000  # its square would take minutes
    assert is_public(f"{wall} any words?", earlier=False)


def test_an_agents_messages_answer_the_last_public_question_before_them() -> None:
    asked = said("customer", "Do you repair tents?", "hello")
    talk = [*asked, *said("agent", "One moment please.", LASTING), *said("customer", "Thanks!")]
    (found,) = exchanges(talk, [])
    assert (found.message_id, found.reply, found.agent) == (asked[0].id, LASTING, "Mia")


def test_words_of_the_bot_are_never_an_agents() -> None:
    assert exchanges([*said("customer", "Do you repair tents?"), *said("bot", LASTING)], []) == []


def test_a_private_matter_in_the_same_breath_leaves_the_exchange_out() -> None:
    talk = said("customer", "Where is my parcel?", "Do you repair tents?")
    assert exchanges([*talk, *said("agent", LASTING)], []) == []


def vector(*parts: float) -> np.ndarray:
    row = np.array(parts, np.float32)
    return row / np.linalg.norm(row)


def test_a_question_joins_the_group_it_is_most_like_and_no_other() -> None:
    near, far = UUID(int=1), UUID(int=2)
    groups = Groups({near: [vector(1, 0, 0)], far: [vector(0, 1, 0)]})
    assert groups.nearest(vector(0.9, 0.1, 0)) == near
    assert groups.nearest(vector(0, 0, 1)) is None
    groups.add(UUID(int=3), vector(0, 0, 1))
    assert groups.nearest(vector(0, 0.1, 1)) == UUID(int=3)
    assert Groups({}).nearest(vector(1, 0, 0)) is None


def test_the_most_typical_question_is_nearest_to_all() -> None:
    assert most_typical([vector(1, 0), vector(1, 1), vector(0, 1)]) == 1


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Washing costs €39.", "Washing costs €45.", "figures"),
        ("Washing costs €39 in 8 days.", "It costs €39.", None),
        ("Gas may not be sent.", "Gas may be sent.", "denial"),
        ("Gas may be sent.", "Gas can be sent.", None),
    ],
)
def test_sentences_are_at_odds_by_figures_or_denial(one: str, other: str, how: str | None) -> None:
    assert at_odds(one, other) == how


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.213), (5, 10, 0.269, 0.731), (10, 10, 0.787, 1.0)],
)
def test_the_interval_is_wide_where_little_is_known(
    found: int, of: int, low: float, high: float
) -> None:
    assert interval(found, of) == pytest.approx((low, high), abs=0.002)
