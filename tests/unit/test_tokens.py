"""The console's colours, measured where they meet on a screen, by day and by night."""

import re
from itertools import product
from pathlib import Path

import pytest

from chatbot.http.accent import GRAPHIC, TEXT, Colour, contrast, parse

STYLES = Path(__file__).parents[2] / "web/static/styles"
SURFACES = ("canvas", "surface", "raised", "sunken", "hover", "accent-soft")
MEANINGS = ("success", "warning", "danger", "info", "note")
RUNGS = ("cache", "model", "alternative", "answer-bank", "tool", "person")

WRITTEN = [
    *product(("text", "muted", "accent-text"), SURFACES),
    *(("text", f"{meaning}-soft") for meaning in MEANINGS),
    *((f"{meaning}-text", f"{meaning}-soft") for meaning in MEANINGS),
    *product(("success-text", "warning-text", "danger-text", "info-text"), SURFACES),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
]
DRAWN = [
    *product(("border-strong", "focus"), SURFACES),
    ("accent", "surface"),
    ("accent", "canvas"),
    ("note-border", "surface"),
    *((f"rung-{rung}", "surface") for rung in RUNGS),
]


def tokens(column: int) -> dict[str, Colour]:
    sheet = (STYLES / "tokens.css").read_text(encoding="utf-8").partition("@media")[0]
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", sheet)
    return {name: parse((day, night)[column]) for name, day, night in pairs}


@pytest.mark.parametrize("column", [0, 1], ids=["day", "night"])
def test_words_can_be_read_on_everything_they_are_written_on(column: int) -> None:
    colours = tokens(column)
    faint = {
        f"{ink} on {paper}": round(contrast(colours[ink], colours[paper]), 2)
        for ink, paper in WRITTEN
        if contrast(colours[ink], colours[paper]) < TEXT
    }

    assert faint == {}


@pytest.mark.parametrize("column", [0, 1], ids=["day", "night"])
def test_edges_and_marks_can_be_seen(column: int) -> None:
    colours = tokens(column)
    faint = {
        f"{mark} on {paper}": round(contrast(colours[mark], colours[paper]), 2)
        for mark, paper in DRAWN
        if contrast(colours[mark], colours[paper]) < GRAPHIC
    }

    assert faint == {}


def test_no_other_sheet_has_a_colour_of_its_own() -> None:
    """Another colour would be one that nobody measured."""
    raw = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
    strays = {
        sheet.name: found
        for sheet in STYLES.glob("*.css")
        if sheet.name != "tokens.css"
        if (found := raw.findall(sheet.read_text(encoding="utf-8")))
    }

    assert strays == {}


def test_every_token_is_used_and_every_name_is_one() -> None:
    known = set(re.findall(r"--([\w-]+):", (STYLES / "tokens.css").read_text(encoding="utf-8")))
    used = {
        name
        for sheet in STYLES.glob("*.css")
        for name in re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8"))
    }

    assert used == known
