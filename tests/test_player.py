"""Players: what they refuse, and that they keep to themselves."""

from __future__ import annotations

import numpy as np
import pytest

import whygrad as wg
from whygrad.engine.backward import gradients
from whygrad.engine.dims import Dim
from whygrad.engine.memory import memory_budget
from whygrad.errors import ShapeError, WhygradError
from whygrad.tape.player import Player, first_fault
from whygrad.tape.record import write
from whygrad.tape.run import leaves_of
from whygrad.tape.tape import Tape


def simple() -> tuple[Tape, dict[int, np.ndarray], dict[str, int]]:
    x = wg.tensor(np.ones((2, 3)), name="x")
    x.shape = (Dim("batch", 2), 3)
    t = wg.tensor(np.zeros((2, 1)), name="t")
    t.shape = (x.shape[0], 1)
    tape, run, _ = write((x * t).sum().named("L"))
    return tape, dict(leaves_of(run)), dict(tape.by_name)


def test_leaves_are_copied_in_and_numbers_copied_out() -> None:
    tape, leaves, ids = simple()
    mine = np.full((2, 3), 2.0)
    leaves[ids["t"]] = np.ones((2, 1))
    player = Player(tape, {**leaves, ids["x"]: mine})
    mine[...] = 100.0
    player.play()
    run = player.run()
    assert run["L"] == 12.0
    player.buffers[ids["x"]][...] = 5.0
    player.play()
    assert (run["L"], player.run()["L"]) == (12.0, 30.0)


def test_what_a_player_refuses() -> None:
    tape, leaves, ids = simple()
    x, t = ids["x"], ids["t"]
    with pytest.raises(ShapeError, match="the tape needs numbers for t"):
        Player(tape, {x: leaves[x]})
    with pytest.raises(ShapeError, match=r"t has shape \(3, 1\).*\(batch=2, 1\).*batch=2"):
        Player(tape, {x: leaves[x], t: np.zeros((3, 1))})
    with pytest.raises(ShapeError, match=r"x has shape \(2,\), but the tape has \(batch=2, 3\)"):
        Player(tape, {**leaves, x: np.zeros(2)})
    with pytest.raises(ShapeError, match=r"x has shape \(2, 4\)"):
        Player(tape, {**leaves, x: np.zeros((2, 4))})
    with pytest.raises(WhygradError, match="x must be float64 numbers"):
        Player(tape, {**leaves, x: [["a"] * 3] * 2})
    with pytest.raises(WhygradError, match="x must be float64 numbers in even rows"):
        Player(tape, {**leaves, x: [[1.0], [1.0, 2.0]]})


def test_a_tape_too_large_to_play_says_so() -> None:
    x = wg.tensor(np.ones(2), name="x")
    x.shape = (Dim("n", 2),)
    y = x.reshape(-1, 1)
    tape, _, _ = write((y * y.T).sum())
    wide = np.broadcast_to(1.0, (100_000,))
    with memory_budget(2**30), pytest.raises(WhygradError, match="GiB"):
        Player(tape, {tape.find("x").id: wide})


def test_a_size_that_lost_its_name_is_refused_not_wrong() -> None:
    x = wg.tensor(np.ones((1, 2)), name="x")
    x.shape = (Dim("batch", 1), 2)
    row = wg.tensor([[3.0, 4.0]], name="row", role="parameter")
    loss = (x.reshape(-1).reshape(-1, 2) * row).sum()
    found = gradients(loss, [row])
    tape, run, _ = write(loss, also=[found[row]], gradients=found)
    leaves = dict(leaves_of(run))
    Player(tape, leaves).play()
    leaves[tape.find("x").id] = np.ones((4, 2))
    with pytest.raises(ShapeError, match="cannot be played at these sizes"):
        Player(tape, leaves)


def test_carries_that_change_places() -> None:
    a, b = wg.tensor(1.0, name="a"), wg.tensor(2.0, name="b")
    tape, run, ids = write(a + b, carries=[(a, b), (b, a)])
    player = Player(tape, leaves_of(run))
    player.carry()
    assert (player.buffers[ids[a]], player.buffers[ids[b]]) == (2.0, 1.0)


def test_the_first_fault_is_one_that_reached_the_loss() -> None:
    x = wg.tensor(0.0, name="x")
    lost = wg.where(x > 0.0, x.log(), 1.0)
    tape, run, _ = write((lost + (x - 1.0).sqrt()).named("L"))
    player = Player(tape, leaves_of(run))
    player.play()
    fault = first_fault(player)
    assert fault is not None
    assert fault.op == "sqrt"
    calm, numbers, _ = write(lost)
    player = Player(calm, leaves_of(numbers))
    player.play()
    assert first_fault(player) is None


def test_a_step_that_does_not_fit_other_sizes_is_named() -> None:
    x = wg.tensor(np.ones((2, 2)), name="x")
    x.shape = (Dim("batch", 2), 2)
    tape, _, _ = write((x @ x).named("square").sum().named("L"))
    with pytest.raises(
        ShapeError, match=r"at these sizes: step 0, making square: matmul: \(batch=3"
    ):
        Player(tape, {0: np.ones((3, 2))})


def test_names_that_are_taken_get_a_number() -> None:
    x = wg.tensor(1.0, name="x")
    y = (x * 2.0).named("x")
    tape, run, _ = write((y + 1.0).named("x"))
    assert [run[name] for name in ("x", "x_2", "x_3")] == [1.0, 2.0, 3.0]
    assert set(tape.by_name) == {"x", "x_2", "x_3"}
