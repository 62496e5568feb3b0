"""
The sixteen faults of the public Failover Bench (its catalogue 0.1), played to our own provider.

Each case says what the primary does with its first, second, … request, and what a sound client of
it may do: how often and how fast it asks. The alternative is healthy. What counts as rescued is
what the customer's socket was told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.fault_scenarios import USAGE, refuse
from tests.fault_server import Exchange, Scenario

WORDS = (*(f"reason-{number} " for number in range(59)), "ends.")
ANSWER = "".join(WORDS)
"""Sixty words, as many pieces."""


def whole(*, done: bool = True) -> Scenario:
    """The answer as it should be, perhaps without the mark after its end."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for word in WORDS:
            await exchange.say(word)
        if done:
            await exchange.finish("stop", USAGE)
            return
        for event in exchange.dialect.finish("stop", USAGE):
            await exchange.event(event)
        await exchange.end()

    return play


def cut(after: int) -> Scenario:
    """Close the connection after some of the words."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for word in WORDS[:after]:
            await exchange.say(word)
        exchange.cut()

    return play


async def silent(exchange: Exchange) -> None:
    """Take the request and never answer."""
    await exchange.hang()


async def slow(exchange: Exchange) -> None:
    """Headers at once, and not a word for as long as anybody waits."""
    await exchange.head()
    await exchange.hang()


async def stalled(exchange: Exchange) -> None:
    await exchange.head()
    for word in WORDS[:20]:
        await exchange.say(word)
    await exchange.hang()


async def malformed(exchange: Exchange) -> None:
    """The tenth event is no JSON; what follows is as it should be."""
    await exchange.head()
    for number, word in enumerate(WORDS, start=1):
        if number == 10:
            await exchange.send(b"data: {not json at all\n\n")
        await exchange.say(word)
    await exchange.finish("stop", USAGE)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def no_prefill(exchange: Exchange) -> None:
    """Answer, unless the last message is the beginning of an answer."""
    last = exchange.received.body["messages"][-1]
    if last["role"] == "assistant":
        await refuse(400, "invalid_request_error", "prefill is not supported")(exchange)
    else:
        await whole()(exchange)


@dataclass(frozen=True)
class Case:
    """
    One fault.

    Attributes:
        requests: What the primary does with its first, second, … request; the last one for good.
        alternative: What the other provider does.
        rescued: False where the right outcome is a plain word that nobody can answer this.
        most: Requests to the primary at most.
        least: Requests to the primary at least.
        first_gap_s: Seconds between its first and second request, at least.
        in_a_moment: (seconds, requests): at most so many so soon after the first.
        within_s: The customer has the answer by then.
    """

    name: str
    requests: Sequence[Scenario]
    alternative: Scenario = field(default_factory=whole)
    rescued: bool = True
    most: int = 6
    least: int = 1
    first_gap_s: float = 0.0
    in_a_moment: tuple[float, int] = (0.0, 100)
    within_s: float = 10.0


CASES = (
    Case(
        "S01 429 with Retry-After",
        (refuse(429, "rate_limit_exceeded", retry_after="2"), whole()),
        least=2,
        first_gap_s=1.8,
        in_a_moment=(1.5, 2),
    ),
    Case(
        "S02 429 without Retry-After, for good",
        (refuse(429, "rate_limit_exceeded"),),
        in_a_moment=(3.0, 4),
    ),
    Case("S03 500 once", (refuse(500), whole()), least=2),
    Case("S04 503 for good", (refuse(503),)),
    Case("S05 reset before the headers", (reset, whole())),
    Case("S06 no response at all", (silent,), most=1),
    Case("S07 slow first token", (slow,)),
    Case("S08 cut in the middle", (cut(40),)),
    Case("S09 stalled in the middle", (stalled,)),
    Case("S10 an event that is no JSON", (malformed,)),
    Case("S11 no mark after the end", (whole(done=False),), within_s=8.0),
    Case("S12 context too long", (refuse(400, "context_length_exceeded"),), most=1),
    Case(
        "S13 withheld by a filter",
        (refuse(400, "content_policy_violation"),),
        rescued=False,
        most=1,
    ),
    Case("S14 the alternative takes no prefill", (cut(40),), alternative=no_prefill),
    Case("S16 who answered is who is named", (refuse(503),)),
)
"""All but S15, in which the primary flaps: that is a sequence of its own."""


class Witness:
    """A provider that plays scenarios in order, and remembers when it was asked."""

    def __init__(self, requests: Sequence[Scenario], clock: Callable[[], float]) -> None:
        self._requests, self._clock = requests, clock
        self.asked: list[float] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.asked.append(self._clock())
        place = min(len(self.asked), len(self._requests)) - 1
        await self._requests[place](exchange)

    @property
    def first_gap_s(self) -> float:
        """Seconds between the first request and the second; 0 without one."""
        return next((later - sooner for sooner, later in pairwise(self.asked)), 0.0)

    def within(self, seconds: float) -> int:
        """Requests so soon after the first."""
        return sum(at - self.asked[0] <= seconds for at in self.asked)
