"""A model's rung over the fault server, with what it needs around it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from chatbot.adapters.providers.openai_chat import OpenAIChat
from chatbot.completions.calls import CallCollector
from chatbot.completions.deadlines import Deadlines
from chatbot.completions.live import LiveModel
from chatbot.completions.schemas import TOOLS
from chatbot.context.tokens import count
from chatbot.domain.ask import (
    Ask,
    CallPiece,
    Completed,
    CompletionRequest,
    JournaledStep,
    ModelCall,
    Rate,
    Reply,
    TextPiece,
    ToolResult,
    ToolSchema,
)
from chatbot.errors import NotAllowed
from chatbot.ladder.climb import Rung, Said, Settled, Withdrawn, climb
from chatbot.ladder.model import ModelRung
from chatbot.ports import Clock
from chatbot.spend.ledger import Ledger
from chatbot.spend.prices import PriceList
from tests.asks import uid
from tests.builders import FakeClock
from tests.fault_catalogue import fault_server
from tests.fault_server import MODEL, FaultServer


@dataclass
class MemoryJournal:
    """`ports.Journal` in memory; `tests/contracts/test_journals.py` holds it to the stored one."""

    kept: dict[tuple[UUID, int], Completed] = field(default_factory=dict)

    async def steps(self, ask: Ask) -> tuple[JournaledStep, ...]:
        if ask.attempt == 1:
            return ()
        return tuple(
            JournaledStep(step, completed)
            for (turn, step), completed in sorted(self.kept.items(), key=lambda kept: kept[0][1])
            if turn == ask.turn_id
        )

    async def record(self, ask: Ask, step: int, completed: Completed) -> None:
        self.kept.setdefault((ask.turn_id, step), completed)


@dataclass
class MemoryToolbox:
    """
    `ports.Toolbox` in memory; `tests/contracts/test_toolboxes.py` holds it to the stored one.

    Attributes:
        runs: (step, name, arguments) of every call, also of those that were done before.
        done: Results by (turn, step, name).
    """

    schemas: tuple[ToolSchema, ...] = TOOLS
    runs: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    done: dict[tuple[UUID, int, str], ToolResult] = field(default_factory=dict)
    next_number: int = 42

    async def run(self, ask: Ask, step: int, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        if name not in {tool.name for tool in self.schemas}:
            raise NotAllowed(f"There is no tool {name}.")
        self.runs.append((step, name, dict(arguments)))
        key = (ask.turn_id, step, name)
        if key not in self.done:
            self.done[key] = self._do(name)
        return self.done[key]

    def _do(self, name: str) -> ToolResult:
        if name != "open_ticket":
            return ToolResult('[{"kind": "order", "data": {"number": "F-1042"}}]')
        number, self.next_number = self.next_number, self.next_number + 1
        return ToolResult(f"Ticket #{number} is open now.", ticket=number)


class FlatPrices:
    """`ports.Prices` with one known model."""

    def rate(self, model: str, on: date) -> Rate | None:
        return rate("1", on) if model == MODEL else None

    def dearest(self, on: date) -> Rate | None:
        return rate("100", on)


@dataclass
class Overheard:
    """A provider, and everything that came out of it."""

    inner: OpenAIChat
    items: list[TextPiece | CallPiece | Completed] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def model(self) -> str:
        return self.inner.model

    async def stream(
        self, request: CompletionRequest
    ) -> AsyncGenerator[TextPiece | CallPiece | Completed, None]:
        async with aclosing(self.inner.stream(request)) as items:
            async for item in items:
                self.items.append(item)
                yield item

    async def close(self) -> None:
        await self.inner.close()


def rate(dollars: str, on: date) -> Rate:
    each = Decimal(dollars)
    return Rate(each, each / 10, each, each * 4, on.isoformat())


@dataclass
class Stage:
    """Everything around one model, and what came of it."""

    server: FaultServer
    provider: Overheard
    clock: Clock
    journal: MemoryJournal
    toolbox: MemoryToolbox
    calls: CallCollector
    live: LiveModel
    rung: ModelRung

    @property
    def booked(self) -> Sequence[ModelCall]:
        return self.calls.of(uid("turn"))

    async def reply(self, ask: Ask) -> Reply:
        """What the rung settles on; its words must be the reply's text."""
        *_, last = [event async for event in climb(ask, [self.rung])]
        assert isinstance(last, Settled)
        return last.reply


@asynccontextmanager
async def stage(
    clock: Clock | None = None, deadlines: Deadlines | None = None
) -> AsyncGenerator[Stage]:
    clock = clock or FakeClock()
    calls, journal, toolbox = CallCollector(), MemoryJournal(), MemoryToolbox()
    async with fault_server() as server:
        provider = Overheard(
            OpenAIChat("local", MODEL, "sk-made-up", server.base_url, bill_within=0.2, pace_s=0)
        )
        live = LiveModel(
            provider,
            clock=clock,
            deadlines=deadlines or Deadlines(),
            ledger=Ledger(PriceList(FlatPrices()), calls, clock, count),
        )
        rung = ModelRung(live, toolbox, journal)
        try:
            yield Stage(server, provider, clock, journal, toolbox, calls, live, rung)
        finally:
            await provider.close()


async def shown(ask: Ask, rungs: Sequence[Rung]) -> tuple[str, list[str], Settled]:
    """
    Climb as a customer sees it.

    Returns:
        The words that stood at the end, the reasons of withdrawals, and how it was settled.
    """
    words, withdrawn = "", []
    settled: Settled | None = None
    async for event in climb(ask, rungs):
        assert settled is None, "nothing follows the end"
        if isinstance(event, Said):
            words += event.text
        elif isinstance(event, Withdrawn):
            withdrawn.append(event.reason)
            words = ""
        elif isinstance(event, Settled):
            settled = event
    assert settled is not None
    assert words == settled.reply.text, "what was said is what is kept"
    return words, withdrawn, settled
