"""Digits drawn by program, and text as characters."""

import numpy as np
import pytest

from whygrad.data import characters, digits, load
from whygrad.data.text import VERSE
from whygrad.errors import DataError, WhygradError
from whygrad.spec import spec_from_dict
from whygrad.training import start


def test_digits_are_pictures_of_ten_classes_in_turn() -> None:
    made = digits(points=40)
    assert made.x.shape == (40, 256)
    assert made.y.shape == (40, 10)
    assert made.y.argmax(axis=1).tolist() == [n % 10 for n in range(40)]
    assert 0.0 <= made.x.min() < 0.01 < 0.99 < made.x.max() <= 1.0
    ink = (made.x > 0.5).mean(axis=1)
    assert 0.05 < ink.min() < ink.max() < 0.45
    assert "by program" in made.note


def test_a_seed_fixes_the_digits_and_size_can_be_chosen() -> None:
    np.testing.assert_array_equal(digits(points=20, seed=3).x, digits(points=20, seed=3).x)
    assert not np.array_equal(digits(points=20, seed=3).x, digits(points=20, seed=4).x)
    assert digits(points=10, size=8).features == 64
    plain = digits(points=20, bend=0.0, noise=0.0).x
    np.testing.assert_array_equal(plain[:10], plain[10:])


def test_plain_digits_differ_from_each_other() -> None:
    plain = digits(points=10, bend=0.0, noise=0.0).x
    apart = np.abs(plain[:, None] - plain[None]).mean(axis=2) + np.eye(10)
    assert apart.min() > 0.03


def test_a_small_network_learns_them() -> None:
    sections = {
        "network": {"layers": [256, 32, 10]},
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
