"""Digits drawn by program: ten shapes of strokes, each time turned, stretched and bent a little.

They are no one's handwriting, and say so; they are the same everywhere for a seed, at any size,
and take no room in the package.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from whygrad import random
from whygrad.data.dataset import Dataset, Floats

Point = tuple[float, float]


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Points along an ellipse around (x, y), from one angle to another, in degrees."""
    angles = np.radians(np.linspace(start, end, 9))
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


# x runs right and y down, both from 0 to 1; a digit is one line, or several
_STROKES: tuple[Sequence[Sequence[Point]], ...] = (
    (_arc(0.5, 0.5, 0.27, 0.4, 0, 360),),
    ([(0.33, 0.26), (0.55, 0.1), (0.55, 0.9)],),
    ([*_arc(0.5, 0.32, 0.25, 0.22, 190, 385), (0.25, 0.9), (0.78, 0.9)],),
    ([*_arc(0.47, 0.3, 0.24, 0.2, 205, 450), *_arc(0.47, 0.7, 0.27, 0.2, 270, 515)],),
    ([(0.68, 0.9), (0.68, 0.1), (0.22, 0.64), (0.82, 0.64)],),
    ([(0.72, 0.1), (0.32, 0.1), (0.29, 0.47), *_arc(0.48, 0.65, 0.26, 0.25, 235, 510)],),
    ([(0.66, 0.1), *_arc(0.5, 0.66, 0.24, 0.24, 190, 550)],),
    ([(0.24, 0.1), (0.77, 0.1), (0.42, 0.9)],),
    (_arc(0.5, 0.29, 0.2, 0.19, 90, 450), _arc(0.5, 0.69, 0.25, 0.21, -90, 270)),
    ([*_arc(0.5, 0.34, 0.24, 0.24, 10, 370), (0.7, 0.9)],),
)


def digits(
    *, points: int = 500, size: int = 16, noise: float = 0.05, bend: float = 1.0, seed: int = 0
) -> Dataset:
    """Pictures of the digits 0 to 9 in turn: size x size grey values from 0 (paper) to 1 (ink).

    Features are the pixels, row by row. `bend` says how much each picture differs from the plain
    shape, `noise` is the standard deviation of what is added to each pixel (and cut off at 0
    and 1).
    """
    labels = np.arange(points) % 10
    chance = random.uniform(seed, "data/digits", (points, 7), -bend, bend)
    x = np.empty((points, size * size))
    for n, label in enumerate(labels.tolist()):
        x[n] = _picture(_STROKES[label], chance[n], size).ravel()
    x = np.clip(x + random.normal(seed, "data/noise", x.shape, 0.0, noise), 0.0, 1.0)
    names = tuple(f"pixel {row},{column}" for row in range(size) for column in range(size))
    classes = tuple(str(digit) for digit in range(10))
    return Dataset(
        "digits",
        x,
        np.eye(10)[labels],
        names,
        classes,
        "classes",
        classes=classes,
        note="These digits are drawn by program; they are no one's handwriting.",
    )


def _picture(strokes: Sequence[Sequence[Point]], chance: Floats, size: int) -> Floats:
    """Ink by distance from the strokes, after turning, slanting, stretching and shifting them."""
    turn, slant, wide, tall, right, down, thick = chance
    cos, sin = math.cos(0.2 * turn), math.sin(0.2 * turn)
    turning = np.array([[cos, -sin], [sin, cos]])
    slanting = np.array([[1.0 + 0.15 * wide, 0.2 * slant], [0.0, 1.0 + 0.12 * tall]])
    middle = np.array([0.5 + 0.07 * right, 0.5 + 0.07 * down])
    centres = (np.arange(size) + 0.5) / size
    pixels = np.stack(np.meshgrid(centres, centres), axis=-1)
    nearest = np.full((size, size), np.inf)
    for stroke in strokes:
        line = (np.array(stroke) - 0.5) @ (turning @ slanting).T * 0.85 + middle
        for start, end in pairwise(line):
            nearest = np.minimum(nearest, _distance(pixels, start, end))
    half, soft = 0.05 + 0.015 * thick, 0.6 / size
    return np.clip(0.5 + (half - nearest) / (2.0 * soft), 0.0, 1.0)


def _distance(pixels: Floats, start: Floats, end: Floats) -> Floats:
    """How far each pixel's centre is from the segment between two points."""
    along = end - start
    way = np.clip((pixels - start) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
    away = pixels - start - way[..., None] * along
    return np.sqrt((away**2).sum(axis=-1))
