# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""A learner's answer, held to what the case is and to the doctor's reasoning; the remedy is run.

Nothing is praised and nothing is scored. Of a wrong cause it is said what it was taken for and what
in this run speaks against it; of evidence, which causes it tells apart; of a remedy, what came of
it when it was made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from whygrad.clinic.cases import Case
from whygrad.clinic.choices import (
    CAUSE_CHOICES,
    EXAMINATIONS,
    HEALTHY,
    LEAVE,
    REMEDY_CHOICES,
    UNTOLD,
    words,
)
from whygrad.clinic.examinations.shown import Fact
from whygrad.clinic.examine import fact, order
from whygrad.clinic.hand import CURES, HandRun
from whygrad.clinic.patient import (
    Course,
    Patient,
    Tell,
    hand_course,
    one_thread,
    quiet,
    trained,
)
from whygrad.clinic.train import Run
from whygrad.clinic.treated import treated
from whygrad.doctor import Finding, Report
from whygrad.doctor.remedies.change import NotApplicable
from whygrad.doctor.remedies.changes import change
from whygrad.doctor.remedies.predictions import SIGNALS, Checked, check
from whygrad.doctor.remedies.treat import effect
from whygrad.doctor.rules import ROWS, explained_by
from whygrad.errors import WhygradError, unknown
from whygrad.explain.display import number

SAME = 0.03  # of a metric from 0 to 1: less is no difference to regain
MOST_EVIDENCE = 5
SHARP = 3  # a fact that speaks for no more causes than this can rule them out
QUICK = tuple(key for key in EXAMINATIONS if key not in ("one_batch", "replay"))

