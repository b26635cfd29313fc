"""What the page's mistakes and answers are checked on, in ``tests/conformance``.

``whatifs.json``: trainings with every mistake that fits, and what Python makes of playing each.
``answers.json``: typed texts as Python reads them, and typed numbers as Python grades them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from whygrad.practice.answer import agrees, read
from whygrad.practice.numbers import Mark, grade_numbers
from whygrad.training.start import start
from whygrad.training.study import study
from whygrad.whatif import Edit, LearningRate, MakeMistake, SetNumber, compare
from whygrad.whatif.tapes import mistaken_tapes
from whygrad.wire.messages import to_json

ITERATIONS = 12
PRESETS = ("flow", "fanout", "xor-corners")
EDITS: dict[str, list[tuple[str, Edit]]] = {
    "flow": [
        ("set w1 0 0.3", SetNumber("w1", 0.3)),
        ("set z1 0 -1", SetNumber("z1", -1.0)),
        ("set dL/da1 0 2", SetNumber("dL/da1", 2.0)),
        ("rate 5", LearningRate(5.0)),
    ],
    "xor-corners": [("set a1 2 0.25", SetNumber("a1[0,2]", 0.25))],
}
TYPED = (
    *("", "  ", "0.5", ".5", "5.", "-1.75", "−1,5", "+3", "= 2", "3/4", "-3/4", "1/0", "3/", "50%"),
    *("½", "-¼", "1e-3", "2.5E+2", "2×10^3", "2*10^-3", "1,234", "1,234.5", "1,234,567", "(0.5)"),
    *("zero", "Negative", "minus", "bigger", "same", "1 000", "0.1.2", "abc", "1e99999", "1e999"),
    *("1 1/2", "-2 3/4", "1½", "2 ½", "(-3/4)", "-(3/4)", "-(1/0)", "1.234,5", "1'000", "1000"),
    *("1.5 × 10^-3", "1.5×10⁻³", "2x10**2", "2 × 3 = 6", "≈0.3", "0.333…", "0.5...", "1 0/0"),
    *("1e308/1e-308", "(0.5", "0.5 m", "“0.5”", "+", "Zero.", "12 34", "0.00", "1200", "-1200"),
    *("−", "3/4/5", "12,5%", "- 2", "0", "-0", "0.30", "–2", "9" * 201),
)
AGREE = (
    *(("0.33", 1 / 3), ("0.3", 1 / 3), ("-1.75", -1.75), ("-1.8", -1.75), ("0", 1e-12)),
    *(("0.3", 0.26), ("5", 5.4), ("120", 123.4), ("0.05", 0.054), ("0.004", 0.0044)),
    *(("0", 0.0), ("1/3", 0.333333), ("1/3", 1 / 3), ("2", 1.95), ("0.067", 0.06666)),
)
#: of a larger network, every so many of the mistakes are enough
EACH = {"xor-corners": 4}
#: numbers typed one after another, each slip carried on
WORK: dict[str, list[list[tuple[str, str]]]] = {
    "flow": [
        [("dL/dyhat", "-3.5"), ("dL/dw2", "-1.75"), ("dL/da1", "-1.75")],
        [("dL/dyhat", "-1.75"), ("dL/dw2", "-0.875"), ("dL/da1", "-0.875"), ("dL/dw1", "-0.875")],
        [("dL/dyhat", "3.5"), ("dL/dw2", "1.75"), ("w2_new", "0.325")],
        [("yhat", "0.2"), ("L", "3.24"), ("dL/dyhat", "-3.6"), ("dL/dw2", "77")],
        [("dL/dyhat", "3.5"), ("dL/dw2", "-1.75"), ("dL/da1", "-1.75"), ("w1_new", "0.68")],
        [("L", "30.6"), ("dL/dyhat", "-3.4999"), ("dL/dw2", "-1.8"), ("dL/da1", "-2")],
        [("w1_new", "larger"), ("b1_new", "smaller"), ("L", "larger"), ("w2_new", "same")],
        [("dL/dyhat", "-1.75"), ("dL/dyhat", "-3.5"), ("dL/dw2", "-0.875"), ("dL/dw1", "-1.75")],
        [("dL/dyhat", "-3.5"), ("dL/dyhat", "3.5"), ("dL/dw2", "1.75"), ("dL/dw2", "-1.75")],
        [("dL/dyhat", "-4"), ("dL/dw2", "-2"), ("dL/dyhat", "-3.5"), ("dL/da1", "-2")],
        [("dL/dyhat", "negative"), ("dL/dw2", "zero"), ("dL/da1", "one"), ("w1_new", "0.325")],
    ],
    "fanout": [[("dL/dx", "4")], [("a", "2"), ("L", "4"), ("dL/da", "2"), ("dL/dx", "4")]],
}


def whatifs() -> list[dict[str, Any]]:
    """Return one case for each training."""
    return [_whatif(name) for name in PRESETS]


def _whatif(name: str) -> dict[str, Any]:
    training = start(name)
    fitting = mistaken_tapes(training.iteration.run)
    made = fitting.mistakes[:: EACH.get(name, 1)]
    edits: list[tuple[str, Edit]] = [
        *((f"mistake {one.mistake.name}", MakeMistake(one.mistake.name)) for one in made),
        *EDITS.get(name, []),
    ]
    found = [(words, compare(training, edit, ITERATIONS)) for words, edit in edits]
    return {
        "name": name,
        "message": to_json(study(training)),
        "mistakes": {**to_json(fitting), "mistakes": to_json(made)},
        "compared": [
            {"edit": words, **{k: v for k, v in c.to_json().items() if k not in ("edit", "note")}}
            for words, c in found
        ],
    }


def answers() -> dict[str, Any]:
    """Return typed texts as they are read, and typed numbers as they are graded."""
    return {
        "read": [_read(typed) for typed in TYPED],
        "agrees": [[typed, number, agrees(read(typed), number)] for typed, number in AGREE],
        "graded": [
            {"name": name, "marks": [_mark(m) for m in grade_numbers(run, work)], "work": work}
            for name, works in WORK.items()
            for run in [start(name).iteration.run]
            for work in works
        ],
    }


def _read(typed: str) -> dict[str, Any]:
    """Return what was understood of a text; of what was not, only that it was not."""
    answer = read(typed)
    return {**dataclasses.asdict(answer), "trouble": bool(answer.trouble)}


def _mark(mark: Mark) -> dict[str, Any]:
    """Return a mark without its words."""
    return {key: item for key, item in mark.to_json().items() if key != "feedback"}
