"""Formulas of a run's numbers, in terms of what a reader sees.

A formula is put together from those of the steps that lead to a number: what has no name is folded
into what is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from whygrad.engine.formula import (
    Expr,
    StepContext,
    choose,
    number_text,
    place,
    settled,
    to_python,
    unflat,
)
from whygrad.engine.ops import OPS
from whygrad.tape.run import Run
from whygrad.tape.tape import Step, Tape

MAX_FOLD = 4_000  # nodes of a folded formula; beyond, intermediates are shown by name
MAX_DEPTH = 60  # of a folded formula: Python reads 200 nested parentheses, and each may need two
_RANK = {"hyperparameter": 0, "gradient": 1, "parameter": 2}


def is_shown(tape: Tape, value: int) -> bool:
    """Say whether worked steps show a value: leaves, and what has a name."""
    return value not in tape.inner


def in_names(run: Run, value: int, at: int) -> str:
    """Return what a formula calls an element; a constant is called by its number."""
    if run.tape.values[value].role == "constant" and not run.tape.values[value].name:
        return number_text(run.number(value, at))
    return run.label(value, at)


def in_numbers(run: Run, tree: Expr) -> str:
    """Write a formula with its numbers put in, as plain arithmetic in Python syntax."""
    settled_tree = settled(tree, run.number)
    return to_python(settled_tree, lambda value, at: number_text(run.number(value, at)))


def formula(run: Run, value: int, at: int, *, fold: bool = True) -> Expr:
    """Return the formula of one element, its branches chosen by the run's numbers.

    Args:
        run: the numbers; they decide which branch of a case holds.
        value: id of the value, which a step must have made.
        at: flat index of the element.
        fold: put the formulas of unnamed intermediates in their place.
    """
    tree = unchosen(run, value, at) if fold else Placer(run).tree(value, at)
    return arranged(run.tape, choose(tree, run.number))


def unchosen(run: Run, value: int, at: int) -> Expr:
    """Return the formula of one element, unnamed intermediates folded in, with all its branches.

    An intermediate that there is no room for is shown everywhere in the formula, not in one place
    and folded in another: so what stands before a gradient is the whole local derivative.
    """
    kept: frozenset[int] = frozenset()
    while True:
        placer = Placer(run, kept)
        tree = placer.folded(placer.tree(value, at))
        if placer.cut <= kept:
            return tree
        kept |= placer.cut


@dataclass
class Placer:
    """Places the formulas of a tape's steps at the sizes of a run."""

    run: Run
    kept: frozenset[int] = frozenset()  # unnamed, and not folded
    spent: int = 0
    cut: set[int] = field(default_factory=set[int])  # there was no room for these
    places: dict[int, StepContext] = field(default_factory=dict[int, StepContext])

    def tree(self, value: int, at: int) -> Expr:
        """Return the formula of one element in terms of its step's inputs."""
        where = self.places.get(value)
        if where is None:
            where = self.places[value] = where_of(self.run, self.run.tape.makers[value])
        return place(where, unflat(at, where.output_shape))

    def folded(self, node: Expr, depth: int = 0, times: int = 1) -> Expr:
        """Replace unnamed intermediates by their formulas, up to ``MAX_FOLD`` nodes.

        Args:
            node: a placed tree.
            depth: how deep in the whole formula it stands.
            times: how often it is written out in the text (|x| is written with x twice).
        """
        if node.head == "number":
            return node
        if node.head == "leaf":
            value, at = node.args
            if is_shown(self.run.tape, value) or value in self.kept:
                return node
            full = self.spent >= MAX_FOLD or depth >= MAX_DEPTH
            if full and not self._carries_gradients(value):
                self.cut.add(value)
                return node
            tree = self.tree(value, at)
            self.spent += _size(tree) * times
            return self.folded(tree, depth, times)
        times *= 1 + (node.head == "abs")
        return node.over(tuple([self.folded(a, depth + 1, times) for a in node.args]))

    def _carries_gradients(self, value: int) -> bool:
        """Say whether a value is on the way from one gradient to another.

        It is always folded: what a gradient is made of would not be seen.
        """
        tape = self.run.tape
        made = tape.makers[value].phase == "backward"
        return made and tape.values[value].gradient_of is None


def where_of(run: Run, step: Step) -> StepContext:
    """Return what placing a step's formulas needs, at the run's sizes."""
    return StepContext(
        formula=OPS[step.op].formula,
        inputs=step.inputs,
        input_shapes=tuple(run.arrays[i].shape for i in step.inputs),
        output=step.output,
        output_shape=run.arrays[step.output].shape,
        params=step.params,
        whole=lambda argument, at: int(run.arrays[step.inputs[argument]].flat[at]),
        moves=run.moves(step),
    )


def arranged(tape: Tape, node: Expr) -> Expr:
    """Write products as they are taught: rate first, then what arrives, then weight, then input."""
    if node.head in ("number", "leaf"):
        return node
    args = tuple(arranged(tape, a) for a in node.args)
    if node.head == "mul" and _rank(tape, args[1]) < _rank(tape, args[0]):
        args = (args[1], args[0])
    return node.over(args)


def _rank(tape: Tape, node: Expr) -> int:
    if node.head != "leaf":
        return 3
    value: int = node.args[0]
    return _RANK.get(tape.values[value].role, 3)


def _size(node: Expr) -> int:
    if node.head in ("number", "leaf"):
        return 1
    return 1 + sum(_size(a) for a in node.args)
