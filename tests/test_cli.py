"""The command line: what it prints, what it refuses, and what programs may read of it."""

import json
import math
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from threading import Event
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import whygrad as whygrad_package
from whygrad.cli.commands import whygrad
from whygrad.cli.trace import equation, laid_out
from whygrad.spec import preset_names
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.start import start

ROOT = Path(__file__).parents[1]
FUNCTIONS = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")}
DEAD = """
[network]
layers = [2, 4, 1]
[init]
seed = 123
[optimizer]
learning_rate = 0.5
[data]
name = "xor"
"""
DIVERGES = """
[network]
layers = [1, 1, 1]
[init]
W1 = 5
W2 = 5
[optimizer]
learning_rate = 10
[data]
x = 1
y = 2
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(whygrad, arguments)


def printed(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


def spec_file(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- all commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(whygrad.commands))
def test_every_command_has_help_with_examples(name: str) -> None:
    said = printed(name, "--help")
    assert "Examples:" in said
    assert f"whygrad {name}" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_the_help_lists_the_commands() -> None:
    said = printed("--help")
    for name in whygrad.commands:
        assert f"  {name} " in said


def test_it_is_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "whygrad", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("whygrad, version ")


def test_what_the_page_and_the_command_line_need_is_installed_with_whygrad() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[^\w-]", text)[0] for text in project["dependencies"]}
    assert needed == {"anyio", "click", "numpy", "rich", "starlette", "uvicorn"}


@pytest.mark.parametrize("command", ["trace", "train", "open"])
def test_an_unknown_spec_is_refused_with_the_nearest(command: str) -> None:
    assert "did you mean 'flow'" in refused(command, "flwo")


def test_a_faulty_file_is_named_with_its_line(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, "[network]\nlayers = [2, 1]\nactivtion = 'relu'\n")
    said = refused("trace", spec)
    assert said.startswith("Error: mine.toml, line 3: ")
    assert "did you mean 'activation'" in said
    assert "no such file" in refused("train", str(tmp_path / "none.toml"))


def test_a_learning_rate_that_is_no_number_is_refused() -> None:
    said = refused("whatif", "flow", "--learning-rate", "nan")
    assert "a learning rate is a number such as 0.1, not nan" in said


def test_an_unknown_command_is_refused() -> None:
    assert "No such command 'trian'" in refused("trian")


# --- open -------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses a browser was sent to; the server itself does not run."""
    from whygrad.cli import open as module

    addresses: list[str] = []

    def serve(app: Any, bound: Any, ready: Any) -> None:
        ready()
        bound.close()

    monkeypatch.setattr(module, "serve", serve)
    monkeypatch.setattr(module, "show", addresses.append)
    return addresses


def test_a_browser_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from whygrad.cli import open as module

    asked, closed = Event(), Event()

    def browse(url: str) -> None:
        assert url == "http://localhost:1/"
        asked.set()
        closed.wait(10)

    monkeypatch.setattr(module.webbrowser, "open", browse)
    module.show("http://localhost:1/")
    assert asked.wait(10)
    closed.set()


@pytest.mark.parametrize(
    ("arguments", "address"),
    [((), ""), (("open",), ""), (("open", "flow"), "#room=explore")],
    ids=["alone", "open", "open SPEC"],
)
def test_it_opens_home_or_with_a_spec_the_explorer(
    opened: list[str], arguments: tuple[str, ...], address: str
) -> None:
    said = printed(*arguments)
    assert re.search(rf"whygrad is at http://127\.0\.0\.1:\d+/{address} ", said)
    assert len(opened) == 1
    assert opened[0] in said


def test_no_browser_only_prints_the_address(opened: list[str]) -> None:
    assert "whygrad is at" in printed("open", "flow", "--port", "0", "--no-browser")
    assert opened == []


def test_a_taken_port_is_refused_and_a_taken_default_is_left(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whygrad.app.serve import listen
    from whygrad.cli import open as module

    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} is taken; try --port" in refused("open", "--port", str(port))
        monkeypatch.setattr(module, "PORT", port)
        assert f"Port {port} is taken" in printed("open", "--no-browser")


