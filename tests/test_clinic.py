"""The clinic: patients, examinations."""

from __future__ import annotations

import dataclasses
import functools

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch

from whygrad.clinic import examine, patient
from whygrad.clinic.cases import Case, Setup, faults, healthy
from whygrad.clinic.choices import CAUSE_CHOICES, HEALTHY, LEAVE, REMEDY_CHOICES, UNTOLD
from whygrad.clinic.listing import listing
from whygrad.clinic.patient import Patient, admit, case_of, patients
from whygrad.clinic.stories import STORIES
from whygrad.clinic.train import Run
from whygrad.doctor.remedies import REMEDIES
from whygrad.doctor.rules import CAUSES
from whygrad.errors import WhygradError

CASES = [*faults(), *healthy()]
SEEDS = {case_of(seed)[0].name: seed for seed in range(len(CASES))}


@functools.cache
def met(name: str) -> Patient:
    return admit(SEEDS[name])


class Enough(Exception):
    pass


def first_losses(setup: Setup, seed: int, count: int) -> list[float]:
    run = Run(setup, seed, watched=False)
    iterate = run.iterate

    def once(x: torch.Tensor, y: torch.Tensor) -> None:
        iterate(x, y)
        if len(run.losses) == count:
            raise Enough

    run.iterate = once  # type: ignore[method-assign]
    with pytest.raises(Enough):
        run.play()
    return run.losses


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_listing_trains_what_was_trained(case: Case) -> None:
    data, seed, count = case.faulty.data(3), 3, 3
    program = listing(case.faulty, data, seed)
    line = "        loss = loss_function(model(x[batch]), y[batch])\n"
    assert program.count(line) == 1
    losses: list[float] = []

    def note(loss: torch.Tensor) -> None:
        losses.append(float(loss.detach()))
        if len(losses) == count:
            raise Enough

    known = {"load_rows": lambda: (data.x, data.y, data.xv, data.yv), "note": note}
    with pytest.raises(Enough):
        exec(program.replace(line, f"{line}        note(loss)\n"), known)
    assert repr(losses) == repr(first_losses(case.faulty, seed, count))  # NaN is NaN


@pytest.mark.parametrize("name", ["oscillating_batch1_blobs_AT", "train_mode_at_eval_dropout_bn"])
def test_the_whole_listing_can_be_run(name: str) -> None:
    case = next(c for c in CASES if c.name == name)
    short = dataclasses.replace(case.faulty, epochs=1)
    data, said = short.data(0), []
    program = listing(short, data, 0)
    rows = (data.x, data.y, data.xv, data.yv)
    exec(program, {"load_rows": lambda: rows, "print": lambda *told: said.append(told)})
    run = Run(short, 0, watched=False)
    run.play()
    [(epoch, _, score)] = said
    assert epoch == 0
    assert score == pytest.approx(run.judged)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_that_is_told_names_the_cause(case: Case) -> None:
    told = listing(case.faulty, case.faulty.data(0), 0) + repr(STORIES[case.name])
    for cause in CAUSES:
        assert cause not in told
    assert case.name not in told
    assert "wrong" not in told


def test_seeds_that_follow_each_other_go_through_all_cases() -> None:
    assert {case_of(seed)[0].name for seed in range(patients())} == {case.name for case in CASES}
    later = [case_of(seed) for seed in range(patients(), 2 * patients())]
    assert {case.name for case, _ in later} == {case.name for case in CASES}
    assert {seed for _, seed in later} == {1}


def test_a_seed_means_the_same_everywhere() -> None:
    assert [case_of(seed)[0].name for seed in (4, 7, 39)] == [
        "missing_zero_grad_SO60335387",
        "class_imbalance_2pct",
        "h_digits_adam",
    ]


@pytest.mark.parametrize("seed", [-1, patient.MOST_SEEDS])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(WhygradError, match="a whole number from 0"):
        case_of(seed)


def test_every_case_has_its_story() -> None:
    assert STORIES.keys() == {case.name for case in CASES}


def test_all_causes_and_remedies_can_be_chosen() -> None:
    assert CAUSE_CHOICES.keys() == {HEALTHY, UNTOLD, *CAUSES}
    keys = {remedy.key for remedies in REMEDIES.values() for remedy in remedies}
    assert keys - {None} <= REMEDY_CHOICES.keys() | {"control"}
    names = [name for _, name in REMEDY_CHOICES.values()]
    assert len(set(names)) == len(names)
    assert LEAVE in REMEDY_CHOICES


def test_a_patient_is_trained_and_its_course_kept() -> None:
    heard: list[float] = []
    here = admit(SEEDS["missing_optimizer_step"], heard.append)
    assert here.seed == SEEDS["missing_optimizer_step"]
    assert len(here.course.scores) == len(here.course.validation) == here.case.faulty.epochs
    assert here.course.losses[-1][0] <= here.course.epochs[-1]
    assert here.course.broke is None
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert here.report.findings[0].cause == "missing_optimizer_step"


def test_a_run_that_breaks_says_where() -> None:
    here = met("sum_reduction_lr")
    assert here.course.broke is not None
    assert examine.fact(here, "scores.broke").unusual


QUICK = {
    "missing_zero_grad_SO60335387": {"own.stale"},
    "missing_optimizer_step": {"own.steps", "parameters.moved", "updates.middle"},
    "gradient_ascent_sign_flip": {"own.direction"},
    "loss_rewrapped_item": {"gradients.reach"},
    "dead_relu_negative_bias": {"activations.dead_start"},
    "saturated_sigmoid_raw_wine": {"inputs.size", "activations.flat_start"},
    "val_not_normalised_SO59325381": {"inputs.shift"},
    "nan_in_inputs": {"inputs.cells", "replay.none"},
    "leak_target_feature": {"split.telling"},
    "no_shuffle_sorted_labels": {"own.order"},
    "double_softmax_ce_digits": {"outputs.kind"},
    "sum_reduction_lr": {"updates.first", "scores.broke"},
}


@pytest.mark.parametrize("name", QUICK)
def test_examinations_show_what_is_unusual(name: str) -> None:
    here = met(name)
    for key in QUICK[name]:
        one = examine.fact(here, key)
        assert one.unusual
        assert set(here.case.causes) & set(one.speaks_for or ())


@pytest.mark.parametrize("name", ["h_digits_adam", "h_high_lr_ok_logreg"])
def test_in_a_healthy_run_nothing_is_unusual(name: str) -> None:
    here = met(name)
    for key in examine.OFFERS:
        made = examine.order(here, key)
        assert made.facts
        assert [one.key for one in made.facts if one.unusual] == []


def test_facts_and_pictures_are_well_formed() -> None:
    for name in ("missing_zero_grad_SO60335387", "nan_in_inputs", "leak_target_feature"):
        here = met(name)
        for key in examine.OFFERS:
            made = examine.order(here, key)
            assert made is examine.order(here, key)
            for one in made.facts:
                assert one.key.startswith(f"{key}.")
                assert one.says.endswith(".")
                assert one.usual.endswith(".")
                assert set(one.speaks_for or ()) <= set(CAUSES)
            for picture in made.pictures:
                assert picture.kind in ("bars", "line")
                assert all(len(v) == len(picture.labels) for _, v in picture.series)


def test_an_examination_or_fact_that_is_not_there_is_refused() -> None:
    here = met("h_digits_adam")
    with pytest.raises(WhygradError, match="examination"):
        examine.order(here, "x_ray")
    with pytest.raises(WhygradError, match="fact"):
        examine.fact(here, "own.nothing")
