"""Colours: text can be read and series can be told apart, in both schemes and with any kind of colour vision."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from analytics_assets.reports import style

# Simulation of full dichromacy, on linear RGB. Source: Machado, Oliveira, Fernandes (2009), table for severity 1.
VISION = {
    "all": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
NAMED = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILION, style.SKY, style.PURPLE, style.GREY)
VALUES = (*style.VALUES, style.GREY, style.PALE)
SCHEMES = {"light": {colour: colour for colour in style.DARK}, "dark": style.DARK}
TOLD_APART = 6.0
"""Distance in CIELAB; 2.3 is the least that can be seen side by side."""


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1, contrast ratio."""
    light = [sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other)]
    return (max(light) + 0.05) / (min(light) + 0.05)


def lab(colour: str, vision: str) -> tuple[float, float, float]:
    """CIELAB, D65, as somebody of that vision sees it."""
    red, green, blue = (sum(w * p for w, p in zip(row, linear(colour), strict=True)) for row in VISION[vision])

    def root(part: float) -> float:
        return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

    x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", [style.INK, style.MUTED, style.BLUE])
@pytest.mark.parametrize("ground", [style.PAPER, style.SURFACE])
def test_text_can_be_read(scheme: str, text: str, ground: str) -> None:
    assert contrast(SCHEMES[scheme][text], SCHEMES[scheme][ground]) >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("colours", [NAMED, VALUES], ids=["named", "values"])
def test_series_can_be_told_apart(colours: tuple[str, ...], scheme: str, vision: str) -> None:
    pairs = combinations([SCHEMES[scheme][colour] for colour in colours], 2)
    near = {(a, b): math.dist(lab(a, vision), lab(b, vision)) for a, b in pairs}
    assert min(near.values()) >= TOLD_APART, sorted(near.items(), key=lambda pair: pair[1])[:3]
