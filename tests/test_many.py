"""Many runs at once: each is the run that it would be alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import whygrad as wg
from whygrad import nn, optim
from whygrad.engine.backward import gradients
from whygrad.engine.memory import memory_budget
from whygrad.engine.op import Example, Op
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import apply, tensor
from whygrad.errors import ShapeError, WhygradError
from whygrad.optim import OPTIMIZERS
from whygrad.tape.many import ManyPlayer
from whygrad.tape.player import Player
from whygrad.tape.record import write
from whygrad.tape.tape import Tape

CASES = [
    pytest.param(op, example, id=f"{op.name}-{n}")
    for op in OPS.values()
    for n, example in enumerate(op.examples)
]


def op_tape(op: Op, example: Example) -> tuple[Tape, dict[int, Any]]:
    """One op and the gradients of a sum of its outputs, weighted unevenly."""
    arrays = [np.array(data) for data in example.inputs]
    inputs = [tensor(a, dtype=a.dtype) for a in arrays]
    output = apply(op.name, *inputs, **example.params)
    also = [output]
    asked = [x for n, x in enumerate(inputs) if op.pullback(n) is not None]
    if asked:
        rates = np.sin(np.arange(output.array.size) + 1.0).reshape(output.array.shape)
        found = gradients(output, asked, seed=tensor(rates))
        also += [found[x] for x in asked]
    tape, run, _ = write(output, also=also)
    return tape, {leaf.id: run.arrays[leaf.id] for leaf in tape.leaves}


def spread(leaves: dict[int, Any], runs: int) -> dict[int, Any]:
    """Other numbers for each run; whole numbers and truths are given in other orders."""

    def other(array: Any, run: int) -> Any:
        if array.dtype.kind == "f":
            return array * (1.0 + 0.125 * run)
        return np.roll(array, run)

    return {i: np.stack([other(a, run) for run in range(runs)]) for i, a in leaves.items()}


@pytest.mark.parametrize(("op", "example"), CASES)
def test_every_op_plays_as_it_does_alone(op: Op, example: Example) -> None:
    tape, leaves = op_tape(op, example)
    each = spread(leaves, 3)
    many = ManyPlayer(tape, each, 3, keep_all=True)
    many.play()
    for run in range(3):
        alone = Player(tape, {i: a[run] for i, a in each.items()})
        alone.play()
        single = ManyPlayer(tape, {i: a[run] for i, a in each.items()}, 1, keep_all=True)
        single.play()
        for value, array in enumerate(many.run(run).arrays):
            np.testing.assert_allclose(array, alone.buffers[value], rtol=1e-12, atol=1e-15)
            np.testing.assert_array_equal(array, single.buffers[value][0])


@pytest.mark.parametrize(("op", "example"), CASES)
def test_leaves_can_be_shared(op: Op, example: Example) -> None:
    tape, leaves = op_tape(op, example)
    first = next(iter(leaves))
    each = {**leaves, first: spread(leaves, 2)[first]}
    many = ManyPlayer(tape, each, 2, keep_all=True)
    many.play()
    for run in range(2):
        alone = Player(tape, {**leaves, first: each[first][run]})
        alone.play()
        for value, array in enumerate(many.run(run).arrays):
            np.testing.assert_allclose(array, alone.buffers[value], rtol=1e-12, atol=1e-15)


def xor(name: str, width: int = 4, batch: int = 4) -> wg.Iteration:
    model = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1), nn.Sigmoid())
    x = np.random.default_rng(5).random((batch, 2))
    t = (x[:, :1] > 0.5) != (x[:, 1:] > 0.5)
    optimizer = optim.make(name, model.parameters(), {"learning_rate": 0.1})
    return wg.trace(model, x, t.astype(float), loss="bce", optimizer=optimizer)


def per_run(traced: wg.Iteration, runs: int) -> dict[int, Any]:
    """Other initial weights and another learning rate for each run."""
    draw = np.random.default_rng(6)
    leaves = {v.id: traced.run.arrays[v.id] for v in traced.tape.leaves}
    for value in traced.tape.leaves:
        if value.role == "parameter":
            leaves[value.id] = draw.normal(size=(runs, *leaves[value.id].shape))
    leaves[traced.tape.by_name["learning_rate"]] = np.linspace(0.01, 0.3, runs)
    return leaves


def chosen(traced: wg.Iteration, leaves: dict[int, Any], which: Any) -> dict[int, Any]:
    return {
        v.id: leaves[v.id][which] if leaves[v.id].ndim > len(v.shape) else leaves[v.id]
        for v in traced.tape.leaves
    }


@pytest.mark.parametrize("batch", [4, 40])  # runs innermost in memory, and outermost
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_is_that_of_each_run_alone(name: str, batch: int) -> None:
    traced = xor(name, batch=batch)
    leaves = per_run(traced, 5)
    many = ManyPlayer(traced.tape, leaves, 5)
    many.train(50)
    for run in range(5):
        alone = Player(traced.tape, chosen(traced, leaves, run), lean=True)
        alone.train(50, [])
        for before, _ in traced.tape.carries:
            np.testing.assert_allclose(
                many.buffers[before][run], alone.buffers[before], rtol=1e-9, atol=1e-12
            )


@pytest.mark.parametrize("batch", [4, 40])
def test_a_run_does_not_depend_on_its_company(batch: int) -> None:
    traced = xor("adam", batch=batch)
    leaves = per_run(traced, 37)
    together = ManyPlayer(traced.tape, leaves, 37)
    together.train(60)
    for some in ([0], [36, 3, 11, 20], list(range(17))):
        apart = ManyPlayer(traced.tape, chosen(traced, leaves, some), len(some))
        apart.train(60)
        np.testing.assert_array_equal(apart.losses(), together.losses()[some])
        for before, _ in traced.tape.carries:
            np.testing.assert_array_equal(apart.buffers[before], together.buffers[before][some])


def test_inputs_can_differ_from_run_to_run() -> None:
    traced = xor("sgd")
    leaves = per_run(traced, 3)
    x = traced.tape.by_name["x"]
    leaves[x] = np.random.default_rng(1).random((3, 4, 2))
    many = ManyPlayer(traced.tape, leaves, 3)
    many.play()
    alone = Player(traced.tape, chosen(traced, leaves, 2))
    alone.play()
    assert many.losses()[2] == pytest.approx(float(alone.buffers[traced.tape.loss]), rel=1e-12)


def test_another_batch_size_than_recorded() -> None:
    traced = xor("sgd")
    leaves = per_run(traced, 3)
    for name in ("x", "t"):
        leaves[traced.tape.by_name[name]] = leaves[traced.tape.by_name[name]][:2]
    many = ManyPlayer(traced.tape, leaves, 3, keep_all=True)
    many.play()
    assert many.run(0)["yhat"].shape == (2, 1)


def test_what_is_refused() -> None:
    traced = xor("sgd")
    leaves = per_run(traced, 3)
    with pytest.raises(WhygradError, match="runs is 0"):
        ManyPlayer(traced.tape, leaves, 0)
    with pytest.raises(ShapeError, match="first must be the 4 runs"):
        ManyPlayer(traced.tape, leaves, 4)
    with pytest.raises(ShapeError, match="which were not given"):
        ManyPlayer(traced.tape, {}, 3)
    with memory_budget(2**10), pytest.raises(WhygradError, match="this tape needs"):
        ManyPlayer(traced.tape, leaves, 3)


def test_memory_is_said() -> None:
    traced = xor("sgd")
    lean = ManyPlayer(traced.tape, per_run(traced, 100), 100)
    full = ManyPlayer(traced.tape, per_run(traced, 100), 100, keep_all=True)
    assert lean.memory < full.memory < 1_000_000


def test_a_product_over_no_numbers_is_zero() -> None:
    a, b = tensor(np.ones((2, 0)), role="parameter"), tensor(np.ones((0, 3)), role="parameter")
    tape, run, _ = write((a @ b).sum())
    leaves = {leaf.id: np.stack([run.arrays[leaf.id]] * 4) for leaf in tape.leaves}
    many = ManyPlayer(tape, leaves, 4, keep_all=True)
    many.play()
    assert many.losses().tolist() == [0.0] * 4


def test_a_run_that_is_read_out_is_a_copy_that_cannot_be_written_to() -> None:
    traced = xor("sgd")
    many = ManyPlayer(traced.tape, per_run(traced, 2), 2, keep_all=True)
    many.play()
    run = many.run(1)
    loss = run.arrays[run.tape.loss].copy()
    many.train(3)
    np.testing.assert_array_equal(run.arrays[run.tape.loss], loss)
    assert not any(array.flags.writeable for array in run.arrays)
