"""Streams are read whole, played in order per user, and gone on with."""

import json
from pathlib import Path

import pytest

from chatbot.errors import Malformed
from chatbot.evals.replay import Recorded, Row, as_line, read_done, read_stream, replay, summary


def stream(folder: Path, *lines: str) -> Path:
    path = folder / "stream.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def message(i: int, user: str = "u", t: float = 0.0) -> str:
    return json.dumps({"i": i, "t": t, "user": user, "text": f"question {i}"})


def row(i: int) -> Row:
    return Row(i, "bank", None, "Yes.", 0.0, 20)


def test_messages_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    path = stream(tmp_path, message(1, t=9), "", message(2, t=3))

    assert [one.i for one in read_stream(path)] == [2, 1]


@pytest.mark.parametrize(
    ("line", "said"),
    [("{", "line 2"), ('{"i": 5}', "user"), (message(1), "there is a message 1 already")],
)
def test_a_bad_line_is_named_and_nothing_is_played(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read_stream(stream(tmp_path, message(1), line))


async def test_each_users_messages_are_played_in_their_order() -> None:
    messages = [Recorded(i, f"user{i % 3}", "hi", float(i)) for i in range(12)]
    played: list[int] = []

    async def play(one: Recorded) -> Row:
        played.append(one.i)
        return row(one.i)

    rows: list[Row] = []
    await replay(messages, play, write=rows.append, at_once=2)

    assert sorted(one.i for one in rows) == list(range(12))
    for user in range(3):
        theirs = [i for i in played if i % 3 == user]
        assert theirs == sorted(theirs)


async def test_a_replay_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text(as_line(row(0)) + "\n" + as_line(row(1))[:10], encoding="utf-8")
    played: list[int] = []

    async def play(one: Recorded) -> Row:
        played.append(one.i)
        return row(one.i)

    done = read_done(out)
    await replay([Recorded(i, "u", "hi") for i in range(3)], play, done=done, write=print)

    assert [one.i for one in done] == [0]
    assert played == [1, 2]


def test_the_summary_counts_who_served() -> None:
    told = summary([row(0), row(1), Row(2, "handoff", None, "", 0.5, 400)])

    assert told["served"] == {"bank": 2, "handoff": 1}
    assert told["cost_usd"] == 0.5
    assert told["latency_ms"] == {"p50": 20, "p95": 400, "max": 400}


async def test_messages_are_begun_in_the_order_of_their_times_whoever_sends_them() -> None:
    messages = [Recorded(i, f"user{i % 3}", "hi", float(i)) for i in range(12)]
    begun: list[int] = []

    async def play(one: Recorded) -> Row:
        begun.append(one.i)
        return row(one.i)

    await replay(messages, play, write=lambda _: None, at_once=3)

    assert begun == list(range(12))
