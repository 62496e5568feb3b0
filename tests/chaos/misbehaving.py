"""A provider whose every request goes as the present mood says, by a seeded die."""

import asyncio
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.fault_catalogue import BEARABLE, SCENARIOS
from tests.fault_scenarios import REPLY, call, calls, refusing, reply
from tests.fault_server import Exchange, Scenario

TICKET = {
    "priority": "high",
    "category": "billing",
    "subject": "A refund is missing",
    "summary": "The customer waits for a refund.",
}
CLAIM = "I have opened ticket #99999 for you and refunded 20 euros."
"""Not so, whatever happens: no shop has so many tickets, and nothing refunds."""

WHOLE = re.compile(r"Answer (\d+) begins here, goes on and is whole: end of \1\.")
"""What a healthy request says; nothing less of it may ever be final."""

CUT_OFF = "Answer cut off by its length"

UNBOUNDED = frozenset({"endless", "endless_comments", "endless_arguments", "endless_500"})
"""Scenarios that send for as long as somebody reads: a few of them keep a processor busy."""


async def drip(exchange: Exchange) -> None:
    """A word, and then nothing but signs that the connection lives."""
    await exchange.begin()
    await exchange.say("Answer ")
    while True:
        await asyncio.sleep(0.5)
        await exchange.send(b": keep-alive\n\n")


MORE: Mapping[str, Scenario] = {
    "claim": reply("Sure. ", CLAIM),
    "claim_then_words": reply(CLAIM, " Anything else?"),
    "ticket": call("open_ticket", TICKET),
    "ticket_twice": calls(("a", "open_ticket", TICKET), ("b", "open_ticket", TICKET)),
    "ticket_again_and_again": call("open_ticket", TICKET, words="One moment. "),
    "unknown_tool": call("refund", {"amount": 20}),
    "bad_arguments": call("open_ticket", '{"priority": "hi'),
    "wrong_arguments": call("open_ticket", TICKET | {"priority": "now", "customer": "wmr-1003"}),
    "huge_arguments": call("open_ticket", TICKET | {"summary": "x" * 1_000_000}),
    "length": reply("Answer cut ", "off by its length", finish="length"),
    "filter": reply("I would ", finish="content_filter"),
    "refusal": refusing("I will not do that."),
    "no_words": reply(" "),
    "drip": drip,
}
FAULTS: Mapping[str, Scenario] = {
    **{name: SCENARIOS[name] for name in SCENARIOS.keys() - BEARABLE.keys() - UNBOUNDED},
    **MORE,
}
"""What must not reach a customer, by name."""

HAPPENINGS: Mapping[str, Scenario] = {
    **FAULTS,
    **{f"odd_{name}": play for name, play in BEARABLE.items()},
}
"""The same, and what is odd but whole."""


@dataclass(frozen=True)
class Mood:
    """
    How requests go for a while.

    Attributes:
        faults: Names, one of which a bad request gets.
        share: Of requests that go badly.
        flaps_s: Seconds well, then as many ill, in turn; 0 is ill all the time.
    """

    name: str
    faults: Sequence[str]
    share: float
    flaps_s: float = 0.0

    def is_bad(self, chance: random.Random, now: float) -> bool:
        ill = not self.flaps_s or int(now / self.flaps_s) % 2 == 1
        return ill and chance.random() < self.share


@dataclass
class Misbehaving:
    """
    A `Scenario` for every request.

    Attributes:
        met: How often each fault was played.
    """

    mood: Mood
    chance: random.Random
    number: int = 0
    met: dict[str, int] = field(default_factory=dict)

    async def __call__(self, exchange: Exchange) -> None:
        self.number += 1
        if self.mood.is_bad(self.chance, asyncio.get_running_loop().time()):
            fault = self.chance.choice(self.mood.faults)
            self.met[fault] = self.met.get(fault, 0) + 1
            await HAPPENINGS[fault](exchange)
            return
        words = f"Answer {self.number} begins here, goes on and is whole: end of {self.number}."
        await reply(*re.findall(r"\S+\s*", words))(exchange)


def is_whole(text: str) -> bool:
    """Whether a model's final words are ones that a provider finished."""
    # Whole ones may follow each other: a tool's step and the words after it.
    begun, _, more = text.partition(CUT_OFF)
    if not begun and more:  # a reply that ran into its length goes on once
        text = more
    left = WHOLE.sub("", text).replace(REPLY, "").replace("One moment.", "").strip()
    return not left
