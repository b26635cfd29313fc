"""How long one training iteration takes, beside other libraries, for six models in float32.

python bench/iterations.py
python bench/iterations.py xor wide --threads 2 --json iterations.json
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from whygrad.bench import run, table
from whygrad.bench.peers import CASES, PEERS


def main() -> None:
    """Measure, print the table and, if asked, write the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), help=", ".join(PEERS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.05, help="of a turn")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    given = parser.parse_args()
    found = run(
        given.cases,
        given.peers,
        threads=given.threads,
        rounds=given.rounds,
        seconds=given.seconds,
    )
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
