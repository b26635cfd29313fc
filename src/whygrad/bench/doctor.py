# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""How good the doctor is: faulty runs, their repaired twins, and healthy runs that look ill.

Each case is trained with the doctor beside it. Families held out while thresholds were set are
reported apart. Needs the extra `clinic`.
"""

from __future__ import annotations

import math
import platform
import random
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from whygrad.bench import numpy_backward
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases import CASES, FAULTS, HEALTHY, NUMPY
from whygrad.clinic.data import Data
from whygrad.clinic.model_source import mlp
from whygrad.clinic.remedy import SAME, worth
from whygrad.clinic.training import TrainingRun, one_thread
from whygrad.clinic.treated import treated
from whygrad.doctor import Finding, Remedy, Report
from whygrad.doctor.remedies.change import NotApplicable
from whygrad.doctor.remedies.changes import change
from whygrad.doctor.remedies.predictions import check, holds
from whygrad.doctor.remedies.table import USUAL
from whygrad.doctor.treat import CURED, effect
from whygrad.errors import WhygradError

SEEDS = (100, 101, 102)
# Every third family of the alphabet, from the first: no threshold was set with their results.
HELD_OUT = ("activation", "data", "initialisation", "loss_pairing", "tensor_shape")
WANTED = {
    "some alarm": "≥ 95 %",
    "right cause first": "≥ 80 %",
    "in the first three": "≥ 92 %",
    "alarm on healthy runs": "≤ 5 %",
    "alarm on fixed twins": "≤ 5 %",
    "median first right alarm": "≤ 20 %",
    "first remedy repairs": "≥ 70 %",
    "one of three repairs": "≥ 85 %",
    "remedies that only mask": "≤ 3 %",
    "predictions that hold": "≥ 90 %",
}
OFFERED = 3
_RATES = frozenset({"lr_down_10", "lr_down_100", "lr_up", "lr_up_10", "lr_up_100"})
_FASTER = frozenset({"lr_up", "lr_up_10", "lr_up_100"})
_SLOWER = frozenset({"lr_down_10", "lr_down_100"})
_WEIGHTS = frozenset({"fresh_weights", "glorot", "relu_he", "tanh_glorot", "selu_lecun"})
# What `not_a_fix` of tests/faults/cases.json names, by the remedies' keys.
NOT_A_FIX: Mapping[str, frozenset[str]] = {
    "vanish_sigmoid_deep_circles": _FASTER,
    "explode_init_std1_regression": frozenset({"clip_1"}),
    "dead_relu_negative_bias": _FASTER,
    "dead_relu_high_lr_digits": frozenset({"leaky_relu"}),
    "saturated_sigmoid_raw_wine": frozenset({"adam"}),
    "saturated_tanh_large_init_digits": _RATES,
    "rnn_vanish_long_lag": _FASTER | {"widen"},
    "lr_too_high_adam_digits": frozenset({"strong_decay"}),
    "lr_too_low_digits": _WEIGHTS | {"leaky_relu"},
    "clip_norm_too_tight": _WEIGHTS,
    "sum_reduction_lr": frozenset({"clip_1"}),
    "gradient_ascent_sign_flip": _SLOWER,
    "zero_init_moons": _RATES,
    "softmax_one_unit_bce_SO31880720": _RATES | _WEIGHTS | {"adam"},
    "double_softmax_ce_digits": frozenset({"lr_up_10", "adam", "batch_norm"}),
    "sigmoid_output_unbounded_SO48221692": frozenset({"standard_inputs"}),
    "unscaled_target_x4_SO52800582": _FASTER,
    "val_not_normalised_SO59325381": frozenset({"strong_decay", "less_dropout", "early_stop"}),
    "nan_in_inputs": _SLOWER | {"clip_1"},
    "label_noise_40_digits": frozenset({"widen"}),
    "no_shuffle_sorted_labels": _SLOWER | {"adam"},
    "overfit_small_noisy_moons": frozenset({"relu_he", "residual", "batch_norm"}),
    "missing_nonlinearity_spirals": _RATES | {"widen"},
    "over_regularised_l2": _WEIGHTS,
    "missing_zero_grad_SO60335387": frozenset({"adam", "clip_1"}),
    "missing_optimizer_step": _FASTER,
    "backbone_frozen_by_mistake": frozenset({"lr_up_10", "batch_norm"}),
    "detach_between_encoder_head": frozenset({"widen"}),
}
MOMENTS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)  # of the budget, at which findings are read


def names(findings: Iterable[Any]) -> tuple[str, ...]:
    """Return causes, roots first, then what they explain."""
    roots = list(findings)
    return (*(f.cause for f in roots), *(u.cause for f in roots for u in f.consequences))


def examine(
    setup: Setup, seed: int, moments: Iterable[float] = ()
) -> tuple[dict[str, Any], Report]:
    """Train one run with the doctor, and return what it said."""
    run = TrainingRun(setup, seed, watched=True)
    began = time.perf_counter()
    run.train(moments)
    trained = time.perf_counter() - began
    report = run.report()
    assert run.doctor is not None
    run.doctor.close()
    row = {
        "metric": run.scores[-1],
        "validation_loss": run.validation_losses[-1],
        "roots": [f.cause for f in report.findings],
        "said": list(names(report.findings)),
        "verdict": report.verdict,
        "notes": list(report.notes),
        "early": [(moment, names(findings)) for moment, findings in run.early],
        "seconds": round(trained, 2),
        "report_seconds": round(time.perf_counter() - began - trained, 2),
    }
    return row, report


def results(cases: Iterable[Case[Setup]], seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Run all cases, twins and remedies.

    A remedy is proposed for the run of one seed and made to the run of the next, which it was not
    proposed for.
    """
    for case in cases:
        about = {"case": case.name, "family": case.family, "causes": case.causes}
        kind = "healthy" if case.family == "healthy" else "fault"
        ill: dict[int, tuple[dict[str, Any], Report]] = {}
        well: dict[int, dict[str, Any]] = {}
        for seed in seeds:
            row, report = examine(case.setup, seed, MOMENTS if kind == "fault" else ())
            row = {**about, "seed": seed, "kind": kind, **row}
            ill[seed] = row, report
            if case.repaired is None:
                yield row
                continue
            well[seed] = {**about, "seed": seed, "kind": "twin", **examine(case.repaired, seed)[0]}
            yield well[seed]
        next_seed = dict(zip(seeds, [*seeds[1:], seeds[0]], strict=True))
        for seed in well:
            fresh = next_seed[seed]
            row, report = ill[seed]
            gap = Gap(ill[fresh][0], well[fresh])
            yield {
                **row,
                "repairable": gap.there,
                "remedies": [
                    tried(case, finding, remedy, report, fresh, gap)
                    for finding, remedy in offered(report)
                ],
                "random": at_random(case, report, seed, fresh, gap),
            }


