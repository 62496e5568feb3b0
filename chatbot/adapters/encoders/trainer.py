"""Tunes an encoder in a program of its own, and in a folder that is gone afterwards."""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np

from chatbot.adapters.encoders.models import exported, named
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.adapters.encoders.teach import LESSON, MODEL, TAUGHT, VECTORS, share_folder
from chatbot.adapters.encoders.tuned import keep
from chatbot.domain.tuning import Lesson, Steps, Taught
from chatbot.errors import Conflict, Unavailable
from chatbot.ports import Encoder

_AGREEING = 0.999
_MAKING = ".making-"


class TorchTrainer:
    """
    A `Trainer` (`chatbot/ports.py`) over torch; to be entered, and left whatever happened.

    Args:
        base: Folder or name of the model to tune; None is the packaged one.

    Raises:
        Conflict: Another one is at work in the same data folder.
    """

    def __init__(self, data_dir: Path, base: str | None) -> None:
        self._data_dir, self._base = data_dir, base
        self._stack = AsyncExitStack()
        self._made: Path | None = None
        self._last: Path | None = None

    async def __aenter__(self) -> Self:
        root = self._data_dir / "tuned"
        root.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            lock = stack.enter_context((root / ".lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise Conflict(
                    "Another `chatbot bank tune` is at work in this data folder: wait for its end."
                ) from problem
            for left in root.glob(f"{_MAKING}*"):  # by one that was killed
                shutil.rmtree(left)
            made = stack.enter_context(
                tempfile.TemporaryDirectory(dir=root, prefix=_MAKING, ignore_cleanup_errors=True)
            )
            self._made = Path(made)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def train(self, lesson: Lesson, progress: Steps) -> Taught:
        made = self._place()
        (made / LESSON).write_text(json.dumps(asdict(lesson)), encoding="utf-8")
        await self._teach(made, progress)
        return Taught(**json.loads((made / TAUGHT).read_text(encoding="utf-8")))

    async def encoder(self, share: float) -> tuple[Encoder, float]:
        made = self._place()
        folder = share_folder(made, share)
        if not folder.exists():
            raise Unavailable(f"There is no encoder with {share:.0%} of what was learned.")
        lesson = json.loads((made / LESSON).read_text(encoding="utf-8"))
        model = folder / MODEL
        encoder = OnnxEncoder(made, str(model))
        self._stack.push_async_callback(encoder.close)
        await encoder.wait()
        theirs = np.load(folder / VECTORS)
        ours = await encoder.encode(lesson["checked"])
        agreement = float((ours * theirs).sum(axis=1).min(initial=1.0))
        if agreement < _AGREEING:
            raise Unavailable(
                f"The tuned encoder's export has other vectors than the model (cosine "
                f"{agreement:.4f}, at least {_AGREEING} is needed), so it cannot be used."
            )
        self._last = model
        return encoder, round(agreement, 6)

    def keep(self, report: Mapping[str, Any]) -> str:
        made = self._place()
        model = self._last
        export = exported(made, named(str(model))) if model is not None else None
        if model is None or export is None:
            raise Unavailable("There is no tuned encoder to keep.")
        return str(keep(self._data_dir, model, export, {**report, "base": self._base}))

    def _place(self) -> Path:
        if self._made is None:
            raise Unavailable("The trainer was not entered.")
        return self._made

    async def _teach(self, made: Path, progress: Steps) -> None:
        with (made / "said.txt").open("w+", encoding="utf-8") as said:
            program = await asyncio.create_subprocess_exec(
                "nice",
                sys.executable,
                "-m",
                "chatbot.adapters.encoders.teach",
                str(made),
                *(() if self._base is None else (self._base,)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=said,
                env=os.environ
                | {
                    "OMP_NUM_THREADS": "1",
                    "TOKENIZERS_PARALLELISM": "false",
                    "TORCHINDUCTOR_CACHE_DIR": str(made),  # in the common /tmp otherwise
                },
            )
            try:
                if program.stdout is not None:
                    async for line in program.stdout:
                        step, planned = line.split()
                        progress(int(step), int(planned))
                await program.wait()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    program.kill()
                await program.wait()
            said.seek(0)
            lines = said.read().strip().splitlines() or ["no reason given"]
        if program.returncode:
            raise Unavailable(lines[-1])
