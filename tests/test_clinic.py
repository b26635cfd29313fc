"""The clinic: patients, examinations, grades."""

from __future__ import annotations

import functools
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch

from whygrad.clinic import data, examine, patient
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
from whygrad.clinic.numpy_case import NumpyNetwork
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


# By data set: how it is made, how many rows are learned from and judged on, and of the inputs and
# targets of either a mean in which later numbers weigh more.
DATA = {
    "iris": (data.table("iris", "classes"), 105, 45, 0.0011897, 1.5119, -0.018317, 1.5606),
    "diabetes": (
        data.table("diabetes", "numbers"),
        309,
        133,
        0.015776,
        0.03264,
        -0.12841,
        -0.30196,
    ),
    "raw wine": (
        data.table("wine", "classes", scale=False, factor=10.0),
        125,
        53,
        1039.8,
        1.4206,
        1033.4,
        1.3781,
    ),
    "digits": (data.digits(), 1258, 539, 0.45825, 6.7078, 0.45853, 6.7161),
    "digits as numbers": (data.digits(task="numbers"), 1258, 539, 0.45825, 6.7078, 0.45853, 6.7161),
    "images": (data.images(), 1258, 539, 0.45825, 6.7078, 0.45853, 6.7161),
    "images of three channels": (data.images(3), 1258, 539, 0.65198, 6.7078, 0.65231, 6.7161),
    "moons": (data.moons(), 420, 180, 0.59571, 0.75448, 0.52672, 0.77241),
    "friedman": (data.friedman(), 560, 240, 0.74567, 0.0053951, 0.73885, 0.0066742),
    "spirals": (data.spirals, 630, 270, -0.055249, 1.5122, 0.011902, 1.507),
    "long lag": (data.long_lag, 840, 360, 0.00070483, 0.77939, 0.0022556, 0.85628),
    "square": (data.curve("square"), 35, 15, 3.7931, 65.403, 3.4757, 52.039),
    "line": (data.curve("line"), 140, 60, 0.75683, 75.759, 0.76613, 76.798),
    "fourth power, scaled": (
        data.curve("fourth", scale=True),
        140,
        60,
        0.0088562,
        0.029619,
        0.18206,
        -0.25823,
    ),
    "xor": (data.xor, 4, 4, 0.85714, 0.75, 0.85714, 0.75),
    "raw validation": (data.raw_validation, 125, 53, -0.0093293, 1.4206, 103.34, 1.3781),
    "with NaN": (data.with_nan, 398, 171, 0.0051721, 0.94039, -0.011628, 0.94083),
    "noisy labels": (data.noisy_labels, 1258, 539, 0.45825, 6.597, 0.45853, 6.7161),
    "rare": (data.rare(0.02), 2100, 44, 0.10293, 0.037563, 0.0091431, 0.62209),
    "less rare": (data.rare(0.1), 2100, 900, 0.29125, 0.15511, 0.26916, 0.1074),
    "copied": (data.copied(honest=False), 630, 270, 0.64247, 0.82356, 0.63622, 0.65704),
    "copied after the split": (
        data.copied(honest=True),
        630,
        45,
        0.62301,
        0.78164,
        0.51244,
        0.67273,
    ),
    "above the median": (
        data.above_median(leaky=False),
        310,
        132,
        -0.0045608,
        0.74818,
        -0.04879,
        0.75029,
    ),
    "leaky": (data.above_median(leaky=True), 310, 132, -0.0045691, 0.74818, -0.044163, 0.75029),
    "few moons": (data.few_moons, 40, 400, 0.44665, 0.73846, 0.58354, 0.76061),
}


def weighed(numbers: Any) -> float:
    flat = torch.nan_to_num(numbers.double()).flatten()
    return float((flat * torch.linspace(1, 2, len(flat), dtype=torch.float64)).mean())


@pytest.mark.parametrize("name", DATA)
def test_a_seed_draws_the_same_rows_everywhere(name: str) -> None:
    make, learned, judged, *means = DATA[name]
    made = make(3)
    assert (len(made.x), len(made.y), len(made.xv), len(made.yv)) == (
        learned, learned, judged, judged,
    )  # fmt: skip
    found = [weighed(part) for part in (made.x, made.y, made.xv, made.yv)]
    assert found == pytest.approx(means, rel=1e-3, abs=1e-6)


def test_rows_in_order_are_the_same_rows() -> None:
    mixed, sorted_rows = data.digits()(3), data.in_order(data.digits())(3)
    assert sorted_rows.y.tolist() == sorted(mixed.y.tolist())
    assert sorted(sorted_rows.x.sum(1).tolist()) == sorted(mixed.x.sum(1).tolist())


def test_what_is_missing_is_five_cells_and_one_column_tells_the_label() -> None:
    gaps = torch.isnan(data.with_nan(3).x)
    assert int(gaps.sum()) == 5
    assert int(gaps.any(1).sum()) == 5
    leaky = data.above_median(leaky=True)(3)
    assert bool(((leaky.x[:, -1:] > 0) == (leaky.y == 1)).all())


def test_a_network_by_hand_gives_out_probabilities() -> None:
    setup = NUMPY[0].setup
    rows = setup.data(1)
    found = NumpyNetwork(setup, 1).outputs(rows.x.double().numpy())
    assert found.shape == (len(rows.x), len(rows.y.unique()))
    assert found.sum(1) == pytest.approx(1.0)
