"""The only chooser of adapters: settings in, everything that runs out."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.adapters.caches.memory import MemoryCache
from chatbot.adapters.clock import SystemClock
from chatbot.adapters.counters.memory import MemoryCounters
from chatbot.adapters.databases.embedded import EmbeddedPostgres
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.adapters.encoders.tuned import tuned
from chatbot.adapters.prices import GenaiPrices
from chatbot.adapters.providers.connect import connect_all
from chatbot.adapters.queues.postgres import PostgresQueue
from chatbot.adapters.redis_shared import shared_over
from chatbot.adapters.webhooks import HttpsCourier
from chatbot.answers.calibration import Prior, shipped
from chatbot.answers.drafting import Drafter
from chatbot.answers.gathering import Gatherer
from chatbot.answers.keeper import BANK_CHANGED, BankKeeper
from chatbot.completions.calls import CallCollector
from chatbot.context.tokens import count, warm
from chatbot.continuity.incidents import IncidentBook
from chatbot.errors import Misconfigured
from chatbot.jobs.catalogue import catalogue
from chatbot.jobs.runner import TurnRunner
from chatbot.ladder.bank import AnswerBank
from chatbot.ladder.cache import AnswerCache, CachedAnswer, StaleAnswer
from chatbot.ladder.climb import Rung
from chatbot.ladder.handoff import Handoff
from chatbot.ladder.models import Models
from chatbot.later import Recovery, answer, stop
from chatbot.ports import Bus, Cache, Clock, Counters, Provider
from chatbot.prompts.registry import Registry
from chatbot.resilience.pulse import ModelPulse
from chatbot.safety.keys import Keyring, load_secrets
from chatbot.settings import Settings
from chatbot.spend.ledger import Ledger
from chatbot.spend.prices import PriceList
from chatbot.store.banks import StoredBanks
from chatbot.store.engine import open_engine
from chatbot.store.journal import StoredJournal
from chatbot.store.migrate import is_current, upgrade
from chatbot.store.unit import Store
from chatbot.tickets.toolbox import SupportToolbox
from chatbot.turn import Desk
from chatbot.webhooks.delivering import Deliverer

_log = logging.getLogger(__name__)

JOBS_AFTER_S = 5.0
"""Seconds that the first requests of a process have it to themselves."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything of one process, open and wired; see `open_house`."""

    settings: Settings
    clock: Clock
    store: Store
    bus: Bus
    cache: Cache
    counters: Counters
    encoder: OnnxEncoder
    bank: BankKeeper
    gatherer: Gatherer
    drafter: Drafter | None
    keyring: Keyring
    secrets: Sequence[str]
    models: Models
    desk: Desk
    runner: TurnRunner
    recovery: Recovery
    deliverer: Deliverer


