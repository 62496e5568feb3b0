"""How a reply leaves while it is being written."""

from dataclasses import replace

import pytest

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.domain.conversation import Turn
from chatbot.domain.event import LiveEvent, Retracted, Spoken, Started
from chatbot.ladder.voice import ATTEMPTS, PACE_S, Voice
from tests.asks import uid
from tests.builders import FakeClock

TURN = Turn(uid("turn"), uid("talk"), uid("question"), uid("reply"), 1, 1, "Hello?")
REPLY = TURN.reply_id


class Ear:
    """Everything that one conversation's watchers hear."""

    def __init__(self, clock: FakeClock) -> None:
        self.heard: list[LiveEvent] = []
        self.bus, self.clock = MemoryBus(), clock

    async def voice(self, turn: Turn = TURN) -> Voice:
        await self.bus.subscribe(turn.conversation_id, self.heard.append)
        voice = Voice(turn, self.bus, self.clock)
        await voice.begin()
        return voice


@pytest.fixture
def ear(clock: FakeClock) -> Ear:
    return Ear(clock)


async def test_the_first_piece_leaves_at_once_and_the_next_ones_together(ear: Ear) -> None:
    voice = await ear.voice()
    await voice.say("Grüße ")
    await voice.say("an ")
    await voice.say("alle")
    assert ear.heard == [Started(REPLY, TURN.message_id, 1), Spoken(REPLY, 1, 0, "Grüße ")]
    await ear.clock.advance(PACE_S)
    await voice.say(" 🙂")
    await voice.flush()
    await voice.flush()
    assert ear.heard[2:] == [Spoken(REPLY, 1, 6, "an alle 🙂")]
    assert voice.said == "Grüße an alle 🙂"


async def test_nothing_of_what_was_withdrawn_is_said_again(ear: Ear) -> None:
    voice = await ear.voice()
    await voice.say("Half of ")
    await voice.say("a sentence")
    await voice.retract("cut")
    assert voice.said == ""
    await voice.flush()
    await ear.clock.advance(PACE_S)
    await voice.say("Another one.")
    assert ear.heard[2:] == [
        Retracted(REPLY, 1, "cut"),
        Started(REPLY, TURN.message_id, 2),
        Spoken(REPLY, 2, 0, "Another one."),
    ]
    assert voice.said == "Another one."


async def test_whoever_takes_a_turn_over_withdraws_what_was_said_before(ear: Ear) -> None:
    """And counts on from above whatever the process before may have numbered."""
    await ear.voice(replace(TURN, attempt=3))
    assert ear.heard == [
        Retracted(REPLY, 2 * ATTEMPTS, "restarted"),
        Started(REPLY, TURN.message_id, 2 * ATTEMPTS + 1),
    ]
