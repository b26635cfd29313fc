"""Write it yourself: a learner's own backward pass, held to the right one on generated cases.

The learner's file runs on their machine, in a process of its own, with a time limit. What it prints
is seen, on standard error.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, cast

import numpy as np

from whygrad.engine.op import Array
from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.explain.said import Said, say
from whygrad.practice.scenarios import FUNCTIONS, Scenario, scenarios
from whygrad.practice.solution import Solution
from whygrad.tape.run import element_label, json_number

STARTERS = tuple(FUNCTIONS)
TIME_LIMIT = 10.0
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first number that is wrong.

    Attributes:
        case: the arguments it was found with.
        computed: what was computed of them; empty where the function is simply called.
        name: the element, such as ``dW1[0,2]``.
        expected: what it should be.
        found: what the learner's function gave.
        mistakes: names of the mistakes that give just that number, the likeliest first.
    """

    case: Mapping[str, Any]
    computed: str
    name: str
    expected: float
    found: float
    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
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

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        wrong = self.wrong
        return {
            "function": self.function,
            "right": self.right,
            "passed": self.passed,
            "total": self.total,
            "trouble": self.trouble,
            "wrong": wrong
            and {
                "name": wrong.name,
                "expected": json_number(wrong.expected),
                "found": json_number(wrong.found),
                "mistakes": list(wrong.mistakes),
                "case": dict(wrong.case),
                "computed": wrong.computed,
            },
        }


def starter(name: str) -> str:
    """Return a start-off file's text.

    Raises:
        UnknownName: there is none of that name.
    """
    if name not in STARTERS:
        raise UnknownName(unknown("starter", name, STARTERS))
    file = resources.files("whygrad.practice").joinpath("starters", f"{name}.py")
    return file.read_text(encoding="utf-8")


def check(file: str | Path, *, seed: int = 0, time_limit: float = TIME_LIMIT) -> list[CheckResult]:
    """Check every known function a file defines.

    Args:
        file: the learner's file. It is run, in a process of its own.
        seed: which cases.
        time_limit: seconds for all of it.

    Raises:
        WhygradError: the file is missing, does not run, or defines nothing known.
    """
    path = Path(file)
    if not os.path.isfile(path):  # is_file raises for a name that is too long
        raise WhygradError(f"there is no file {str(path)!r}")
    todo = scenarios(seed)
    results, ending = _run(path, [case for own in todo.values() for case in own], time_limit)
    if not results:
        raise WhygradError(f"{path.name}: {ending or say('check.ended')}")
    if "error" in results[0]:
        raise WhygradError(f"{path.name} does not run: {results[0]['error']}")
    defined: list[str] = results[0]["defined"]
    if not defined:
        raise WhygradError(
            f"{path.name} defines none of {', '.join(FUNCTIONS.values())}; begin with a start-off "
            f"file: whygrad check --starter {STARTERS[0]}"
        )
    checked: list[CheckResult] = []
    answers = results[1:]
    for function in defined:
        own = todo[function]
        checked.append(_judge(function, own, answers[: len(own)], ending))
        answers = answers[len(own) :]
    return checked


