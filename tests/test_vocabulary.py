"""One meaning for each word: names of classes, and what people read, by ``docs/glossary.md``."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SRC, WEB = ROOT / "src" / "whygrad", ROOT / "web" / "src"
GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
STARTERS = SRC / "practice" / "starters"  # what a learner begins with is theirs, as are its names


def replaced() -> list[str]:
    """The words that the glossary has others for."""
    rows = [line.split("|") for line in GLOSSARY.read_text("utf-8").splitlines() if "|" in line]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row[3])]


def texts_of_a_page(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page without its code, where things are called by their names."""
    text = re.sub(r"^```.*?^```|`[^`\n]+`", blank, file.read_text("utf-8"), flags=re.S | re.M)
    yield from enumerate(text.splitlines(), start=1)


def texts_of_python(file: Path) -> Iterator[tuple[int, str]]:
    """The sentences of a module: its texts with a space in them, docstrings left out.

    What a rule of the doctor says in its docstring stands in docs/doctor.md.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(said)) if " " in said and id(node) not in docstrings:
                yield node.lineno, said
            case _:
                pass


def texts_of_the_page(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file of the front end without comments and styles: of code, its texts."""
    text = re.sub(
        r"<!--.*?-->|/\*.*?\*/|<style.*?</style>", blank, file.read_text("utf-8"), flags=re.S
    )
    code, depth = file.suffix != ".svelte", 0
    for number, line in enumerate(text.splitlines(), start=1):
        line = re.sub(r"(^|\s)//.*", "", line)
        code = code or line.startswith("<script")
        if code:
            expression = line
        else:  # what stands in braces is code; a class is read by nobody
            kept = ["", ""]
            for letter in re.sub(r'class="[^"]*"', "", line):
                depth += (letter == "{") - (letter == "}")
                kept[depth > 0] += letter
            words, expression = kept
            yield number, words
        for _, said in re.findall(r"(['\"`])((?:(?!\1).)*)(?:\1|$)", expression):
            if " " in said:
                yield number, re.sub(r"\$\{[^{}]*\}", "", said)
        if line.startswith("</script"):
            code = False


def blank(found: re.Match[str]) -> str:
    """Keep the lines of what is left out, so that those after it have their numbers."""
    return "\n" * found[0].count("\n")


def read_by_people() -> Iterator[tuple[str, str]]:
    """Everything a person may read, each with where it stands."""
    for file in PAGES:
        if file != GLOSSARY:
            for number, line in texts_of_a_page(file):
                yield f"{file.relative_to(ROOT)}:{number}", line
    sources = [(file, texts_of_python) for file in SRC.rglob("*.py")]
    sources += [
        (file, texts_of_the_page)
        for kind in ("*.ts", "*.svelte")
        for file in WEB.rglob(kind)
        if not file.name.endswith(".test.ts")
    ]
    for file, texts in sources:
        for number, text in texts(file):
            yield f"{file.relative_to(ROOT)}:{number}", text
    for file in (SRC / "spec" / "presets").glob("*.toml"):
        yield f"{file.relative_to(ROOT)}", file.read_text("utf-8")


@cache
def pattern(word: str) -> re.Pattern[str]:
    """Match a word in whatever case, and however it is wrapped."""
    parts = r"\s+".join(map(re.escape, word.split()))
    return re.compile(rf"(?<![\w/.-]){parts}(?!\w)", re.IGNORECASE)


def written(word: str, text: str) -> bool:
    """Say whether a word is written in a text."""
    return pattern(word).search(text) is not None


def test_the_glossary_replaces_words() -> None:
    assert {"foretell", "by heart", "free number", "sample"} <= set(replaced())


def test_nobody_reads_a_word_that_another_stands_for() -> None:
    words = replaced()
    found = [
        f"{where}: {word}" for where, text in read_by_people() for word in words
        if written(word, text)
    ]  # fmt: skip
    assert not found, "\n".join(found)


def test_a_word_that_is_written_is_found(tmp_path: Path) -> None:
    module, view = tmp_path / "said.py", tmp_path / "Said.svelte"
    module.write_text('"""By heart."""\n\nSAID = f"learns\\n it {1} by  heart"\n', encoding="utf-8")
    view.write_text("<!-- by\nheart -->\n<p>\n  It learns by heart. // by heart\n</p>\n", "utf-8")
    assert [n for n, text in texts_of_python(module) if written("by heart", text)] == [3]
    assert [n for n, text in texts_of_the_page(view) if written("by heart", text)] == [4]
    script = "<script>\n  const says = { id: 'by', of: `by heart ${by.heart}` }\n</script>\n"
    view.write_text(
        f"{script}<p class=\"by heart\">\n{{says ? 'by heart' : ''}}\n{{by heart}}</p>\n"
    )
    assert [n for n, text in texts_of_the_page(view) if written("by heart", text)] == [2, 5]


def test_a_class_has_a_name_of_its_own() -> None:
    packages: dict[str, set[str]] = defaultdict(set)
    for file in SRC.rglob("*.py"):
        if STARTERS not in file.parents:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    packages[node.name].add(file.parent.relative_to(SRC).as_posix())
    assert {name: rooms for name, rooms in packages.items() if len(rooms) > 1} == {}
