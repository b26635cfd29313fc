"""Sentences as data: every one is used, and only with its own slots."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from whygrad.explain.principles import PRINCIPLES
from whygrad.explain.said import Named, say, say_of_op
from whygrad.explain.sentences import PRINCIPLES_OF, SAID_HERE, SENTENCES

ROOT = Path(__file__).parent.parent
ROOMS = (
    *(ROOT / "src" / "whygrad" / room for room in ("explain", "practice", "whatif")),
    *(ROOT / "web" / "src" / room for room in ("why", "whatif", "predict")),
)
PROSE = re.compile(r"[A-Za-z’]{2,}[,.:;]? +[A-Za-z’]{2,}")  # two words, one after the other
#: modules that hold sentences as rows of their own, or run without the catalogue
TABLES = {
    "explain/sentences.py": "the catalogue",
    "explain/principles.py": "a row for each principle",
    "whatif/mistakes.py": "a row for each mistake",
    "practice/features.py": "a row for each thing to practise",
    "practice/worksheet.py": "the markup of a printed page",
    "practice/learner.py": "runs alone, in the process of a learner's file",
}
#: what tapes, questions and terminals are marked with
MARKS = {"optimizer state", "first wrong step", "right number", "mistake made", "italic dim"}


def prose_in(code: str) -> Iterator[str]:
    """Yield a module's texts of several words: docstrings, patterns and errors are left out."""
    tree = ast.parse(code)
    raised = [node for node in ast.walk(tree) if isinstance(node, ast.Raise | ast.Assert)]
    called = {
        node.func.id
        for one in raised
        for node in ast.walk(one)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    left_out: list[ast.AST] = list(raised)
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                left_out.append(docstring)
            case ast.FunctionDef(name=name) if name in called:  # it words an error
                left_out.append(node)
            case ast.Call(func=ast.Name(id="cast"), args=[kind, _]):
                left_out.append(kind)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                left_out.append(node)
            case _:
                pass
    unread = {id(part) for node in left_out for part in ast.walk(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in unread and PROSE.search(text):
                if text not in MARKS:
                    yield text
            case _:
                pass


MODULES = [
    file.relative_to(ROOT / "src" / "whygrad").as_posix()
    for room in ROOMS[:3]
    for file in sorted(room.rglob("*.py"))
    if "starters" not in file.parts
]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_keys_and_slots_and_no_sentences(module: str) -> None:
    code = (ROOT / "src" / "whygrad" / module).read_text(encoding="utf-8")
    found = list(prose_in(code))
    assert bool(found) == (module in TABLES), found


def test_a_sentence_is_found_where_it_is_planted() -> None:
    assert list(prose_in('says = f"Each unit of {x} moves {y}."')) == ["Each unit of "]
    assert list(prose_in('def f():\n    """Give x."""\n    return say("ask.value")')) == []
    assert list(prose_in('def f():\n    raise WhygradError(g())\ndef g():\n    return "a b"')) == []


def test_the_page_has_no_sentence_that_it_is_sent() -> None:
    rooms = {key.partition(".")[0] for key in SENTENCES}
    assert set(SAID_HERE) <= rooms
    page = (ROOT / "web" / "src" / "text" / "sentences.ts").read_text(encoding="utf-8")
    assert not [room for room in SAID_HERE if f'"{room}.' in page]


def test_every_sentence_is_used() -> None:
    files = [file for room in ROOMS for file in room.rglob("*") if file.suffix in (".py", ".ts")]
    code = "\n".join(
        file.read_text(encoding="utf-8") for file in files if file.name != "sentences.py"
    )
    chosen = {key.replace("\\", "") for key in re.findall(r"""["'`](\w+\.[\w .${}]+)["'`]""", code)}
    chosen |= set(re.findall(r"""["'](\w+)["']""", code))
    patterns = [re.escape(re.sub(r"\$?\{.*?\}", "§", key)).replace("§", ".+") for key in chosen]
    unused = [key for key in SENTENCES if not any(re.fullmatch(p, key) for p in patterns)]
    assert not unused


def test_principles_are_those_there_are() -> None:
    assert set(PRINCIPLES_OF) <= set(SENTENCES)
    assert set(PRINCIPLES_OF.values()) <= set(PRINCIPLES)


def test_a_slot_holds_a_name_a_number_both_or_sentences() -> None:
    x = Named("x", -0.25)
    assert str(say("given.hyperparameter", x=x)) == "x = −0.25 is chosen by you, not learned."
    parts = (say("parts.way", part=1.0), say("parts.way", part=2.0))
    said = say("parts", x="x", y="y", rate=3.0, parts=parts)
    assert str(said).endswith("add up to 3: one way 1; one way 2.")
    assert said.to_json() == {
        "key": "parts",
        "slots": {
            "x": "x",
            "y": "y",
            "rate": 3.0,
            "parts": [{"key": "parts.way", "slots": {"part": n}} for n in (1.0, 2.0)],
        },
    }
    assert say("ask.value", x=x).to_json() == {"key": "ask.value", "slots": {"x": ["x", -0.25]}}
    way = say("minus", slope=1.0, loss="L", x="x", way=say("way.up"))
    assert way.to_json()["slots"]["way"] == {"key": "way.up", "slots": {}}
    assert "rises: up." in str(way)


def test_a_minus_after_an_operator_stands_in_parentheses() -> None:
    said = say_of_op("reason.mul.0.1", "{x} moves by 0.01 × {x#}.", {"x": Named("x", -2.0)})
    assert str(said) == "x moves by 0.01 × (−2)."


@pytest.mark.parametrize("slots", [{}, {"x": 1.0, "z": 1.0}])
def test_a_sentence_takes_its_own_slots_alone(slots: dict[str, float]) -> None:
    with pytest.raises(KeyError):
        say("ask.value", **slots)
