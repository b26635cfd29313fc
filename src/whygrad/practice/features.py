"""What exercises are about: for each feature, how its small network is drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whygrad import random
from whygrad.run import Run

Spec = Mapping[str, Any]

_WEIGHTS = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
_BIASES = (-1.0, -0.5, 0.0, 0.5, 1.0)
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
        make: draws a spec.
        holds: whether the feature is there, with the numbers that were drawn.
        iteration: which iteration of the training is worked out, from 1.
    """

    says: str
    make: Callable[[Draw], dict[str, Any]]
    holds: Callable[[Run], bool] = lambda run: True
    iteration: int = 1


def _network(draw: Draw, layers: list[int], **more: Any) -> dict[str, Any]:
    weights: dict[str, Any] = {}
    for n in range(1, len(layers)):
        weights[f"W{n}"] = [
            [draw.one(_WEIGHTS) for _ in range(layers[n])] for _ in range(layers[n - 1])
        ]
        weights[f"b{n}"] = [draw.one(_BIASES) for _ in range(layers[n])]
    rows = more.pop("rows", 1)
    output = more.pop("output", "linear")
    targets = (0.0, 1.0) if output == "sigmoid" else _TARGETS
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
            "y": [[draw.one(targets)] for _ in range(rows)],
            "batch": "all",
        },
        **more,
    }


def _sgd(draw: Draw) -> dict[str, Any]:
    return {"name": "sgd", "learning_rate": draw.one(_RATES)}


def _chain(draw: Draw) -> dict[str, Any]:
    """Four steps one after the other, each of one number, one of them a square."""
    lines: dict[str, Any] = {"x": draw.one(_INPUTS)}
    before, square = "x", draw.below(4)
    for n, name in enumerate("abcL"):
        k = draw.one((2.0, 3.0, 4.0))
        line = draw.one((f"{k:g} * {before}", f"{before} + {k:g}", f"{before} - {k:g}"))
        lines[name] = f"{before}**2" if n == square else line
        before = name
    return {"formula": lines, "optimizer": _sgd(draw)}


def _neuron(draw: Draw) -> dict[str, Any]:
    return {
        "formula": {
            "w": draw.one(_WEIGHTS),
            "b": draw.one((-0.5, 0.5, 1.0)),
            "z": "w*x + b",
            "a": "relu(z)",
            "L": "(y - a)**2",
        },
        "data": {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)},
        "optimizer": _sgd(draw),
    }


def _dead_unit(draw: Draw) -> dict[str, Any]:
    """Give one hidden unit a bias that shuts it, whatever else was drawn."""
    made = _network(draw, [2, 2, 1])
    unit = draw.below(2)
    weights = [row[unit] for row in made["init"]["W1"]]
    total = sum(a * b for a, b in zip(made["data"]["x"][0], weights, strict=True))
    made["init"]["b1"][unit] = -max(total, 0.0) - 0.5
    return made


def _fanout(draw: Draw) -> dict[str, Any]:
    k = draw.one((2.0, 3.0, 4.0))
    lines = (
        {"a": f"x + {k:g}", "L": "x * a"},
        {"a": f"{k:g} * x", "b": "a + x", "L": "a * b"},
        {"a": "x * x", "b": "a + a", "L": f"b - {k:g} * x"},
    )[draw.below(3)]
    return {"formula": {"x": draw.one(_INPUTS), **lines}, "optimizer": _sgd(draw)}


def _shared_weight(draw: Draw) -> dict[str, Any]:
    return {
        "formula": {
            "w": draw.one((-1.0, 0.5, 2.0)),
            "h": "w * x",
            "p": "w * h",
            "L": "(p - y)**2",
        },
        "data": {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)},
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
    }


def _residual(draw: Draw) -> dict[str, Any]:
    return {
        "formula": {
            "w": draw.one(_WEIGHTS),
            "h": "w * x",
            "a": "relu(h)",
            "s": "h + a",
            "L": "(s - y)**2",
        },
        "data": {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)},
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
    }


def _open(run: Run) -> bool:
    """Say whether every ReLU lets through."""
    relus = [step for step in run.tape.steps if step.op == "relu"]
    return all(bool((run.arrays[step.output] > 0).all()) for step in relus)


def _one_dead(run: Run) -> bool:
    return int((run["z1"] < 0).sum()) == 1


def _rows_differ(run: Run) -> bool:
    return bool(run["x"][0] != run["x"][1])


def _moving(run: Run) -> bool:
    return all(bool((run[f"velocity_{name}"] != 0).all()) for name in ("w1", "b1"))


# The order is from easy to hard.
FEATURES: dict[str, Feature] = {
    "chain": Feature("rates multiply along a chain", _chain),
    "neuron": Feature("one neuron with a ReLU", _neuron),
    "two_inputs": Feature("each weight meets its own input", lambda d: _network(d, [2, 1])),
    "two_layers": Feature("two layers, one unit each", lambda d: _network(d, [1, 1, 1]), _open),
    "fanout": Feature("a value that is used twice", _fanout),
    "shared_weight": Feature("a weight that is used twice", _shared_weight),
    "residual": Feature("a way around an activation", _residual),
    "batch_of_two": Feature(
        "the mean over two examples", lambda d: _network(d, [1, 1], rows=2), _rows_differ
    ),
    "momentum": Feature(
        "the second step of SGD with momentum",
        lambda d: _network(d, [1, 1], optimizer={"momentum": 0.9}),
        _moving,
        iteration=2,
    ),
    "tanh": Feature("the slope of tanh", lambda d: _network(d, [1, 1, 1], activation="tanh")),
    "sigmoid_output": Feature(
        "a sigmoid and cross-entropy", lambda d: _network(d, [1, 1, 1], output="sigmoid"), _open
    ),
    "hidden_units": Feature("two hidden units", lambda d: _network(d, [1, 2, 1])),
    "dead_unit": Feature("a unit that is silent", _dead_unit, _one_dead),
}
