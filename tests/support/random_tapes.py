"""Random tapes with their runs: networks, formulas, blocks of layers, each from its seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import whygrad as wg
from whygrad import nn
from whygrad.engine.backward import gradients
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import annotate, apply
from whygrad.spec import spec_from_dict
from whygrad.tape.record import write
from whygrad.tape.run import Run
from whygrad.training.start import start

Rng = np.random.Generator
_ROLES = {"f": "parameter"}

_STATEMENTS = (
    *("{a} + {b}", "{a} * {b}", "{a} - {b}", "{a} * {a}", "tanh({a})", "sigmoid({a})"),
    *("relu({a})", "softmax(q * {a})", "{a} / (2 + {b} * {b})", "exp(-{a} * {a})", "max({a} * q)"),
    *(
        "mean({a} * q)",
        "abs({a})",
        "sum({a} * q) * {b}",
        "sqrt(1 + {a} * {a})",
        "log(1 + {a} * {a})",
    ),
)


def random_run(seed: int) -> Run:
    """Return the first or a later play of a random tape, of each kind in turn."""
    rng = np.random.default_rng(seed)
    return (network, formula, block, network, formula, remembering)[seed % 6](rng)


def _numbers(rng: Rng, *shape: int) -> Any:
    return np.round(rng.normal(size=shape), 3).tolist()


def network(rng: Rng) -> Run:
    """A small network by spec: any activation, output, loss and optimizer."""
    layers = rng.integers(1, 4, size=rng.integers(2, 5)).tolist()
    output = str(rng.choice(["linear", "sigmoid", "softmax", "tanh"]))
    if output == "softmax":
        layers[-1] = max(2, layers[-1])
    rows = int(rng.integers(1, 4))
    x = _numbers(rng, rows, layers[0])
    if output == "softmax":
        y = np.eye(layers[-1])[rng.integers(0, layers[-1], rows)].tolist()
    elif output == "sigmoid":
        y = rng.integers(0, 2, (rows, layers[-1])).astype(float).tolist()
    else:
        y = _numbers(rng, rows, layers[-1])
    names = ["relu", "tanh", "sigmoid", "leaky_relu", "softplus", "linear", "gelu", "silu", "elu"]
    optimizer = {"name": "sgd", "learning_rate": 0.1, "momentum": float(rng.choice([0.0, 0.9]))}
    if rng.random() < 0.3:
        optimizer = {"name": "adam", "learning_rate": 0.1}
    spec = {
        "network": {"layers": layers, "activation": str(rng.choice(names)), "output": output},
        "init": {"name": "he", "seed": int(rng.integers(0, 999))},
        "optimizer": optimizer,
        "data": {"x": x, "y": y, "batch": "all"},
    }
    iteration = start(spec_from_dict(spec)).iteration
    return iteration.play(int(rng.integers(1, 4)))


def formula(rng: Rng) -> Run:
    """A chain of statements that use earlier ones again and again, some of them rows."""
    names = ["p", "q"]
    statements: dict[str, Any] = {"p": _numbers(rng, 1)[0], "q": _numbers(rng, 2)}
    for n in range(rng.integers(1, 6)):
        a, b = rng.choice(names, 2)
        statements[f"s{n}"] = str(rng.choice(_STATEMENTS)).format(a=a, b=b)
        names.append(f"s{n}")
    statements["L"] = " + ".join(f"sum({name} * {name})" for name in names)
    return start(spec_from_dict({"formula": statements})).iteration.run


def block(rng: Rng) -> Run:
    """A norm, an attention or a whole transformer block over a few positions."""
    positions, width = int(rng.integers(2, 4)), 2 * int(rng.integers(1, 3))
    seed = int(rng.integers(0, 999))
    kinds: tuple[Callable[[], nn.Module], ...] = (
        lambda: nn.LayerNorm(width),
        lambda: nn.RMSNorm(width),
        lambda: nn.MultiheadAttention(width, int(rng.choice([1, 2])), seed=seed),
        lambda: nn.TransformerBlock(width, 1, 3, is_causal=bool(rng.integers(0, 2)), seed=seed),
        lambda: nn.Sequential(nn.Linear(width, width, seed=seed), nn.Softmax(-1)),
        lambda: nn.Sequential(nn.Linear(width, width, seed=seed), nn.GELU(), nn.LayerNorm(width)),
    )
    return _over_positions(rng, kinds[int(rng.integers(0, len(kinds)))](), positions, width)


def remembering(rng: Rng) -> Run:
    """Recurrent cells, batch norm and ways around layers, over a few positions."""
    positions, width = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    seed, bias = int(rng.integers(0, 999)), bool(rng.integers(0, 2))
    kinds: tuple[Callable[[], nn.Module], ...] = (
        lambda: nn.RNN(nn.RNNCell(width, width, bias, seed=seed)),
        lambda: nn.RNN(nn.RNNCell(width, width, bias, "relu", seed=seed)),
        lambda: nn.RNN(nn.GRUCell(width, width, bias, seed=seed)),
        lambda: nn.Sequential(nn.Linear(width, width, seed=seed), nn.BatchNorm1d(positions)),
        lambda: nn.Sequential(nn.Residual(nn.Linear(width, width, seed=seed), nn.SiLU())),
    )
    return _over_positions(rng, kinds[int(rng.integers(0, len(kinds)))](), positions, width)


def _over_positions(rng: Rng, model: nn.Module, positions: int, width: int) -> Run:
    rows = int(rng.integers(1, 3))
    optimizer = wg.optim.SGD(model.parameters(), lr=0.1)
    x, y = (np.array(_numbers(rng, rows, positions, width)) for _ in range(2))
    return wg.trace(model, x, y, optimizer=optimizer).run


def example_runs() -> list[tuple[str, Run]]:
    """Return a tape for every op's examples: the op's output named y, its weighted sum the loss."""
    found: list[tuple[str, Run]] = []
    for op in OPS.values():
        for n, example in enumerate(op.examples):
            run = _of_example(op.name, example)
            if run is not None:
                found.append((f"{op.name}.{n}", run))
    return found


def _of_example(name: str, example: Any) -> Run | None:
    arrays = [np.array(data) for data in example.inputs]
    inputs = [
        wg.tensor(
            a, dtype=a.dtype, name=f"p{n}", role="parameter" if a.dtype.kind == "f" else "input"
        )
        for n, a in enumerate(arrays)
    ]
    leaves = [x for x in inputs if x.role == "parameter" and OPS[name].pullback(int(x.name[1:]))]
    out = apply(name, *inputs, **example.params)
    if not leaves or out.data.dtype.kind != "f":
        return None
    y = out.named("y")
    weights = np.round(np.sin(np.arange(1, y.data.size + 1) * 1.7), 3).reshape(y.data.shape)
    with annotate(phase="loss"):
        loss = (y * wg.tensor(weights)).sum().named("L")
    given = gradients(loss, leaves)
    names = {g: f"dL/d{x.name}" for x, g in given.items() if x.name}
    return write(loss, also=[*names], gradients=given, names=names)[1]
