"""
A provider that fails on purpose, the way real ones do: for drills.

It stands before another provider, or before none: then it recites a fixed reply. Each fault is a
row of the fault table (`docs/continuity.md`) and raises what the adapters raise for it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from chatbot.domain.ask import CallPiece, Completed, CompletionRequest, TextPiece, ToolCall, Usage
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Provider

HALF = "The short answer begins with these words, and then "
"""What is said before a stream breaks; no final reply may hold it."""

RECITED = "This is what a model that is well would say."

_Item = TextPiece | CallPiece | Completed
When = Literal["before", "after", "end"]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One way to fail.

    Attributes:
        when: `before` the first word, `after` some words, or at an `end` that is no failure.
        error: What is raised then; None for a stall, and for an end.
        finish: Of a completion that ends oddly.
        calls: Tool calls that such a completion makes.
    """

    words: str
    when: When = "before"
    error: Callable[[], ProviderDegraded | ProviderRefused] | None = None
    finish: str = ""
    calls: tuple[ToolCall, ...] = ()


def _degraded(fault: str, retry_after: float | None = None) -> Callable[[], ProviderDegraded]:
    return lambda: ProviderDegraded(f"A drill ({fault}).", fault=fault, retry_after=retry_after)


def _refused(fault: str) -> Callable[[], ProviderRefused]:
    return lambda: ProviderRefused(f"A drill ({fault}).", fault=fault)


FAULTS: Mapping[str, Fault] = {
    "refused": Fault("the connection is refused", error=_degraded("refused")),
    "500": Fault("an error of the server", error=_degraded("server_error")),
    "stall": Fault("silence before the first word"),
    "stall-midway": Fault("silence after some words", "after"),
    "cut": Fault("the connection breaks after some words", "after", _degraded("cut")),
    "no-finish": Fault("a clean end that says no reason", "after", _degraded("no_finish")),
    "bad-json": Fault("a stream that is no JSON", "after", _degraded("bad_json")),
    "quota": Fault("no quota left", error=_refused("no_quota")),
    "wrong-key": Fault("a key that is not valid", error=_refused("unauthorized")),
    "content-filter": Fault("the filter withholds the reply", "end", finish="content_filter"),
    "bad-tool-call": Fault(
        "a tool call with arguments that are no JSON",
        "end",
        finish="tool_calls",
        calls=(ToolCall("call_1", "open_ticket", '{"subject": "half'),),
    ),
    "length": Fault("the reply runs into its length limit", "end", finish="length"),
    "429": Fault("too many requests", error=_degraded("rate_limited")),
    "429-retry-after": Fault(
        "too many requests, come back in a minute", error=_degraded("rate_limited", 60.0)
    ),
}
"""Every fault of a drill by its name; those come last after which no model is asked for a while."""


class FaultyProvider:
    """Satisfies `ports.Provider`."""

    def __init__(self, inner: Provider | None = None) -> None:
        self._inner = inner
        self._fault: Fault | None = None

    def fail_by(self, name: str) -> None:
        """Let every request from now on fail in this way; by `""` none does."""
        self._fault = FAULTS[name] if name else None

    @property
    def name(self) -> str:
        return self._inner.name if self._inner else "drill"

    @property
    def model(self) -> str:
        return self._inner.model if self._inner else "recited"

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[_Item, None]:
        """See `ports.Provider`."""
        fault = self._fault
        if fault is None:
            async with aclosing(self._well(request)) as items:
                async for item in items:
                    yield item
            return
        if fault.when == "after" or fault.finish == "length":
            yield TextPiece(HALF)
        if fault.when != "end":
            if fault.error is not None:
                raise fault.error()
            await asyncio.Event().wait()  # until whoever listens hangs up
        words = HALF if fault.finish == "length" else ""
        yield Completed(words, fault.calls, fault.finish, None, self.model)

    async def close(self) -> None:
        if self._inner is not None:
            await self._inner.close()

    def _well(self, request: CompletionRequest) -> AsyncGenerator[_Item, None]:
        return self._inner.stream(request) if self._inner else self._recite()

    async def _recite(self) -> AsyncGenerator[_Item, None]:
        yield TextPiece(RECITED)
        yield Completed(RECITED, (), "stop", Usage(1, 0, 1), self.model)
