"""Activations and losses: one row each, complete or refused, and known everywhere by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from whygrad import nn
from whygrad.errors import WhygradError
from whygrad.nn import functional
from whygrad.nn.registry import ACTIVATIONS, LOSS_OF, LOSSES, registry
from whygrad.spec import spec_from_dict
from whygrad.training.start import start

RELU, MSE, BCE = ACTIVATIONS["relu"], LOSSES["mse"], LOSSES["bce"]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_an_activation_s_function_and_layer_agree(name: str) -> None:
    row = ACTIVATIONS[name]
    x = np.array([[1.0, -2.0, 0.5]])
    assert row.function is getattr(functional, name)
    if row.module is not None:
        assert row.module is getattr(nn, row.module.__name__)
        np.testing.assert_array_equal(row.module()(nn.parameter(x)).array, row.function(x).array)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_loss_s_function_and_module_agree(name: str) -> None:
    row = LOSSES[name]
    p, t = nn.parameter([[0.25, 0.75]]), np.array([[0.0, 1.0]])
    assert row.function is getattr(functional, row.function.__name__)
    if row.module is not None:
        assert row.module is getattr(nn, row.module.__name__)
        assert row.module()(p, t).item() == row.function(p, t).item()


@pytest.mark.parametrize("name", [n for n, row in ACTIVATIONS.items() if row.hidden])
def test_a_spec_and_a_formula_know_every_activation(name: str) -> None:
    net = {"network": {"layers": [1, 2, 1], "activation": name}, "data": {"x": 1.0, "y": 0.5}}
    assert np.isfinite(start(spec_from_dict(net, "net")).iteration.train())
    formula = {"formula": {"w": 0.5, "L": f"sum({name}(w * x))"}, "data": {"x": [1.0, -2.0]}}
    assert np.isfinite(start(spec_from_dict(formula, "formula")).iteration.train())


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ((RELU, RELU), "its name is taken"),
        ((MSE, replace(BCE, aliases=("mse",))), "its name is taken"),
        ((replace(RELU, words=""),), "what a person calls it"),
        ((replace(MSE, words=""),), "what a person calls it"),
        ((replace(RELU, module=None),), "it has no module"),
        ((replace(BCE, why=""),), "which last layers it needs and why"),
    ],
)
def test_an_incomplete_row_is_refused(rows: tuple[object, ...], says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        registry(rows)  # pyright: ignore[reportArgumentType]


def test_another_name_of_a_loss() -> None:
    assert LOSS_OF["l1"] is LOSS_OF["mae"] is LOSSES["mae"]