def _run(
    path: Path, todo: Sequence[Scenario], time_limit: float
) -> tuple[list[dict[str, Any]], Said | None]:
    """Run the learner's file on cases.

    Returns:
        What it wrote, one entry per line: what is defined, then an answer per case, as far as it
        came; and how it ended, if it did not come to the end.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, done = Path(folder, "cases.json"), Path(folder, "results.jsonl")
        given.write_text(json.dumps([case.to_json() for case in todo]), encoding="utf-8")
        ending = None
        runner = resources.files("whygrad.practice").joinpath("learner.py")
        with resources.as_file(runner) as script:
            # -P: modules beside the runner are not the learner's
            command = [sys.executable, "-P", script, path.resolve(), given, done]
            learner = subprocess.Popen(
                command,
                cwd=path.resolve().parent,
                stdin=subprocess.DEVNULL,
                stdout=2,
                start_new_session=True,  # with all the processes it starts
            )
            try:
                if learner.wait(time_limit):
                    ending = say("check.exited", code=learner.returncode)
            except subprocess.TimeoutExpired:
                ending = say("check.stopped", seconds=time_limit)
            finally:
                _end(learner)
        lines = done.read_text(encoding="utf-8").splitlines() if done.exists() else []
        found: list[dict[str, Any]] = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                break  # it was stopped while writing
        return found, ending


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where the system has process groups, all that it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _judge(
    function: str, own: Sequence[Scenario], answers: Sequence[dict[str, Any]], ending: Said | None
) -> CheckResult:
    """Hold the answers of one function to the right ones, up to the first that is not."""
    total = len(own)
    for passed, case in enumerate(own):
        if passed == len(answers):
            arrays = ending or say("check.ended")
        else:
            arrays = _arrays(case, answers[passed])
        if not isinstance(arrays, dict):
            trouble = f"{arrays}\n{say('check.given', arguments=given(case))}"
            return CheckResult(function, passed, total, trouble=trouble)
        for name, tape_name in case.names.items():
            apart = np.flatnonzero(~_same(arrays[name], case.run[tape_name]))
            if apart.size:
                at = int(apart[0])
                mistakes = _explaining(
                    case, name, at, arrays, list(zip(own, answers, strict=False))
                )
                label = element_label(name, arrays[name].shape, at)
                expected = float(case.run[tape_name].flat[at]) + 0.0
                found = float(arrays[name].flat[at])
                wrong = Wrong(case.arguments, case.text, label, expected, found, mistakes)
                return CheckResult(function, passed, total, wrong=wrong)
    return CheckResult(function, total, total)


def given(case: Scenario) -> str:
    """Write a case's arguments for a person."""
    arguments = ", ".join(f"{name} = {number}" for name, number in case.arguments.items())
    return (
        str(say("check.computed", arguments=arguments, steps=case.text))
        if case.steps
        else arguments
    )


def _arrays(case: Scenario, answer: Mapping[str, Any]) -> dict[str, Array] | Said | str:
    """Return an answer's arrays by the learner's names, or what is wrong with it."""
    if "error" in answer:
        return str(answer["error"])
    found: Any = answer["found"]
    if not isinstance(found, dict):
        if found is None:
            return say("check.nothing")
        return say("check.no_dict", kind=str(answer["kind"]))
    arrays: dict[str, Array] = {}
    items = cast("dict[str, Any]", found)
    for name, tape_name in case.names.items():
        shape = case.run[tape_name].shape
        if name not in items:
            if not items:
                return say("check.empty", name=repr(name))
            return say("check.missing", name=repr(name), names=", ".join(items))
        try:
            array = np.array(items[name], dtype=float)
        except (ValueError, TypeError):
            return say("check.no_numbers", name=name)
        if array.size == math.prod(shape) == 1:
            array = array.reshape(shape)
        if array.shape != shape:
            return say("check.shape", name=name, shape=str(array.shape), expected=str(shape))
        arrays[name] = array
    return arrays


def _same(found: Array, expected: Array) -> Array:
    return np.abs(found - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected))


def _explaining(
    case: Scenario,
    name: str,
    at: int,
    arrays: Mapping[str, Array],
    answered: Sequence[tuple[Scenario, Mapping[str, Any]]],
) -> tuple[str, ...]:
    """Return the mistakes that give a wrong number.

    Those that explain more of all answers are the likelier, and one that explains all of them
    leaves no room for others. Where no gradient was worked out, none was made.
    """
    if not any(array.any() for label, array in arrays.items() if label != "loss"):
        return ()
    work = Solution(case.run)
    ranked: list[tuple[int, int, str]] = []
    for order, mistake in enumerate(work.mistakes):
        number = work.mistaken(mistake.name, (case.names[name], at))
        if number is not None and _same(arrays[name].flat[at : at + 1], np.array([number])).all():
            explained = sum(_explains(mistake.name, *pair) for pair in answered)
            ranked.append((-explained, order, mistake.name))
    if ranked and min(ranked)[0] == -len(answered):
        ranked = [row for row in ranked if row[0] == -len(answered)]
    return tuple(mistake for _, _, mistake in sorted(ranked))


def _explains(mistake: str, case: Scenario, answer: Mapping[str, Any]) -> bool:
    """Say whether a mistake gives every number of an answer."""
    arrays, work = _arrays(case, answer), Solution(case.run)
    if not isinstance(arrays, dict) or mistake not in {row.name for row in work.mistakes}:
        return False
    played = work.wrongly(mistake)
    return all(
        bool(_same(array.flat[n : n + 1], np.array([played.number((case.names[label], n))])).all())
        for label, array in arrays.items()
        for n in range(array.size)
    )
