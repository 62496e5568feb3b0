"""The encoder that serves: a sentence-transformers model as an ONNX graph, on its own thread."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.adapters.encoders.batching import BATCH, Batcher
from chatbot.adapters.encoders.models import (
    GRAPH,
    MANIFEST,
    TOKENIZER,
    Manifest,
    Model,
    exported,
    named,
    pointer,
)
from chatbot.errors import Misconfigured, Unavailable

_log = logging.getLogger(__name__)

_LONGEST_TEXT = 8_000
"""Characters after which a text is cut before it is tokenised; far beyond any token limit."""


class OnnxEncoder:
    """
    An `Encoder` (`chatbot/ports.py`) over onnxruntime.

    `start` returns at once: a first start exports the model in a program of its own, a later one
    loads the export in a fraction of a second. Until then `ready` is False.

    Args:
        data_dir: Holds the exports, in `encoders/`.
        model: Folder or name of a sentence-transformers model; None is the packaged one.

    Raises:
        Misconfigured: *model* names no model.
    """

    def __init__(self, data_dir: Path, model: str | None) -> None:
        self._data_dir = data_dir
        self._named = model
        self._model: Model = named(model)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
        self._engine: _Engine | None = None
        self._batcher: Batcher | None = None
        self._starting: asyncio.Task[None] | None = None
        self._problem = ""

    @property
    def fingerprint(self) -> str:
        """Empty until `ready`."""
        return self._engine.manifest.fingerprint if self._engine else ""

    @property
    def dimensions(self) -> int:
        """Zero until `ready`."""
        return self._engine.manifest.dimensions if self._engine else 0

    @property
    def ready(self) -> bool:
        return self._engine is not None

    @property
    def problem(self) -> str:
        """Why it is not and will not become ready, in one sentence; empty otherwise."""
        return self._problem

    def start(self) -> None:
        """Begin to get ready in the background; calling it again changes nothing."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._get_ready(), name="encoder start")

    async def wait(self) -> None:
        """
        Wait until it is ready.

        Raises:
            Unavailable: It cannot become ready; the message says why.
        """
        self.start()
        if self._starting is not None:
            await asyncio.shield(self._starting)
        if self._engine is None:
            raise Unavailable(self._problem or "The encoder was closed.")

    def encode(self, texts: Sequence[str]) -> Awaitable[NDArray[np.float32]]:
        return self._run(texts) if 0 < len(texts) <= BATCH else self._in_batches(texts)

    def _run(self, texts: Sequence[str]) -> asyncio.Future[NDArray[np.float32]]:
        if self._batcher is None:
            raise Unavailable(self._problem or "The encoder is still starting.")
        return self._batcher.submit(texts)

    async def _in_batches(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            vectors[batch] = await self._run([texts[index] for index in batch])
        return vectors

    def pieces(self, text: str) -> int:
        return self._engine.pieces(text) if self._engine else 0

    async def close(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._starting
        self._engine = None
        if self._batcher is not None:
            self._batcher.close()
            self._batcher = None
        # At most one batch is running: its thread ends within milliseconds.
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def _get_ready(self) -> None:
        try:
            self._engine = await self._load() or await self._load(again=True)
            if self._engine is not None:
                self._batcher = Batcher(self._engine.encode, self._pool)
        except (Misconfigured, Unavailable) as problem:
            self._problem = str(problem)
            _log.error("encoder is not available: %s", problem)
        except Exception as problem:  # noqa: BLE001
            # Nobody awaits this task: whatever went wrong must be said here, and matching
            # goes on without vectors.
            self._problem = f"The encoder failed to load ({problem.__class__.__name__})."
            _log.exception("encoder failed to load")

    async def _load(self, *, again: bool = False) -> "_Engine | None":
        """Load the export, making it first if need be; None when it turns out damaged."""
        loop = asyncio.get_running_loop()
        folder = await loop.run_in_executor(self._pool, exported, self._data_dir, self._model)
        if folder is None:
            await self._export()
            folder = await loop.run_in_executor(self._pool, exported, self._data_dir, self._model)
        if folder is None:
            raise Unavailable("The encoder's export is not there although it was made.")
        try:
            return await loop.run_in_executor(self._pool, _Engine, folder)
        except Exception:
            # onnxruntime raises its own kinds for a damaged file: forget the export, once.
            if again:
                raise
            _log.warning("encoder export is damaged, making it again", exc_info=True)
            pointer(self._data_dir, self._model).unlink(missing_ok=True)
            return None

    async def _export(self) -> None:
        _log.info("exporting the encoder %s once, this takes some seconds", self._model.name)
        named_model = () if self._named is None else (self._named,)
        program = await asyncio.create_subprocess_exec(
            "nice",
            sys.executable,
            "-m",
            "chatbot.adapters.encoders.export",
            str(self._data_dir),
            *named_model,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        )
        try:
            _, said = await program.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            await program.wait()
            raise
        if program.returncode:
            lines = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise Unavailable(lines[-1])


class _Engine:
    """Graph and tokeniser, used by one thread."""

    def __init__(self, folder: Path) -> None:
        # Heavy vendors, loaded on the encoder's thread and never when only lexical matching runs.
        import onnxruntime  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        self.manifest = Manifest.read(folder / MANIFEST)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / GRAPH), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.manifest.longest)
        unknown = getattr(self._tokenizer.model, "unk_token", None)
        self._unknown = None if unknown is None else self._tokenizer.token_to_id(unknown)
        self.encode(["ready?"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Vectors of a batch.

        Returns:
            Shape (len(texts), dimensions), rows of length 1.
        """
        prompt = self.manifest.prompt
        rows = [
            self._tokenizer.encode(prompt + _well_formed(text[:_LONGEST_TEXT])).ids
            for text in texts
        ]
        longest = max(len(row) for row in rows)
        ids = np.full((len(rows), longest), self.manifest.pad, np.int64)
        mask = np.zeros((len(rows), longest), np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return vectors

    def pieces(self, text: str) -> int:
        found = self._tokenizer.encode(_well_formed(text[:_LONGEST_TEXT]), add_special_tokens=False)
        return sum(
            end - start if token == self._unknown else 1
            for token, (start, end) in zip(found.ids, found.offsets, strict=True)
        )


def _well_formed(text: str) -> str:
    """A lone surrogate, which JSON can carry, has no UTF-8 and would fail in the tokeniser."""
    return text.encode("utf-8", "replace").decode("utf-8")
