"""Node and Python say the same of random tapes: sentences with their slots, numbers, formulas.

Their exp, tanh and log differ in the last bit, so no word may hang on it.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from random_tapes import random_run
from truth import computed

from whygrad.engine.notation import symbol
from whygrad.engine.ops import OPS
from whygrad.explain import Rung, paths, why
from whygrad.explain.change import change, happened
from whygrad.explain.paths import Paths
from whygrad.tape.run import Run, json_number
from whygrad.wire.messages import to_json

WEB = Path(__file__).parent.parent / "web"
TAPES = 200
ASKED = 4  # numbers of each tape
DEPTH = 3
CURVES = {
    *("exp", "log", "tanh", "sigmoid", "softplus", "softmax", "log_softmax", "erf", "elu", "pow"),
    *("binary_cross_entropy", "cross_entropy"),
}


def case(name: str, run: Run, rng: np.random.Generator) -> dict[str, Any]:
    tape = run.tape
    data = tape.to_json()
    for step in data["steps"]:
        step.pop("source", None)
    asked = [why(run, name, DEPTH) for name in drawn(run, rng)]
    written = run.to_json()["values"]
    return {
        "name": name,
        "tape": data,
        "leaves": {str(value.id): written[value.id] for value in tape.leaves},
        "symbols": {tape.label(v.id): symbol(tape.label(v.id)) for v in tape.values},
        "change": None
        if (found := change(run)) is None
        else [one.to_json() for one in happened(found)],
        "ladders": [ladder(rung) for rung in asked if not is_round_off(rung)],
    }


def clear(found: Paths) -> dict[str, Any]:
    """Paths without those that others, not listed, may be as strong as but for rounding."""
    told = found.to_json()
    last = min((abs(path.product) for path in found.listed), default=0.0)
    complete = len(found.listed) == found.count
    kept = [p for p in told["listed"] if complete or abs(p["product"]) > last * (1 + 1e-6)]
    return told | {"listed": kept, "rest": 0.0}


def apart(a: Any, b: Any, at: str = "") -> Iterator[str]:
    """Where two ladders, or two lists of paths, part by more than what rounding leaves."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key in a:
            yield from apart(a[key], b[key], f"{at}/{key}")
    elif isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        for n, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from apart(one, other, f"{at}/{n}")
    elif isinstance(a, float) and isinstance(b, float):
        if not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12):
            yield f"{at}: {a}, or {b}"
    elif a != b:
        yield f"{at}: {a}, or {b}"


def with_other_last_bits(run: Run, rng: np.random.Generator) -> Run:
    """A run as another library's curves give it: now and then the float64 beside.

    What every library gives exactly, such as exp(0), stays.
    """
    arrays = list(run.arrays)
    with np.errstate(all="ignore"):
        for step in run.tape.steps:
            shape = run.arrays[step.output].shape
            array = computed(step, [arrays[i] for i in step.inputs], shape)
            if step.op in CURVES:
                toward = rng.choice([-np.inf, np.inf], shape)
                moves = rng.integers(0, 2, shape).astype(bool) & ~np.isin(array, [0, 0.5, 1])
                array = np.where(moves, np.nextafter(array, toward), array)
            arrays[step.output] = array
    return Run(run.tape, tuple(arrays))


def is_round_off(rung: Rung) -> bool:
    """Whether a ladder speaks of what rounding leaves of a 0, which no two machines leave alike.

    A key's bias moves all scores of a query alike, so softmax makes nothing of it.
    """
    tiny = 0 < abs(rung.value) < 1e-12 or "key.bias" in rung.name
    return tiny or any(map(is_round_off, rung.because))


def drawn(run: Run, rng: np.random.Generator) -> list[str]:
    """Some of a tape's numbers to ask about."""
    known = [
        run.label(value.id, at)
        for value in run.tape.values
        if value.name and run.arrays[value.id].dtype.kind == "f"
        for at in range(run.arrays[value.id].size)
    ]
    return [str(name) for name in rng.choice(known, min(ASKED, len(known)), replace=False)]


def ladder(rung: Rung) -> dict[str, Any]:
    return {
        "name": rung.name,
        "asks": rung.asks.to_json(),
        "value": json_number(rung.value),
        "formula": rung.formula,
        "says": [said.to_json() for said in rung.says],
        "question": rung.question,
        "claim": rung.claim,
        "principle": rung.principle,
        "because": [ladder(below) for below in rung.because],
    }


def test_the_page_says_of_random_tapes_what_python_says(tmp_path: Path) -> None:
    first = random.randrange(1_000_000)  # by --randomly-seed
    print(f"{TAPES} tapes from seed {first} on")
    rng = np.random.default_rng(first)
    seeds = range(first, first + TAPES)
    cases = [case(f"seed {seed}", random_run(seed), rng) for seed in seeds]
    file = tmp_path / "tapes.json"
    tapes = {"ops": to_json(OPS), "depth": DEPTH, "cases": cases}
    file.write_text(json.dumps(tapes), encoding="utf-8")
    # the environment's own Node.js is found first
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [shutil.which("npx", path=path) or "npx", "vitest", "run", "src/why/twins.check.ts"],
        cwd=WEB,
        env={**os.environ, "PATH": path, "WHYGRAD_TAPES": str(file), "CI": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"{TAPES} passed" in done.stdout, done.stdout[-2000:]


def test_nothing_that_is_said_hangs_on_the_last_bit() -> None:
    first = random.randrange(1_000_000)  # by --randomly-seed
    print(f"{TAPES // 4} tapes from seed {first} on")
    found = list[str]()
    for seed in range(first, first + TAPES // 4):
        rng = np.random.default_rng(seed)
        run = random_run(seed)
        other = with_other_last_bits(run, rng)
        for name in drawn(run, rng):
            here, there = why(run, name, DEPTH), why(other, name, DEPTH)
            if not is_round_off(here):
                found += apart(ladder(here), ladder(there), f"seed {seed} {name}")
            if run.element(name)[0] in run.tape.gradients:
                ways = clear(paths(run, name)), clear(paths(other, name))
                found += apart(*ways, f"seed {seed} paths from {name}")
    assert not found, f"{len(found)}: " + "\n".join(found[:20])
