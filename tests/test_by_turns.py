"""Iterations recorded for every batch, or played by turns, train one model with one memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn, optim
from whygrad.engine.backward import gradients
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError, WhygradError

X = np.random.default_rng(0).normal(size=(40, 3))
T = np.random.default_rng(1).normal(size=(40, 1))
OPTIMIZERS = {
    "sgd": (optim.SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    "adam": (optim.Adam, torch.optim.Adam, {"lr": 0.05, "amsgrad": True}),
    "adamw": (optim.AdamW, torch.optim.AdamW, {"lr": 0.05}),
    "rmsprop": (optim.RMSprop, torch.optim.RMSprop, {"lr": 0.02, "centered": True}),
    "adagrad": (optim.Adagrad, torch.optim.Adagrad, {"lr": 0.2, "lr_decay": 0.1}),
}


class Both:
    """A model, its copy in PyTorch, and an optimizer of each."""

    def __init__(self, name: str = "adam", *, norm: bool = False) -> None:
        middle = [nn.BatchNorm1d(4)] if norm else []
        self.ours = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), *middle, nn.Linear(4, 1))
        there = [torch.nn.BatchNorm1d(4)] if norm else []
        self.theirs = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), *there, torch.nn.Linear(4, 1)
        ).double()
        for mine, other in zip(self.ours.layers, self.theirs, strict=True):
            if isinstance(mine, nn.Linear):
                assert mine.bias is not None
                other.weight.data = torch.tensor(mine.weight.numpy().T.copy())
                other.bias.data = torch.tensor(mine.bias.numpy())
        make, torchs, options = OPTIMIZERS[name]
        self.optimizer = make(self.ours.parameters(), **options)  # type: ignore[operator]
        self.other = torchs(self.theirs.parameters(), **options)  # type: ignore[operator]

    def update(self, x: np.ndarray, t: np.ndarray) -> float:
        self.other.zero_grad()
        loss = torch.nn.functional.mse_loss(self.theirs(torch.tensor(x)), torch.tensor(t))
        loss.backward()
        self.other.step()
        return loss.item()

    def same(self) -> None:
        for mine, other in zip(self.ours.parameters(), self.theirs.parameters(), strict=True):
            array = other.detach().numpy()
            wanted = array.T if array.ndim == 2 else array
            np.testing.assert_allclose(mine.array, wanted, rtol=1e-9, atol=1e-12)
        kept = [b for b in self.theirs.buffers() if b.ndim]
        for (_, mine), other in zip(self.ours.named_buffers(), kept, strict=True):
            np.testing.assert_allclose(mine.array, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_iteration_for_every_batch_goes_on_where_the_last_ended(name: str, norm: bool) -> None:
    both = Both(name, norm=norm)
    for n in range(10):
        batch = slice(4 * n, 4 * n + 4)
        iteration = wg.trace(both.ours, X[batch], T[batch], optimizer=both.optimizer)
        iteration.play(1)
        np.testing.assert_allclose(iteration.losses[0], both.update(X[batch], T[batch]), rtol=1e-9)
    both.same()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_iterations_of_one_model_train_it_by_turns(name: str) -> None:
    both = Both(name, norm=True)
    halves = [slice(0, 20), slice(20, 40)]
    iterations = [
        wg.trace(both.ours, X[half], T[half], optimizer=both.optimizer) for half in halves
    ]
    for n in (0, 1, 1, 0, 1, 0, 0, 1):
        iterations[n].play(1)
        both.update(X[halves[n]], T[halves[n]])
    both.same()
    first, second = (iteration.state for iteration in iterations)
    assert set(first) == set(second)
    assert all((first[name] == second[name]).all() for name in first)
    assert iterations[0].peek()["W1"].tolist() == both.ours.layers[0].weight.tolist()  # type: ignore[attr-defined]


def test_two_optimizers_of_one_model() -> None:
    both = Both("adam")
    second = optim.SGD(both.ours.parameters(), lr=0.1)
    there = torch.optim.SGD(both.theirs.parameters(), lr=0.1)
    for mine, other in (
        (both.optimizer, both.other),
        (second, there),
        (both.optimizer, both.other),
    ):
        wg.trace(both.ours, X, T, optimizer=mine).play(3)
        both.other = other
        for _ in range(3):
            both.update(X, T)
    both.same()


def test_a_parameter_stays_the_same_tensor_while_it_trains() -> None:
    both = Both("sgd")
    held = both.ours.parameters()
    wg.trace(both.ours, X, T, optimizer=both.optimizer).play(2)
    assert all(a is b for a, b in zip(held, both.ours.parameters(), strict=True))
    w = nn.parameter([[1.0], [2.0], [3.0]])
    wg.trace(lambda x: x @ w, X, T, optimizer=optim.SGD([w], lr=0.1)).play(2)
    assert w.tolist() != [[1.0], [2.0], [3.0]]


def test_a_parameter_that_was_idle_has_a_count_of_its_own() -> None:
    a, b = nn.parameter([1.0]), nn.parameter([2.0])
    there = [torch.tensor([n], dtype=torch.float64, requires_grad=True) for n in (1.0, 2.0)]
    mine, other = optim.Adam([a, b], lr=0.1), torch.optim.Adam(there, lr=0.1)
    alone: list[tuple[Callable[[Any], Any], Callable[[], Any]]] = [
        (lambda x: x * a, lambda: 3.0 * there[0]),
        (lambda x: x * a * b, lambda: 3.0 * there[0] * there[1]),
        (lambda x: x * b, lambda: 3.0 * there[1]),
        (lambda x: x * a * b, lambda: 3.0 * there[0] * there[1]),
    ]
    for model, torchs in alone:
        wg.trace(model, [3.0], [1.0], optimizer=mine).play(2)
        for _ in range(2):
            other.zero_grad()
            ((torchs() - 1.0) ** 2).mean().backward()
            other.step()
    for ours, theirs in zip((a, b), there, strict=True):
        np.testing.assert_allclose(ours.array, theirs.detach(), rtol=1e-10)
    together = wg.trace(lambda x: x * a * b, [3.0], [1.0], optimizer=optim.Adam([a, b]))
    optimizer = optim.Adam([a, b])
    together = wg.trace(lambda x: x * a * b, [3.0], [1.0], optimizer=optimizer)
    together.play(1)
    wg.trace(lambda x: x * a, [3.0], [1.0], optimizer=optimizer).play(1)
    with pytest.raises(WhygradError, match="some of these parameters more often than others"):
        together.play(1)


def test_what_was_recorded_and_is_there_no_more() -> None:
    both = Both("sgd")
    iteration = wg.trace(both.ours, X, T, optimizer=both.optimizer)
    both.ours.to("float32")
    with pytest.raises(WhygradError, match="is float32 now, and was recorded as float64"):
        iteration.play(1)
    both.ours.to("float64")
    iteration.play(1)
    layer = both.ours.layers[0]
    layer.weight = nn.parameter(np.zeros((3, 4)))  # type: ignore[attr-defined]
    for use in (iteration.play, iteration.train, iteration.peek, lambda: iteration.state):
        with pytest.raises(WhygradError, match="another tensor.*trace the model again"):
            use()


def test_an_optimizer_turned_to_another_dtype_keeps_its_memory() -> None:
    both = Both("sgd")
    wg.trace(both.ours, X, T, optimizer=both.optimizer).play(2)
    iteration = wg.trace(both.ours, X, T, optimizer=both.optimizer, dtype="float32")
    assert (iteration.run["velocity_W1"] != 0.0).any()
    assert {v.dtype for v in iteration.tape.values} == {"float32"}


def test_what_was_computed_from_numbers_that_are_gone_is_not_differentiated() -> None:
    w = nn.parameter([2.0], name="w")
    loss = (w * w).sum()
    w.put(np.array([3.0]))
    with pytest.raises(WhygradError, match="w was changed .* after mul used it"):
        gradients(loss, [w])
    with pytest.raises(WhygradError, match="w was changed .* after mul used it"):
        wg.trace(lambda x: loss + x, 1.0, 1.0)
    assert gradients((w * w).sum(), [w])[w].tolist() == [6.0]
    with pytest.raises(WhygradError, match="but mul made this tensor"):
        (w * w).put(np.array([3.0]))
    with pytest.raises(ShapeError, match=r"w has shape \(1,\), but was given \(2,\)"):
        w.put(np.zeros(2))
    assert isinstance(w, Tensor)
