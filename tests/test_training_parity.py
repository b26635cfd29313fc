"""Whole trainings against PyTorch: same weights, same data, 200 iterations, the same losses.

Every architecture meets every optimizer; the schedules take turns, so that each meets every
optimizer too. A model is written once, in the names that both libraries share.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, pairwise, product
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn, optim
from whygrad.optim import OPTIMIZERS
from whygrad.optim.schedule import Schedule, schedule

N = 200
TORCHS = torch.optim.lr_scheduler
DRAW = np.random.default_rng(2024)

Net = Callable[[Any, Any, list[Any]], Any]


def dense(*sizes: int) -> list[Any]:
    """Weights and biases, layer by layer."""
    shapes = [s for pair in pairwise(sizes) for s in (pair, pair[1:])]
    return [DRAW.normal(size=s) / np.sqrt(s[0]) for s in shapes]


def layers(activation: str) -> Net:
    def net(lib: Any, x: Any, p: list[Any]) -> Any:
        for n in range(0, len(p) - 2, 2):
            x = getattr(lib, activation)(x @ p[n] + p[n + 1])
        return x @ p[-2] + p[-1]

    return net


def sigmoid_at_the_end(lib: Any, x: Any, p: list[Any]) -> Any:
    return lib.sigmoid(layers("tanh")(lib, x, p))


def residual(lib: Any, x: Any, p: list[Any]) -> Any:
    """The same two layers, used three times over: gradients add up over the uses."""
    for _ in range(3):
        x = x + lib.tanh(x @ p[0] + p[1]) @ p[2] + p[3]
    return x


def gated(lib: Any, x: Any, p: list[Any]) -> Any:
    hidden = lib.sigmoid(x @ p[0] + p[1]) * lib.tanh(x @ p[2] + p[3])
    return lib.softmax(hidden, 1) @ p[4] + p[5]


def attention(lib: Any, x: Any, p: list[Any]) -> Any:
    """One head over the rows of x, after which each row is classed."""
    q, k, v = x @ p[0], x @ p[1], x @ p[2]
    return lib.softmax(q @ lib.transpose(k, 0, 1) * 0.5, 1) @ v @ p[3]


def numbers(*shape: int) -> Any:
    return DRAW.normal(size=shape)


def bits(*shape: int) -> Any:
    return DRAW.integers(0, 2, shape).astype(float)


def one_hot(rows: int, classes: int) -> Any:
    return np.eye(classes)[DRAW.integers(0, classes, rows)]


# architecture: the network, its initial parameters, inputs, targets, loss
NETS: dict[str, tuple[Net, list[Any], Any, Any, str]] = {
    "linear": (layers("relu"), dense(3, 2), numbers(12, 3), numbers(12, 2), "mse"),
    "relu": (layers("relu"), dense(2, 4, 1), numbers(16, 2), bits(16, 1), "bce_with_logits"),
    "sigmoid": (sigmoid_at_the_end, dense(2, 5, 1), numbers(16, 2), bits(16, 1), "bce"),
    "classes": (layers("relu"), dense(6, 12, 4), numbers(20, 6), one_hot(20, 4), "cross_entropy"),
    "deep": (layers("tanh"), dense(4, 6, 6, 6, 6, 6, 1), numbers(10, 4), numbers(10, 1), "mse"),
    "residual": (residual, dense(3, 5, 3), numbers(9, 3), numbers(9, 3), "mse"),
    "gated": (
        gated,
        [*dense(4, 6), *dense(4, 6), *dense(6, 3)],
        numbers(14, 4),
        one_hot(14, 3),
        "cross_entropy",
    ),
    "attention": (
        attention,
        [numbers(5, 4) / 2, numbers(5, 4) / 2, numbers(5, 4) / 2, numbers(4, 3) / 2],
        numbers(11, 5),
        one_hot(11, 3),
        "cross_entropy",
    ),
}
LOSSES = {
    "mse": torch.nn.functional.mse_loss,
    "bce": torch.nn.functional.binary_cross_entropy,
    "bce_with_logits": torch.nn.functional.binary_cross_entropy_with_logits,
    "cross_entropy": torch.nn.functional.cross_entropy,
}
# Rates at which a training settles: where it bounces, rounding grows tenfold every few iterations.
UPDATES: dict[str, tuple[str, dict[str, float]]] = {
    "sgd": ("sgd", {"learning_rate": 0.1}),
    "momentum": ("sgd", {"learning_rate": 0.03, "momentum": 0.9}),
    "nesterov": (
        "sgd",
        {"learning_rate": 0.03, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    "clipped": ("sgd", {"learning_rate": 0.3, "clip_norm": 0.1}),
    "rmsprop": ("rmsprop", {"learning_rate": 0.001}),
    "rmsprop with momentum": ("rmsprop", {"learning_rate": 0.001, "momentum": 0.8, "alpha": 0.9}),
    "adagrad": ("adagrad", {"learning_rate": 0.05}),
    "adam": ("adam", {"learning_rate": 0.01}),
    "adam clipped": ("adam", {"learning_rate": 0.01, "clip_value": 0.05, "weight_decay": 0.01}),
    "adamw": ("adamw", {"learning_rate": 0.01, "weight_decay": 0.1}),
}
SCHEDULES: tuple[tuple[Schedule, Callable[[Any, float], Any] | None], ...] = (
    (schedule("constant"), None),
    (schedule("step", every=60, gamma=0.5), lambda o, _: TORCHS.StepLR(o, 60, 0.5)),
    (schedule("cosine", total=N), lambda o, _: TORCHS.CosineAnnealingLR(o, N)),
    (
        schedule("warmup", iterations=50, start=0.1),
        lambda o, _: TORCHS.LinearLR(o, start_factor=0.1, total_iters=50),
    ),
    (
        schedule("one_cycle", total=N),
        lambda o, rate: TORCHS.OneCycleLR(o, rate, total_steps=N, cycle_momentum=False),
    ),
    (
        schedule("plateau", patience=15, factor=0.5, threshold=0.01),
        lambda o, _: TORCHS.ReduceLROnPlateau(o, factor=0.5, patience=15, threshold=0.01, eps=0),
    ),
)
TURN = count()
CASES = [
    pytest.param(net, update, next(TURN) * 5 % len(SCHEDULES), id=f"{net}-{update}")
    for net, update in product(NETS, UPDATES)
]


def ours(net: str, update: str, turn: int) -> list[float]:
    function, initial, x, t, loss = NETS[net]
    parameters = [nn.parameter(array, name=f"p{n}") for n, array in enumerate(initial)]
    name, options = UPDATES[update]
    traced = wg.trace(
        lambda x: function(wg, x, parameters),
        x,
        t,
        loss=loss,
        optimizer=optim.make(name, parameters, options),
        schedule=SCHEDULES[turn][0],
    )
    traced.play(N)
    return traced.losses


def theirs(net: str, update: str, turn: int) -> list[float]:
    function, initial, x, t, loss = NETS[net]
    parameters = [torch.tensor(array, requires_grad=True) for array in initial]
    x, t = torch.tensor(x), torch.tensor(t)
    optimizer, clip = torch_optimizer(update, parameters)
    rate = optimizer.param_groups[0]["lr"]
    make = SCHEDULES[turn][1]
    scheduler = make(optimizer, rate) if make else None
    losses: list[float] = []
    for _ in range(N):
        optimizer.zero_grad()
        value = LOSSES[loss](function(torch, x, parameters), t)
        value.backward()
        clip(parameters)
        optimizer.step()
        losses.append(value.item())
        if isinstance(scheduler, TORCHS.ReduceLROnPlateau):
            scheduler.step(value.item())
        elif scheduler:
            scheduler.step()
    return losses


def torch_optimizer(update: str, parameters: list[Any]) -> tuple[Any, Callable[[Any], object]]:
    name, options = UPDATES[update]
    options = dict(options)
    options["lr"] = options.pop("learning_rate")
    norm, value = options.pop("clip_norm", 0.0), options.pop("clip_value", 0.0)
    kinds = {
        "sgd": torch.optim.SGD,
        "rmsprop": torch.optim.RMSprop,
        "adagrad": torch.optim.Adagrad,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }

    def clip(given: Any) -> None:
        if value:
            torch.nn.utils.clip_grad_value_(given, value)
        if norm:
            torch.nn.utils.clip_grad_norm_(given, norm)

    return kinds[name](parameters, **options), clip


@pytest.mark.slow
@pytest.mark.parametrize(("net", "update", "turn"), CASES)
def test_the_losses_of_a_whole_training_are_pytorchs(net: str, update: str, turn: int) -> None:
    mine, wanted = ours(net, update, turn), theirs(net, update, turn)
    assert wanted[-1] < wanted[0]
    np.testing.assert_allclose(mine, wanted, rtol=1e-6, atol=1e-6)


def test_the_cases_cover_what_there_is() -> None:
    assert len(NETS) == 8
    assert {name for name, _ in UPDATES.values()} == set(OPTIMIZERS)
    met = {(case.values[1], case.values[2]) for case in CASES}
    for update in UPDATES:
        assert len({turn for one, turn in met if one == update}) >= 3
    assert {turn for _, turn in met} == set(range(len(SCHEDULES)))
