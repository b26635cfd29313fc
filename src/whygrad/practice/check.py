"""Write it yourself: a learner's own backward pass, held to the right one on generated cases.

The learner's file runs on their machine, in a process of its own, with a time limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from whygrad import random
from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.op import Array
from whygrad.practice.grade import mistaken
from whygrad.run import Run, element_label
from whygrad.spec import spec_from_dict
from whygrad.training import start
from whygrad.whatif.mistakes import MISTAKES

STARTERS = ("neuron", "two_layers", "autograd")
CASES = 8
TIME_LIMIT = 10.0
TOLERANCE = 1e-6
_FUNCTIONS = {"neuron": "neuron", "two_layers": "two_layers", "autograd": "Value"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first number that is wrong.

    Attributes:
        case: the arguments it was found with.
        name: the element, such as ``dW1[0,2]``.
        expected: what it should be.
        found: what the learner's function gave.
        mistakes: names of the mistakes that give just that number.
    """

    case: Mapping[str, Any]
    name: str
    expected: float
    found: float
    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking one function.

    Attributes:
        function: its name.
        passed: how many cases were right, before the first that was not.
        total: how many there are.
        wrong: the first wrong number, if a number was wrong.
        trouble: what happened, if it did not run or gave something else than asked for.
    """

    function: str
    passed: int
    total: int
    wrong: Wrong | None = None
    trouble: str = ""

    @property
    def right(self) -> bool:
        """Whether every case was right."""
        return self.passed == self.total


@dataclass(frozen=True, slots=True)
class _Case:
    id: int
    function: str
    arguments: Mapping[str, Any]
    run: Run
    names: Mapping[str, str]  # what the learner calls a value -> its name on the tape
    steps: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def starter(name: str) -> str:
    """Return a start-off file's text.

    Raises:
        UnknownName: there is none of that name.
    """
    if name not in STARTERS:
        raise UnknownName(unknown("starter", name, STARTERS))
    file = resources.files("whygrad.practice").joinpath("starters", f"{name}.py")
    return file.read_text(encoding="utf-8")


def check(file: str | Path, *, seed: int = 0, time_limit: float = TIME_LIMIT) -> list[Checked]:
    """Check every known function a file defines.

    Args:
        file: the learner's file. It is run, in a process of its own.
        seed: which cases.
        time_limit: seconds for all of it.

    Raises:
        WhygradError: the file is missing, does not run, takes too long, or defines nothing known.
    """
    path = Path(file)
    if not path.is_file():
        raise WhygradError(f"there is no file {file}; make one with whygrad check --starter neuron")
    cases = _cases(seed)
    results = _run(path, cases, time_limit)
    if results and "id" not in results[0]:
        raise WhygradError(f"{path.name} does not run:\n{results[0]['error'].strip()}")
    found = {result["id"]: result for result in results}
    checked: list[Checked] = []
    for function in _FUNCTIONS.values():
        own = [case for case in cases if case.function == function]
        if own[0].id in found:
            checked.append(_judge(function, own, found))
    if not checked:
        raise WhygradError(
            f"{path.name} defines none of {', '.join(_FUNCTIONS.values())}; start from one of "
            f"whygrad check --starter {{{','.join(STARTERS)}}}"
        )
    return checked


def _run(path: Path, cases: list[_Case], time_limit: float) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        todo, done = Path(folder, "cases.json"), Path(folder, "results.json")
        todo.write_text(
            json.dumps(
                [
                    {
                        "id": case.id,
                        "function": case.function,
                        "arguments": dict(case.arguments),
                        "arrays": case.function == "two_layers",
                        "steps": case.steps,
                    }
                    for case in cases
                ]
            ),
            encoding="utf-8",
        )
        with resources.as_file(
            resources.files("whygrad.practice").joinpath("learner.py")
        ) as runner:
            command = [sys.executable, str(runner), str(path.resolve()), str(todo), str(done)]
            try:
                subprocess.run(command, timeout=time_limit, check=False, cwd=path.resolve().parent)
            except subprocess.TimeoutExpired:
                raise WhygradError(
                    f"{path.name} ran longer than {time_limit:g} seconds and was stopped; is there "
                    f"a loop that never ends?"
                ) from None
        if not done.exists():
            raise WhygradError(f"{path.name} ended the process before it could answer")
        return json.loads(done.read_text(encoding="utf-8"))


def _judge(function: str, cases: list[_Case], found: Mapping[int, dict[str, Any]]) -> Checked:
    for passed, case in enumerate(cases):
        result = found.get(case.id, {"error": "it gave no answer"})
        if "error" in result:
            return Checked(function, passed, len(cases), trouble=str(result["error"]).strip())
        for name, tape_name in case.names.items():
            expected = case.run[tape_name]
            given = _array(result["found"], name, expected.shape)
            if isinstance(given, str):
                return Checked(function, passed, len(cases), trouble=given)
            apart = np.abs(given - expected) > TOLERANCE * np.maximum(1.0, np.abs(expected))
            apart |= ~np.isfinite(given)
            if apart.any():
                wrong = _wrong(case, name, tape_name, given, int(np.flatnonzero(apart)[0]))
                return Checked(function, passed, len(cases), wrong=wrong)
    return Checked(function, len(cases), len(cases))


def _array(found: Any, name: str, shape: tuple[int, ...]) -> Array | str:
    if not isinstance(found, dict) or name not in found:
        return f"the result has no {name!r}"
    try:
        array = np.array(found[name], dtype=float)
    except (ValueError, TypeError):
        return f"{name} is not a number or an array of numbers"
    if array.size == int(np.prod(shape)) == 1:
        return array.reshape(shape)
    if array.shape != shape:
        return f"{name} has shape {array.shape}, but its value has {shape}: one rate per number"
    return array


def _wrong(case: _Case, name: str, tape_name: str, given: Array, at: int) -> Wrong:
    expected, found = float(case.run[tape_name].flat[at]), float(given.flat[at])
    names: list[str] = []
    for mistake in MISTAKES.values():
        number = mistaken(case.run, mistake, {}, (tape_name, at))
        if number is not None and abs(number - found) <= TOLERANCE * max(1.0, abs(found)):
            names.append(mistake.name)
    label = element_label(name, given.shape, at)
    return Wrong(case.arguments, label, expected, found, tuple(names))


# --- cases ------------------------------------------------------------------------------------


def _cases(seed: int) -> list[_Case]:
    makers = (_neuron, _two_layers, _autograd)
    return [
        make(position * CASES + n, seed + n)
        for position, make in enumerate(makers)
        for n in range(CASES)
    ]


def _numbers(seed: int, name: str, shape: tuple[int, ...]) -> Array:
    return np.round(random.uniform(seed, f"check/{name}", shape, -2.0, 2.0), 1) + 0.05


def _neuron(id_: int, seed: int) -> _Case:
    arguments = {name: float(_numbers(seed, name, ())) for name in ("w", "b", "x", "y")}
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
    return _Case(id_, "neuron", arguments, _played(spec), names)


def _two_layers(id_: int, seed: int) -> _Case:
    hidden, rows = 2 + seed % 2, 1 + seed % 3
    shapes = {
        "W1": (2, hidden),
        "b1": (hidden,),
        "W2": (hidden, 1),
        "b2": (1,),
        "x": (rows, 2),
        "t": (rows, 1),
    }
    arguments = {name: _numbers(seed, name, shape).tolist() for name, shape in shapes.items()}
    spec = {
        "network": {"layers": [2, hidden, 1], "activation": "relu", "output": "linear"},
        "init": {name: arguments[name] for name in ("W1", "b1", "W2", "b2")},
        "loss": {"name": "mse"},
        "data": {"x": arguments["x"], "y": arguments["t"], "batch": "all"},
    }
    names = {"loss": "L", **{f"d{p}": f"dL/d{p}" for p in ("W2", "b2", "W1", "b1")}}
    return _Case(id_, "two_layers", arguments, _played(spec), names)


_GRAPHS: tuple[tuple[tuple[str, str, tuple[str, ...]], ...], ...] = (
    (("L", "mul", ("a", "b")),),
    (("s", "add", ("a", "b")), ("L", "mul", ("s", "a"))),
    (("s", "mul", ("a", "a")), ("L", "add", ("s", "b"))),
    (("z", "mul", ("a", "b")), ("r", "relu", ("z",)), ("L", "mul", ("r", "r"))),
    (("s", "add", ("a", "a")), ("p", "add", ("s", "s")), ("L", "mul", ("p", "b"))),
    (("s", "mul", ("a", "b")), ("p", "add", ("s", "a")), ("q", "mul", ("s", "p")),
     ("L", "add", ("q", "b"))),
)  # fmt: skip


def _autograd(id_: int, seed: int) -> _Case:
    steps = _GRAPHS[seed % len(_GRAPHS)]
    arguments = {name: float(_numbers(seed, name, ())) for name in ("a", "b")}
    texts = {"add": "{} + {}", "mul": "{} * {}", "relu": "relu({})"}
    statements = {name: texts[op].format(*inputs) for name, op, inputs in steps}
    used = {i for _, _, inputs in steps for i in inputs}
    arguments = {name: number for name, number in arguments.items() if name in used}
    run = _played({"formula": {**arguments, **statements}})
    names = {"loss": "L", **{f"d{name}": f"dL/d{name}" for name in arguments}}
    return _Case(id_, "Value", arguments, run, names, steps)


def _played(spec: dict[str, Any]) -> Run:
    return start(spec_from_dict(spec, "check")).iteration.run
