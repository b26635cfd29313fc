"""What the doctor says of scripts written in the manner of strangers (`bench/strangers/`).

python bench/strangers.py                   # those that rules may be made with
python bench/strangers.py --aside           # the third that is kept aside
python bench/strangers.py --only gpt vae    # parts of names
python bench/strangers.py --json found.json --resume
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from whygrad.bench.strangers import line, run, scripts, table

FOLDER = Path(__file__).parent / "strangers"


def main() -> None:
    """Run, print the table and, if asked, write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--aside", action="store_true", help="the third that is kept aside")
    parser.add_argument("--all", action="store_true", help="that third, and the others")
    parser.add_argument("--only", nargs="+", default=[], help="parts of names")
    parser.add_argument("--json", type=Path, help="keep the results in this file")
    parser.add_argument("--watched", action="store_true", help="do not run them without a doctor")
    parser.add_argument("--resume", action="store_true", help="leave out what the file has")
    given = parser.parse_args()
    kept: list[dict[str, Any]] = []
    if given.json and given.json.exists():
        kept = json.loads(given.json.read_text("utf-8"))
    chosen = [
        script
        for script in scripts(FOLDER)
        if (given.all or script.aside == given.aside)
        and (not given.only or any(part in script.name for part in given.only))
    ]
    have = {row["mark"]: row for row in kept}
    fresh = [s for s in chosen if not (given.resume and s.mark in have)]

    def told(row: dict[str, Any]) -> None:
        print(line(row), flush=True)
        have[row["mark"]] = row
        if given.json:  # so that a run that is stopped has not been for nothing
            given.json.write_text(json.dumps(list(have.values()), indent=1) + "\n", "utf-8")

    run(fresh, {mark: row["plain"] for mark, row in have.items()}, told, not given.watched)
    print(f"\n{table([have[script.mark] for script in chosen])}")


if __name__ == "__main__":
    main()
