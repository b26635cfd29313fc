"""What the page's draws, schedules and numbers are checked on, in ``tests/conformance``.

``random.json``: draws from seeds. ``schedules.json``: learning rates of every schedule.
``display.json``: numbers as they are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from whygrad.data.dataset import batch_indices
from whygrad.engine import random
from whygrad.engine.formula import evaluate, leaves
from whygrad.explain.display import number, shown
from whygrad.explain.formulas import formula
from whygrad.explain.worked import worked_steps
from whygrad.optim.schedule import SCHEDULES, Schedule, schedule
from whygrad.training.start import start

ONES = 0xFFFFFFFF
SHOWN = (
    *(-1.75, -1.23456789e-09, 0.0, 5e-324, 1e-07, 1.2345678e-05, 0.00012345678),
    *(math.nextafter(0.123456, 0), 0.17500000000000002, 1 / 3, 0.5, 0.99995123, 1.158340625),
    *(math.nextafter(1.4225, 2), 2.0, 2.00048828125, 3.0625, 1000.5000000001, 1234.5678),
    *(123456.0, 999999.5, 1234567.0, 1e21),
)


def draws() -> dict[str, Any]:
    """Return blocks of Threefry, hashes of names, what is drawn from seeds, and batches."""
    cases = [(0, "W1"), (123, "shuffle/3"), (2**32 + 7, "noise/é"), (2**53 - 1, "")]
    return {
        "threefry2x32": [
            {"key": list(key), "counter": list(counter), "words": [int(w) for w in words]}
            for key, counter in [
                ((0, 0), (0, 0)),
                ((ONES, ONES), (ONES, ONES)),
                ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3)),
                ((1, 2), (3, 4)),
            ]
            for words in [random.threefry2x32(key, counter)]
        ],
        "fnv1a": [{"text": t, "hash": random.fnv1a(t)} for t in ("", "a", "foobar", "é", "🎲")],
        "draws": [
            {
                "seed": seed,
                "stream": stream,
                "key": list(random.stream_key(seed, stream)),
                "bits": random.bits(seed, stream, 7).tolist(),
                "uniform": random.uniform(seed, stream, 7).tolist(),
                "uniform_minus_3_to_5": random.uniform(seed, stream, 7, -3, 5).tolist(),
                "normal": random.normal(seed, stream, 7).tolist(),
                "normal_mean_2_std_3": random.normal(seed, stream, 7, 2, 3).tolist(),
                "bernoulli_0.3": random.bernoulli(seed, stream, 20, 0.3).tolist(),
                "permutation": random.permutation(seed, stream, 20).tolist(),
            }
            for seed, stream in cases
        ],
        "batches": [
            {
                "n": n,
                "batch": batch,
                "seed": 5,
                "shuffle": shuffle,
                "indices": [
                    batch_indices(n, batch, k, seed=5, shuffle=shuffle).tolist() for k in range(9)
                ],
            }
            for n, batch, shuffle in [(4, 1, True), (4, 1, False), (10, 4, True), (10, 10, True)]
        ],
    }


def schedules() -> list[dict[str, Any]]:
    """Return the learning rates of every schedule, twice: by default and with other options."""
    losses = [1.0, 0.5, 0.6, 0.55, 0.7, 0.4999, 0.49, 0.3, 0.9, 0.9, 0.9, 0.9]
    return [
        {
            "name": name,
            "options": {key: made.options[key] for key in made.options},
            "total": made.total,
            "losses": losses,
            "shares": [made.share(i, losses) for i in range(13)],
        }
        for name in SCHEDULES
        for made in (schedule(name, total=12), _other(name))
    ]


def _other(name: str) -> Schedule:
    others: dict[str, dict[str, float]] = {
        "step": {"every": 3, "gamma": 0.5},
        "cosine": {"iterations": 7, "final": 0.25},
        "warmup": {"iterations": 4, "start": 0.5},
        "one_cycle": {"iterations": 9, "rise": 0.5, "start": 0.1, "final": 0.01},
        "plateau": {"patience": 1, "cooldown": 1, "factor": 0.5, "final": 0.2},
    }
    return schedule(name, total=12, **others.get(name, {}))


def display() -> dict[str, Any]:
    """Return numbers as they are shown, and results of formulas with the digits they take."""
    return {
        "number": [[x, digits, number(x, digits)] for x in SHOWN for digits in (4, 6, 17)],
        "shown": list(_results()),
    }


def _results() -> Iterator[dict[str, Any]]:
    for preset in ("flow", "calculator", "moons"):
        run = start(preset).iteration.run
        for step in worked_steps(run.tape):
            value, at = step.value, 0
            tree = formula(run, value, at)
            result = run.number(value, at)
            found = shown(tree, run.number, result)
            read = sorted(set(leaves(tree)))
            # made the same on every machine, whatever its exp gives in the last bit
            if evaluate(tree, run.number) == result:
                yield {
                    "tree": tree.to_json(),
                    "leaves": [[v, i, run.number(v, i)] for v, i in read],
                    "result": result,
                    "digits": found.digits,
                    "shown": found.result,
                }
