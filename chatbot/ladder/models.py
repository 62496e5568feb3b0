"""The models of a route as rungs: each behind its guards, and the guards' work between turns."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from chatbot.completions.again import Twice
from chatbot.completions.deadlines import Deadlines
from chatbot.completions.guarded import GuardedModel
from chatbot.completions.live import LiveModel
from chatbot.completions.routing import ALTERNATIVE, Route
from chatbot.ladder.climb import Rung
from chatbot.ladder.model import ModelRung
from chatbot.ports import Bus, Clock, Counters, Journal, Provider, Toolbox
from chatbot.resilience.breaker import Breaker, BreakerLimits, Change
from chatbot.resilience.limiter import Concurrency, Limiter
from chatbot.resilience.probing import Prober
from chatbot.resilience.sharing import Sharing
from chatbot.spend.ledger import Ledger
from chatbot.telemetry.metrics import BREAKER_STATE


class Models:
    """
    Every model that may answer customers.

    Attributes:
        breakers: One for each; others may listen to their `on_change`.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        counters: Counters,
        bus: Bus,
        clock: Clock,
        ledger: Ledger,
        deadlines: Deadlines,
        breaker: BreakerLimits,
        concurrency: Concurrency,
        random: Callable[[], float],
    ) -> None:
        """
        Args:
            providers: The primary, and the alternative if there is one; none without a model.
            counters, bus: What processes share.
            clock: Whose time counts.
            ledger: Where every request is booked.
            deadlines: How long a customer is left waiting.
            breaker: When a model is set aside.
            concurrency: How many requests run at once.
            random: Uniform between 0 and 1; spreads retries.
        """
        self._clock, self._deadlines = clock, deadlines
        self.breakers = [Breaker(each.name, each.model, clock, breaker) for each in providers]
        self._sharing = Sharing(self.breakers, counters=counters, bus=bus, clock=clock)
        self._guarded: list[GuardedModel] = []
        self._probers: list[Prober] = []
        for place, (provider, guard) in enumerate(zip(providers, self.breakers, strict=True)):
            live = partial(LiveModel, provider, clock=clock, deadlines=deadlines, ledger=ledger)
            guard.on_change.append(_show)
            _show_state(guard.provider, guard.model, is_open=False)
            self._guarded.append(
                GuardedModel(
                    # Where there is an alternative, that is asked when the first token is late.
                    live(patient=place == 0 and len(providers) > 1),
                    guard,
                    Limiter(provider.name, provider.model, clock, concurrency),
                    clock=clock,
                    deadlines=deadlines,
                    random=random,
                )
            )
            self._probers.append(Prober(guard, live().probe, counters=counters, clock=clock))

    def rungs(self, toolbox: Toolbox, journal: Journal) -> list[Rung]:
        """The rungs on which a model speaks, in order."""
        if not self._guarded:
            return []
        primary, *others = self._guarded
        if not others:
            twice = Twice(primary)
            return [ModelRung(twice, toolbox, journal), ModelRung(twice.second, toolbox, journal)]
        route = Route(primary, others[0], clock=self._clock, deadlines=self._deadlines)
        return [
            ModelRung(route, toolbox, journal, trims=False),
            ModelRung(route.alternative, toolbox, journal, name=ALTERNATIVE),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Share with other processes what the models do, and probe those that were set aside."""
        async with self._sharing.running():
            tasks = [asyncio.create_task(prober.run()) for prober in self._probers]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def _show(change: Change) -> None:
    _show_state(change.provider, change.model, is_open=change.open)


def _show_state(provider: str, model: str, *, is_open: bool) -> None:
    BREAKER_STATE.labels(provider, model).set(int(is_open))
