"""Optimizers against PyTorch's, and what they put on the tape."""

from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn, optim
from whygrad.engine.tensor import Tensor
from whygrad.errors import UnknownName, WhygradError
from whygrad.optim import OPTIMIZERS
from whygrad.spec import spec_from_dict
from whygrad.training.start import start

CASES = [
    (optim.SGD, torch.optim.SGD, {"lr": 0.1}),
    (optim.SGD, torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.05}),
    (optim.SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (
        optim.SGD,
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
    ),
    (optim.SGD, torch.optim.SGD, {}),
    (optim.SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.4}),
    (optim.SGD, torch.optim.SGD, {"lr": 0.1, "dampening": 0.4}),
    (
        optim.SGD,
        torch.optim.SGD,
        {"lr": 1e-3, "momentum": 0.9, "dampening": 0.5, "maximize": True, "weight_decay": 0.2},
    ),
    (optim.RMSprop, torch.optim.RMSprop, {}),
    (optim.RMSprop, torch.optim.RMSprop, {"centered": True}),
    (
        optim.RMSprop,
        torch.optim.RMSprop,
        {"centered": True, "momentum": 0.5, "weight_decay": 0.1, "alpha": 0.9, "maximize": True},
    ),
    (optim.RMSprop, torch.optim.RMSprop, {"alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1}),
    (optim.RMSprop, torch.optim.RMSprop, {"lr": 0.02, "momentum": 0.9}),
    (optim.Adagrad, torch.optim.Adagrad, {"lr": 0.3}),
    (optim.Adagrad, torch.optim.Adagrad, {"eps": 1e-2, "weight_decay": 0.1}),
    (optim.Adagrad, torch.optim.Adagrad, {"lr": 0.3, "lr_decay": 0.2}),
    (
        optim.Adagrad,
        torch.optim.Adagrad,
        {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1, "maximize": True},
    ),
    (optim.Adam, torch.optim.Adam, {"lr": 0.05}),
    (optim.Adam, torch.optim.Adam, {"lr": 0.3, "betas": (0.3, 0.4), "amsgrad": True}),
    (optim.Adam, torch.optim.Adam, {"lr": 0.01, "maximize": True, "weight_decay": 0.3}),
    (
        optim.AdamW,
        torch.optim.AdamW,
        {"lr": 0.3, "betas": (0.3, 0.4), "amsgrad": True, "maximize": True},
    ),
    (optim.Adam, torch.optim.Adam, {"lr": 0.05, "betas": (0.5, 0.9), "weight_decay": 0.1}),
    (optim.AdamW, torch.optim.AdamW, {"lr": 0.05}),
    (optim.AdamW, torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.0}),
    (optim.AdamW, torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.5, "eps": 1e-2}),
]
X = np.random.default_rng(0).normal(size=(6, 3))
T = np.random.default_rng(1).normal(size=(6, 2))
W = np.random.default_rng(2).normal(size=(3, 2))


def ours(make: type, options: dict[str, object], dtype: str = "float64") -> wg.Iteration:
    model = nn.Sequential(nn.Linear(3, 2))
    model.layers[0].weight = nn.parameter(W.astype(dtype))
    model.layers[0].bias = nn.parameter(np.zeros(2, dtype))
    return wg.trace(
        model, X.astype(dtype), T.astype(dtype), optimizer=make(model.parameters(), **options)
    )


