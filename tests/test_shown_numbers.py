"""No command, exercise or worksheet prints a number with every bit, as the machine writes it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from whygrad.cli.commands import whygrad
from whygrad.practice import FADING, KINDS, exercise
from whygrad.practice.features import FEATURES
from whygrad.spec import preset_names

#: more than any law asks for: an equation that needs them all, such as 0.999999999983259 - 1
MOST_DIGITS = 15
NUMBER = re.compile(r"(?<![\w.])\d+\.\d+")
COMMANDS = [
    *(f"trace {name} --iteration 3" for name in preset_names()),
    *(f"train {name} -n 7" for name in preset_names()),
    "trace moons --unfold --all",
    *(f"why {name} --depth 3" for name in ("flow dL/dw1", "calculator L", "xor dL/dW1[0,0]")),
    *(f"why {name} --depth 3" for name in ("calculator w1_new", "spirals dL/dz1[0,0]")),
    *(f"nudge {name}" for name in ("flow w1", "calculator dL/dw1", "neuron b", "xor z1[0,1]")),
    *(f"nudge {name} --epsilon 1e-9" for name in ("flow w1", "moons W1[0,0]")),
    *(f"paths {name}" for name in ("flow w1", "calculator dL/dw1", "fanout x", "xor W1[0,0]")),
    "whatif flow --mistake add_the_gradient --iterations 9",
    "whatif calculator --learning-rate 0.3 --iterations 9",
    "whatif flow --set w1=0.3 --iterations 9",
    "whatif xor --swap relu=sigmoid --iterations 9",
    "doctor calculator",
    "clinic --list",
]
EXERCISES = [
    *(
        f"exercise --seed {seed} --kind {kind} --fading {fading} --with-answers"
        for seed in range(2)
        for kind in KINDS
        for fading in FADING
    ),
    *(f"exercise --seed 4 --feature {name} --difficulty 3 --with-answers" for name in FEATURES),
]


def raw_numbers(text: str) -> list[str]:
    numbers = (match[0] for match in NUMBER.finditer(text))
    return [n for n in numbers if len(n.replace(".", "").lstrip("0")) > MOST_DIGITS]


def printed(command: str) -> str:
    result = CliRunner().invoke(whygrad, command.split())
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_print_numbers_for_people(command: str) -> None:
    assert raw_numbers(printed(command)) == []


@pytest.mark.parametrize("command", EXERCISES)
def test_exercises_print_numbers_for_people(command: str) -> None:
    assert raw_numbers(printed(command)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_worksheets_print_numbers_for_people(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "worksheet.html"
    printed(f"worksheet --kind {kind} --count 6 --output {file}")
    page = re.sub(r"<style>.*?</style>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert raw_numbers(html.unescape(re.sub("<[^>]*>", "\n", page))) == []


@pytest.mark.parametrize("typed", ["0.30000000000000004", "1e-17", "3.0800249999999996", "x"])
def test_marks_print_numbers_for_people(typed: str, tmp_path: Path) -> None:
    made = exercise(7, feature="fanout", difficulty=2)
    answers = {ask.name: typed for ask in made.asks}
    files = [tmp_path / name for name in ("exercise.json", "answers.json")]
    for file, data in zip(files, (made.to_json(), answers), strict=True):
        file.write_text(json.dumps(data), encoding="utf-8")
    said = printed(f"grade {files[0]} {files[1]}")
    assert raw_numbers(said.replace(typed, "what was typed")) == []


def test_a_number_as_the_machine_writes_it_is_found() -> None:
    assert raw_numbers("the loss is 3.0800249999999996 above") == ["3.0800249999999996"]
