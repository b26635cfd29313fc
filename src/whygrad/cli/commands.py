"""All the commands, and how they fail: one message, exit code 2, no traceback."""

from __future__ import annotations

from typing import Any

import click

from whygrad.cli.bench import bench_command
from whygrad.cli.clinic import clinic_command
from whygrad.cli.doctor import doctor_command
from whygrad.cli.open import open_app
from whygrad.cli.output import shorten
from whygrad.cli.practice import (
    check_command,
    exercise_command,
    grade_command,
    homework_command,
    worksheet_command,
)
from whygrad.cli.presets import presets
from whygrad.cli.trace import trace
from whygrad.cli.train import train
from whygrad.cli.whatif import mistakes_command, whatif_command
from whygrad.cli.why import nudge_command, paths_command, why_command
from whygrad.errors import WhygradError


class Refusal(click.ClickException):
    """What a person can put right, shown without a traceback."""

    exit_code = 2


class Commands(click.Group):
    """A group whose commands may raise a WhygradError."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except WhygradError as error:
            raise Refusal(shorten(str(error))) from None
        except click.UsageError as error:
            raise click.UsageError(shorten(error.format_message()), error.ctx) from None


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="whygrad")
@click.pass_context
def whygrad(ctx: click.Context) -> None:
    """See why every number of a backward pass is what it is.

    A SPEC says what to trace: the name of a preset, or the path of a TOML file. Without a command,
    whygrad opens in the browser.

    \b
    Examples:
      whygrad                      begin, in the browser
      whygrad open xor             step through XOR there
      whygrad trace flow           print a worked example
      whygrad train my-spec.toml   train, and see what stayed unsolved
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(open_app)


for command in (
    open_app,
    presets,
    trace,
    train,
    why_command,
    nudge_command,
    paths_command,
    mistakes_command,
    whatif_command,
    exercise_command,
    grade_command,
    homework_command,
    worksheet_command,
    check_command,
    doctor_command,
    clinic_command,
    bench_command,
):
    whygrad.add_command(command)
