"""What a person gets who installs the package."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with ZipFile(path) as archive:
        return set(archive.namelist())


def files(pattern: str) -> set[str]:
    """The package's own files of that name, as the wheel should name them."""
    return {path.relative_to(SOURCE).as_posix() for path in SOURCE.glob(pattern) if path.is_file()}


def test_the_wheel_holds_the_built_front_end(wheel: set[str]) -> None:
    static = "whygrad/app/static"
    built = {f"{static}/{name}" for name in ("index.html", "whygrad.js", "whygrad.css")}
    assert built <= files(f"{static}/**/*"), "the front end is not built: run `make install`"
    assert files(f"{static}/**/*") <= wheel


def test_the_wheel_says_that_it_is_typed(wheel: set[str]) -> None:
    assert "whygrad/py.typed" in wheel


def test_the_wheel_holds_the_presets(wheel: set[str]) -> None:
    presets = files("whygrad/**/*.toml")
    assert presets
    assert presets <= wheel


@pytest.mark.parametrize("kind", ["py", "json", "md", "csv", "npz"])
def test_the_wheel_holds_every_file_of_the_package(wheel: set[str], kind: str) -> None:
    assert files(f"whygrad/**/*.{kind}") <= wheel
