"""Handwritten digits, and text as characters."""

import numpy as np
import pytest

from whygrad.data import characters, digits, load
from whygrad.data.text import VERSE
from whygrad.errors import DataError, WhygradError
from whygrad.spec import spec_from_dict
from whygrad.training.start import start


def test_digits_are_pictures_of_ten_classes() -> None:
    made = digits(points=1797)
    assert made.x.shape == (1797, 64)
    assert made.x.min() == 0.0
    assert made.x.max() == 1.0
    per_digit = made.y.sum(axis=0)  # as the repository's description counts them
    assert per_digit.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert "CC BY" in made.note


def test_they_are_the_published_ones() -> None:
    published = pytest.importorskip("sklearn.datasets").load_digits()
    ours = {(row * 16).astype(int).tobytes() for row in digits(points=1797).x}
    assert ours == {row.astype(int).tobytes() for row in published.data}


def test_a_seed_draws_the_digits() -> None:
    np.testing.assert_array_equal(digits(points=20, seed=3).x, digits(points=20, seed=3).x)
    assert not np.array_equal(digits(points=20, seed=3).x, digits(points=20, seed=4).x)
    with pytest.raises(DataError, match="there are 1797 digits; points = 1798"):
        digits(points=1798)


def test_some_labels_can_be_made_wrong() -> None:
    right, noisy = digits(points=200), digits(points=200, flip=0.1)
    assert noisy.flipped is not None
    assert noisy.flipped.sum() == 20
    np.testing.assert_array_equal((right.y != noisy.y).any(axis=1), noisy.flipped)
    assert "20 of 200 labels are wrong on purpose" in noisy.note


def test_a_small_network_learns_them() -> None:
    sections = {
        "network": {"layers": [64, 32, 10]},
        "data": {"name": "digits", "batch": 50, "validation": 0.2},
        "optimizer": {"name": "adam", "learning_rate": 0.005},
        "train": {"dtype": "float32"},
    }
    training = start(spec_from_dict(sections))
    training.iteration.train(300)
    judged = training.evaluate()
    assert judged is not None
    assert judged.accuracy > 0.9


def test_characters_and_what_follows() -> None:
    read = characters("abcab", 2)
    assert read.vocabulary == ("a", "b", "c")
    assert [read.decode(window) for window in read.windows] == ["ab", "bc", "ca"]
    assert read.decode(read.following) == "cab"
    with pytest.raises(DataError, match="has no 'z'"):
        read.encode("az")
    with pytest.raises(DataError, match="needs at least 6 characters"):
        characters("abcab", 5)


def test_text_is_one_row_of_places_per_character() -> None:
    made = load("text", context=4)
    kinds = len(set(VERSE))
    assert made.x.shape == (len(VERSE) - 4, 4 * kinds)
    assert made.y.shape == (len(VERSE) - 4, kinds)
    np.testing.assert_array_equal(made.x.sum(axis=1), 4.0)
    with pytest.raises(WhygradError, match="context"):
        load("text", context=0)