def test_it_opens_a_spec_with_its_csv_file(opened: list[str], tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,y\n1,2,0\n3,4,1\n")
    spec = spec_file(tmp_path, "[network]\nlayers = [2, 1]\n[data]\ncsv = 'd.csv'\ntarget = 'y'\n")
    printed("open", spec, "--port", "0")
    assert len(opened) == 1


# --- presets ----------------------------------------------------------------------------------


def test_presets() -> None:
    said = printed("presets")
    assert all(name in said for name in preset_names())
    listed = json.loads(printed("presets", "--format", "json"))
    assert [item["name"] for item in listed] == list(preset_names())


# --- trace ------------------------------------------------------------------------------------


def test_flow_is_a_worked_example_of_eleven_steps() -> None:
    said = printed("trace", "flow")
    before, _, updates = said.partition("\nUpdate\n")
    numbered = [line for line in before.splitlines() if line[:3].strip().isdigit()]
    assert [int(line[:3]) for line in numbered] == list(range(1, 12))
    assert " 12  Update: w₁′" in updates
    for heading in ("Forward", "Loss", "Backward"):
        assert f"\n{heading}\n" in before
    for line in (
        "Iteration 1 · example 1 of 1 · weights before the update",
        "z₁ = w₁ × x + b₁ = 0.5 × 1 + 0 = 0.5",
        "L = (ŷ − t)² = (0.25 − 2)² = 3.0625",
        "∂L/∂w₂ = ∂L/∂ŷ × a₁ = −3.5 × 0.5 = −1.75",
        "∂L/∂b₂ = ∂L/∂ŷ = −3.5",
        "w₁′ = w₁ − η × ∂L/∂w₁ = 0.5 − 0.1 × (−1.75) = 0.675",
        "The loss fell by 1.904, from 3.0625 to 1.158; the gradient promised 2.14375.",
    ):
        assert line in said


def test_a_later_iteration_has_the_weights_of_the_one_before() -> None:
    said = printed("trace", "flow", "--iteration", "2")
    assert "Iteration 2 · " in said
    assert "w₁ = 0.675, b₁ = 0.175" in said
    assert "The loss fell by 0.9502, from 1.1583 to 0.20809; the gradient promised 1.22" in said


def test_unfolded_every_primitive_is_a_step() -> None:
    said = printed("trace", "flow", "--unfold")
    steps = len(start("flow").iteration.tape.steps)
    assert f"{steps:>3}  " in said
    assert "z₁.matrix_product = w₁ × x = 0.5 × 1 = 0.5" in said


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ("xor", "example 135 of 200 · weights before"),
        ("moons", "mean over 10 of 200 examples ("),
        ("fanout", "Iteration 1 · numbers before the update"),
    ],
)
def test_it_says_which_samples(preset: str, said: str) -> None:
    assert said in printed("trace", preset)


def test_it_says_when_it_is_the_mean_over_all(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, DEAD + 'batch = "all"\n')
    assert "mean over all 4 examples" in printed("trace", spec)


def test_a_long_step_is_cut_and_all_of_it_can_be_had() -> None:
    said = printed("trace", "spirals")
    assert "… and 152 more like these (--all shows them)" in said
    assert "… (13 more terms)" in said
    everything = printed("trace", "spirals", "--all")
    assert "z₁[9,15] = " in everything
    assert "more" not in everything


def test_an_equation_that_is_too_long_has_its_signs_under_each_other() -> None:
    assert laid_out("a₁", ["b × c", "2 × 3", "6"], 80) == "a₁ = b × c = 2 × 3 = 6"
    assert laid_out("a₁", ["b × c + d", "2 × 3 + 1", "7"], 20) == "\n".join(
        ["a₁ = b × c + d", "   = 2 × 3 + 1", "   = 7"]
    )
    assert laid_out("a", ["b × c + d × e"], 12) == "a = b × c +\n    d × e"


def test_a_sum_inside_a_sum_is_cut_at_its_outermost_signs() -> None:
    run = start("spirals").iteration.run
    text = equation(run, *run.element("L"), unfold=False, width=10**6, cut=True)
    assert text.count("(") == text.count(")")


@pytest.mark.parametrize("unfold", [False, True])
@pytest.mark.parametrize("preset", ["flow", "xor", "moons"])
def test_the_json_is_the_worked_steps_and_the_full_record(preset: str, unfold: bool) -> None:
    data = json.loads(printed("trace", preset, "--format", "json", *["--unfold"] * unfold))
    tape = Tape.from_json(data["tape"])
    numbers = Run.from_json(tape, data["run"])
    for line in data["worked"]:
        assert set(line) == {"name", "phase", "formula", "expression", "value"}
        value = eval(line["expression"], {"__builtins__": {}, "max": max, "min": min, **FUNCTIONS})
        assert value == pytest.approx(line["value"], rel=1e-9, abs=1e-12)
        if not line["name"].startswith("v"):
            assert numbers.number(*numbers.element(line["name"])) == line["value"]
    assert data["iteration"] == 1
    assert len(data["samples"]) == (10 if preset == "moons" else 1)


def test_the_names_in_the_json() -> None:
    worked = json.loads(printed("trace", "flow", "--format", "json"))["worked"]
    assert [line["name"] for line in worked] == [
        *("z1", "a1", "yhat", "L"),
        *("dL/dyhat", "dL/dw2", "dL/db2", "dL/da1", "dL/dz1", "dL/dw1", "dL/db1"),
        *("w1_new", "b1_new", "w2_new", "b2_new"),
    ]
    worked = json.loads(printed("trace", "xor", "--format", "json"))["worked"]
    assert "dL/dW1[0,2]" in {line["name"] for line in worked}


def test_a_number_that_is_not_finite_is_a_text_in_the_json(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, "[formula]\nx = 710.0\na = 'exp(x)'\nL = 'a * 0 + 1'\n")
    result = run("trace", spec, "--format", "json")
    assert result.exit_code == 2
    assert "the first to make a NaN or infinity" in result.stderr


