"""Where an op moves numbers is found by playing it on positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from whygrad import nn
from whygrad.engine.moves import Moves
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import Tensor, tensor
from whygrad.training.iteration import Iteration
from whygrad.training.trace import trace

MOVING = {
    name: op
    for name, op in OPS.items()
    if op.formula.element.head == "moved" and len(op.formula.element.args) == 1
}
GRID = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("name", sorted(MOVING))
def test_the_element_that_stands_there_has_its_number(name: str) -> None:
    op = MOVING[name]
    for example in op.examples:
        arrays = [np.array(data) for data in example.inputs]
        leaves = [tensor(array, dtype=array.dtype) for array in arrays]
        made = leaves[0].apply(name, *leaves[1:], **example.params).array
        moves = Moves(op, arrays, made.shape, example.params)
        for at in range(made.size):
            found = moves.source(at)
            number = example.params.get("value", 0.0) if found is None else None
            if found is not None:
                number = arrays[found[0]].flat[found[1]]
            assert made.flat[at] == number


def test_what_no_input_fills() -> None:
    params = {"pads": ((1, 0),), "value": -np.inf}
    moves = Moves(OPS["pad"], [np.array([5.0, 6.0])], (3,), params)
    assert [moves.source(at) for at in range(3)] == [None, (0, 0), (0, 1)]


def test_joined_inputs_are_told_apart() -> None:
    moves = Moves(OPS["cat"], [np.zeros((1, 2)), np.zeros((2, 2))], (3, 2), {"axis": -2})
    assert [moves.source(at) for at in (0, 1, 2, 5)] == [(0, 0), (0, 1), (1, 0), (1, 3)]


def test_what_is_added_up_where_it_was_looked_up() -> None:
    picked = [np.zeros((3, 2)), np.array([1, 0, 1]), np.zeros((4, 2))]
    moves = Moves(OPS["index_add_like"], picked, (4, 2), {"axis": -2})
    added = [moves.added("index_select", at) for at in range(8)]
    assert added == [[2], [3], [0, 4], [1, 5], [], [], [], []]


def test_copies_are_added_up() -> None:
    moves = Moves(OPS["sum_like"], [GRID, np.zeros(3)], (3,), {})
    assert [moves.added("broadcast_like", at) for at in range(3)] == [[0, 3], [1, 4], [2, 5]]


class Sliced(nn.Module):
    """Takes a part of a square, along some rows looked up by number."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.weight = nn.parameter(np.arange(float(size * size)).reshape(size, size) / size)

    def forward(self, *inputs: Any) -> Tensor:
        """Return the sum of the chosen parts, times x."""
        (x,) = inputs
        part = self.weight[1:, ::2].named("part")
        rows = self.weight[list(range(self.size - 1, 0, -1))].named("rows")
        return x + part.sum() + rows.square().sum()


def sliced(size: int) -> Iteration:
    return trace(Sliced(size), np.ones((1, 1)), np.ones((1, 1)), loss="mse")


def test_asking_an_element_of_a_slice_costs_the_same_at_any_size(
    count_calls: Callable[..., int],
) -> None:
    def cost(size: int) -> int:
        run = sliced(size).run
        step = next(s for s in run.tape.steps if s.op == "put_like")
        other = next(s for s in run.tape.steps if s.op == "index_add_like")

        def ask() -> None:
            run.moves(step).source(size + 2)
            run.moves(other).added("index_select", size + 2)

        return count_calls(ask)

    assert cost(60) == cost(6)


def test_the_positions_of_a_step_are_played_once(count_calls: Callable[..., int]) -> None:
    run = sliced(6).run
    step = next(s for s in run.tape.steps if s.op == "put_like")
    first = count_calls(lambda: run.moves(step).source(7))
    assert count_calls(lambda: run.moves(step).source(8)) < first / 3
