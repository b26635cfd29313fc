"""The doctor's rooms: what its modules may know of each other."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import whygrad.doctor
from whygrad.doctor.rules import ROWS

ROOT = Path(whygrad.doctor.__file__).parent
MODULES = {
    ".".join(("whygrad.doctor", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
}
# Private to PyTorch and to Lightning, which offer no public way to these.
OF_LIBRARIES = {
    "_backward_hooks", "_forward_hooks", "_forward_pre_hooks", "_overloadpacket", "_trainer",
}  # fmt: skip


def imported(tree: ast.AST, module: str) -> Iterator[str]:
    """The doctor's modules that are imported anywhere in a tree, inside functions too."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{module}: an import without its package's name"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name in MODULES and name != "whygrad.doctor")


def test_no_module_of_the_doctors_waits_for_itself() -> None:
    """Imports inside functions count too; importing the package's door counts as its modules."""
    knows = {
        module: set(imported(ast.parse(path.read_text("utf-8")), module))
        for module, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " → ".join((*above, module))
        if module not in done:
            for other in sorted(knows[module]):
                visit(other, (*above, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())
    assert len(done) == len(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_no_private_attribute_of_another_is_read(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            dunder = node.attr.endswith("__")
            assert own or dunder or node.attr in OF_LIBRARIES, f"{module}:{node.lineno} {node.attr}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whygrad"):
            hidden = [alias.name for alias in node.names if alias.name.startswith("_")]
            assert not hidden, f"{module}:{node.lineno} {hidden}"


def test_the_public_class_is_small() -> None:
    assert len((ROOT / "doctor.py").read_text("utf-8").splitlines()) < 200


@pytest.mark.parametrize("module", [m for m in MODULES if not m.endswith(".tracer")])
def test_no_clock_is_read(module: str) -> None:
    """Only how often a script's progress is shown depends on one."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names}  # fmt: skip
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {"time", "datetime"} & (names | froms)


#: where a cause may be named beside its own module, and why
NAMES_CAUSES = {
    "src/whygrad/doctor/rules/": "a pair of causes stands with the one that explains the other",
    "src/whygrad/clinic/cases/": "a run to examine has the causes it was built with",
    "src/whygrad/clinic/examinations/": "a fact says which causes it speaks for",
    "src/whygrad/doctor/backward.py": "makes the findings of a backward pass written by hand",
    "src/whygrad/doctor/experiments.py": "a change is replayed where a rule's threshold is passed",
    "src/whygrad/doctor/remedies/predictions.py": "a signal is called as the cause that it shows",
    "src/whygrad/bench/doctor.py": "a case of the clinic is called as its cause",
}


def naming(cause: str, texts: Mapping[str, str]) -> list[str]:
    """Return the files that name a cause, but for its own module."""
    word = re.compile(rf"\b{cause}\b")
    own = f"src/whygrad/doctor/rules/{cause}.py"
    return [file for file, text in texts.items() if file != own and word.search(text)]


def sources() -> dict[str, str]:
    """Return the texts of the package and of the page, without tests."""
    root = Path(__file__).parents[1]
    files = [*(root / "src").rglob("*.py"), *(root / "web" / "src").rglob("*.[ts][sv]*")]
    return {
        file.relative_to(root).as_posix(): file.read_text("utf-8")
        for file in files
        if ".test." not in file.name and file.is_file()
    }


def test_a_cause_is_named_in_its_module_and_where_there_is_a_reason() -> None:
    texts = sources()
    assert any(file.endswith(".svelte") for file in texts)
    assert any(file.endswith(".ts") for file in texts)
    elsewhere = {
        cause: [file for file in naming(cause, texts) if not file.startswith(tuple(NAMES_CAUSES))]
        for cause in ROWS
    }
    assert {cause: files for cause, files in elsewhere.items() if files} == {}
    # and each reason is still needed
    used = {file for cause in ROWS for file in naming(cause, texts)}
    assert not [place for place in NAMES_CAUSES if not any(f.startswith(place) for f in used)]


def test_a_cause_that_is_named_elsewhere_is_found() -> None:
    texts = {"src/whygrad/doctor/rules/dead_relu.py": "dead_relu", "src/a.py": "x = 'dead_relu'"}
    assert naming("dead_relu", texts) == ["src/a.py"]
    assert naming("dead", texts) == []
