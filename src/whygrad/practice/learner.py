"""Runs a learner's own functions on cases, in a process of its own. Not imported by anything.

Usage: python -P learner.py LEARNER.py CASES.json RESULTS.jsonl

What comes of it is written line by line, so that what was reached is known however it ends.
"""

from __future__ import annotations

import json
import runpy
import sys
import traceback
from itertools import groupby
from pathlib import Path
from typing import Any, cast


def main(file: str, cases: str, results: str) -> None:
    """Run every case and write what came of it."""
    todo: list[dict[str, Any]] = json.loads(Path(cases).read_text(encoding="utf-8"))
    sys.path.insert(0, str(Path(file).parent))
    with open(results, "w", encoding="utf-8") as opened:

        def write(line: dict[str, Any]) -> None:
            opened.write(json.dumps(line) + "\n")
            opened.flush()

        try:
            module = runpy.run_path(file, run_name="learner")
        except BaseException as error:  # whatever the file does, it is answered, not passed on
            write({"error": told(error, file)})
            return
        known = [name for name, _ in groupby(todo, key=lambda case: case["function"])]
        write({"defined": [name for name in known if callable(module.get(name))]})
        for case in todo:
            if callable(module.get(case["function"])):
                write(_answered(module, case, file))


def _answered(module: dict[str, Any], case: dict[str, Any], file: str) -> dict[str, Any]:
    try:
        if case["function"] == "Value":
            found: Any = _autograd(module["Value"], case)
        else:
            found = module[case["function"]](**_arguments(case))
        json.dumps(plain := _plain(found))
    except BaseException as error:
        return {"error": told(error, file)}
    return {"found": plain, "kind": type(found).__name__}


def told(error: BaseException, file: str) -> str:
    """Say what went wrong and on which of the learner's own lines."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SystemExit):
        what = "it called exit(); return the result"
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {what}" if error.lineno else what
    lines = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    return f"line {lines[-1].lineno} ({lines[-1].line}): {what}" if lines else what


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
    last = known[case["steps"][-1][0]]
    last.backward()
    return {"loss": last.data, **{f"d{name}": known[name].grad for name in case["arguments"]}}


def _plain(item: Any) -> Any:
    """Return a result as JSON can hold it: a dict of lists, or what kind of thing it is."""
    if isinstance(item, dict):
        return {str(key): _plain(part) for key, part in cast("dict[Any, Any]", item).items()}
    return item.tolist() if hasattr(item, "tolist") else item


if __name__ == "__main__":
    main(*sys.argv[1:])
