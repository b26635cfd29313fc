"""Scores and losses, beside those of simple models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    picture,
)
from whygrad.clinic.messages import ClinicPicture, finite
from whygrad.clinic.patient import Patient
from whygrad.doctor import derived
from whygrad.doctor.derived import sick
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules import learning_rate_too_high, overfitting
from whygrad.explain.display import number


def _score_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    s, course = measured.scores, patient.course
    if s is not None:
        known = s.reference_train
        simple = "nothing simple can be asked of so few rows" if known is None else (
            f"nearest neighbours or a linear fit reach {number(known)} on rows left out"
        )  # fmt: skip
        kind = "R²" if measured.targets is not None and measured.targets.task == "numbers" else (
            "accuracy, each class weighing the same"
        )  # fmt: skip
        yield Fact(
            "scores.training",
            f"On training rows the run reaches {number(s.train)} ({kind}), the best constant "
            f"answer {number(s.baseline)}; {simple}.",
            "At least what something simple reaches.",
            sick(measured),
        )
        if s.train_loss is not None and s.baseline_loss is not None:
            yield Fact(
                "scores.loss",
                f"The loss on training rows is {number(s.train_loss)}; that of the best constant "
                f"answer is {number(s.baseline_loss)}.",
                "Well below a constant answer's.",
                s.train_loss > 0.7 * s.baseline_loss or not math.isfinite(s.train_loss),
            )
        if s.validation is not None:
            best = min((v for v in course.validation if v is not None), default=math.nan)
            epoch = course.validation.index(best) + 1 if math.isfinite(best) else 0
            last = course.validation[-1]
            parted = (
                measured.broke is None
                and s.train - s.validation >= overfitting.APART
                and last is not None
                and last > overfitting.ROSE * best
            )
            yield Fact(
                "scores.gap",
                f"Training rows {number(s.train)}, validation rows {number(s.validation)}; the "
                f"validation loss was lowest in epoch {epoch} of {len(course.validation)} "
                f"({number(best)}) and ended at {'no number' if last is None else number(last)}.",
                "The two are close, and the validation loss ends near its lowest.",
                parted,
                ("overfitting", "label_noise", "train_val_preprocessing_mismatch"),
            )
    rose = derived.rose(measured)
    yield Fact(
        "scores.rose",
        f"The largest training loss is {number(rose)} times the first one.",
        f"Below {number(learning_rate_too_high.ROSE)} times.",
        rose > learning_rate_too_high.ROSE,
        ("learning_rate_too_high", "exploding_gradient", "wrong_sign_of_objective",
         "missing_zero_grad", "oscillating_loss", "unnormalised_inputs"),
    )  # fmt: skip
    broke = measured.broke
    yield Fact(
        "scores.broke",
        "The loss is finite throughout."
        if broke is None
        else f"The loss is not finite from iteration {broke.step} on.",
        "Finite.",
        broke is not None,
        ("learning_rate_too_high", "bad_initialisation", "exploding_gradient", "nan_in_data",
         "numerical_instability"),
    )  # fmt: skip
    values = [value for _, value in measured.losses[len(measured.losses) // 2 :]]
    if values:
        middle = sum(values) / len(values)
        swing = (sum((v - middle) ** 2 for v in values) / len(values)) ** 0.5
        yield Fact(
            "scores.swing",
            f"Over the second half, the loss of a batch is {number(middle)} in the mean and "
            f"swings by {number(swing)}.",
            "Some: batches differ. It matters where the run does not learn.",
            sick(measured, 0.15) and swing > 0.5 * abs(middle),
            ("oscillating_loss", "learning_rate_too_high"),
        )


def _score_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    s = measured.scores
    if s is not None:
        yield picture(
            "score on training rows",
            "bars",
            ("this run", "a constant answer", "something simple"),
            (("score", (finite(s.train), s.baseline, s.reference_train)),),
        )


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "scores": (_score_facts, _score_pictures),
}
