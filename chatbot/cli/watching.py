"""What long commands show: the encoder that starts, bars that grow, rows that were refused."""

import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.answers.files import BadRow
from chatbot.evals.training import Progress

_SHOWN = 20  # bad rows named before the rest is counted


@asynccontextmanager
async def started(encoder: OnnxEncoder, console: Console) -> AsyncGenerator[None]:
    """Wait for *encoder*, and close it at the end."""
    try:
        with console.status("Starting the encoder"):
            await encoder.wait()
        yield
    finally:
        await encoder.close()


@contextmanager
def watched(console: Console) -> Generator[Progress]:
    """A bar for each thing that is done, in the order in which they begin."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(doing: str, done: int, of: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=of or None)
            bar.update(tasks[doing], completed=done)

        yield progress


def named_bad(path: Path, bad: Sequence[BadRow]) -> None:
    """Say which rows of a file are left out, and why."""
    for row in bad[:_SHOWN]:
        print(f"{path.name}, {row}", file=sys.stderr)
    if len(bad) > _SHOWN:
        print(f"{path.name}: {len(bad) - _SHOWN} more rows are left out.", file=sys.stderr)
