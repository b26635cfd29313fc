"""``whygrad doctor``: what is wrong with a training script, and why."""

from __future__ import annotations

import json
import math
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from whygrad.cli.options import FORMAT
from whygrad.doctor.finding import Finding
from whygrad.doctor.report import Report
from whygrad.errors import WhygradError
from whygrad.explain.display import number
from whygrad.files import check_writable
from whygrad.spec import preset_names
from whygrad.wire.messages import to_json

SPARKS = "▁▂▃▄▅▆▇█"
WIDTH = 60


class Beside:
    """What is shown while a script runs: a live view on a terminal, lines of news elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.said: set[str] = set()
        self.losses: list[float] = []
        # What the script prints goes where it would have gone.
        beside = sys.stdout.isatty()
        self.live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=beside
        )

    def __enter__(self) -> Beside:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def tell(self, iteration: int, loss: float, findings: tuple[Finding, ...]) -> None:
        """Show how it goes."""
        self.losses = [*self.losses[-WIDTH:], loss]
        if self.console.is_terminal:
            self.live.update(self.view(iteration, loss, findings), refresh=True)
            return
        fresh = [f for f in findings if f.cause not in self.said]
        self.said.update(f.cause for f in fresh)
        if fresh:
            names = ", ".join(f.cause.replace("_", " ") for f in fresh)
            self.console.print(f"iteration {iteration}: loss {number(loss)}: {names}")

    def view(self, iteration: int, loss: float, findings: tuple[Finding, ...]) -> Group:
        """Return the iteration, the loss and how it ran, and what stands to be said."""
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for finding in findings:
            where = finding.source or finding.where
            table.add_row(f"{finding.confidence:.0%}", finding.cause.replace("_", " "), where)
        head = Text(f"iteration {iteration}  loss {number(loss)}  {sparkline(self.losses)}")
        return Group(head, table if findings else Text("nothing found so far"))


def sparkline(values: list[float]) -> str:
    """Return the last finite values as a row of bars."""
    known = [value for value in values if math.isfinite(value)][-WIDTH:]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = high - low or 1.0
    return "".join(SPARKS[int((v - low) / span * (len(SPARKS) - 1))] for v in known)


def doctors_module(name: str) -> Any:
    """Return a module of the doctor's that needs PyTorch.

    Raises:
        WhygradError: PyTorch is not installed.
    """
    try:
        return import_module(f"whygrad.doctor.{name}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise WhygradError(
            "the doctor needs PyTorch, which is not installed. Try: pip install 'whygrad[torch]'."
        ) from None


@click.command("doctor", short_help="Say what is wrong with a training script, or a spec.")
@click.argument("script", metavar="SCRIPT|SPEC", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--html", type=click.Path(path_type=Path), help="Write the report to this page too.")
@click.option("--treat", is_flag=True, help="Try the remedies, from where the run started.")
@FORMAT
def doctor_command(
    script: Path, arguments: tuple[str, ...], html: Path | None, treat: bool, style: str
) -> None:
    """Train with a doctor beside it, and say what it found.

    A PyTorch training SCRIPT is run as it is; what comes after a -- is handed to it. Of a SPEC (a
    preset, or a TOML file) the network is trained as the spec says.

    \b
    Examples:
      whygrad doctor train.py
      whygrad doctor train.py --html report.html --treat
      whygrad doctor train.py -- --epochs 3
      whygrad doctor xor
      whygrad doctor my-spec.toml
    """
    if html is not None:
        check_writable(html)
    if str(script) in preset_names() or script.suffix == ".toml":
        report = doctors_module("networks").diagnose(str(script))
    else:
        run_script = doctors_module("script").run_script
        with Beside(Console(stderr=True, highlight=False, soft_wrap=True)) as beside:
            report = run_script(script, arguments, beside.tell)
    if style == "json":
        click.echo(json.dumps({**report.to_dict(), **(_treated(report) if treat else {})}))
    else:
        click.echo(str(report))
    if html is not None:
        report.to_html(html)
    if style == "json":
        return
    for finding in report.findings if treat else ():
        click.echo(f"\n{report.treat(finding)}")


def _treated(report: Report) -> dict[str, object]:
    """Try the remedies of every finding; a run that cannot be played again keeps its report."""
    try:
        return {"treatments": [to_json(report.treat(finding)) for finding in report.findings]}
    except WhygradError as error:
        return {"treatments": [], "not_treated": error.message}
