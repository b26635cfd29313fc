"""How good the doctor is: faulty runs, their repaired twins, and healthy runs that look ill.

Each case is trained with the doctor beside it. Families held out while thresholds were set are
reported apart. Needs the extra `torch`, and scikit-learn for its data sets.

    python bench/doctor.py                         # seeds 100, 101, 102
    python bench/doctor.py --seeds 7 --only loop   # a family, a case, or a part of its name
    python bench/doctor.py --json doctor.json --overhead
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

for library in ("OMP", "OPENBLAS", "MKL"):  # before they are imported
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import torch  # noqa: E402

from whygrad.clinic import by_hand  # noqa: E402
from whygrad.clinic.cases import Case, Setup, faults, healthy  # noqa: E402
from whygrad.clinic.train import Run  # noqa: E402
from whygrad.doctor import Report  # noqa: E402

# Every third family of the alphabet, from the first: no threshold was set with their results.
HELD_OUT = ("activation", "data", "initialisation", "loss_pairing", "tensor_shape")
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
        "faulty runs": len(ill),
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
    from dataclasses import replace
    from functools import partial

    from whygrad.clinic.cases import mlp

    small = next(c for c in healthy() if c.name == "h_digits_adam").faulty
    large = replace(small, model=partial(mlp, 64, 1024, 1024, 1024, 10), batch=128)
    return {"small": overhead(small), "large": overhead(large, iterations=100, turns=5)}


def found_in(rows: list[dict[str, Any]], seeds: list[int]) -> dict[str, Any]:
    """Return the measurement as plain data, with the families held out apart."""
    split = {"all": rows, "held out": [r for r in rows if r["family"] in HELD_OUT],
             "used for thresholds": [r for r in rows if r["family"] not in HELD_OUT]}  # fmt: skip
    return {
        "date": datetime.now(UTC).date().isoformat(), "python": platform.python_version(),
        "torch": torch.__version__, "seeds": seeds, "rows": rows,
        "measures": {name: measures(some) for name, some in split.items() if some},
    }  # fmt: skip


def write(path: Path, found: dict[str, Any]) -> None:
    """Write the numbers."""
    path.write_text(json.dumps(found, indent=1, default=str) + "\n", "utf-8")


def main() -> None:
    """Run, print a table and, if asked, write the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102])
    parser.add_argument("--only", nargs="+", default=[], help="families or parts of names")
    parser.add_argument("--without", nargs="+", default=[], help="families to leave out")
    parser.add_argument("--part", default="0/1", help="of the cases: 0/2 is the even half")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    parser.add_argument("--overhead", action="store_true", help="measure that too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases = [*faults(), *healthy()]
    if options.only:
        cases = [c for c in cases if any(w == c.family or w in c.name for w in options.only)]
    cases = [c for c in cases if c.family not in options.without]
    n, of = map(int, options.part.split("/"))
    cases = cases[n::of]
    rows: list[dict[str, Any]] = []
    numpy_rows = by_hand.results(options.seeds) if n == 0 else []
    wanted = [r for r in numpy_rows if not options.only or "backward" in options.only]
    for row in [*wanted] if "backward" not in options.without else []:
        rows.append(row)
    for row in results(cases, options.seeds):
        rows.append(row)
        if options.json:  # so that a run that is stopped has not been for nothing
            write(options.json, found_in(rows, options.seeds))
        roots, causes = row["roots"], row["causes"]
        good = (roots and roots[0] in causes) if row["kind"] == "fault" else not roots
        print(f"{'ok ' if good else 'NO '} {row['kind']:7} {row['case']:40} {row['seed']:4} "
              f"{row['metric']:7.3f} {row['seconds']:6.1f}s+{row['report_seconds']:.1f} {roots} "
              f"{row['said'][len(roots):]} {row['notes'] or ''}", flush=True)  # fmt: skip
    found = found_in(rows, options.seeds)
    for name, numbers in found["measures"].items():
        print(f"\n{name}")
        for what, value in numbers.items():
            print(f"  {what:28} {value}")
    if options.overhead:
        found["overhead"] = overheads()
        print(f"\noverhead {found['overhead']}")
    if options.json:
        write(options.json, found)


if __name__ == "__main__":
    sys.exit(main())
