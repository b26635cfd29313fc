"""Where in the user's own program something happened: file and line."""

from __future__ import annotations

import inspect
import sysconfig
from pathlib import Path
from types import FrameType

OURS = str(Path(__file__).parent.parent)
LIBRARIES = tuple({sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib")})


def caller(within: bool = False) -> str:
    """Return the nearest line of the user's on the way here, as ``file:line``, or "".

    With `within`, only a line between here and whygrad's own next call counts: one inside a module
    that whygrad has called.
    """
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(OURS):
            if within:
                return ""
        elif not file.startswith((*LIBRARIES, "<frozen", "<string>", "<eval")):
            return f"{_short(file)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _short(file: str) -> str:
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
