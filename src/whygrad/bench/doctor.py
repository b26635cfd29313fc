# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""How good the doctor is: faulty runs, their repaired twins, and healthy runs that look ill.

Each case is trained with the doctor beside it. Families held out while thresholds were set are
reported apart. Needs the extra `clinic`.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from whygrad.clinic import by_hand
from whygrad.clinic.cases import Case, Setup, faults, healthy, mlp
from whygrad.clinic.train import Run
from whygrad.doctor import Report
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
}
MOMENTS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)  # of the budget, at which findings are read


def names(findings: Iterable[Any]) -> tuple[str, ...]:
    """Return causes, roots first, then what they explain."""
    roots = list(findings)
    return (*(f.cause for f in roots), *(u.cause for f in roots for u in f.consequences))


def examine(setup: Setup, seed: int, moments: Iterable[float] = ()) -> dict[str, Any]:
    """Train one run with the doctor, and return what it said."""
    run = Run(setup, seed, watched=True)
    began = time.perf_counter()
    run.play(moments)
    trained = time.perf_counter() - began
    assert run.doctor is not None
    report: Report = run.doctor.report()
    return {
        "metric": run.judged,
        "roots": [f.cause for f in report.findings],
        "said": list(names(report.findings)),
        "verdict": report.verdict,
        "notes": list(report.notes),
        "early": [(moment, names(findings)) for moment, findings in run.since],
        "seconds": round(trained, 2),
        "report_seconds": round(time.perf_counter() - began - trained, 2),
    }


def results(cases: Iterable[Case], seeds: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Run all cases and twins."""
    cases = list(cases)
    for seed in seeds:
        for case in cases:
            about = {"case": case.name, "family": case.family, "causes": case.causes, "seed": seed}
            kind = "healthy" if case.family == "healthy" else "fault"
            moments = MOMENTS if kind == "fault" else ()
            yield {**about, "kind": kind, **examine(case.faulty, seed, moments)}
            if case.fixed is not None:
                yield {**about, "kind": "twin", **examine(case.fixed, seed)}


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
    }


def overhead(
    setup: Setup, seed: int = 0, iterations: int = 400, turns: int = 7
) -> dict[str, float]:
    """Return a step's time without the doctor and with it, in turns, and the ratio of medians."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(turns):
        for watched in (False, True):
            run = Run(setup, seed, watched)
            x, y = run.data.x[: setup.batch], run.data.y[: setup.batch]
            began = time.perf_counter()
            for _ in range(iterations):
                run.iterate(x, y)
            taken[watched].append((time.perf_counter() - began) / iterations)
            if run.doctor is not None:
                run.doctor.close()
    plain, with_doctor = (statistics.median(taken[w]) for w in (False, True))
    return {"ms": round(plain * 1e3, 3), "ms_with": round(with_doctor * 1e3, 3),
            "ratio": round(with_doctor / plain, 3)}  # fmt: skip


def overheads() -> dict[str, Any]:
    """Measure a small model and one of about 15 ms a step."""
    small = next(c for c in healthy() if c.name == "h_digits_adam").faulty
    large = replace(small, model=partial(mlp, 64, 1024, 1024, 1024, 10), batch=128)
    with one_thread():
        return {"small": overhead(small), "large": overhead(large, iterations=100, turns=5)}


def found_in(rows: list[dict[str, Any]], seeds: Sequence[int]) -> dict[str, Any]:
    """Return the measurement as plain data, with the families held out apart."""
    split = {"all": rows, "held out": [r for r in rows if r["family"] in HELD_OUT],
             "used for thresholds": [r for r in rows if r["family"] not in HELD_OUT]}  # fmt: skip
    return {
        "date": datetime.now(UTC).date().isoformat(), "python": platform.python_version(),
        "torch": torch.__version__, "seeds": [*seeds], "rows": rows,
        "measures": {name: measures(some) for name, some in split.items() if some},
    }  # fmt: skip


def chosen(only: Collection[str] = (), part: tuple[int, int] = (0, 1)) -> list[Case]:
    """Return the cases of these families or with these parts of a name, or every n-th of them."""
    cases = [*faults(), *healthy()]
    if only:
        cases = [c for c in cases if any(word == c.family or word in c.name for word in only)]
    n, of = part
    return cases[n::of]


@contextmanager
def one_thread() -> Iterator[None]:
    """Small networks are fastest so, and two processes do not disturb each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


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
    total = sum(1 + (c.fixed is not None) for c in cases) + 2 * len(by_hand.CASES) * on_paper
    rows: list[dict[str, Any]] = []
    with one_thread():
        for row in chain(by_hand.results(seeds) if on_paper else (), results(cases, seeds)):
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
