"""What exercises are about: for each feature, how its small network is drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from whygrad.engine import random
from whygrad.engine.op import Array
from whygrad.tape.run import Run

Spec = Mapping[str, Any]

_WEIGHTS = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
_BIASES = (-1.0, -0.5, 0.0, 0.5, 1.0)
_PASSING_WEIGHTS = (0.5, 1.0)
_PASSING_BIASES = (0.0, 0.5)
_INPUTS = (-2.0, -1.0, 0.5, 1.0, 2.0, 3.0)
_TARGETS = (-1.0, 0.0, 1.0, 2.0, 3.0)
_RATES = (0.1, 0.2, 0.5)


class Draw:
    """Draws from a seed, each draw from a stream of its own."""

    def __init__(self, seed: int) -> None:
        """Start at the seed's first draw."""
        self.seed = seed
        self.count = 0

    def below(self, n: int) -> int:
        """Draw a whole number from 0 to ``n - 1``."""
        self.count += 1
        return int(random.bits(self.seed, f"exercise/{self.count}", 1)[0] % n)

    def one(self, choices: Sequence[Any]) -> Any:
        """Draw one of some choices."""
        return choices[self.below(len(choices))]

    def mixed(self, items: Sequence[str]) -> list[str]:
        """Draw an order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]


@dataclass(frozen=True, slots=True)
class Feature:
    """What an exercise is about.

    Attributes:
        says: what there is to practise, in a few words.
        make: draws a spec, with some steps (in a network: layers) more before the loss.
        holds: whether the feature is there, with the numbers that were drawn.
        iteration: which iteration of the training is worked out, from 1.
    """

    says: str
    make: Callable[[Draw, int], dict[str, Any]]
    holds: Callable[[Run], bool] = lambda run: True
    iteration: int = 1


def _network(draw: Draw, layers: list[int], longer: int, **more: Any) -> dict[str, Any]:
    """Draw a network; what makes it longer are layers of one unit before the last."""
    layers = [*layers[:-1], *[1] * longer, layers[-1]]
    weights: dict[str, Any] = {}
    for n in range(1, len(layers)):
        between = 1 < n < len(layers) - 1  # these only pass on what the first layer lets through
        chosen = (_PASSING_WEIGHTS, _PASSING_BIASES) if between else (_WEIGHTS, _BIASES)
        weights[f"W{n}"] = [
            [draw.one(chosen[0]) for _ in range(layers[n])] for _ in range(layers[n - 1])
        ]
        weights[f"b{n}"] = [draw.one(chosen[1]) for _ in range(layers[n])]
    rows = more.pop("rows", 1)
    output = more.pop("output", "linear")
    optimizer = {"name": "sgd", "learning_rate": draw.one(_RATES), **more.pop("optimizer", {})}
    return {
        "network": {
            "layers": layers,
            "activation": more.pop("activation", "relu"),
            "output": output,
        },
        "init": weights,
        "optimizer": optimizer,
        "data": {
            "x": [[draw.one(_INPUTS) for _ in range(layers[0])] for _ in range(rows)],
            "y": [_target(draw, output, layers[-1]) for _ in range(rows)],
            "batch": "all",
        },
        **more,
    }


def _target(draw: Draw, output: str, width: int) -> list[float]:
    if output == "softmax":
        right = draw.below(width)
        return [float(n == right) for n in range(width)]
    return [draw.one((0.0, 1.0) if output == "sigmoid" else _TARGETS)]


def _sgd(draw: Draw) -> dict[str, Any]:
    return {"name": "sgd", "learning_rate": draw.one(_RATES)}


def _link(draw: Draw, before: str) -> str:
    """Draw a step of a chain."""
    k = draw.one((2.0, 3.0, 4.0))
    return draw.one((f"{k:g} * {before}", f"{before} + {k:g}", f"{before} - {k:g}"))


def _links(draw: Draw, count: int, lines: dict[str, Any], before: str) -> str:
    """Add steps of a chain to a formula's lines, and return the name of the last."""
    for n in range(1, count + 1):
        lines[f"c{n}"] = _link(draw, before)
        before = f"c{n}"
    return before


