"""
Customers of the benchmarks: real sockets, no code of the application.

`python -m tests.load.chatters BASE HOW_MANY [--in-turn | --turns N | --idle]` prints one JSON
document; `--idle` holds the sockets open until its standard input ends.
"""

import asyncio
import json
import sys
import time
import urllib.request
import uuid
from typing import Self

import websockets

QUESTIONS = (
    "Can I return a tent that {} used once?",
    "How long does delivery to {} take?",
    "Do you mend boots of {}?",
    "Is the pack of {} waterproof?",
)


def session(base: str) -> str:
    """A token for a new visitor."""
    request = urllib.request.Request(
        f"{base}/api/v1/widget/session",
        json.dumps({"site_key": "demo"}).encode(),
        {"Content-Type": "application/json", "Origin": base},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["token"]


class Chatter:
    """One visitor with one socket."""

    def __init__(self, base: str, number: int) -> None:
        self.base, self.number = base, number

    async def __aenter__(self) -> Self:
        token = await asyncio.to_thread(session, self.base)
        self.socket = await websockets.connect(
            self.base.replace("http", "ws") + "/ws/chat",
            subprotocols=[websockets.Subprotocol("chat.v1")],
            origin=websockets.Origin(self.base),
            compression=None,
        )
        await self.socket.send(json.dumps({"type": "hello", "token": token}))
        assert json.loads(await self.socket.recv())["type"] == "ready"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def ask(self) -> tuple[float, float]:
        """Seconds from the question to the first word, and to the whole reply."""
        # Asked by nobody before, so that no saved reply is given.
        text = QUESTIONS[self.number % len(QUESTIONS)].format(uuid.uuid4().hex[:8])
        frame = {"type": "send", "cid": str(uuid.uuid4()), "text": text}
        began, first = time.perf_counter(), 0.0
        await self.socket.send(json.dumps(frame))
        while True:
            heard = json.loads(await self.socket.recv())
            if heard["type"] == "delta" and not first:
                first = time.perf_counter() - began
            if heard["type"] == "message" and heard["role"] == "bot":
                return first, time.perf_counter() - began


async def main(base: str, many: int, options: list[str]) -> None:
    chatters = [Chatter(base, number) for number in range(many)]
    for chatter in chatters:
        await chatter.__aenter__()
    if "--idle" in options:
        print(json.dumps({"open": many}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        return
    await chatters[0].ask()  # whatever is made once is made now
    print(json.dumps({"ready": many}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    if "--in-turn" in options:
        took = [await chatter.ask() for chatter in chatters]
    elif "--turns" in options:
        rounds = int(options[options.index("--turns") + 1])
        took = []
        for _ in range(rounds):
            took += await asyncio.gather(*(chatter.ask() for chatter in chatters))
    else:
        took = list(await asyncio.gather(*(chatter.ask() for chatter in chatters)))
    wall = time.perf_counter() - began
    for chatter in chatters:
        await chatter.__aexit__()
    firsts, wholes = sorted(first for first, _ in took), sorted(whole for _, whole in took)
    print(json.dumps({"first_s": firsts, "whole_s": wholes, "wall_s": wall}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
