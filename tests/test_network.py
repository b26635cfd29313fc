"""The simplest door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from whygrad.errors import NonFiniteError, ShapeError, SpecError, WhygradError
from whygrad.training.network import Network

X = [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
Y = [[1.0], [0.0], [0.0]]


def network(**options: Any) -> Network:
    return Network([2, 4, 1], **{"activation": "tanh", "output": "sigmoid", "seed": 123, **options})


def test_forward_backward_step() -> None:
    net = network()
    assert [w.shape for w in net.weights] == [(2, 4), (4, 1)]
    assert [b.shape for b in net.biases] == [(4,), (1,)]
    before = net.get_state()
    gradients = net.backward(X, Y)
    assert list(gradients) == ["W1", "b1", "W2", "b2"]
    net.step(learning_rate=0.5)
    for name, array in net.get_state().items():
        np.testing.assert_allclose(array, before[name] - 0.5 * gradients[name], rtol=1e-14)
    net.set_state(before)
    for name, gradient in net.backward(X, Y).items():
        np.testing.assert_array_equal(gradient, gradients[name])


def test_a_gradient_is_what_nudging_gives() -> None:
    net = network()
    state, gradients = net.get_state(), net.backward(X, Y)

    def loss(nudge: float) -> float:
        moved = {name: array.copy() for name, array in state.items()}
        moved["W1"][1, 2] += nudge
        net.set_state(moved)
        net.backward(X, Y)
        return net.iteration.run["L"].item()

    estimate = (loss(1e-6) - loss(-1e-6)) / 2e-6
    assert gradients["W1"][1, 2] == pytest.approx(estimate, rel=1e-7)


def test_shapes_of_what_goes_in_and_comes_out() -> None:
    net = network()
    assert net.forward(X).shape == (3, 1)
    assert net.forward([0, 1]).shape == (1,)
    one = net.backward([0, 1], 1)
    np.testing.assert_array_equal(one["b2"], net.backward([[0, 1]], [[1]])["b2"])
    np.testing.assert_array_equal(net.backward(X, [1, 0, 0])["W1"], net.backward(X, Y)["W1"])
    shares = Network([2, 3], output="softmax").forward(X)
    np.testing.assert_allclose(shares.sum(1), 1.0)
    assert Network([1, 1]).forward([2.0]).shape == (1,)


def test_the_same_seed_gives_the_same_weights_and_another_others() -> None:
    for a, b in zip(network().weights, network().weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(network().weights[0], network(seed=4).weights[0])


def test_what_is_read_out_is_a_copy() -> None:
    net = network()
    before = net.forward(X)
    for array in [*net.weights, *net.biases, *net.get_state().values()]:
        array[...] = 5.0
    mine = np.array(X)
    net.backward(mine, Y)["W1"][...] = 5.0
    mine[...] = 5.0
    np.testing.assert_array_equal(net.forward(X), before)
    np.testing.assert_array_equal(net.iteration.run["x"], X)


def test_a_step_needs_gradients_of_the_parameters_as_they_stand() -> None:
    net = network()
    with pytest.raises(WhygradError, match="call backward"):
        net.step(0.1)
    net.backward(X, Y)
    net.step(0.1)
    assert net.iteration.run["L"].size == 1  # what was recorded can still be read
    with pytest.raises(WhygradError, match="before each step"):
        net.step(0.1)
    net.backward(X, Y)
    state = net.get_state()
    net.set_state(state)
    with pytest.raises(WhygradError, match="before each step"):
        net.step(0.1)


REFUSED: list[tuple[Callable[[Network], object], type[Exception], str]] = [
    (lambda net: net.forward([[1.0, 2.0, 3.0]]), ShapeError, r"layer 1.*\(1, 3\).*inputs=2"),
    (lambda net: net.backward([[1.0, 2.0, 3.0]], Y), ShapeError, r"layer 1.*\(1, 3\).*2 features"),
    (lambda net: net.backward(X, [1.0]), ShapeError, r"need \(3, 1\)"),
    (lambda net: net.backward([["a", 1]], Y), WhygradError, "not numbers"),
    (lambda net: net.set_state({"W1": 1}), WhygradError, "the state has W1; this network has W1"),
    (lambda net: net.set_state({}), WhygradError, "the state has nothing"),
    (
        lambda net: net.set_state({**net.get_state(), "b1": [1.0]}),
        ShapeError,
        r"b1 has shape \(4,\)",
    ),
    (lambda net: Network([]), SpecError, "at least two whole numbers"),
    (lambda net: Network([2, 0]), SpecError, "at least two whole numbers"),
    (lambda net: Network([2, 1], activation="rleu"), SpecError, "did you mean 'relu'"),
    (lambda net: (net.backward(X, Y), net.step(float("inf"))), WhygradError, "finite"),
    (lambda net: (net.backward([[np.nan, 0]], [1]), net.step(0.1)), NonFiniteError, "NaN"),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_what_it_refuses_and_that_nothing_changes(case: int) -> None:
    attempt, error, says = REFUSED[case]
    net = network()
    before = net.get_state()
    with pytest.raises(error, match=says):
        attempt(net)
    for name, array in net.get_state().items():
        np.testing.assert_array_equal(array, before[name])
