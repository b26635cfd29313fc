"""Count the sentences that the truth gates hold to the numbers, into docs/reliability.md.

    .venv/bin/python scripts/count_sentences.py
    .venv/bin/python scripts/count_sentences.py update   # that gate's row alone

Every gate is run whole, from seed 0 on: the ladder's sentences and what is said of updates
(tests/test_why_truth.py), and the page's panels (web/src/views/panels.test.ts). How many were false
when a gate first stood was counted by the gate itself, on the code it was written against.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from random_tapes import example_runs, random_run  # noqa: E402

import test_why_truth as gate  # noqa: E402
from whygrad.errors import NonFiniteError  # noqa: E402
from whygrad.spec import load_spec, preset_names, spec_from_dict, spec_to_dict  # noqa: E402
from whygrad.training.start import start  # noqa: E402

DOC = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- sentences: begin -->\n", "<!-- sentences: end -->\n"
#: false and checked, when the gate first ran
FIRST = {
    "the ladder: rates, ways, totals and effects": (8_005, 56_303),
    "an update: what the loss did, and what the gradient promised": (1, 124),
    "the page's panels: why, nudge, paths and table": (434, 5_520),
}
ITERATIONS = 12  # of each preset with each optimizer


@dataclass(frozen=True)
class Count:
    """How many sentences (or panels) were held to the numbers, and how many were false."""

    checked: int
    false: int


def ladder() -> Count:
    """Count the ladder's sentences on the examples of all ops and on random tapes."""
    seen, false = gate.Seen(), 0
    for name, run in example_runs():
        if name not in gate.AT_AN_EDGE:
            false += len(gate.walk(name, run, 2 * gate.MOST_ASKED, seen))
    for seed in range(gate.TAPES):
        false += len(gate.walk(f"seed {seed}", random_run(seed), gate.MOST_ASKED, seen))
    return Count(seen.total(), false)


def updates() -> Count:
    """Count what is said of updates: of random tapes, and of presets with every optimizer."""
    seen, false = gate.Seen(), 0
    for seed in range(gate.TAPES):
        false += len(gate.faults_of_change(f"seed {seed}", random_run(seed), seen))
    for preset in preset_names():
        for optimizer in gate.OPTIMIZERS.values():
            spec = spec_to_dict(load_spec(preset))
            spec["optimizer"] = {"name": "sgd", **optimizer}
            iteration = start(spec_from_dict(spec)).iteration
            try:
                for _ in range(ITERATIONS):
                    false += len(gate.faults_of_change(preset, iteration.play(1), seen))
            except NonFiniteError:
                pass  # it broke: what came before was said and held
    return Count(seen.total(), false)


def panels() -> Count:
    """Count the panels that the page's gate reads back."""
    done = subprocess.run(
        ["npx", "vitest", "run", "src/views/panels.test.ts"],
        cwd=ROOT / "web",
        capture_output=True,
        text=True,
        check=False,
    )
    plain = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    found = re.findall(r"(\d+) panels read, (\d+) with a fault", plain)
    if done.returncode:
        raise SystemExit(plain[-2000:] + done.stderr[-2000:])
    return Count(sum(int(read) for read, _ in found), sum(int(amiss) for _, amiss in found))


GATES = dict(zip(FIRST, (ladder, updates, panels), strict=True))
ROW = re.compile(r"^\| (?P<name>[^|]+) \| (?P<checked>[\d,]+) \| (?P<false>[\d,]+) \|", re.M)


def table(kept: Mapping[str, Count]) -> str:
    """Run the gates whose counts are not kept, and return the table."""
    rows = ["| gate | checked | false | when the gate first ran |", "|---|---:|---:|---:|"]
    counts = {name: kept.get(name) or gate() for name, gate in GATES.items()}
    for name, (false, checked) in FIRST.items():
        first = f"{false:,} of {checked:,}"
        rows.append(f"| {name} | {counts[name].checked:,} | {counts[name].false:,} | {first} |")
    total = sum(count.checked for count in counts.values())
    amiss = sum(count.false for count in counts.values())
    first_false, first_all = (sum(part) for part in zip(*FIRST.values(), strict=True))
    rows.append(f"| all | {total:,} | {amiss:,} | {first_false:,} of {first_all:,} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the table between its marks; with words given, count again only gates named so."""
    text = DOC.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    old, _, after = rest.partition(END)
    wanted = sys.argv[1:]
    kept = {
        row["name"]: Count(*(int(row[part].replace(",", "")) for part in ("checked", "false")))
        for row in ROW.finditer(old)
        if wanted and not any(word in row["name"] for word in wanted)
    }
    DOC.write_text(f"{before}{BEGIN}{table(kept)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
