"""A learner's own backward pass: right ones pass, wrong ones are told what they did."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from whygrad.errors import WhygradError
from whygrad.explain.said import Said, say
from whygrad.practice import STARTERS, CheckResult, check, starter
from whygrad.practice.check import _same
from whygrad.practice.scenarios import FUNCTIONS, scenarios

NEURON = """
def neuron(w, b, x, y):
    z = w * x + b
    a = max(0.0, z)
    loss = (y - a) ** 2
    da = -2 * (y - a)
    dz = da if z > 0 else 0.0
    return {"loss": loss, "dw": dz * x, "db": dz}
"""
TWO_LAYERS = """
import numpy as np

def two_layers(W1, b1, W2, b2, x, t):
    z1 = x @ W1 + b1
    a1 = np.maximum(0, z1)
    yhat = a1 @ W2 + b2
    g = 2 * (yhat - t) / len(x)
    gz = (g @ W2.T) * (z1 > 0)
    return {
        "loss": np.mean((yhat - t) ** 2),
        "dW2": a1.T @ g,
        "db2": g.sum(0),
        "dW1": x.T @ gz,
        "db1": gz.sum(0),
    }
"""
VALUE = """
class Value:
    def __init__(self, data, inputs=(), back=None):
        self.data, self.grad, self.inputs, self.back = data, 0.0, inputs, back

    def __add__(self, other):
        def back(g):
            self.grad += g
            other.grad += g
        return Value(self.data + other.data, (self, other), back)

    def __mul__(self, other):
        def back(g):
            self.grad += g * other.data
            other.grad += g * self.data
        return Value(self.data * other.data, (self, other), back)

    def relu(self):
        def back(g):
            self.grad += g * (self.data > 0)
        return Value(max(0.0, self.data), (self,), back)

    def backward(self):
        order, seen = [], set()
        def visit(v):
            if v not in seen:
                seen.add(v)
                for i in v.inputs:
                    visit(i)
                order.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            if v.back:
                v.back(v.grad)
"""
RECURSIVE = """
    def backward(self, g=1.0):
        self.grad += g
        if self.back:
            for i in self.inputs:
                before = i.grad
                i.grad = 0.0
            self.back(g)
            for i in self.inputs:
                g, i.grad = i.grad, 0.0
                i.backward(g)
