"""Node and Python say the same of random tapes: sentences with their slots, numbers, formulas."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from random_tapes import random_run

from whygrad.engine.notation import symbol
from whygrad.engine.ops import OPS
from whygrad.explain import Rung, why
from whygrad.tape.run import Run, json_number
from whygrad.wire.messages import ops_info

WEB = Path(__file__).parent.parent / "web"
TAPES = 200
ASKED = 4  # numbers of each tape
DEPTH = 3


def case(name: str, run: Run, rng: np.random.Generator) -> dict[str, Any]:
    tape = run.tape
    data = tape.to_json()
    for step in data["steps"]:
        step.pop("source", None)
    known = [
        run.label(value.id, at)
        for value in tape.values
        if value.name and run.arrays[value.id].dtype.kind == "f"
        for at in range(run.arrays[value.id].size)
    ]
    drawn = [str(n) for n in rng.choice(known, min(ASKED, len(known)), replace=False)]
    asked = [why(run, n, DEPTH) for n in drawn]
    written = run.to_json()["values"]
    return {
        "name": name,
        "tape": data,
        "leaves": {str(value.id): written[value.id] for value in tape.leaves},
        "symbols": {tape.label(v.id): symbol(tape.label(v.id)) for v in tape.values},
        "ladders": [ladder(rung) for rung in asked if not is_round_off(rung)],
    }


def is_round_off(rung: Rung) -> bool:
    """Whether a ladder speaks of what rounding leaves of a 0, which no two machines leave alike.

    A key's bias moves all scores of a query alike, so softmax makes nothing of it.
    """
    tiny = 0 < abs(rung.value) < 1e-12 or "key.bias" in rung.name
    return tiny or any(map(is_round_off, rung.because))


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
    first = secrets.randbelow(1_000_000)
    print(f"{TAPES} tapes from seed {first} on")
    rng = np.random.default_rng(first)
    seeds = range(first, first + TAPES)
    cases = [case(f"seed {seed}", random_run(seed), rng) for seed in seeds]
    ops = {name: dataclasses.asdict(op) for name, op in ops_info(set(OPS)).items()}
    file = tmp_path / "tapes.json"
    file.write_text(json.dumps({"ops": ops, "depth": DEPTH, "cases": cases}), encoding="utf-8")
    done = subprocess.run(
        ["npx", "vitest", "run", "src/why/twins.check.ts"],
        cwd=WEB,
        env={**os.environ, "WHYGRAD_TAPES": str(file), "CI": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"{TAPES} passed" in done.stdout, done.stdout[-2000:]
