"""Experiments on a recorded run: its beginning played again with one thing changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch

from whygrad.doctor.finding import Finding
from whygrad.doctor.measure import ON_PROBABILITIES, class_run, measure, parameters_of, score
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.observe.generators import generators_restored
from whygrad.doctor.observe.losses import aligned
from whygrad.doctor.observe.recorder import Recorder
from whygrad.doctor.remedies.change import MOST_STEPS, NotApplicable, RunRows
from whygrad.doctor.remedies.changes import change
from whygrad.doctor.remedies.replay import Beginning, replay
from whygrad.doctor.remedies.table import INITIALISERS, TRIALS
from whygrad.doctor.rules.learning_rate_too_low import CLIPPED
from whygrad.doctor.rules.no_shuffling import ONE_SIDED
from whygrad.doctor.rules.wrong_sign_of_objective import AGAINST
from whygrad.doctor.treat import Play

MOST_JUDGED = 2000  # validation rows that a replay is judged on
ILL = 0.15  # of what can be learned is missing: worth experiments


def _beginning(recorder: Recorder, habits: bool) -> Beginning | None:
    """Return where the run started; with the loop's habits, or as a loop should be written."""
    shadow, loss = recorder.shadow, recorder.loss_function()
    if shadow is None or loss is None:
        return None
    x, y = recorder.probe_rows()
    rows = RunRows(x, y)
    plain = Beginning(
        shadow, recorder.start, recorder.optimizer, recorder.first_state, recorder.lr_top, rows,
        loss, recorder.batch or 32, min(recorder.iterations, MOST_STEPS),
    )  # fmt: skip
    if not habits:
        return plain
    if recorder.validation is not None:
        xv, yv = (torch.as_tensor(part).to(x.device) for part in recorder.validation)
        rows = RunRows(x, y, xv[:MOST_JUDGED], yv[:MOST_JUDGED])
    owned = {id(p) for group in recorder.optimizer.param_groups for p in group["params"]}
    names = frozenset(n for n, p in recorder.model.named_parameters() if id(p) in owned)
    seen, clip = _habits(recorder)
    return replace(plain, rows=rows, habits=seen, owned=names, clip=clip)


def _habits(recorder: Recorder) -> tuple[frozenset[str], float]:
    """Return what the loop gets wrong, as far as a replay can do it too, and where it clips."""
    audits = [a for a in recorder.audits if a.arrived > 0]
    seen = {
        "no_zero_grad": any(a.stale for a in audits),
        "no_step": recorder.steps == 0,
        "negated": sum((a.agreement or 0.0) < AGAINST for a in audits) > len(audits) / 2,
        "in_order": (class_run(recorder.batches) or 0.0) > ONE_SIDED,
        "train_mode": recorder.train_modes > 0 and recorder.eval_modes == 0,
        "old_model": any(
            p.trainable and p.got_gradient and not p.owned for p in parameters_of(recorder)
        ),
    }
    clipped = [
        a for a in audits if a.true and a.applied is not None and a.applied < CLIPPED * a.true
    ]
    clip = math.inf
    if len(clipped) > len(audits) / 2:
        clip = float(np.median([a.applied for a in clipped if a.applied is not None]))
    return frozenset(name for name, is_so in seen.items() if is_so), clip


def player(recorder: Recorder, m: Measurements) -> Play | None:
    """Return a function that plays the run's beginning again with a remedy, and measures it."""
    beginning = _beginning(recorder, habits=True)
    if beginning is None:
        return None

    def play(key: str, evidence: Mapping[str, float], seed: int) -> Measurements:
        what = change(key, m, evidence)
        if what.by_hand:
            raise NotApplicable(what.by_hand)
        with generators_restored():
            played = replay(beginning, what, seed, recorded=True)
            assert played.recorder is not None
            played.recorder.close()
            return measure(played.recorder)

    return play


def trials(recorder: Recorder, m: Measurements) -> dict[str, float]:
    """Play the run's beginning again with one thing changed at a time, and return the scores.

    A run that has learned most of what can be learned needs no experiment.
    """
    if recorder.shadow is None or (m.shortfall or 0) <= ILL:
        return {}
    numbers = m.targets is not None and m.targets.task == "numbers"
    return _replayed(recorder, m, [c for c in TRIALS if c != "standard_targets" or numbers])


def tried(recorder: Recorder, m: Measurements, findings: tuple[Finding, ...]) -> dict[str, float]:
    """Play it again with remedies between which there is a choice, and that keep task and rows."""
    keys = [r.key for f in findings if len(f.remedies) > 1 for r in f.remedies]
    if any(f.cause == "underfitting" for one in findings for f in (one, *one.consequences)):
        keys += INITIALISERS  # before it is said that nothing helps
    return _replayed(recorder, m, [key for key in dict.fromkeys(keys) if key not in m.trials])


def _replayed(recorder: Recorder, m: Measurements, keys: list[str]) -> dict[str, float]:
    """Return the score that each change reaches; what does not apply is left out."""
    beginning = _beginning(recorder, habits=False)
    if beginning is None or m.targets is None:
        return {}
    x = beginning.rows.x
    if x.is_floating_point() and not bool(torch.isfinite(x).all()):
        return {}
    squashed = (recorder.judged_by or recorder.loss_name) in ON_PROBABILITIES
    task = m.targets.task
    found: dict[str, float] = {}
    for key in keys:
        try:
            what = change(key, m)
            if what.by_hand or (what.rows is not None and key not in TRIALS):
                continue
            played = replay(beginning, what)
        except NotApplicable:
            continue
        answers = aligned(played.shadow.outputs(played.rows.x), played.rows.y)
        reached = score(*answers, task, squashed)
        found[key] = reached if math.isfinite(reached) else -1.0
    return found
