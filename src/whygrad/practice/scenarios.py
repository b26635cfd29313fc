"""The scenarios a learner's own functions are held to, each with the right numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad.engine import random
from whygrad.engine.op import Array
from whygrad.spec import spec_from_dict
from whygrad.tape.run import Run
from whygrad.training.start import start

COUNT = 12  # for each function
FUNCTIONS = {"neuron": "neuron", "two_layers": "two_layers", "autograd": "Value"}
GraphStep = tuple[str, str, tuple[str, ...]]  # result, op, inputs


@dataclass(frozen=True, slots=True)
class Scenario:
    """One call of a learner's function.

    Attributes:
        function: the function's (or class's) name.
        arguments: what it is given.
        run: the right numbers.
        names: what the learner calls a value, and its name on the tape; the order is that of work.
        steps: for ``Value``, what is computed of the arguments.
    """

    function: str
    arguments: Mapping[str, Any]
    run: Run
    names: Mapping[str, str]
    steps: tuple[GraphStep, ...] = ()

    @property
    def text(self) -> str:
        """What is computed, for a person: ``s = a + b, L = s * a``; empty for a plain call."""
        return ", ".join(f"{name} = {_WRITTEN[op].format(*of)}" for name, op, of in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return what the learner's process needs."""
        return {
            "function": self.function,
            "arguments": dict(self.arguments),
            "arrays": self.function == "two_layers",
            "steps": self.steps,
        }


def scenarios(seed: int) -> dict[str, list[Scenario]]:
    """Return the scenarios of every function, by its name."""
    made = {"neuron": _neuron, "two_layers": _two_layers, "Value": _autograd}
    return {name: [make(seed * COUNT + n) for n in range(COUNT)] for name, make in made.items()}


def _numbers(seed: int, name: str, shape: tuple[int, ...]) -> Array:
    """Draw numbers from -2 to 2 with two decimals; none is 0."""
    return np.round(random.uniform(seed, f"check/{name}", shape, -2.0, 2.0), 1) + 0.05


def _neuron(seed: int) -> Scenario:
    arguments = {name: _one(seed, name) for name in ("w", "b", "x", "y")}
    spec = {
        "formula": {
            "w": arguments["w"],
            "b": arguments["b"],
            "z": "w*x + b",
            "a": "relu(z)",
            "L": "(y - a)**2",
        },
        "data": {"x": arguments["x"], "y": arguments["y"]},
    }
    names = {"loss": "L", "dw": "dL/dw", "db": "dL/db"}
    return Scenario("neuron", arguments, _played(spec), names)


def _two_layers(seed: int) -> Scenario:
    hidden, rows = 2 + seed % 2, 1 + seed % 3
    shapes = {
        "W1": (2, hidden),
        "b1": (hidden,),
        "W2": (hidden, 1),
        "b2": (1,),
        "x": (rows, 2),
        "t": (rows, 1),
    }
    drawn = {name: _numbers(seed, name, shape) for name, shape in shapes.items()}
    arguments = {name: array.round(2).tolist() for name, array in drawn.items()}
    spec = {
        "network": {"layers": [2, hidden, 1], "activation": "relu", "output": "linear"},
        "init": {name: arguments[name] for name in ("W1", "b1", "W2", "b2")},
        "loss": {"name": "mse"},
        "data": {"x": arguments["x"], "y": arguments["t"], "batch": "all"},
    }
    names = {"loss": "L", **{f"d{p}": f"dL/d{p}" for p in ("W2", "b2", "W1", "b1")}}
    return Scenario("two_layers", arguments, _played(spec), names)


# From easy to hard: one step; a value used twice; a shut ReLU; values used twice below one another.
_GRAPHS: tuple[tuple[GraphStep, ...], ...] = (
    (("L", "mul", ("a", "b")),),
    (("s", "add", ("a", "b")), ("L", "mul", ("s", "a"))),
    (("s", "mul", ("a", "a")), ("L", "add", ("s", "b"))),
    (("z", "mul", ("a", "b")), ("r", "relu", ("z",)), ("L", "mul", ("r", "r"))),
    (("s", "add", ("a", "a")), ("p", "add", ("s", "s")), ("L", "mul", ("p", "b"))),
    (
        ("s", "mul", ("a", "b")),
        ("p", "add", ("s", "a")),
        ("q", "mul", ("s", "p")),
        ("L", "add", ("q", "b")),
    ),
)
_WRITTEN = {"add": "{} + {}", "mul": "{} * {}", "relu": "relu({})"}


def _autograd(seed: int) -> Scenario:
    steps = _GRAPHS[seed % len(_GRAPHS)]
    statements = {name: _WRITTEN[op].format(*inputs) for name, op, inputs in steps}
    used = {i for _, _, inputs in steps for i in inputs}
    arguments = {name: _one(seed, name) for name in ("a", "b") if name in used}
    run = _played({"formula": {**arguments, **statements}})
    names = {"loss": "L", **{f"d{name}": f"dL/d{name}" for name in arguments}}
    return Scenario("Value", arguments, run, names, steps)


def _one(seed: int, name: str) -> float:
    return round(float(_numbers(seed, name, ())), 2)


def _played(spec: dict[str, Any]) -> Run:
    return start(spec_from_dict(spec, "check")).iteration.run
