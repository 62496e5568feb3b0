"""`chatbot replay`: a recorded stream through the real pipeline."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

import click
from rich.console import Console
from rich.progress import Progress

from chatbot.answers.files import read_answers
from chatbot.answers.importing import import_rows
from chatbot.assembly import House, open_house
from chatbot.cli.ask import get_ready
from chatbot.cli.playing import Played, play
from chatbot.cli.workspaces import workspace_named
from chatbot.domain.principal import Principal, system
from chatbot.domain.workspace import Workspace, WorkspaceSettings
from chatbot.evals.replay import (
    PAUSE_S,
    Recorded,
    Row,
    Served,
    as_line,
    read_done,
    read_stream,
    summary,
)
from chatbot.evals.replay import replay as play_all
from chatbot.settings import read_settings

_SERVED: dict[str, Served] = {"answer_bank": "bank", "cache": "cache", "handoff": "handoff"}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cache", type=click.Choice(["on", "off"]), default="on", show_default=True)
@click.option("--bank", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workspace", default="demo", show_default=True, help="Without --bank.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Rows, as JSONL.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def replay(
    file: Path, cache: str, bank: Path | None, workspace: str, out: Path | None, *, as_json: bool
) -> None:
    """
    Play FILE (JSONL of i, t, user, text) and show who served each message.

    Half an hour of recorded silence ends a user's conversation: what they say next begins one.
    """
    rows = asyncio.run(_replay(file, cache, bank, workspace, out))
    told = summary(rows)
    if as_json:
        click.echo(json.dumps(told))
        return
    if out is None:
        for row in sorted(rows, key=lambda row: row.i):
            click.echo(as_line(row))
    click.echo(json.dumps(told, indent=2), err=True)


async def _replay(
    file: Path, cache: str, bank: Path | None, slug: str, out: Path | None
) -> list[Row]:
    messages, done = read_stream(file), read_done(out)
    async with (
        open_house(read_settings(), cached=cache == "on") as house,
        _company(house, bank, slug) as workspace,
    ):
        await get_ready(house, workspace, messages[0].text if messages else "Hello?")
        await house.runner.start()
        player = _Player(house, workspace)
        rows = list(done)
        try:
            with Progress(console=Console(stderr=True)) as progress:
                bar = progress.add_task("Playing", total=len(messages), completed=len(done))
                with _appending(out) as lines:

                    def write(row: Row) -> None:
                        rows.append(row)
                        progress.advance(bar)
                        if lines is not None:
                            lines.write(as_line(row) + "\n")
                            lines.flush()

                    await play_all(messages, player.play, done=done, write=write)
        finally:
            await house.runner.drain(0.5)
    return rows


@contextmanager
def _appending(out: Path | None) -> Iterator[IO[str] | None]:
    if out is None:
        yield None
        return
    with out.open("a", encoding="utf-8") as lines:
        yield lines


@asynccontextmanager
async def _company(house: House, bank: Path | None, slug: str) -> AsyncGenerator[Workspace]:
    """The workspace that is asked: one that is there, or one made of a file for the replay."""
    if bank is None:
        yield await workspace_named(house.store, slug)
        return
    good, bad = read_answers(bank)
    for row in bad:
        click.echo(f"{bank.name}, {row}", err=True)
    name = f"replay-{uuid4().hex[:8]}"
    async with house.store.directory() as directory:
        settings = WorkspaceSettings()
        made = await directory.add_workspace(name, name, secrets.token_hex(8), b"", settings)
    try:
        by = Principal(made, "system", name="replay")
        await import_rows(good, bad, by=by, store=house.store, bus=house.bus)
        yield await workspace_named(house.store, name)
    finally:
        async with house.store.directory() as directory:
            await directory.remove_workspace(name)


class _Player:
    """Plays messages for their users, whose conversations end when they pause."""

    def __init__(self, house: House, workspace: Workspace) -> None:
        self._house, self._workspace = house, workspace
        self._users: dict[str, Principal] = {}
        self._talks: dict[str, tuple[float, UUID]] = {}  # last time and conversation by user
        self._played: dict[str, int] = {}  # message by turn, to say where a cached reply came from

    async def play(self, message: Recorded) -> Row:
        by = await self._user(message.user)
        conversation = self._conversation(message)
        before = await self._cost(by, conversation)
        played = await play(self._house, by, conversation, message.text)
        if played.turn is not None:
            self._played[str(played.turn)] = message.i
        return Row(
            message.i,
            _served(played),
            self._played.get(played.receipt.get("from_turn", "")),
            played.reply.text,
            round(float(played.totals["cost_usd"]) - before, 8),
            played.latency_ms,
        )

    async def _user(self, name: str) -> Principal:
        if name not in self._users:
            async with self._house.store.begin(system(self._workspace.id)) as db:
                customer = await db.customers.put(f"replay-{name}")
            self._users[name] = Principal(self._workspace.id, "customer", customer.id)
        return self._users[name]

    def _conversation(self, message: Recorded) -> UUID:
        """The user's present one, or another after a pause."""
        spoke_at, conversation = self._talks.get(message.user, (-PAUSE_S, uuid4()))
        if message.t - spoke_at >= PAUSE_S:
            conversation = uuid4()
        self._talks[message.user] = (message.t, conversation)
        return conversation

    async def _cost(self, by: Principal, conversation: UUID) -> float:
        async with self._house.store.begin(by) as db:
            return float((await db.calls.totals(conversation))["cost_usd"])


def _served(played: Played) -> Served:
    rung = played.reply.source.rung if played.reply.source else "handoff"
    if played.receipt.get("cache") == "fuzzy":
        return "semantic"
    if rung in _SERVED:
        return _SERVED[rung]
    return "tool" if played.receipt.get("tools") else "model"
