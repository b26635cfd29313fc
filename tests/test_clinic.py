"""The clinic: patients, examinations, grades."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch

from whygrad.clinic import examine, patient
from whygrad.clinic.cases import CASES, NUMPY
from whygrad.clinic.choices import (
    CANNOT_TELL,
    CAUSE_CHOICES,
    EXAMINATIONS,
    HEALTHY,
    LEAVE,
    REMEDY_CHOICES,
)
from whygrad.clinic.grade import Grade, LearnerAnswer, grade
from whygrad.clinic.patient import Patient, admit, case_of, patients
from whygrad.doctor.remedies.table import REMEDIES, USUAL
from whygrad.doctor.rules import CAUSES, ROWS
from whygrad.errors import WhygradError

NAMES = CASES.keys()
SEEDS = {case_of(seed)[0].name: seed for seed in range(patients())}


@functools.cache
def met(name: str) -> Patient:
    return admit(SEEDS[name])


def test_seeds_that_follow_each_other_go_through_all_cases() -> None:
    assert patients() == len(NAMES)
    assert SEEDS.keys() == NAMES
    later = [case_of(seed) for seed in range(patients(), 2 * patients())]
    assert {case.name for case, _ in later} == NAMES
    assert {seed for _, seed in later} == {1}


def test_a_seed_means_the_same_everywhere() -> None:
    assert [case_of(seed)[0].name for seed in (5, 8, 42)] == [
        "missing_zero_grad_SO60335387",
        "class_imbalance_2pct",
        "h_digits_adam",
    ]


@pytest.mark.parametrize("seed", [-1, patient.MOST_SEEDS])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(WhygradError, match="a whole number from 0"):
        case_of(seed)


def test_all_causes_and_remedies_can_be_chosen() -> None:
    assert CAUSE_CHOICES.keys() == {HEALTHY, CANNOT_TELL, *CAUSES}
    keys = {remedy.key for row in ROWS.values() for remedy in row.remedies}
    assert keys | set(USUAL) <= REMEDY_CHOICES.keys() == {LEAVE, *REMEDIES}
    names = [name for _, name in REMEDY_CHOICES.values()]
    assert len(set(names)) == len(names)
    assert LEAVE in REMEDY_CHOICES


def test_a_patient_is_trained_and_its_course_kept() -> None:
    shares: list[float] = []
    here = admit(SEEDS["missing_optimizer_step"], shares.append)
    assert here.seed == SEEDS["missing_optimizer_step"]
    assert len(here.course.scores) == len(here.course.validation) == here.case.setup.epochs
    assert here.course.at[-1] <= here.course.epochs[-1]
    assert here.course.broke is None
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
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
    "sum_reduction_lr": {"scores.broke"},
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
    for key in EXAMINATIONS:
        made = examine.order(here, key)
        assert made.facts
        assert [one.key for one in made.facts if one.unusual] == []


def test_facts_and_pictures_are_well_formed() -> None:
    for name in ("missing_zero_grad_SO60335387", "nan_in_inputs", "leak_target_feature"):
        here = met(name)
        for key in EXAMINATIONS:
            made = examine.order(here, key)
            assert made is examine.order(here, key)
            for one in made.facts:
                assert one.key.startswith(f"{key}.")
                assert one.says.endswith(".")
                assert one.usual.endswith(".")
                assert set(one.speaks_for or ()) <= set(CAUSES)
            for picture in made.pictures:
                assert picture.kind in ("bars", "line")
                assert all(len(one.values) == len(picture.labels) for one in picture.series)


def test_an_examination_or_fact_that_is_not_there_is_refused() -> None:
    here = met("h_digits_adam")
    with pytest.raises(WhygradError, match="examination"):
        examine.order(here, "x_ray")
    with pytest.raises(WhygradError, match="fact"):
        examine.fact(here, "own.nothing")


# --- grading ----------------------------------------------------------------------------------


def graded(name: str, cause: str, *evidence: str, remedy: str = LEAVE) -> Grade:
    return grade(met(name), LearnerAnswer(cause, evidence, remedy))


def test_a_right_answer_names_the_mechanism_and_its_remedy_cures() -> None:
    found = graded(
        "gradient_ascent_sign_flip",
        "wrong_sign_of_objective",
        "own.direction",
        "scores.training",
        "own.stale",
        remedy="minimise",
    )
    assert found.truth == ("wrong_sign_of_objective",)
    assert found.cause.verdict == "right"
    assert "opposite" in found.cause.says[0]
    assert [one.verdict for one in found.evidence] == ["supports", "symptom", "silent"]
    assert "Nothing else in the list" in found.evidence[0].says[0]
    assert found.remedy.judged.verdict == "cures"
    assert found.remedy.made is not None
    assert found.remedy.regained == pytest.approx(1.0, abs=0.1)
    assert len(found.remedy.made.course.scores) == 25
    assert found.remedy.made.predictions


def test_a_consequence_is_led_back_to_its_root() -> None:
    found = graded("dead_relu_negative_bias", "dead_relu", "activations.dead_start")
    assert found.cause.verdict == "consequence"
    assert "bad initialisation" in " ".join(found.cause.says)
    assert found.evidence[0].verdict == "supports"
    assert "Weights by He's rule" in " ".join(found.remedy.judged.says)


def test_another_cause_is_ruled_out() -> None:
    found = graded("missing_optimizer_step", "vanishing_gradient", "updates.middle")
    assert found.cause.verdict == "other"
    assert any(said.startswith("Not vanishing gradient:") for said in found.cause.says)
    assert found.evidence[0].verdict == "supports"
    assert {fact.key for fact in found.telling} >= {"own.steps"}


def test_what_only_masks_is_told_from_a_cure() -> None:
    found = graded("missing_zero_grad_SO60335387", "missing_zero_grad", remedy="adam")
    assert found.remedy.judged.verdict == "masks"
    assert "the cause goes on" in " ".join(found.remedy.judged.says)
    assert found.remedy.made is not None
    assert found.remedy.made.course.score > met("missing_zero_grad_SO60335387").course.score


def test_a_remedy_that_does_nothing() -> None:
    found = graded("missing_optimizer_step", "learning_rate_too_low", remedy="lr_up_100")
    assert found.remedy.judged.verdict == "nothing"


def test_the_score_of_a_leak_falls_to_the_honest_one() -> None:
    found = graded("leak_target_feature", "data_leakage", "split.telling", remedy="drop_column")
    assert found.remedy.judged.verdict == "cures"
    assert "honest" in " ".join(found.remedy.judged.says)


def test_a_healthy_run() -> None:
    right = graded("h_high_lr_ok_logreg", HEALTHY, "scores.training", "own.stale")
    assert right.cause.verdict == "right"
    assert [one.verdict for one in right.evidence] == ["supports", "supports"]
    assert right.remedy.judged.verdict == "left"
    assert right.truth == right.telling == ()
    ill = graded("h_high_lr_ok_logreg", "learning_rate_too_high", "scores.rose", remedy="adam")
    assert ill.cause.verdict == "other"
    assert ill.evidence[0].verdict == "against"
    assert ill.remedy.judged.verdict == "nothing"


def test_calling_an_ill_run_healthy_or_untold() -> None:
    missed = graded("missing_optimizer_step", HEALTHY)
    assert missed.cause.verdict == "missed"
    untold = graded("missing_optimizer_step", CANNOT_TELL)
    assert untold.cause.verdict == "undecided"
    assert "What tells it" in untold.cause.says[0]
    assert graded("h_high_lr_ok_logreg", CANNOT_TELL).cause.verdict == "undecided"


def test_a_remedy_that_cannot_be_made_says_why() -> None:
    found = graded("missing_optimizer_step", "over_regularisation", remedy="less_dropout")
    assert found.remedy.judged.verdict == "impossible"
    assert found.remedy.made is None
    assert graded("h_high_lr_ok_logreg", HEALTHY, remedy="drop_column").remedy.made is None


@pytest.mark.parametrize(
    ("cause", "evidence", "remedy", "said"),
    [
        ("measles", (), LEAVE, "cause"),
        (HEALTHY, (), "aspirin", "remedy"),
        (HEALTHY, ("own.stale",) * 6, LEAVE, "at most 5"),
        (HEALTHY, ("own.nothing",), LEAVE, "fact"),
    ],
)
def test_an_answer_that_cannot_be_given_is_refused(
    cause: str, evidence: tuple[str, ...], remedy: str, said: str
) -> None:
    with pytest.raises(WhygradError, match=said):
        graded("missing_optimizer_step", cause, *evidence, remedy=remedy)


# --- programs in plain NumPy ------------------------------------------------------------------


@pytest.mark.parametrize("name", [case.name for case in NUMPY])
def test_a_backward_pass_by_hand_is_a_patient_too(name: str) -> None:
    here = met(name)
    assert here.listing.startswith("import numpy as np\n")
    assert len(here.course.losses) == here.course.epochs[-1]
    (cause,) = here.case.causes
    fact, remedy = {
        "wrong_backward": ("nudges.agree", "derive_again"),
        "dtype_truncation": ("parameters.kind", "float_parameters"),
    }[cause]
    found = graded(name, cause, fact, "scores.training", remedy=remedy)
    assert found.cause.verdict == "right"
    assert found.evidence[0].verdict == "supports"
    assert found.remedy.judged.verdict == "cures"
    assert graded(name, "dead_relu", remedy="adam").remedy.judged.verdict == "impossible"
    assert examine.order(here, "gradients").facts == ()


def test_the_global_generator_is_left_as_it_was() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    here = admit(SEEDS["train_mode_at_eval_dropout_bn"])
    for key in EXAMINATIONS:
        examine.order(here, key)
    grade(here, LearnerAnswer("train_mode_at_evaluation", (), "early_stop"))
    assert torch.equal(torch.get_rng_state(), before)


def test_an_examination_shows_the_same_whatever_was_examined_before() -> None:
    here = met("h_dropout_val_above_train")
    seen = examine.order(here, "one_batch")
    here.examined.clear()
    here.measured.clear()
    examine.order(here, "nudges")
    torch.rand(3)
    assert examine.order(here, "one_batch") == seen


def test_nudges_agree_with_what_pytorch_works_out() -> None:
    one = examine.fact(met("missing_optimizer_step"), "nudges.agree")
    assert not one.unusual
    assert one.says.startswith("12 weights were nudged")
