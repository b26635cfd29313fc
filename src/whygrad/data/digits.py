"""Handwritten digits: 1,797 pictures of 8 × 8 pixels, written by 13 people.

The test set of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
Learning Repository, 1998, doi:10.24432/C50P49, licensed CC BY 4.0. Each pixel is how many of the
4 × 4 dots of the scan were inked, 0 to 16. `digits.npz` holds them unchanged, in their order.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from whygrad.data.dataset import Dataset, mislabel
from whygrad.engine import random
from whygrad.errors import DataError
from whygrad.option import Option, whole

PICTURES = 1797
SIDE = 8
_INK = 16.0  # of a pixel that is all ink

Bytes = NDArray[np.uint8]


_FLIP = Option(0.0, 0, 1, "share of labels that are wrong on purpose")


def digits(*, points: int = 500, flip: float = 0.0, seed: int = 0) -> Dataset:
    """Some of 1,797 handwritten digits, drawn by seed: 8 × 8 grey values from 0 (paper) to 1 (ink).

    Features are the pixels, row by row. `flip` is the share of labels made wrong (marked in
    `flipped`). Raises DataError for more points than there are pictures.
    """
    seed = random.checked_seed(seed)
    points, flip = whole("digits", "points", points), float(_FLIP.checked("flip", flip))
    if not 1 <= points <= PICTURES:
        raise DataError(f"there are {PICTURES} digits; points = {points} is not from 1 to that")
    images, labels = _pictures()
    chosen = random.permutation(seed, "data/digits", PICTURES)[:points]
    flipped, final = mislabel(labels[chosen].astype(np.int64), 10, flip, seed)
    count = int(flipped.sum())
    classes = tuple(str(digit) for digit in range(10))
    return Dataset(
        "digits",
        images[chosen] / _INK,
        np.eye(10)[final],
        tuple(f"pixel {row},{column}" for row in range(SIDE) for column in range(SIDE)),
        classes,
        "classes",
        flipped=flipped,
        classes=classes,
        note="Digits by Alpaydin and Kaynak, UCI Machine Learning Repository, CC BY 4.0."
        + (f" {count} of {points} labels are wrong on purpose." if count else ""),
    )


@cache
def _pictures() -> tuple[Bytes, Bytes]:
    """All pictures, (1797, 64), and the digits they show, (1797,)."""
    with files("whygrad.data").joinpath("digits.npz").open("rb") as file, np.load(file) as kept:
        return kept["images"], kept["labels"]
