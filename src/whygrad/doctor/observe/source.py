"""Which line of the user's own program called."""

from __future__ import annotations

import inspect
import re
import sysconfig
from pathlib import Path
from types import FrameType

OURS = str(Path(__file__).parents[2])  # the package's folder
NO_FILES = (sysconfig.get_path("stdlib"), "<frozen", "<string>", "<eval")  # of the user's
INSTALLED = re.compile(r"[/\\](site|dist)-packages[/\\]")


def source_line(within: bool = False, made: object = None) -> str:
    """Return the nearest calling line of the user's program, as ``file:line``, or "".

    With `within`, only a line between here and whygrad's own next call counts: one inside a module
    that whygrad has called. Lines of the ``__init__`` of `made` do not count: that which makes it
    does.
    """
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(OURS):
            if within:
                return ""
        elif not (file.startswith(NO_FILES) or INSTALLED.search(file) or _makes(frame, made)):
            return f"{_short(file)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _makes(frame: FrameType, made: object) -> bool:
    """Whether a frame is that of the thing's own ``__init__``."""
    code = frame.f_code
    if made is None or code.co_name != "__init__" or not code.co_argcount:
        return False
    return frame.f_locals.get(code.co_varnames[0]) is made


def _short(file: str) -> str:
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
