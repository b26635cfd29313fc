"""Measuring: all contenders take turns, so that what else the machine does falls on all alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad.bench.cases import Contender, Skipped, Workload
from whygrad.bench.deep import Deep
from whygrad.bench.peers import CASES, PEERS, contender
from whygrad.errors import UnknownName, WhygradError, unknown

AGREE = 10  # iterations after which all must have the same parameters
TOLERANCE = 2e-3
EAGER = "pytorch-eager"


@dataclass(frozen=True)
class Measured:
    """A case, measured.

    Attributes:
        case: its name.
        seconds: per iteration, by contender: the median of its turns.
        ratio: how many times whygrad's time each took, in the median turn.
        skipped: why others did not take part.
        goal: what the ratio of eager PyTorch is meant to be, at least.
    """

    case: str
    seconds: Mapping[str, float]
    ratio: Mapping[str, float]
    skipped: Mapping[str, str]
    goal: float


def run(
    cases: Sequence[str] = tuple(CASES),
    peers: Sequence[str] = tuple(PEERS),
    *,
    threads: int = 1,
    rounds: int = 15,
    seconds: float = 0.05,
) -> list[Measured]:
    """Measure in a fresh process, all with the same number of threads.

    Args:
        cases: names out of ``CASES``.
        peers: names out of ``PEERS``; whygrad always takes part.
        threads: for linear algebra, in every library.
        rounds: how many turns each contender has.
        seconds: how long a turn is, about.

    Raises:
        UnknownName: a case or peer is not known; the nearest names come first.
        WhygradError: the process failed, or two contenders disagree.
    """
    for what, names, known in (("case", cases, CASES), ("peer", peers, PEERS)):
        for name in names:
            if name not in known:
                raise UnknownName(unknown(what, name, known))
    asked = json.dumps([list(cases), list(peers), threads, rounds, seconds])
    return [Measured(**item) for item in in_a_process("whygrad.bench", asked, threads)]


def in_a_process(module: str, asked: str, threads: int = 1) -> list[dict[str, Any]]:
    """Run a measuring module with so many threads for linear algebra; it prints JSON last.

    Raises:
        WhygradError: the process failed.
    """
    limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    limits["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    done = subprocess.run(
        [sys.executable, "-m", module, asked],
        env={**os.environ, **limits, "VECLIB_MAXIMUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise WhygradError(f"the measuring process failed (exit status {done.returncode})")
    return json.loads(lines[-1])


def table(found: Sequence[Measured]) -> str:
    """Return the measurement as a table."""
    lines: list[str] = []
    for one in found:
        lines.append(f"{one.case:32}{'µs per iteration':>18}{'times whygrad':>16}")
        for name, seconds in one.seconds.items():
            goal = f"  (goal {one.goal:g})" if name == EAGER else ""
            lines.append(f"  {name:30}{seconds * 1e6:>18.1f}{one.ratio[name]:>16.2f}{goal}")
        lines += [f"  {name:30}  {why}" for name, why in one.skipped.items()]
        lines.append("")
    return "\n".join(lines)


def measure(
    case: Workload | Deep,
    peers: Mapping[str, Callable[[Workload], Contender]],
    rounds: int,
    seconds: float,
) -> Measured:
    """Let whygrad and the peers take turns at a case, in this process."""
    ready: dict[str, Contender] = {}
    skipped: dict[str, str] = {}
    for name, make in peers.items():
        try:
            one = contender(make, case)
            one.train(AGREE)
        except ImportError as missing:
            skipped[name] = f"not installed ({missing.name or missing})"
        except Skipped as why:
            skipped[name] = str(why)
        except Exception as fault:  # a peer's own failure is told, and the others go on
            if name == "whygrad":
                raise
            skipped[name] = f"does not work here: {type(fault).__name__}: {fault}".splitlines()[0]
        else:
            ready[name] = one
    _agree(ready)
    turns = {name: _turn(one, seconds) for name, one in ready.items()}
    taken: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(rounds):
        for name, one in ready.items():
            began = time.perf_counter()
            one.train(turns[name])
            taken[name].append((time.perf_counter() - began) / turns[name])
    # a ratio within a round compares times that the same moment made
    return Measured(
        case.name,
        {name: statistics.median(times) for name, times in taken.items()},
        {
            name: statistics.median(b / a for a, b in zip(taken["whygrad"], times, strict=True))
            for name, times in taken.items()
        },
        skipped,
        case.goal,
    )


def _agree(ready: Mapping[str, Contender]) -> None:
    """Refuse to compare what does not compute the same."""
    wanted = {name: np.array(array) for name, array in ready["whygrad"].state().items()}
    for name, one in ready.items():
        for key, array in one.state().items():
            if not np.allclose(array, wanted[key], rtol=TOLERANCE, atol=TOLERANCE):
                raise WhygradError(f"{name} and whygrad disagree on {key} after {AGREE} iterations")


def _turn(one: Contender, seconds: float) -> int:
    """Return how many iterations take about so long."""
    n = 1
    while True:
        began = time.perf_counter()
        one.train(n)
        took = time.perf_counter() - began
        if took > seconds / 4:
            return max(1, round(n * seconds / took))
        n *= 4
