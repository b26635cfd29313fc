"""Runs a learner's own functions on cases, in a process of its own. Not imported by anything.

Usage: python learner.py LEARNER.py CASES.json RESULTS.json
"""

from __future__ import annotations

import json
import runpy
import sys
import traceback
from typing import Any


def main(file: str, cases: str, results: str) -> None:
    """Run every case and write what came of it."""
    with open(cases, encoding="utf-8") as opened:
        todo: list[dict[str, Any]] = json.load(opened)
    out: list[dict[str, Any]] = []
    try:
        module = runpy.run_path(file, run_name="learner")
    except BaseException:  # whatever the learner's file does, it is answered, not passed on
        out = [{"error": traceback.format_exc(limit=-1)}]
    else:
        out = [_one(module, case) for case in todo if case["function"] in module]
    with open(results, "w", encoding="utf-8") as opened:
        json.dump(out, opened)


def _one(module: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    try:
        if case["function"] == "Value":
            found = _autograd(module["Value"], case)
        else:
            found = module[case["function"]](**_arguments(case))
            found = {key: _plain(item) for key, item in found.items()}
    except BaseException:
        return {"id": case["id"], "error": traceback.format_exc(limit=-1)}
    return {"id": case["id"], "found": found}


def _arguments(case: dict[str, Any]) -> dict[str, Any]:
    if not case["arrays"]:
        return case["arguments"]
    import numpy as np

    return {name: np.array(item, dtype=float) for name, item in case["arguments"].items()}


def _autograd(kind: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Follow the case's steps with the learner's values."""
    known = {name: kind(number) for name, number in case["arguments"].items()}
    for name, op, inputs in case["steps"]:
        given = [known[i] for i in inputs]
        if op == "relu":
            known[name] = given[0].relu()
        else:
            known[name] = given[0] + given[1] if op == "add" else given[0] * given[1]
    known[case["steps"][-1][0]].backward()
    gradients = {f"d{name}": float(known[name].grad) for name in case["arguments"]}
    return {"loss": float(known[case["steps"][-1][0]].data), **gradients}


def _plain(item: Any) -> Any:
    return item.tolist() if hasattr(item, "tolist") else item


if __name__ == "__main__":
    main(*sys.argv[1:])