def test_no_step_of_a_spec_claims_a_line_of_a_program() -> None:
    tape = json.loads(printed("trace", "flow", "--format", "json"))["tape"]
    assert not any("source" in step for step in tape["steps"])


# --- train ------------------------------------------------------------------------------------


def test_xor_is_solved_and_said_to_be() -> None:
    said = printed("train", "xor")
    assert "XOR, after 2000 iterations" in said
    assert "accuracy  50% → 100%: 2 → 4 of 4 right" in said
    assert "4 examples kept for that; it learned from 200 others, 10 of them labelled wrong" in said
    assert "Nothing stayed unsolved." in said
    assert "1 of 4 hidden units is dead: its z₁ is ≤ 0 on all examples" in said
    assert "What to try" not in said


def test_what_stayed_unsolved_and_why(tmp_path: Path) -> None:
    said = printed("train", spec_file(tmp_path, DEAD))
    assert "(1, 0): output 0.3198, target 1" in said
    assert "3 of 4 hidden units are dead: their z₁ is ≤ 0 on all examples" in said
    assert "What to try" not in said


def test_training_that_fails_leads_to_what_the_doctor_finds_in_it(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    presets = Path(whygrad_package.__file__).parent / "spec" / "presets"
    text = (presets / "xor.toml").read_text(encoding="utf-8")
    spec = spec_file(tmp_path, text.replace("learning_rate = 0.5", "learning_rate = 0.000001"))
    said = printed("train", spec, "-n", "100")
    assert "The doctor, of the same 100 iterations: learning rate too low" in said
    assert "→ The learning rate that moves weights by a few thousandths" in said
    assert f"All that it sees: whygrad doctor {spec}" in said


def test_a_long_training_is_examined_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whygrad.cli.train.MOST_EXAMINED", 99)
    spec = spec_file(tmp_path, DEAD)
    said = printed("train", spec, "-n", "100")
    assert said.endswith(
        f"\nWhy, and what to do: whygrad doctor {spec} examines such a training.\n"
    )


def test_without_pytorch_training_says_what_the_doctor_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "whygrad.doctor.networks", raising=False)
    said = printed("train", spec_file(tmp_path, DEAD), "-n", "1")
    assert said.endswith(
        "\nWhy, and what to do: the doctor needs PyTorch, which is not installed. "
        "Try: pip install 'whygrad[torch]'.\n"
    )


def test_a_network_that_fits_though_it_is_dead_is_not_praised(tmp_path: Path) -> None:
    presets = Path(whygrad_package.__file__).parent / "spec" / "presets"
    text = (presets / "flow.toml").read_text(encoding="utf-8")
    spec = spec_file(tmp_path, text.replace("learning_rate = 0.1", "learning_rate = 0.5"))
    said = printed("train", spec)
    assert "1 of 1 hidden units is dead" in said
    assert "the output is the same for every input" in said
    assert "The doctor, of the same" in said or "the doctor needs PyTorch" in said


def test_classes_and_regression_are_judged_in_their_own_words(tmp_path: Path) -> None:
    said = printed("train", "spirals", "--iterations", "20")
    assert "the largest output for the target's class" in said
    assert "says class" in said
    assert "… and " in said
    spec = spec_file(
        tmp_path,
        "[network]\nlayers = [5, 1]\n[data]\nx = [[1,2,3,4,5],[2,3,4,5,6]]\ny = [[1],[9]]\n",
    )
    said = printed("train", spec, "-n", "1")
    assert "within 10% of the targets' spread" in said
    assert "(1, 2, 3, 4, …): output " in said


def test_a_formula_is_trained_too() -> None:
    said = printed("train", "fanout", "-n", "1")
    assert "Fan-out, after 1 iteration\n" in said
    assert "x         1.5" in said


def test_what_a_program_reads() -> None:
    data = json.loads(printed("train", "flow", "-n", "2", "--format", "json"))
    assert data["iterations"] == 2
    assert data["loss"] == pytest.approx([3.0625, 1.1583140625])
    assert data["accuracy"] == 0
    assert data["unsolved"][0]["target"] == [2]
    assert set(data["state"]) == {"w1", "b1", "w2", "b2"}
    formula = json.loads(printed("train", "fanout", "-n", "2", "--format", "json"))
    assert (formula["accuracy"], formula["unsolved"]) == (None, [])


def test_a_nan_names_the_step_that_made_it(tmp_path: Path) -> None:
    said = refused("train", spec_file(tmp_path, DIVERGES))
    assert "is the first to make a NaN or infinity" in said
    assert "site-packages" not in said


def test_a_bar_shows_where_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    result = run("train", "xor-corners")
    assert "training" in result.stderr
    assert "300/300" in click.unstyle(result.stderr)


def test_a_pipe_that_ends_early_is_no_fault() -> None:
    command = f"{sys.executable} -m whygrad trace spirals | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=os.environ)
    assert done.stdout.strip() == "Spirals"
    assert "Traceback" not in done.stderr