def _chain(draw: Draw, longer: int) -> dict[str, Any]:
    """Four steps one after the other, each of one number, one of them a square."""
    lines: dict[str, Any] = {"x": draw.one(_INPUTS)}
    before, square = "x", draw.below(4 + longer)
    for n, name in enumerate([*"abcdef"[: 3 + longer], "L"]):
        link = _link(draw, before)
        lines[name] = f"{before}**2" if n == square else link
        before = name
    return {"formula": lines, "optimizer": _sgd(draw)}


def _neuron(draw: Draw, longer: int) -> dict[str, Any]:
    lines = {
        "w": draw.one(_WEIGHTS),
        "b": draw.one((-0.5, 0.5, 1.0)),
        "z": "w*x + b",
        "a": "relu(z)",
    }
    made = _on_data(draw, longer, lines, "a", loss="(y - {})**2")
    return made | {"optimizer": _sgd(draw)}


def _on_data(
    draw: Draw, longer: int, lines: dict[str, Any], last: str, loss: str = "({} - y)**2"
) -> dict[str, Any]:
    """Draw what a formula is trained on; its loss is a square error of its last value."""
    data = {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)}
    lines["L"] = loss.format(_links(draw, longer, lines, last))
    return {
        "formula": lines,
        "data": data,
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
    }


def _dead_unit(draw: Draw, longer: int) -> dict[str, Any]:
    """Give one hidden unit a bias that shuts it, whatever else was drawn."""
    made = _network(draw, [2, 2, 1], longer)
    unit = draw.below(2)
    weights = [row[unit] for row in made["init"]["W1"]]
    total = sum(a * b for a, b in zip(made["data"]["x"][0], weights, strict=True))
    made["init"]["b1"][unit] = -max(total, 0.0) - 0.5
    return made


def _kink(draw: Draw, longer: int) -> dict[str, Any]:
    """Give one hidden unit the bias that makes its sum 0."""
    made = _network(draw, [1, 2, 1], longer)
    unit = draw.below(2)
    made["init"]["b1"][unit] = -made["data"]["x"][0][0] * made["init"]["W1"][0][unit]
    return made


def _fanout(draw: Draw, longer: int) -> dict[str, Any]:
    k = draw.one((2.0, 3.0, 4.0))
    lines: dict[str, Any] = (
        {"a": f"x + {k:g}", "L": "x * a"},
        {"a": f"{k:g} * x", "b": "a + x", "L": "a * b"},
        {"a": "x * x", "b": "a + a", "L": f"b - {k:g} * x"},
    )[draw.below(3)]
    lines = {"x": draw.one(_INPUTS), **lines}
    optimizer = _sgd(draw)
    if longer:
        lines["s"] = lines.pop("L")
        lines["L"] = _link(draw, _links(draw, longer - 1, lines, "s"))
    return {"formula": lines, "optimizer": optimizer}


def _shared_weight(draw: Draw, longer: int) -> dict[str, Any]:
    lines = {"w": draw.one((-1.0, 0.5, 2.0)), "h": "w * x", "p": "w * h"}
    return _on_data(draw, longer, lines, "p")


def _residual(draw: Draw, longer: int) -> dict[str, Any]:
    lines = {"w": draw.one(_WEIGHTS), "h": "w * x", "a": "relu(h)", "s": "h + a"}
    return _on_data(draw, longer, lines, "s")


def _larger(draw: Draw, longer: int) -> dict[str, Any]:
    lines = {
        "w": draw.one(_WEIGHTS),
        "v": draw.one(_WEIGHTS),
        "p": "w * x",
        "q": "v * x",
        "m": "maximum(p, q)",
    }
    return _on_data(draw, longer, lines, "m")


