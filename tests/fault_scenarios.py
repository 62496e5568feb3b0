"""How the fault server can treat a request: the pieces that its catalogue is made of."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from tests.fault_server import Exchange, Scenario

WORDS = ("Returns ", "are free ", "within 30 days.")
REPLY = "".join(WORDS)
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 8,
    "total_tokens": 128,
    "prompt_tokens_details": {"cached_tokens": 64},
}


def reply(*words: str, finish: str = "stop", usage: Any = USAGE) -> Scenario:  # noqa: ANN401 wrong ones too
    """Say *words*, one piece each, and end properly."""

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        for word in words or WORDS:
            await exchange.say(word)
        await exchange.finish(finish, usage)

    return play


def call(name: str, arguments: Any, *, call_id: str = "call_1", words: str = "") -> Scenario:  # noqa: ANN401
    """Call one tool; *arguments* are sent as JSON, or as they are when they are text."""
    return calls((call_id, name, arguments), words=words)


def calls(*wanted: tuple[str, str, Any], words: str = "") -> Scenario:
    """Call tools, the arguments in pieces of a few characters as OpenAI sends them."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        if words:
            await exchange.say(words)
        for call_id, name, arguments in wanted:
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            await exchange.event(exchange.dialect.call(call_id, name))
            size = max(7, len(text) // 50)
            for start in range(0, len(text), size):
                await exchange.event(exchange.dialect.arguments(text[start : start + size]))
        await exchange.finish("tool_calls", USAGE)

    return play


def paced(tokens: int, per_second: float, *, first_after: float = 0.0) -> Scenario:
    """Stream *tokens* words at a steady pace, as a real model does; for load, not for tests."""

    async def play(exchange: Exchange) -> None:
        await asyncio.sleep(first_after)
        await exchange.head()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for n in range(tokens):
            await asyncio.sleep(max(0.0, begun + n / per_second - loop.time()))
            await exchange.say(f"word{n} ")
        await exchange.finish("stop", USAGE | {"completion_tokens": tokens})

    return play


def held(scenario: Scenario, until: asyncio.Event) -> Scenario:
    """*scenario*, which does not begin before *until* is set."""

    async def play(exchange: Exchange) -> None:
        await until.wait()
        await scenario(exchange)

    return play


def refusing(words: str) -> Scenario:
    """Refuse in words, as models do that were asked for something harmful."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(exchange.dialect.refusal(words))
        await exchange.finish("stop", USAGE)

    return play


def refuse(status: int, code: str | None = None, message: str = "no", **headers: str) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.error(
            status, {"message": message, "type": code, "code": code, "param": None}, **headers
        )

    return play


def page(status: int) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.whole(status, b"<html>Bad gateway</html>", kind="text/html")

    return play


def broken(*bodies: bytes | str, then: str = "end", events: Sequence[object] = ()) -> Scenario:
    """Say two words, then send *events* and raw *bodies*, then `end`, `cut`, `reset` or `hang`."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for word in WORDS[:2]:
            await exchange.say(word)
        for value in events:
            await exchange.event(value)
        for body in bodies:
            await exchange.send(body.encode() if isinstance(body, str) else body)
        if then in {"end", "hang"}:
            await (exchange.end() if then == "end" else exchange.hang())
        else:
            (exchange.cut if then == "cut" else exchange.reset)()

    return play


def odd(*events: object) -> Scenario:
    """An honest reply with *events* before its words, which a client has to bear."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for value in events:
            await exchange.event(value)
        for word in WORDS:
            await exchange.say(word)
        await exchange.finish("stop", USAGE)

    return play


def carried(transform: Callable[[list[bytes]], Iterable[bytes]]) -> Scenario:
    """An honest reply whose pieces, the end mark last, are carried as *transform* says."""

    async def play(exchange: Exchange) -> None:
        dialect = exchange.dialect
        await exchange.head()
        events = [*dialect.begin(), dialect.words(REPLY), *dialect.finish("stop", None)]
        for body in transform([*map(dialect.encode, events), dialect.done]):
            if body:
                await exchange.send(body)
        await exchange.end()

    return play


def flood(tokens: int, *, at_once: int = 64) -> Scenario:
    """Stream *tokens* words as fast as they are taken, *at_once* of them in a piece."""

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        word = exchange.dialect.encode(exchange.dialect.words("word "))
        for sent in range(0, tokens, at_once):
            await exchange.send(word * min(at_once, tokens - sent))
        await exchange.finish("stop", USAGE | {"completion_tokens": tokens})

    return play


def bare(*bodies: bytes, encoding: str = "identity") -> Scenario:
    """A response of nothing but *bodies*."""

    async def play(exchange: Exchange) -> None:
        await exchange.head(headers={"content-encoding": encoding})
        for body in bodies:
            await exchange.send(body)
        await exchange.end()

    return play


class Manual:
    """A scenario that a test plays by hand: what is put in the queue happens, in order."""

    def __init__(self) -> None:
        self._acts: asyncio.Queue[Callable[[Exchange], Awaitable[None]] | None] = asyncio.Queue()
        self.asked = asyncio.Event()
        self.ended = asyncio.Event()

    def head(self) -> None:
        self._acts.put_nowait(lambda exchange: exchange.head())

    def say(self, text: str) -> None:
        self._acts.put_nowait(lambda exchange: exchange.say(text))

    def event(self, value: object) -> None:
        self._acts.put_nowait(lambda exchange: exchange.event(value))

    def send(self, data: bytes) -> None:
        self._acts.put_nowait(lambda exchange: exchange.send(data))

    def finish(self, reason: str = "stop") -> None:
        self._acts.put_nowait(lambda exchange: exchange.finish(reason, USAGE))
        self._acts.put_nowait(None)

    def over(self) -> None:
        """Leave the connection as it is."""
        self._acts.put_nowait(None)

    async def __call__(self, exchange: Exchange) -> None:
        self.asked.set()
        try:
            while (act := await self._acts.get()) is not None:
                await act(exchange)
        finally:
            self.ended.set()
