"""docs/configuration.md names every setting with its variable and its default, and no other."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from chatbot.settings import ProviderSettings, Route, read_settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
SECTIONS = ("server", "limits", "deadlines", "breaker", "concurrency", "deferred", "webhooks")
IN_WORDS = {"public_url", "trusted_proxies", "base_url", "options", "plans"}
"""Settings whose default is said in words."""


class Listener(Mapping[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, **values: str) -> None:
        self._values, self.asked = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below *heading*."""
    part = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def named(cell: str) -> str:
    return cell.strip("| `")


def shown(value: object) -> str:
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def test_every_variable_that_is_read_is_documented() -> None:
    environment = Listener(OPENAI_API_KEY="sk-1")
    read_settings(environment)
    alone = {named(row[0]) for row in rows("From the environment alone")}
    tables = (*SECTIONS, "routes")
    in_sections = {named(row[1]) for section in tables for row in rows(f"`[{section}]`")}
    assert alone | in_sections == environment.asked
    assert not alone & in_sections


def test_every_setting_is_documented_with_its_variable_and_default() -> None:
    settings = read_settings({})
    for section in SECTIONS:
        defaults = msgspec.structs.asdict(getattr(settings, section))
        found = {named(row[0]): row for row in rows(f"`[{section}]`")}
        assert list(found) == list(defaults)
        for name, value in defaults.items():
            variable = f"CHATBOT_{section}_{name}".upper()
            if name == "public_url":
                variable = "CHATBOT_PUBLIC_URL"
            assert named(found[name][1]) == variable
            if name not in IN_WORDS:
                assert found[name][2] == shown(value), name


def test_every_field_of_a_provider_is_documented() -> None:
    defaults = msgspec.structs.asdict(ProviderSettings())
    found = {named(row[0]): row for row in rows("`[[providers]]`")}
    assert list(found) == list(defaults)
    for name in defaults.keys() - IN_WORDS:
        assert found[name][1] == shown(defaults[name])


def test_the_example_of_a_file_is_taken(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    file = tmp_path / "chatbot.toml"
    file.write_text(example[1], encoding="utf-8")
    keys = {"OPENAI_API_KEY": "sk-1", "ELSEWHERE_API_KEY": "sk-3, sk-2"}
    settings = read_settings({"CHATBOT_CONFIG": str(file), **keys})
    assert settings.limits.messages_per_minute == 60
    assert settings.public_url == "https://support.example.com"
    assert [keys for _, keys in settings.providers] == [("sk-1",), ("sk-3", "sk-2")]
    assert settings.route == Route("openai", "elsewhere")
