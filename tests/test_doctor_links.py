"""Where a finding leads: commands that work, pages that are there, and lines of the program."""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from whygrad.cli.commands import whygrad
from whygrad.doctor import CAUSES, Finding, Report, check_backward
from whygrad.doctor.diagnosis import line_of
from whygrad.doctor.rules import ROWS

COMMANDS = sorted({link for row in ROWS.values() for link in row.links[:-1]})
DOCS = Path(__file__).parent.parent / "docs" / "doctor.md"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_link_is_a_command_that_works(command: str) -> None:
    name, *words = shlex.split(command)
    assert name == "whygrad"
    done = CliRunner().invoke(whygrad, words)
    assert done.exit_code == 0, done.output


def test_links_belong_to_causes_and_every_cause_has_its_page() -> None:
    text = DOCS.read_text("utf-8")
    assert all(f"\n### {cause}\n" in text for cause in CAUSES)


def test_a_backward_pass_by_hand_leads_on_too() -> None:
    (found,) = check_backward(lambda p: float(p["w"] ** 2), {"w": 1.0}, {"w": 3.0}).findings
    assert found.links[-1] == "docs/doctor.md#wrong_backward"
    assert "whygrad nudge flow w1" in found.links


def test_a_place_is_a_layer_a_parameter_or_a_part_of_the_loop() -> None:
    lines = {"net.0": "a.py:3", "backward": "a.py:9", "step": "a.py:10"}
    assert line_of("net.0", lines) == line_of("net.0.weight", lines) == "a.py:3"
    assert line_of("the loss", lines) == "a.py:9"
    assert line_of("optimizer.lr", lines) == "a.py:10"
    assert line_of("inputs", lines) == ""


def test_lines_and_links_are_shown_everywhere(tmp_path: Path) -> None:
    found = Finding("dead_relu", 0.9, "serious", "it is shut", where="2", source="net.py:7",
                    links=("whygrad why flow dL/dw1",))  # fmt: skip
    report = Report((found,))
    assert "dead relu — 2 (net.py:7)" in str(report)
    assert "the same mechanism in another network: whygrad why flow dL/dw1" in str(report)
    told = report.to_dict()["findings"][0]
    assert (told["source"], told["links"]) == ("net.py:7", found.links)
    report.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "2 (net.py:7)" in page
    assert "<li>the same mechanism in another network: whygrad why flow dL/dw1</li>" in page
