"""What every encoder owes: the vectors of sentence-transformers, without holding up the loop."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from chatbot.adapters.encoders.models import exported, named
from chatbot.adapters.encoders.onnx import OnnxEncoder
from chatbot.errors import Misconfigured, Unavailable
from tests.running import ENCODERS

TEXTS = [
    "Where is my parcel?",
    "hi",
    "I ordered two weeks ago and neither the tent nor the refund has arrived, what now?",
    "¿Puedo devolver unas botas usadas?",
    "12345 67890",
    "🙂🙂🙂",
    "long " * 600,
    "",
]


@pytest.fixture(scope="session")
def whole() -> Path:
    """The packaged model's export, of this run or of one before."""
    folder = ENCODERS.parent
    if exported(folder, named(None)) is None:
        subprocess.run(
            [sys.executable, "-m", "chatbot.adapters.encoders.export", str(folder)],
            check=True,
            capture_output=True,
        )
    found = exported(folder, named(None))
    assert found is not None
    return found


@pytest.fixture(scope="session")
def data_dir(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose export was damaged, so that the one in it was made in this run, by us."""
    folder = tmp_path_factory.mktemp("data")
    damaged = folder / "encoders" / whole.name
    damaged.mkdir(parents=True)
    pointer = f"{named(None).key}.json"
    shutil.copy(whole.parent / pointer, folder / "encoders" / pointer)
    for part in whole.iterdir():
        content = part.read_bytes()
        (damaged / part.name).write_bytes(
            bytes(len(content)) if part.suffix == ".onnx" else content
        )
    asyncio.run(_begin(folder))
    return folder


async def _begin(folder: Path) -> None:
    encoder = OnnxEncoder(folder, None)
    await encoder.wait()
    await encoder.close()


@pytest.fixture
async def encoder(data_dir: Path) -> AsyncIterator[OnnxEncoder]:
    made = OnnxEncoder(data_dir, None)
    await made.wait()
    yield made
    await made.close()


async def test_vectors_are_those_of_sentence_transformers(
    encoder: OnnxEncoder, tmp_path: Path
) -> None:
    program = (
        "import sys, numpy, sentence_transformers as st, json;"
        "model = st.SentenceTransformer(sys.argv[1], device='cpu');"
        "texts = json.loads(sys.stdin.read());"
        "numpy.save(sys.argv[2], model.encode(texts, normalize_embeddings=True))"
    )
    folder = named(None).folder
    subprocess.run(  # noqa: ASYNC221 - nothing else runs here; torch stays out of this process
        [sys.executable, "-c", program, str(folder), str(tmp_path / "theirs.npy")],
        input=json.dumps(TEXTS),
        text=True,
        check=True,
        capture_output=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    theirs = np.load(tmp_path / "theirs.npy")
    ours = await encoder.encode(TEXTS)
    assert ours.shape == (len(TEXTS), encoder.dimensions)
    assert ((ours * theirs).sum(axis=1) >= 0.999).all()


async def test_a_vector_does_not_depend_on_its_batch(encoder: OnnxEncoder) -> None:
    together = await encoder.encode(TEXTS)
    alone = np.concatenate([await encoder.encode([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


async def test_vectors_have_length_one(encoder: OnnxEncoder) -> None:
    vectors = await encoder.encode(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_nothing_to_encode_gives_no_rows(encoder: OnnxEncoder) -> None:
    assert (await encoder.encode([])).shape == (0, encoder.dimensions)


async def test_half_a_surrogate_pair_is_encoded_like_any_noise(encoder: OnnxEncoder) -> None:
    assert (await encoder.encode(["broken \ud83d text"])).shape == (1, encoder.dimensions)


async def test_encoding_leaves_the_event_loop_free(encoder: OnnxEncoder) -> None:
    """While a bank is encoded the loop keeps turning, and a question gets its turn in between."""
    turns = 0
    bank = asyncio.ensure_future(encoder.encode(TEXTS * 20))
    await asyncio.sleep(0)  # so that it comes first
    question = asyncio.ensure_future(encoder.encode(["Where is my parcel?"]))
    while not bank.done():
        turns += 1
        if question.done():
            break
        await asyncio.sleep(0)
    assert turns > 1
    assert question.done()
    assert not bank.done()
    await bank


async def test_however_much_is_encoded_at_once_no_thread_is_added(encoder: OnnxEncoder) -> None:
    """One is enough for each encoder, and other tests may have encoders of their own."""
    await encoder.encode(TEXTS)
    before = threading.active_count()
    await asyncio.gather(*(encoder.encode(TEXTS) for _ in range(8)))
    assert threading.active_count() == before


async def test_start_returns_before_it_is_ready(data_dir: Path) -> None:
    encoder = OnnxEncoder(data_dir, None)
    encoder.start()
    assert not encoder.ready
    with pytest.raises(Unavailable, match="still starting"):
        await encoder.encode(["Where is my parcel?"])
    await encoder.wait()
    assert encoder.ready
    assert len(encoder.fingerprint) == 32
    await encoder.close()


async def test_a_damaged_export_is_made_again(encoder: OnnxEncoder, whole: Path) -> None:
    assert encoder.fingerprint == whole.name


def test_serving_never_imports_torch(data_dir: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path;"
        "from chatbot.adapters.encoders.onnx import OnnxEncoder;\n"
        "async def main():\n"
        "    encoder = OnnxEncoder(Path(sys.argv[1]), None)\n"
        "    await encoder.wait(); await encoder.encode(['hi']); await encoder.close()\n"
        "asyncio.run(main());"
        "sys.exit(bool({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(data_dir)], check=False)
    assert done.returncode == 0


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no sentence-transformers model"):
        OnnxEncoder(tmp_path, str(tmp_path))


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="does not exist"):
        OnnxEncoder(tmp_path, str(tmp_path / "missing"))


async def test_a_known_word_is_one_piece_and_what_cannot_be_read_counts_by_the_letter(
    encoder: OnnxEncoder, tmp_path: Path
) -> None:
    assert encoder.pieces("parcel") == encoder.pieces("Parcel") == 1
    assert encoder.pieces("parzel") > 1
    assert encoder.pieces("ሰላምታ") == len("ሰላምታ")
    assert encoder.pieces("half \ud83d a pair") >= len(["half", "a", "pair"])
    assert OnnxEncoder(tmp_path, None).pieces("parcel") == 0
