"""Does grading understand answers? Exercises answered rightly, by playing mistakes, and at random.

python bench/practice.py                     # a table, from 1,000 exercises
python bench/practice.py --exercises 60 --json practice.json
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

from whygrad.bench.practice import EXERCISES, holds, run, table


def main() -> int:
    """Grade, print the table, and say with the exit code whether all holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--exercises", type=int, default=EXERCISES)
    parser.add_argument("--first", type=int, default=0, help="the first exercise's seed")
    parser.add_argument("--json", type=Path, help="write what was found here")
    given = parser.parse_args()
    started = time.perf_counter()
    found = run(given.exercises, given.first)
    print(table(found))
    print(f"\n{given.exercises} exercises in {time.perf_counter() - started:.0f} s")
    if given.json:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")
    return 0 if holds(found) else 1


if __name__ == "__main__":
    sys.exit(main())
