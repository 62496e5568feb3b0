"""What `chatbot doctor` looks at; each check finds something or says that all is well."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from chatbot.adapters.clock import SystemClock
from chatbot.adapters.databases.embedded import EmbeddedPostgres
from chatbot.adapters.encoders.models import exported, named
from chatbot.adapters.encoders.tuned import tuned
from chatbot.adapters.providers.connect import connect, key_label
from chatbot.adapters.providers.reaching import reach
from chatbot.adapters.queues.engine import held
from chatbot.answers.calibration import shipped
from chatbot.assembly import open_bus
from chatbot.domain.ask import CompletionRequest, PromptMessage
from chatbot.errors import Declined, Misconfigured, Unavailable
from chatbot.settings import ProviderSettings, Route, Settings
from chatbot.store.inspection import OLDEST, inspect_database
from chatbot.store.migrate import is_current

if sys.platform != "win32":
    import resource

State = Literal["ok", "note", "wrong"]

FILES = 4096
"""Open files that a few thousand sockets need."""

_WIDGET = Path(__file__).parents[2] / "web" / "widget" / "dist"
_SECRETS = ("secret_keys", "demo.json")


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One line of the doctor's.

    Attributes:
        state: `note` works, and yet an operator should know.
        remedy: What mends it; empty where nothing has to be done.
    """

    name: str
    state: State
    words: str
    remedy: str = ""

    def document(self) -> dict[str, Any]:
        return asdict(self)


async def examine(settings: Settings, *, probe: bool) -> AsyncIterator[Finding]:
    """Everything in turn; a check that cannot be made says why."""
    for finding in check_data_folder(settings.data_dir):
        yield finding
    async for finding in check_database(settings):
        yield finding
    yield await check_redis(settings)
    yield check_encoder(settings)
    async for finding in check_providers(settings, probe=probe):
        yield finding
    yield check_widget(_WIDGET)
    yield check_open_files()


def check_data_folder(folder: Path) -> list[Finding]:
    """It can be written to, and others cannot read its secrets."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        remedy = "set CHATBOT_DATA_DIR to a folder of your own"
        return [Finding("data folder", "wrong", f"{folder} cannot be written to.", remedy)]
    findings = [Finding("data folder", "ok", f"{folder} can be written to.")]
    for name in _SECRETS:
        path = folder / name
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            words = f"Others on this machine can read {path}."
            findings.append(Finding("secrets", "wrong", words, f"chmod 600 {path}"))
    return findings


async def check_database(settings: Settings) -> AsyncIterator[Finding]:
    """PostgreSQL answers, is new enough, its role is held by row security, its schema is ours."""
    embedded = None if settings.database_url else EmbeddedPostgres(settings.data_dir)
    try:
        url = settings.database_url or await asyncio.to_thread(_start, embedded)
        async for finding in _examine_database(url, own=embedded is not None):
            yield finding
    except (Unavailable, Misconfigured) as error:
        yield Finding("database", "wrong", str(error))
    finally:
        if embedded is not None:
            embedded.close()


def _start(embedded: EmbeddedPostgres | None) -> str:
    return "" if embedded is None else embedded.start()


async def _examine_database(url: str, *, own: bool) -> AsyncIterator[Finding]:
    found = await inspect_database(url)
    kind = "embedded PostgreSQL" if own else "PostgreSQL"
    if found.version < OLDEST:
        words = f"{kind} {found.version} is too old."
        yield Finding("database", "wrong", words, f"use PostgreSQL {OLDEST} or newer")
    else:
        yield Finding("database", "ok", f"{kind} {found.version} answers.")
    if found.powerful:
        yield Finding(
            "database role",
            "wrong",
            f"The role {found.role} is a superuser or bypasses row level security, so nothing but "
            "our own care keeps workspaces apart.",
            "make a role with NOSUPERUSER NOBYPASSRLS that owns the database, and sign in with it",
        )
    else:
        yield Finding("database role", "ok", f"The role {found.role} is held by row security.")
    if not await is_current(url):
        yield _older_schema(own=own)
    elif found.unguarded:
        tables = ", ".join(found.unguarded)
        words = f"Row level security is not forced on {tables}."
        yield Finding("schema", "wrong", words, "run ALTER TABLE … FORCE ROW LEVEL SECURITY")
    else:
        yield Finding("schema", "ok", "The schema is up to date.")
        yield await _check_jobs(url)


def _older_schema(*, own: bool) -> Finding:
    if own:
        words = "The schema is brought up to date by the next command that uses it."
        return Finding("schema", "note", words)
    words = "The schema is not the one that this version needs."
    return Finding("schema", "wrong", words, "run `chatbot migrate`")


async def _check_jobs(url: str) -> Finding:
    failed = await held(url)
    if failed:
        words = (
            f"{len(failed)} parts of {', '.join(sorted(set(failed)))} kept failing and are held."
        )
        return Finding("jobs", "note", words, "look into the worker's log")
    return Finding("jobs", "ok", "No background job is held.")


async def check_redis(settings: Settings) -> Finding:
    """Redis answers, where one is configured."""
    if not settings.redis_url:
        words = "None is configured: one serving process, and its counters end with it."
        return Finding("redis", "ok", words)
    try:
        async with open_bus(settings) as bus:
            await bus.check()
    except (Unavailable, Misconfigured) as error:
        return Finding("redis", "wrong", str(error), "start Redis, or correct CHATBOT_REDIS_URL")
    return Finding("redis", "ok", "Redis answers.")


def check_encoder(settings: Settings) -> Finding:
    """The encoder's model is there, exported or not, and the one that the bank is fitted to."""
    try:
        model = named(settings.encoder)
    except Misconfigured as error:
        return Finding("encoder", "wrong", str(error))
    export = exported(settings.data_dir, model)
    if export is None:
        words = f"{model.name} is exported at the first start; until then wording decides."
        return Finding("encoder", "note", words)
    made = tuned(settings.encoder)
    if made and (made.fingerprint, made.base_fingerprint) == (export.name, shipped().encoder):
        words = f"{model.name} is exported and tuned: the bank uses it, and no reply is saved."
        return Finding("encoder", "note", words)
    if export.name != shipped().encoder:
        words = f"The bank is not fitted to {model.name}: it matches by wording and saves no reply."
        remedy = (
            "leave CHATBOT_ENCODER empty, or run `chatbot bank train-prior` and `train-own-state`"
        )
        return Finding("encoder", "note", words, remedy)
    return Finding("encoder", "ok", f"{model.name} is exported.")


