"""How good the doctor is: faulty runs, their repaired twins, and healthy runs that look ill.

python bench/doctor.py                         # seeds 100, 101, 102
python bench/doctor.py --seeds 7 --only loop   # a family, or a part of a case's name
python bench/doctor.py --part 0/2 --json half.json --overhead
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from whygrad.bench.doctor import SEEDS, found_in, line, overheads, run, table


def main() -> None:
    """Measure, print the table and, if asked, write the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--only", nargs="+", default=[], help="families or parts of names")
    parser.add_argument("--part", default="0/1", help="of the cases: 0/2 is the even half")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    parser.add_argument("--overhead", action="store_true", help="measure that too")
    given = parser.parse_args()
    n, of = map(int, given.part.split("/"))
    rows: list[dict[str, Any]] = []

    def told(row: dict[str, Any], _: int) -> None:
        print(line(row), flush=True)
        rows.append(row)
        if given.json:  # so that a run that is stopped has not been for nothing
            write(given.json, found_in(rows, given.seeds))

    found = run(given.seeds, given.only, (n, of), told)
    print(f"\n{table(found)}")
    if given.overhead:
        found["overhead"] = overheads()
        print(f"\noverhead {found['overhead']}")
    if given.json:
        write(given.json, found)


def write(path: Path, found: dict[str, Any]) -> None:
    """Write the numbers."""
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