CauseVerdict = Literal["right", "consequence", "other", "missed", "undecided"]
FactVerdict = Literal["supports", "symptom", "consequence", "silent", "against"]
RemedyVerdict = Literal["cures", "helps", "masks", "nothing", "left", "impossible"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a learner says of a patient.

    Attributes:
        cause: a documented cause, ``healthy`` or ``cannot_tell``.
        evidence: the names of facts.
        remedy: the name of a remedy, ``leave`` for none.
        words: why, in the learner's own words; kept beside the doctor's.
    """

    cause: str
    evidence: tuple[str, ...] = ()
    remedy: str = LEAVE
    words: str = ""

    def __post_init__(self) -> None:
        if self.cause not in CAUSE_CHOICES:
            raise WhygradError(unknown("cause", self.cause, CAUSE_CHOICES))
        if self.remedy not in REMEDY_CHOICES:
            raise WhygradError(unknown("remedy", self.remedy, REMEDY_CHOICES))
        if len(self.evidence) > MOST_EVIDENCE:
            raise WhygradError(f"name at most {MOST_EVIDENCE} facts as evidence")


@dataclass(frozen=True, slots=True)
class Judged:
    """A part of an answer, and what is to be said of it."""

    what: str
    verdict: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A remedy that was made to the run, from the same start.

    Attributes:
        course: how the run goes with it.
        regained: share of what the repaired run has over the faulty one; None where that is not
            known, or nothing.
        says: the doctor's verdict on the run with the remedy.
        predictions: what its mechanism predicts, and what was seen.
    """

    course: Course
    regained: float | None
    says: str
    predictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """What is said of an answer.

    Attributes:
        truth: the causes that are right to name; none for a healthy run.
        telling: the facts that tell this cause best, examined or not.
        made: the remedy run, if it can be made to this run.
    """

    answer: Answer
    truth: tuple[str, ...]
    cause: Judged
    evidence: tuple[Judged, ...]
    telling: tuple[Fact, ...]
    remedy: Judged
    made: Made | None


def grade(patient: Patient, answer: Answer, tell: Tell = quiet) -> Grade:
    """Grade an answer; the remedy is made to the run, and `tell` hears how far that is.

    Raises:
        WhygradError: the evidence is none of this patient's facts.
    """
    facts = tuple(fact(patient, key) for key in answer.evidence)
    remedy, made = _remedy(patient, answer.remedy, tell)
    return Grade(
        answer,
        patient.case.causes,
        _cause(patient, answer.cause, facts),
        tuple(_evidence(patient, answer.cause, one) for one in facts),
        _telling(patient),
        remedy,
        made,
    )


# --- the cause --------------------------------------------------------------------------------


def _root(patient: Patient) -> Finding | None:
    """Return the doctor's finding of what the case is, or its first."""
    findings = patient.report.findings
    right = [f for f in findings if f.cause in patient.case.causes]
    return next(iter([*right, *findings]), None)


def _cause(patient: Patient, said: str, facts: Iterable[Fact]) -> Judged:
    truth, name = patient.case.causes, CAUSE_CHOICES[said]
    root = _root(patient)
    if not truth:
        return Judged(name, *_of_healthy(patient, said))
    lines: list[str] = []
    first = truth[0]
    if root is not None and root.cause in truth:
        first = root.cause
    elif root is not None:
        lines.append(
            f"The doctor takes this run for {words(root.cause)}. It was built with "
            f"{words(first)}, so here the doctor is mistaken too."
        )
    why = root.mechanism if root is not None and root.cause == first else CAUSE_CHOICES[first]
    if said == HEALTHY:
        missing = fact(patient, "scores.training").says
        return Judged(name, "missed", (missing, f"It is {words(first)}: {why}", *lines))
    if said == UNTOLD:
        told = _telling(patient)
        shows = f" What tells it: {told[0].says}" if told else ""
        return Judged(name, "undecided", (f"It is {words(first)}: {why}{shows}", *lines))
    under = {f.cause: f for f in (root.consequences if root is not None else ())}
    follows = said in under or any(said in explained_by(c) for c in truth)
    if said in truth and not follows:
        return Judged(name, "right", (f"It is {words(first)}: {why}", *lines))
    if follows and (said in under or said in truth):
        here = under.get(said)
        so = f"{here.mechanism} " if here is not None else ""
        return Judged(
            name,
            "consequence",
            (f"{so}That is so here because of something before it: {words(first)}. {why}",
             f"Cure {words(said)} alone and its cause goes on; begin at the root.", *lines),
        )  # fmt: skip
    return Judged(
        name,
        "other",
        (f"It is {words(first)}: {why}", *_rules_out(patient, said, root, facts), *lines),
    )


def _of_healthy(patient: Patient, said: str) -> tuple[CauseVerdict, tuple[str, ...]]:
    seen = fact(patient, "scores.training").says
    lines = () if not patient.report.findings else (
        f"The doctor names {words(patient.report.findings[0].cause)} here; the run was built to be "
        "healthy, so it is mistaken.",
    )  # fmt: skip
    if said == HEALTHY:
        return "right", (seen, *lines)
    if said == UNTOLD:
        return "undecided", (f"It can be told: {seen}", *lines)
    return "other", (
        f"The run is healthy. {seen}",
        *_rules_out(patient, said, None, ()),
        *lines,
    )


def _rules_out(
    patient: Patient, said: str, root: Finding | None, facts: Iterable[Fact]
) -> Iterator[str]:
    """Say why it is not what the learner took it for."""
    if root is not None and said in root.rules_out:
        yield f"Not {words(said)}: {root.rules_out[said]}."
    seen = {one.key: one for one in (*facts, *_quick(patient).values())}
    against = sorted(
        (f for f in seen.values() if not f.unusual and said in (f.speaks_for or ())),
        key=lambda f: len(f.speaks_for or ()),
    )
    for one in [f for f in against if len(f.speaks_for or ()) <= SHARP][:2]:
        yield (
            f"Were it {words(said)}, this would be unusual: {one.says} (What is usual: {one.usual})"
        )
    if said in ROWS:
        yield f"What {words(said)} shows: {ROWS[said].evidence}"


# --- the evidence -----------------------------------------------------------------------------


def _quick(patient: Patient) -> dict[str, Fact]:
    """Return the facts of the examinations that take no training."""
    return {f.key: f for key in QUICK for f in order(patient, key).facts}


def _telling(patient: Patient) -> tuple[Fact, ...]:
    """Return the facts that tell this case from most others."""
    truth = set(patient.case.causes)
    seen = [f for f in _quick(patient).values() if f.unusual and truth & set(f.speaks_for or ())]
    return tuple(sorted(seen, key=lambda f: len(f.speaks_for or ()))[:2])


def _evidence(patient: Patient, said: str, one: Fact) -> Judged:
    truth = set(patient.case.causes)
    root = _root(patient)
    follows = {f.cause for f in root.consequences} if root is not None else set()
    for cause in truth:
        follows |= explained_by(cause)
    speaks = one.speaks_for
    if speaks is None:
        if one.unusual:
            return Judged(one.says, "symptom",
                          ("This is the complaint itself: whatever keeps a run from learning "
                           "shows it, so it tells no cause from another.",))  # fmt: skip
        return Judged(one.says, "supports" if not truth else "silent",
                      ("It learns what something simple can: whatever is wrong, if anything, does "
                       "not keep it from learning these rows.",))  # fmt: skip
    others = [cause for cause in speaks if cause not in truth]
    if one.unusual and truth & set(speaks):
        named = _listed([cause for cause in speaks if cause in truth])
        also = (
            f" It would also be seen with {_listed(others)}: it does not tell these apart."
            if others
            else " Nothing else in the list makes it so."
        )
        return Judged(one.says, "supports", (f"It speaks for {named}.{also}",))
    if one.unusual and follows & set(speaks):
        brought = _listed([cause for cause in speaks if cause in follows])
        return Judged(one.says, "consequence", (f"It speaks for {brought}, which follows here from "
                                                "the cause and is not it.",))  # fmt: skip
    if one.unusual:
        return Judged(one.says, "silent", (f"It is unusual, and would speak for {_listed(speaks)}; "
                                           "here it comes from something else.",))  # fmt: skip
    against = "It is as it should be, so it speaks against " + _listed(speaks, "or") + "."
    if said in speaks:
        return Judged(one.says, "against", (f"{against} That is against your own answer.",))
    return Judged(one.says, "supports" if said == HEALTHY and not truth else "silent", (against,))


def _listed(names: Iterable[str], last: str = "and") -> str:
    *most, end = [words(name) for name in names]
    return f"{', '.join(most)} {last} {end}" if most else end


# --- the remedy -------------------------------------------------------------------------------


def _remedy(patient: Patient, key: str, tell: Tell) -> tuple[Judged, Made | None]:
    name = REMEDY_CHOICES[key][1]
    truth, root = patient.case.causes, _root(patient)
    if key == LEAVE:
        tell(1.0)
        if not truth:
            return Judged(name, "left", ("Nothing is to be done.",)), None
        return Judged(name, "left", ("It stays as it is.", *_proposed(root))), None
    try:
        course, report = _remade(patient, key, lambda share: tell(0.9 * share))
    except (NotApplicable, KeyError) as why:
        known = isinstance(why, NotApplicable)
        reason = str(why) if known else "nothing was seen that it could act on"
        tell(1.0)
        return Judged(
            name, "impossible", (f"It cannot be made to this run: {reason}.", *_proposed(root))
        ), None
    regained = _regained(patient, course) if truth else None
    said = {c for f in report.findings for c in (f.cause, *(u.cause for u in f.consequences))}
    gone = not said & set(truth)
    proposed = next((r for f in patient.report.findings for r in f.remedies if r.key == key), None)
    seen = report.measurements
    checked = check(proposed, seen) if proposed is not None and seen is not None else ()
    tell(1.0)
    after = Made(course, regained, report.verdict, tuple(map(_predicted, checked)))
    before, now = number(patient.course.score), number(course.score)
    scores = f"{patient.score_name.capitalize()} on validation rows: {before} as it was, {now} now."
    if not truth:
        return Judged(name, "nothing", (scores, "There was nothing to repair.")), after
    verdict = ("cures" if gone else "nothing") if regained is None else effect(regained, gone)
    finding = "no longer finds" if gone else "still finds"
    lines = [scores, f"The doctor {finding} {words(truth[0])} in the run with it.",
             _means(verdict, gone, course.score < patient.course.score)]  # fmt: skip
    if verdict != "cures":
        lines += _proposed(root)
    return Judged(name, verdict, tuple(lines)), after


def _remade(patient: Patient, key: str, tell: Tell) -> tuple[Course, Report]:
    """Make a remedy to the run.

    Raises:
        NotApplicable: it does not apply to this run.
    """
    case, run, seed = patient.case, patient.run, patient.seed_of_run
    if isinstance(run, HandRun):
        if key != CURES[run.slip]:
            raise NotApplicable("the program has nothing that it could act on")
        mended = HandRun(run.case, "", seed, tell)
        return hand_course(mended), mended.report
    chart = patient.report.measurements
    assert chart is not None
    assert isinstance(case, Case)
    made = change(key, chart, _numbers(patient, key))
    again, report = trained(treated(case.faulty, made, seed), seed, tell)
    return again.course(), report


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


def _regained(patient: Patient, course: Course) -> float | None:
    """Return the share regained of what the repaired twin has over the faulty run."""
    case, run = patient.case, patient.run
    if isinstance(run, HandRun):
        reached = course.score  # only what repairs it can be made to it
    elif isinstance(case, Case) and case.fixed is not None:
        with one_thread():
            twin = Run(case.fixed, patient.seed_of_run, watched=False)
            twin.play()
        reached = twin.judged
    else:
        return None
    bad, good, now = (_worth(v) for v in (patient.course.score, reached, course.score))
    if abs(good - bad) < SAME:
        return None
    return (now - bad) / (good - bad)


def _worth(score: float) -> float:
    """Count what is not finite, or worse than a constant, as nothing gained."""
    return max(score, 0.0) if math.isfinite(score) else 0.0
