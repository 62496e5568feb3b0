"""`chatbot answers …`: files into the bank and out of it."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chatbot.answers.files import AnswerRow, BadRow, Kind, read_answers
from chatbot.answers.importing import Report, export_rows, import_rows, written
from chatbot.assembly import open_bus, open_store
from chatbot.cli.workspaces import workspace_named
from chatbot.domain.principal import Principal
from chatbot.errors import Rejected
from chatbot.settings import read_settings

_SHOWN = 20  # bad rows named before the rest is counted


@click.group()
def answers() -> None:
    """Import and export answers, as JSONL or CSV."""


@answers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workspace", required=True, help="Name of the workspace.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def import_answers(file: Path, workspace: str, *, dry_run: bool, as_json: bool) -> None:
    """
    Make the bank say what FILE says; twice is like once.

    A bad row is named by its line and refused, the good ones load. The exit status is 1 if any
    was refused.
    """
    good, bad = read_answers(file)
    report = asyncio.run(_import(good, bad, workspace, dry_run=dry_run))
    for row in bad[:_SHOWN]:
        click.echo(f"{file.name}, {row}", err=True)
    if len(bad) > _SHOWN:
        click.echo(f"{file.name}: {len(bad) - _SHOWN} more rows are refused.", err=True)
    if as_json:
        print(json.dumps({**report.document(), "dry_run": dry_run}, ensure_ascii=False))
    else:
        done = "Would be" if dry_run else "Answers"
        print(f"{done}: {report.new} new, {report.changed} changed, {report.unchanged} as before.")
    if bad:
        click.echo(f"{len(bad)} rows were refused: mend them and import the file again.", err=True)
        sys.exit(1)


async def _import(
    good: Sequence[AnswerRow], bad: Sequence[BadRow], slug: str, *, dry_run: bool
) -> Report:
    settings = read_settings()
    async with open_store(settings) as store, open_bus(settings) as bus:
        workspace = await workspace_named(store, slug)
        by = Principal(workspace.id, "system", name="command line")
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as bar:
            task = bar.add_task("Importing", total=len(good))
            return await import_rows(
                good,
                bad,
                by=by,
                store=store,
                bus=bus,
                dry_run=dry_run,
                progress=lambda rows: bar.advance(task, rows),
            )


@answers.command("export")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--workspace", required=True, help="Name of the workspace.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["jsonl", "csv"]),
    help="What FILE's ending says otherwise, then JSONL.",
)
def export_answers(file: Path | None, workspace: str, kind: Kind | None) -> None:
    """
    Write every answer to FILE, or to stdout; `chatbot answers import` takes it back.

    A published answer is written as customers receive it, without edits that wait.
    """
    named: Kind = "csv" if file is not None and file.suffix.lower() == ".csv" else "jsonl"
    text = asyncio.run(_export(workspace, kind or named))
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Rejected(f"{file} cannot be written: {error.strerror}.") from error


async def _export(slug: str, kind: Kind) -> str:
    async with open_store(read_settings()) as store:
        workspace = await workspace_named(store, slug)
        by = Principal(workspace.id, "system", name="command line")
        return written(await export_rows(by, store), kind)
