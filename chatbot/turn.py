"""
The journey of one customer message, top to bottom. Read this file first.

`receive` stores the message; `answer` makes the reply. Four rules keep it honest:

- the message is committed before anything is acknowledged, so a crash loses no words;
- no transaction is open while a model talks, so a slow provider holds no connection;
- a turn runs apart from the socket that began it, and publishes what every watcher sees;
- the reply, the end of the turn and what it cost are one transaction, refused to a process
  whose lease was taken over.
"""

import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from chatbot.answers.keeper import BankKeeper
from chatbot.completions.calls import CallCollector
from chatbot.context.situation import Situation
from chatbot.continuity.deferring import ASIDE, MODELS, fell
from chatbot.continuity.incidents import IncidentBook
from chatbot.domain.ask import Ask, Reply, Waiting
from chatbot.domain.conversation import Entry, Inbound, Source, Turn
from chatbot.domain.event import Logged, Noticed
from chatbot.domain.principal import Principal
from chatbot.ladder.asking import least, prepare
from chatbot.ladder.cache import AnswerCache
from chatbot.ladder.climb import Rung, Said, Settled, Withdrawn, climb
from chatbot.ladder.voice import Voice
from chatbot.ports import Bus, Clock
from chatbot.prompts.registry import Registry
from chatbot.resilience.pulse import ModelPulse
from chatbot.telemetry.metrics import DECLINES, REPLIES, REPLY_SECONDS
from chatbot.tickets.wording import say
from chatbot.webhooks.events import tell_answered

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

_log = logging.getLogger(__name__)

MANY = 3
"""Attempts after which something in the ladder itself must be killing the turn."""


@dataclass(frozen=True, slots=True)
class Desk:
    """
    What a turn needs; `assembly.py` makes it once per process.

    Attributes:
        plans: Of customers, those who are served first first; see `Concurrency`.
    """

    store: "Store"
    bus: Bus
    clock: Clock
    bank: BankKeeper
    prompts: Registry
    cache: AnswerCache
    calls: CallCollector
    pulse: ModelPulse
    incidents: IncidentBook
    ladder: Sequence[Rung]
    last_resort: Sequence[Rung]
    plans: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """
    What became of a customer's message.

    Attributes:
        entry: The stored message; `again` when the same cid was stored before.
        turn: The work to begin now; None while another turn runs or a person answers.
        situation: What the turn finds, read in the same transaction.
    """

    entry: Entry
    again: bool
    turn: Turn | None
    situation: Situation | None = None


async def receive(inbound: Inbound, by: Principal, desk: Desk) -> Received:
    """
    Store a customer's message; the same cid is stored once however often it is sent.

    Raises:
        NotFound: The conversation is somebody else's.
        Unavailable: The database is away; nothing was stored.
    """
    desk.bank.expect(inbound.text)  # its vector is ready by the time it is wanted
    async with desk.store.begin(by) as db:
        received, logged = await accept(db, inbound)
    for stored in logged:
        await desk.bus.publish(inbound.conversation_id, Logged(stored))
    if received.turn is None and not received.again:
        await desk.bus.broadcast(ASIDE, str(inbound.conversation_id))
    return received


async def accept(db: "Unit", inbound: Inbound) -> tuple[Received, Sequence[Entry]]:
    """What `receive` does inside its transaction; the entries are to be published behind it."""
    conversation, entry, again = await db.conversations.receiving(inbound)
    if again:
        return Received(entry, again=True, turn=None), ()
    logged = [entry]
    if conversation.state == "resolved":
        logged.append(await db.conversations.change_state(conversation.id, "bot"))
    if conversation.state == "human":
        return Received(entry, again=False, turn=None), logged  # a person will answer
    turn = await db.turns.add_turn(entry)
    situation = None if turn is None else await db.situations.around(conversation)
    return Received(entry, again=False, turn=turn, situation=situation), logged


async def answer(
    turn: Turn, by: Principal, voice: Voice, situation: Situation | None, desk: Desk
) -> bool:
    """
    Climb the ladder for *turn* and settle what the first rung that completes has said.

    Args:
        situation: What `receive` found; a turn that waited or was stranded looks again.

    Returns:
        Whether another turn of the conversation waits for this one.

    Raises:
        Superseded: Another process took the turn over; nothing was written.
        Unavailable: The database is away; the turn is taken up again later.
    """
    received_at = desk.clock.monotonic()
    await voice.begin()
    if situation is None:
        async with desk.store.begin(by) as db:
            held = await db.conversations.get(turn.conversation_id)
            situation = await db.situations.around(held)
    ask, ladder = await _ready(turn, by, situation, received_at, desk)
    waits = False
    async with aclosing(climb(ask, ladder)) as events:  # whoever stops us hangs up on the model
        async for event in events:
            if isinstance(event, Said):
                await voice.say(event.text)
            elif isinstance(event, Withdrawn):
                await voice.retract(event.reason)
            elif isinstance(event, Waiting):
                notice = Noticed("queued", say(ask.locale, "queued"), event.eta_s)
                await desk.bus.publish(turn.conversation_id, notice)
            elif isinstance(event, Settled):
                await voice.flush()
                receipt = receipt_of(ask, event, desk)
                waits = await settle(turn, by, event.reply, receipt, voice, desk)
                await desk.cache.keep(ask, event.reply)
                took_s = desk.clock.monotonic() - received_at
                await take_pulse(turn, by.workspace, ask.locale, event, took_s, desk)
                _measure(event, took_s)
    return waits


