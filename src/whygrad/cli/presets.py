"""``whygrad presets``: the specs that come with the package."""

from __future__ import annotations

import json

import click
from rich import box
from rich.console import Console
from rich.table import Table

from whygrad.cli.options import FORMAT
from whygrad.spec import load_spec, preset_names
from whygrad.wire.messages import to_json


@click.command()
@FORMAT
def presets(style: str) -> None:
    """List the specs that come with whygrad.

    \b
    Examples:
      whygrad presets
      whygrad presets --format json
    """
    specs = [load_spec(name) for name in preset_names()]
    if style == "json":
        click.echo(json.dumps(to_json(specs), indent=2, ensure_ascii=False))
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("preset", style="bold", no_wrap=True)
    table.add_column("what it shows")
    for spec in specs:
        table.add_row(spec.name, spec.description)
    console = Console()
    console.print(table)
    console.print(
        "\nOpen one with [bold]whygrad open flow[/], print it with [bold]whygrad trace flow[/]."
    )
