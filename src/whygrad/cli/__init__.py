"""The command ``whygrad``. It needs the extra ``app``, and says so where that is missing."""

from __future__ import annotations

import sys

EXTRAS = {"anyio", "click", "rich", "starlette", "uvicorn"}


def main() -> None:
    """Run the command line."""
    try:
        from whygrad.cli.commands import whygrad
        from whygrad.cli.output import any_terminal
    except ModuleNotFoundError as fault:
        if fault.name not in EXTRAS:
            raise
        sys.exit(f"The command line needs {fault.name}:\n\n    pip install 'whygrad[app]'")
    with any_terminal():
        whygrad(prog_name="whygrad")
