"""Whatever colour a company picks, what is written in it or on it can be read."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import Malformed
from chatbot.http.accent import DARK, LIGHT, Theme, accents, contrast, parse

TOKENS = Path(__file__).parents[2] / "web/static/styles/tokens.css"
SURFACES = ("canvas", "surface", "raised", "sunken", "hover")

channels = st.integers(0, 255)
brands = st.builds("#{:02x}{:02x}{:02x}".format, channels, channels, channels)


@given(brand=brands, theme=st.sampled_from([("light", LIGHT), ("dark", DARK)]))
def test_any_brand_colour_gives_a_legible_theme(brand: str, theme: tuple[str, Theme]) -> None:
    name, greys = theme
    tokens = {role: parse(value) for role, value in accents(brand)[name].items()}
    behind = [getattr(greys, surface) for surface in SURFACES] + [tokens["accent-soft"]]

    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    assert contrast(tokens["on-accent"], tokens["accent-hover"]) >= 4.5
    assert min(contrast(tokens["accent-text"], surface) for surface in behind) >= 4.5
    assert contrast(tokens["accent"], greys.surface) >= 3
    assert contrast(tokens["accent"], greys.canvas) >= 3


@given(brand=brands)
def test_hovering_is_visible(brand: str) -> None:
    for tokens in accents(brand).values():
        assert tokens["accent"] != tokens["accent-hover"]


def test_a_colour_that_is_already_legible_is_kept() -> None:
    assert accents("#2f5bd0")["light"]["accent"] == "#2f5bd0"


@pytest.mark.parametrize("wrong", ["", "2f5bd0", "#2f5bd", "#2f5bd0 ", "#2f5bd0\n", "#ggg000"])
def test_anything_but_a_hex_colour_is_refused(wrong: str) -> None:
    with pytest.raises(Malformed, match="six hex digits"):
        accents(wrong)


@pytest.mark.parametrize(("column", "theme"), [(1, LIGHT), (2, DARK)])
def test_the_greys_are_those_of_the_stylesheet(column: int, theme: Theme) -> None:
    written = TOKENS.read_text(encoding="utf-8")
    for surface in SURFACES:
        pair = re.search(rf"--{surface}: light-dark\((#\w+), (#\w+)\)", written)
        assert pair, surface
        assert parse(pair[column]) == getattr(theme, surface), surface
