"""An outage drill: each fault is played to a copy of a workspace, and judged as customers would."""

import hashlib
import re
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from chatbot.adapters.providers.faulty import HALF, FaultyProvider
from chatbot.answers.files import AnswerRow
from chatbot.answers.importing import import_rows
from chatbot.answers.phrasings import texts
from chatbot.assembly import House
from chatbot.cli.playing import Played, play
from chatbot.domain.answer import AnswerContent
from chatbot.domain.event import LiveEvent, Noticed, Retracted, Spoken, Started
from chatbot.domain.principal import Principal, system
from chatbot.domain.workspace import Workspace
from chatbot.errors import Unavailable
from chatbot.store.banks import StoredBanks
from chatbot.tickets.wording import say

PROMISED_S = 10.0
"""Every message gets a reply or a truthful handoff within so many seconds."""

COPY = "drill-of-"
"""Begins the name of a copy; what an interrupted drill left is removed by the next one."""


@dataclass(slots=True)
class Seen:
    """
    What a customer saw of one question.

    Attributes:
        shown: The words that stood there at the end, before the final message.
        first_sign_ms, latency_ms: From sending; None when nothing came.
        problems: Where the promise was broken, in sentences.
    """

    fault: str
    question: str
    rung: str = ""
    text: str = ""
    shown: str = ""
    notices: list[str] = field(default_factory=list)
    resets: int = 0
    ticket: int | None = None
    queued: bool = False
    first_sign_ms: int | None = None
    latency_ms: int | None = None
    problems: list[str] = field(default_factory=list)


@asynccontextmanager
async def copied(house: House, workspace: Workspace) -> AsyncGenerator[Workspace]:
    """
    A copy of *workspace* with its settings, rules and published answers, gone with the block.

    What happens in it is in nobody's queue, figures or bill.
    """
    slug = f"{COPY}{workspace.slug}"
    async with house.store.directory() as directory:
        await directory.remove_workspace(slug)
        copy = await directory.add_workspace(
            slug, workspace.name, secrets.token_urlsafe(12), b"", workspace.settings
        )
    try:
        await _fill(house, workspace.id, copy)
        async with house.store.directory() as directory:
            made = await directory.workspace(slug=slug)
        yield made
    finally:
        async with house.store.directory() as directory:
            await directory.remove_workspace(slug)


async def _fill(house: House, original: UUID, copy: UUID) -> None:
    source = StoredBanks(house.store, house.clock)
    _, answers = await source.published(original)
    rows = [
        AnswerRow(
            number,
            one.key,
            "published",
            AnswerContent(one.title, one.text, one.phrasings, locale=one.locale),
        )
        for number, one in enumerate(answers, 1)
    ]
    await import_rows(rows, by=system(copy), store=house.store, bus=house.bus)
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts(answers)]
    if house.encoder.ready:
        fingerprint = house.encoder.fingerprint
        vectors = await source.vectors(original, fingerprint, hashes)
        await source.keep_vectors(copy, fingerprint, vectors)
    async with house.store.begin(system(original)) as db:
        rules = await db.rules.all()
    async with house.store.begin(system(copy)) as db:
        for rule in rules:
            await db.rules.put(
                rule.key,
                title=rule.title,
                text=rule.text,
                enabled=rule.enabled,
                rank=rule.rank,
                conditions=rule.conditions,
            )


async def known(house: House, home: Workspace) -> list[str]:
    """A question that the bank has an answer to, if it has any."""
    _, answers = await StoredBanks(house.store, house.clock).published(home.id)
    return [next(iter(first.phrasings), first.title) for first in answers[:1]]


class _Watch:
    """Notes what a customer sees as it happens."""

    def __init__(self, house: House, seen: Seen) -> None:
        self._clock, self._seen = house.clock, seen
        self._began = house.clock.monotonic()

    def hear(self, event: LiveEvent) -> None:
        if self._seen.first_sign_ms is None:
            self._seen.first_sign_ms = round((self._clock.monotonic() - self._began) * 1000)
        match event:
            case Started():
                self._seen.shown = ""
            case Spoken(offset=offset, text=text):
                self._seen.shown = self._seen.shown[:offset] + text
            case Retracted():
                self._seen.shown = ""
                self._seen.resets += 1
            case Noticed(text=text):
                self._seen.notices.append(text)
            case _:
                return


async def ask(
    house: House, providers: Sequence[FaultyProvider], home: Workspace, fault: str, question: str
) -> Seen:
    """Ask *question* while every model fails in the same way, and judge what came."""
    for provider in providers:
        provider.fail_by(fault)
    for breaker in house.models.breakers:
        breaker.close()  # a refused key or quota sets a model aside at once
    seen, conversation = Seen(fault, question), uuid4()
    async with house.store.begin(system(home.id)) as db:
        by = Principal(home.id, "customer", await db.customers.welcome(home.settings.locale))
    try:
        played = await play(house, by, conversation, question, watch=_Watch(house, seen).hear)
    except Unavailable as error:
        seen.problems.append(str(error))
        return seen
    source = played.reply.source
    seen.rung, seen.text = source.rung if source else "", played.reply.text
    seen.ticket, seen.latency_ms = played.ticket, played.latency_ms
    async with house.store.begin(system(home.id)) as db:
        tickets = {ticket.number for ticket in await db.tickets.open_in(conversation)}
        seen.queued = await db.deferred.drop_all(conversation, "drill")
    seen.problems += judged(seen, played, tickets, home.settings.locale)
    return seen


def judged(seen: Seen, played: Played, tickets: set[int], locale: str) -> list[str]:
    """Where the promise was broken."""
    problems = []
    if played.latency_ms > PROMISED_S * 1000:
        problems.append(f"The reply took {played.latency_ms / 1000:.1f} s.")
    if HALF.strip() in seen.text and not played.receipt.get("shortened"):
        problems.append("Half an answer was shown as final.")
    if seen.shown and seen.shown != seen.text:
        problems.append("What was shown in the end is not the reply.")
    named = {int(number) for number in re.findall(r"#(\d+)", seen.text)}
    if named - tickets:
        problems.append(f"Ticket #{min(named - tickets)} is named, but there is none.")
    if seen.rung == "handoff" and not tickets:
        problems.append("The customer was passed on to a person, but no ticket was opened.")
    promise = say(locale, "later", time="\0").partition("\0")[0]
    if (promise in seen.text) != seen.queued:
        problems.append("A later answer is promised where none will come, or the other way round.")
    return problems