async def check_providers(settings: Settings, *, probe: bool) -> AsyncIterator[Finding]:
    """Each provider answers, accepts each of its keys and knows its model."""
    if not settings.providers:
        words = "None is configured: replies come from the cache, the answer bank and people."
        yield Finding("provider", "note", words, "set OPENAI_API_KEY or OPENAI_BASE_URL")
        return
    for provider, keys in settings.providers:
        for place, key in enumerate(keys or ("",), start=1):
            label = f", {key_label(place, key)}" if len(keys) > 1 else ""
            yield await _check_provider(
                f"provider {provider.name}{label}", provider, key, probe=probe
            )
    yield _check_route(settings.route)


def _check_route(route: Route) -> Finding:
    if route.alternative is None:
        return Finding("route", "ok", f"{route.primary} is asked; no other when it fails.")
    words = f"{route.primary} is asked first, {route.alternative} when it is slow or fails."
    return Finding("route", "ok", words)


async def _check_provider(
    name: str, provider: ProviderSettings, key: str, *, probe: bool
) -> Finding:
    model = provider.model
    found = await reach(provider.name, key, provider.base_url)
    if found.refused:
        remedy = f"correct {provider.api_key_env} or the base URL"
        return Finding(name, "wrong", found.refused, remedy)
    if probe:
        return await _probe(name, provider, key)
    if found.models is None:
        words = f"It answers, but does not say whether it has {model}."
        return Finding(name, "note", words, "`chatbot doctor --probe` asks it something")
    if model not in found.models:
        some = ", ".join(found.models[:5]) or "none"
        words = f"It does not list the model {model}; it lists {some}."
        return Finding(name, "note", words, "set `model` to one of them, or try --probe")
    return Finding(name, "ok", f"It answers and has {model}.")


async def _probe(name: str, provider: ProviderSettings, key: str) -> Finding:
    """A real request of a few tokens."""
    asked = CompletionRequest((PromptMessage("user", "Say yes."),), (), 16, "doctor")
    try:
        client = connect(provider, (key,), SystemClock())
        try:
            async with asyncio.timeout(30), aclosing(client.stream(asked)) as pieces:
                async for _ in pieces:
                    pass
        finally:
            await client.close()
    except (Declined, Misconfigured) as error:
        return Finding(name, "wrong", str(error))
    except TimeoutError:
        return Finding(name, "wrong", f"{provider.model} said nothing whole within 30 seconds.")
    return Finding(name, "ok", f"{provider.model} answered.")


def check_widget(folder: Path) -> Finding:
    """The built widget is there."""
    missing = [name for name in ("widget.js", "panel.js") if not (folder / name).is_file()]
    if missing:
        words = f"{folder / missing[0]} is missing: sites that embed the widget show nothing."
        return Finding("widget", "wrong", words, "run `npm ci && npm run build` in web/widget")
    return Finding("widget", "ok", "The widget is built.")


def check_open_files() -> Finding:
    """Enough open files for many sockets."""
    if sys.platform == "win32":
        return Finding("open files", "ok", "This system has no such limit.")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        words = f"A process may open {soft:,} files, and every socket is one."
        return Finding("open files", "note", words, "ulimit -n 65536")
    return Finding("open files", "ok", f"A process may open {soft:,} files.")
