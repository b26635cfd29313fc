"""A remedy that a learner chose, tried: the run again from the same start, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whygrad.clinic.choices import LEAVE, REMEDY_CHOICES, words
from whygrad.clinic.messages import ClinicCourse, ClinicJudged, ClinicMade
from whygrad.clinic.numpy_case import SLIPS, NumpyRun
from whygrad.clinic.patient import Patient
from whygrad.clinic.progress import Progress
from whygrad.clinic.training import TrainingRun, one_thread, trained
from whygrad.clinic.treated import treated
from whygrad.doctor import Finding, Report
from whygrad.doctor.remedies.change import NotApplicable
from whygrad.doctor.remedies.changes import change
from whygrad.doctor.remedies.predictions import SIGNALS, Checked, check
from whygrad.doctor.treat import effect
from whygrad.explain.display import number

SAME = 0.03  # of a metric from 0 to 1: less is no difference to regain


@dataclass(frozen=True, slots=True)
class TriedRemedy:
    """What came of a remedy.

    Attributes:
        judged: what is to be said of it.
        made: how the run went with it; None where it was left or cannot be made.
        regained: the share that it brought of what the repaired run has over the faulty one; None
            where that is not known, or nothing.
    """

    judged: ClinicJudged
    made: ClinicMade | None = None
    regained: float | None = None


def tried(patient: Patient, key: str, progress: Progress) -> TriedRemedy:
    """Train a patient's run again with a remedy.

    Args:
        patient: whose run it is.
        key: a name from ``REMEDY_CHOICES``.
        progress: is called while the run is trained.
    """
    result = _tried(patient, key, progress)
    progress(1.0)
    return result


def _tried(patient: Patient, key: str, progress: Progress) -> TriedRemedy:
    name = REMEDY_CHOICES[key][1]
    truth, root = patient.case.causes, patient.root
    if key == LEAVE:
        says = ("It stays as it is.", *_proposed(root)) if truth else ("Nothing is to be done.",)
        return TriedRemedy(ClinicJudged(name, "left", says))
    try:
        course, report = _again(patient, key, lambda share: progress(0.9 * share))
    except (NotApplicable, KeyError) as why:
        known = isinstance(why, NotApplicable)
        reason = str(why) if known else "nothing was seen that it could act on"
        says = (f"It cannot be made to this run: {reason}.", *_proposed(root))
        return TriedRemedy(ClinicJudged(name, "impossible", says))
    regained = _regained(patient, course) if truth else None
    named = {c for f in report.findings for c in (f.cause, *(u.cause for u in f.consequences))}
    gone = not named & set(truth)
    proposed = next((r for f in patient.report.findings for r in f.remedies if r.key == key), None)
    seen = report.measurements
    checked = check(proposed, seen) if proposed is not None and seen is not None else ()
    made = ClinicMade(course, report.verdict, tuple(map(_predicted, checked)))
    before, now = number(patient.course.score), number(course.score)
    score = patient.run.score_name.capitalize()
    scores = f"{score} on validation rows: {before} as it was, {now} now."
    if not truth:
        says = (scores, "There was nothing to repair.")
        return TriedRemedy(ClinicJudged(name, "nothing", says), made)
    verdict = ("cures" if gone else "nothing") if regained is None else effect(regained, gone)
    finding = "no longer finds" if gone else "still finds"
    lines = [scores, f"The doctor {finding} {words(truth[0])} in the run with it.",
             _means(verdict, gone, course.score < patient.course.score)]  # fmt: skip
    if verdict != "cures":
        lines += _proposed(root)
    return TriedRemedy(ClinicJudged(name, verdict, tuple(lines)), made, regained)


def _again(patient: Patient, key: str, progress: Progress) -> tuple[ClinicCourse, Report]:
    """Train the run from the same start with a remedy.

    Raises:
        NotApplicable: it does not apply to this run.
    """
    case, seed = patient.case, patient.seed_of_run
    if isinstance(patient.run, NumpyRun):
        if key != SLIPS[case.setup.slip].remedy:
            raise NotApplicable("the program has nothing that it could act on")
        assert case.repaired is not None
        again = NumpyRun(case.repaired, seed, progress)
        return again.course(), again.report
    measured = patient.report.measurements
    assert measured is not None
    made = change(key, measured, _numbers(patient, key))
    run, report = trained(treated(case.setup, made, seed), seed, progress)
    return run.course(), report


def _means(verdict: str, gone: bool, lower: bool) -> str:
    if verdict == "cures":
        honest = "The score is lower, and honest." if lower else "What was missing comes back."
        return f"It cures. {honest}"
    if verdict == "helps":
        return "It helps in part: the cause is gone, and some of what was missing comes back."
    if verdict == "masks" and gone:
        return "It only masks: the cause does not show any more, and the run is no better for it."
    if verdict == "masks":
        return "It only masks: the score is better, and the cause goes on."
    return "It does nothing: the cause stays, and what was missing stays missing."


def _predicted(one: Checked) -> str:
    e = one.expectation
    seen = "not to be seen" if one.seen is None else f"seen {number(one.seen)}"
    return f"{SIGNALS[e.signal][0]}: predicted {e.relation} {number(e.bound)}, {seen}"


def _proposed(root: Finding | None) -> Iterator[str]:
    """Say what the doctor would do first."""
    if root is not None and root.remedies:
        first = root.remedies[0]
        yield f"What follows from the mechanism: {first.name}; {first.why}."
    if root is not None and root.masks:
        yield f"What would only mask it: {root.masks[0]}."


def _numbers(patient: Patient, key: str) -> Mapping[str, float]:
    """Return the numbers that a remedy may need, such as which column."""
    for finding in patient.report.findings:
        if any(remedy.key == key for remedy in finding.remedies):
            return finding.evidence
    return {}


def _regained(patient: Patient, course: ClinicCourse) -> float | None:
    """Return the share regained of what the repaired run has over the faulty one."""
    repaired = patient.case.repaired
    assert repaired is not None
    if isinstance(patient.run, NumpyRun):
        reached = course.score  # only what repairs it can be made to it
    else:
        with one_thread():
            run = TrainingRun(repaired, patient.seed_of_run, watched=False)
            run.train()
        reached = run.scores[-1]
    bad, good, now = (worth(v) for v in (patient.course.score, reached, course.score))
    if abs(good - bad) < SAME:
        return None
    return (now - bad) / (good - bad)


def worth(score: float) -> float:
    """Return a score with what is not finite, or worse than a constant answer, as nothing."""
    return max(score, 0.0) if math.isfinite(score) else 0.0
