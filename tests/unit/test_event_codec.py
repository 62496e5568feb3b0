"""Events of any content survive the way to another process; anything else is refused."""

import contextlib
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.adapters.buses import codec
from chatbot.domain.conversation import Entry, Source
from chatbot.domain.event import LiveEvent, Logged, Noticed, Retracted, Spoken, Started, Typing

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBERS = st.integers(0, 2**31)
MOMENTS = st.datetimes(timezones=st.just(UTC))
SOURCES = st.builds(
    Source,
    TEXTS,
    TEXTS,
    st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
    st.none() | st.floats(0, 1),
)
ENTRIES = st.builds(
    Entry,
    id=st.uuids(),
    conversation_id=st.uuids(),
    seq=NUMBERS,
    kind=st.sampled_from(["message", "ticket", "state"]),
    at=MOMENTS,
    role=st.sampled_from(["customer", "bot", "agent", "system"]),
    text=TEXTS,
    cid=st.none() | st.uuids(),
    reply_to=st.none() | st.uuids(),
    source=st.none() | SOURCES,
    data=st.dictionaries(TEXTS, st.none() | NUMBERS | TEXTS, max_size=3),
)
EVENTS: st.SearchStrategy[LiveEvent] = st.one_of(
    st.builds(Logged, ENTRIES),
    st.builds(Started, st.uuids(), st.uuids(), NUMBERS),
    st.builds(Spoken, st.uuids(), NUMBERS, NUMBERS, TEXTS),
    st.builds(Retracted, st.uuids(), NUMBERS, TEXTS),
    st.builds(Noticed, st.sampled_from(["degraded", "restored", "queued"]), TEXTS),
    st.builds(Typing, st.sampled_from(["customer", "agent"])),
)


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: LiveEvent) -> None:
    assert codec.decode(codec.encode(event)) == event


@given(EVENTS)
def test_a_field_of_a_later_version_is_passed_over(event: LiveEvent) -> None:
    assert codec.decode(codec.encode(event)[:-1] + b',"added_later":1}') == event


@pytest.mark.parametrize(
    "data", [b"", b"spoken", b"spoken {", b"sung {}", b'typing {"role":"cat"}']
)
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="event"):
        codec.decode(data)


@given(st.sampled_from([b"", b"spoken ", b"logged "]), st.binary(max_size=60))
def test_no_bytes_do_anything_worse_than_be_refused(start: bytes, data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(codec.decode(start + data), LiveEvent)
