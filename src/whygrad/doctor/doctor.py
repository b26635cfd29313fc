"""The doctor beside a training loop: it records the run, and reports what is wrong with it."""

from __future__ import annotations

from dataclasses import replace

from whygrad.doctor.diagnosis import diagnose
from whygrad.doctor.experiments import player, trials, tried
from whygrad.doctor.finding import Finding
from whygrad.doctor.measure import measure
from whygrad.doctor.observe.generators import generators_restored
from whygrad.doctor.observe.recorder import Recorder
from whygrad.doctor.report import Report


class Doctor(Recorder):
    """Records a training run, and says what is wrong with it and why.

    The run is left as it is: nothing is changed in the model or the optimizer, experiments are
    made on a copy, random generators are put back, and what fails in the doctor is a note in its
    report.

    Args:
        model: any module; it is never changed.
        optimizer: any optimizer, or a list of those that train it.
        loss: the loss as a function of outputs and targets; without it, known ones are recognised.
        train: (X, y), each of shape (rows, …): all training rows, or a part; without it, rows of
            the first batches are kept.
        validation: (X, y): rows that the run is validated on.

    >>> doctor = Doctor(model, optimizer, loss=loss_fn, train=(X, y))  # doctest: +SKIP
    >>> doctor.step(loss, inputs=x, targets=y, outputs=out)  # doctest: +SKIP
    >>> print(doctor.report())  # doctest: +SKIP
    """

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What can be said now, from what has been recorded so far; no experiment is made."""
        return self._examine(experiments=False).findings

    def report(self) -> Report:
        """Examine the run, with experiments on a copy, and say what was found."""
        return self._examine(experiments=True)

    def _examine(self, experiments: bool) -> Report:
        if self.rank:
            note = f"this is rank {self.rank} of a distributed run; rank 0 reports"
            return Report((), (*self.notes, note), self.iterations, certain=False)
        if self.iterations == 0:
            return Report((), (*self.notes, "no iteration was seen"), 0, certain=False)
        try:
            with generators_restored():
                return self._report(experiments)
        except Exception as error:
            self.note("examine", error)
            return Report((), tuple(self.notes), self.iterations, certain=False)

    def _report(self, experiments: bool) -> Report:
        m = measure(self)
        if experiments:
            try:
                m = replace(m, trials=trials(self, m))
            except Exception as error:
                self.note("trials", error)
        findings = diagnose(m)
        if m.trials:
            try:
                m = replace(m, tried=tried(self, m, findings))
                findings = diagnose(m)
            except Exception as error:
                self.note("tried", error)
        certain = m.scores is not None
        play = player(self, m) if certain else None
        return Report(findings, tuple(self.notes), self.iterations, certain, m, play)
