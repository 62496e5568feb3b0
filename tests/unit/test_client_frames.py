"""Decoding is where a hostile frame meets us first."""

import json
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from chatbot.errors import Malformed
from chatbot.http.wire import ClientFrame, read_frame


@settings(max_examples=80, deadline=None)
@given(
    frame=some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(max_size=20),
        lambda inner: (
            some.lists(inner, max_size=3)
            | some.dictionaries(some.sampled_from(["type", "cid", "text", "x"]), inner)
        ),
        max_leaves=8,
    )
)
def test_whatever_is_sent_is_a_frame_of_ours_or_malformed(frame: object) -> None:
    plain = ["stop", "handoff", "typing", "pong"]
    needs_nothing = isinstance(frame, dict) and frame.get("type") in plain

    with nullcontext() if needs_nothing else pytest.raises(Malformed):
        assert isinstance(read_frame(json.dumps(frame)), ClientFrame)