# --- remedies ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gap:
    """Between a faulty run and its repaired twin, of the same seed."""

    faulty: dict[str, Any]
    fixed: dict[str, Any]

    @property
    def there(self) -> bool:
        """Whether there is something to regain: that the twin is better (or more honest) at all."""
        faulty, fixed = self.faulty["validation_loss"], self.fixed["validation_loss"]
        return self._in_metric or not math.isfinite(faulty) or abs(fixed - faulty) > SAME * faulty

    @property
    def _in_metric(self) -> bool:
        return abs(worth(self.fixed["metric"]) - worth(self.faulty["metric"])) >= SAME

    def regained(self, row: dict[str, Any]) -> float:
        """Return which share of it a run has regained, by its metric.

        Where the metric hardly differs, the validation loss tells.
        """
        bad, good, now = (worth(r["metric"]) for r in (self.faulty, self.fixed, row))
        if not self._in_metric:
            bad, good, now = (-r["validation_loss"] for r in (self.faulty, self.fixed, row))
        share = (now - bad) / (good - bad) if good != bad else 0.0
        return share if math.isfinite(share) else 0.0


def offered(report: Report) -> list[tuple[Finding, Remedy]]:
    """Return the first remedies, in the order in which they are read."""
    return [(f, r) for f in report.findings for r in f.remedies][:OFFERED]


def tried(
    case: Case[Setup], finding: Finding, remedy: Remedy, report: Report, seed: int, gap: Gap
) -> dict[str, Any]:
    """Make a remedy to a run, train it, and say what came of it."""
    assert report.measurements is not None
    found = {
        "cause": finding.cause, "key": remedy.key, "regained": 0.0, "gone": False, "holds": None,
        "listed": remedy.key in NOT_A_FIX.get(case.name, ()), "note": "", "predicted": [],
    }  # fmt: skip
    try:
        setup = treated(case.setup, change(remedy.key, report.measurements, finding.evidence), seed)
        row, after = examine(setup, seed)
    except NotApplicable as why:
        return {**found, "effect": "nothing", "note": str(why)}
    found |= {"metric": row["metric"], "regained": round(gap.regained(row), 3),
              "gone": finding.cause not in row["said"], "said": row["said"]}  # fmt: skip
    if after.measurements is not None:
        checked = check(remedy, after.measurements)
        found |= {"holds": holds(checked), "predicted": [str(one) for one in checked]}
    known = effect(found["regained"], found["gone"]) if gap.there else "not to be told"
    return {**found, "effect": known}


