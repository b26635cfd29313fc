"""The examinations that a learner may order. They read what the doctor measured.

An examination has facts, each a sentence with numbers, and pictures. A fact knows whether it is
unusual and which causes make it so; the learner sees neither before answering. What is usual stands
beside it: that is general knowledge and not about this patient.
"""

from __future__ import annotations

from collections.abc import Mapping

from whygrad.clinic.choices import EXAMINATIONS
from whygrad.clinic.examinations import (
    experiments,
    layers,
    nudges,
    numpy_case,
    outputs,
    rows,
    scores,
    updates,
)
from whygrad.clinic.examinations.shown import (
    Examination,
    Fact,
    Facts,
    Pictures,
)
from whygrad.clinic.numpy_case import NumpyRun
from whygrad.clinic.patient import Patient
from whygrad.clinic.training import fresh_generator, one_thread
from whygrad.errors import WhygradError, unknown

_SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    **scores.SHOWS,
    **layers.SHOWS,
    **updates.SHOWS,
    **outputs.SHOWS,
    **rows.SHOWS,
    **experiments.SHOWS,
    **nudges.SHOWS,
}


def order(patient: Patient, key: str) -> Examination:
    """Examine a patient; what was examined once is kept with it.

    Raises:
        WhygradError: there is none of that name.
    """
    if key not in EXAMINATIONS:
        raise WhygradError(unknown("examination", key, EXAMINATIONS))
    if key not in patient.examined:
        title = EXAMINATIONS[key].title
        if isinstance(patient.run, NumpyRun):
            known = numpy_case.FACTS.get(key)
            facts = () if known is None else known(patient, patient.run)
            patient.examined[key] = Examination(key, title, tuple(facts), ())
        else:
            measured, (shows, draws) = patient.report.measurements, _SHOWS[key]
            assert measured is not None
            with one_thread(), fresh_generator(patient.seed_of_run):
                patient.examined[key] = Examination(
                    key, title, tuple(shows(patient, measured)), tuple(draws(patient, measured))
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
