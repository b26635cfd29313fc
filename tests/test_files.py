"""Files are read with a limit, and written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from whygrad.errors import DataError, WhygradError
from whygrad.files import bytes_text, check_writable, read_limited, write_whole


def test_what_was_there_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    write_whole(file, "ä")
    assert file.read_bytes() == "ä".encode()
    file.chmod(0o640)
    write_whole(str(file), b"b")
    assert file.read_bytes() == b"b"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a.html"]


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old")
    (tmp_path / "a").symlink_to("b")
    write_whole(tmp_path / "a", "new")
    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "b").read_text() == "new"


def test_a_device_is_written_to_as_it_is(tmp_path: Path) -> None:
    check_writable("/dev/null")
    write_whole("/dev/null", "x")
    with pytest.raises(WhygradError, match=r"/dev/full: this cannot be written: No space left"):
        write_whole("/dev/full", "x")


@pytest.mark.parametrize("name", ["none/a", "a\0b", "x" * 300])
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    for attempt in (check_writable, lambda file: write_whole(file, "x")):
        with pytest.raises(WhygradError, match="this cannot be written"):
            attempt(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_what_fails_on_the_way_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_text("old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WhygradError, match="No space left on device"):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(DataError, match="cannot read a spec: it is not a file"):
            read_limited(file, 10, "a spec")
    with pytest.raises(DataError, match="there is no such file"):
        read_limited(tmp_path / "none", 10, "a spec")


def test_sizes_in_words() -> None:
    assert (bytes_text(99_999), bytes_text(1_500_000)) == ("99,999 bytes", "1.5 MB")
