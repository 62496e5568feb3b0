"""Whatever a provider's stream holds, a draft takes it or declines: nothing else, and bounded."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.adapters.providers.chunks import ChatDraft
from chatbot.adapters.providers.draft import MOST_ARGUMENTS, MOST_CALLS, MOST_NAME, MOST_TEXT, Draft
from chatbot.adapters.providers.happenings import ResponseDraft
from chatbot.adapters.providers.sse import LARGEST_EVENT, EventSplitter, Oversized
from chatbot.errors import Declined
from tests.fault_dialects import Chunks, Happenings

DRAFTS = (ChatDraft, ResponseDraft)
KEYS = (
    *("choices", "delta", "content", "refusal", "tool_calls", "index", "id", "function"),
    *("name", "arguments", "finish_reason", "usage", "prompt_tokens", "completion_tokens"),
    *("error", "code", "message", "type", "response", "item", "output_index", "call_id"),
    *("status", "incomplete_details", "reason", "input_tokens", "output_tokens", "model"),
)
WORDS = (
    *("response.completed", "response.incomplete", "response.failed", "error", "function_call"),
    *("response.output_text.delta", "response.output_item.added", "response.output_item.done"),
    *("response.function_call_arguments.delta", "response.refusal.delta", "insufficient_quota"),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=25,
)
EVENTS = st.lists(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(), max_size=8)


def taken(kind: Callable[[str, str], Draft], events: list[bytes]) -> Draft:
    draft = kind("local/small", "small")
    for event in events:
        with suppress(Declined):
            draft.take([event])
    return draft


@pytest.mark.parametrize("kind", DRAFTS)
@given(events=EVENTS)
def test_any_event_is_taken_or_declined(kind: type[Draft], events: list[bytes]) -> None:
    draft = taken(kind, events)
    draft.finish = draft.finish or "stop"
    completed = draft.completed(None)
    assert len(completed.calls) <= MOST_CALLS
    assert len(completed.model) <= MOST_NAME
    assert len(completed.finish) <= MOST_NAME
    completed.text.encode()  # no half of a surrogate pair, which no database takes
    assert "\0" not in completed.text + completed.model + completed.finish


@pytest.mark.parametrize(("kind", "dialect"), [(ChatDraft, Chunks), (ResponseDraft, Happenings)])
@given(pieces=st.lists(st.text(max_size=40), min_size=1, max_size=10), data=st.data())
def test_the_same_reply_is_heard_however_its_bytes_are_cut(
    kind: type[Draft],
    dialect: type[Chunks | Happenings],
    pieces: list[str],
    data: st.DataObject,
) -> None:
    spoken = dialect()
    events = [
        *spoken.begin(),
        *map(spoken.words, pieces),
        spoken.call("c1", "open_ticket"),
        *map(spoken.arguments, pieces),
        *spoken.finish("tool_calls", {"prompt_tokens": 3, "completion_tokens": 2}),
    ]
    sent = b"".join(map(spoken.encode, events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    draft, splitter = kind("local/small", "small"), EventSplitter()
    for begin, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        draft.take(splitter.feed(sent[begin:end]))
    completed = draft.completed(0.5)
    assert completed.text == "".join(pieces).replace("\0", "")
    assert [call.arguments for call in completed.calls] == ["".join(pieces)]
    assert (completed.calls[0].call_id, completed.calls[0].name) == ("c1", "open_ticket")
    assert completed.finish == "tool_calls"
    assert completed.usage is not None
    assert completed.headroom == 0.5


@pytest.mark.parametrize(("kind", "dialect"), [(ChatDraft, Chunks), (ResponseDraft, Happenings)])
def test_arguments_without_an_end_are_kept_up_to_a_bound(
    kind: type[Draft], dialect: type[Chunks | Happenings]
) -> None:
    spoken = dialect()
    draft = kind("local/small", "small")
    for event in [spoken.call("c1", "open_ticket"), *[spoken.arguments("x" * 1_000)] * 1_000]:
        splitter = EventSplitter()
        draft.take(splitter.feed(spoken.encode(event)))
    draft.finish = "tool_calls"
    assert len(draft.completed(None).calls[0].arguments) == MOST_ARGUMENTS


@pytest.mark.parametrize(
    ("kind", "dialect"), [(ChatDraft, Chunks()), (ResponseDraft, Happenings())]
)
def test_words_without_an_end_are_declined(kind: type[Draft], dialect: Chunks | Happenings) -> None:
    """Each piece is small, and the stream is not yet too long: it is what is kept that counts."""
    draft, piece = kind("local/small", "small"), MOST_TEXT // 10
    events = EventSplitter().feed(dialect.encode(dialect.words("x" * piece)) * 10)
    draft.take(events)
    with pytest.raises(Declined, match="wrote more than"):
        draft.take(events[:1])


def test_arguments_told_in_one_at_the_end_are_kept_and_no_repetition_is() -> None:
    draft = ResponseDraft("local/small", "small")
    for index, deltas in enumerate((["{}"], [])):
        item = {"type": "function_call", "call_id": f"c{index}", "name": "f", "arguments": "{}"}
        events: list[object] = [
            {"type": "response.output_item.added", "output_index": index, "item": item},
            *(
                {
                    "type": "response.function_call_arguments.delta",
                    "output_index": index,
                    "delta": delta,
                }
                for delta in deltas
            ),
            {"type": "response.output_item.done", "output_index": index, "item": item},
        ]
        draft.take([json.dumps(event).encode() for event in events])
    draft.finish = "tool_calls"
    assert [call.arguments for call in draft.completed(None).calls] == ["{}", "{}"]


def test_a_stream_has_an_end_and_an_event_too() -> None:
    splitter = EventSplitter(whole=1_000)
    splitter.feed(b": ping\n\n" * 100)
    with pytest.raises(Oversized, match="does not end"):
        splitter.feed(b": ping\n\n" * 100)
    with pytest.raises(Oversized, match="more than"):
        EventSplitter().feed(b"data: " + b"x" * LARGEST_EVENT)
    with pytest.raises(Oversized, match="more than"):
        EventSplitter().feed(b"data: " + b"x" * LARGEST_EVENT + b"\n\n")
