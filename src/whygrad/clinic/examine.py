# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Examinations that a learner may order. They read what the doctor reads.

An examination has facts, each a sentence with numbers, and pictures. A fact knows whether it is
unusual and which causes it would speak for if it were; the learner sees neither before answering.
What is usual stands beside it, for it is general knowledge and not about this patient.
"""

from __future__ import annotations

from whygrad.clinic.choices import EXAMINATIONS
from whygrad.clinic.examinations import experiments, layers, nudges, outputs, rows, scores, updates
from whygrad.clinic.examinations.shown import (
    Examination,
    Fact,
    Facts,
    Pictures,
)
from whygrad.clinic.hand import HandRun
from whygrad.clinic.patient import Patient, one_thread
from whygrad.errors import WhygradError, unknown

_MADE: dict[str, tuple[Facts, Pictures]] = {
    **scores.MADE,
    **layers.MADE,
    **updates.MADE,
    **outputs.MADE,
    **rows.MADE,
    **experiments.MADE,
    **nudges.MADE,
}


def order(patient: Patient, key: str) -> Examination:
    """Make an examination.

    Raises:
        WhygradError: there is none of that name.
    """
    if key not in EXAMINATIONS:
        raise WhygradError(unknown("examination", key, EXAMINATIONS))
    if key not in patient.examined:
        title = EXAMINATIONS[key].title
        if isinstance(patient.run, HandRun):
            facts = nudges.BY_HAND[key](patient, patient.run) if key in nudges.BY_HAND else ()
            patient.examined[key] = Examination(key, title, tuple(facts), ())
        else:
            chart, (shows, draws) = patient.report.measurements, _MADE[key]
            assert chart is not None
            with one_thread():
                patient.examined[key] = Examination(
                    key, title, tuple(shows(patient, chart)), tuple(draws(patient, chart))
                )
    return patient.examined[key]


def fact(patient: Patient, key: str) -> Fact:
    """Return one fact by its name, such as ``gradients.start``.

    Raises:
        WhygradError: there is no such fact of this patient.
    """
    known = {one.key: one for one in order(patient, key.partition(".")[0]).facts}
    if key not in known:
        raise WhygradError(unknown("fact", key, known))
    return known[key]
