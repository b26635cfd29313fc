"""From a spec to something that trains."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from whygrad.data import from_arrays
from whygrad.errors import SpecError
from whygrad.spec import spec_from_dict
from whygrad.training.evaluation import solved_samples
from whygrad.training.start import start


def formula(given: dict[str, str], **inputs: object) -> dict[str, object]:
    return {"formula": given, "data": inputs}


def test_a_formula_is_traced_statement_by_statement() -> None:
    spec = spec_from_dict(
        formula({"a": "-x + 1", "b": "a", "u1": "2", "L": "b * sum(exp(x) * u1) * 1"}, x=0.5),
        "test",
    )
    iteration = start(spec).iteration
    run = iteration.run
    assert {"a", "b", "L", "dL/dx"} <= set(iteration.tape.by_name)
    assert run["a"] == run["b"] == 0.5
    assert run["L"] == pytest.approx(np.exp(0.5))
    assert run["u1"] == 2.0  # the formula's own; what has no name is called u2 and so on
    assert run["u2"] == -0.5
    assert run["dL/dx"] == pytest.approx(-2 * np.exp(0.5) + 0.5 * 2 * np.exp(0.5))


@pytest.mark.parametrize(
    ("given", "inputs", "says"),
    [
        ({"L": "x * 2"}, {"x": [1.0, 2.0]}, r"must be one number, but has shape \(2,\)"),
        ({"L": "sum(x @ x)"}, {"x": [[1.0, 2.0]]}, "do not fit"),
        ({"L": "exp(x, x)"}, {"x": 1.0}, "wrong arguments"),
    ],
)
def test_a_formula_at_fault_says_where(given: dict[str, str], inputs: object, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        start(spec_from_dict(formula(given, **inputs), "test"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x * 9**9**9", "9**3.8742e+08 is no finite real number"),
        ("1/0 * x", "1/0 is no finite real number"),
        ("x * 2.0**9999", "2**9999 is no finite real number"),
        ("x * (-8)**(1/3)", "-8**0.333333 is no finite real number"),
        ("x * (1e308 * 10)", "1e+308*10 is no finite real number"),
        ("x * (1 @ 2)", "a single number has no rows or columns; use *"),
        ("x * matmul(1, 2)", "a single number has no rows or columns; use *"),
        ("matmul(x, 2)", "a single number has no rows or columns; use *"),
    ],
)
def test_arithmetic_on_numbers_alone_is_refused_where_it_has_no_result(
    text: str, says: str
) -> None:
    with pytest.raises(SpecError, match=re.escape(f"L = {text!r}: ")) as refused:
        start(spec_from_dict({"formula": {"x": 2.0, "L": text}}))
    assert says in refused.value.message


def test_numbers_in_a_formula_are_floats() -> None:
    # As whole numbers, Python would work out 3**(9**6) digit by digit, and then a quotient of it.
    found = start(spec_from_dict({"formula": {"x": 2.0, "L": "x * (3**300 / 3**299) + 7/2"}}))
    assert found.iteration.run["L"] == pytest.approx(9.5)
    whole = {"formula": {"v": [1.0, 2.0], "L": "sum(v, 0) * v[1] + sum(v, axis=0)"}}
    assert start(spec_from_dict(whole)).iteration.run["L"] == 9


def test_a_formula_takes_elements_and_options_of_functions() -> None:
    spec = spec_from_dict(
        formula(
            {"m": "max(X, axis=1, keepdims=True)", "L": "m[1, 0] * X[0, -1] - sum(X[0])"},
            X=[[1.0, 2.0], [3.0, 5.0]],
        ),
        "test",
    )
    run = start(spec).iteration.run
    assert run["m"].tolist() == [[2.0], [5.0]]
    assert run["L"] == 5.0 * 2.0 - 3.0
    assert run["dL/dX"].tolist() == [[-1.0, 4.0], [0.0, 2.0]]


def test_whole_batches_visit_every_sample_and_one_sample_is_judged_by_its_own_size() -> None:
    sections = {
        "network": {"layers": [1, 1]},
        "init": {"W1": 1.0, "b1": 0.0},
        "data": {"x": [[2.0]], "y": [[2.05]], "batch": "all"},
    }
    training = start(spec_from_dict(sections, "test"))
    visited, judged = training.visited(7), training.evaluate()
    assert visited is not None
    assert judged is not None
    assert visited.tolist() == [0]
    pair = from_arrays("pair", [[1.0], [2.0]], [[10.0], [30.0]])
    assert solved_samples(pair, np.array([[11.5], [27.5]])).tolist() == [True, False]
    assert judged.accuracy == 1.0  # off by 0.05, within a tenth of the one target's size


@pytest.mark.parametrize("preset", ["xor", "spirals", "flow", "fanout"])
def test_training_visits_and_judges_its_data(preset: str) -> None:
    training = start(preset)
    first = training.evaluate()
    training.iteration.play(30)
    if training.dataset is None:
        assert first is None
        assert training.visited(0) is None
        return
    visited = training.visited(0)
    judged = training.evaluate()
    assert visited is not None
    assert judged is not None
    assert first is not None
    assert ((visited >= 0) & (visited < len(training.dataset))).all()
    assert judged.accuracy == judged.solved.mean()
    assert judged.loss != first.loss


BITS = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [0, 1, 1, 0], "batch": "all"}
CLASSES = {**BITS, "y": [[1, 0], [0, 1], [0, 1], [1, 0]]}


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mae", lambda z, t: F.l1_loss(z, t)),
        ("l1", lambda z, t: F.l1_loss(z, t)),
        ("huber", lambda z, t: F.huber_loss(z, t)),
        ("smooth_l1", lambda z, t: F.smooth_l1_loss(z, t)),
        ("hinge", lambda z, t: (1 - (2 * t - 1) * z).clamp_min(0).mean()),
        ("kl_div", lambda z, t: F.kl_div(z.log_softmax(1), t, reduction="batchmean")),
    ],
)
@pytest.mark.parametrize("activation", ["gelu", "silu", "elu", "hardtanh"])
def test_losses_and_activations_made_of_others(
    loss: str, activation: str, expected: Callable[[Any, Any], Any]
) -> None:
    data = CLASSES if loss == "kl_div" else BITS
    layers = [2, 3, 2 if loss == "kl_div" else 1]
    network = {"layers": layers, "activation": activation, "output": "linear"}
    spec = spec_from_dict({"network": network, "loss": {"name": loss}, "data": data})
    run = start(spec).iteration.run
    w1, b1, w2, b2, x, t = (
        torch.tensor(run[n]).requires_grad_() for n in ("W1", "b1", "W2", "b2", "x", "t")
    )
    z = getattr(F, activation)(x @ w1 + b1) @ w2 + b2
    made = expected(z, t)
    made.backward()
    assert float(run["L"]) == pytest.approx(made.item(), abs=1e-12)
    assert run["dL/dW1"] == pytest.approx(w1.grad.numpy(), abs=1e-12)


def test_a_loss_that_is_no_softmax_of_logits_sees_the_shares() -> None:
    network = {"layers": [2, 2], "output": "softmax"}
    spec = spec_from_dict({"network": network, "loss": {"name": "mse"}, "data": CLASSES})
    run = start(spec).iteration.run
    assert float(run["L"]) == pytest.approx(float(((run["yhat"] - run["t"]) ** 2).mean()))
    assert run["yhat"].sum(axis=1) == pytest.approx(np.ones(4))


@pytest.mark.parametrize("loss", ["hinge", "bce_with_logits"])
def test_a_score_above_0_says_yes(loss: str) -> None:
    made = {"W1": [[0.4], [0.4]], "b1": [-0.2]}
    spec = spec_from_dict(
        {"network": {"layers": [2, 1]}, "init": made, "loss": {"name": loss}, "data": BITS}
    )
    judged = start(spec).evaluate()
    assert judged is not None
    assert judged.outputs[:, 0] == pytest.approx([-0.2, 0.2, 0.2, 0.6])
    assert judged.solved.tolist() == [True, True, True, False]


def test_the_first_iteration_has_the_rate_of_its_schedule() -> None:
    spec = spec_from_dict(
        {
            "network": {"layers": [2, 1]},
            "optimizer": {"name": "sgd", "learning_rate": 0.5},
            "schedule": {"name": "warmup", "start": 0.2, "iterations": 4},
            "data": BITS,
        }
    )
    training = start(spec)
    assert float(training.iteration.run["learning_rate"]) == pytest.approx(0.1)
    recorded = training.iteration.run["W1_new"]
    assert np.array_equal(recorded, training.iteration.play()["W1_new"])
    assert float(training.iteration.play()["learning_rate"]) == pytest.approx(0.2)
