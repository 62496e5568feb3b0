"""The doctor tells an encoder that the bank is fitted to from any other."""

from pathlib import Path

import pytest

from chatbot.adapters.encoders.models import (
    GRAPH,
    MANIFEST,
    TOKENIZER,
    Manifest,
    named,
    pointer,
)
from chatbot.answers.calibration import shipped
from chatbot.cli.checks import check_encoder
from chatbot.settings import read_settings


@pytest.mark.parametrize(
    ("fingerprint", "state"), [("0123456789abcdef", "note"), (shipped().encoder, "ok")]
)
def test_an_encoder_that_nothing_is_fitted_to_is_noted(
    tmp_path: Path, fingerprint: str, state: str
) -> None:
    folder, export = tmp_path / "model", tmp_path / "data" / "encoders" / fingerprint
    for each in (folder, export):
        each.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (export / GRAPH).write_bytes(b"graph")
    (export / TOKENIZER).write_text("{}")
    Manifest(fingerprint, 4, 128, 0, "", ("input_ids",), 5).write(export / MANIFEST)
    settings = read_settings(
        {"CHATBOT_DATA_DIR": str(tmp_path / "data"), "CHATBOT_ENCODER": str(folder)}
    )
    where = pointer(settings.data_dir, named(settings.encoder))
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(f'"{fingerprint}"')

    found = check_encoder(settings)

    assert found.state == state
    assert ("matches by wording" in found.words) == (state == "note")
