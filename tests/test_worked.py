"""The tape at a reader's grain: which steps, in which order, under which names."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import whygrad as wg
from whygrad import nn
from whygrad.engine.backward import gradients
from whygrad.engine.formula import evaluate
from whygrad.explain.formulas import MAX_FOLD, formula, in_numbers
from whygrad.explain.worked import lines, worked_steps
from whygrad.tape.record import write
from whygrad.training.start import start

PYTHON = {
    "__builtins__": {},
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")},
    **{"max": max, "min": min},
}


def test_the_flow_network_has_eleven_steps_before_its_updates() -> None:
    iteration = start("flow").iteration
    steps = worked_steps(iteration.tape)
    assert [step.name for step in steps if step.phase != "update"] == [
        *("z1", "a1", "yhat", "L"),
        *("dL/dyhat", "dL/dw2", "dL/db2", "dL/da1", "dL/dz1", "dL/dw1", "dL/db1"),
    ]
    assert [step.title for step in steps[:5]] == [
        "Weighted sum: z₁",
        "ReLU: a₁",
        "Weighted sum: ŷ",
        "Squared error: L",
        "From the loss: ∂L/∂ŷ",
    ]
    assert [step.title for step in steps[5:9]] == [
        "For the weight: ∂L/∂w₂",
        "For the bias: ∂L/∂b₂",
        "Through the weights: ∂L/∂a₁",
        "Through the ReLU: ∂L/∂z₁",
    ]
    assert all(step.title.startswith("Update: ") for step in steps[11:])
    assert len(worked_steps(iteration.tape, unfold=True)) == len(iteration.tape.steps)
    told = [line for step in steps for line in lines(iteration.run, step)]
    assert told[0].formula == "w1 * x + b1"
    assert told[0].expression == "0.5 * 1 + 0"
    for line in told:
        assert eval(line.expression, PYTHON) == pytest.approx(line.value, rel=1e-12)


@pytest.mark.parametrize("unfold", [False, True])
def test_steps_come_after_what_they_rest_on(unfold: bool) -> None:
    model = nn.Sequential(nn.Linear(2, 3, seed=1), nn.Softplus(), nn.Linear(3, 1, seed=2))
    optimizer = wg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    iteration = wg.trace(model, np.eye(2), [[1.0], [0.0]], optimizer=optimizer)
    tape = iteration.tape
    made = {leaf.id for leaf in tape.leaves}
    for step in worked_steps(tape, unfold=unfold):
        within = {tape.steps[n].output for n in step.steps}
        for n in step.steps:
            assert set(tape.steps[n].inputs) <= made | within
        made |= within
        for line in lines(iteration.run, step, unfold=unfold):
            assert eval(line.expression, PYTHON) == pytest.approx(line.value, rel=1e-9, abs=1e-12)


def test_contributions_of_several_uses_add() -> None:
    titles = [step.title for step in worked_steps(start("fanout").iteration.tape)]
    assert "Contributions add: ∂L/∂x" in titles


def test_a_function_of_no_layers_has_titles_too() -> None:
    x = wg.tensor([1.0, 2.0], role="parameter", name="x")
    y = (x * 2.0).named("y")
    loss = y.sum().named("L")
    found = gradients(loss, [x])
    names = {g: f"dL/d{t.name}" for t, g in found.items()}
    tape, _, _ = write(loss, also=[found[x]], gradients=found, names=names)
    titles = [step.title for step in worked_steps(tape)]
    assert titles[:2] == ["Multiply: y", "Sum: L"]
    assert "Through the sum: ∂L/∂y" in titles
    assert "For the parameter: ∂L/∂x" in titles


def test_a_value_of_several_layers_is_called_by_the_last() -> None:
    class Both(nn.Module):
        def forward(self, *inputs: wg.Tensor) -> wg.Tensor:
            return nn.functional.silu(nn.functional.gelu(*inputs))

    steps = worked_steps(wg.trace(Both(), np.eye(2), np.eye(2)).tape)
    assert [step.title for step in steps[:2]] == ["GELU: gelu", "SiLU: ŷ"]
    x = wg.tensor(np.eye(2), name="x")
    y = nn.functional.silu(nn.functional.gelu(x)).named("y")  # where no model is traced
    assert worked_steps(write(y.sum().named("L"))[0])[0].title == "SiLU: y"


def test_a_gradient_that_no_step_passed_back_has_a_title() -> None:
    x = wg.tensor([1.0, 2.0], name="x")
    loss, by_hand = (x * x).sum().named("L"), x * 2.0
    tape, _, _ = write(loss, also=[by_hand], gradients={x: by_hand}, names={by_hand: "dL/dx"})
    assert [step.title for step in worked_steps(tape)][-1] == "Backward: ∂L/∂x"


CHAINS = {
    "tanh": lambda y: y.tanh(),
    "abs": lambda y: (y - 1.0).abs(),
    "neg": lambda y: -y,
    "fan-out": lambda y: y * y * 0.5 + y * 0.1,
    "softplus": lambda y: nn.functional.softplus(y) - 0.7,
    "divide": lambda y: 1.0 / (1.0 + y * y),
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("n", [5, 300, 3000])
def test_a_long_chain_without_names_can_be_explained(name: str, n: int) -> None:
    y = wg.tensor(0.25, name="x")
    for _ in range(n):
        y = CHAINS[name](y)
    tape, run, _ = write(y.named("L"))
    tree = formula(run, tape.loss, 0)
    text = in_numbers(run, tree)
    assert len(text) < 60 * MAX_FOLD
    assert evaluate(tree, run.number) == pytest.approx(y.item(), rel=1e-9, abs=1e-12)
    assert eval(text, PYTHON) == pytest.approx(y.item(), rel=1e-9, abs=1e-12)
    assert len(worked_steps(tape)) == 1


@pytest.mark.parametrize("name", CHAINS)
def test_work_grows_no_faster_than_an_unnamed_chain(
    name: str, count_calls: Callable[..., int]
) -> None:
    def work(n: int) -> None:
        y = wg.tensor(0.25, name="x")
        for _ in range(n):
            y = CHAINS[name](y)
        tape, run, _ = write(y.named("L"))
        in_numbers(run, formula(run, tape.loss, 0))
        worked_steps(tape)

    assert count_calls(work, 2000) < 2.1 * count_calls(work, 1000)


def test_a_long_named_tape_is_told_in_full() -> None:
    y = x = wg.tensor(1.0, name="x", role="parameter")
    for n in range(3000):
        y = (y * 1.0).named(f"y{n}")
    found = gradients(y, [x])
    names = {g: f"dL/d{t.name}" for t, g in found.items()}
    tape, _, _ = write(y, also=[found[x]], gradients=found, names=names)
    assert len(worked_steps(tape)) == 6000
