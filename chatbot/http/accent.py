"""
One brand colour becomes the six accent tokens of each theme.

A company picks a colour for its brand, not for reading: the derivation keeps its hue and moves
its lightness only as far as legibility asks. Luminance and contrast are those of WCAG 2.2
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from chatbot.errors import Malformed

Colour = tuple[int, int, int]

TEXT = 4.5
"""The least contrast of text with what is behind it."""
GRAPHIC = 3.0
"""The least contrast of an edge or a bar with what is beside it."""

_COMFORT = 6.0  # accented words are small: well above the least
_SLACK = 0.1  # the widget's greys may be a shade off the console's
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_INK: Colour = (12, 15, 20)
_STEPS = 100
_LINEAR_BELOW = 0.04045  # where sRGB's curve begins
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Theme:
    """
    The greys an accent must be legible on; `web/static/styles/tokens.css` has the same ones.

    Attributes:
        away: The end of the scale that gains contrast with the surfaces.
        soft, border: Share of the accent in its tint and in the tint's edge.
    """

    canvas: Colour
    surface: Colour
    raised: Colour
    sunken: Colour
    hover: Colour
    away: Colour
    soft: float
    border: float


def parse(colour: str) -> Colour:
    """
    Read `#rrggbb`.

    Raises:
        Malformed: It is written in any other way.
    """
    if not _HEX.fullmatch(colour):
        raise Malformed(f"An accent is written as # and six hex digits, not {colour[:20]!r}.")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (no difference) to 21 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@cache
def accents(colour: str) -> dict[str, dict[str, str]]:
    """
    The accent tokens of both themes for a brand *colour* written as `#rrggbb`.

    Returns:
        `{"light": {...}, "dark": {...}}`, each with `accent`, `accent-hover`, `accent-text`,
        `accent-soft`, `on-accent` and `accent-border` as `#rrggbb`.

    Raises:
        Malformed: *colour* is not `#rrggbb`.
    """
    brand = parse(colour)
    return {"light": _derive(brand, LIGHT), "dark": _derive(brand, DARK)}


def _derive(brand: Colour, theme: Theme) -> dict[str, str]:
    def stands_out(tint: Colour) -> bool:
        beside = min(contrast(tint, theme.surface), contrast(tint, theme.canvas))
        return beside >= GRAPHIC + _SLACK and contrast(tint, _written_on(tint)) >= TEXT

    accent = _towards(brand, theme.away, stands_out)
    soft = _mix(theme.surface, accent, theme.soft)
    readable_on = (theme.canvas, theme.surface, theme.raised, theme.sunken, theme.hover, soft)

    def reads(tint: Colour) -> bool:
        return min(contrast(tint, behind) for behind in readable_on) >= _COMFORT

    tokens = {
        "accent": accent,
        "accent-hover": _hover(accent),
        "accent-text": _towards(accent, theme.away, reads),
        "accent-soft": soft,
        "on-accent": _written_on(accent),
        "accent-border": _mix(theme.surface, accent, theme.border),
    }
    return {name: "#{:02x}{:02x}{:02x}".format(*tint) for name, tint in tokens.items()}


def _towards(start: Colour, end: Colour, enough: Callable[[Colour], bool]) -> Colour:
    """The colour nearest to *start* on the way to *end* that is *enough*."""
    way = (_mix(start, end, step / _STEPS) for step in range(_STEPS + 1))
    return next(tint for tint in way if enough(tint))


def _hover(accent: Colour) -> Colour:
    """A little further from the words on it, or nearer where there is no further."""
    ink = _written_on(accent)
    further = _mix(accent, _BLACK if ink == _WHITE else _WHITE, 0.16)
    return further if further != accent else _mix(accent, ink, 0.16)


def _written_on(tint: Colour) -> Colour:
    return _WHITE if contrast(tint, _WHITE) >= TEXT else _INK


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        c / 12.92 if c <= _LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


LIGHT = Theme(
    canvas=parse("#f4f5f8"),
    surface=_WHITE,
    raised=_WHITE,
    sunken=parse("#eceff4"),
    hover=parse("#f0f2f6"),
    away=_BLACK,
    soft=0.1,
    border=0.3,
)
DARK = Theme(
    canvas=parse("#0e1115"),
    surface=parse("#15191f"),
    raised=parse("#1d222a"),
    sunken=parse("#21272f"),
    hover=parse("#1b2028"),
    away=_WHITE,
    soft=0.18,
    border=0.45,
)
