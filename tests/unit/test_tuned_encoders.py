"""A tuned encoder is kept whole or not at all, knows its base, and can be forgotten."""

import json
from pathlib import Path

import pytest

from chatbot.adapters.encoders.models import (
    GRAPH,
    MANIFEST,
    TOKENIZER,
    Manifest,
    exported,
    named,
)
from chatbot.adapters.encoders.tuned import REPORT, forget, keep, kept, tuned
from chatbot.answers.calibration import shipped
from chatbot.cli.checks import check_encoder
from chatbot.settings import read_settings

REPORTED = {"fingerprint": "abc", "base": None, "base_fingerprint": shipped().encoder}


def made(folder: Path) -> tuple[Path, Path]:
    """A model and its export, as a trainer leaves them."""
    model, export = folder / "model", folder / "encoders" / "abc"
    for each in (model, export):
        each.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (export / GRAPH).write_bytes(b"graph")
    (export / TOKENIZER).write_text("{}")
    Manifest("abc", 4, 128, 0, "", ("input_ids",), 5).write(export / MANIFEST)
    return model, export


def test_what_is_kept_has_its_report_and_needs_no_second_export(tmp_path: Path) -> None:
    folder = keep(tmp_path, *made(tmp_path / "making"), REPORTED)
    assert kept(tmp_path) == [folder]
    assert json.loads((folder / REPORT).read_text("utf-8")) == REPORTED
    export = exported(tmp_path, named(str(folder)))
    assert export is not None
    assert export.name == "abc"
    origin = tuned(str(folder))
    assert origin is not None
    assert (origin.fingerprint, origin.base) == ("abc", None)


def test_what_was_not_tuned_has_no_origin(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert tuned(str(tmp_path)) is None
    assert tuned(None) is None


def test_the_same_encoder_may_be_kept_again(tmp_path: Path) -> None:
    keep(tmp_path, *made(tmp_path / "first"), REPORTED)
    folder = keep(tmp_path, *made(tmp_path / "second"), {**REPORTED, "seed": 7})
    assert json.loads((folder / REPORT).read_text("utf-8"))["seed"] == 7
    assert exported(tmp_path, named(str(folder))) is not None


def test_a_keeping_that_is_broken_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, export = made(tmp_path / "making")

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", broken)
        with pytest.raises(KeyboardInterrupt):
            keep(tmp_path, model, export, REPORTED)
    assert kept(tmp_path) == []
    assert not (tmp_path / "encoders").exists()


def test_forgetting_removes_models_and_exports(tmp_path: Path) -> None:
    folder = keep(tmp_path, *made(tmp_path / "making"), REPORTED)
    other = tmp_path / "encoders" / "of-another-model"
    other.mkdir()
    assert forget(tmp_path) == 1
    assert not folder.exists()
    assert list((tmp_path / "encoders").iterdir()) == [other]
    assert forget(tmp_path) == 0


@pytest.mark.parametrize(
    ("base", "words"), [(shipped().encoder, "the bank uses it"), ("other", "matches by wording")]
)
def test_the_doctor_says_what_a_tuned_encoder_is_good_for(
    tmp_path: Path, base: str, words: str
) -> None:
    folder = keep(tmp_path, *made(tmp_path / "making"), {**REPORTED, "base_fingerprint": base})
    found = check_encoder(
        read_settings({"CHATBOT_DATA_DIR": str(tmp_path), "CHATBOT_ENCODER": str(folder)})
    )
    assert found.state == "note"
    assert words in found.words
