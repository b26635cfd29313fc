"""Datasets that come along, each from a seed: the points are the same everywhere.

Every function takes keyword options and gives a `Dataset`; `LOADERS` lists them with their
options and ranges. Points of classes come in turn (class 0, class 1, class 0, ...), so every start
of the list is balanced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from whygrad.data.dataset import Dataset, Floats, mislabel
from whygrad.data.digits import PICTURES, digits
from whygrad.data.text import text
from whygrad.engine import random
from whygrad.errors import UnknownName, unknown
from whygrad.option import Option, Scalar, checked_options

_FEATURES = ("x1", "x2")


def xor(*, seed: int = 0) -> Dataset:
    """The four corners (0, 0), (0, 1), (1, 0), (1, 1); y is 1 where exactly one of the two is 1.

    The smallest task that no straight line solves. The seed does not matter.
    """
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    return Dataset("xor", x, y, _FEATURES, ("y",), "binary")


def noisy_xor(
    *, points: int = 200, noise: float = 0.1, flip: float = 0.1, seed: int = 0
) -> Dataset:
    """XOR's corners in turn, each point moved by normal noise, some labels wrong on purpose.

    `noise` is the standard deviation of each coordinate's move, `flip` the share of flipped
    labels (marked in `flipped`). Evaluation is the four clean corners.
    """
    corners = xor()
    which = np.arange(points) % 4
    moved = corners.x[which] + _noise(seed, points, noise)
    return _classification("noisy_xor", moved, which % 3 != 0, 2, flip, seed, evaluation=corners)


def circles(*, points: int = 200, noise: float = 0.05, flip: float = 0.0, seed: int = 0) -> Dataset:
    """A disc of radius 0.5 (class 1) inside a ring of radius 0.7 to 1 (class 0)."""
    labels = np.arange(points) % 2
    angle = 2 * math.pi * random.uniform(seed, "data/angle", points)
    share = random.uniform(seed, "data/radius", points)
    radius = np.where(labels == 1, 0.5 * share, 0.7 + 0.3 * share)
    x = radius[:, None] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    return _classification("circles", x + _noise(seed, points, noise), labels, 2, flip, seed)


def gaussians(
    *, points: int = 200, classes: int = 2, noise: float = 0.25, flip: float = 0.0, seed: int = 0
) -> Dataset:
    """One round cloud per class, of standard deviation `noise`, their centres on a circle.

    The circle has radius 1; class 0's centre is at the right, the others follow anticlockwise.
    """
    labels = np.arange(points) % classes
    angle = 2 * math.pi * labels / classes
    centres = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    moved = centres + _noise(seed, points, noise)
    return _classification("gaussians", moved, labels, classes, flip, seed)


def spirals(
    *, points: int = 250, classes: int = 2, noise: float = 0.02, flip: float = 0.0, seed: int = 0
) -> Dataset:
    """One spiral arm per class, from the middle outwards, each winding 1.75 times around."""
    labels = np.arange(points) % classes
    along = (np.arange(points) // classes + 1) / -(-points // classes)
    angle = 2 * math.pi * (1.75 * along + labels / classes)
    arms = along[:, None] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    moved = arms + _noise(seed, points, noise)
    return _classification("spirals", moved, labels, classes, flip, seed)


def moons(*, points: int = 200, noise: float = 0.1, flip: float = 0.0, seed: int = 0) -> Dataset:
    """Two half circles of radius 1 that reach into each other, centred on the origin."""
    labels = np.arange(points) % 2
    angle = math.pi * random.uniform(seed, "data/angle", points)
    above = np.stack((np.cos(angle) - 0.5, np.sin(angle) - 0.25), axis=1)
    moons_x = np.where(labels[:, None] == 1, -above, above)
    return _classification("moons", moons_x + _noise(seed, points, noise), labels, 2, flip, seed)


def plane(*, points: int = 200, noise: float = 0.0, seed: int = 0) -> Dataset:
    """y = 0.5 x1 - 0.3 x2 + 0.2 over the square from -1 to 1, plus normal noise.

    A single linear layer can learn exactly these three numbers.
    """
    x = random.uniform(seed, "data/x", (points, 2), -1, 1)
    return _regression("plane", x, 0.5 * x[:, 0] - 0.3 * x[:, 1] + 0.2, noise, seed)


def bump(*, points: int = 200, noise: float = 0.0, seed: int = 0) -> Dataset:
    """y = exp(-(x1**2 + x2**2) / 0.32) over the square from -1 to 1, plus normal noise.

    A hill of height 1 and standard deviation 0.4: no linear layer can bend to it.
    """
    x = random.uniform(seed, "data/x", (points, 2), -1, 1)
    return _regression("bump", x, np.exp(-(x**2).sum(axis=1) / 0.32), noise, seed)


@dataclass(frozen=True)
class Loader:
    """A row of the table of datasets.

    `make(seed=..., **options)` gives the `Dataset`; `options` says which options it takes, their
    defaults and ranges; `says` is a sentence for a menu.
    """

    name: str
    make: Callable[..., Dataset]
    options: Mapping[str, Option]
    says: str


def load(name: str, *, seed: int = 0, **options: Scalar) -> Dataset:
    """The dataset called `name`, made from `seed` with the given options.

    Raises UnknownName for a name that is not in LOADERS, WhygradError for an option that the
    dataset does not take or a value out of its range.
    """
    if not isinstance(cast("object", name), str) or name not in LOADERS:
        raise UnknownName(unknown("dataset", name, LOADERS))
    loader = LOADERS[name]
    return loader.make(
        seed=random.checked_seed(seed), **checked_options(name, loader.options, options)
    )


_POINTS = Option(200, 10, 10_000, "how many points")
_FLIP = Option(0.0, 0, 0.5, "share of labels that are wrong on purpose")


def _noise_option(default: float) -> Option:
    return Option(default, 0, 1, "standard deviation of the noise")


def _rows() -> tuple[Loader, ...]:
    return (
        Loader("xor", xor, {}, "The four corners of exclusive or."),
        Loader(
            "noisy_xor",
            noisy_xor,
            {
                "points": Option(200, 50, 500, "how many points"),
                "noise": _noise_option(0.1),
                "flip": Option(0.1, 0, 0.5, _FLIP.says),
            },
            "Exclusive or with scattered points and some wrong labels.",
        ),
        Loader(
            "circles",
            circles,
            {"points": _POINTS, "noise": _noise_option(0.05), "flip": _FLIP},
            "A disc inside a ring.",
        ),
        Loader(
            "gaussians",
            gaussians,
            {
                "points": _POINTS,
                "classes": Option(2, 2, 10, "how many clouds"),
                "noise": _noise_option(0.25),
                "flip": _FLIP,
            },
            "One round cloud per class.",
        ),
        Loader(
            "spirals",
            spirals,
            {
                "points": Option(250, 10, 10_000, "how many points"),
                "classes": Option(2, 2, 10, "how many arms"),
                "noise": _noise_option(0.02),
                "flip": _FLIP,
            },
            "Spiral arms wound around each other.",
        ),
        Loader(
            "moons",
            moons,
            {"points": _POINTS, "noise": _noise_option(0.1), "flip": _FLIP},
            "Two half circles that reach into each other.",
        ),
        Loader(
            "plane",
            plane,
            {"points": _POINTS, "noise": _noise_option(0.0)},
            "Regression on a tilted plane.",
        ),
        Loader(
            "bump",
            bump,
            {"points": _POINTS, "noise": _noise_option(0.0)},
            "Regression on a round hill.",
        ),
        Loader(
            "digits",
            digits,
            {"points": Option(500, 10, PICTURES, _POINTS.says), "flip": _FLIP},
            "Handwritten digits, 8 × 8 pixels each.",
        ),
        Loader(
            "text",
            text,
            {"context": Option(3, 1, 16, "how many characters to tell the next one from")},
            "Two stanzas of verse: from a few characters, the next one.",
        ),
    )


LOADERS: Mapping[str, Loader] = MappingProxyType({row.name: row for row in _rows()})
"""Name -> loader, for every dataset that comes along."""


def _noise(seed: int, points: int, std: float) -> Floats:
    return random.normal(seed, "data/noise", (points, 2), 0.0, std)


def _classification(
    name: str,
    x: Floats,
    labels: NDArray[np.int64] | NDArray[np.bool_],
    classes: int,
    flip: float,
    seed: int,
    evaluation: Dataset | None = None,
) -> Dataset:
    """The dataset of these labels after `flip` of them have been made wrong."""
    flipped, final = mislabel(labels.astype(np.int64), classes, flip, seed)
    one_hot = np.eye(classes)[final]
    count = int(flipped.sum())
    return Dataset(
        name,
        x,
        one_hot if classes > 2 else one_hot[:, 1:],
        _FEATURES,
        tuple(f"class {i}" for i in range(classes)) if classes > 2 else ("y",),
        "classes" if classes > 2 else "binary",
        flipped=flipped,
        evaluation=evaluation,
        classes=tuple(f"class {i}" for i in range(classes)) if classes > 2 else None,
        note=f"{count} of {len(x)} labels are wrong on purpose." if count else "",
    )


def _regression(name: str, x: Floats, y: Floats, noise: float, seed: int) -> Dataset:
    moved = y + random.normal(seed, "data/noise", len(y), 0.0, noise)
    return Dataset(name, x, moved[:, None], _FEATURES, ("y",), "regression")
