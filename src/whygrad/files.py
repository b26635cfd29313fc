"""Files: read with a limit, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Generator
from pathlib import Path

from whygrad.errors import DataError, WhygradError


def read_limited(file: Path, limit: int, what: str) -> bytes:
    """A file's bytes, at most `limit` of them.

    Raises DataError for no file, a folder or device, a file that is larger, or one that the
    system does not let us read. The size is looked at before anything is read.
    """
    try:
        if not file.is_file():
            why = "it is not a file" if file.exists() else "there is no such file"
            raise DataError(f"cannot read {what}: {why}", source=str(file))
        size = file.stat().st_size
        if size <= limit:
            with file.open("rb") as stream:
                content = stream.read(limit + 1)
            size = len(content)
            if size <= limit:
                return content
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the path
        if isinstance(fault, DataError):
            raise
        why = getattr(fault, "strerror", None) or str(fault)
        raise DataError(f"cannot read {what}: {why}", source=str(file)) from None
    raise DataError(
        f"{what} may hold {bytes_text(limit)}; this one has {bytes_text(size)}", source=str(file)
    )


def bytes_text(size: int) -> str:
    """A number of bytes as a message shows it."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size:,} bytes"


def write_whole(file: str | Path, content: str | bytes) -> None:
    """Write a file so that it is there whole or stays as it was.

    The content is written to a temporary file beside it, which then takes its name. What is no
    regular file, such as ``/dev/stdout``, is written to directly.

    Args:
        file: where to; a symbolic link is followed.
        content: text, written as UTF-8, or bytes.

    Raises:
        WhygradError: it cannot be written; says why.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with _says_why(file):
        target = Path(file).resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)


def check_writable(file: str | Path) -> None:
    """See that a file can be written, before the work whose result it is to hold.

    Raises:
        WhygradError: it cannot be written; says why.
    """
    with _says_why(file):
        target = Path(file).resolve()
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not target.exists() or target.is_file():
            tempfile.TemporaryFile(dir=target.parent).close()


@contextlib.contextmanager
def _says_why(file: str | Path) -> Generator[None]:
    try:
        yield
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the path
        why = getattr(fault, "strerror", None) or str(fault)
        raise WhygradError(f"this cannot be written: {why}", source=str(file)) from None


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as stream:
            if target.exists():
                os.chmod(beside, stat.S_IMODE(target.stat().st_mode))
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
