"""Lean players reuse memory; what they compute is bit for bit what a full player computes."""

import numpy as np
import pytest

import whygrad as wg
from whygrad import nn, optim
from whygrad.engine.memory import memory_budget
from whygrad.errors import WhygradError
from whygrad.optim import OPTIMIZERS
from whygrad.tape.player import Player, memory_needed
from whygrad.tape.record import write
from whygrad.tape.run import leaves_of


def iteration(name: str = "sgd", width: int = 48, **options: float) -> wg.Iteration:
    model = nn.Sequential(nn.Linear(12, width), nn.Tanh(), nn.Linear(width, width), nn.ReLU())
    model.layers += [nn.Linear(width, 3)]
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(40, 12)), np.eye(3)[rng.integers(0, 3, 40)]
    optimizer = optim.make(name, model.parameters(), {"learning_rate": 0.05, **options})
    return wg.trace(model, x, t, loss="cross_entropy", optimizer=optimizer)


def players(traced: wg.Iteration) -> tuple[Player, Player]:
    leaves = {v.id: traced.run.arrays[v.id] for v in traced.tape.leaves}
    return Player(traced.tape, leaves), Player(traced.tape, leaves, lean=True)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "nesterov": True}, {"clip_norm": 0.1}])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_lean_and_full_agree_bit_for_bit(name: str, options: dict[str, float]) -> None:
    if set(options) - set(OPTIMIZERS[name]):
        pytest.skip("has no momentum")
    full, lean = players(iteration(name, **options))
    losses: tuple[list[float], list[float]] = ([], [])
    for player, noted in zip((full, lean), losses, strict=True):
        player.train(30, noted)
    assert losses[0] == losses[1]
    for before, _ in full.tape.carries:
        np.testing.assert_array_equal(full.buffers[before], lean.buffers[before])


def test_lean_takes_less_memory_and_says_how_much() -> None:
    traced = iteration("adam", width=128)
    full, lean = players(traced)
    leaves = {v.id: v for v in traced.tape.leaves}
    assert lean.memory < 0.6 * full.memory
    assert full.memory == memory_needed(traced.tape, leaves)
    assert lean.memory == memory_needed(traced.tape, leaves, lean=True)


def test_updated_parameters_are_written_over_the_old() -> None:
    traced = iteration()
    _, lean = players(traced)
    for before, after in traced.tape.carries:
        assert np.shares_memory(lean.buffers[before], lean.buffers[after])


@pytest.mark.parametrize("lean", [False, True])
def test_values_that_take_each_others_place(lean: bool) -> None:
    a, b = nn.buffer([1.0, 2.0], name="a"), nn.buffer([30.0, 40.0], name="b")
    loss = (a * 1.0 - b).sum()
    tape, run, _ = write(loss, carries=[(a, b), (b, a)])
    player = Player(tape, leaves_of(run), lean=lean)
    losses: list[float] = []
    player.train(4, losses)
    assert losses == [-67.0, 67.0, -67.0, 67.0]


@pytest.mark.parametrize("lean", [False, True])
def test_a_view_that_takes_a_values_place(lean: bool) -> None:
    a = nn.buffer([[1.0], [2.0]], name="a")
    tape, run, _ = write(a.sum(), carries=[(a, (a.T * 2.0).reshape(2, 1))])
    player = Player(tape, leaves_of(run), lean=lean)
    losses: list[float] = []
    player.train(4, losses)
    assert losses == [3.0, 6.0, 12.0, 24.0]


def test_what_is_too_large_is_said_before_allocating() -> None:
    traced = iteration(width=300)
    wanted = pytest.raises(
        WhygradError,
        match=r"and 1,024 bytes are allowed; the largest, .*, has shape .* smaller",
    )
    with memory_budget(2**10), wanted:
        players(traced)


def test_a_value_used_after_its_update_is_not_overwritten() -> None:
    # momentum is read by the update of one parameter after the other has been made
    w = nn.parameter([1.0, 2.0], name="w")
    traced = wg.trace(
        lambda x: x * w + w.square(), [[1.0, 2.0]], [[0.0, 0.0]], optimizer=optim.SGD([w], 0.1, 0.9)
    )
    full, lean = players(traced)
    a: list[float] = []
    b: list[float] = []
    full.train(9, a)
    lean.train(9, b)
    assert a == b


def test_a_reshape_of_a_transpose_follows_its_input() -> None:
    w = nn.parameter([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="W")
    traced = wg.trace(
        lambda x: w.T.reshape(2, 3) * x,
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        [[0.0] * 3] * 2,
        optimizer=optim.SGD([w], 0.1),
    )
    traced.play(1)
    run = traced.play(1)
    np.testing.assert_array_equal(run["yhat"], run["W"].T.reshape(2, 3) * run["x"])


def test_the_loss_of_transposed_values() -> None:
    x = wg.tensor(np.arange(6.0).reshape(2, 3))
    assert nn.functional.mse_loss(x.T, (2.0 * x).T).item() == pytest.approx(55 / 6)


def test_training_without_keeping_numbers_is_the_same_training() -> None:
    played, trained = iteration("adam"), iteration("adam")
    played.play(150)
    assert trained.train(70) == trained.losses[-1]
    trained.train(80)
    assert trained.losses == played.losses
    for name, array in played.state.items():
        np.testing.assert_array_equal(array, trained.state[name])
    np.testing.assert_array_equal(played.play(1)["yhat"], trained.play(1)["yhat"])
    with pytest.raises(WhygradError, match="whole number from 1 up"):
        trained.train(0)


def test_a_recording_that_is_too_large_is_said_before_it_is_made() -> None:
    row, column = np.ones((1, 200_000)), np.ones((200_000, 1))
    with memory_budget(8 * 2**30, "here {} may be used"):
        with pytest.raises(
            WhygradError, match=r"a parameter of shape \(1000000, 1000000\) needs 7,4"
        ):
            nn.Linear(1_000_000, 1_000_000)
        with pytest.raises(
            WhygradError, match=r"matmul: .* needs 298.0 GiB, and here 8.0 GiB may be used; use"
        ):
            wg.tensor(column) @ wg.tensor(row)
    model = nn.Sequential(*(nn.Linear(40, 40) for _ in range(9)))
    x = np.ones((20, 40))
    with memory_budget(2**16):
        with pytest.raises(WhygradError, match=r"beside the .* recorded so far, .* smaller batch"):
            wg.trace(model, x, x)
        assert model(x).shape == (20, 40)  # what is not recorded as an iteration is let go
