"""
What is done when a model is well again: questions that were handed off are answered after all.

A question that fell off every model was handed off to a person, and waits (`continuity`). Within
its window it gets a second turn, which runs like any other: under a lease, through the journal,
settled once. Four things differ:

- only the models are asked, with a context made anew; nothing is said until the reply is whole;
- no customer's turn finds out whether a model is well: while all are set aside, none is begun;
- the reply is dropped when a person took over, the customer has an answer, or it came too late;
- what fails goes back to wait, longer each time, and a few run at once: a provider that has just
  recovered is not hammered.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from chatbot.context.situation import Situation
from chatbot.continuity.deferring import MODELS, Deferring, again_in_s, unwanted
from chatbot.domain.conversation import Entry, Turn
from chatbot.domain.event import Logged
from chatbot.domain.principal import Principal, system
from chatbot.errors import ChatbotError, Superseded, Unavailable
from chatbot.jobs.runner import TurnRunner
from chatbot.ladder.climb import Rung, Settled, climb
from chatbot.ladder.voice import Voice
from chatbot.resilience.breaker import Breaker
from chatbot.telemetry.metrics import LATER
from chatbot.tickets.wording import say
from chatbot.turn import Desk, ask_of, receipt_of, take_pulse
from chatbot.turn import answer as answer_now
from chatbot.turn import stop as stop_now
from chatbot.webhooks.events import tell_answered

if TYPE_CHECKING:
    from chatbot.store.unit import Unit

_log = logging.getLogger(__name__)

_MANY = 50
"""Questions that are looked at in one go."""

_NOTE = "The assistant answered this question later, after an outage. The ticket is still open."


async def answer(
    turn: Turn, by: Principal, voice: Voice, situation: Situation | None, desk: Desk
) -> bool:
    """
    What `TurnRunner` runs: a turn of now, or a second one for a question of earlier.

    Returns:
        Whether another turn of the conversation may wait for this one.
    """
    if not turn.later:
        return await answer_now(turn, by, voice, situation, desk)
    await _answer_later(turn, by, voice, desk)
    return True


async def _answer_later(turn: Turn, by: Principal, voice: Voice, desk: Desk) -> None:
    received_at = desk.clock.monotonic()
    async with desk.store.begin(by) as db:
        held = await db.conversations.get(turn.conversation_id)
        situation = await db.situations.around(held)
    prepared = await ask_of(turn, by, situation, received_at, desk)
    ask = replace(prepared, priority=1.0)  # those who wait for a first answer come first
    try:
        settled = None
        async with aclosing(climb(ask, _models(desk))) as events:
            async for event in events:
                settled = event if isinstance(event, Settled) else settled
    except Superseded:
        raise
    except ChatbotError as error:  # what the last model declined with
        _log.info("question %s waits on: %s", turn.message_id, error)
        await _put_back(turn, by, desk)
        return
    except Exception:  # a bug must not hold up what the customer asks next  # noqa: BLE001
        _log.exception("question %s waits on", turn.message_id)
        await _put_back(turn, by, desk)
        return
    assert settled is not None  # noqa: S101 `climb` ends with one or raises
    voice.settling = True  # too late to call it off
    reply = settled.reply
    label = say(ask.locale, "answered_later")
    later = replace(settled, reply=replace(reply, source=replace(reply.source, label=label)))
    entry = await _settle(turn, by, later, {**receipt_of(ask, later, desk), "later": True}, desk)
    if entry is not None:
        await desk.bus.publish(turn.conversation_id, Logged(entry))
    took_s = desk.clock.monotonic() - received_at
    await take_pulse(turn, by.workspace, ask.locale, later, took_s, desk)


async def stop(turn: Turn, by: Principal, voice: Voice, desk: Desk) -> bool:
    """
    End a turn that is called off; whether another one may wait for it.

    A second turn makes room: for a person for good, for what the customer asks now until later.
    """
    if not turn.later:
        return await stop_now(turn, by, voice, desk)
    await _put_back(turn, by, desk)
    return True


def _models(desk: Desk) -> tuple[Rung, ...]:
    return tuple(rung for rung in desk.ladder if rung.name in MODELS)


async def _settle(
    turn: Turn, by: Principal, settled: Settled, receipt: dict[str, object], desk: Desk
) -> Entry | None:
    """Reply, end of the turn, its cost and the end of waiting at once; None if it is unwanted."""
    entry = None
    async with desk.store.begin(by) as db:
        conversation = await db.conversations.get(turn.conversation_id, lock=True)
        waiting = await db.deferred.take(turn.message_id)
        why = "gone" if waiting is None else await unwanted(db, waiting, turn, conversation)
        await _finish(db, turn, receipt | ({"dropped": why} if why else {}), desk)
        await db.deferred.end(turn.message_id, why)
        if not why:
            entry = await db.conversations.append(
                turn.conversation_id,
                "message",
                role="bot",
                text=settled.reply.text,
                entry_id=turn.reply_id,
                reply_to=turn.message_id,
                source=settled.reply.source,
            )
            await tell_answered(db, turn, entry)
            await db.acting_as(system(by.workspace)).said.add_note(turn.conversation_id, _NOTE)
    desk.calls.forget(turn.id)
    LATER.labels(why or "answered").inc()
    return entry


async def _put_back(turn: Turn, by: Principal, desk: Desk) -> None:
    """Let the question wait on, unless nobody waits for the answer any more."""
    async with desk.store.begin(by) as db:
        conversation = await db.conversations.get(turn.conversation_id, lock=True)
        waiting = await db.deferred.take(turn.message_id)
        await _finish(db, turn, {"later": True}, desk)
        if waiting is not None and (why := await unwanted(db, waiting, turn, conversation)):
            await db.deferred.end(turn.message_id, why)
        elif waiting is not None:
            pause = timedelta(seconds=again_in_s(waiting.attempts + 1))
            await db.deferred.put_back(turn.message_id, db.now + pause)
    desk.calls.forget(turn.id)
    LATER.labels("put_back").inc()


async def _finish(db: "Unit", turn: Turn, receipt: dict[str, object], desk: Desk) -> None:
    await db.turns.finish(turn, receipt)
    await db.calls.add_calls(desk.calls.of(turn.id))


class Recovery:
    """
    Looks for questions that can be answered by now, and for incidents that are over.

    One process that does is enough; several do no harm, because each question is begun under the
    lock of its conversation.
    """

    def __init__(
        self,
        desk: Desk,
        runner: TurnRunner,
        breakers: Sequence[Breaker],
        limits: Deferring,
    ) -> None:
        self._desk, self._runner = desk, runner
        self._breakers, self._limits = tuple(breakers), limits

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Look again and again until the block ends."""
        task = asyncio.create_task(self._look_often(), name="recovery")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> int:
        """
        Begin what can be answered, let go of what is too late; how many were begun.

        Raises:
            Unavailable: The database is away.
        """
        await self._desk.incidents.end_those_over()
        places = self._limits.at_once - self._runner.later
        well = any(not breaker.is_open for breaker in self._breakers)
        async with self._desk.store.directory() as directory:
            waiting = await directory.deferred(due=False, limit=_MANY)
            if well and places > 0:
                waiting += await directory.deferred(due=True, limit=_MANY)
        begun = 0
        for workspace, conversation_id, message_id in waiting:
            if begun >= places:
                break
            begun += await self._begin(workspace, conversation_id, message_id)
        return begun

    async def _begin(self, workspace: UUID, conversation_id: UUID, message_id: UUID) -> bool:
        turn = None
        async with self._desk.store.begin(system(workspace)) as db:
            conversation = await db.conversations.get(conversation_id, lock=True)
            waiting = await db.deferred.take(message_id)
            if waiting is None or await db.turns.unfinished(conversation_id):
                return False
            handed_off = await db.turns.handed_off(waiting.turn_id)
            if handed_off is None:
                why = "answered_meanwhile"  # another attempt at its turn did not end in a handoff
            else:
                why = await unwanted(db, waiting, handed_off, conversation)
            if why:
                await db.deferred.end(message_id, why)
                LATER.labels(why).inc()
            elif handed_off is not None:
                turn = await db.turns.begin_later(handed_off, conversation.seq)
        if turn is None:
            return False
        self._runner.begin(turn, Principal(workspace, "customer", conversation.customer_id))
        return True

    async def _look_often(self) -> None:
        while not self._runner.draining:
            await self._desk.clock.sleep(self._limits.look_every_s)
            try:
                await self.look()
            except Unavailable as error:
                _log.warning("questions of an outage wait on: %s", error)
            except Exception:  # what repairs an outage goes on  # noqa: BLE001
                _log.exception("the look for questions of an outage failed")
