"""Prompts are files with a name, a purpose and a version."""

from pathlib import Path

import pytest

from chatbot.errors import Misconfigured
from chatbot.prompts.registry import Registry

GOOD = """---
name: greet
feature: chat
description: Says hello
max_output_tokens: 20
---
You are $bot of $company.
"""


def folder(tmp_path: Path, text: str, name: str = "greet") -> Path:
    (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_prompt_is_rendered_and_keeps_the_version_of_its_file(tmp_path: Path) -> None:
    file = Registry(folder(tmp_path, GOOD))["greet"]
    one, other = file.render(bot="Runa", company="Fjell"), file.render(bot="Bo", company="Tarn")
    assert one.text == "You are Runa of Fjell."
    assert one.version == other.version == file.version
    assert (file.feature, file.max_output_tokens) == ("chat", 20)


def test_two_wordings_never_share_a_version(tmp_path: Path) -> None:
    before = Registry(folder(tmp_path, GOOD))["greet"].version
    after = Registry(folder(tmp_path, GOOD.replace("You are", "You're")))["greet"].version
    assert before != after


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("You are a bot.", "front matter"),
        (GOOD.replace("name: greet\n", ""), "name"),
        (GOOD.replace("feature", "future"), "feature, future"),
        (GOOD.replace(": 20", ": many"), "max_output_tokens"),
        (GOOD.replace(": 20", ": 0"), "max_output_tokens"),
        (GOOD.replace("name: greet", "name: greets"), "greets"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(Misconfigured, match=named) as error:
        Registry(folder(tmp_path, text))
    assert "greet.md" in str(error.value)


def test_an_unknown_prompt_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Misconfigured, match="support"):
        Registry()["suport"]
