"""The doctor's measurements, each on numbers that can be worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from whygrad.doctor import derived
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
