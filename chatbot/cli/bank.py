"""`chatbot bank …`: measure and fit the answer bank's matcher; `tuning.py` has `tune`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.answers.calibration import Prior, read_prior, shipped, write_prior
from chatbot.answers.ownstate import OwnState, write_own_state
from chatbot.cli.tuning import tune
from chatbot.cli.watching import named_bad, started, watched
from chatbot.domain.answer import BankAnswer
from chatbot.evals.bank import Evaluation, Query, evaluate, read_bank, read_queries
from chatbot.evals.figures import Figures
from chatbot.evals.ownstate import train_own_state
from chatbot.evals.sources import read_sources
from chatbot.evals.training import Progress, Trained, train
from chatbot.settings import read_settings

T = TypeVar("T")

_LINES = (
    ("coverage", "in-bank questions given an answer"),
    ("in_bank_accuracy", "in-bank questions given the right answer"),
    ("wrong_among_given", "wrong among given answers"),
    ("out_of_bank_recall", "out-of-bank questions given nothing"),
    ("top1", "right answer is the best candidate"),
    ("top3", "right answer is among the best three"),
    ("auroc", "right scored above wrong"),
    ("calibration_error", "calibration error"),
    ("mcc", "MCC at P ≥ 0.5"),
)


@click.group()
def bank() -> None:
    """Measure, fit and tune the answer bank's matcher."""


bank.add_command(tune)


@bank.command("eval")
@click.option(
    "--bank",
    "bank_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answers, JSONL or CSV.",
)
@click.option(
    "--queries",
    "queries_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Questions with the answer_id that is right, or null.",
)
@click.option(
    "--risk",
    default=0.02,
    show_default=True,
    type=click.FloatRange(0.001, 0.5),
    help="The dial: the share of given answers that may be wrong.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Predictions, JSONL.",
)
@click.option(
    "--prior",
    "prior_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A prior written by train-prior, instead of the one that is shipped.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def evaluate_bank(
    bank_file: Path,
    queries_file: Path,
    risk: float,
    out: Path | None,
    prior_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Ask the questions of a file of a bank from a file, and count."""
    answers, bad = read_bank(bank_file)
    named_bad(bank_file, bad)
    queries, bad_queries = read_queries(queries_file)
    named_bad(queries_file, bad_queries)
    prior = read_prior(prior_file.read_text("utf-8")) if prior_file else shipped()
    found = asyncio.run(_evaluate(answers, queries, risk, prior))
    if out is not None:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found.rows)
        out.write_text("".join(lines), encoding="utf-8")
    document = _document(found, risk, len(answers), len(bad) + len(bad_queries))
    if as_json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        _show(found, risk)


@bank.command("train-prior")
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help='Sub-folders with JSONL files of {"text", "intent"} rows, one per source.',
)
@click.option("--banks", default=70, show_default=True, type=click.IntRange(5, 1_000))
@click.option(
    "--left-out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the priors fitted without each source, to judge it with `eval --prior`.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where the prior goes; chatbot/answers/prior.json is the shipped one.",
)
def train_prior(data: Path, banks: int, left_out: Path | None, out: Path) -> None:
    """Fit the prior on banks cut out of labelled questions; many minutes."""
    sources = read_sources(data)

    async def work(encoder: OnnxEncoder, progress: Progress) -> Trained:
        return await train(sources, encoder, banks=banks, progress=progress)

    found = asyncio.run(_with_encoder(work))
    out.write_text(write_prior(found.prior, found.report) + "\n", encoding="utf-8")
    if left_out is not None:
        left_out.mkdir(parents=True, exist_ok=True)
        for name, prior in found.left_out.items():
            (left_out / f"{name}.json").write_text(write_prior(prior, {}), encoding="utf-8")
    print(json.dumps(found.report["left_out"], indent=1))


@bank.command("train-own-state")
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help='Sub-folders with JSONL files of {"text", "intent"} rows, one per source.',
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where it goes; chatbot/answers/ownstate.json is the shipped one.",
)
def train_own(data: Path, out: Path) -> None:
    """Fit what keeps customers' own affairs from the cache; a few minutes."""
    sources = read_sources(data)

    async def work(
        encoder: OnnxEncoder, progress: Progress
    ) -> tuple[OwnState, Mapping[str, object]]:
        return await train_own_state(sources, encoder, progress=progress)

    found, report = asyncio.run(_with_encoder(work))
    out.write_text(write_own_state(found, report) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


async def _evaluate(
    answers: Sequence[BankAnswer], queries: Sequence[Query], risk: float, prior: Prior
) -> Evaluation:
    async def work(encoder: OnnxEncoder, progress: Progress) -> Evaluation:
        return await evaluate(answers, queries, encoder, risk=risk, prior=prior, progress=progress)

    return await _with_encoder(work)


async def _with_encoder(work: Callable[[OnnxEncoder, Progress], Awaitable[T]]) -> T:
    """Start the encoder, do *work* with its progress shown on stderr, and close it."""
    settings = read_settings()
    console = Console(stderr=True)
    encoder = OnnxEncoder(settings.data_dir, settings.encoder)
    async with started(encoder, console):
        with watched(console) as progress:
            return await work(encoder, progress)


def _document(found: Evaluation, risk: float, answers: int, bad: int) -> dict[str, object]:
    return {
        "risk": risk,
        "answers": answers,
        "bad_rows": bad,
        **found.figures.document(),
        "latency_ms": found.milliseconds,
        "build_s": round(found.build_s, 3),
        "own_calibrator": {locale: asdict(own) for locale, own in found.own.items()},
        "baselines": {name: figures.document() for name, figures in found.baselines.items()},
    }


def _show(found: Evaluation, risk: float) -> None:
    table = Table(title=f"{found.figures.queries} questions at a risk of {risk:.1%}")
    table.add_column("")
    columns: dict[str, Figures] = {"answer bank": found.figures, **found.baselines}
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right")
    for field, words in _LINES:
        table.add_row(words, *(_share(getattr(one, field), field) for one in columns.values()))
    table.add_row("answers given", *(str(one.given) for one in columns.values()))
    console = Console()
    console.print(table)
    bins = Table(title="Chance said, share that was right")
    for name in ("questions", "said", "right", "95 % interval"):
        bins.add_column(name, justify="right")
    for one in found.figures.bins:
        low, high = one.interval
        bins.add_row(
            str(one.questions), f"{one.said:.2f}", f"{one.right:.2f}", f"{low:.2f} to {high:.2f}"
        )
    console.print(bins)
    low, high = found.figures.wrong_interval or (0.0, 1.0)
    console.print(f"Wrong among given, 95 % interval: {low:.2%} to {high:.2%}")
    for locale, own in found.own.items():
        named = f" ({locale})" if len(found.own) > 1 else ""
        console.print(f"Own calibrator{named}: {own.verdict}")
    for name, times in found.milliseconds.items():
        console.print(f"{name}: " + ", ".join(f"{key} {value} ms" for key, value in times.items()))


def _share(value: float | None, field: str) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if field in {"calibration_error", "mcc"} else f"{value:.2%}"
