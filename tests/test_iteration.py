"""A training iteration: what it records, plays, refuses, and finds at fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn, optim
from whygrad.errors import NonFiniteError, ShapeError, UnknownName, WhygradError
from whygrad.explain.worked import worked_steps
from whygrad.spec import load_spec, spec_from_dict, spec_to_dict
from whygrad.tape.tape import Tape
from whygrad.training.iteration import CHECK_EVERY, Iteration
from whygrad.training.start import Training, start
from whygrad.whatif import MakeMistake, edited, fitting

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = np.array([[0.0], [1.0], [1.0], [0.0]])


def traced(lr: float = 0.1, **options: Any) -> tuple[nn.Sequential, Iteration]:
    model = nn.Sequential(nn.Linear(2, 4, seed=3), nn.Tanh(), nn.Linear(4, 1, seed=4))
    optimizer = wg.optim.SGD(model.parameters(), lr=lr, **options)
    return model, wg.trace(model, XOR, T, optimizer=optimizer)


@pytest.mark.parametrize(
    ("preset", "loss", "gradients", "after"),
    [
        ("flow", 3.0625, {"w1": -1.75, "w2": -1.75, "b1": -1.75, "b2": -3.5}, 1.1583),
        ("calculator", 1.2769, {"w1": 1.356, "b1": 0.678, "w2": -2.486, "b2": -2.26}, 0.3759),
    ],
)
def test_the_worked_examples(
    preset: str, loss: float, gradients: dict[str, float], after: float
) -> None:
    iteration = start(preset).iteration
    assert iteration.run["L"] == pytest.approx(loss, abs=1e-12)
    for name, gradient in gradients.items():
        assert iteration.run[f"dL/d{name}"].item() == pytest.approx(gradient, abs=1e-12)
    iteration.play(2)
    assert iteration.losses == [pytest.approx(loss), pytest.approx(after, abs=5e-5)]


Layers = tuple[list[Any], list[Any], str, Any]


def shallow() -> Layers:
    ours = [nn.Linear(2, 4, seed=3), nn.Tanh(), nn.Linear(4, 1, seed=4)]
    theirs = [torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)]
    return ours, theirs, "mse", torch.nn.functional.mse_loss


def classifier() -> Layers:
    ours = [nn.Linear(2, 8, seed=3), nn.ReLU(), nn.Linear(8, 1, seed=4), nn.Sigmoid()]
    theirs = [torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1), torch.nn.Sigmoid()]
    return ours, theirs, "bce", torch.nn.functional.binary_cross_entropy


def deep() -> Layers:
    ours = [nn.Linear(2, 4, seed=1), nn.Softplus(), nn.Linear(4, 3, bias=False, seed=2)]
    theirs = [torch.nn.Linear(2, 4), torch.nn.Softplus(), torch.nn.Linear(4, 3, bias=False)]
    ours += [nn.LeakyReLU(0.1), nn.Linear(3, 1, seed=5)]
    theirs += [torch.nn.LeakyReLU(0.1), torch.nn.Linear(3, 1)]
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    return ours, theirs, "bce_with_logits", loss


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("made", [shallow, classifier, deep])
def test_two_hundred_iterations_are_those_of_pytorch(
    made: Callable[[], Layers], momentum: float
) -> None:
    layers, theirs, loss, their_loss = made()
    model, torch_model = nn.Sequential(*layers), torch.nn.Sequential(*theirs).double()
    with torch.no_grad():
        for mine, p in zip(model.parameters(), torch_model.parameters(), strict=True):
            p.copy_(torch.tensor(mine.numpy().T))
    optimizer = torch.optim.SGD(torch_model.parameters(), lr=0.1, momentum=momentum)
    expected: list[float] = []
    for _ in range(200):
        optimizer.zero_grad()
        value = their_loss(torch_model(torch.tensor(XOR)), torch.tensor(T))
        value.backward()
        expected.append(value.item())
        optimizer.step()
    ours = wg.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
    iteration = wg.trace(model, XOR, T, loss=loss, optimizer=ours)
    iteration.play(150)
    iteration.play(50)
    np.testing.assert_allclose(iteration.losses, expected, rtol=1e-9)
    for mine, p in zip(model.parameters(), torch_model.parameters(), strict=True):
        np.testing.assert_allclose(mine.array, p.detach().numpy().T, rtol=1e-7, atol=1e-9)


def test_playing_is_recording_again() -> None:
    model, iteration = traced(momentum=0.9)
    assert iteration.played == 0
    first = iteration.peek()
    for recorded, played in zip(iteration.run.arrays, first.arrays, strict=True):
        assert recorded.tobytes() == played.tobytes()
    assert iteration.played == 0
    last = iteration.play(5)
    assert (iteration.played, len(iteration.losses)) == (5, 5)
    assert last["L"] == iteration.losses[-1]
    np.testing.assert_array_equal(model.layers[0].weight.array, last["W1_new"])
    again = wg.trace(model, XOR, T)
    np.testing.assert_array_equal(again.run["L"], iteration.peek()["L"])


def test_the_state_that_is_read_out_is_a_copy() -> None:
    model, iteration = traced(momentum=0.9)
    state = iteration.state
    assert {"W1", "b1", "velocity_W1"} <= set(state)
    start_at = {name: array.copy() for name, array in state.items()}
    expected = iteration.peek()["L"].item()
    for array in state.values():
        array[...] = 7.0
    assert iteration.peek()["L"].item() == expected
    iteration.play(3)
    iteration.set_state(start_at)
    assert iteration.peek()["L"].item() == expected
    np.testing.assert_array_equal(model.layers[0].weight.array, start_at["W1"])
    start_at["W1"][...] = 9.0
    assert iteration.peek()["L"].item() == expected


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        ({"W9": 1.0}, UnknownName, "unknown parameter 'W9'"),
        ({"b2": [9.0], "W1": [1.0]}, ShapeError, r"W1 has shape \(2, 4\), but was given \(1,\)"),
        ({"b2": [9.0], "b1": "abcd"}, WhygradError, "needs numbers"),
    ],
)
def test_a_state_is_set_whole_or_not_at_all(state: Any, error: type, says: str) -> None:
    _, iteration = traced()
    before = iteration.state
    with pytest.raises(error, match=says):
        iteration.set_state(state)
    for name, array in iteration.state.items():
        np.testing.assert_array_equal(array, before[name])


def test_another_learning_rate() -> None:
    model, iteration = traced(lr=0.0)
    before = model.layers[0].weight.numpy()
    iteration.play(1)
    np.testing.assert_array_equal(model.layers[0].weight.array, before)
    iteration.set_hyperparameter("learning_rate", 0.5)
    run = iteration.play(1)
    np.testing.assert_allclose(
        model.layers[0].weight.array, before - 0.5 * run["dL/dW1"], rtol=1e-15
    )
    with pytest.raises(UnknownName, match="did you mean 'learning_rate'"):
        iteration.set_hyperparameter("learning rate", 0.1)
    with pytest.raises(WhygradError, match="must be a finite number"):
        iteration.set_hyperparameter("learning_rate", float("nan"))
    with pytest.raises(WhygradError, match="play: n is 0"):
        iteration.play(0)


@pytest.mark.parametrize("before", [0, 3, CHECK_EVERY - 1, CHECK_EVERY + 5])
def test_the_step_that_made_a_nan_is_named_and_the_state_is_that_before_it(before: int) -> None:
    w = nn.parameter(np.array(1.0), name="w")

    class Root(nn.Module):
        def __init__(self) -> None:
            self.w = w

        def forward(self, *inputs: Any) -> Any:
            return wg.sqrt(self.w) * inputs[0]

    model = Root()
    # each update takes the same away; the square root fails after so many
    optimizer = wg.optim.SGD(model.parameters(), lr=1.0 / (before + 0.5))
    iteration = wg.trace(
        model, 1.0, 0.0, loss=lambda y, t: (model.w + 0.0 * y).sum(), optimizer=optimizer
    )
    twin = Iteration(iteration.tape, iteration.run)
    if before:
        twin.play(before)
    with pytest.raises(NonFiniteError, match=r"iteration \d+: step \d+ of \d+ \(sqrt, .*forward"):
        iteration.play(before + 200)
    assert iteration.played == len(iteration.losses)
    np.testing.assert_array_equal(iteration.state["w"], model.w.array)
    assert np.isfinite(model.w.array)
    with pytest.raises(NonFiniteError):
        iteration.play(1)
    assert np.isfinite(model.w.array)


def test_an_infinity_that_leads_nowhere_is_no_fault() -> None:
    def loss(y: Any, t: Any) -> Any:
        return wg.where(t > 0.0, y, wg.where(t > 0.0, wg.log(t), 0.0)).sum()

    w = wg.tensor(1.0, role="parameter", name="w")
    iteration = wg.trace(
        lambda x: x * w,
        [[1.0], [2.0]],
        [[0.0], [1.0]],
        loss=loss,
        optimizer=wg.optim.SGD([w], lr=0.1),
    )
    iteration.play(3)
    assert np.isfinite(iteration.losses).all()


def test_batches_that_change_their_mind_are_found_out() -> None:
    model, iteration = traced()
    asked: list[int] = []

    def batches(n: int) -> list[Any]:
        asked.append(n)
        return [XOR * np.nan if len(asked) == 2 else XOR, T]

    iteration.batches = batches
    with pytest.raises(NonFiniteError, match="not when it was played again: `batches` must give"):
        iteration.play(3)
    assert np.isfinite(model.layers[0].weight.array).all()  # type: ignore[attr-defined]


def test_without_an_optimizer_nothing_is_trained() -> None:
    model = nn.Sequential(nn.Linear(2, 1, seed=1))
    before = model.parameters()
    iteration = wg.trace(model, XOR, T, dtype="float32")
    iteration.play(3)
    assert {value.dtype for value in iteration.tape.values} == {"float32"}
    assert len(set(iteration.losses)) == 1
    for old, new in zip(before, model.parameters(), strict=True):
        np.testing.assert_array_equal(old.array.astype("float32"), new.array)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_a_fault_counts_steps_as_the_worked_example_does(name: str) -> None:
    spec = spec_to_dict(load_spec("flow"))
    spec["optimizer"] = {"name": name, "learning_rate": 0.1}
    iteration = start(spec_from_dict(spec)).iteration
    iteration.set_state({"w1": [[1e200]], "w2": [[1e200]]})
    with pytest.raises(NonFiniteError) as found:
        iteration.play()
    said = re.search(r"step (\d+) of (\d+) \(\w+, making (\S+),", str(found.value))
    assert said
    shown = worked_steps(iteration.tape)
    assert int(said[2]) == len(shown)
    made = [iteration.tape.steps[n].output for n in shown[int(said[1]) - 1].steps]
    assert said[3] in [iteration.tape.label(value) for value in made]
    # whichever step is at fault, the worked example has it
    listed = {n for step in shown for n in step.steps}
    assert {step.id for step in iteration.tape.steps} == listed


def test_numbers_that_were_given_at_fault() -> None:
    model = nn.Sequential(nn.Linear(1, 1, seed=1))
    iteration = wg.trace(
        model, [[np.nan]], [[1.0]], optimizer=wg.optim.SGD(model.parameters(), lr=0.1)
    )
    with pytest.raises(NonFiniteError, match="given to it .* already hold a NaN"):
        iteration.play(1)


BAD: list[tuple[Callable[[], object], type, str]] = [
    (lambda: wg.trace(nn.Linear(3, 2), XOR, T), ShapeError, r"linear: .*\(batch=4, 2\).*\(3, 2\)"),
    (
        lambda: wg.trace(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 1)), XOR, T),
        ShapeError,
        r"layer 2: linear: its input has shape \(batch=4, 3\), but its weight \(4, 1\)",
    ),
    (lambda: wg.trace(nn.Linear(2, 2), XOR, T), ShapeError, r"\(batch=4, 2\).*\(batch=4, 1\)"),
    (lambda: wg.trace(nn.Linear(2, 1), XOR, T, loss="msee"), UnknownName, "did you mean 'mse'"),
    (
        lambda: wg.trace(nn.Linear(2, 1), XOR, T, loss=lambda y, t: y - t),
        ShapeError,
        "must be one number",
    ),
    (lambda: wg.trace(nn.Sequential(), XOR, T), WhygradError, "has no layers"),
    (lambda: wg.trace(lambda x: 1.0, XOR, T), WhygradError, "model must return a tensor"),  # type: ignore
    (lambda: wg.trace(nn.Linear(2, 1), XOR, T, loss=lambda y, t: 1), WhygradError, "the loss must"),  # type: ignore
    (
        lambda: wg.trace(nn.Linear(2, 1), [], []),
        ShapeError,
        "x has shape .0,.: there are no examples",
    ),
    (lambda: wg.trace(nn.Linear(2, 1), XOR, "abcd"), WhygradError, "needs numbers"),
    (
        lambda: wg.trace(
            nn.Linear(2, 1), XOR, T, optimizer=wg.optim.SGD([nn.parameter(1.0)], lr=1)
        ),
        WhygradError,
        "depends on none of the optimizer's parameters",
    ),
    (lambda: mixed_dtypes(), WhygradError, "w is float32, but its update comes out as float64"),
    (lambda: wg.optim.SGD([], lr=0.1), WhygradError, "no parameters"),
    (lambda: wg.optim.SGD([nn.parameter(1.0)], lr=-1), WhygradError, "not -1"),
    (lambda: wg.optim.SGD([nn.parameter(1.0)], lr=float("nan")), WhygradError, "not nan"),
    (
        lambda: wg.optim.SGD([nn.parameter(1.0)], lr=1, momentum=1.5),
        WhygradError,
        "momentum must be .* not 1.5",
    ),
]


def mixed_dtypes() -> Iteration:
    w = wg.tensor(np.float32([[1.0], [2.0]]), role="parameter", name="w")
    b = wg.tensor(0.5, role="parameter", name="b")
    return wg.trace(lambda x: x @ w + b, XOR, T, optimizer=wg.optim.SGD([b, w], lr=0.1))


def test_a_float32_parameter_stays_float32_whatever_it_meets() -> None:
    w = wg.tensor(np.float32([[1.0], [2.0]]), role="parameter", name="w")
    iteration = wg.trace(lambda x: x @ w, XOR, T, optimizer=wg.optim.SGD([w], lr=0.1))
    run = iteration.play(3)
    assert {run["w"].dtype, run["dL/dw"].dtype, run["w_new"].dtype} == {np.dtype(np.float32)}
    there = torch.tensor([[1.0], [2.0]], requires_grad=True)
    update = torch.optim.SGD([there], lr=0.1)
    for _ in range(3):
        update.zero_grad()
        product = (torch.tensor(XOR)[:, :, None] * there).sum(1)  # PyTorch's @ mixes no dtypes
        ((product - torch.tensor(T)) ** 2).mean().backward()
        update.step()
    np.testing.assert_allclose(iteration.state["w"], there.detach(), rtol=1e-6)
    # such a tape is read back as it is, and edited as any other
    assert Tape.from_json(iteration.tape.to_json()) == iteration.tape
    fresh = wg.trace(lambda x: x @ w, XOR, T, optimizer=wg.optim.SGD([w], lr=0.1))
    for mistake in fitting(fresh.tape):
        other = edited(Training(load_spec("flow"), fresh, None), MakeMistake(mistake.name))
        assert other.run["dL/dw"].dtype == np.float32


@pytest.mark.parametrize("case", range(len(BAD)))
def test_what_cannot_be_traced(case: int) -> None:
    attempt, error, says = BAD[case]
    with pytest.raises(error, match=says):
        attempt()


def test_a_function_can_be_traced_too() -> None:
    w = wg.tensor([[1.0], [2.0]], role="parameter", name="w")
    x = wg.tensor(XOR, name="corners")
    iteration = wg.trace(lambda x: x @ w, x, wg.tensor(T), optimizer=wg.optim.SGD([w], lr=0.1))
    assert {"corners", "t", "w", "yhat", "L", "dL/dw", "w_new"} <= set(iteration.tape.by_name)
    iteration.play(10)
    assert iteration.losses[-1] < iteration.losses[0]
    single = wg.trace(lambda x: x * 2.0, 3.0, 1.0)
    assert (single.run["L"], single.tape.sizes) == (25.0, {})


@pytest.mark.parametrize(("recorded", "played"), [(1, 4), (4, 1), (1, 1), (4, 3)])
@pytest.mark.parametrize("widths", [(1, 1, 1), (2, 1, 1), (2, 3, 2)])
def test_a_batch_of_another_size_is_as_if_recorded(
    recorded: int, played: int, widths: tuple[int, int, int]
) -> None:
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(4, widths[0])), rng.normal(size=(4, widths[2]))

    def record(n: int) -> Iteration:
        layers = [nn.Linear(*widths[:2], seed=1), nn.Tanh(), nn.Linear(*widths[1:], seed=2)]
        model = nn.Sequential(*layers)
        optimizer = wg.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        return wg.trace(model, x[:n], t[:n], optimizer=optimizer)

    iteration, expected = record(recorded), record(played)
    iteration.batches = lambda n: [
        {"x": x, "t": t}[iteration.tape.values[i].name][:played]
        for i in (v.id for v in iteration.tape.leaves if v.role in ("input", "target"))
    ]
    run, other = iteration.play(3), expected.play(3)
    assert set(iteration.tape.by_name) == set(expected.tape.by_name)
    for name in expected.tape.by_name:
        np.testing.assert_array_equal(run[name], other[name], err_msg=name)


class Block(nn.Module):
    """Attention, a norm and dropout, then a weighted sum; one layer is used twice."""

    def __init__(self) -> None:
        self.mix = nn.MultiheadAttention(4, 2)
        self.norm = nn.LayerNorm(4)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(4, 4)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        h = self.drop(self.norm(x + self.mix(x, x, x)))
        return self.out(self.out(h))


def test_layers_made_of_others_fold_under_their_names() -> None:
    model = Block()
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    iteration = wg.trace(model, x, x, optimizer=optim.SGD(model.parameters(), 0.1))
    folded = str(iteration).splitlines()
    assert folded[0] == "  1  forward  Multi-head attention: mix.q  (4 steps)"
    titles = [line[14:].partition("  (")[0] for line in folded]
    assert [title for title in titles if title.count(".") == 0][:4] == [
        *("Layer norm: norm", "Dropout: drop", "Weighted sum: out", "Weighted sum: ŷ")
    ]
    assert "Multi-head attention: mix.output" in titles
    unfolded = str(iteration.tape).splitlines()
    assert len(unfolded) == len(iteration.tape.steps) > 2 * len(folded)
    assert any(" = softmax " in line for line in unfolded)
    again = Block()
    same = wg.trace(again, x, x, optimizer=optim.SGD(again.parameters(), 0.1))
    iteration.play(5)
    same.play(5)
    assert iteration.losses == same.losses  # the masks of dropout are drawn from its seed


def test_a_fault_in_a_named_loss_names_the_line_that_traced_it() -> None:
    model = nn.Linear(2, 1)
    x = np.full((3, 2), 1e200)
    iteration = wg.trace(model, x, np.ones((3, 1)), optimizer=optim.SGD(model.parameters(), 0.1))
    with pytest.raises(NonFiniteError, match=r"mse_loss.*test_iteration\.py:\d+: iteration = wg"):
        iteration.play()
