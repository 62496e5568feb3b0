"""What every trainer owes: an encoder with vectors of its own, kept only when told to."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from chatbot.adapters.encoders.models import PACKAGED_WEIGHTS, exported, named
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.adapters.encoders.teach import LESSON, MODEL, VECTORS, share_folder
from chatbot.adapters.encoders.trainer import TorchTrainer
from chatbot.adapters.encoders.tuned import kept, tuned
from chatbot.domain.tuning import Lesson
from chatbot.errors import Conflict, Unavailable
from chatbot.ports import Encoder
from tests.running import ENCODERS

PARCELS = ("Where is my parcel?", "My package has not arrived", "When will the box be here?")
RETURNS = ("Can I send this back?", "I want my money back", "How do I return boots?")
HALF, WHOLE = 0.5, 1.0
LESSON_OF_TWO = Lesson(
    (PARCELS, RETURNS), (*PARCELS, *RETURNS), seed=3, minutes=5, shares=(WHOLE, HALF)
)

KEPT = ENCODERS.parent / "small"
LAYERS = 2


@pytest.fixture(scope="session")
def small() -> str:
    """
    The packaged model cut down to its first two layers.

    Kept from run to run, named by the weights that it comes from, so that its export is as well.
    """
    folder = KEPT / PACKAGED_WEIGHTS[:16]
    if not folder.exists():
        whole = named(None).folder
        assert whole is not None
        made = KEPT / f"{uuid4().hex}.partial"
        shutil.copytree(whole, made)
        config = json.loads((whole / "config.json").read_text())
        (made / "config.json").write_text(json.dumps(config | {"num_hidden_layers": LAYERS}))
        weights = load_file(whole / "model.safetensors")
        gone = tuple(f"encoder.layer.{n}." for n in range(LAYERS, config["num_hidden_layers"]))
        left = {name: weight for name, weight in weights.items() if not name.startswith(gone)}
        assert len(left) < len(weights)
        save_file(left, made / "model.safetensors", metadata={"format": "pt"})
        try:
            made.rename(folder)
        except OSError:  # somebody else was quicker
            shutil.rmtree(made)
    return str(folder)


async def test_a_tuned_encoder_is_another_one_and_is_kept_when_told_so(
    small: str, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    async with TorchTrainer(tmp_path, small) as trainer:
        taught = await trainer.train(LESSON_OF_TWO, lambda step, of: told.append((step, of)))
        assert told[-1] == (taught.steps, taught.planned)
        assert taught.steps == taught.planned
        weights = [learned(tmp_path, share) for share in (WHOLE, HALF)]
        assert_between(load_file(Path(small) / "model.safetensors"), *weights)
        encoder, agreement = await trainer.encoder(WHOLE)
        assert agreement >= 0.999
        close, far = await likeness(encoder, PARCELS[0], PARCELS[1], RETURNS[0])
        first, own = await encoder.encode(PARCELS), encoder.fingerprint
        assert kept(tmp_path) == []

        with pytest.raises(Conflict, match="at work in this data folder"):
            async with TorchTrainer(tmp_path, small):
                pass

        name = trainer.keep({"fingerprint": own, "base_fingerprint": "of the small one"})

    assert [str(folder) for folder in kept(tmp_path)] == [name]
    assert not list((tmp_path / "tuned").glob(".making-*"))
    origin = tuned(name)
    assert origin is not None
    assert origin.base == small
    assert exported(tmp_path, named(name)) is not None, "its export came with it"
    used = OnnxEncoder(tmp_path, name)
    await used.wait()
    assert used.fingerprint == own
    assert np.allclose(await used.encode(PARCELS), first, atol=1e-6)
    await used.close()
    untuned = OnnxEncoder(ENCODERS.parent, small)
    await untuned.wait()
    assert untuned.fingerprint != own
    was_close, was_far = await likeness(untuned, PARCELS[0], PARCELS[1], RETURNS[0])
    assert close - far > was_close - was_far
    await untuned.close()


def learned(data_dir: Path, share: float) -> dict[str, Any]:
    """The weights that a trainer has made for a *share*."""
    (making,) = (data_dir / "tuned").glob(".making-*")
    return load_file(share_folder(making, share) / MODEL / "model.safetensors")


def assert_between(before: dict[str, Any], whole: dict[str, Any], half: dict[str, Any]) -> None:
    """Half of what was learned lies in the middle, in every weight, and something was learned."""
    assert any(np.abs(whole[name] - before[name]).max() > 1e-4 for name in whole)
    for name, weights in half.items():
        np.testing.assert_allclose(weights, (before[name] + whole[name]) / 2, atol=1e-6)


async def test_a_training_that_is_broken_off_leaves_nothing(small: str, tmp_path: Path) -> None:
    began = asyncio.Event()

    async def training() -> None:
        async with TorchTrainer(tmp_path, small) as trainer:
            await trainer.train(LESSON_OF_TWO, lambda *_: began.set())

    task = asyncio.create_task(training())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [path.name for path in (tmp_path / "tuned").iterdir()] == [".lock"]


async def test_what_a_killed_one_left_is_removed(small: str, tmp_path: Path) -> None:
    left = tmp_path / "tuned" / ".making-before"
    left.mkdir(parents=True)
    (left / "half.bin").write_bytes(b"half")
    async with TorchTrainer(tmp_path, small):
        assert not left.exists()


async def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "config.json").write_text("{}")
    async with TorchTrainer(tmp_path, str(empty)) as trainer:
        with pytest.raises(Unavailable, match="no encoder with 50% of what was learned"):
            await trainer.encoder(HALF)
        with pytest.raises(Unavailable, match="cannot be loaded"):
            await trainer.train(LESSON_OF_TWO, lambda *_: None)


def test_without_torch_the_program_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / LESSON).write_text("{}")
    hidden = "import sys; sys.modules['torch'] = None; "
    program = (
        hidden + "from chatbot.adapters.encoders.teach import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "Tuning needs torch, which is not installed: install torch and sentence-transformers in "
        "the versions of constraints.txt."
    )
    assert not (tmp_path / VECTORS).exists()


async def likeness(encoder: Encoder, text: str, *others: str) -> list[float]:
    vectors = await encoder.encode([text, *others])
    return [float(vectors[0] @ vector) for vector in vectors[1:]]
