"""How long many XOR networks take at once, beside torch.func.vmap.

python bench/many_runs.py
python bench/many_runs.py --runs 10 100 1000 --iterations 2000
"""

from __future__ import annotations

import argparse

from whygrad.bench.many_runs import ITERATIONS, RUNS, run, table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, nargs="+", default=list(RUNS))
    parser.add_argument("--iterations", type=int, default=ITERATIONS)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(table(run(given.runs, iterations=given.iterations, rounds=given.rounds)))


if __name__ == "__main__":
    main()
