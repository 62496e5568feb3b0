"""Which providers there are, with which keys and in which roles, by the file or by variables."""

from pathlib import Path

import pytest

from chatbot.errors import Misconfigured
from chatbot.settings import Route, Settings, read_settings

TWO = """
[[providers]]
name = "one"
[[providers]]
name = "two"
base_url = "http://localhost:1/v1"
api_key_env = "TWO_KEY"
"""
KEY = {"OPENAI_API_KEY": "sk-1"}


def read(tmp_path: Path, text: str, **environment: str) -> Settings:
    file = tmp_path / "chatbot.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings({"CHATBOT_CONFIG": str(file)} | environment)


def reached(settings: Settings) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(each.name, each.model, each.base_url, keys) for each, keys in settings.providers]


def test_nothing_set_is_no_provider_and_no_route() -> None:
    settings = read_settings({})
    assert settings.providers == ()
    assert settings.route == Route(None, None)


def test_the_keys_of_a_variable_come_in_its_order_and_each_once() -> None:
    settings = read_settings({"OPENAI_API_KEY": "sk-3, sk-2,,sk-1,sk-2"})
    assert settings.providers[0][1] == ("sk-3", "sk-2", "sk-1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CHATBOT_ALTERNATIVE_MODEL": "m2"}, ("m2", "", ("sk-1",))),
        ({"CHATBOT_ALTERNATIVE_BASE_URL": "http://b/v1"}, ("m1", "http://b/v1", ())),
        (
            {
                "CHATBOT_ALTERNATIVE_BASE_URL": "http://b/v1",
                "CHATBOT_ALTERNATIVE_MODEL": "m2",
                "CHATBOT_ALTERNATIVE_API_KEY": "sk-9",
            },
            ("m2", "http://b/v1", ("sk-9",)),
        ),
        (
            {"CHATBOT_ALTERNATIVE_MODEL": "m2", "CHATBOT_ALTERNATIVE_API_KEY": "sk-9,sk-8"},
            ("m2", "", ("sk-9", "sk-8")),
        ),
    ],
)
def test_an_alternative_needs_no_file_and_no_key_leaves_its_address(
    environment: dict[str, str], expected: tuple[str, str, tuple[str, ...]]
) -> None:
    settings = read_settings(KEY | {"CHATBOT_MODEL": "m1"} | environment)
    assert reached(settings) == [("openai", "m1", "", ("sk-1",)), ("alternative", *expected)]
    assert settings.route == Route("openai", "alternative")


@pytest.mark.parametrize(
    ("routes", "route"),
    [
        ("", Route("one", "two")),
        ('[routes]\nprimary = "two"', Route("two", "one")),
        ('[routes]\nprimary = "two"\nalternative = "none"', Route("two", None)),
        ('[routes]\nalternative = "two"', Route("one", "two")),
    ],
)
def test_a_route_is_what_it_names_or_the_order_of_the_file(
    tmp_path: Path, routes: str, route: Route
) -> None:
    assert read(tmp_path, TWO + routes, **KEY).route == route


def test_a_variable_overrides_the_route_of_the_file(tmp_path: Path) -> None:
    text = TWO + '[routes]\nprimary = "one"'
    settings = read(tmp_path, text, CHATBOT_ROUTES_PRIMARY="two", **KEY)
    assert settings.route == Route("two", "one")


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        (TWO, {}, "Provider one takes its key from OPENAI_API_KEY, which is not set"),
        (TWO + '[[providers]]\nname = "two"', KEY, "has the name 'two', which is taken"),
        ('[[providers]]\nname = "none"', KEY, "has the name 'none', which is taken"),
        ('[[providers]]\nname = ""', KEY, "expected str of length >= 1"),
        ('[[providers]]\nmodel = ""', KEY, "expected str of length >= 1"),
        ('[[providers]]\napi = "soap"', KEY, r"invalid enum value 'soap' - at \$\[0\].api"),
        (TWO + '[routes]\nprimary = "three"', KEY, "names 'three' as primary.*are one, two"),
        (TWO + '[routes]\nprimary = "none"', KEY, "names 'none' as primary"),
        (TWO + '[routes]\nalternative = "one"', KEY, "'one' as primary and as alternative"),
        (TWO + "[routes]\nprimary = 5", KEY, r"\[routes\]: expected str, got int"),
        (TWO + '[routes]\nthird = "two"', KEY, "unknown field third"),
        ("", {"CHATBOT_ROUTES_ALTERNATIVE": "two"}, "names 'two' as alternative.*are none"),
        ("", KEY | {"CHATBOT_ALTERNATIVE_API_KEY": "sk"}, "API_KEY is set alone"),
        ("", KEY | {"CHATBOT_ALTERNATIVE_BASE_URL": "b/v1"}, "BASE_URL reads 'b/v1'"),
        ("", {"CHATBOT_ALTERNATIVE_MODEL": "m"}, "alternative takes its key from OPENAI_API_KEY"),
        (TWO, KEY | {"CHATBOT_ALTERNATIVE_MODEL": "m"}, "only where the configuration file lists"),
    ],
)
def test_what_cannot_be_stops_the_start_with_a_sentence(
    tmp_path: Path, text: str, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        read(tmp_path, text, **environment)