def theirs(make: type, options: dict[str, object], n: int, clip: object = None) -> list[float]:
    weight = torch.tensor(W, requires_grad=True)
    bias = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = make([weight, bias], **options)
    losses: list[float] = []
    for _ in range(n):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(torch.tensor(X) @ weight + bias, torch.tensor(T))
        loss.backward()
        if callable(clip):
            clip([weight, bias])
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(("mine", "torchs", "options"), CASES)
def test_losses_are_pytorchs(mine: type, torchs: type, options: dict[str, object]) -> None:
    iteration = ours(mine, options)
    iteration.play(60)
    np.testing.assert_allclose(
        iteration.losses, theirs(torchs, options, 60), rtol=1e-10, atol=1e-14
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays_float32(name: str) -> None:
    classes = {
        one.name: one for one in (optim.SGD, optim.RMSprop, optim.Adagrad, optim.Adam, optim.AdamW)
    }
    iteration = ours(classes[name], {"lr": 0.01, "clip_norm": 1.0}, "float32")
    assert {value.dtype for value in iteration.tape.values} == {"float32"}


def test_pytorchs_defaults() -> None:
    for name, make in (
        ("rmsprop", torch.optim.RMSprop),
        ("adagrad", torch.optim.Adagrad),
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
    ):
        defaults = dict(make([torch.zeros(1)]).defaults)
        defaults["learning_rate"] = defaults.pop("lr")
        if "betas" in defaults:
            defaults["beta1"], defaults["beta2"] = defaults.pop("betas")
        for option, row in OPTIMIZERS[name].items():
            assert row.default == defaults.get(option, 0.0), (name, option)


def test_clip_norm_is_pytorchs() -> None:
    iteration = ours(optim.SGD, {"lr": 0.1, "clip_norm": 0.25})
    iteration.play(30)
    expected = theirs(
        torch.optim.SGD, {"lr": 0.1}, 30, lambda p: torch.nn.utils.clip_grad_norm_(p, 0.25)
    )
    np.testing.assert_allclose(iteration.losses, expected, rtol=1e-10)
    assert iteration.run["gradient_norm"] > 0.25


def test_clip_value_is_pytorchs() -> None:
    iteration = ours(optim.Adam, {"lr": 0.1, "clip_value": 0.1})
    iteration.play(30)
    expected = theirs(
        torch.optim.Adam, {"lr": 0.1}, 30, lambda p: torch.nn.utils.clip_grad_value_(p, 0.1)
    )
    np.testing.assert_allclose(iteration.losses, expected, rtol=1e-10)


def test_a_gradient_of_zero_is_not_divided_by_zero() -> None:
    model = nn.Sequential(nn.Linear(1, 1))
    model.layers[0].weight = nn.parameter([[0.0]])
    iteration = wg.trace(
        model, [[1.0]], [[0.0]], optimizer=optim.SGD(model.parameters(), 0.1, clip_norm=1.0)
    )
    assert iteration.play(2)["w1"] == 0.0


def test_state_is_on_the_tape_and_carried() -> None:
    iteration = ours(optim.Adam, {"lr": 0.05})
    tape = iteration.tape
    states = {v.name for v in tape.leaves if v.role == "optimizer state"}
    assert states == {"step", "mean_W1", "mean_square_W1", "mean_b1", "mean_square_b1"}
    assert {tape.label(before) for before, _ in tape.carries} == states | {"W1", "b1"}
    iteration.play(7)
    assert iteration.state["step"] == 7


def test_an_option_of_zero_adds_no_steps() -> None:
    plain, decayed = (ours(optim.SGD, {"lr": 0.1, "weight_decay": w}) for w in (0.0, 0.1))
    assert len(decayed.tape.steps) == len(plain.tape.steps) + 4
    assert "weight_decay" not in plain.tape.by_name


def test_hyperparameters_can_be_changed_while_training() -> None:
    iteration = ours(optim.Adam, {"lr": 0.05})
    names = [v.name for v in iteration.tape.leaves if v.role == "hyperparameter"]
    assert names == ["learning_rate", "beta1", "beta2", "eps"]
    iteration.play(3)
    before = iteration.state["W1"]
    iteration.set_hyperparameter("learning_rate", 0.0)
    iteration.play(3)
    np.testing.assert_array_equal(iteration.state["W1"], before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda p: optim.SGD(p, lr=-1),
            "SGD: learning_rate must be a number from 0 to 1000, not -1",
        ),
        (lambda p: optim.SGD(p, lr=float("nan")), "SGD: learning_rate must be"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=1.0), "SGD: momentum must be .* below 1, not 1"),
        (lambda p: optim.SGD(p, lr=0.1, nesterov=True), "needs some, such as 0.9"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), "Adam: beta2 must be"),
        (lambda p: optim.AdamW([]), "AdamW: there are no parameters to update"),
        (lambda p: optim.make("adma", p, {}), "unknown optimizer 'adma': did you mean 'adam'"),
        (lambda p: optim.make("adam", p, {"bta1": 1}), "did you mean 'beta1'"),
    ],
)
def test_what_is_out_of_range_is_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(WhygradError, match=message):
        make([nn.parameter([1.0])])


def test_unknown_names_are_of_their_own_kind() -> None:
    with pytest.raises(UnknownName):
        optim.make("", [nn.parameter([1.0])], {})


def test_options_by_pytorchs_names() -> None:
    optimizer = optim.SGD([nn.parameter([1.0])], lr=0.25, momentum=0.5)
    assert (optimizer.lr, optimizer.momentum) == (0.25, 0.5)


def test_float32_on_request() -> None:
    model = nn.Sequential(nn.Linear(3, 2))
    optimizer = optim.Adam(model.parameters())
    iteration = wg.trace(model, X, T, optimizer=optimizer, dtype="float32")
    iteration.play(3)
    assert {value.dtype for value in iteration.tape.values} == {"float32"}
    assert {p.dtype.name for p in (*model.parameters(), *optimizer.parameters)} == {"float32"}
    with pytest.raises(UnknownName, match="did you mean 'float32'"):
        wg.trace(model, X, T, dtype="flot32")
    w = nn.parameter([1.0])
    with pytest.raises(WhygradError, match="no module holds it"):
        wg.trace(lambda x: x * w, [1.0], [1.0], optimizer=optim.SGD([w], 0.1), dtype="float32")


def test_float32_in_a_spec() -> None:
    sections = {
        "network": {"layers": [2, 3, 1]},
        "data": {"name": "xor", "batch": 3},
        "train": {"dtype": "float32"},
    }
    training = start(spec_from_dict(sections))
    assert {v.dtype for v in training.iteration.tape.values} == {"float32"}
    training.iteration.play(5)
    assert training.evaluate() is not None


