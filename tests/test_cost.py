"""What an iteration costs: counted by hand, and timed."""

from itertools import groupby, pairwise

import numpy as np
import pytest

import whygrad as wg
from whygrad import nn, optim
from whygrad.tape.cost import Cost, cost, count
from whygrad.tape.tape import Step


def iteration(*sizes: int, batch: int = 20) -> wg.Iteration:
    layers: list[nn.Module] = []
    for inputs, units in pairwise(sizes):
        layers += [nn.Linear(inputs, units), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    x, t = np.ones((batch, sizes[0])), np.zeros((batch, sizes[-1]))
    return wg.trace(model, x, t, optimizer=optim.SGD(model.parameters(), lr=0.1))


def test_a_layer_is_counted_by_hand() -> None:
    found = cost(iteration(3, 2, batch=5).tape)
    # x @ W: 2 x 3 x 10; + b: 10; the loss reads 10
    assert found.operations["forward"] == 60 + 10 + 10
    # W - rate x dW, and b: 2 x 6 + 2 x 2
    assert found.operations["update"] == 16
    assert found.parameters == 8
    assert found.seconds == {}
    assert found.gradient_seconds is None


def test_gradients_are_cheap() -> None:
    traced = iteration(100, 200, 200, 10, batch=64)
    leaves = {v.id: traced.run.arrays[v.id] for v in traced.tape.leaves}
    found = cost(traced.tape, leaves, rounds=5)
    assert 1.5 < found.gradient < 4  # the cheap gradient principle
    assert found.gradient_seconds is not None  # how much it is, `whygrad bench overheads` says
    assert found.parameters == 100 * 200 + 200 + 200 * 200 + 200 + 200 * 10 + 10
    assert "for 62,410 parameters at once" in str(found)
    assert "62,410 more forward passes" in str(found)


def test_it_is_said_in_words() -> None:
    one = Cost({"forward": 10, "backward": 25, "update": 2}, 1)
    assert str(one) == (
        "The backward pass takes 2.5 times the arithmetic of the forward pass, for 1 parameter at "
        "once. Nudging each parameter in turn would take 1 more forward pass."
    )


def test_sums_of_products_are_counted_as_such() -> None:
    equation = {"equation": "bij,bjk->bik"}
    step = Step(0, "matmul", (0, 1), 2)
    shapes = [(2, 3, 4), (2, 4, 5), (2, 3, 5)]
    assert count(step, shapes) == 2 * 2 * 3 * 4 * 5
    if "einsum" in wg.engine.ops.OPS:
        assert count(Step(0, "einsum", (0, 1), 2, equation), shapes) == 2 * 2 * 3 * 4 * 5
    if "conv2d" in wg.engine.ops.OPS:
        x, w, y = (1, 3, 8, 8), (4, 3, 3, 3), (1, 4, 6, 6)
        each = 2 * 4 * 36 * 27
        assert count(Step(0, "conv2d", (0, 1), 2), [x, w, y]) == each
        assert count(Step(0, "conv2d_input", (0, 1, 2), 3), [y, w, x, x]) == each
        assert count(Step(0, "conv2d_weight", (0, 1, 2), 3), [x, y, w, w]) == each


def test_time_is_added_up_by_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr("whygrad.tape.cost.time.perf_counter", lambda: float(next(ticks)))
    traced = iteration(3, 2, batch=5)
    leaves = {v.id: traced.run.arrays[v.id] for v in traced.tape.leaves}
    phases = [step.phase.replace("loss", "forward") for step in traced.tape.steps]
    stretches = [phase for phase, _ in groupby(phases)]
    # The clock is read before and after each stretch of one phase.
    found = cost(traced.tape, leaves, rounds=3)
    assert found.seconds == {
        phase: stretches.count(phase) for phase in ("forward", "backward", "update")
    }


def test_what_takes_no_arithmetic_or_no_time_is_divided_by_a_little() -> None:
    one = Cost({"forward": 1, "backward": 3, "update": 0}, 2, {"forward": 2.0, "backward": 5.0})
    assert one.gradient == 3
    assert one.gradient_seconds == 2.5
    assert "and 2.5 times its time, for 2 parameters at once" in str(one)
    assert Cost({"forward": 0, "backward": 3, "update": 0}, 2).gradient == 3
    free = Cost(one.operations, 2, {"forward": 0.0, "backward": 1.0})
    assert free.gradient_seconds == pytest.approx(1e12)


def test_a_batch_of_another_size_is_counted_at_its_size() -> None:
    traced = iteration(3, 2, batch=5)
    leaves = {v.id: traced.run.arrays[v.id] for v in traced.tape.leaves}
    for leaf in traced.tape.leaves:
        if leaf.role in ("input", "target"):
            leaves[leaf.id] = np.ones((10, leaf.shape[-1]))
    assert cost(traced.tape, leaves, rounds=1).operations["forward"] == 2 * (60 + 10 + 10)
