"""What an import may pull in, and in which direction modules may know each other."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

REPORT = """
import json, sys
import numpy
before, calls = set(sys.modules), 0

def note(frame, event, _):
    global calls
    calls += event in ("call", "c_call")

sys.setprofile(note)
import whygrad
sys.setprofile(None)
print(json.dumps([calls, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]))
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[str]]:
    """The calls that ``import whygrad`` makes on top of NumPy, and the packages it brings."""
    # Python keeps what it compiled, as it does for a person; the first import fills the cache.
    cache = str(tmp_path_factory.mktemp("compiled"))
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", REPORT], check=True, capture_output=True, env=environment
        )
    calls, packages = json.loads(done.stdout)
    return calls, packages


def graph_of(package: str) -> grimp.ImportGraph:
    """The imports of a package, those inside functions included, those for types alone not."""
    return grimp.build_graph(package, exclude_type_checking_imports=True, cache_dir=None)


def cycles(graph: grimp.ImportGraph) -> list[str]:
    """The cycles between what stands side by side in a package: modules, and packages as wholes."""
    found: list[str] = []
    for package in sorted(graph.modules):
        breakers = graph.nominate_cycle_breakers(package)
        rooms = copy.deepcopy(graph)
        for child in graph.find_children(package):
            rooms.squash_module(child)
        for pair in sorted(breakers):
            importer, imported = (
                ".".join(name.split(".")[: package.count(".") + 2]) for name in pair
            )
            back = rooms.find_shortest_chain(imported, importer)
            assert back is not None
            found.append(" → ".join((importer, *back)))
    return found


def test_the_import_brings_numpy_alone(imported: tuple[int, list[str]]) -> None:
    assert set(imported[1]) - sys.stdlib_module_names <= {"whygrad", "numpy"}


def test_the_import_is_quick(imported: tuple[int, list[str]]) -> None:
    # 41,000 calls when this was written; `whygrad bench overheads` says how long they take.
    assert imported[0] < 50_000


def test_imports_go_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_package_imports_itself_by_way_of_another() -> None:
    assert cycles(graph_of("whygrad")) == []


def test_a_cycle_by_an_import_inside_a_function_is_found_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {
        "__init__": "",
        "low/__init__": "",
        "low/tape": "def late():\n    from planted.high.draw import axes\n",
        "middle": "from planted.low import tape",
        "high/__init__": "from planted.high.page import page",
        "high/draw": "axes = 2",
        "high/page": "from planted import middle\n\ndef page():\n    import planted.high.site\n",
        "high/site": "from planted.high.page import page",
        "typed": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import planted.above",
        "above": "import planted.typed",
    }
    for name, text in modules.items():
        file = (tmp_path / "planted" / name).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    between, within = cycles(graph_of("planted"))
    rooms = ["planted.high", "planted.middle", "planted.low"]
    assert between in " → ".join([*rooms, *rooms])
    assert len(set(between.split(" → "))) == 3
    assert within in (
        "planted.high.page → planted.high.site → planted.high.page",
        "planted.high.site → planted.high.page → planted.high.site",
    )


def test_nothing_imports_the_whole_but_what_measures_it() -> None:
    # `whygrad` itself imports most rooms: to import it from inside of one would be a cycle, too.
    importers = graph_of("whygrad").find_modules_that_directly_import("whygrad")
    assert [name for name in importers if not name.startswith("whygrad.bench.")] == []
