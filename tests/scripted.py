"""Providers in memory that take their time on a test's clock, and models over them."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.adapters.counters.memory import MemoryCounters
from chatbot.completions.calls import CallCollector
from chatbot.completions.deadlines import Deadlines
from chatbot.context.tokens import count
from chatbot.domain.ask import (
    Ask,
    CallPiece,
    Completed,
    CompletionRequest,
    ModelCall,
    TextPiece,
    ToolCall,
    Usage,
    Waiting,
)
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ladder.climb import Rung, Settled, climb
from chatbot.ladder.models import Models
from chatbot.resilience.breaker import BreakerLimits
from chatbot.resilience.limiter import Concurrency
from chatbot.spend.ledger import Ledger
from chatbot.spend.prices import PriceList
from tests.asks import ask, uid
from tests.builders import FakeClock
from tests.models import FlatPrices, MemoryJournal, MemoryToolbox
from tests.rungs import says


class Silence(Exception):
    """Said as the last of a script: the stream ends there, and nothing says that it is whole."""


Act = float | str | ToolCall | Exception
"""Seconds that pass, words, a tool call, or how it fails; a script that ends is a whole reply."""


@dataclass
class ScriptedProvider:
    """
    `ports.Provider` over scripts.

    Attributes:
        scripts: One for each of the next requests; then `default`.
        requests: Every one so far.
        hung_up: How many were not listened to until their end.
    """

    name: str
    clock: FakeClock
    default: Sequence[Act] = ("Hello",)
    scripts: deque[Sequence[Act]] = field(default_factory=deque)
    requests: list[CompletionRequest] = field(default_factory=list)
    hung_up: int = 0
    headroom: float | None = None
    model: str = "m"

    async def stream(
        self, request: CompletionRequest
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        self.requests.append(request)
        acts = self.scripts.popleft() if self.scripts else self.default
        words, calls, ended = "", list[ToolCall](), False
        try:
            for act in acts:
                if isinstance(act, Silence):
                    ended = True
                    return
                if isinstance(act, Exception):
                    ended = True
                    raise act
                if isinstance(act, str):
                    words += act
                    yield TextPiece(act)
                elif isinstance(act, ToolCall):
                    calls.append(act)
                    yield CallPiece()
                else:
                    await self.clock.sleep(act)
            ended = True
        finally:
            self.hung_up += not ended
        finish = "tool_calls" if calls else "stop"
        yield Completed(words, tuple(calls), finish, Usage(1, 0, 1), "m", self.headroom)

    async def close(self) -> None:
        pass


class Bench:
    """Models over scripted providers, their rungs, and what came of it."""

    def __init__(
        self,
        clock: FakeClock,
        *names: str,
        concurrency: Concurrency | None = None,
        breaker: BreakerLimits | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self.clock, self._calls = clock, CallCollector()
        self.providers = [ScriptedProvider(name, clock) for name in names or ("one", "two")]
        self.toolbox = MemoryToolbox()
        self.counters, self.bus = MemoryCounters(clock), MemoryBus()
        self.models = Models(
            self.providers,
            counters=self.counters,
            bus=self.bus,
            clock=clock,
            ledger=Ledger(PriceList(FlatPrices()), self._calls, clock, count),
            deadlines=deadlines or Deadlines(),
            breaker=breaker or BreakerLimits(),
            concurrency=concurrency or Concurrency(),
            random=lambda: 0.0,
        )

    def rungs(self) -> list[Rung]:
        return self.models.rungs(self.toolbox, MemoryJournal())

    @property
    def booked(self) -> list[tuple[str, str]]:
        """(provider, outcome) of each request."""
        rows: Sequence[ModelCall] = self._calls.of(uid("turn"))
        return [(row.provider, row.outcome) for row in rows]


class Turn:
    """One customer's turn over the models and a saved answer."""

    def __init__(self, bench: Bench, asked: Ask | None = None) -> None:
        self.clock = bench.clock
        self.began = self.clock.monotonic()
        self.waits: list[Waiting] = []
        self.took_s = 0.0
        self.settled: Settled | None = None
        asked = asked or ask(received_at=self.began)
        self.task = asyncio.create_task(self._climb(bench, asked))

    async def _climb(self, bench: Bench, asked: Ask) -> None:
        async for event in climb(asked, [*bench.rungs(), says("answer_bank", "A saved answer.")]):
            if isinstance(event, Waiting):
                self.waits.append(event)
            elif isinstance(event, Settled):
                self.settled = event
        self.took_s = self.clock.monotonic() - self.began

    async def after(self, seconds: float) -> tuple[str, str]:
        """Let *seconds* pass; the rung and text of the reply, which must be there by then."""
        for _ in range(round(seconds * 10)):
            if not self.task.done():
                await self.clock.advance(0.1)
        assert self.task.done(), f"no reply after {seconds} s"
        await self.task
        assert self.settled is not None
        return self.settled.reply.source.rung, self.settled.reply.text

    @property
    def declined(self) -> dict[str, str]:
        assert self.settled is not None
        return dict(self.settled.declined)


def failing(fault: str, retry_after: float | None = None) -> ProviderDegraded:
    return ProviderDegraded("It failed.", fault=fault, retry_after=retry_after)


def refusing(fault: str) -> ProviderRefused:
    return ProviderRefused("It refused.", fault=fault)
