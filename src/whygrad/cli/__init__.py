"""The command ``whygrad``. It needs the extra ``app``, and says so where that is missing."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from whygrad.cli.commands import whygrad
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] not in (
            "anyio",
            "click",
            "rich",
            "starlette",
            "uvicorn",
        ):
            raise
        sys.exit(
            f"The command line needs {fault.name}. Install it with:\n\n    pip install 'whygrad[app]'"
        )
    whygrad(prog_name="whygrad")
