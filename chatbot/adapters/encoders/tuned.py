"""Encoders that were tuned and kept: where they lie, and what is known of them. No vendor."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.adapters.encoders.models import Model, exported, named, pointer

REPORT = "tuned.json"


@dataclass(frozen=True, slots=True)
class Tuned:
    """
    What a kept encoder comes from.

    Attributes:
        fingerprint: Its own.
        base: The setting that names the model it was tuned from; None is the packaged one.
        base_fingerprint: That of the encoder it comes from.
    """

    fingerprint: str
    base: str | None
    base_fingerprint: str


def tuned(setting: str | None) -> Tuned | None:
    """
    What is known of the encoder that a *setting* names; None where it was not tuned by us.

    Raises:
        Misconfigured: The setting names no model.
    """
    folder = named(setting).folder
    try:
        said = json.loads((folder / REPORT).read_text(encoding="utf-8")) if folder else {}
        return Tuned(str(said["fingerprint"]), said["base"], str(said["base_fingerprint"]))
    except (OSError, ValueError, KeyError):
        return None


def keep(data_dir: Path, model: Path, export: Path, report: Mapping[str, Any]) -> Path:
    """
    Move a tuned *model* and its *export* to where they stay: whole, or not at all.

    Args:
        model, export: Folders on the same file system as *data_dir*.

    Returns:
        The model's folder, for CHATBOT_ENCODER.
    """
    folder = data_dir / "tuned" / export.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=1, ensure_ascii=False)
    (model / REPORT).write_text(text, encoding="utf-8")
    if folder.exists():  # the same weights were kept before: only the report is newer
        (model / REPORT).replace(folder / REPORT)
    else:
        model.rename(folder)
    # From here on it is kept; without what follows its first start would make the export again.
    if not (data_dir / "encoders" / export.name).exists():
        (data_dir / "encoders").mkdir(exist_ok=True)
        export.rename(data_dir / "encoders" / export.name)
    note = data_dir / "encoders" / f".tuned.{os.getpid()}"
    note.write_text(json.dumps(export.name), encoding="utf-8")
    note.replace(pointer(data_dir, _named(folder)))
    return folder


def kept(data_dir: Path) -> list[Path]:
    """The folders of all that were kept."""
    return sorted(path.parent for path in (data_dir / "tuned").glob(f"*/{REPORT}"))


def forget(data_dir: Path) -> int:
    """Remove all that were kept, with their exports; returns how many there were."""
    every = kept(data_dir)
    for folder in every:
        if (export := exported(data_dir, _named(folder))) is not None:
            shutil.rmtree(export)
        pointer(data_dir, _named(folder)).unlink(missing_ok=True)
        shutil.rmtree(folder)
    return len(every)


def _named(folder: Path) -> Model:
    return named(str(folder))
