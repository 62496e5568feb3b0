"""`chatbot bank tune`: an encoder of the company's own, where it is better."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from chatbot.adapters.clock import SystemClock
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.adapters.encoders.trainer import TorchTrainer
from chatbot.adapters.encoders.tuned import forget, kept, tuned
from chatbot.answers.calibration import shipped
from chatbot.assembly import open_store
from chatbot.cli.watching import named_bad, started, watched
from chatbot.cli.workspaces import workspace_named
from chatbot.domain.answer import BankAnswer
from chatbot.errors import Conflict, Rejected
from chatbot.evals.bank import read_bank
from chatbot.evals.tuning import Tuning
from chatbot.evals.tuning import tune as tune_encoder
from chatbot.settings import Settings, read_settings
from chatbot.store.banks import StoredBanks

_DIAL = 0.02


@click.command()
@click.option("--workspace", help="Name of the workspace whose published answers are learned.")
@click.option(
    "--bank",
    "bank_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answers of a file instead, JSONL or CSV; needs no database.",
)
@click.option(
    "--risk",
    type=click.FloatRange(0.001, 0.5),
    help=f"The dial to compare at; the workspace's own, or {_DIAL}.",
)
@click.option("--minutes", default=15.0, show_default=True, type=click.FloatRange(0.1, 600))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--forget", "forgets", is_flag=True, help="Remove every tuned encoder that was kept.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def tune(
    workspace: str | None,
    bank_file: Path | None,
    risk: float | None,
    minutes: float,
    seed: int,
    *,
    forgets: bool,
    as_json: bool,
) -> None:
    """
    Tune the encoder on a bank's own phrasings; keep it only if it is better on others of them.

    A quarter of the phrasings is held out, and a tenth of the answers altogether. The encoder is
    kept in the data folder, with its report, and used once CHATBOT_ENCODER names it. The exit
    status is 1 if it is not better, and nothing has changed then.
    """
    settings = read_settings()
    if forgets:
        _forget(settings, as_json=as_json)
        return
    if (workspace is None) == (bank_file is None):
        raise click.UsageError("Name either a --workspace or a --bank to learn from.")
    if bank_file is not None:
        answers, bad = read_bank(bank_file)
        named_bad(bank_file, bad)
        source, dial = bank_file.name, _DIAL
    else:
        answers, dial = asyncio.run(_published(settings, workspace or ""))
        source = f"workspace {workspace}"
    found = asyncio.run(_tune(settings, answers, source, risk or dial, minutes, seed))
    if as_json:
        print(json.dumps({**found.report, "encoder": found.name}, ensure_ascii=False))
    for verdict in found.verdicts:
        click.echo(verdict.sentence, err=as_json or not verdict.better)
    if found.name is None:
        sys.exit(1)
    click.echo(f"To use it, start with CHATBOT_ENCODER={found.name}", err=as_json)


def _forget(settings: Settings, *, as_json: bool) -> None:
    if settings.encoder and Path(settings.encoder).expanduser().resolve() in {
        folder.resolve() for folder in kept(settings.data_dir)
    }:
        raise Conflict(
            "CHATBOT_ENCODER still names a tuned encoder: leave it empty, start the application "
            "again, and forget it then."
        )
    gone = forget(settings.data_dir)
    if as_json:
        print(json.dumps({"forgotten": gone}))
    else:
        print(f"Tuned encoders forgotten: {gone}.")


async def _published(settings: Settings, slug: str) -> tuple[Sequence[BankAnswer], float]:
    """What customers of a workspace receive today, and its dial."""
    async with open_store(settings) as store:
        workspace = await workspace_named(store, slug)
        _, answers = await StoredBanks(store, SystemClock()).published(workspace.id)
    if not answers:
        raise Rejected(f"The workspace {slug} has no published answer: publish some first.")
    return answers, workspace.settings.risk


async def _tune(
    settings: Settings,
    answers: Sequence[BankAnswer],
    source: str,
    risk: float,
    minutes: float,
    seed: int,
) -> Tuning:
    made_of = tuned(settings.encoder)
    base = made_of.base if made_of else settings.encoder  # never tuned twice over
    console = Console(stderr=True)
    encoder = OnnxEncoder(settings.data_dir, base)
    async with started(encoder, console), TorchTrainer(settings.data_dir, base) as trainer:
        with watched(console) as progress:
            return await tune_encoder(
                answers,
                encoder,
                trainer,
                source=source,
                seed=seed,
                minutes=minutes,
                risk=risk,
                prior=shipped(),
                now=SystemClock().now(),
                progress=progress,
            )
