"""How fast the page's player trains, under Node.js: what ``web/bench/player.mjs`` measures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whygrad.bench.cases import Skipped
from whygrad.errors import WhygradError

WEB = Path(__file__).parents[3] / "web"


@dataclass(frozen=True)
class PlayerMeasured:
    """A network, measured: epochs a second over 250 spiral points in batches of 10.

    Attributes:
        layers: the network, with tanh between its layers.
        compiled: with functions made from the tape.
        plain: without, as where a page forbids making functions from text.
    """

    layers: list[int]
    compiled: int
    plain: int


def run(web: Path = WEB) -> list[PlayerMeasured]:
    """Measure.

    Raises:
        Skipped: this is not a clone of the repository after ``make install``.
        WhygradError: Node.js failed.
    """
    done = subprocess.run(
        [node(web), str(web / "bench" / "player.mjs"), "--json"],
        env={**os.environ, "PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise WhygradError(f"measuring the page's player failed (exit status {done.returncode})")
    return [PlayerMeasured(**item) for item in json.loads(lines[-1])]


def node(web: Path) -> str:
    """Return the Node.js with which the page is built.

    Raises:
        Skipped: there is none, or this is not a clone of the repository after ``make install``.
    """
    if not (web / "node_modules").is_dir():
        raise Skipped("needs a clone of the repository, after make install")
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if found is None:
        raise Skipped("needs Node.js; make install brings it")
    return found


def table(found: Sequence[PlayerMeasured]) -> str:
    """Return the measurement as a table."""
    head = f"{'tanh network, 250 points, batch 10':36}{'epochs/s':>10}{'not compiled':>14}"
    rows = [
        f"  {'-'.join(map(str, one.layers)):34}{one.compiled:>10,}{one.plain:>14,}" for one in found
    ]
    return "\n".join((head, *rows, ""))
