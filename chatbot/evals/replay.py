"""
A recorded stream of messages, played again: who served each one, what it cost, how long it took.

Messages are begun in the order of their times, a few at once, but those of one user one after the
other; a replay that was interrupted goes on where it stopped.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chatbot.errors import Malformed

Served = Literal["cache", "semantic", "bank", "model", "tool", "handoff"]

PAUSE_S = 1_800.0
"""Recorded seconds without a word after which a user's next message begins a conversation."""

AT_ONCE = 8
"""Messages that are played at the same time."""


class Recorded(msgspec.Struct, frozen=True):
    """
    One message of the stream.

    Attributes:
        i: Its number; unique.
        t: When it was sent, in seconds; decides the order.
    """

    i: int
    user: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(min_length=1)]
    t: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """
    What became of a message.

    Attributes:
        from_i: The earlier message whose reply was given again; None when it was made anew.
    """

    i: int
    served: Served
    from_i: int | None
    answer: str
    cost_usd: float
    latency_ms: int


Play = Callable[[Recorded], Awaitable[Row]]


def read_stream(path: Path) -> list[Recorded]:
    """
    Every message of a JSONL file, in the order of their times.

    Raises:
        Malformed: A line is not a message, or two have one number; nothing is played then.
    """
    found: dict[int, Recorded] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            message = msgspec.json.decode(line, type=Recorded)
        except msgspec.DecodeError as error:
            raise Malformed(f"{path.name}, line {number}: {error}.") from error
        if message.i in found:
            raise Malformed(f"{path.name}, line {number}: there is a message {message.i} already.")
        found[message.i] = message
    return sorted(found.values(), key=lambda message: (message.t, message.i))


def read_done(path: Path | None) -> list[Row]:
    """The rows that an earlier run wrote; a line it was writing when it ended is passed over."""
    if path is None or not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(Row(**json.loads(line)))
        except (ValueError, TypeError):
            break
    return rows


async def replay(
    messages: Iterable[Recorded],
    play: Play,
    *,
    done: Iterable[Row] = (),
    write: Callable[[Row], None],
    at_once: int = AT_ONCE,
) -> None:
    """
    Play what is not done yet.

    Args:
        messages: In the order of their times.
        play: Plays one message to its end.
        done: Rows of an earlier run.
        write: Called with each row as it is made.
        at_once: Messages played at the same time.
    """
    finished = {row.i for row in done}
    room = asyncio.Semaphore(at_once)
    last: dict[str, asyncio.Task[None]] = {}

    async def one(message: Recorded, earlier: asyncio.Task[None] | None) -> None:
        try:
            if earlier is not None:
                await asyncio.wait({earlier})
            write(await play(message))
        finally:
            room.release()

    async with asyncio.TaskGroup() as group:
        for message in messages:
            if message.i not in finished:
                await room.acquire()  # those that wait for their user's last one came later than it
                last[message.user] = group.create_task(one(message, last.get(message.user)))


def summary(rows: Iterable[Row]) -> Mapping[str, object]:
    """Shares by who served, cost and latencies."""
    listed = list(rows)
    times = sorted(row.latency_ms for row in listed)
    counts: dict[str, int] = {}
    for row in listed:
        counts[row.served] = counts.get(row.served, 0) + 1
    return {
        "messages": len(listed),
        "served": dict(sorted(counts.items())),
        "cost_usd": round(sum(row.cost_usd for row in listed), 6),
        "latency_ms": {
            "p50": _quantile(times, 0.5),
            "p95": _quantile(times, 0.95),
            "max": times[-1] if times else 0,
        },
    }


def _quantile(ordered: list[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def as_line(row: Row) -> str:
    """A row as one line of JSON."""
    return json.dumps(asdict(row), ensure_ascii=False)
