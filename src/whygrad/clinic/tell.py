# pyright: basic
# What it reads leads to PyTorch, whose annotations are too loose for strict checking.
"""From what is known of a patient to what the learner is shown of it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from whygrad.clinic import messages as m
from whygrad.clinic.choices import words
from whygrad.clinic.examinations.shown import Examination, Fact, Picture
from whygrad.clinic.grade import Grade, Judged
from whygrad.clinic.patient import Course, Patient, patients
from whygrad.doctor import Finding


def patient_message(patient: Patient) -> m.PatientMessage:
    """Return what the author tells."""
    return m.PatientMessage(
        patient.seed,
        patients(),
        patient.story.task,
        patient.story.rows,
        patient.score_name,
        patient.listing,
        _course(patient.course),
    )


def examination_message(examination: Examination) -> m.ExaminationMessage:
    """Return what an examination shows, and nothing of what it means."""
    return m.ExaminationMessage(
        examination.key,
        examination.title,
        [_fact(fact) for fact in examination.facts],
        [_picture(picture) for picture in examination.pictures],
    )


def grade_message(patient: Patient, grade: Grade) -> m.GradeMessage:
    """Return what is said of an answer, and the doctor's whole report."""
    made = grade.made and m.ClinicMade(
        _course(grade.made.course), grade.made.says, list(grade.made.predictions)
    )
    return m.GradeMessage(
        [words(cause) for cause in grade.truth],
        _judged(grade.cause),
        [_judged(one) for one in grade.evidence],
        [_fact(fact) for fact in grade.telling],
        _judged(grade.remedy),
        made,
        patient.report.verdict,
        [_finding(finding) for finding in patient.report.findings],
        grade.answer.words,
    )


def _course(course: Course) -> m.ClinicCourse:
    return m.ClinicCourse(
        [at for at, _ in course.losses],
        _finite(loss for _, loss in course.losses),
        list(course.epochs),
        _finite(course.validation),
        _finite(course.scores),
        course.broke,
    )


def _fact(fact: Fact) -> m.ClinicFact:
    return m.ClinicFact(fact.key, fact.says, fact.usual)


def _picture(picture: Picture) -> m.ClinicPicture:
    series = [m.ClinicSeries(name, list(values)) for name, values in picture.series]
    return m.ClinicPicture(
        picture.title, picture.kind, list(picture.labels), series, picture.logarithmic
    )


def _judged(judged: Judged) -> m.ClinicJudged:
    return m.ClinicJudged(judged.what, judged.verdict, list(judged.says))


def _finding(finding: Finding) -> m.ClinicFinding:
    return m.ClinicFinding(
        words(finding.cause),
        finding.where,
        finding.mechanism,
        [[words(other), why] for other, why in finding.rules_out.items()],
        [m.ClinicRemedy(r.name, r.why, r.predicts) for r in finding.remedies],
        list(finding.masks),
        [[words(under.cause), under.mechanism] for under in finding.consequences],
        list(finding.links),
    )


def _finite(values: Iterable[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