@asynccontextmanager
async def open_store(settings: Settings, *, migrate: bool = False) -> AsyncGenerator[Store]:
    """
    The store, on the company's PostgreSQL or an embedded one in the data folder.

    Args:
        migrate: Bring the schema up to date first. An embedded database always is; the company's
            own only when asked, because other versions of the application may be running on it.

    Raises:
        Misconfigured: The schema is not the one this version needs.
        Unavailable: The database does not answer.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if not url:
            embedded = EmbeddedPostgres(settings.data_dir)
            url = await asyncio.to_thread(embedded.start)
            stack.callback(embedded.close)
        if migrate or not settings.database_url:
            await upgrade(url)
        elif not await is_current(url):
            raise Misconfigured(
                "The database's schema is not the one that this version needs: run "
                "`chatbot migrate`."
            )
        store = Store(open_engine(url), SystemClock())
        stack.push_async_callback(store.close)
        yield store


@asynccontextmanager
async def open_bus(settings: Settings) -> AsyncGenerator[Bus]:
    """Only the bus: for commands that tell serving processes what they changed."""
    shared = _shared(settings, SystemClock())
    try:
        yield shared[0]
    finally:
        for each in shared:
            await each.close()


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    cached: bool = True,
    around: Callable[[Sequence[Provider]], Sequence[Provider]] = tuple,
) -> AsyncGenerator[House]:
    """
    Open and wire everything that a process needs to answer customers.

    The encoder starts in the background: until it is ready the bank matches by wording.

    Args:
        settings: What to choose by.
        cached: Whether the ladder has the cache's rung.
        around: Gives what is asked in place of the configured providers: for drills.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings))
        bus, cache, counters = _shared(settings, clock)
        for shared in (bus, cache, counters):
            stack.push_async_callback(shared.close)
        encoder = OnnxEncoder(settings.data_dir, settings.encoder)
        encoder.start()
        stack.push_async_callback(encoder.close)
        bank = BankKeeper(StoredBanks(store, clock), encoder, clock, prior=_prior(settings))
        stack.push_async_callback(bank.close)
        secrets = load_secrets(settings.secret_keys, settings.data_dir)
        keyring = Keyring(secrets)
        providers = around(_providers(settings, clock))
        for provider in providers:
            stack.push_async_callback(provider.close)
        await asyncio.to_thread(warm)
        calls = CallCollector()
        ledger = Ledger(PriceList(GenaiPrices()), calls, clock, count)
        models = Models(
            providers,
            counters=counters,
            bus=bus,
            clock=clock,
            ledger=ledger,
            deadlines=settings.deadlines,
            breaker=settings.breaker,
            concurrency=settings.concurrency,
            random=random.random,
        )
        await stack.enter_async_context(models.running())
        desk = _desk(settings, clock, store, bus, cache, bank, models, calls, cached=cached)
        drafter = None
        if providers:
            drafter = Drafter(store, providers[0], ledger, calls, desk.prompts, clock)
        runner = TurnRunner(
            store=store,
            bus=bus,
            clock=clock,
            answer=partial(answer, desk=desk),
            stop=partial(stop, desk=desk),
        )
        courier = HttpsCourier(private_targets=settings.webhooks.private_targets)
        ear = await bus.hear(BANK_CHANGED, lambda text: bank.refresh(UUID(text)))
        stack.callback(ear.close)
        yield House(
            settings,
            clock,
            store,
            bus,
            cache,
            counters,
            encoder,
            bank,
            Gatherer(store, bank, encoder),
            drafter,
            keyring,
            secrets,
            models,
            desk,
            runner,
            Recovery(desk, runner, models.breakers, settings.deferred),
            Deliverer(store, courier, keyring, clock, random.random),
        )


@asynccontextmanager
async def start_jobs(house: House) -> AsyncGenerator[None]:
    """Work on background jobs in this process until the block ends."""
    jobs = catalogue(house.store, house.gatherer, house.drafter, house.deliverer)
    queue = PostgresQueue(house.store.address, jobs, house.clock, after_s=JOBS_AFTER_S)
    queue.start()
    try:
        async with house.recovery.running():
            yield
    finally:
        await queue.close()


def _shared(settings: Settings, clock: Clock) -> tuple[Bus, Cache, Counters]:
    """What processes share, if there is a Redis; of this process alone otherwise."""
    if settings.redis_url:
        return shared_over(settings.redis_url)
    return MemoryBus(), MemoryCache(clock), MemoryCounters(clock)


def _providers(settings: Settings, clock: Clock) -> list[Provider]:
    """The route's primary and its alternative, so far as they are configured."""
    route = (settings.route.primary, settings.route.alternative)
    asked = [each for each in settings.providers if each[0].name in route]
    connected = connect_all(asked, clock)
    return [connected[name] for name in route if name is not None]


def _prior(settings: Settings) -> Prior:
    """The shipped one; a tuned encoder was kept because it holds for its vectors as well."""
    made = tuned(settings.encoder)
    if made is None or made.base_fingerprint != shipped().encoder:
        return shipped()
    return replace(shipped(), encoder=made.fingerprint)


def _named(settings: Settings) -> str:
    """The models that make replies, for the cache's key."""
    return " ".join(f"{provider.name}:{provider.model}" for provider, _ in settings.providers)


def _desk(
    settings: Settings,
    clock: Clock,
    store: Store,
    bus: Bus,
    cache: Cache,
    bank: BankKeeper,
    models: Models,
    calls: CallCollector,
    *,
    cached: bool,
) -> Desk:
    kept = AnswerCache(cache, bank, clock, route=_named(settings))
    handoff = Handoff(store, bus, window_s=settings.deferred.window_s)
    ladder: list[Rung] = [CachedAnswer(kept)] if cached else []
    ladder += models.rungs(SupportToolbox(store, bus), StoredJournal(store))
    if cached and settings.providers:
        ladder.append(StaleAnswer(kept))
    ladder += [AnswerBank(bank), handoff]
    return Desk(
        store=store,
        bus=bus,
        clock=clock,
        bank=bank,
        prompts=Registry(),
        cache=kept,
        calls=calls,
        pulse=ModelPulse(clock, models.breakers),
        incidents=IncidentBook(store, clock, models.breakers),
        ladder=tuple(ladder),
        last_resort=(handoff,),
        plans=tuple(settings.concurrency.plans),
    )