def at_random(case: Case[Setup], report: Report, seed: int, fresh: int, gap: Gap) -> dict[str, Any]:
    """Make a change picked blindly from what people try first."""
    key = random.Random(f"{case.name} {seed}").choice(USUAL)
    assert report.measurements is not None
    try:
        setup = treated(case.setup, change(key, report.measurements), fresh)
        run = TrainingRun(setup, fresh, watched=False)
        run.train()
    except NotApplicable:
        return {"key": key, "regained": 0.0}
    row = {"metric": run.scores[-1], "validation_loss": run.validation_losses[-1]}
    return {"key": key, "regained": round(gap.regained(row), 3)}


def first_right(row: dict[str, Any]) -> float:
    """Return the share of the budget after which the first cause named was, and stayed, right."""
    early = [*row["early"], (1.0, row["roots"])]
    at = 1.0
    for moment, said in reversed(early):
        if not said or said[0] not in row["causes"]:
            break
        at = moment
    return at


def measures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the table's numbers."""
    ill = [r for r in rows if r["kind"] == "fault"]

    def share(some: list[dict[str, Any]], which: Any) -> float | None:
        return round(sum(map(bool, map(which, some))) / len(some), 3) if some else None

    def right(r: dict[str, Any], among: int) -> bool:
        return any(c in r["causes"] for c in r["said"][:among])

    found = [r for r in ill if right(r, 1)]
    made = [one for r in ill for one in r.get("remedies", ())]
    able = [r for r in ill if r.get("repairable")]

    def repaired(r: dict[str, Any], among: int) -> bool:
        return any(one["effect"] == "cures" for one in r["remedies"][:among])

    return {
        "number of faulty runs": len(ill),
        "some alarm": share(ill, lambda r: r["roots"]),
        "right cause first": share(ill, lambda r: r["roots"] and r["roots"][0] in r["causes"]),
        "the root itself first": share(
            ill, lambda r: r["roots"] and r["roots"][0] == r["causes"][0]
        ),
        "in the first three": share(ill, lambda r: right(r, 3)),
        "alarm on healthy runs": share(
            [r for r in rows if r["kind"] == "healthy"], lambda r: r["roots"]
        ),
        "alarm on fixed twins": share(
            [r for r in rows if r["kind"] == "twin"], lambda r: r["roots"]
        ),
        "median first right alarm": round(statistics.median(map(first_right, found)), 3)
        if found
        else None,
        "number of runs to repair": len(able),
        "first remedy repairs": share(able, lambda r: repaired(r, 1)),
        "one of three repairs": share(able, lambda r: repaired(r, OFFERED)),
        "a random pick repairs": share(able, lambda r: r["random"]["regained"] >= CURED),
        "number of remedies offered": len(made),
        "remedies that only mask": share(
            made, lambda one: one["listed"] or one["effect"] == "masks"
        ),
        "predictions that hold": share(
            [one for one in made if one["holds"] is not None], lambda one: one["holds"]
        ),
    }


class Timed(TrainingRun):
    """A run that keeps when its last iteration ended."""

    ended = 0.0

    def after_step(self, *arguments: Any) -> None:
        """Take note of an iteration, and of the time."""
        super().after_step(*arguments)
        self.ended = time.perf_counter()


def repeated(setup: Setup, iterations: int) -> Setup:
    """Return a set-up that trains on its first batch again and again."""

    def make(seed: int) -> Data:
        data = setup.data(seed)
        rows = torch.arange(setup.batch).repeat(iterations)
        return replace(data, x=data.x[rows], y=data.y[rows])

    return replace(setup, data=make, epochs=1, slip="in_order")