def _two_gates(draw: Draw, longer: int) -> dict[str, Any]:
    lines = {
        "w": draw.one(_WEIGHTS),
        "v": draw.one(_WEIGHTS),
        "z1": "w * x",
        "a1": "relu(z1)",
        "z2": "v * a1",
        "a2": "relu(z2)",
        "s": "a1 + a2",
    }
    return _on_data(draw, longer, lines, "s")


def _rates_multiply(run: Run) -> bool:
    """Say whether two steps of a chain at least have rates other than 1."""
    gradients = [run.number(run.tape.gradients[v], 0) for v in sorted(run.tape.gradients)]
    return sum(abs(a) != abs(b) for a, b in pairwise(gradients)) >= 2


def _open(run: Run) -> bool:
    """Say whether every ReLU lets through."""
    return all(bool((z > 0).all()) for z in _sums(run))


def _open_above(run: Run) -> bool:
    """Say whether every ReLU lets through, but for those of the first layer."""
    return all(bool((z > 0).all()) for z in _sums(run)[1:])


def _sums(run: Run) -> list[Array]:
    """Return what goes into the ReLUs."""
    return [run.arrays[step.inputs[0]] for step in run.tape.steps if step.op == "relu"]


def _one_dead(run: Run) -> bool:
    return int((run["z1"] < 0).sum()) == 1 and _open_above(run)


def _one_at_zero(run: Run) -> bool:
    z = run["z1"]
    return int((z == 0).sum()) == 1 and bool((z >= 0).all()) and _open_above(run)


def _first_gate_only(run: Run) -> bool:
    return bool(run["z1"] > 0) and bool(run["z2"] < 0)


def _rows_differ(run: Run) -> bool:
    return bool(run["x"][0] != run["x"][1]) and _open(run)


def _moving(run: Run) -> bool:
    return all(bool((run[f"velocity_{name}"] != 0).all()) for name in ("w1", "b1")) and _open(run)


# The order is from easy to hard.
FEATURES: dict[str, Feature] = {
    "chain": Feature("rates multiply along a chain", _chain, _rates_multiply),
    "neuron": Feature("one neuron with a ReLU", _neuron),
    "two_inputs": Feature(
        "each weight meets its own input", lambda d, n: _network(d, [2, 1], n), _open
    ),
    "two_layers": Feature(
        "two layers, one unit each", lambda d, n: _network(d, [1, 1, 1], n), _open
    ),
    "fanout": Feature("a value that is used twice", _fanout),
    "shared_weight": Feature("a weight that is used twice", _shared_weight),
    "residual": Feature("a way around an activation", _residual),
    "maximum": Feature("the larger of two", _larger, lambda run: bool(run["p"] != run["q"])),
    "batch_of_two": Feature(
        "the mean over two examples", lambda d, n: _network(d, [1, 1], n, rows=2), _rows_differ
    ),
    "second_iteration": Feature(
        "the second iteration", lambda d, n: _network(d, [1, 1], n), _open, iteration=2
    ),
    "momentum": Feature(
        "the second step of SGD with momentum",
        lambda d, n: _network(d, [1, 1], n, optimizer={"momentum": 0.9}),
        _moving,
        iteration=2,
    ),
    "two_gates": Feature("two ReLUs, the second one shut", _two_gates, _first_gate_only),
    "tanh": Feature("the slope of tanh", lambda d, n: _network(d, [1, 1, 1], n, activation="tanh")),
    "sigmoid_output": Feature(
        "a sigmoid and cross-entropy",
        lambda d, n: _network(d, [1, 1, 1], n, output="sigmoid"),
        _open,
    ),
    "two_classes": Feature(
        "a softmax and cross-entropy", lambda d, n: _network(d, [1, 2], n, output="softmax"), _open
    ),
    "hidden_units": Feature(
        "two hidden units", lambda d, n: _network(d, [1, 2, 1], n), _open_above
    ),
    "kink": Feature("a ReLU at exactly 0", _kink, _one_at_zero),
    "dead_unit": Feature("a unit that is silent", _dead_unit, _one_dead),
}
