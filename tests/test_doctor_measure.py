"""The doctor's measurements, each on numbers that can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from whygrad.doctor import derived, measure
from whygrad.doctor import rows as of_rows
from whygrad.doctor.finding import Expectation
from whygrad.doctor.measurements import (
    Audit,
    Break,
    Features,
    Layer,
    Layout,
    Loop,
    Measurements,
    OptimizerSettings,
    Outputs,
    Parameter,
    Probe,
    Scores,
    Targets,
)
from whygrad.doctor.remedies.predictions import SIGNALS, Checked, holds
from whygrad.doctor.rows import Rows, features_of, rows, targets_of, task_of

ARANGE = np.arange(40.0).reshape(40, 1)


def test_many_rows_are_thinned_evenly_and_few_are_kept() -> None:
    x, y = rows(np.arange(2401.0)[:, None], np.arange(2401), "classes")
    assert len(x) == len(y) == 1200
    assert (x[0, 0], x[-1, 0]) == (0, 2400)
    assert np.diff(x[:, 0]).min() >= 2
    assert len(rows(np.zeros((1200, 1)), np.zeros(1200), "classes").x) == 1200
    assert len(rows(np.zeros((1201, 1)), np.zeros(1201), "classes").x) == 1200


def test_rows_are_flat_and_their_targets_are_classes_or_numbers() -> None:
    x, y = rows(np.zeros((3, 2, 2)), [[0, 1], [1, 0], [0, 1]], "classes")
    assert (x.shape, y.tolist()) == ((3, 4), [1, 0, 1])
    assert rows(np.zeros((2, 1)), [[1], [0]], "classes").y.tolist() == [1, 0]
    assert rows(np.zeros((2, 1)), [[1], [0]], "binary").y.tolist() == [1, 0]
    assert rows(np.zeros((2, 1)), [1.5, 2.5], "numbers").y.tolist() == [[1.5], [2.5]]


@pytest.mark.parametrize(
    ("targets", "width", "task"),
    [
        ([0.0, 1.0], 1, "binary"),
        ([0, 1], 1, "binary"),
        ([1.0, 1.0], 1, "binary"),
        ([0.0, 1.0, math.nan], 1, "binary"),
        ([0.0, 0.5], 1, "numbers"),
        ([0.0, 2.0], 1, "numbers"),
        ([0.0, 1.0, 2.0], 1, "numbers"),
        ([0, 1], 2, "classes"),
        ([0, 1, 2], 1, "numbers"),
        ([0.0, 1.0], 2, "numbers"),
        ([[1.0, 0.0], [0.0, 1.0]], 2, "classes"),
        ([[1.0, 1.0], [0.0, 1.0]], 2, "numbers"),
        ([[1.0, 0.0], [0.5, 0.5]], 2, "numbers"),
        ([[1.0, 0.0], [0.0, 1.0]], 3, "numbers"),
    ],
)
def test_the_task_is_told_from_the_targets_and_the_outputs(
    targets: Any, width: int, task: str
) -> None:
    assert task_of(targets, width) == task


def test_targets_are_described() -> None:
    assert targets_of([1, 1, 1, 3], "classes") == Targets(
        "classes", 1, 3, 1.5, pytest.approx(0.75**0.5), 0.25, 2, True
    )
    assert targets_of([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], "classes") == Targets(
        "classes", 0, 1, pytest.approx(2 / 3), pytest.approx(2**0.5 / 3), pytest.approx(1 / 3), 2,
        True,
    )  # fmt: skip
    assert targets_of([[0.0], [1.0]], "binary").classes == 2
    assert targets_of([0.5, 1.5], "numbers") == Targets("numbers", 0.5, 1.5, 1, 0.5)
    assert targets_of([4.0, 4.0, 2.0], "numbers").classes == 2
    assert targets_of([4.0, 2.0, math.nan], "numbers").bad
    assert targets_of([math.nan], "numbers") == Targets("numbers", 0, 0, 0, 0, bad=True)
    assert not targets_of([4.0], "numbers").bad


def test_inputs_are_described_feature_by_feature() -> None:
    x = np.array([[1.0, 0.0, 5.0], [3.0, 0.5, 5.0]])
    # |mean| + spread: 2 + 1, 0.25 + 0.25, 5 + 0
    assert features_of(x) == Features(2, 3, 5.0, 4.0)
    assert features_of(-x).largest == 5.0
    assert features_of(np.ones((4, 2))).ratio == 1.0
    assert features_of(np.ones((4, 2))).copies == 0.75
    assert features_of(np.arange(8.0).reshape(2, 2, 2)).columns == 4


def test_cells_that_are_no_number_are_counted_and_left_out() -> None:
    x = np.array([[1.0, 2.0], [3.0, math.nan], [math.inf, math.nan]])
    found = features_of(x)
    assert (found.bad_cell, found.bad_rows) == ((1, 1), 2)
    assert found.largest == 3.0
    assert features_of(np.full((2, 1), math.nan)).ratio == 1.0


def test_validation_is_held_against_training() -> None:
    x = np.array([[0.0, 0.0], [2.0, 4.0]] * 10)
    found = features_of(x, 3 * x + 1)
    # means 4 and 7 for 1 and 2, in spreads of 1 and 2; three times as wide
    assert found.shift == pytest.approx((3 + 2.5) / 2)
    assert found.stretch == pytest.approx(3)
    assert features_of(x, x / 3).stretch == pytest.approx(3)
    assert found.shared is None  # four points in all: they come again by chance
    assert features_of(x, x[:19]).shift is None
    wide = np.arange(60.0).reshape(20, 3) % 7.3
    assert features_of(wide, wide).shared == 1.0
    assert features_of(wide, np.vstack([wide[:5], wide[5:] + 0.1])).shared == 0.25
    assert features_of(wide, wide[:19]).shared is None


@pytest.mark.parametrize(("different", "chance"), [(160, True), (161, False)])
def test_rows_come_again_by_chance_where_few_are_possible(different: int, chance: bool) -> None:
    flat = np.arange(40.0)[:, None] % 20
    other = np.minimum(np.arange(40), different / 20 - 1)[:, None]
    assert of_rows.alike_by_chance(np.hstack([flat, other])) is chance


def test_a_column_that_gives_the_class_away_is_found() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(80.0) % 2
    noise = rng.normal(size=(80, 3))
    noise[:, 1] = 10 * y + 0.1 * rng.normal(size=80)
    found = of_rows.leaky_column(Rows(noise, y), "binary")
    assert found is not None
    assert found[:2] == (1, 1.0)
    assert found[2] < 0.75
    noise[:, 1] = y + rng.normal(size=80)
    assert of_rows.leaky_column(Rows(noise, y), "binary") is None
    telling = np.hstack([10 * y[:, None], noise])
    assert of_rows.leaky_column(Rows(telling[:, :2], y), "binary") is None
    assert of_rows.leaky_column(Rows(telling[:79], y[:79]), "binary") is None
    assert of_rows.leaky_column(Rows(telling, y), "numbers") is None
    assert of_rows.leaky_column(Rows(np.tile(telling, 50), y), "binary") is not None
    assert of_rows.leaky_column(Rows(np.tile(telling, 51), y), "binary") is None


def test_classes_stand_apart_by_their_nearest_means() -> None:
    y = np.array([0, 0, 1, 1, 2, 2])
    column = np.array([0.0, 2.0, 4.0, 6.0, 20.0, 22.0])
    assert of_rows._apart(column, y) == 4.0
    assert of_rows._apart(column.round(-1) * 0 + y, y) == math.inf


def test_a_constant_answer_is_the_most_frequent_class() -> None:
    y = np.array([0, 1, 1])
    assert of_rows.baseline(y, np.array([1, 1, 0]), "classes") == 0.5
    assert of_rows.baseline(y, np.array([1, 1]), "classes") == 1.0
    assert of_rows.baseline(y, np.array([0]), "classes") == 0.0
    assert of_rows.baseline(ARANGE, ARANGE, "numbers") == 0.0


def test_five_neighbours_tell_what_is_near() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [50.0], [51.0], [52.0], [53.0], [54.0]])
    y = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 0])
    judged = Rows(np.array([[2.0], [52.0]]), np.array([0, 1]))
    assert of_rows.neighbour_score(Rows(x, y), judged, "classes") == 1.0
    assert of_rows.neighbour_score(Rows(x[:3], y[:3]), judged, "classes") == 0.5
    # The mean of five numbers: 2, exactly what is asked for; and 52 for 51.
    numbers = Rows(np.array([[2.0], [52.0]]), np.array([[2.0], [51.0]]))
    found = of_rows.neighbour_score(Rows(x, x), numbers, "numbers")
    assert found == pytest.approx(1 - 1 / (2 * 24.5**2))


def test_columns_count_by_their_spread() -> None:
    x = np.array([[0.0, 0.0], [0.0, 1000.0], [1.0, 0.0], [1.0, 1000.0]] * 10)
    y = x[:, 0].copy()
    judged = Rows(np.array([[0.0, 900.0], [1.0, 100.0]]), np.array([0.0, 1.0]))
    assert of_rows.neighbour_score(Rows(x, y), judged, "classes") == 1.0
    scaled, other = of_rows._scaled(x, judged.x)
    assert scaled.mean(0).tolist() == [0, 0]
    assert scaled.std(0).tolist() == [1, 1]
    assert other.tolist() == [[-1.0, 0.8], [1.0, -0.8]]
    still = of_rows._scaled(np.full((3, 1), 7.0), np.full((1, 1), 9.0))
    assert (still[0].tolist(), still[1].tolist()) == ([[0.0]] * 3, [[2.0]])


def test_a_straight_line_is_fitted() -> None:
    train = Rows(ARANGE, 3 * ARANGE - 7)
    assert of_rows._linear_score(train, train, "numbers") > 0.99999
    halves = Rows(ARANGE, (ARANGE[:, 0] >= 20) * 1.0)
    assert of_rows._linear_score(halves, halves, "classes") == 1.0
    assert of_rows.reference(halves, halves, "classes") == 1.0
    far = Rows(ARANGE + 100, 3 * ARANGE + 293)
    # Neighbours know nothing of what lies outside; a line does.
    assert of_rows.reference(train, far, "numbers") == of_rows._linear_score(train, far, "numbers")


def test_halves_predict_each_other() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    ring = Rows(x, ((x**2).sum(1) > 1.4) * 1.0)
    best, near = of_rows.left_out(ring, "classes")
    assert best == near > 0.85
    line = Rows(ARANGE, 2 * ARANGE)
    best, near = of_rows.left_out(line, "numbers")
    assert 0.9 < near < best <= 1


def test_a_row_is_not_its_own_neighbour() -> None:
    x = np.concatenate([np.arange(16.0), np.arange(100.0, 116.0)])[:, None]
    y = np.array([4.0] * 16 + [9.0] * 16)
    y[3], y[20] = 9.0, 4.0
    told = of_rows.predicted_by_others(Rows(x, y))
    assert told.tolist() == [4.0] * 16 + [9.0] * 16
    many = np.repeat(x, 70, 0)
    assert of_rows.predicted_by_others(Rows(many, np.repeat(y, 70))).shape == (2240,)


def test_ranks_are_told_by_neighbours() -> None:
    assert of_rows._ranks(
        np.array([[5.0], [1.0], [9.0]]), np.array([[1.0], [5.0], [10.0]])
    ).T.tolist() == [[0.0, 1 / 3, 1.0]]
    line = Rows(ARANGE, np.exp(ARANGE))
    own, other = of_rows.ranked(line, Rows(ARANGE + 0.25, np.exp(ARANGE + 0.25)))
    assert 0.97 < own < 1
    assert 0.97 < other < 1
    lies = np.random.default_rng(0).permutation(np.exp(ARANGE))
    own, other = of_rows.ranked(Rows(ARANGE, lies), Rows(ARANGE, lies))
    assert own < other  # a row that is among its own neighbours is told by itself


def test_a_rare_class_counts_as_much_as_any_other() -> None:
    found, wanted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    assert of_rows.balanced(found, wanted) == 0.75
    assert of_rows.balanced(np.zeros(4), np.array([0, 0, 0, 1])) == 0.5


def test_the_share_of_the_variance_that_is_explained() -> None:
    wanted = np.array([[1.0], [3.0]])
    assert of_rows.r2(np.array([1.0, 3.0]), wanted) == 1
    assert of_rows.r2(np.array([2.0, 2.0]), wanted) == 0
    assert of_rows.r2(np.array([1.0, 2.0]), wanted) == 0.5
    assert of_rows.r2(np.array([1.0, 2.0]), np.array([[3.0], [3.0]])) == 0


# What predictions and causes read off measurements.

AUDIT = Audit(1, 1.0, 1.0, 1.0, 1.0, 0.9, 0.003, False, 0.0)
WEIGHT = Parameter("0.weight", 64, 16, True, True, True, 0.25, 0.4, False, "Linear")
SCORES = Scores(0.75, 0.5, 0.25, 0.75, 0.75)


def layer(op: str = "linear", **more: Any) -> Layer:
    return Layer("0", op, **{"width": 4, "rms": 1.0, "spread": 1.0, "gradient": 1.0, **more})


def hidden(op: str, *values: dict[str, Any]) -> Probe:
    made: list[Layer] = []
    for value in values:
        made += [layer(), layer(op, **value)]
    return Probe(1, 1.0, (*made, layer()))


def measured(**more: Any) -> Measurements:
    return Measurements(Loop(9, 9, True), OptimizerSettings("SGD", 1, 1, 1), **more)


def losses(*values: float) -> tuple[tuple[int, float], ...]:
    return tuple(enumerate(values))


@pytest.mark.parametrize(
    ("signal", "of", "seen"),
    [
        ("reached", {}, None),
        ("reached", {"parameters": (WEIGHT, replace(WEIGHT, got_gradient=False))}, 0.5),
        ("reached", {"parameters": (WEIGHT, replace(WEIGHT, got_gradient=None))}, 1),
        ("reached", {"parameters": (WEIGHT, replace(WEIGHT, trainable=False))}, 1),
        ("owned", {}, None),
        ("owned", {"parameters": (WEIGHT, replace(WEIGHT, owned=False))}, 0.5),
        ("owned", {"parameters": (WEIGHT, replace(WEIGHT, owned=False, got_gradient=False))}, 1),
        ("owned", {"parameters": (WEIGHT, replace(WEIGHT, owned=False, trainable=False))}, 1),
        ("trained", {}, None),
        ("trained", {"parameters": (WEIGHT, replace(WEIGHT, owned=False))}, 0.5),
        ("trained", {"parameters": (WEIGHT, replace(WEIGHT, trainable=False))}, 0.5),
        ("moved", {}, None),
        ("moved", {"audits": (AUDIT, replace(AUDIT, moved=0.5), AUDIT)}, 0.003),
        ("stale", {}, None),
        ("stale", {"audits": (AUDIT, replace(AUDIT, stale=True))}, 0.5),
        ("agreement", {"audits": (replace(AUDIT, agreement=None),)}, None),
        ("agreement", {"audits": (AUDIT, replace(AUDIT, agreement=0.5))}, 0.75),
        ("kept", {"audits": (replace(AUDIT, applied=None), replace(AUDIT, true=0.0))}, None),
        ("kept", {"audits": (replace(AUDIT, applied=3.0, true=2.0),)}, 1.5),
        ("judged_apart", {"reported_validation": 1.0}, None),
        ("judged_apart", {"scores": replace(SCORES, validation_loss=1.0)}, None),
        (
            "judged_apart",
            {"scores": replace(SCORES, validation_loss=4.0), "reported_validation": -1.0},
            1.25,
        ),
        (
            "judged_apart",
            {"scores": replace(SCORES, validation_loss=1.0), "reported_validation": -4.0},
            1.25,
        ),
        (
            "judged_apart",
            {"scores": replace(SCORES, validation_loss=0.0), "reported_validation": 0.0},
            0,
        ),
        ("finite", {}, 1),
        ("finite", {"broke": Break(1, True, True, 1, 1, 1)}, 0),
        ("missing", {"broke": Break(1, True, True, 1, 1, 1)}, 1),
        ("missing", {"scores": replace(SCORES, train=0.5)}, 0.5),
        ("missing", {}, None),
        ("generalisation_gap", {"scores": SCORES}, 0.25),
        ("generalisation_gap", {"scores": replace(SCORES, validation=None)}, None),
        ("generalisation_gap", {}, None),
        ("spreads", {"features": Features(9, 9, 1.0, 7.0)}, 7),
        ("spreads", {}, None),
        ("largest_target", {"targets": Targets("numbers", -3, 2, 0, 1)}, 3),
        ("largest_target", {"targets": Targets("numbers", -3, 4, 0, 1)}, 4),
        ("largest_target", {}, None),
        ("shift", {"features": Features(9, 9, 1.0, 7.0, shift=0.5, stretch=2.0)}, 0.5),
        ("stretch", {"features": Features(9, 9, 1.0, 7.0, shift=0.5, stretch=2.0)}, 2),
        ("shared", {"features": Features(9, 9, 1.0, 7.0, shared=0.5)}, 0.5),
        ("shift", {}, None),
        ("stretch", {}, None),
        ("shared", {}, None),
        (
            "label_noise",
            {"scores": replace(SCORES, neighbours_train=0.5, neighbours_validation=0.75)},
            0.25,
        ),
        ("label_noise", {"scores": replace(SCORES, neighbours_train=0.5)}, None),
        ("label_noise", {"scores": replace(SCORES, neighbours_validation=0.5)}, None),
        ("label_noise", {}, None),
        ("past_best", {}, None),
        ("past_best", {"best_validation": (1, 0.0), "validation_losses": (0.0, 1.0)}, None),
        ("past_best", {"best_validation": (1, 0.5), "validation_losses": (0.5, 1.0)}, 2),
        ("recall", {"scores": replace(SCORES, recall=0.5)}, 0.5),
        ("recall", {}, None),
        ("tells_alone", {"leaky_column": (3, 0.9, 0.5)}, 0.9),
        ("tells_alone", {}, None),
        ("smoother", {"layout": Layout(0.25, 0.75)}, 0.5),
        ("smoother", {}, None),
        ("over_floor", {"scores": replace(SCORES, train_loss=1.0)}, None),
        (
            "over_floor",
            {
                "scores": replace(SCORES, train_loss=1.0),
                "outputs": Outputs(1, 0, 1, False, True, 0.0),
            },
            None,
        ),
        (
            "over_floor",
            {
                "scores": replace(SCORES, train_loss=1.0),
                "outputs": Outputs(2, 0, 1, False, True, 0.0),
            },
            # The loss of a softmax of (1, 0).
            1 / math.log1p(math.exp(-1)),
        ),
        ("output_range", {"outputs": Outputs(2, -1, 3, False, True, 0.0)}, 4),
        ("output_range", {}, None),
        *(
            (
                "beyond",
                {
                    "outputs": Outputs(1, *ends, False, False, 0.0),
                    "targets": Targets("numbers", -1, 1, 0, std),
                },
                seen,
            )
            for ends, std, seen in (
                ((0, 9), 0.5, 2),
                ((-9, -0.5), 0.5, 3),
                ((-2, 2), 0.5, 0),
                ((0, 9), 0.0, 1e12),
            )
        ),
        ("beyond", {"outputs": Outputs(1, 0, 9, False, False, 0.0)}, None),
        (
            "beyond",
            {
                "outputs": Outputs(1, 0, 9, False, False, 0.0, finite=False),
                "targets": Targets("numbers", -1, 1, 0, 1),
            },
            None,
        ),
        ("batch_gap", {"outputs": Outputs(1, 0, 9, False, False, 0.0, batch_gap=0.5)}, 0.5),
        ("random_gap", {"outputs": Outputs(1, 0, 9, False, False, 0.0, random_gap=0.5)}, 0.5),
        ("bend", {"outputs": Outputs(1, 0, 9, False, False, 0.0, affine_gap=0.5)}, 0.5),
        ("bend", {}, None),
        ("all_pairs", {"broadcast": True}, 1),
        ("all_pairs", {}, 0),
        ("gradient_ratio", {}, None),
        ("gradient_ratio", {"first": hidden("relu", {"gradient": 3.0}, {"gradient": 2.0})}, 1.5),
        ("gradient_ratio", {"first": hidden("relu", {"gradient": 3.0}, {"gradient": 0.0})}, None),
        ("growth", {}, None),
        ("growth", {"first": hidden("relu", {"rms": 2.0}, {"rms": 6.0})}, 3),
        ("growth", {"first": hidden("relu", {"rms": 2.0, "gradient": 8.0}, {"rms": 2.0})}, 8),
        ("growth", {"first": hidden("relu", {"rms": 2.0}, {"rms": 6.0, "gradient": 0.0})}, 3),
        ("growth", {"first": hidden("relu", {"rms": 0.0}, {"rms": 6.0})}, None),
        ("through_time", {"first": Probe(1, 1.0, (), (0.25, 0.5, *[0.1] * 5, 1.0))}, 0.5),
        ("through_time", {"first": Probe(1, 1.0, (), (0.25, 0.25, 0.5, *[0.1] * 4, 1.0))}, 0.25),
        ("through_time", {"first": Probe(1, 1.0, (), (1.0,) * 7)}, None),
        ("through_time", {"first": Probe(1, 1.0, (), (0.0,) * 8)}, None),
        ("through_time", {}, None),
        ("dead", {"last": hidden("relu", {"dead": 0.25}, {"dead": 0.5}, {})}, 0.5),
        ("dead", {"last": hidden("tanh", {"dead": 0.25})}, 0),
        ("dead", {}, None),
        ("born_dead", {"first": hidden("relu", {"dead": 0.25}, {"dead": 0.5}, {})}, 0.5),
        ("born_dead", {"first": hidden("tanh", {"dead": 0.25})}, 0),
        ("born_dead", {}, None),
        ("flat", {"first": hidden("sigmoid", {"saturated": 0.25}, {})}, 0.25),
        ("flat", {"first": hidden("relu", {"saturated": 0.25})}, 0),
        ("flat", {}, None),
        ("alike", {}, None),
        ("alike", {"parameters": (replace(WEIGHT, same_rows=True),) * 3}, 2),
        ("alike", {"parameters": (WEIGHT, replace(WEIGHT, same_rows=True))}, 0),
        ("fell", {"broke": Break(1, True, True, 1, 1, 1)}, math.inf),
        ("fell", {"losses": losses(1.0, 1.0, 1.0)}, None),
        ("fell", {"losses": losses(0.0, 1.0, 1.0, 1.0)}, None),
        ("fell", {"losses": losses(2.0, 9.0, 9.0, 1.0)}, 0.5),
        ("fell", {"losses": losses(2.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 3.0)}, 1),
        ("pull", {"audits": (AUDIT, replace(AUDIT, decay=0.5))}, 0.5),
        ("pull", {}, None),
        ("dropout", {"dropout": 0.5}, 0.5),
        ("narrowest", {"last": hidden("relu", {"width": 3}, {"width": 2})}, 2),
        ("narrowest", {}, None),
        ("batch", {}, None),
    ],
)
def test_a_signal_is_read_off_what_was_measured(
    signal: str, of: dict[str, Any], seen: float | None
) -> None:
    found = SIGNALS[signal][1](measured(**of))
    assert found == (None if seen is None else pytest.approx(seen))


def test_an_expectation_holds_on_its_side_of_the_bound() -> None:
    below, above = Expectation("dead", "<", 0.5), Expectation("moved", ">", 0.5)
    assert Checked(below, 0.4).holds is True
    assert Checked(below, 0.5).holds is False
    assert Checked(above, 0.5).holds is False
    assert Checked(above, 0.6).holds is True
    assert Checked(above, None).holds is None
    assert str(Checked(above, None)).endswith("> 0.5: not to be seen")
    assert str(Checked(below, 0.25)).endswith("< 0.5: 0.25")
    assert holds((Checked(below, 0.4), Checked(above, None))) is True
    assert holds((Checked(below, 0.4), Checked(above, 0.1))) is False
    assert holds((Checked(above, None),)) is None


def test_an_activation_is_hidden_where_a_linear_op_is_still_to_come() -> None:
    made = (layer(), layer("relu"), layer("dropout"), layer(), layer("sigmoid"))
    assert [one.op for one in derived.hidden(Probe(1, 1.0, made))] == ["relu"]
    assert derived.hidden(Probe(1, 1.0, made), ("sigmoid",)) == []
    assert [one.op for one in derived.hidden(Probe(1, 1.0, made[4:]))] == ["sigmoid"]
    assert derived.hidden(None) == []


def test_weights_are_those_of_layers() -> None:
    bias = replace(WEIGHT, name="0.bias", size=16)
    norm = replace(WEIGHT, name="1.weight", kind="LayerNorm")
    recurrent = replace(WEIGHT, name="2.weight_ih_l0", kind="LSTM")
    scalar = replace(WEIGHT, name="3.weight", fan_in=0)
    every = measured(parameters=(WEIGHT, bias, norm, recurrent, scalar))
    assert derived.weights(every) == [WEIGHT]
    assert derived.layer_weights(every) == [WEIGHT, recurrent, scalar]


@pytest.mark.parametrize(
    ("ops", "loss", "last"),
    [
        (("linear", "relu"), "cross_entropy", "relu"),
        (("linear", "log_softmax"), "cross_entropy", "linear"),
        (("linear", "log_softmax"), "mse", "log_softmax"),
        (("linear", "log_softmax", "log_softmax"), "nll", "linear"),
        (("log_softmax",), "nll", "log_softmax"),
        ((), "nll", ""),
    ],
)
def test_the_last_op_is_the_network_s_and_not_the_loss_s(
    ops: tuple[str, ...], loss: str, last: str
) -> None:
    probe = Probe(1, 1.0, tuple(map(layer, ops)))
    assert derived.last_op(measured(last=probe, loss_name=loss)) == last
    assert derived.last_op(measured(first=probe, loss_name=loss)) == last


def test_how_far_a_loss_rose() -> None:
    assert derived.rose(measured(losses=losses(2.0, 5.0, 1.0))) == 2.5
    assert derived.rose(measured(losses=losses(0.0, 5.0))) == 1
    assert derived.rose(measured()) == 1


def test_a_cure_is_the_share_of_what_is_missing() -> None:
    poor = replace(SCORES, train=0.5)  # 0.25 of 0.5 are missing
    run = measured(scores=poor, trials={"a": 0.6, "b": 0.55}, tried={"a": 0.75, "c": 0.75})
    assert derived.cured(run, "a", "b") == pytest.approx(0.4)
    assert derived.cured(run, "b") == pytest.approx(0.2)
    assert derived.cured(run, "c") == 1
    assert derived.cured(run, "d") is None
    assert derived.cured(measured(trials={"a": 1.0}), "a") is None
    unknown = measured(scores=replace(poor, reference_train=None), trials={"a": 0.75})
    assert derived.cured(unknown, "a") == 0.5
    none = measured(scores=replace(poor, train=math.nan), trials={"a": 0.5})
    assert derived.cured(none, "a") == 0.5
    worse = measured(scores=replace(poor, train=0.0), trials={"a": 0.5})
    assert derived.cured(worse, "a") == 0.5
    full = measured(scores=replace(SCORES, train=0.74), trials={"a": 0.75})
    assert derived.cured(full, "a") == 0


def test_what_is_missing_of_what_can_be_learned() -> None:
    assert measured().shortfall is None
    assert measured(scores=SCORES).shortfall == 0
    assert measured(scores=replace(SCORES, train=0.5)).shortfall == 0.5
    assert measured(scores=replace(SCORES, train=0.0)).shortfall == 1
    assert measured(scores=replace(SCORES, train=1.0)).shortfall == 0
    assert measured(scores=replace(SCORES, train=math.nan)).shortfall == 1
    few = replace(SCORES, reference_train=None)
    assert measured(scores=few).shortfall is None
    assert measured(scores=replace(few, train_loss=1.0, baseline_loss=0.0)).shortfall is None
    assert measured(scores=replace(few, train_loss=1.0, baseline_loss=2.0)).shortfall == 0.5
    assert measured(scores=replace(few, train_loss=3.0, baseline_loss=2.0)).shortfall == 1
    near = replace(SCORES, reference_train=0.29, train_loss=1.0, baseline_loss=2.0)
    assert measured(scores=near).shortfall == 0.5


def test_a_run_is_sick_where_enough_is_missing() -> None:
    half = measured(scores=replace(SCORES, train=0.5))
    assert derived.sick(half)
    assert derived.sick(half, 0.5)
    assert not derived.sick(half, 0.51)
    assert derived.sick(measured(broke=Break(1, True, True, 1, 1, 1)), 2.0)
    assert not derived.sick(measured())
    third = measured(scores=replace(SCORES, train=0.75 - 0.15))
    assert not derived.sick(third, 0.31)
    assert derived.sick(third, 0.29)
    assert derived.percent(0.984) == "98 %"


# What is read off a network.


def batches(*classes: list[float]) -> list[torch.Tensor]:
    return [torch.tensor(one) for one in classes]


def test_batches_of_one_class_each_are_told_from_shuffled_ones() -> None:
    pure = batches([0.0] * 4, [1.0] * 4, [2.0] * 4, [0.0] * 4, [1.0] * 4, [2.0] * 4)
    assert measure.class_run(pure) == 1
    assert measure.class_run(pure[:5]) is None
    assert measure.class_run([*pure[:5], pure[5][:3]]) is None
    # Half of the variance lies within: 0.5 of 1, by batches of four, three quarters of it seen.
    mixed = batches(*[[0.0, 2.0, 0.0, 2.0], [4.0, 6.0, 4.0, 6.0]] * 3)
    assert measure.class_run(mixed) == pytest.approx(1 - (4 / 3) / 5)
    assert measure.class_run(batches(*[[0.0, 1.0, 0.0, 1.0]] * 6)) == 0
    assert measure.class_run(batches(*[[1.0] * 4] * 6)) is None
    uneven = batches(*[[0.0, 2.0] * 2] * 3, *[[1.0] * 12] * 3)
    assert measure.class_run(uneven) == 0


def test_neighbouring_pixels_share_their_variance() -> None:
    smooth = torch.arange(8.0).repeat(1, 1, 8, 1) // 4
    assert measure._neighbourly(smooth) == pytest.approx((40 / 56 + 1) / 2)
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2.0
    assert measure._neighbourly(board.reshape(1, 1, 8, 8)) == pytest.approx(-1)
    both = torch.stack([board, smooth[0, 0]])[None]
    assert measure._neighbourly(both) == pytest.approx((40 / 56 + 1) / 2)
    assert measure._neighbourly(torch.ones(1, 1, 8, 8)) == 0


@pytest.mark.parametrize(
    ("out", "y", "task", "probabilities", "scored"),
    [
        ([[2.0, 1.0], [2.0, 1.0], [0.0, 1.0]], [0, 0, 0], "classes", False, 2 / 3),
        ([[2.0, 1.0], [2.0, 1.0], [0.0, 1.0]], [0, 1, 1], "classes", False, 0.75),
        ([[2.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]], "classes", False, 0.5),
        ([[0.4], [0.6]], [[0.0], [1.0]], "binary", True, 1),
        ([[0.4], [0.6]], [[0.0], [1.0]], "binary", False, 0.5),
        ([[0.0], [0.5]], [[0.0], [0.0]], "binary", False, 0.5),
        ([[0.5], [0.5]], [[0.0], [0.0]], "binary", True, 1),
        ([[1.0], [2.0]], [1.0, 3.0], "numbers", False, 0.5),
        ([[1.0], [math.nan]], [1.0, 3.0], "numbers", False, math.nan),
    ],
)
def test_a_score_weighs_classes_alike(
    out: Any, y: Any, task: Any, probabilities: bool, scored: float
) -> None:
    found = measure.score(torch.tensor(out), torch.tensor(y), task, probabilities)
    assert found == pytest.approx(scored, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "y", "task", "costs"),
    [
        ("cross_entropy", [0, 1, 1, 1], "classes", -0.25 * math.log(0.25) - 0.75 * math.log(0.75)),
        ("nll", [0, 1], "classes", math.log(2)),
        ("cross_entropy", [[1.0, 0.0], [0.0, 1.0]], "classes", math.log(2)),
        ("bce", [[0.0], [1.0]], "binary", math.log(2)),
        ("bce_with_logits", [0.0, 1.0], "binary", math.log(2)),
        ("cross_entropy", [0, 1], "numbers", None),
        ("mse", [0.0, 2.0], "numbers", 1),
        ("mse", [[0.0, 0.0], [2.0, 4.0]], "numbers", 2.5),
        ("l1", [0.0, 1.0, 5.0], "numbers", 5 / 3),
        ("hinge", [0.0, 1.0], "binary", None),
    ],
)
def test_what_the_best_constant_answer_costs(
    name: str, y: Any, task: Any, costs: float | None
) -> None:
    targets = torch.tensor(y)
    assert measure.constant_loss(name, targets, task, False) == (costs and pytest.approx(costs))
    every = costs and pytest.approx(costs * len(y))
    assert measure.constant_loss(name, targets, task, True) == every


class Shadow:
    """A network that is one function of its rows, and of the seed of what is drawn."""

    def __init__(self, f: Callable[..., torch.Tensor], seen: torch.Tensor | None = None) -> None:
        self.f, self.seen = f, seen

    def outputs(self, x: torch.Tensor, seed: int = 0) -> torch.Tensor:
        return self.f(x, seed)

    def first_conv_input(self, x: torch.Tensor) -> torch.Tensor | None:
        return None if self.seen is None else self.seen[: len(x)]


X = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.25, 0.75]])


def outputs(f: Callable[..., torch.Tensor], x: torch.Tensor = X) -> Outputs:
    shadow = Shadow(f)
    return measure._outputs(shadow, x, shadow.outputs(x))


def test_what_a_network_gives_out() -> None:
    found = outputs(lambda x, _: x)
    assert (found.width, found.low, found.high) == (2, 0, 1)
    assert found.sums_to_one
    assert found.at_low == 0.25
    assert (found.batch_gap, found.random_gap, found.affine_gap) == (0, 0, 0)
    assert not found.constant
    assert not outputs(lambda x, _: x + 1e-3).sums_to_one
    assert not outputs(lambda x, _: 2 * x - 0.5).sums_to_one
    assert outputs(lambda x, _: x[:, 0]).width == 1
    same = outputs(lambda x, _: 0 * x + 3)
    assert same.constant
    assert same.affine_gap is None
    assert outputs(lambda x, _: 1e-7 * x + 3).constant
    assert not outputs(lambda x, _: 1e-4 * x + 3).constant
    broken = outputs(lambda x, _: x / 0)
    assert (broken.width, broken.finite, broken.at_low) == (2, False, 0)
    assert math.isnan(broken.low)
    assert not broken.constant


def test_a_row_alone_and_in_its_batch() -> None:
    # The spread of 0, 0.25, 0.5, 1 is 0.3698; of its mean, 0.4375, a row alone knows nothing.
    coupled = outputs(lambda x, _: x[:, :1] - x[:, :1].mean())
    assert coupled.batch_gap == pytest.approx(0.5625 / float(X[:, 0].std(correction=0)))
    nearly = outputs(lambda x, _: x + 1e-5 * (len(x) == 1))
    assert nearly.batch_gap == 0
    assert outputs(lambda x, _: x + 2e-3 * (len(x) == 1)).batch_gap > 0
    seven = torch.arange(14.0).reshape(7, 2)
    # Six rows are asked alone.
    assert outputs(lambda x, _: x + 9.0 * (x[:, :1] == 12) * (len(x) == 1), seven).batch_gap == 0
    assert outputs(lambda x, _: x + 9.0 * (x[:, :1] == 10) * (len(x) == 1), seven).batch_gap > 0
    half = outputs(lambda x, _: (x + 4e-3 * (len(x) == 1)).half())
    assert half.batch_gap == 0


def test_two_answers_to_the_same_rows() -> None:
    noisy = outputs(lambda x, seed: x + 0.5 * seed)
    assert noisy.random_gap == pytest.approx(0.5 / float(X.std(0, correction=0).max()))
    assert outputs(lambda x, seed: x + 5e-5 * seed).random_gap == 0
    flat = outputs(lambda x, seed: 0 * x + 1 + seed)
    assert flat.random_gap == pytest.approx(1e4)


def test_how_far_a_network_is_from_an_affine_map() -> None:
    assert outputs(lambda x, _: 3 * x + 1).affine_gap == pytest.approx(0, abs=1e-6)
    x = torch.tensor([[0.0], [2.0], [4.0], [6.0]])
    # a = (0, 2), b = (4, 6): squares of 2a and 2b are (0, 16) and (64, 144), of a + b (16, 64)
    bent = outputs(lambda x, _: x**2, x).affine_gap
    apart, middle = (64**2 + 128**2) ** 0.5, (16**2 + 16**2) ** 0.5
    assert bent == pytest.approx(middle / apart)
    assert outputs(lambda x, _: x * 1.0, x[:3]).affine_gap is None
    assert outputs(lambda x, _: x.double(), torch.arange(8)[:, None]).affine_gap is None
    long = torch.zeros(140, 1)
    long[64] = 1.0  # the first of the second half, which has 64 rows at most
    assert outputs(lambda x, _: x**2, long).affine_gap is not None
    long[64], long[130] = 0.0, 1.0
    assert outputs(lambda x, _: x**2, long).affine_gap is None


def test_an_image_is_seen_both_ways() -> None:
    x = torch.rand(70, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    assert measure._layout(Shadow(lambda x, _: x), x) is None
    assert measure._layout(Shadow(lambda x, _: x, x), x) is None
    last = x.expand(70, 3, 4, 4).permute(0, 2, 3, 1).reshape(70, 3, 4, 4)
    look = measure._layout(Shadow(lambda x, _: x, last), x)
    assert look is not None
    assert look.as_seen == pytest.approx(measure._neighbourly(last[:64]))
    assert look.put_right == pytest.approx(measure._neighbourly(x[:64]))


def test_parameters_and_who_owns_them() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 2.0, 2.0], [1.0, 2.0, 2.0]]))
    start = {name: p.detach().clone() for name, p in net.named_parameters()}
    del start["1.bias"]
    with torch.no_grad():
        net[0].weight *= 2
    net[1].bias.requires_grad_(False)
    recorder: Any = SimpleNamespace(
        model=net,
        start=start,
        optimizers=[torch.optim.SGD([net[0].weight, net[1].weight], lr=1.0)],
        reached={"0.weight"},
        schedule=SimpleNamespace(audits=3),
    )
    first, bias, scale, shift = measure.parameters_of(recorder)
    assert first == Parameter(
        "0.weight", 6, 3, True, True, True, pytest.approx(3**0.5), pytest.approx(12**0.5), True,
        "Linear",
    )  # fmt: skip
    assert (bias.size, bias.fan_in, bias.owned, bias.got_gradient) == (2, 1, False, False)
    assert not bias.same_rows
    assert (scale.kind, scale.owned, scale.start_rms) == ("LayerNorm", True, 1)
    assert (shift.trainable, shift.start_rms) == (False, 0)
    recorder.schedule.audits = 0
    assert measure.parameters_of(recorder)[0].got_gradient is None


def test_what_the_optimizer_was_told() -> None:
    weight = torch.nn.Parameter(torch.ones(4))

    def told(optimizer: Any) -> OptimizerSettings:
        recorder: Any = SimpleNamespace(optimizer=optimizer, lr_first=0.5, lr_top=0.7, decay=0.1)
        return measure._optimizer(recorder)

    plain = told(torch.optim.SGD([weight], lr=0.25, momentum=0.9, maximize=True))
    assert plain == OptimizerSettings("SGD", 0.25, 0.5, 0.7, 0.9, 0.1, None, None, True)
    assert not plain.adaptive
    adam = torch.optim.Adam([weight], lr=0.25, betas=(0.8, 0.5), eps=1e-3)
    assert told(adam) == OptimizerSettings("Adam", 0.25, 0.5, 0.7, 0.8, 0.1, 1e-3, None, False)
    weight.grad = torch.full((4,), 2.0)
    adam.step()
    assert told(adam).denominator == pytest.approx(2**0.5)
    assert told(adam).adaptive
    assert told(torch.optim.RMSprop([weight], lr=0.25)).eps is None


def test_tensors_that_the_model_does_not_hold_are_found() -> None:
    net = torch.nn.Linear(2, 1)

    def grown(*shape: int) -> torch.Tensor:
        made = torch.ones(shape, requires_grad=True)
        made.grad = torch.ones(shape)
        return made

    inner = torch.nn.Linear(3, 1)
    inner.weight.grad = torch.ones(1, 3)
    known, owned = grown(5), grown(6)
    net.parts = [grown(4), {"deep": grown(2, 2), "deeper": [grown(7)]}, inner]  # type: ignore
    net.known, net.idle = known, torch.ones(9, requires_grad=True)  # type: ignore
    net.again, net.owned, net._hidden = known, owned, grown(8)  # type: ignore
    recorder: Any = SimpleNamespace(model=net, optimizers=[torch.optim.SGD([owned], lr=1.0)])
    assert dict(measure._outside(recorder)) == {
        "parts[0]": 4,
        "parts[1]['deep']": 4,
        "parts[2].weight": 3,
        "known": 5,
    }


def test_the_loop_is_counted() -> None:
    recorder: Any = SimpleNamespace(
        iterations=9,
        steps=8,
        loss_has_graph=True,
        loss_is_leaf=False,
        train_modes=7,
        eval_modes=6,
        batches=[],
        batch=5,
        steps_in_eval=4,
        first_step_in_eval=3,
    )
    assert measure._loop(recorder) == Loop(9, 8, True, False, 7, 6, None, 5, 4, 3)
    recorder.first_step_in_eval = 0
    assert measure._loop(recorder).first_step_in_eval_mode is None


def test_lines_of_the_script_are_known_by_layer() -> None:
    first = Probe(1, 1.0, (layer(source="a.py:1"), layer("relu"), layer(source="a.py:3")))
    recorder: Any = SimpleNamespace(first_probe=first, sources={"0": "", "optimizer": "a.py:9"})
    known = {"0": "a.py:3", "optimizer": "a.py:9", "output": "a.py:3"}
    assert measure._sources(recorder) == known
    recorder.first_probe = replace(first, layers=first.layers[:2])
    assert "output" not in measure._sources(recorder)
    recorder.first_probe = None
    assert measure._sources(recorder) == {"optimizer": "a.py:9"}
