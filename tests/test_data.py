"""Datasets: what they hold, how they are made, split, scaled and visited."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad import data
from whygrad.data import LOADERS, Dataset, batch_indices, batches, from_arrays, split, standardise
from whygrad.errors import DataError, ShapeError, UnknownName, WhygradError


def small() -> Dataset:
    return from_arrays("small", [[1, 2], [3, 4], [5, 9]], [0, 1, 1], feature_names=["a", "b"])


# --- Dataset ---------------------------------------------------------------------------------


def test_a_dataset_knows_its_sizes() -> None:
    dataset = small()
    assert (len(dataset), dataset.features, dataset.targets) == (3, 2, 1)
    assert dataset.feature_names == ("a", "b")
    assert dataset.target_names == ("y",)
    assert dataset.task == "binary"


def test_a_dataset_cannot_be_changed_from_outside() -> None:
    x = np.ones((2, 1))
    dataset = Dataset("d", x, np.zeros((2, 1)), ("x",), ("y",), "regression", flipped=[True, False])
    x[0, 0] = 7
    assert dataset.x[0, 0] == 1
    for array in (dataset.x, dataset.y, dataset.flipped):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": np.ones(3)}, ShapeError, r"x is \(3,\) and y is \(3, 1\)"),
        ({"y": np.ones(3)}, ShapeError, r"x is \(3, 2\) and y is \(3,\)"),
        ({"y": np.ones((4, 1))}, ShapeError, r"x is \(3, 2\) and y is \(4, 1\)"),
        ({"feature_names": ("a",)}, ShapeError, r"x is \(3, 2\), so it needs 2 names"),
        ({"target_names": ()}, ShapeError, r"y is \(3, 1\), so it needs 1 names"),
        ({"x": [[1, 2], [3, np.nan], [5, 6]]}, DataError, r"x\[1, 1\] is nan"),
        ({"y": [[1], [2], [-np.inf]]}, DataError, r"y\[2, 0\] is -inf"),
        ({"x": np.ones((0, 2)), "y": np.ones((0, 1))}, DataError, "nothing to learn from"),
        ({"flipped": [True]}, ShapeError, r"flipped is \(1,\)"),
    ],
)
def test_what_does_not_fit_is_refused(
    changes: dict[str, Any], error: type[WhygradError], message: str
) -> None:
    with pytest.raises(error, match=message):
        replace(small(), **changes)


def test_taking_samples_keeps_everything_else() -> None:
    dataset = replace(small(), flipped=[True, False, False], note="n")
    taken = dataset.take([2, 0])
    assert taken.x.tolist() == [[5, 9], [1, 2]]
    assert taken.y.tolist() == [[1], [0]]
    assert taken.flipped is not None
    assert taken.flipped.tolist() == [False, True]
    assert (taken.name, taken.feature_names, taken.note) == ("small", ("a", "b"), "n")
    assert small().take([0]).flipped is None


# --- from plain numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "shape", "names"),
    [
        (2.0, (1, 1), ("x",)),
        ([1.0, 2.0], (2, 1), ("x",)),
        ([[1.0, 2.0]], (1, 2), ("x1", "x2")),
        ([[1.0, 2.0], [3.0, 4.0]], (2, 2), ("x1", "x2")),
    ],
)
def test_numbers_lists_and_rows(x: Any, shape: tuple[int, int], names: tuple[str, ...]) -> None:
    dataset = from_arrays("d", x, np.zeros((shape[0], 2)))
    assert dataset.x.shape == shape
    assert dataset.feature_names == names
    assert dataset.target_names == ("y1", "y2")


@pytest.mark.parametrize(
    ("y", "task"),
    [
        ([[0], [1], [1]], "binary"),
        ([[1], [1]], "regression"),
        ([[0], [0]], "regression"),
        ([[0], [0.5], [1]], "regression"),
        ([[0], [1], [2]], "regression"),
        ([[1, 0], [0, 1]], "classes"),
        ([[1, 0], [1, 0]], "regression"),
        ([[1, 1], [0, 1]], "regression"),
        ([[1, 2], [0, 1]], "regression"),
        ([[0, 0], [0, 1]], "regression"),
    ],
)
def test_the_task_is_guessed_from_the_targets(y: Any, task: str) -> None:
    assert data.guess_task(np.array(y, dtype=np.float64)) == task


def test_a_task_may_be_said() -> None:
    assert from_arrays("d", [1, 2], [0, 1], task="regression").task == "regression"
    assert from_arrays("d", [1, 2], [1, 1], task="binary").task == "binary"
    assert from_arrays("d", [1], [[0, 1]], task="classes").task == "classes"


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        ([0, 2], "binary", "needs one target of 0s and 1s; .* holds 2"),
        ([[0, 1], [1, 0]], "binary", r"y is \(2, 2\)$"),
        ([0, 1], "classes", "one column per class"),
        ([[0, 1], [1, 1]], "classes", "a single 1 in each row"),
        ([[0, 2], [1, 0]], "classes", "a single 1 in each row"),
    ],
)
def test_a_task_that_the_targets_do_not_fit_is_refused(y: Any, task: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_arrays("d", [1, 2], y, task=task)


# --- splitting and scaling -------------------------------------------------------------------


@given(st.integers(2, 60), st.floats(0.001, 0.999), st.integers(0, 2**53 - 1))
def test_a_split_holds_every_sample_once(n: int, fraction: float, seed: int) -> None:
    dataset = from_arrays("d", np.arange(n), np.arange(n))
    training, apart = split(dataset, fraction, seed)
    assert len(apart) == min(max(round(n * fraction), 1), n - 1)
    assert sorted(chain(training.x[:, 0], apart.x[:, 0])) == list(range(n))
    for part in (training, apart):
        assert (np.diff(part.x[:, 0]) > 0).all()
        assert np.array_equal(part.x, part.y)


def test_a_split_depends_on_the_seed_alone() -> None:
    dataset = from_arrays("d", np.arange(50), np.arange(50))
    one, again, other = (split(dataset, 0.2, seed)[1].x.tolist() for seed in (1, 1, 2))
    assert one == again
    assert one != other


@pytest.mark.parametrize("fraction", [0, 1, -0.5, float("nan")])
def test_a_fraction_is_between_0_and_1(fraction: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1, not"):
        split(small(), fraction, 0)


def test_one_sample_cannot_be_split() -> None:
    with pytest.raises(DataError, match="too few to keep any apart"):
        split(from_arrays("d", 1, 1), 0.5, 0)


def test_standardising_uses_the_training_samples_for_both_parts() -> None:
    training = from_arrays("d", [[1, 5], [3, 5]], [0, 1], note="Measured.")
    apart = from_arrays("d", [[5, 6]], [1])
    scaled = standardise(replace(training, evaluation=apart))
    assert scaled.x.tolist() == [[-1, 0], [1, 0]]
    assert scaled.evaluation is not None
    assert scaled.evaluation.x.tolist() == [[3, 1]]
    assert scaled.scaling is not None
    assert scaled.scaling.mean.tolist() == [2, 5]
    assert scaled.scaling.std.tolist() == [1, 1]
    assert scaled.note.startswith("Measured. Features are standardised")
    assert standardise(training).evaluation is None


def test_what_is_too_large_is_not_standardised() -> None:
    for x in ([[1, -1e308], [2, 1e308]], [[1, 1.5e308], [2, 1.5e308]]):
        with pytest.raises(DataError, match=r"d: the numbers of \S+ are too large to be"):
            standardise(from_arrays("d", x, [0, 1]))


# --- the order of visits ---------------------------------------------------------------------


@given(
    st.integers(1, 30),
    st.integers(1, 35),
    st.integers(0, 5),
    st.integers(0, 2**53 - 1),
    st.booleans(),
)
def test_an_epoch_visits_every_sample_once(
    n: int, batch: int, epoch: int, seed: int, shuffle: bool
) -> None:
    chunks = list(batches(n, batch, epoch, seed=seed, shuffle=shuffle))
    visited = [int(i) for i in chain.from_iterable(chunks)]
    assert sorted(visited) == list(range(n))
    assert all(len(chunk) == min(batch, n) for chunk in chunks[:-1])
    if not shuffle:
        assert visited == list(range(n))
    for position, chunk in enumerate(chunks):
        iteration = epoch * len(chunks) + position
        direct = batch_indices(n, batch, iteration, seed=seed, shuffle=shuffle)
        assert np.array_equal(direct, chunk)


def test_epochs_have_different_orders_and_seeds_too() -> None:
    orders = {
        tuple(next(batches(20, 20, epoch, seed=seed)).tolist())
        for epoch in range(3)
        for seed in range(3)
    }
    assert len(orders) == 9


def test_indices_are_read_only() -> None:
    for shuffle in (True, False):
        with pytest.raises(ValueError, match="read-only"):
            batch_indices(5, 2, 0, seed=0, shuffle=shuffle)[0] = 3


@pytest.mark.parametrize(("n", "batch", "at"), [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_impossible_batches_are_refused(n: int, batch: int, at: int) -> None:
    with pytest.raises(DataError, match="an iteration from 0 on"):
        batch_indices(n, batch, at, seed=0)
    with pytest.raises(DataError, match="an epoch from 0 on"):
        next(batches(n, batch, at, seed=0))


# --- datasets made by formula ----------------------------------------------------------------


@pytest.mark.parametrize("name", LOADERS)
def test_every_dataset_is_fixed_by_its_seed(name: str) -> None:
    loader = LOADERS[name]
    assert loader.name == name
    assert loader.says.endswith(".")
    one, again, other = (data.load(name, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.x, again.x)
    assert np.array_equal(one.y, again.y)
    assert name in ("xor", "text") or not np.array_equal(one.x, other.x)
    assert one.name == name
    assert one.features == {"digits": 64, "text": 105}.get(name, 2)
    assert np.abs(one.x).max() < 3


@pytest.mark.parametrize("name", LOADERS)
def test_every_option_works_at_the_ends_of_its_range(name: str) -> None:
    for option, allowed in LOADERS[name].options.items():
        for end in (allowed.low, allowed.high):
            value = type(allowed.default)(end)
            dataset = data.load(name, **{option: value})
            if option == "points":
                assert len(dataset) == value
            if option == "classes" and value > 2:
                assert dataset.task == "classes"
                assert dataset.targets == value


@pytest.mark.parametrize("name", ["noisy_xor", "circles", "gaussians", "spirals", "moons"])
@pytest.mark.parametrize("classes", [2, 4])
def test_exactly_the_flipped_labels_are_wrong(name: str, classes: int) -> None:
    options = {"classes": classes} if "classes" in LOADERS[name].options else {}
    clean = data.load(name, seed=1, points=101, flip=0.0, **options)
    noisy = data.load(name, seed=1, points=101, flip=0.3, **options)
    assert clean.flipped is not None
    assert noisy.flipped is not None
    assert not clean.flipped.any()
    assert clean.note == ""
    assert noisy.flipped.sum() == 30
    assert noisy.note == "30 of 101 labels are wrong on purpose."
    assert np.array_equal(clean.x, noisy.x)
    assert np.array_equal((clean.y != noisy.y).any(axis=1), noisy.flipped)


def test_every_wrong_class_is_about_as_likely() -> None:
    noisy = data.load("gaussians", points=4000, classes=4, flip=0.5)
    assert noisy.flipped is not None
    wrong = noisy.y[noisy.flipped].argmax(axis=1) - np.arange(4000)[noisy.flipped] % 4
    _, counts = np.unique(wrong % 4, return_counts=True)
    assert len(counts) == 3
    assert counts.min() > 550


def test_xor() -> None:
    dataset = data.load("xor")
    assert dataset.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert dataset.y.tolist() == [[0], [1], [1], [0]]
    assert dataset.task == "binary"


def test_noisy_xor_is_judged_on_the_clean_corners() -> None:
    dataset = data.load("noisy_xor", points=60, noise=0.0, flip=0.0)
    assert dataset.evaluation is not None
    assert dataset.evaluation.x.tolist() == data.load("xor").x.tolist()
    for x, y in zip(dataset.x, dataset.y, strict=True):
        assert y[0] == (x[0] != x[1])


def test_circles_and_moons_lie_where_they_should() -> None:
    dataset = data.load("circles", noise=0.0)
    radius = np.hypot(*dataset.x.T)
    assert np.array_equal(radius < 0.6, dataset.y[:, 0] == 1)
    dataset = data.load("moons", noise=0.0)
    turned = np.where(dataset.y == 1, -dataset.x, dataset.x)
    assert np.hypot(turned[:, 0] + 0.5, turned[:, 1] + 0.25) == pytest.approx(1)


def test_gaussians_and_spirals_have_an_arm_per_class() -> None:
    dataset = data.load("gaussians", classes=3, noise=0.0)
    assert len(np.unique(dataset.x.round(9), axis=0)) == 3
    assert dataset.classes == ("class 0", "class 1", "class 2")
    dataset = data.load("spirals", classes=2, noise=0.0, points=10)
    assert dataset.x[0::2] == pytest.approx(-dataset.x[1::2])
    assert np.hypot(*dataset.x[0::2].T) == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_regression_data_follow_their_formula() -> None:
    dataset = data.load("plane")
    assert dataset.task == "regression"
    assert dataset.y == pytest.approx(dataset.x @ [[0.5], [-0.3]] + 0.2)
    assert np.std(data.load("plane", noise=0.5).y - dataset.y) == pytest.approx(0.5, rel=0.2)
    dataset = data.load("bump")
    assert dataset.y[:, 0] == pytest.approx(np.exp(-0.5 * (dataset.x**2).sum(axis=1) / 0.4**2))


def test_an_unknown_dataset_or_option_is_refused_kindly() -> None:
    with pytest.raises(UnknownName, match="unknown dataset 'moon': did you mean 'moons'"):
        data.load("moon")
    with pytest.raises(WhygradError, match="unknown option of xor 'points': none is allowed"):
        data.load("xor", points=5)
    with pytest.raises(WhygradError, match="points must be a whole number from 50 to 500"):
        data.load("noisy_xor", points=5)


def test_examples_are_rows() -> None:
    with pytest.raises(ShapeError, match=r"examples have shape \(2, 2, 2\)"):
        from_arrays("x", np.ones((2, 2, 2)), [0.0, 1.0])