def weights() -> tuple[list[Tensor], list[torch.Tensor]]:
    arrays = [W, np.zeros(2)]
    return [nn.parameter(a) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]


GROUPS = [
    (optim.SGD, torch.optim.SGD, {"lr": 0.1}, {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    (
        optim.SGD,
        torch.optim.SGD,
        {"momentum": 0.5, "dampening": 0.1, "lr": 0.1},
        {"maximize": True},
    ),
    (optim.Adam, torch.optim.Adam, {"lr": 0.05}, {"betas": (0.5, 0.7), "amsgrad": True}),
    (optim.AdamW, torch.optim.AdamW, {"lr": 0.05}, {"weight_decay": 0.0, "eps": 1e-3}),
    (optim.RMSprop, torch.optim.RMSprop, {"lr": 0.05}, {"alpha": 0.5, "centered": True}),
    (optim.Adagrad, torch.optim.Adagrad, {"lr": 0.05}, {"lr": 0.5, "lr_decay": 0.1}),
]


@pytest.mark.parametrize(("mine", "torchs", "options", "own"), GROUPS)
def test_groups_have_options_of_their_own(
    mine: type, torchs: type, options: dict[str, object], own: dict[str, object]
) -> None:
    (w, b), there = weights()
    optimizer = mine([{"params": [w]}, {"params": b, **own}], **options)
    other = torchs([{"params": [there[0]]}, {"params": there[1], **own}], **options)
    iteration = wg.trace(lambda x: x @ w + b, X, T, optimizer=optimizer)
    iteration.play(10)
    for _ in range(10):
        other.zero_grad()
        torch.nn.functional.mse_loss(
            torch.tensor(X) @ there[0] + there[1], torch.tensor(T)
        ).backward()
        other.step()
    for ours_, theirs_ in zip((w, b), there, strict=True):
        np.testing.assert_allclose(ours_.array, theirs_.detach(), rtol=1e-10, atol=1e-14)


def test_a_schedule_moves_the_rates_of_all_groups() -> None:
    (w, b), there = weights()
    optimizer = optim.SGD([{"params": [w]}, {"params": [b], "lr": 0.5}], lr=0.1)
    other = torch.optim.SGD([{"params": [there[0]]}, {"params": [there[1]], "lr": 0.5}], lr=0.1)
    steps = torch.optim.lr_scheduler.StepLR(other, 2, 0.5)
    halved = optim.schedule.schedule("step", every=2, gamma=0.5)
    iteration = wg.trace(lambda x: x @ w + b, X, T, optimizer=optimizer, schedule=halved)
    iteration.play(10)
    for _ in range(10):
        other.zero_grad()
        torch.nn.functional.mse_loss(
            torch.tensor(X) @ there[0] + there[1], torch.tensor(T)
        ).backward()
        other.step()
        steps.step()
    np.testing.assert_allclose(w.array, there[0].detach(), rtol=1e-10)
    np.testing.assert_allclose(b.array, there[1].detach(), rtol=1e-10)


def test_a_group_that_takes_no_part_is_left_as_it_is() -> None:
    (w, b), _ = weights()
    optimizer = optim.Adam([{"params": [b]}, {"params": [("w", w)], "lr": 0.5}])
    iteration = wg.trace(lambda x: x @ w, X, T, optimizer=optimizer)
    iteration.play(2)
    assert b.tolist() == [0.0, 0.0]
    assert (w.array != W).all()
    assert iteration.tape.by_name["learning_rate"]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (lambda w: w, "SGD: params is one tensor; give a list of them"),
        (lambda w: "w", "SGD: params is 'w'"),
        (lambda w: 3, "SGD: params is 3"),
        (lambda w: {"params": [w]}, "SGD: params is {'params'.*must be a list"),
        (lambda w: [w, w], "a parameter is there twice"),
        (lambda w: [{"params": [w]}, {"params": w}], "a parameter is there twice; give"),
        (lambda w: [w, {"params": [w]}], "tensor.* is not a group; each is a dict with 'params'"),
        (lambda w: [{"lr": 0.1}], "is not a group"),
        (lambda w: [{"params": "w"}], "params is 'w'; it must"),
        (lambda w: [{"params": 3}], "params is 3; it must"),
        (lambda w: [{"params": [w], "lr": -1.0}], "SGD: learning_rate must be"),
        (lambda w: [{"params": [w], "mometum": 0.1}], "did you mean 'momentum'"),
        (lambda w: [{"params": [w], "betas": 3}], "betas is 3; give two numbers"),
        (lambda w: [np.ones(2)], "is no parameter; a parameter is"),
        (lambda w: [w * 2.0], "the result of mul is no parameter"),
        (lambda w: [wg.tensor([1], dtype=int)], "is no parameter"),
    ],
)
def test_what_is_no_parameter_or_group_is_refused(params: Any, says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        optim.SGD(params(nn.parameter([1.0])), lr=0.1)
