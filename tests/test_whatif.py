"""Edits and mistakes are played, not asserted: where they part, what they cost."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whygrad as wg
from whygrad.engine.backward import gradients
from whygrad.errors import WhygradError
from whygrad.explain.said import say
from whygrad.spec import load_spec, spec_from_dict, spec_to_dict
from whygrad.tape.record import write
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.start import Training, start
from whygrad.whatif import (
    MISTAKES,
    Drop,
    LearningRate,
    MakeMistake,
    SetNumber,
    Swap,
    compare,
    edited,
    find_mistake,
    fitting,
    gradient_check,
    parse_set,
    parse_swap,
)

XS = [[1.0, 2.0], [0.5, -1.0], [0.3, 0.2]]
ONE_HOT = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def network(
    layers: list[int], activation: object, output: str, y: object, **more: object
) -> Training:
    return start(
        spec_from_dict(
            {
                "network": {"layers": layers, "activation": activation, "output": output},
                "init": {"seed": 1},
                "data": {"x": XS, "y": y, "batch": "all"},
                "optimizer": {"name": "sgd", "learning_rate": 0.1, **more},
                "train": {"iterations": 20},
            }
        )
    )


def formula(**statements: object) -> Training:
    return start(spec_from_dict({"formula": statements}))


def zero_start() -> Training:
    """Every sum before a ReLU is exactly 0."""
    return start(
        spec_from_dict(
            {
                "network": {"layers": [1, 1, 1]},
                "init": {"W1": 0.0, "b1": 0.0, "W2": 0.5, "b2": 0.0},
                "data": {"x": 1.0, "y": 2.0},
            }
        )
    )


# For each mistake, a tape on which its first iteration comes out differently, and the number that
# differs first.
SHOWS = {
    "skip_relu_mask": (lambda: network([2, 3, 1], "relu", "linear", [1, 0, 1]), "dL/dz1"),
    "mask_by_gradient": (lambda: start("flow"), "dL/dz1"),
    "mask_of_wrong_layer": (
        lambda: network([2, 3, 3, 1], ["relu", "relu"], "sigmoid", [1, 0, 1]),
        "dL/dz2",
    ),
    "relu_open_at_zero": (zero_start, "dL/dz1"),
    "sigmoid_of_activation": (lambda: network([2, 3, 1], "tanh", "sigmoid", [1, 0, 1]), "dL/dz2"),
    "forget_squash_slope": (lambda: network([2, 3, 1], "tanh", "linear", [1, 0, 1]), "dL/dz1"),
    "tanh_without_square": (lambda: network([2, 3, 1], "tanh", "linear", [1, 0, 1]), "dL/dz1"),
    "detach_in_the_middle": (lambda: network([2, 3, 1], "tanh", "linear", [1, 0, 1]), "dL/dz1"),
    "forget_factor_two": (lambda: start("flow"), "dL/dyhat"),
    "forget_one_over_n": (lambda: network([2, 1], [], "linear", [1, 0, 1]), "dL/dyhat"),
    "sum_for_mean": (lambda: network([2, 1], [], "linear", [1, 0, 1]), "L"),
    "flip_the_error": (lambda: start("flow"), "dL/dyhat"),
    "softmax_twice": (lambda: network([2, 3], [], "softmax", ONE_HOT), "L"),
    "logits_as_probabilities": (lambda: network([2, 1], [], "sigmoid", [1, 0, 1]), "L"),
    "add_rates": (lambda: start("flow"), "dL/dz1"),
    "doubling_and_tripling": (lambda: formula(x=3.0, a="x*x + 1", b="a**2", L="b"), "dL/da"),
    "overwrite_at_fan_out": (lambda: start("fanout"), "dL/dx"),
    "leave_out_a_use": (lambda: start("fanout"), "dL/dx"),
    "pass_on_too_early": (lambda: formula(x=3.0, a="x*2", b="a+a", c="b+b", L="c**2"), "dL/da"),
    "max_to_all": (lambda: formula(x=3.0, y=2.0, L="maximum(x, y) + y*y"), "dL/dy"),
    "transpose_the_wrong_matrix": (
        lambda: network([2, 2, 1], "tanh", "linear", [1, 0, 1]),
        "dL/dW1",
    ),
    "weight_for_input": (lambda: start("flow"), "dL/dw1"),
    "forget_the_other_factor": (lambda: start("flow"), "dL/dw2"),
    "input_before_activation": (
        lambda: network([2, 3, 1], "tanh", "linear", [1, 0, 1]),
        "dL/dW2",
    ),
    "bias_from_one_example": (lambda: network([2, 1], [], "linear", [1, 0, 1]), "dL/db1"),
    "add_the_gradient": (lambda: start("flow"), "w1_new"),
    "forget_the_learning_rate": (lambda: start("flow"), "w1_new"),
    "leave_biases": (lambda: start("flow"), "b1_new"),
    "update_before_propagating": (lambda: start("flow"), "dL/da1"),
    "updated_weight_in_backward": (lambda: start("flow"), "dL/da1"),
}
# Mistakes that the first iteration cannot show: they carry something over.
LATER = {
    "keep_old_gradients": lambda: start("flow"),
    "forget_the_velocity": lambda: network([2, 1], [], "linear", [1, 0, 1], momentum=0.9),
}
# What nudging the tape's own loss cannot find: another loss, rightly differentiated, or the update.
UNSEEN_BY_CHECK = {
    "sum_for_mean",
    "softmax_twice",
    "add_the_gradient",
    "forget_the_learning_rate",
    "leave_biases",
}


def test_every_mistake_is_shown_or_comes_later() -> None:
    assert set(SHOWS) | set(LATER) == set(MISTAKES)
    assert len(MISTAKES) >= 24


@pytest.mark.parametrize("name", sorted(SHOWS))
def test_a_mistake_parts_where_it_is_made_and_a_gradient_check_finds_it(name: str) -> None:
    make, parts_at = SHOWS[name]
    found = compare(make(), MakeMistake(name), 5)
    assert found.first_divergence is not None
    assert found.first_divergence.name.partition("[")[0] == parts_at
    assert found.gradient_check["right"].passes or name == "relu_open_at_zero"
    assert found.gradient_check["wrong"].passes == (name in UNSEEN_BY_CHECK)
    if found.training["right"]:
        assert found.training["right"] != found.training["wrong"]


def test_the_error_is_flipped_where_it_is_written_out_too() -> None:
    for loss in ("(y - a)**2", "(a - y)**2"):
        spec = {"formula": {"w": 2.0, "a": "w * x", "L": loss}, "data": {"x": 3.0, "y": 1.0}}
        found = compare(start(spec_from_dict(spec)), MakeMistake("flip_the_error"))
        assert found.first_divergence is not None
        assert found.first_divergence.name == "dL/da"
        assert found.first_divergence.wrong == -found.first_divergence.right == -10.0


@pytest.mark.parametrize("name", sorted(LATER))
def test_a_mistake_that_carries_over_shows_in_training(name: str) -> None:
    found = compare(LATER[name](), MakeMistake(name), 5)
    assert found.first_divergence is None
    right, wrong = found.training["right"], found.training["wrong"]
    assert right[:2] == wrong[:2]
    assert right[2:] != wrong[2:]
    assert "from a later iteration on" in found.note


def test_numbers_of_mistakes_that_can_be_worked_out_by_hand() -> None:
    def wrong(preset: str, mistake: str, name: str) -> float:
        return float(edited(start(preset), MakeMistake(mistake)).run[name].item())

    assert wrong("flow", "forget_factor_two", "dL/dyhat") == -1.75
    assert wrong("flow", "flip_the_error", "dL/dw1") == 1.75
    assert wrong("flow", "weight_for_input", "dL/dw1") == -1.75 * 0.5
    assert wrong("flow", "forget_the_other_factor", "dL/dw2") == -3.5
    assert wrong("flow", "add_rates", "dL/dz1") == -1.75 + 1
    assert wrong("flow", "update_before_propagating", "dL/da1") == -3.5 * 0.675
    assert wrong("flow", "add_the_gradient", "w1_new") == pytest.approx(0.5 - 0.175)
    assert wrong("flow", "forget_the_learning_rate", "w1_new") == 0.5 + 1.75
    assert wrong("fanout", "overwrite_at_fan_out", "dL/dx") == 2
    early = edited(formula(a=1.0, b="a+a", c="b+b", L="c*1"), MakeMistake("pass_on_too_early")).run
    assert early["dL/db"].item() == 2  # complete
    assert early["dL/da"].item() == 2  # but 1 was passed on, to each of two uses


def test_a_mistake_that_does_not_matter_here_says_so_and_why() -> None:
    found = compare(start("flow"), MakeMistake("skip_relu_mask"), 5)
    assert found.differences == ()
    assert found.says[:3] == (
        say("compare.no_difference"),
        say("compare.tie", x="∂L/∂z₁", right="−1.75 × 1 = −1.75", wrong="−1.75"),
        say("compare.trained_same"),
    )


@pytest.mark.parametrize(
    ("mistake", "why"),
    [
        # the numbers are the same as well: the names tell them apart
        ("input_before_activation", "is ∂L/∂ŷ × a₁ = −3.5 × 0.5 = −1.75, and instead ∂L/∂ŷ × z₁ ="),
        ("relu_open_at_zero", str(say("compare.same_made"))),
        ("keep_old_gradients", "instead 0 + (−3.5 × 0.5) = −1.75"),
    ],
)
def test_why_a_mistake_does_not_matter_here(mistake: str, why: str) -> None:
    found = compare(start("flow"), MakeMistake(mistake), 5)
    assert why in found.note
    assert found.says[-1] == say("compare.notice", notice=MISTAKES[mistake].notice)


def test_a_number_set_to_what_it_was_says_so() -> None:
    assert say("compare.same_number") in compare(start("flow"), SetNumber("w1", 0.5), 2).says


@pytest.mark.parametrize("preset", ["flow", "calculator", "fanout", "neuron", "xor-corners"])
def test_every_mistake_on_every_preset_is_played_or_refused_with_a_reason(preset: str) -> None:
    training = start(preset)
    fits = {mistake.name for mistake in fitting(training.iteration.tape)}
    for name in MISTAKES:
        if name not in fits:
            with pytest.raises(WhygradError, match=f"{name} does not fit here.*its ops"):
                compare(training, MakeMistake(name), 2)
            continue
        found = compare(training, MakeMistake(name), 2)
        assert found.differences or found.says[0] == say("compare.no_difference")
        json.dumps(found.to_json(), allow_nan=False)


def test_a_mistake_that_does_not_fit_says_what_is_there() -> None:
    with pytest.raises(WhygradError, match="softmax_twice does not fit.*mse_loss"):
        edited(start("flow"), MakeMistake("softmax_twice"))
    with pytest.raises(WhygradError, match="forget_factor_two"):
        find_mistake("forget_facter_two")


def test_setting_a_leaf_plays_the_rest() -> None:
    run = edited(start("flow"), SetNumber("w1", 0.3)).run
    assert run["z1"].item() == pytest.approx(0.3)
    assert run["L"].item() == pytest.approx((0.5 * 0.3 - 2) ** 2)


def test_what_is_held_hears_nothing_from_below() -> None:
    run = edited(start("flow"), SetNumber("a1", 0.25)).run
    assert run["a1"].item() == 0.25
    assert run["yhat"].item() == 0.125
    assert run["dL/dw1"].item() == 0
    assert run["dL/dw2"].item() == pytest.approx(2 * (0.125 - 2) * 0.25)
    assert gradient_check(run).passes


def test_dropping_a_term_counts_it_as_zero() -> None:
    training = start("calculator")
    run = edited(training, Drop("b1")).run
    assert run["z1"].item() == pytest.approx(1.0)
    run = edited(training, Drop("z1")).run
    assert run["a1"].item() == 0
    assert gradient_check(run).passes


def test_a_learning_rate_moves_only_the_update() -> None:
    found = compare(start("flow"), LearningRate(1.0), 3)
    assert {d.name for d in found.differences} == {
        "learning_rate",
        "w1_new",
        "b1_new",
        "w2_new",
        "b2_new",
    }


@pytest.mark.parametrize(
    "swap", [Swap("relu", "tanh"), Swap("linear", "tanh"), Swap("sgd", "adam"), Swap("mse", "mse")]
)
def test_swaps_are_played(swap: Swap) -> None:
    found = compare(start("flow"), swap, 5)
    assert len(found.training["wrong"]) == 5
    assert (found.training["right"] == found.training["wrong"]) == (swap.old == swap.new)


def test_a_swap_of_what_is_not_there_lists_what_is() -> None:
    with pytest.raises(WhygradError, match="relu"):
        edited(start("flow"), Swap("rleu", "tanh"))
    with pytest.raises(WhygradError, match="formula"):
        edited(start("fanout"), Swap("relu", "tanh"))


@pytest.mark.parametrize("text", ["w1", "w1=", "=3", "w1=abc", "w1=nan", ""])
def test_a_set_that_does_not_read_is_explained(text: str) -> None:
    with pytest.raises(WhygradError, match="w1=0.3"):
        parse_set(text)


def test_sets_and_swaps_are_read() -> None:
    assert parse_set(" W1[0,2] = -1e-3 ") == SetNumber("W1[0,2]", -1e-3)
    assert parse_swap("relu = sigmoid") == Swap("relu", "sigmoid")
    with pytest.raises(WhygradError, match="old=new"):
        parse_swap("relu")


def test_a_run_that_breaks_down_is_reported_not_raised() -> None:
    found = compare(start("flow"), LearningRate(50.0), 300)
    assert len(found.training["wrong"]) < 300
    assert "broke down" in found.note
    json.dumps(found.to_json(), allow_nan=False)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=2, max_size=4),
    st.sampled_from(["relu", "tanh", "sigmoid"]),
    st.sampled_from(["linear", "sigmoid", "softmax"]),
    st.sampled_from([0.0, 0.9]),
)
def test_every_fitting_mistake_gives_a_sound_tape(
    hidden: list[int], activation: str, output: str, momentum: float
) -> None:
    y: object = ONE_HOT if output == "softmax" else [1, 0, 1]
    layers = [2, *hidden, 3 if output == "softmax" else 1]
    training = network(layers, activation, output, y, momentum=momentum)
    for mistake in fitting(training.iteration.tape):
        wrong = edited(training, MakeMistake(mistake.name))
        again = Tape.from_json(json.loads(json.dumps(wrong.tape.to_json())))
        assert again.to_json() == wrong.tape.to_json()
        for value in training.iteration.tape.values:
            if value.name:
                assert wrong.run[value.name].shape == training.iteration.run[value.name].shape
        np.testing.assert_array_equal(wrong.run["x"], training.iteration.run["x"])


def test_both_are_trained_with_the_schedule() -> None:
    base = spec_to_dict(load_spec("flow"))
    spec = spec_from_dict({**base, "schedule": {"name": "step", "every": 2, "gamma": 0.5}}, "spec")
    for edit in (SetNumber("w1", 0.5), LearningRate(0.1)):
        compared = compare(start(spec), edit, 6)
        assert compared.training["wrong"] == pytest.approx(compared.training["right"], rel=1e-12)
    faster = compare(start(spec), LearningRate(0.2), 6)
    assert faster.training["wrong"] != faster.training["right"]


def weighted(count: int, size: float) -> Run:
    """A loss of so many weights, each of whose gradients is the size."""
    w = wg.tensor(np.ones(count), role="parameter", name="w")
    loss = (w * size).sum()
    found = gradients(loss, [w])
    _, run, _ = write(loss, gradients=found, also=[found[w]])
    return run


def off_by(run: Run, at: int, error: float) -> Run:
    """The same, with one gradient off."""
    (w,) = (leaf.id for leaf in run.tape.leaves if leaf.role == "parameter")
    g = run.tape.gradients[w]
    arrays = list(run.arrays)
    arrays[g] = arrays[g].copy()
    arrays[g][at] += error
    return Run(run.tape, tuple(arrays))


@pytest.mark.parametrize(
    ("size", "error", "relative"),
    [(0.25, 0.5, 0.5), (4.0, 1.0, 0.2), (-4.0, 1.0, 0.25), (4.0, 3e-4, 3e-4 / 4)],
)
def test_a_gradient_s_error_is_relative_where_gradients_are_large(
    size: float, error: float, relative: float
) -> None:
    found = gradient_check(off_by(weighted(3, size), 1, error))
    assert found.error == pytest.approx(relative, rel=1e-3)
    assert found.name == "w[1]"
    assert found.passes is (relative < 1e-4)
    assert gradient_check(weighted(3, size)).passes


@pytest.mark.parametrize(("count", "found"), [(200, True), (201, False)])
def test_of_more_than_two_hundred_elements_every_other_is_nudged(count: int, found: bool) -> None:
    assert gradient_check(off_by(weighted(count, 1.0), 1, 1.0)).passes is not found
    assert not gradient_check(off_by(weighted(count, 1.0), 2, 1.0)).passes


@pytest.mark.parametrize(
    ("sizes", "fits"), [([2, 1, 1, 1], False), ([2, 2, 1, 1], True), ([1, 1, 2, 2], True)]
)
def test_a_matrix_of_one_number_has_no_wrong_transpose(sizes: list[int], fits: bool) -> None:
    model = wg.nn.Sequential(*(wg.nn.Linear(a, b, seed=1) for a, b in pairwise(sizes)))
    tape = wg.trace(model, np.ones((3, sizes[0])), np.ones((3, sizes[-1]))).tape
    assert ("transpose_the_wrong_matrix" in {one.name for one in fitting(tape)}) is fits
