"""Random expression graphs, with fan-out and broadcasting: gradients, replay, JSON and formulas."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import whygrad as wg
from whygrad.engine.backward import gradients
from whygrad.engine.dims import Dim
from whygrad.engine.formula import evaluate
from whygrad.engine.gradcheck import worst
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError
from whygrad.explain import worked
from whygrad.tape.player import Player
from whygrad.tape.record import write
from whygrad.tape.run import Run, leaves_of
from whygrad.tape.tape import Tape

SLOW = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
PYTHON = {
    "__builtins__": {},
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")},
    **{"max": max, "min": min},
}


def full(lib: Any, a: Any, like: Any) -> Any:
    """Spread ``a`` over the shape of ``like``."""
    return a + like * 0.0


def mixed(lib: Any, a: Any, b: Any, like: Any) -> Any:
    """Attention in miniature: rows look at rows."""
    a, b = full(lib, a, like), full(lib, b, like)
    return lib.softmax(a @ b.mT, -1) @ b


def laid_out_again(lib: Any, a: Any, like: Any) -> Any:
    """A reshape of rows that do not lie one after the other, which NumPy must copy."""
    a = full(lib, a, like)
    n, m = a.shape
    return a.permute(1, 0).reshape(-1).reshape(m, n).permute(1, 0)


def rolled(lib: Any, a: Any, like: Any) -> Any:
    a = full(lib, a, like)
    return lib.cat([a[1:], a[:1]], 0)


Op = Callable[..., Any]
SMOOTH: dict[str, tuple[int, Op]] = {
    "add": (2, lambda lib, a, b, like: a + b),
    "sub": (2, lambda lib, a, b, like: a - b),
    "mul": (2, lambda lib, a, b, like: a * b),
    "div": (2, lambda lib, a, b, like: a / (b * b + 1.0)),
    "neg": (1, lambda lib, a, like: -a),
    "power": (1, lambda lib, a, like: (a * a + 0.5) ** 1.5),
    "exp": (1, lambda lib, a, like: a.tanh().exp()),
    "log": (1, lambda lib, a, like: (a.square() + 0.25).log()),
    "sqrt": (1, lambda lib, a, like: (a.square() + 0.25).sqrt()),
    "sigmoid": (1, lambda lib, a, like: a.sigmoid()),
    "rsub": (1, lambda lib, a, like: 1.0 - a),
    "softplus": (1, lambda lib, a, like: functional(lib).softplus(a)),
    "rows": (1, lambda lib, a, like: full(lib, a, like).sum(0)),
    "row means": (1, lambda lib, a, like: full(lib, a, like).mean(0, keepdim=True)),
    "column means": (1, lambda lib, a, like: full(lib, a, like).mean(-1, keepdim=True)),
    "all": (1, lambda lib, a, like: a.sum() * 0.25),
    "log softmax": (1, lambda lib, a, like: lib.log_softmax(full(lib, a, like), 1)),
    "mix": (2, mixed),
    "last": (1, lambda lib, a, like: full(lib, a, like)[..., -1:]),
    "first": (1, lambda lib, a, like: full(lib, a, like)[0]),
}
KINKED: dict[str, tuple[int, Op]] = {
    "relu": (1, lambda lib, a, like: a.relu()),
    "abs": (1, lambda lib, a, like: a.abs()),
    "maximum": (2, lambda lib, a, b, like: lib.maximum(a, b)),
    "minimum": (2, lambda lib, a, b, like: lib.minimum(a, b)),
    "where": (2, lambda lib, a, b, like: lib.where(a > b, a, b * 2.0)),
    "largest": (1, lambda lib, a, like: full(lib, a, like).amax(-1, keepdim=True)),
    "leaky": (1, lambda lib, a, like: functional(lib).leaky_relu(a, 0.1)),
}
MOVED: dict[str, tuple[int, Op]] = {
    "lay out": (1, laid_out_again),
    "roll": (1, rolled),
    "turn over": (1, lambda lib, a, like: full(lib, a, like).mT.mT),
    "look up": (1, lambda lib, a, like: full(lib, a, like)[lib.tensor([0, -1, 0])][:1]),
}


def functional(lib: Any) -> Any:
    return lib.nn.functional


@dataclass(frozen=True)
class Graph:
    """Leaves (the last of them full-sized) and what is applied to what."""

    sizes: tuple[int, int]
    leaves: tuple[str, ...]
    steps: tuple[tuple[str, tuple[int, ...]], ...]
    seed: int

    def shapes(self, n: int, m: int) -> list[tuple[int, ...]]:
        every = {"1": (), "m": (m,), "1m": (1, m), "n1": (n, 1), "nm": (n, m)}
        return [every[leaf] for leaf in self.leaves]

    def arrays(self, n: int | None = None) -> list[np.ndarray]:
        rng = np.random.default_rng(self.seed)
        rows = self.sizes[0] if n is None else n
        return [rng.uniform(-2, 2, shape) for shape in self.shapes(rows, self.sizes[1])]

    def loss(self, lib: Any, leaves: Sequence[Any]) -> Any:
        made = list(leaves)
        like = made[-1]
        for name, used in self.steps:
            _, op = ALL[name]
            out = op(lib, *(made[i] for i in used), like)
            made.append(out.tanh() if out.abs().amax() > 8.0 else out)
        total = (made[-1] * 0.5).sum() if len(made) > len(leaves) else made[-1].sum()
        for one in made[len(leaves) :: 3]:
            total = total + one.mean()
        return total


ALL = {**SMOOTH, **KINKED, **MOVED}


@st.composite
def graphs(draw: st.DrawFn, ops: Sequence[str], longest: int = 8) -> Graph:
    sizes = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    leaves = (*draw(st.lists(st.sampled_from(["1", "m", "1m", "n1", "nm"]), max_size=3)), "nm")
    steps: list[tuple[str, tuple[int, ...]]] = []
    for n in range(draw(st.integers(1, longest))):
        name = draw(st.sampled_from(sorted(ops)))
        known = len(leaves) + n
        # the latest value is used often, so that graphs are deep, and any may be used again
        pick = st.one_of(st.just(known - 1), st.integers(0, known - 1))
        steps.append((name, tuple(draw(pick) for _ in range(ALL[name][0]))))
    return Graph(sizes, leaves, tuple(steps), draw(st.integers(0, 2**16)))


def traced(
    graph: Graph, n: int | None = None, dtype: str = "float64", named: bool = False
) -> tuple[Tape, Run, list[Tensor], dict[Tensor, Tensor]]:
    leaves = [
        wg.tensor(a.astype(dtype), role="parameter", name=f"x{i}")
        for i, a in enumerate(graph.arrays(n))
    ]
    if named:
        for kind, leaf in zip(graph.leaves, leaves, strict=True):
            if kind.startswith("n"):
                leaf.shape = (Dim("batch", leaf.shape[0]), *leaf.shape[1:])
    loss = graph.loss(wg, leaves)
    found = gradients(loss, leaves)
    names = {g: f"dL/d{t.name}" for t, g in found.items() if t.name}
    also = [found[leaf] for leaf in leaves if leaf in found]
    tape, run, _ = write(loss, also=also, names=names, gradients=found)
    return tape, run, leaves, found


@SLOW
@given(graphs([*SMOOTH, *KINKED, *MOVED]))
def test_gradients_are_those_of_pytorch(graph: Graph) -> None:
    _, run, leaves, found = traced(graph)
    theirs = [torch.tensor(a, requires_grad=True) for a in graph.arrays()]
    loss = graph.loss(torch, theirs)
    expected = torch.autograd.grad(loss, theirs, allow_unused=True)
    assert float(run.arrays[run.tape.loss]) == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
    for leaf, g in zip(leaves, expected, strict=True):
        mine = found[leaf].array if leaf in found else np.zeros(leaf.shape)
        want = np.zeros(mine.shape) if g is None else g.numpy()
        np.testing.assert_allclose(mine, want, rtol=1e-9, atol=1e-10)


@SLOW
@given(graphs(list(SMOOTH), longest=5))
def test_gradients_are_those_of_central_differences(graph: Graph) -> None:
    bad = worst(lambda *xs: graph.loss(wg, xs), *graph.arrays())
    assert bad.error < 1e-6, bad


@SLOW
@given(graphs([*SMOOTH, *KINKED, *MOVED]), st.sampled_from(["float64", "float32"]))
def test_a_replay_is_the_recording_bit_for_bit(graph: Graph, dtype: str) -> None:
    tape, run, _, _ = traced(graph, dtype=dtype)
    player = Player(tape, leaves_of(run))
    for buffer, value in zip(player.buffers, tape.values, strict=True):
        if value.id in tape.makers and buffer.flags.writeable:
            buffer[...] = 1  # whatever lay there before must not matter
    for _ in range(2):
        player.play()
    for value, recorded, played in zip(tape.values, run.arrays, player.run().arrays, strict=True):
        assert played.dtype == recorded.dtype == value.dtype
        assert played.tobytes() == recorded.tobytes(), (value, tape.makers.get(value.id))


def plays(tape: Tape, leaves: dict[int, np.ndarray]) -> bool:
    try:
        Player(tape, leaves)
    except ShapeError as error:
        return "cannot be played at these sizes" not in str(error)
    return True


@SLOW
@given(graphs([*SMOOTH, *KINKED, "lay out", "turn over"]), st.integers(1, 4))
def test_playing_another_batch_is_recording_it(graph: Graph, n: int) -> None:
    tape, here, _, _ = traced(graph, named=True)
    there, run, _, _ = traced(graph, n, named=True)
    forward = [[step.op for step in t.steps if step.phase == "forward"] for t in (tape, there)]
    assume(forward[0] == forward[1])  # whether a value was capped is chosen anew by a recording
    given_there = {value.name: run.arrays[value.id] for value in there.leaves}
    leaves = {
        leaf.id: given_there[leaf.name] if leaf.name else here.arrays[leaf.id]
        for leaf in tape.leaves
    }
    if "lay out" in [name for name, _ in graph.steps] and not plays(tape, leaves):
        return  # a size without its name may be refused, but never be wrong
    player = Player(tape, leaves)
    player.play()
    for value in there.values:
        if value.name:
            played = player.buffers[tape.by_name[value.name]]
            np.testing.assert_allclose(played, run.arrays[value.id], rtol=1e-12, atol=1e-13)
    loss = player.buffers[tape.loss]
    np.testing.assert_allclose(loss, run.arrays[there.loss], rtol=1e-12, atol=1e-13)


@SLOW
@given(graphs([*SMOOTH, *KINKED, *MOVED]))
def test_the_journey_through_json_changes_nothing(graph: Graph) -> None:
    tape, run, _, _ = traced(graph, named=True)
    text = json.dumps(tape.to_json())
    again = Tape.from_json(json.loads(text))
    assert again == tape
    assert json.dumps(again.to_json()) == text
    numbers = Run.from_json(again, json.loads(json.dumps(run.to_json())))
    for a, b in zip(numbers.arrays, run.arrays, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@SLOW
@given(graphs([*SMOOTH, *KINKED, *MOVED], longest=5), st.booleans())
def test_every_formula_gives_its_number(graph: Graph, fold: bool) -> None:
    tape, run, _, _ = traced(graph)
    for step in tape.steps:
        for at in range(run.arrays[step.output].size):
            tree = worked.formula(run, step.output, at, fold=fold)
            number = run.number(step.output, at)
            assert evaluate(tree, run.number) == pytest.approx(number, rel=1e-9, abs=1e-10)
            assert eval(worked.in_numbers(run, tree), PYTHON) == pytest.approx(
                number, rel=1e-9, abs=1e-10
            )


def test_a_second_walk_starts_from_nothing() -> None:
    x = wg.tensor([1.0, 2.0])
    loss = (x * (x + 1.0)).sum()
    first = gradients(loss, [x])[x].array
    assert gradients(loss, [x])[x].array.tolist() == first.tolist() == [3.0, 5.0]
