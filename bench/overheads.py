"""What whygrad costs besides training: importing it, recording a tape, memory, a gradient.

python bench/overheads.py
"""

from __future__ import annotations

from whygrad.bench.overheads import run, table

if __name__ == "__main__":
    print(table(run()))
