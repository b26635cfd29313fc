"""What is written for people is true: programs run, commands are documented, links lead on."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import whygrad as wg
from whygrad.cli.commands import whygrad
from whygrad.spec import parse_spec

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_the_python_of_the_readme_runs(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for expected in re.findall(r"^print\(.*\)  # prints (\S+):", code, re.M):
        assert expected in done.stdout.splitlines()


def test_the_first_ten_lines_learn_xor() -> None:
    done = subprocess.run(
        [sys.executable, "-c", blocks(README, "python")[0]], capture_output=True, text=True
    )
    outputs = [float(line.strip(" []")) for line in done.stdout.splitlines()[:4]]
    assert [round(output) for output in outputs] == [0, 1, 1, 0]


def test_what_the_readme_shows_of_a_trace_is_printed() -> None:
    printed = CliRunner().invoke(whygrad, ["trace", "flow"]).stdout
    (shown,) = blocks(README, "text")
    assert shown in printed


def test_the_spec_of_the_readme_is_read() -> None:
    (spec,) = blocks(README, "toml")
    assert parse_spec(spec).data.csv == "leaves.csv"


def commands(text: str) -> set[str]:
    """The whygrad commands of a text's console blocks."""
    lines = [
        line.partition("#")[0] for block in blocks(text, "console") for line in block.splitlines()
    ]
    return {line.partition(">")[0].strip() for line in lines if line.startswith("whygrad ")}


@pytest.mark.parametrize("line", sorted(commands(README) | commands(CLI)))
def test_the_commands_that_are_shown_are_understood(line: str) -> None:
    _, *words = shlex.split(line)
    if words:
        command = whygrad.commands[words[0]]
        parser = command.make_parser(click.Context(command))
        parser.parse_args(words[1:])  # refuses an option that is not there


@pytest.mark.parametrize("name", sorted(whygrad.commands))
def test_every_command_and_option_is_documented(name: str) -> None:
    section = re.search(rf"^## whygrad {name}\n(.*?)(?=^## |\Z)", CLI, re.M | re.S)
    assert section, f"docs/cli.md has no section '## whygrad {name}'"
    options = [
        option
        for parameter in whygrad.commands[name].params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    ]
    for option in options:
        assert f"`{option}" in section[1], f"{option} is not in the section on whygrad {name}"
    for mentioned in re.findall(r"`(--[a-z-]+)", section[1]):
        assert mentioned in options, f"whygrad {name} has no {mentioned}"


def test_no_section_is_about_a_command_that_is_gone() -> None:
    assert set(re.findall(r"^## whygrad (\S+)$", CLI, re.M)) == set(whygrad.commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_a_name_that_is_not_there_is_refused() -> None:
    assert wg.Network.__name__ == "Network"
    with pytest.raises(AttributeError, match="module 'whygrad' has no attribute 'Netwrok'"):
        wg.Netwrok  # noqa: B018  # pyright: ignore
