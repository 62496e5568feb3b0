"""`chatbot answers …`: files into the bank and out of it."""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chatbot.answers.articles import hosts_in
from chatbot.answers.exporting import export_rows, written
from chatbot.answers.files import AnswerRow, BadRow, Kind, parted, stream_answers
from chatbot.answers.folders import Articles, holds_pages, read_articles
from chatbot.answers.importing import Change, Report, import_rows
from chatbot.assembly import open_bus, open_store
from chatbot.cli.workspaces import workspace_named
from chatbot.domain.principal import Principal
from chatbot.errors import Rejected
from chatbot.settings import read_settings

_REMEMBERED = 1_000  # bad rows of a file, however many there are
_SHOWN = 20  # bad rows, and changes, that are named before the rest is counted


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """A file that was read once to its end, so that one that cannot be read loads nothing."""

    path: Path
    rows: list[AnswerRow] | None
    many: int
    bad: list[BadRow]
    refused: int
    hosts: frozenset[str] = frozenset()

    def good(self) -> Iterable[AnswerRow]:
        if self.rows is not None:
            return self.rows
        return (row for row in stream_answers(self.path) if isinstance(row, AnswerRow))


@click.group()
def answers() -> None:
    """Import and export answers, as JSONL or CSV; help-centre pages come in as well."""


@answers.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--workspace", required=True, help="Name of the workspace.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--publish", is_flag=True, help="Publish sections of pages; they are drafts else.")
@click.option("--base-url", default="", help="Where customers find the pages, for their links.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def import_answers(
    file: Path, workspace: str, *, dry_run: bool, publish: bool, base_url: str, as_json: bool
) -> None:
    """
    Make the bank say what FILE says; twice is like once.

    FILE is JSONL or CSV; or Markdown or HTML pages: one, a folder of them, or a .zip of a folder.
    A page is cut at its headings, and its sections become drafts. What somebody edited here since
    is never replaced by a page, but named as a conflict.

    A bad row is named by its line and refused, the good ones load. The exit status is 1 if any
    was refused or in conflict.
    """
    surveyed = _survey(file, Articles(base_url, publish=publish))
    report = asyncio.run(_import(surveyed, workspace, dry_run=dry_run))
    for row in surveyed.bad[:_SHOWN]:
        named = str(row) if row.file else f"{file.name}, {row}"
        click.echo(named, err=True)
    if surveyed.refused > _SHOWN:
        click.echo(f"{file.name}: {surveyed.refused - _SHOWN} more rows are refused.", err=True)
    if as_json:
        print(json.dumps(report.document(dry_run=dry_run), ensure_ascii=False))
    else:
        for line in _lines(report, dry_run=dry_run):
            click.echo(line, err=True)
        done = "Would be" if dry_run else "Answers"
        conflicts = f", {report.conflicts} in conflict" if report.conflicts else ""
        print(
            f"{done}: {report.new} new, {report.changed} changed, {report.unchanged} as before"
            f"{conflicts}."
        )
    if report.refused:
        click.echo(
            f"{report.refused} rows were refused: mend them and import the file again.", err=True
        )
    if report.conflicts:
        click.echo(
            f"{report.conflicts} answers were edited here since they were imported: they stay as "
            "they are until somebody edits them again.",
            err=True,
        )
    if report.refused or report.conflicts:
        sys.exit(1)


def _survey(path: Path, how: Articles) -> _Surveyed:
    if holds_pages(path.name, folder=path.is_dir()):
        rows, bad = parted(read_articles(path, how))
        return _Surveyed(path, rows, len(rows), bad[:_REMEMBERED], len(bad), hosts_in(rows))
    many = refused = 0
    bad = []
    for row in stream_answers(path):
        if isinstance(row, AnswerRow):
            many += 1
            continue
        refused += 1
        if refused <= _REMEMBERED:
            bad.append(row)
    return _Surveyed(path, None, many, bad, refused)


async def _import(surveyed: _Surveyed, slug: str, *, dry_run: bool) -> Report:
    settings = read_settings()
    async with open_store(settings) as store, open_bus(settings) as bus:
        workspace = await workspace_named(store, slug)
        by = Principal(workspace.id, "system", name="command line")
        if foreign := sorted(surveyed.hosts - set(workspace.settings.link_hosts)):
            click.echo(
                f"Links to {', '.join(foreign[:5])} are shown to customers as plain text until "
                "their host is allowed under Sites.",
                err=True,
            )
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as bar:
            task = bar.add_task("Importing", total=surveyed.many)
            return await import_rows(
                surveyed.good(),
                surveyed.bad,
                refused=surveyed.refused,
                by=by,
                store=store,
                bus=bus,
                dry_run=dry_run,
                progress=lambda rows: bar.advance(task, rows),
            )


def _lines(report: Report, *, dry_run: bool) -> Iterator[str]:
    shown = report.shown if dry_run else [one for one in report.shown if one.kind == "conflict"]
    for change in shown[:_SHOWN]:
        yield from _described(change)
    if len(shown) > _SHOWN:
        yield "… and more: --json names the first 200."


def _described(change: Change) -> Iterator[str]:
    after = change.row.content
    where = f" ({change.row.file})" if change.row.file else ""
    yield f"{change.kind:8} {after.title}{where}"
    if change.before is not None:
        before, new = change.before.text.splitlines(), after.text.splitlines()
        yield from (f"         {line}" for line in list(unified_diff(before, new, lineterm=""))[2:])


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