async def _ready(
    turn: Turn, by: Principal, situation: Situation, received_at: float, desk: Desk
) -> tuple[Ask, Sequence[Rung]]:
    """The ask and the rungs to climb: only the last one where anything before it keeps failing."""
    if turn.attempt <= MANY:
        try:
            return await ask_of(turn, by, situation, received_at, desk), desk.ladder
        except Exception:  # a bug in the context must not leave a customer unanswered  # noqa: BLE001
            _log.exception("turn %s goes to a person: its context could not be made", turn.id)
    return least(turn, by, situation, received_at=received_at), desk.last_resort


async def ask_of(
    turn: Turn, by: Principal, situation: Situation, received_at: float, desk: Desk
) -> Ask:
    """What the rungs are given for *turn*."""
    return await prepare(
        turn,
        by,
        situation,
        desk.bank,
        desk.prompts,
        received_at=received_at,
        plans=desk.plans,
    )


async def settle(
    turn: Turn,
    by: Principal,
    reply: Reply,
    receipt: dict[str, object],
    voice: Voice,
    desk: Desk,
) -> bool:
    """
    Write the reply, the end of the turn and its calls at once; then say it is final.

    Returns:
        Whether another turn of the conversation waits for this one.
    """
    voice.settling = True
    async with desk.store.begin(by) as db:
        conversation = await db.conversations.get(turn.conversation_id, lock=True)
        waits = await db.turns.finish(turn, receipt)
        await db.calls.add_calls(desk.calls.of(turn.id))
        entry = None
        if conversation.state in {"bot", "waiting"}:
            entry = await db.conversations.append(
                turn.conversation_id,
                "message",
                role="bot",
                text=reply.text,
                entry_id=turn.reply_id,
                reply_to=turn.message_id,
                source=reply.source,
            )
            await tell_answered(db, turn, entry)
    desk.calls.forget(turn.id)
    if entry is None:
        await voice.withdraw("taken_over")
    else:
        await desk.bus.publish(turn.conversation_id, Logged(entry))
    return waits


async def stop(turn: Turn, by: Principal, voice: Voice, desk: Desk) -> bool:
    """End a turn whose customer wants no more of it: what was said so far is the reply."""
    await voice.flush()
    async with desk.store.begin(by) as db:
        held = await db.conversations.get(turn.conversation_id)
        locale = (await db.situations.around(held)).locale
    said = voice.said.rstrip()
    text = f"{said} …" if said else say(locale, "stopped")
    reply = Reply(text, Source("model", say(locale, "stopped_label")), shortened=True)
    return await settle(turn, by, reply, {"stopped": True}, voice, desk)


def receipt_of(ask: Ask, settled: Settled, desk: Desk) -> dict[str, object]:
    """How the reply came about, for agents."""
    reply = settled.reply
    return {
        "rung": reply.source.rung,
        "declined": [list(pair) for pair in settled.declined],
        "prompt": ask.prompt.name,
        "prompt_version": ask.prompt.version,
        "match": {"verdict": ask.match.verdict, "mode": ask.match.mode},
        "answers": [list(pair) for pair in ask.grounding],
        "rules": list(ask.rules),
        "input_tokens": ask.input_tokens,
        "shortened": reply.shortened,
        "cache_key": desk.cache.key_of(ask, reply),
        **reply.detail,
    }


async def take_pulse(
    turn: Turn, workspace: UUID, locale: str, settled: Settled, took_s: float, desk: Desk
) -> None:
    """Tell the customer when their turn fell off the model, and when it is back."""
    code: Literal["degraded", "restored"] | None = None
    rung = settled.reply.source.rung
    await desk.incidents.fell(workspace, settled.declined, answered_by=rung, took_s=took_s)
    if rung in MODELS:
        code = "restored" if desk.pulse.answered(turn.conversation_id) else None
    elif fell(settled.declined):
        code = "degraded" if desk.pulse.failed(turn.conversation_id) else None
    if code is not None:
        await desk.bus.publish(turn.conversation_id, Noticed(code, say(locale, code)))


def _measure(settled: Settled, took_s: float) -> None:
    rung = settled.reply.source.rung
    REPLIES.labels(rung).inc()
    REPLY_SECONDS.labels(rung).observe(took_s)
    for declined, reason in settled.declined:
        DECLINES.labels(declined, reason).inc()