"""
# what is written in place of what, and the mistake that is
SLIPS = [
    (NEURON, "if z > 0 else 0.0", "", "skip_relu_mask"),
    (NEURON, "-2 * (y - a)", "-(y - a)", "forget_factor_two"),
    (NEURON, "-2 * (y - a)", "2 * (y - a)", "flip_the_error"),
    (NEURON, "dz * x", "dz * w", "weight_for_input"),
    (NEURON, '"dw": dz * x', '"dw": dz', "forget_the_other_factor"),
    (NEURON, "da if z > 0", "da if da > 0", "mask_by_gradient"),
    (TWO_LAYERS, " / len(x)", "", "forget_one_over_n"),
    (TWO_LAYERS, "2 * (yhat", "(yhat", "forget_factor_two"),
    (TWO_LAYERS, "(yhat - t) /", "(t - yhat) /", "flip_the_error"),
    (TWO_LAYERS, " * (z1 > 0)", "", "skip_relu_mask"),
    (TWO_LAYERS, "a1.T @ g", "z1.T @ g", "input_before_activation"),
    (TWO_LAYERS, "gz.sum(0)", "gz[-1]", "bias_from_one_example"),
    (VALUE, "grad += g", "grad = g", "overwrite_at_fan_out"),
]


def checked(folder: Path, code: str, **more: float) -> list[CheckResult]:
    file = folder / "my_backprop.py"
    file.write_text(code, encoding="utf-8")
    return check(file, **more)  # pyright: ignore


def trouble(folder: Path, code: str, **more: float) -> str:
    (found,) = checked(folder, code, **more)
    assert not found.right
    assert found.wrong is None
    return found.trouble


@pytest.mark.parametrize("code", [NEURON, TWO_LAYERS, VALUE], ids=FUNCTIONS)
def test_what_is_right_passes(tmp_path: Path, code: str) -> None:
    for seed in (0, 1):
        (found,) = checked(tmp_path, code, seed=seed)
        assert found.right
        assert found.passed == found.total == 12
        assert found.wrong is None
        assert not found.trouble


def test_all_of_a_file_is_checked(tmp_path: Path) -> None:
    found = checked(tmp_path, NEURON + TWO_LAYERS + VALUE)
    assert [one.function for one in found] == list(FUNCTIONS.values())
    assert all(one.right for one in found)


@pytest.mark.parametrize(("code", "right", "slip", "mistake"), SLIPS)
def test_a_slip_is_named(tmp_path: Path, code: str, right: str, slip: str, mistake: str) -> None:
    assert right in code
    (found,) = checked(tmp_path, code.replace(right, slip))
    assert not found.right
    assert found.wrong is not None
    assert found.wrong.mistakes[0] == mistake
    assert found.wrong.found != found.wrong.expected
    assert found.wrong.case


def test_a_number_that_no_mistake_gives_is_still_found(tmp_path: Path) -> None:
    (found,) = checked(tmp_path, NEURON.replace("dz * x", "dz * x + 0.001"))
    assert found.wrong is not None
    assert found.wrong.name == "dw"
    assert found.wrong.found - found.wrong.expected == pytest.approx(0.001)
    assert found.wrong.mistakes == ()


def test_the_first_wrong_element_is_named(tmp_path: Path) -> None:
    code = TWO_LAYERS.replace('"dW1": x.T @ gz', '"dW1": x.T @ gz + np.eye(2, W1.shape[1])[::-1]')
    (found,) = checked(tmp_path, code)
    assert found.wrong is not None
    assert found.wrong.name == "dW1[0,1]"


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_runs_and_is_not_done(tmp_path: Path, name: str) -> None:
    (found,) = checked(tmp_path, starter(name))
    assert found.function == FUNCTIONS[name]
    assert not found.right
    assert found.wrong is not None
    assert found.wrong.mistakes == ()  # nothing was done, so nothing was done wrongly
    assert "whygrad check" in starter(name)


def test_an_unknown_starter_is_refused() -> None:
    with pytest.raises(WhygradError, match="did you mean 'neuron'"):
        starter("neurn")


# --- what does not run ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 1 / 0", "line 2 (return 1 / 0): ZeroDivisionError: division by zero"),
        ("return {}", "the result has no 'loss'; it has nothing"),
        ("return {'loss': 1}", "the result has no 'dw'; it has loss"),
        ("pass", "returned nothing; is there a return?"),
        ("return 1, 2", "it should return a dict, but returned a tuple"),
        ("return {'loss': 'x', 'dw': 1, 'db': 1}", "loss is not a number"),
        ("return {'loss': None, 'dw': [[1], [1, 2]], 'db': 1}", "is not a number"),
        ("return {'loss': 1, 'dw': [1, 2], 'db': 1}", "dw has shape (2,), but its value has ()"),
        ("return {'loss': object(), 'dw': 1, 'db': 1}", "not JSON serializable"),
        ("raise SystemExit", "it called exit()"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return neuron(w, b, x, y)", "RecursionError"),
        ("input()", "EOFError"),
    ],
)
def test_what_does_not_run_is_told(tmp_path: Path, body: str, says: str) -> None:
    told = trouble(tmp_path, f"def neuron(w, b, x, y):\n    {body}\n")
    assert says in told
    assert "It was given w = " in told
    assert "learner.py" not in told


def test_a_wrong_shape_is_told(tmp_path: Path) -> None:
    told = trouble(tmp_path, TWO_LAYERS.replace("gz.sum(0)", "gz"))
    assert str(say("check.shape", name="db1", shape="(1, 2)", expected="(2,)")) in told


def test_not_a_number_is_wrong(tmp_path: Path) -> None:
    (found,) = checked(tmp_path, NEURON.replace("dz * x", "float('nan')"))
    assert found.wrong is not None
    assert found.wrong.name == "dw"
    assert found.to_json()["wrong"]["found"] == "nan"


def test_what_never_ends_is_stopped(tmp_path: Path) -> None:
    code = NEURON + "\ndef two_layers(**arguments):\n    while True: pass\n" + VALUE
    neuron, two_layers, value = checked(tmp_path, code, time_limit=3.0)
    assert neuron.right
    stopped = str(say("check.stopped", seconds=3.0))
    assert stopped in two_layers.trouble
    assert stopped in value.trouble  # it was not reached


def test_a_file_that_never_ends_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(WhygradError, match="was stopped after 1 seconds"):
        checked(tmp_path, "while True: pass", time_limit=1.0)


def test_a_process_that_ends_itself_is_told(tmp_path: Path) -> None:
    told = trouble(tmp_path, "import os\ndef neuron(**a):\n    os._exit(3)\n")
    assert str(say("check.exited", code=3)) in told
    with pytest.raises(WhygradError, match="ended the process"):
        checked(tmp_path, "import os\nos._exit(3)\n")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def neuron(:", "does not run: line 1: SyntaxError"),
        ("import nothing_of_that_name", "line 1.*ModuleNotFoundError"),
        ("1 / 0", "line 1.*ZeroDivisionError"),
        ("raise SystemExit(0)", "it called exit"),
        ("", "defines none of neuron, two_layers, Value"),
        ("neuron = 3", "defines none of"),
    ],
)
def test_a_file_that_cannot_be_checked_is_refused(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        checked(tmp_path, code)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WhygradError, match="there is no file"):
        check(tmp_path / "none.py")
    with pytest.raises(WhygradError, match="there is no file"):
        check(tmp_path)


def test_a_file_may_import_what_lies_beside_it_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "answer.py").write_text("two = 2\n", encoding="utf-8")
    code = "import answer\n" + NEURON.replace("-2", "-answer.two")
    (found,) = checked(tmp_path, code)
    assert found.right


def test_what_a_file_prints_is_kept_apart(tmp_path: Path) -> None:
    file = tmp_path / "prints.py"
    file.write_text(NEURON.replace("    z =", "    print('z' * 5)\n    z ="), encoding="utf-8")
    code = f"from whygrad.practice import check; print(check({str(file)!r})[0].right)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "True\n"
    assert "zzzzz" in done.stderr


# --- cases ------------------------------------------------------------------------------------


def test_cases_meet_what_goes_wrong() -> None:
    made = scenarios(0)
    shut = [case.run["z"].item() < 0 for case in made["neuron"]]
    assert 2 <= sum(shut) <= 10
    assert {len(case.arguments["x"]) for case in made["two_layers"]} == {1, 2, 3}
    assert any((case.run["z1"] < 0).any() for case in made["two_layers"])
    assert len({case.steps for case in made["Value"]}) == 6
    assert scenarios(1)["neuron"][0].arguments != made["neuron"][0].arguments


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")
def test_what_a_file_started_ends_with_it(tmp_path: Path) -> None:
    file, noted = tmp_path / "mine.py", tmp_path / "pid"
    file.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(noted)!r}, 'w').write(str(child.pid))\n" + NEURON
    )
    assert [one.right for one in check(file)] == [True]
    pid = int(noted.read_text())
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return  # dead, and waiting for who reads its exit code
        time.sleep(0.05)
    raise AssertionError("the child lives on")


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (1000.0009, 1000.0, True),
        (1000.0011, 1000.0, False),
        (-1000.0009, -1000.0, True),
        (9e-7, 0.0, True),
        (1.1e-6, 0.0, False),
        (0.1 + 9e-7, 0.1, True),
        (float("nan"), 0.0, False),
    ],
)
def test_numbers_are_the_same_within_a_millionth(found: float, expected: float, same: bool) -> None:
    assert bool(_same(np.array(found), np.array(expected))) is same


@pytest.mark.parametrize("ending", [None, say("check.ended")])
def test_a_file_that_ended_before_it_answered_says_so(
    ending: Said | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.py"
    file.write_text("", encoding="utf-8")
    module = sys.modules["whygrad.practice.check"]
    monkeypatch.setattr(module, "_run", lambda *_: ([], ending))
    with pytest.raises(WhygradError, match=re.escape(f"mine.py: {say('check.ended')}")):
        check(file)
