"""What every trainer owes: an encoder with vectors of its own, kept only when told to."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chatbot.adapters.encoders.models import exported, named
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.adapters.encoders.teach import LESSON, VECTORS
from chatbot.adapters.encoders.trainer import TorchTrainer
from chatbot.adapters.encoders.tuned import kept, tuned
from chatbot.domain.tuning import Lesson
from chatbot.errors import Conflict, Unavailable
from chatbot.ports import Encoder

PARCELS = ("Where is my parcel?", "My package has not arrived", "When will the box be here?")
RETURNS = ("Can I send this back?", "I want my money back", "How do I return boots?")
LESSON_OF_TWO = Lesson((PARCELS, RETURNS), (*PARCELS, *RETURNS), seed=3, minutes=5)

SMALL = """
import sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
layers = model[0].model.encoder.layer
del layers[2:]
model[0].model.config.num_hidden_layers = 2
model.save_pretrained(sys.argv[2], create_model_card=False)
"""


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The packaged model cut down to its first two layers."""
    folder = tmp_path_factory.mktemp("small")
    subprocess.run(
        [sys.executable, "-c", SMALL, str(named(None).folder), str(folder)],
        check=True,
        capture_output=True,
        env=os.environ | {"TMPDIR": str(folder), "OMP_NUM_THREADS": "1"},
    )
    return str(folder)


async def test_a_tuned_encoder_is_another_one_and_is_kept_when_told_so(
    small: str, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    async with TorchTrainer(tmp_path, small) as trainer:
        encoder, taught = await trainer.train(
            LESSON_OF_TWO, lambda step, of: told.append((step, of))
        )
        assert told[-1] == (taught.steps, taught.planned)
        assert taught.steps == taught.planned
        assert taught.agreement >= 0.999
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
    untuned = OnnxEncoder(tmp_path, small)
    await untuned.wait()
    assert untuned.fingerprint != own
    was_close, was_far = await likeness(untuned, PARCELS[0], PARCELS[1], RETURNS[0])
    assert close - far > was_close - was_far
    await untuned.close()


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
