"""Colours that everybody can tell apart and read, in both themes."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import numpy as np
import pytest

from analytics_viz.theme import DARK, LIGHT, Palette, counterparts

THEMES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ rgb.clip(0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    light = [float(np.array([0.2126, 0.7152, 0.0722]) @ linear(c)) + 0.05 for c in (one, other)]
    return max(light) / min(light)


def test_every_colour_has_one_counterpart() -> None:
    assert len(counterparts()) == len(asdict(LIGHT)), "two roles share a colour"


@THEMES
@pytest.mark.parametrize("vision", VISIONS)
def test_series_can_be_told_apart(palette: Palette, vision: str) -> None:
    seen = {colour: lab(VISIONS[vision] @ linear(colour)) for colour in palette.series}
    for one, other in itertools.combinations(seen, 2):
        distance = float(np.linalg.norm(seen[one] - seen[other]))
        assert distance >= 10, f"{one} and {other} look alike with {vision}"


@THEMES
def test_text_can_be_read(palette: Palette) -> None:
    for ground in (palette.surface, palette.background):
        for text in (palette.text, palette.muted, palette.good, palette.bad):
            assert contrast(text, ground) >= 4.5, (text, ground)
    tiles = (palette.blue_soft, palette.orange_soft, *(str(step[1]) for step in palette.scale))
    for ground in tiles:
        assert contrast(palette.text, ground) >= 4.5, (palette.text, ground)


@THEMES
def test_marks_stand_out(palette: Palette) -> None:
    for colour in palette.series:
        assert contrast(colour, palette.surface) >= 2.2, colour
