"""The clinic on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from whygrad import clinic
from whygrad.cli import clinic as command
from whygrad.cli.commands import whygrad
from whygrad.clinic import examine
from whygrad.clinic.patient import case_of, patients

SEEDS = {case_of(seed)[0].name: seed for seed in range(patients())}
STILL = SEEDS["missing_optimizer_step"]


def run(*arguments: str | int, typed: str = "") -> Result:
    return CliRunner().invoke(whygrad, ["clinic", *map(str, arguments)], input=typed)


def printed(*arguments: str | int) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def refused(*arguments: str | int) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return " ".join(result.stderr.split())


def test_a_patient_is_shown_and_its_cause_is_not() -> None:
    said = printed("--seed", STILL)
    assert f"Patient {STILL}" in said
    assert "which of the ten digits" in said
    assert "loss.backward()" in said
    assert "missing_optimizer_step" not in said
    assert "optimizer.step()" not in said  # it is not called: that is the fault


def test_a_patient_as_json_holds_what_its_author_tells() -> None:
    found = json.loads(printed("--seed", STILL, "--format", "json", "--examine", "own"))
    told = found["patient"]
    assert told["seed"] == STILL
    assert len(told["course"]["scores"]) == 15
    [examination] = found["examinations"]
    assert {fact.keys() == {"key", "says", "usual"} for fact in examination["facts"]} == {True}
    assert "missing_optimizer_step" not in json.dumps(found)


def test_an_answer_is_graded() -> None:
    answer = "cause=missing_optimizer_step,evidence=own.steps+scores.training,remedy=call_step"
    said = printed("--seed", STILL, "--answer", answer, "--words", "nothing moves")
    for verdict in ("right", "supports it", "the complaint itself", "cures"):
        assert f"({verdict})" in said
    assert "You wrote nothing moves" in said


def test_a_grade_as_json() -> None:
    answer = ("--answer", "cause=healthy", "--format", "json")
    found = json.loads(printed("--seed", SEEDS["h_high_lr_ok_logreg"], *answer))
    assert found["grade"]["truth"] == []
    assert found["grade"]["cause"]["verdict"] == "right"


def test_what_can_be_chosen_is_listed() -> None:
    said = printed("--list")
    assert "one_batch" in said
    assert "double_softmax" in said
    assert "Remedies: the optimizer" in said
    found = json.loads(printed("--list", "--format", "json"))
    assert {one["key"] for one in found["causes"]} >= {"healthy", "cannot_tell", "dead_relu"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--answer", "cause"), "write it as cause=NAME"),
        (("--answer", "remedy=adam"), "names no cause"),
        (("--answer", "cause=dead_rely"), "dead_relu"),
        (("--answer", "cause=healthy,remedy=adm"), "adam"),
        (("--examine", "x_ray"), "examination"),
        (("--seed", 10**9), "whole number from 0"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments: tuple[str | int, ...], said: str) -> None:
    assert said in refused("--seed", STILL, *arguments)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clinic, "find_spec", lambda name: None if name == "sklearn" else name)
    said = refused("--seed", 1)
    assert "needs scikit-learn, which is not installed" in said
    assert "pip install 'whygrad[clinic]'" in said


def test_a_consultation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.Console, "is_terminal", True)
    typed = "h\n1\n3\nc\n99\na\nnonsense\noptimizer\nmissing_optimizer_step\n1,9\ncall_step\n\n"
    result = run("--seed", STILL, typed=typed)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "What do you expect is wrong" in said
    assert "A smaller question: Does it fail on the rows it learns from" in said
    assert "Nothing is called so." in said
    assert "missing_optimizer_step" in said
    assert "(right)" in said
    assert "(cures)" in said


def test_a_consultation_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.Console, "is_terminal", True)
    result = run("--seed", SEEDS["h_high_lr_ok_logreg"], typed="q\n")
    assert result.exit_code == 0
    assert "The doctor" not in result.output


def test_every_examination_can_be_printed() -> None:
    keys = [word for key in examine.EXAMINATIONS for word in ("--examine", key)]
    said = printed("--seed", SEEDS["h_sigmoid_bce_correct_pair"], *keys)
    assert "Memorising one batch" in said
    assert "loss on one batch" in said
