"""``whygrad doctor``: what is wrong with a training script, and why."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from whygrad.cli.options import FORMAT
from whygrad.display import number
from whygrad.doctor.finding import Finding
from whygrad.errors import WhygradError
from whygrad.wire import to_json


@click.command("doctor", short_help="Say what is wrong with a training script.")
@click.argument("script", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--html", type=click.Path(path_type=Path), help="Write the report to this page too.")
@click.option("--treat", is_flag=True, help="Try the remedies, from where the run started.")
@FORMAT
def doctor_command(
    script: Path, arguments: tuple[str, ...], html: Path | None, treat: bool, style: str
) -> None:
    """Run a PyTorch training SCRIPT with a doctor beside it, and say what it found.

    The script is run as it is. What comes after a -- is handed to it.

    \b
    Examples:
      whygrad doctor train.py
      whygrad doctor train.py --html report.html --treat
      whygrad doctor train.py -- --epochs 3
    """
    try:
        from whygrad.doctor.script import run_script
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise WhygradError(
            "the doctor needs PyTorch, which is not installed. Try: pip install 'whygrad[torch]'."
        ) from None
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    said: set[str] = set()

    def tell(iteration: int, loss: float, findings: tuple[Finding, ...]) -> None:
        fresh = [f for f in findings if f.cause not in said]
        said.update(f.cause for f in fresh)
        if console.is_terminal or fresh:
            names = ", ".join(f.cause.replace("_", " ") for f in fresh)
            console.print(f"iteration {iteration}: loss {number(loss)}{names and ': ' + names}")

    report = run_script(script, arguments, tell)
    if html is not None:
        try:
            report.to_html(html)
        except OSError as error:
            raise WhygradError(f"cannot write {str(html)!r}: {error.strerror}.") from None
    treatments = [report.treat(finding) for finding in report.findings] if treat else []
    if style == "json":
        tried = {"treatments": [to_json(treatment) for treatment in treatments]} if treat else {}
        click.echo(json.dumps({**report.to_dict(), **tried}))
        return
    click.echo(str(report))
    for treatment in treatments:
        click.echo(f"\n{treatment}")
