"""Options that several commands have."""

from __future__ import annotations

import click

FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, JSON for programs.",
)
AT_ITERATION = click.option(
    "--iteration",
    "-i",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="Which iteration, after training up to it.",
)
