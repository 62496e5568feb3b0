"""`chatbot ask`: one whole turn in the terminal, by the same way that a customer's message goes."""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import click
from rich.console import Console

from chatbot.assembly import House, open_house
from chatbot.cli.playing import Played, play
from chatbot.cli.workspaces import workspace_named
from chatbot.domain.conversation import Entry
from chatbot.domain.event import LiveEvent, Logged, Noticed, Retracted, Spoken
from chatbot.domain.principal import Principal, system
from chatbot.domain.workspace import Workspace
from chatbot.errors import Malformed, Unavailable
from chatbot.settings import read_settings

READY_WITHIN_S = 90.0


def document_of(played: Played) -> dict[str, Any]:
    """What `--json` prints."""
    source, totals = played.reply.source, played.totals
    shown = source and {
        "label": source.label,
        "answers": [{"id": key, "title": title} for key, title in source.answers],
        "choices": [{"id": key, "title": title} for key, title in source.choices],
        "score": source.score,
    }
    return {
        "text": played.reply.text,
        "rung": source.rung if source else None,
        "source": shown,
        "ticket": played.ticket,
        "tokens": {
            "input": int(totals["input_tokens"]),
            "cached": int(totals["cached_tokens"]),
            "output": int(totals["output_tokens"]),
        },
        "cost_usd": float(totals["cost_usd"]),
        "latency_ms": played.latency_ms,
        "conversation": str(played.reply.conversation_id),
    }


@click.command()
@click.argument("text")
@click.option("--workspace", default="demo", show_default=True, help="Name of the workspace.")
@click.option("--customer", metavar="EXTERNAL_ID", help="Who asks; an anonymous visitor otherwise.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the bank matches by meaning.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def ask(text: str, workspace: str, customer: str | None, *, no_wait: bool, as_json: bool) -> None:
    """Ask TEXT and show the reply as it is written, then where it came from and what it took."""
    played = asyncio.run(_ask(text, workspace, customer, wait=not no_wait, quiet=as_json))
    document = document_of(played)
    if as_json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        _show(played, document)


async def _ask(text: str, slug: str, customer: str | None, *, wait: bool, quiet: bool) -> Played:
    settings = read_settings()
    most = settings.limits.message_chars
    if not text.strip() or len(text) > most or "\0" in text:
        raise Malformed(f"TEXT has {len(text):,} characters; 1 to {most:,} are taken.")
    async with open_house(settings) as house:
        workspace = await workspace_named(house.store, slug)
        by = await _asker(house, workspace, customer)
        if wait:
            await get_ready(house, workspace, text)
        await house.runner.start()
        try:
            watch = (lambda _: None) if quiet else _Screen().hear
            return await play(house, by, uuid4(), text.strip(), watch=watch)
        finally:
            await house.runner.drain(0.5)


async def _asker(house: House, workspace: Workspace, customer: str | None) -> Principal:
    async with house.store.begin(system(workspace.id)) as db:
        if customer is None:
            asker = await db.customers.welcome(workspace.settings.locale)
        else:
            asker = (await db.customers.by_external_id(customer)).id
    return Principal(workspace.id, "customer", asker)


async def get_ready(house: House, workspace: Workspace, text: str) -> None:
    """Wait for the encoder and the vectors of the bank; without them it matches by wording."""
    try:
        with Console(stderr=True).status("Starting the encoder"):
            async with asyncio.timeout(READY_WITHIN_S):
                await house.encoder.wait()
                risk = workspace.settings.risk
                await house.bank.match(workspace.id, workspace.bank_version, text, risk)
                await house.bank.settled()
    except (TimeoutError, Unavailable):
        click.echo("The bank matches by wording: its encoder is not ready.", err=True)


class _Screen:
    """Shows a turn as it runs."""

    def __init__(self) -> None:
        self._shown = ""

    def hear(self, event: LiveEvent) -> None:
        match event:
            case Spoken(text=text):
                self._say(text)
            case Retracted(reason=reason):
                self._aside(f"withdrawn: {reason}")
            case Noticed(text=text):
                self._aside(text)
            case Logged(entry=entry) if entry.role == "bot":
                self._finish(entry)
            case _:
                return

    def _finish(self, entry: Entry) -> None:
        if not entry.text.startswith(self._shown):
            self._aside("the whole reply:")
        self._say(entry.text.removeprefix(self._shown))

    def _aside(self, words: str) -> None:
        click.echo(f"\n[{printable(words)}]", err=True)
        self._shown = ""

    def _say(self, text: str) -> None:
        self._shown += text
        sys.stdout.write(printable(text))
        sys.stdout.flush()


def printable(text: str) -> str:
    """Text without what a terminal would obey: replies are as hostile as whoever asked."""
    return "".join(one if one.isprintable() or one in "\n\t" else "�" for one in text)


def _show(played: Played, document: Mapping[str, Any]) -> None:
    source = document["source"] or {}
    tokens = document["tokens"]
    first = "" if played.first_word_ms is None else f", first word after {played.first_word_ms}"
    lines = [f"Rung:     {document['rung']} ({source.get('label', '')})"]
    lines += [f"Source:   {one['id']} – {one['title']}" for one in source.get("answers", ())]
    lines += [f"Offered:  {one['id']} – {one['title']}" for one in source.get("choices", ())]
    if played.ticket is not None:
        lines.append(f"Ticket:   #{played.ticket}")
    lines += [
        f"Tokens:   {tokens['input']} in ({tokens['cached']} cached), {tokens['output']} out",
        f"Cost:     ${document['cost_usd']:.6f}",
        f"Time:     {played.latency_ms} ms{first and first + ' ms'}",
        f"Asked in: {document['conversation']}",
    ]
    print("\n\n" + printable("\n".join(lines)))
