"""A learner's answer, compared with the case and the doctor's reasoning; the remedy is tried.

Nothing is praised and nothing is scored. Of a wrong cause it is said what in this run speaks
against it; of evidence, which causes it distinguishes; of a remedy, how the run went with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from whygrad.clinic.choices import (
    CANNOT_TELL,
    CAUSE_CHOICES,
    EXAMINATIONS,
    HEALTHY,
    LEAVE,
    REMEDY_CHOICES,
    words,
)
from whygrad.clinic.examinations.shown import Fact
from whygrad.clinic.examine import fact, order
from whygrad.clinic.messages import ClinicJudged
from whygrad.clinic.patient import Patient
from whygrad.clinic.progress import Progress, ignore
from whygrad.clinic.remedy import TriedRemedy, tried
from whygrad.doctor import Finding
from whygrad.doctor.rules import ROWS, explained_by
from whygrad.errors import WhygradError, unknown

MOST_EVIDENCE = 5
SHARP = 3  # a fact that speaks for no more causes than this can rule them out
QUICK = tuple(key for key in EXAMINATIONS if key not in ("one_batch", "replay"))

CauseVerdict = Literal["right", "consequence", "other", "missed", "undecided"]
FactVerdict = Literal["supports", "symptom", "consequence", "silent", "against"]


@dataclass(frozen=True, slots=True)
class LearnerAnswer:
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
class Grade:
    """What is said of an answer.

    Attributes:
        truth: the causes that are right to name; none for a healthy run.
        telling: the facts that point to this cause best, examined or not.
    """

    answer: LearnerAnswer
    truth: tuple[str, ...]
    cause: ClinicJudged
    evidence: tuple[ClinicJudged, ...]
    telling: tuple[Fact, ...]
    remedy: TriedRemedy


def grade(patient: Patient, answer: LearnerAnswer, progress: Progress = ignore) -> Grade:
    """Grade an answer, and train the run again with the answer's remedy.

    Args:
        patient: whose run it is about.
        answer: the learner's.
        progress: is called while the remedy is tried.

    Raises:
        WhygradError: the evidence is none of this patient's facts.
    """
    facts = tuple(fact(patient, key) for key in answer.evidence)
    return Grade(
        answer=answer,
        truth=patient.case.causes,
        cause=_cause(patient, answer.cause, facts),
        evidence=tuple(
            ClinicJudged(one.says, *_evidence(patient, answer.cause, one)) for one in facts
        ),
        telling=_telling(patient),
        remedy=tried(patient, answer.remedy, progress),
    )


# --- the cause --------------------------------------------------------------------------------


def _cause(patient: Patient, said: str, facts: Iterable[Fact]) -> ClinicJudged:
    truth, name = patient.case.causes, CAUSE_CHOICES[said]
    root = patient.root
    if not truth:
        return ClinicJudged(name, *_of_healthy(patient, said))
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
        return ClinicJudged(name, "missed", (missing, f"It is {words(first)}: {why}", *lines))
    if said == CANNOT_TELL:
        told = _telling(patient)
        shows = f" What tells it: {told[0].says}" if told else ""
        return ClinicJudged(name, "undecided", (f"It is {words(first)}: {why}{shows}", *lines))
    under = {f.cause: f for f in (root.consequences if root is not None else ())}
    follows = said in under or any(said in explained_by(c) for c in truth)
    if said in truth and not follows:
        return ClinicJudged(name, "right", (f"It is {words(first)}: {why}", *lines))
    if follows and (said in under or said in truth):
        here = under.get(said)
        so = f"{here.mechanism} " if here is not None else ""
        return ClinicJudged(
            name,
            "consequence",
            (f"{so}That is so here because of something before it: {words(first)}. {why}",
             f"Cure {words(said)} alone and its cause goes on; begin at the root.", *lines),
        )  # fmt: skip
    return ClinicJudged(
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
    if said == CANNOT_TELL:
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
    """Return the facts that distinguish this patient's cause from most others."""
    truth = set(patient.case.causes)
    seen = [f for f in _quick(patient).values() if f.unusual and truth & set(f.speaks_for or ())]
    return tuple(sorted(seen, key=lambda f: len(f.speaks_for or ()))[:2])


def _evidence(patient: Patient, said: str, one: Fact) -> tuple[FactVerdict, tuple[str, ...]]:
    """Return what a fact is worth as evidence in this run, and why."""
    truth, speaks = set(patient.case.causes), one.speaks_for
    if speaks is None and one.unusual:
        return "symptom", (
            "This is the complaint itself: whatever keeps a run from learning shows it, so it "
            "tells no cause from another.",
        )
    if speaks is None:
        return "silent" if truth else "supports", (
            "It learns what something simple can: whatever is wrong, if anything, does not keep "
            "it from learning these rows.",
        )
    if not one.unusual:
        against = f"It is as it should be, so it speaks against {_listed(speaks, 'or')}."
        if said in speaks:
            return "against", (f"{against} That is against your own answer.",)
        return "supports" if said == HEALTHY and not truth else "silent", (against,)
    if truth & set(speaks):
        others = [cause for cause in speaks if cause not in truth]
        also = (
            f"It would also be seen with {_listed(others)}: it does not tell these apart."
            if others
            else "Nothing else in the list makes it so."
        )
        named = _listed(cause for cause in speaks if cause in truth)
        return "supports", (f"It speaks for {named}. {also}",)
    follows = _follows(patient) & set(speaks)
    if follows:
        brought = _listed(cause for cause in speaks if cause in follows)
        return "consequence", (
            f"It speaks for {brought}, which follows here from the cause and is not it.",
        )
    return "silent", (
        f"It is unusual, and would speak for {_listed(speaks)}; here it comes from something else.",
    )


def _follows(patient: Patient) -> set[str]:
    """Return the causes that follow from this patient's."""
    found = {f.cause for f in (() if patient.root is None else patient.root.consequences)}
    for cause in patient.case.causes:
        found |= explained_by(cause)
    return found


def _listed(names: Iterable[str], last: str = "and") -> str:
    *most, end = [words(name) for name in names]
    return f"{', '.join(most)} {last} {end}" if most else end
