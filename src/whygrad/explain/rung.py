"""A rung of the why ladder: one answer, as plain data, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from whygrad.explain.said import Said
from whygrad.tape.run import json_number


class Written(Protocol):
    """The arithmetic of a rung as texts, which may be written when they are asked for.

    Attributes:
        expression: plain arithmetic in Python syntax that comes to the rung's number.
        formula: the same in names.
    """

    @property
    def expression(self) -> str: ...
    @property
    def formula(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Texts:
    """Arithmetic that is written already."""

    expression: str
    formula: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One answer, and what it rests on.

    Attributes:
        name: what is explained: a value's element (``dL/dw1``) or a local derivative (``da1/dz1``).
        asks: what this answers, as a sentence's key and slots.
        value: the number.
        written: the arithmetic that comes to it.
        says: why, in a sentence or two, with these numbers, as keys and slots.
        principle: name of the principle it rests on.
        because: the rungs below; empty where depth ends or nothing more is to be said.
        element: ``(value id, flat index)`` where the rung explains an element of the tape.
    """

    name: str
    asks: Said
    value: float
    written: Written
    says: tuple[Said, ...]
    principle: str
    because: tuple[Rung, ...] = ()
    element: tuple[int, int] | None = None

    @property
    def expression(self) -> str:
        """Plain arithmetic in Python syntax that comes to the number."""
        return self.written.expression

    @property
    def formula(self) -> str:
        """The arithmetic in names."""
        return self.written.formula

    @property
    def question(self) -> str:
        """What this answers: "Why multiply?"."""
        return str(self.asks)

    @property
    def claim(self) -> str:
        """Why, in a sentence or two, with these numbers."""
        return " ".join(map(str, self.says))

    def __str__(self) -> str:
        return "\n".join(self._lines(0))

    def _lines(self, depth: int) -> Iterator[str]:
        margin = "    " * depth
        yield f"{margin}{self.question}"
        yield f"{margin}  {self.claim} ({self.principle})"
        for rung in self.because:
            yield from rung._lines(depth + 1)

    def __rich__(self) -> object:
        """Return a tree for a terminal that can draw one."""
        from rich.text import Text
        from rich.tree import Tree

        def grown(rung: Rung) -> Tree:
            label = Text.assemble(
                (rung.question, "bold"),
                "\n",
                rung.claim,
                " ",
                (f"({rung.principle})", "italic dim"),
            )
            tree = Tree(label, guide_style="dim")
            for below in rung.because:
                tree.children.append(grown(below))
            return tree

        return grown(self)

    def to_json(self) -> dict[str, Any]:
        """Return the rung, and all below it, as JSON data; inf and nan as texts."""
        return {
            "name": self.name,
            "question": self.question,
            "value": json_number(self.value),
            "expression": self.expression,
            "formula": self.formula,
            "claim": self.claim,
            "principle": self.principle,
            "asks": self.asks.to_json(),
            "says": [said.to_json() for said in self.says],
            "because": [rung.to_json() for rung in self.because],
        }
