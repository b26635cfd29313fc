"""The why ladder: for any number, what it is, by what rule, why the rule holds, and how to see it.

A rung is plain data. Every rung's ``expression`` is arithmetic on numbers that comes to its
``value``; its ``claim`` says in words, with these numbers, why; ``because`` leads on, to rungs that
lead on in turn, down to numbers that are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whygrad import display
from whygrad.dims import Dim
from whygrad.errors import WhygradError
from whygrad.formula import (
    Expr,
    evaluate,
    expr,
    flat,
    leaves,
    number_text,
    to_python,
    unflat,
)
from whygrad.lesson import formula, in_names, in_numbers, is_shown
from whygrad.names import symbol
from whygrad.op import Reason
from whygrad.ops import OPS
from whygrad.run import Run, json_number
from whygrad.tape import Step
from whygrad.why.contributions import ONE, Contribution, contributions, is_gradient

DEPTH = 2
MOST = 4  # of many terms or inputs, the largest are explained one by one
MOST_INPUTS = 8
MOST_NAMED = 12  # terms of a long sum are written in names
SMALL = 0.01  # the change used to show a rate


@dataclass(frozen=True, slots=True)
class Rung:
    """One answer, and what it rests on.

    Attributes:
        name: what is explained: a value's element (``dL/dw1``) or a local derivative (``da1/dz1``).
        question: what this answers: "Why multiply?".
        value: the number.
        expression: plain arithmetic in Python syntax that comes to it.
        formula: the same in names.
        claim: why, in a sentence or two, with these numbers.
        principle: name of the principle it rests on.
        because: the rungs below; empty where depth ends or nothing more is to be said.
        element: ``(value id, flat index)`` where the rung explains an element of the tape.
    """

    name: str
    question: str
    value: float
    expression: str
    formula: str
    claim: str
    principle: str
    because: tuple[Rung, ...] = ()
    element: tuple[int, int] | None = None

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
            "because": [rung.to_json() for rung in self.because],
        }


def why(run: Run, name: str, depth: int = DEPTH) -> Rung:
    """Explain one number.

    Args:
        run: the numbers.
        name: an element: ``z1``, ``W1[0,2]``, ``dL/dW1[0,2]``, ``w1_new``.
        depth: how many levels of rungs below the first.

    Raises:
        WhygradError: there is no such element, or depth is below 0.
    """
    if depth < 0:
        raise WhygradError(f"depth is {depth}; it counts the levels below the first, from 0 up")
    return Ladder(run).element(*run.element(name), depth)


@dataclass
class Ladder:
    """Builds rungs over one run."""

    run: Run
    digits: int = 4
    _chains: dict[tuple[int, int], list[tuple[Step, int]]] = field(
        default_factory=dict[tuple[int, int], list[tuple[Step, int]]]
    )
    _trees: dict[tuple[int, int], Expr] = field(default_factory=dict[tuple[int, int], Expr])
    _texts: dict[int, tuple[Expr, str, str]] = field(
        default_factory=dict[int, tuple[Expr, str, str]]
    )

    # --- which kind of number ---

    def element(self, value: int, at: int, depth: int, question: str = "") -> Rung:
        """Explain an element of a value."""
        tape = self.run.tape
        if value not in tape.makers:
            return self._given(value, at)
        step = tape.makers[value]
        if step.phase == "update":
            return self._update(value, at, depth)
        if tape.values[value].gradient_of is not None:
            return self._gradient(value, at, depth, question)
        return self._forward(value, at, depth)

    def _tree(self, value: int, at: int) -> Expr:
        """Return an element's formula, worked out once."""
        if (value, at) not in self._trees:
            self._trees[value, at] = formula(self.run, value, at)
        return self._trees[value, at]

    def _written(self, tree: Expr) -> tuple[str, str]:
        """Return a formula in numbers and in names, written once."""
        if id(tree) not in self._texts:
            many = tree.head == "terms" and len(tree.args) > MOST_NAMED
            shown = Expr("terms", tree.args[:MOST_NAMED]) if many else tree
            names = to_python(shown, lambda value, at: in_names(self.run, value, at))
            names += " + …" if many else ""
            self._texts[id(tree)] = (tree, in_numbers(self.run, tree), names)
        return self._texts[id(tree)][1:]

    # --- numbers that are given ---

    def _given(self, value: int, at: int) -> Rung:
        tape = self.run.tape
        here = self._symbol(value, at)
        number = self.run.number(value, at)
        shown = self.say(number)
        role = tape.values[value].role
        claim = {
            "input": f"{here} = {shown} comes with {self._which(value, at)}; nothing computes it.",
            "target": f"{here} = {shown} is what the output ought to be for "
            f"{self._which(value, at)}.",
            "parameter": f"{here} = {shown} is a parameter: a number the network may change. It "
            f"stands here as it was before this iteration's update.",
            "hyperparameter": f"{here} = {shown} is chosen by you, not learned.",
            "optimizer state": f"{here} = {shown} is what the optimizer remembers of the "
            f"iterations before.",
            "gradient": f"{here} = {shown}: the loss moves one for one with itself. Here the way "
            f"back begins.",
        }.get(role, f"{shown} is part of the formula.")
        principle = "rate" if role == "gradient" else "given"
        text = number_text(number)
        return Rung(
            self._label(value, at),
            f"Why {here} = {shown}?",
            number,
            text,
            self._label(value, at),
            claim,
            principle,
            (),
            (value, at),
        )

    # --- forward ---

    def _forward(self, value: int, at: int, depth: int) -> Rung:
        run, tape = self.run, self.run.tape
        tree = self._tree(value, at)
        step = tape.makers[value]
        chain = self._made_by(value)
        purpose = " ".join(dict.fromkeys(OPS[s.op].purpose for s in chain))
        claim = f"{self._equation(value, at, tree)}.{self._scope(value, at)} {purpose}"
        below: list[Rung] = []
        if depth > 0:
            below = [
                self.element(v, i, depth - 1, f"Where does {self._symbol(v, i)} come from?")
                for v, i in self._inputs(tree)
            ]
        return self._rung(
            value,
            at,
            tree,
            f"Why {self._symbol(value, at)} = {self.say(run.number(value, at))}?",
            claim,
            "gate" if step.op == "relu" else "local",
            below,
        )

    def _inputs(self, tree: Expr) -> list[tuple[int, int]]:
        """Return the elements a formula reads, largest first where there are many."""
        tape = self.run.tape
        found = [
            leaf
            for leaf in dict.fromkeys(leaves(tree))
            if tape.values[leaf[0]].role != "constant" or tape.values[leaf[0]].name
        ]
        if len(found) > MOST_INPUTS:
            found = sorted(found, key=lambda leaf: -abs(self.run.number(*leaf)))[:MOST_INPUTS]
        return found

    def _made_by(self, value: int) -> list[Step]:
        """Return the steps folded into a value that do something worth saying, last first."""
        tape = self.run.tape
        found: list[Step] = []
        waiting = [tape.makers[value]]
        while waiting and len(found) < 3:
            step = waiting.pop(0)
            if step.op not in _PLAIN:
                found.append(step)
            waiting += [
                tape.makers[i] for i in step.inputs if not is_shown(tape, i) and i in tape.makers
            ]
        return found or [tape.makers[value]]

    # --- backward ---

    def _gradient(self, value: int, at: int, depth: int, question: str) -> Rung:
        run = self.run
        of = run.tape.values[value].gradient_of
        assert of is not None
        tree = self._tree(value, at)
        found = contributions(run, tree)
        here = self._symbol(value, at)
        total = self.say(run.number(value, at))
        question = question or f"Why {here} = {total}?"
        if len(found) == 1:
            return self._one_contribution(value, at, of, tree, found[0], depth, question)
        if not found:
            claim = (
                f"{here} = {total}. Nothing passes: {self._symbol(of, at)} does not take part in "
                f"the branch that was chosen here, so moving it a little moves nothing."
            )
            return self._rung(value, at, tree, question, claim, "gate", [])
        return self._many_contributions(value, at, of, tree, found, depth, question)

    def _one_contribution(
        self,
        value: int,
        at: int,
        of: int,
        tree: Expr,
        one: Contribution,
        depth: int,
        question: str,
    ) -> Rung:
        below: list[Rung] = []
        if depth > 0:
            below.append(self._local(of, at, one, depth - 1))
            if not self._is_seed(one) and one.local != ONE:
                below.append(self._why_multiply(of, at, one, depth - 1))
            if not self._is_seed(one):
                below.append(self._arrives(one, depth - 1))
            below.append(self._order(value, at, tree, [one]))
        claim = f"{self._equation(value, at, tree)}. {self._flow(of, at, one)}"
        principle = "rates multiply"
        if self._is_seed(one) or one.local == ONE:
            principle = "rate"
        reason = self._reason(of, at, one)
        if reason is not None and one.rate == 0:
            principle = reason[1]
        if self._is_batch_parameter(of):
            claim += f" {self._scope_of_parameter(of)}"
        return self._rung(value, at, tree, question, claim, principle, below)

    def _flow(self, of: int, at: int, one: Contribution) -> str:
        """Say what arrives and what passes."""
        x, y = self._symbol(of, at), self._target(one)
        arrives, rate = self.say(one.arrives), self.say(one.rate)
        if self._is_seed(one):
            return (
                f"One unit of {x} moves the loss by {rate}, for small changes; the 1 stands for "
                f"the loss itself, which moves one for one."
            )
        if one.local == ONE:
            return (
                f"What arrives at {y} is {arrives}; one unit of {x} is one unit of {y}, so it "
                f"passes unchanged."
            )
        if one.rate == 0:
            reason = self._reason(of, at, one)
            because = f" {reason[0]}" if reason else ""
            return f"What arrives at {y} is {arrives}, but {x} does not move {y} here.{because}"
        return f"What arrives at {y} is {arrives}; each unit of {x} moves {y} by {rate}."

    def _many_contributions(
        self,
        value: int,
        at: int,
        of: int,
        tree: Expr,
        found: Sequence[Contribution],
        depth: int,
        question: str,
    ) -> Rung:
        x = self._symbol(of, at)
        same_use = len({c.upstream[0] for c in found}) == 1
        by_example = same_use and self._is_batch_parameter(of)
        principle = "used by all" if by_example else "contributions add"
        if by_example:
            how = (
                f"As {x} serves every example, what the {len(found)} of them contribute is added up"
            )
        else:
            how = f"There are {len(found)} ways in which {x} moves the loss; small effects add up"
        total = self.run.number(value, at)
        if len(found) <= MOST:
            terms = Expr("terms", tuple(expr(c.product) for c in found))
            claim = f"{how}: {self._shown(terms, total)}."
        else:
            claim = f"{how}, to {self.say(total)} in all."
        if by_example:
            claim += f" {self._scope_of_parameter(of)}"
        below: list[Rung] = []
        if depth > 0:
            ranked = sorted(found, key=lambda c: -abs(c.product))
            below = [self._use(value, of, at, c, depth - 1) for c in ranked[:MOST]]
            if len(ranked) > MOST:
                below.append(self._others(value, at, of, ranked[MOST:]))
            below.append(self._why_add(value, at, of, found))
            below.append(self._order(value, at, tree, found))
        return self._rung(value, at, tree, question, claim, principle, below)

    def _use(self, value: int, of: int, at: int, one: Contribution, depth: int) -> Rung:
        """Explain one of several contributions."""
        product = Expr("mul", (Expr("leaf", one.upstream), one.local))
        tree = Expr("leaf", one.upstream) if one.local == ONE else product
        y = self._target(one)
        below: list[Rung] = []
        if depth > 0:
            below = [self._local(of, at, one, depth - 1)]
            if one.local != ONE and not self._is_seed(one):
                below.append(self._why_multiply(of, at, one, depth - 1))
            if not self._is_seed(one):
                below.append(self._arrives(one, depth - 1))
        return Rung(
            f"{self._label(value, at)} through {self._target_label(one)}",
            f"What comes through {y}?",
            one.product,
            *self._written(tree),
            f"{self._product(one)}. {self._flow(of, at, one)}",
            "rates multiply",
            tuple(below),
        )

    def _others(self, value: int, at: int, of: int, rest: Sequence[Contribution]) -> Rung:
        total = sum(c.product for c in rest)
        return Rung(
            f"{self._label(value, at)} through {len(rest)} more",
            "And the others?",
            total,
            " + ".join(
                number_text(c.product) if n == 0 else f"({number_text(c.product)})"
                for n, c in enumerate(rest)
            ),
            "the other contributions",
            f"The {len(rest)} smaller contributions to {self._symbol(value, at)} come to "
            f"{self.say(total)} together.",
            "contributions add",
        )

    def _local(self, of: int, at: int, one: Contribution, depth: int) -> Rung:
        """Explain a local derivative: from the op's own reasons, then by numbers."""
        x, y = self._symbol(of, at), self._target(one)
        name = f"d{self._target_label(one)}/d{self._label(of, at)}"
        if name == self._gradient_label(of, at):
            name += " by this use"
        reason = self._reason(of, at, one)
        if reason is not None:
            says, principle = reason
        else:
            says = (
                f"Between {x} and {y} lie several steps; their rates multiply to "
                f"{self.say(one.rate)}."
            )
            principle = "rates multiply"
        n = self._batch()
        if n > 1 and self._target_element(one)[0] == self.run.tape.loss:
            says += (
                f" The loss is a mean over {n} examples, so each has a say of 1/{n}; that is in it."
            )
        rate = self.say(one.rate)
        question = f"Why {rate} per unit?" if one.rate else "Why nothing?"
        below = (self._in_small(of, at, one),) if depth > 0 else ()
        return Rung(
            name,
            question,
            one.rate,
            *self._written(one.local),
            says,
            principle,
            tuple(r for r in below if r is not None),
        )

    def _in_small(self, of: int, at: int, one: Contribution) -> Rung | None:
        """Show a rate by a small change of the formula it is the rate of."""
        target, where = self._target_element(one)
        if target not in self.run.tape.makers:
            return None
        tree = self._tree(target, where)
        if (of, at) not in set(leaves(tree)):
            return None
        before = evaluate(tree, self.run.number)
        x = self.run.number(of, at)

        def get(value: int, place: int) -> float:
            return x + SMALL if (value, place) == (of, at) else self.run.number(value, place)

        after = evaluate(tree, get)
        quotient = (after - before) / SMALL
        y = self._target(one)
        exactly = abs(quotient - one.rate) <= 1e-9 * max(1.0, abs(one.rate))
        close = (
            f"exactly {self.say(one.rate)} per unit"
            if exactly
            else f"{self.say(quotient)} per unit; a smaller change comes closer to "
            f"{self.say(one.rate)}"
        )
        digits = self._digits_for_change(before, after)
        return Rung(
            f"d{self._target_label(one)}/d{self._label(of, at)} by a change of {SMALL}",
            "See it in numbers",
            quotient,
            f"({number_text(after)} - {_follows(before)}) / {SMALL}",
            f"({self._target_label(one)} after - before) / {SMALL}",
            f"Raise {self._symbol(of, at)} from {self.say(x)} to {self.say(x + SMALL)}: {y} goes "
            f"from {self.say(before, digits)} to {self.say(after, digits)}. That is {close}.",
            "rate",
        )

    def _why_multiply(self, of: int, at: int, one: Contribution, depth: int) -> Rung:
        x, y = self._symbol(of, at), self._target(one)
        loss = self._loss()
        tree = Expr("mul", (Expr("leaf", one.upstream), one.local))
        below: tuple[Rung, ...] = ()
        if depth > 0:
            small = SMALL * one.rate
            effect = small * one.arrives
            below = (
                Rung(
                    f"effect of {SMALL} of {self._label(of, at)}",
                    "See it in numbers",
                    effect,
                    f"{SMALL} * {_follows(one.rate)} * {_follows(one.arrives)}",
                    f"{SMALL} * local * upstream",
                    f"{SMALL} more of {x} makes {self.say(small)} more of {y}, and that makes "
                    f"{self.say(effect)} more of {loss}: {self.say(one.product)} per unit of {x}.",
                    "rate",
                ),
            )
        return Rung(
            self._gradient_label(of, at),
            "Why multiply?",
            one.product,
            *self._written(tree),
            f"Each unit of {y} moves {loss} by {self.say(one.arrives)}; each unit of {x} moves {y} "
            f"by {self.say(one.rate)}. Rates per unit multiply: {self._product(one)}.",
            "rates multiply",
            below,
        )

    def _why_add(self, value: int, at: int, of: int, found: Sequence[Contribution]) -> Rung:
        x = self._symbol(of, at)
        numbers = [c.product for c in found]
        expression = " + ".join(
            number_text(p) if n == 0 else _follows(p) for n, p in enumerate(numbers)
        )
        return Rung(
            self._label(value, at),
            "Why add?",
            sum(numbers),
            expression,
            " + ".join("contribution" for _ in numbers[:2]) + (" + …" if len(numbers) > 2 else ""),
            f"Move {x} by a small ε: each use moves {self._loss()} by its own contribution times "
            f"ε. What they do to each other is of the size ε², and vanishes against ε: at ε = 0.01 "
            f"it is a hundredth of them, at 0.001 a thousandth.",
            "contributions add",
        )

    def _arrives(self, one: Contribution, depth: int) -> Rung:
        number = self.say(one.arrives)
        return self.element(*one.upstream, depth, f"Where does {number} come from?")

    def _order(self, value: int, at: int, tree: Expr, found: Sequence[Contribution]) -> Rung:
        """Say why this could not be computed earlier in the walk."""
        tape = self.run.tape
        waited: list[str] = []
        for one in found[:MOST]:
            target = tape.values[one.upstream[0]].gradient_of
            if target is None or self._is_seed(one):
                continue
            users = {s.id for s, _ in tape.uses.get(target, ()) if s.phase in ("forward", "loss")}
            shown, of = self._symbol(*one.upstream), self._symbol(*self._target_element(one))
            if len(users) > 1:
                waited.append(
                    f"{shown} first, and {of} is used {len(users)} times: passed on before all of "
                    f"them had reported, it would be short, and so would everything below it"
                )
            else:
                waited.append(
                    f"{shown} first; {of} has one use, so that was complete as soon as this use "
                    f"had reported"
                )
        if waited:
            claim = f"It needs {'. And it needs '.join(dict.fromkeys(waited))}."
        else:
            claim = (
                "It comes first on the way back: it needs only the loss and numbers that the "
                "forward pass kept."
            )
        return Rung(
            self._label(value, at),
            "Why in this order?",
            self.run.number(value, at),
            *self._written(tree),
            claim,
            "complete before passing on",
        )

    # --- update ---

    def _update(self, value: int, at: int, depth: int) -> Rung:
        run, tape = self.run, self.run.tape
        tree = self._tree(value, at)
        before = next((a for a, b in tape.carries if b == value), None)
        gradient = tape.gradients.get(before) if before is not None else None
        claim = f"{self._equation(value, at, tree)}."
        below: list[Rung] = []
        if gradient is not None and before is not None:
            slope = run.number(gradient, at)
            moved = run.number(value, at) - run.number(before, at)
            claim += f" {self._downhill(before, at, slope, moved)}"
            if depth > 0:
                below.append(self._why_minus(value, at, before, tree, slope))
                below += self._why_rate(tree)
        if depth > 0:
            below += [
                self.element(v, i, depth - 1, f"Where does {self._symbol(v, i)} come from?")
                for v, i in self._inputs(tree)
                if tape.values[v].role != "hyperparameter"
            ]
        return self._rung(
            value,
            at,
            tree,
            f"Why {self._symbol(value, at)} = {self.say(run.number(value, at))}?",
            claim,
            "downhill",
            below,
        )

    def _downhill(self, before: int, at: int, slope: float, moved: float) -> str:
        x, loss = self._symbol(before, at), self._loss()
        if slope == 0:
            return (
                f"The gradient of {x} is 0: as far as small changes tell, moving {x} moves nothing."
                + (" So it stays." if moved == 0 else " What moves it is the optimizer's memory.")
            )
        way = "raises" if slope > 0 else "lowers"
        went = "lowered" if moved < 0 else "raised" if moved > 0 else "left"
        return f"Raising {x} {way} {loss} (its gradient is {self.say(slope)}), so {x} is {went}."

    def _why_minus(self, value: int, at: int, before: int, tree: Expr, slope: float) -> Rung:
        x, loss = self._symbol(before, at), self._loss()
        up = "up" if slope > 0 else "down" if slope < 0 else "nowhere"
        return Rung(
            self._label(value, at),
            "Why minus?",
            self.run.number(value, at),
            *self._written(tree),
            f"The gradient, {self.say(slope)}, says where {loss} goes as {x} rises: {up}. The aim "
            f"is a smaller loss, so the step is taken the other way.",
            "downhill",
        )

    def _why_rate(self, tree: Expr) -> list[Rung]:
        found = [
            leaf
            for leaf in dict.fromkeys(leaves(tree))
            if self.run.tape.values[leaf[0]].name == "learning_rate"
        ]
        rungs: list[Rung] = []
        for leaf in found:
            number = self.run.number(*leaf)
            rungs.append(
                Rung(
                    self._label(*leaf),
                    "Why the learning rate?",
                    number,
                    number_text(number),
                    self._label(*leaf),
                    f"The gradient says which way and how steep, for small changes only; it does "
                    f"not say how far. η = {self.say(number)} is how far the straight-line story "
                    f"is trusted.",
                    "downhill",
                    (),
                    leaf,
                )
            )
        return rungs

    # --- the op's own reasons ---

    def _reason(self, of: int, at: int, one: Contribution) -> tuple[str, str] | None:
        """Return the op's sentence for a local derivative, filled, and its principle."""
        target, where = self._target_element(one)
        chain = self._chain(of, target)
        acting = [(step, argument) for step, argument in chain if step.op not in _PLAIN]
        if len(acting) > 1 or not chain:
            return None
        step, argument = acting[0] if acting else chain[0]
        reasons = OPS[step.op].reasons
        options = reasons[min(argument, len(reasons) - 1)] if reasons else None
        if not options:
            return None
        slots = self._slots(of, at, step, argument, one, target, where)
        for reason in options:
            if reason.when is None or _holds(reason.when, slots):
                filled = self._filled(reason, slots)
                if filled is not None:
                    return filled, reason.principle
        return None

    def _chain(self, of: int, target: int) -> list[tuple[Step, int]]:
        """Return the forward steps that lead from a value to the next named one, with arguments."""
        key = (of, target)
        if key not in self._chains:
            self._chains[key] = self._search(of, target)
        return self._chains[key]

    def _search(self, of: int, target: int) -> list[tuple[Step, int]]:
        tape = self.run.tape
        waiting: list[tuple[int, list[tuple[Step, int]]]] = [(of, [])]
        while waiting:
            value, so_far = waiting.pop(0)
            for step, argument in tape.uses.get(value, ()):
                if step.phase not in ("forward", "loss"):
                    continue
                chain = [*so_far, (step, argument)]
                if step.output == target:
                    return chain
                if not is_shown(tape, step.output) and len(chain) < 8:
                    waiting.append((step.output, chain))
        return []

    def _slots(
        self,
        of: int,
        at: int,
        step: Step,
        argument: int,
        one: Contribution,
        target: int,
        where: int,
    ) -> Mapping[str, tuple[str, float]]:
        run = self.run
        slots = {
            "x": (self._symbol(of, at), run.number(of, at)),
            "y": (self._symbol(target, where), run.number(target, where)),
            "local": ("the rate", one.rate),
            str(argument): (self._symbol(of, at), run.number(of, at)),
        }
        others = [leaf for leaf in leaves(one.local) if leaf != (of, at)]
        if len(others) == 1 and one.local.head == "leaf":
            slots["other"] = (self._symbol(*others[0]), run.number(*others[0]))
        if OPS[step.op].aligned:
            for n, value in enumerate(step.inputs):
                if n != argument:
                    place = self._aligned(value, step.output, target, where)
                    slots[str(n)] = (self._symbol(value, place), run.number(value, place))
        elif len(step.inputs) > 1:
            for n, value in enumerate(step.inputs):
                if n != argument and run.arrays[value].shape == run.arrays[of].shape:
                    slots[str(n)] = (self._symbol(value, at), run.number(value, at))
        return slots

    def _aligned(self, value: int, output: int, target: int, where: int) -> int:
        """Return the flat index in an input that an output element of an aligned op reads."""
        shape = self.run.arrays[output].shape
        if self.run.arrays[target].shape != shape:
            return 0
        index = unflat(where, shape)
        own = self.run.arrays[value].shape
        offset = len(shape) - len(own)
        return flat([0 if n == 1 else index[offset + i] for i, n in enumerate(own)], own)

    def _filled(self, reason: Reason, slots: Mapping[str, tuple[str, float]]) -> str | None:
        """Fill a sentence's slots; None if it needs one there is no number for."""
        if any(name not in slots for name in re.findall(r"\{(\w+)[#=]?\}", reason.says)):
            return None

        def fill(match: re.Match[str]) -> str:
            name, number = slots[match[1]]
            if match[2] == "#":
                return self._in_parentheses(number) if "×" in reason.says else self.say(number)
            return f"{name} = {self.say(number)}" if match[2] == "=" else name

        return re.sub(r"\{(\w+)([#=]?)\}", fill, reason.says)

    # --- words ---

    def say(self, number: float, digits: int | None = None) -> str:
        """Write a number for a person."""
        return display.number(number, digits or self.digits)

    def _in_parentheses(self, number: float) -> str:
        text = self.say(number)
        return f"({text})" if text.startswith("−") else text

    def _product(self, one: Contribution) -> str:
        """Write ``upstream × local = product``, holding as shown."""
        return self._shown(Expr("mul", (expr(one.arrives), expr(one.rate))), one.product)

    def _equation(self, value: int, at: int, tree: Expr) -> str:
        """Write an element's formula with its numbers, holding as shown."""
        return f"{self._symbol(value, at)} = {self._shown(tree, self.run.number(value, at))}"

    def _shown(self, tree: Expr, result: float) -> str:
        how = display.shown(tree, self.run.number, result, self.digits)
        text = display.in_numbers(tree, self.run.number, how.digits)
        return text if text == how.result else f"{text} = {how.result}"

    def _which(self, value: int, at: int) -> str:
        """Say which example an element belongs to."""
        shape = self.run.arrays[value].shape
        if not self._per_example(value) or shape[0] == 1:
            return "the example"
        return f"example {unflat(at, shape)[0] + 1} of {shape[0]}"

    def _per_example(self, value: int) -> bool:
        shape = self.run.tape.values[value].shape
        return bool(shape) and isinstance(shape[0], Dim) and shape[0].name == "batch"

    def _scope(self, value: int, at: int) -> str:
        """Say of which example, or of how many, a forward value speaks."""
        if self._batch() == 1:
            return ""
        if value == self.run.tape.loss:
            return f" This is the mean over {self._batch()} examples."
        return f" This is for {self._which(value, at)}." if self._per_example(value) else ""

    def _scope_of_parameter(self, of: int) -> str:
        return f"The loss is a mean over {self._batch()} examples, so each has its share in this."

    def _is_batch_parameter(self, of: int) -> bool:
        return self.run.tape.values[of].role == "parameter" and self._batch() > 1

    def _batch(self) -> int:
        for value in self.run.tape.leaves:
            if value.shape and isinstance(value.shape[0], Dim) and value.shape[0].name == "batch":
                return self.run.arrays[value.id].shape[0]
        return 1

    def _loss(self) -> str:
        return symbol(self.run.tape.label(self.run.tape.loss))

    def _label(self, value: int, at: int) -> str:
        return self.run.label(value, at)

    def _symbol(self, value: int, at: int) -> str:
        return symbol(self._label(value, at))

    def _target_element(self, one: Contribution) -> tuple[int, int]:
        value, at = one.upstream
        of = self.run.tape.values[value].gradient_of
        return (self.run.tape.loss, 0) if of is None else (of, at)

    def _target(self, one: Contribution) -> str:
        return self._symbol(*self._target_element(one))

    def _target_label(self, one: Contribution) -> str:
        return self._label(*self._target_element(one))

    def _gradient_label(self, of: int, at: int) -> str:
        return self._label(self.run.tape.gradients[of], at)

    def _is_seed(self, one: Contribution) -> bool:
        return one.upstream[0] not in self.run.tape.makers

    def _rung(
        self,
        value: int,
        at: int,
        tree: Expr,
        question: str,
        claim: str,
        principle: str,
        below: Sequence[Rung],
    ) -> Rung:
        return Rung(
            self._label(value, at),
            question,
            self.run.number(value, at),
            *self._written(tree),
            claim,
            principle,
            tuple(below),
            (value, at),
        )

    def _digits_for_change(self, before: float, after: float) -> int:
        """Return how many digits it takes for a small change to show, to two digits of its own."""
        change = after - before
        for digits in range(self.digits, display.ALL_DIGITS):
            seen = display.rounded(after, digits) - display.rounded(before, digits)
            if abs(seen - change) <= 0.01 * abs(change):
                return digits
        return display.ALL_DIGITS


_PLAIN = {
    "add",
    "identity",
    "permute",
    "reshape",
    "reshape_like",
    "broadcast_like",
    "expand_like",
    "getitem",
    "index_select",
    "gather",
    "cat",
}


def _holds(when: Expr, slots: Mapping[str, tuple[str, float]]) -> bool:
    filled = _substituted(when, slots)
    return filled is not None and bool(evaluate(filled, lambda value, at: 0.0))


def _substituted(node: Expr, slots: Mapping[str, tuple[str, float]]) -> Expr | None:
    if node.head == "number":
        return node
    if node.head == "slot":
        return expr(slots[node.args[0]][1]) if node.args[0] in slots else None
    args = [_substituted(a, slots) for a in node.args]
    return None if any(a is None for a in args) else Expr(node.head, tuple(args))


def _follows(number: float) -> str:
    text = number_text(number)
    return f"({text})" if text.startswith("-") else text


__all__ = ["DEPTH", "Ladder", "Rung", "is_gradient", "why"]
