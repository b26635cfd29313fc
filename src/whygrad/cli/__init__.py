"""The command ``whygrad``."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    # Imported here, so that importing this package needs NumPy alone.
    from whygrad.cli.commands import whygrad
    from whygrad.cli.output import any_terminal

    with any_terminal():
        whygrad(prog_name="whygrad")
