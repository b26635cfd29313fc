"""From what is known of a patient to what the learner may be shown of it."""

from __future__ import annotations

from whygrad.clinic.choices import words
from whygrad.clinic.examinations.shown import Examination
from whygrad.clinic.grade import Grade
from whygrad.clinic.messages import (
    ClinicFinding,
    ClinicRemedy,
    ExaminationMessage,
    GradeMessage,
    PatientMessage,
)
from whygrad.clinic.patient import Patient, patients
from whygrad.doctor import Finding


def patient_message(patient: Patient) -> PatientMessage:
    """Return what the author shows."""
    return PatientMessage(
        seed=patient.seed,
        patients=patients(),
        task=patient.story.task,
        rows=patient.story.rows,
        score=patient.run.score_name,
        listing=patient.listing,
        course=patient.course,
    )


def examination_message(examination: Examination) -> ExaminationMessage:
    """Return what an examination shows, and nothing of what it means."""
    return ExaminationMessage(
        key=examination.key,
        title=examination.title,
        facts=tuple(fact.shown for fact in examination.facts),
        pictures=examination.pictures,
    )


def grade_message(patient: Patient, grade: Grade) -> GradeMessage:
    """Return what is said of an answer, and the doctor's whole report."""
    return GradeMessage(
        truth=tuple(map(words, grade.truth)),
        cause=grade.cause,
        evidence=grade.evidence,
        telling=tuple(fact.shown for fact in grade.telling),
        remedy=grade.remedy.judged,
        made=grade.remedy.made,
        verdict=patient.report.verdict,
        findings=tuple(map(_finding, patient.report.findings)),
        words=grade.answer.words,
    )


def _finding(finding: Finding) -> ClinicFinding:
    return ClinicFinding(
        cause=words(finding.cause),
        where=finding.where,
        mechanism=finding.mechanism,
        not_these=tuple((words(other), why) for other, why in finding.rules_out.items()),
        remedies=tuple(ClinicRemedy(r.name, r.why, r.predicts) for r in finding.remedies),
        masks=finding.masks,
        under=tuple((words(under.cause), under.mechanism) for under in finding.consequences),
        links=finding.links,
    )