def overhead(
    setup: Setup, seed: int = 0, iterations: int = 400, turns: int = 7
) -> dict[str, float]:
    """Return a step's time without the doctor and with it, in turns, and the ratio of medians."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(turns):
        for watched in (False, True):
            run = Timed(repeated(setup, iterations), seed, watched)
            began = time.perf_counter()
            run.train()
            taken[watched].append((run.ended - began) / iterations)
            if run.doctor is not None:
                run.doctor.close()
    plain, with_doctor = (statistics.median(taken[w]) for w in (False, True))
    return {"ms": round(plain * 1e3, 3), "ms_with": round(with_doctor * 1e3, 3),
            "ratio": round(with_doctor / plain, 3)}  # fmt: skip


def overheads() -> dict[str, Any]:
    """Measure a model of a third of a millisecond a step and one of 25, in long and short runs."""
    usual = CASES["h_digits_adam"].setup
    models = {
        "small": replace(usual, model=mlp(64, 16, 10), batch=8),
        "large": replace(usual, model=mlp(64, 1024, 1024, 1024, 10), batch=128),
    }
    lengths = {"small": (1500, 60), "large": (300, 60)}
    with single_threaded():
        return {
            f"{name}, {iterations} iterations": overhead(models[name], iterations=iterations)
            for name in models
            for iterations in lengths[name]
        }


def found_in(rows: list[dict[str, Any]], seeds: Sequence[int]) -> dict[str, Any]:
    """Return the measurement as plain data, with the families held out apart."""
    split = {"all": rows, "held out": [r for r in rows if r["family"] in HELD_OUT],
             "used for thresholds": [r for r in rows if r["family"] not in HELD_OUT]}  # fmt: skip
    return {
        "date": datetime.now(UTC).date().isoformat(), "python": platform.python_version(),
        "torch": torch.__version__, "seeds": [*seeds], "rows": rows,
        "measures": {name: measures(some) for name, some in split.items() if some},
    }  # fmt: skip


def chosen(only: Collection[str] = (), part: tuple[int, int] = (0, 1)) -> list[Case[Setup]]:
    """Return the cases of these families or with these parts of a name, or every n-th of them."""
    cases = [*FAULTS, *HEALTHY]
    if only:
        cases = [c for c in cases if any(word == c.family or word in c.name for word in only)]
    n, of = part
    return cases[n::of]


@contextmanager
def single_threaded() -> Iterator[None]:
    """Compute with one thread in NumPy, too: two processes do not disturb each other then."""
    with one_thread(), threadpool_limits(1):
        yield


def run(
    seeds: Sequence[int] = SEEDS,
    only: Collection[str] = (),
    part: tuple[int, int] = (0, 1),
    progress: Callable[[dict[str, Any], int], object] | None = None,
) -> dict[str, Any]:
    """Train all cases with the doctor beside them, and count what it said.

    Args:
        seeds: each case is trained with each.
        only: families, or parts of cases' names; by default all.
        part: (n, m) trains the n-th of m parts, so that several processes can share the work.
        progress: is told each row, and of how many.

    Raises:
        WhygradError: no case is of that family or has that in its name.
    """
    cases = chosen(only, part)
    on_paper = part[0] == 0 and (not only or "backward" in only)
    if not cases and not on_paper:
        families = ", ".join(dict.fromkeys(c.family for c in chosen()))
        raise WhygradError(
            f"no case is called like {', '.join(map(repr, only))}. Families are {families}, "
            "backward."
        )
    total = sum(1 + (c.repaired is not None) for c in cases) + 2 * len(NUMPY) * on_paper
    rows: list[dict[str, Any]] = []
    with single_threaded():
        for row in chain(numpy_backward.results(seeds) if on_paper else (), results(cases, seeds)):
            rows.append(row)
            if progress is not None:
                progress(row, total * len(seeds))
    return found_in(rows, seeds)


def line(row: dict[str, Any]) -> str:
    """Write what was said of one run."""
    roots, causes = row["roots"], row["causes"]
    good = (roots and roots[0] in causes) if row["kind"] == "fault" else not roots
    return (
        f"{'ok ' if good else 'NO '} {row['kind']:7} {row['case']:40} {row['seed']:4} "
        f"{row['metric']:7.3f} {row['seconds']:6.1f}s+{row['report_seconds']:.1f} {roots} "
        f"{row['said'][len(roots) :]} {row['notes'] or ''}"
        + "".join(
            f"\n      {one['effect']:8} {one['key']:22} {one['regained']:7.2f} regained, "
            f"{'gone' if one['gone'] else 'still ill'} {one.get('said', '')} holds: {one['holds']} "
            f"{one['predicted']} {one['note']}"
            for one in row.get("remedies", ())
        )
    )


def table(found: dict[str, Any]) -> str:
    """Write the measures, the families held out apart."""
    parts = found["measures"]
    rows = [f"{'':34}{'wanted':>8}" + "".join(f"{name:>22}" for name in parts)]
    for what in next(iter(parts.values())):
        cells = (_cell(what, numbers[what]) for numbers in parts.values())
        rows.append(f"{what:34}{WANTED.get(what, ''):>8}" + "".join(f"{c:>22}" for c in cells))
    seeds = ", ".join(map(str, found["seeds"]))
    rows.append(f"\nseeds {seeds}; {found['date']}; PyTorch {found['torch']}")
    return "\n".join(rows)


def _cell(what: str, value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if what.startswith("number") else f"{value:.1%}"
