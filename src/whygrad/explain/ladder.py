"""The why ladder: for any number, what it is, by what rule, why the rule holds, and how to see it.

A rung is plain data. Every rung's ``expression`` is arithmetic on numbers that comes to its
``value``; its ``claim`` says in words, with these numbers, why; ``because`` leads on, to rungs that
lead on in turn, down to numbers that are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from whygrad.engine.formula import Expr, evaluate, expr, leaves, number_text
from whygrad.engine.ops import OPS
from whygrad.errors import WhygradError
from whygrad.explain.contributions import ONE, Contribution, contributions
from whygrad.explain.reasons import Reasons
from whygrad.explain.rung import Rung
from whygrad.explain.words import Words
from whygrad.explain.worked import is_shown
from whygrad.tape.run import Run
from whygrad.tape.tape import Step

DEPTH = 2
MOST = 4  # of many terms or inputs, the largest are explained one by one
MOST_INPUTS = 8
SMALL = 0.01  # the change used to show a rate


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


class Ladder(Words):
    """Builds rungs over one run."""

    def __init__(self, run: Run) -> None:
        """Start on a run."""
        super().__init__(run)
        self.reasons = Reasons(self)

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

    # --- numbers that are given ---

    def _given(self, value: int, at: int) -> Rung:
        tape = self.run.tape
        here = self.symbol(value, at)
        number = self.run.number(value, at)
        shown = self.say(number)
        role = tape.values[value].role
        claim = {
            "input": f"{here} = {shown} comes with {self.which(value, at)}; nothing computes it.",
            "target": f"{here} = {shown} is what the output ought to be for "
            f"{self.which(value, at)}.",
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
            self.label(value, at),
            f"Why {here} = {shown}?",
            number,
            text,
            self.label(value, at),
            claim,
            principle,
            (),
            (value, at),
        )

    # --- forward ---

    def _forward(self, value: int, at: int, depth: int) -> Rung:
        run, tape = self.run, self.run.tape
        tree = self.tree(value, at)
        step = tape.makers[value]
        chain = self._made_by(value)
        purpose = " ".join(dict.fromkeys(OPS[s.op].purpose for s in chain))
        claim = f"{self.equation(value, at, tree)}.{self.scope(value, at)} {purpose}"
        below: list[Rung] = []
        if depth > 0:
            below = [
                self.element(v, i, depth - 1, f"Where does {self.symbol(v, i)} come from?")
                for v, i in self._inputs(tree)
            ]
        return self.rung(
            value,
            at,
            tree,
            f"Why {self.symbol(value, at)} = {self.say(run.number(value, at))}?",
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
            if not OPS[step.op].silent:
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
        tree = self.tree(value, at)
        found = contributions(run, tree)
        here = self.symbol(value, at)
        total = self.say(run.number(value, at))
        question = question or f"Why {here} = {total}?"
        if len(found) == 1:
            return self._one_contribution(value, at, of, tree, found[0], depth, question)
        if not found:
            claim = (
                f"{here} = {total}. Nothing passes: {self.symbol(of, at)} does not take part in "
                f"the branch that was chosen here, so moving it a little moves nothing."
            )
            return self.rung(value, at, tree, question, claim, "gate", [])
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
            if not self.is_seed(one) and one.local != ONE:
                below.append(self._why_multiply(of, at, one, depth - 1))
            if not self.is_seed(one):
                below.append(self._arrives(one, depth - 1))
            below.append(self._order(value, at, tree, [one]))
        claim = f"{self.equation(value, at, tree)}. {self._flow(of, at, one)}"
        principle = "rates multiply"
        if self.is_seed(one) or one.local == ONE:
            principle = "rate"
        reason = self.reasons.reason(of, at, one)
        if reason is not None and one.rate == 0:
            principle = reason[1]
        return self.rung(value, at, tree, question, claim, principle, below)

    def _flow(self, of: int, at: int, one: Contribution) -> str:
        """Say what arrives and what passes."""
        x, y = self.symbol(of, at), self.target(one)
        arrives, rate = self.say(one.arrives), self.say(one.rate)
        if self.is_seed(one):
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
            reason = self.reasons.reason(of, at, one)
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
        x = self.symbol(of, at)
        same_use = len({c.upstream[0] for c in found}) == 1
        by_example = same_use and self.is_batch_parameter(of)
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
            claim = f"{how}: {self.shown(terms, total)}."
        else:
            claim = f"{how}, to {self.say(total)} in all."
        if by_example:
            claim += f" {self.scope_of_parameter(of)}"
        below: list[Rung] = []
        if depth > 0:
            ranked = sorted(found, key=lambda c: -abs(c.product))
            below = [self._use(value, of, at, c, depth - 1) for c in ranked[:MOST]]
            if len(ranked) > MOST:
                below.append(self._others(value, at, of, ranked[MOST:]))
            below.append(self._why_add(value, at, of, found))
            below.append(self._order(value, at, tree, found))
        return self.rung(value, at, tree, question, claim, principle, below)

    def _use(self, value: int, of: int, at: int, one: Contribution, depth: int) -> Rung:
        """Explain one of several contributions."""
        product = Expr("mul", (Expr("leaf", one.upstream), one.local))
        tree = Expr("leaf", one.upstream) if one.local == ONE else product
        y = self.target(one)
        below: list[Rung] = []
        if depth > 0:
            below = [self._local(of, at, one, depth - 1)]
            if one.local != ONE and not self.is_seed(one):
                below.append(self._why_multiply(of, at, one, depth - 1))
            if not self.is_seed(one):
                below.append(self._arrives(one, depth - 1))
        return Rung(
            f"{self.label(value, at)} through {self.target_label(one)}",
            f"What comes through {y}?",
            one.product,
            *self.written(tree),
            f"{self.product(one)}. {self._flow(of, at, one)}",
            "rates multiply",
            tuple(below),
        )

    def _others(self, value: int, at: int, of: int, rest: Sequence[Contribution]) -> Rung:
        total = sum(c.product for c in rest)
        return Rung(
            f"{self.label(value, at)} through {len(rest)} more",
            "And the others?",
            total,
            " + ".join(
                number_text(c.product) if n == 0 else f"({number_text(c.product)})"
                for n, c in enumerate(rest)
            ),
            "the other contributions",
            f"The {len(rest)} smaller contributions to {self.symbol(value, at)} come to "
            f"{self.say(total)} together.",
            "contributions add",
        )

    def _local(self, of: int, at: int, one: Contribution, depth: int) -> Rung:
        """Explain a local derivative: from the op's own reasons, then by numbers."""
        x, y = self.symbol(of, at), self.target(one)
        name = f"d{self.target_label(one)}/d{self.label(of, at)}"
        if name == self.gradient_label(of, at):
            name += " by this use"
        reason = self.reasons.reason(of, at, one)
        if reason is not None:
            says, principle = reason
        else:
            says = (
                f"Between {x} and {y} lie several steps; their rates multiply to "
                f"{self.say(one.rate)}."
            )
            principle = "rates multiply"
        n = self.batch()
        if n > 1 and self.target_element(one)[0] == self.run.tape.loss:
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
            *self.written(one.local),
            says,
            principle,
            tuple(r for r in below if r is not None),
        )

    def _in_small(self, of: int, at: int, one: Contribution) -> Rung | None:
        """Show a rate by a small change of the formula it is the rate of.

        The change is upwards, or downwards where there is no number above, as after log(0.995).
        """
        target, where = self.target_element(one)
        tree = self.tree(target, where)
        if (of, at) not in set(leaves(tree)):
            return None
        before = evaluate(tree, self.run.number)
        x = self.run.number(of, at)

        def at_a_change(by: float) -> float:
            return evaluate(
                tree,
                lambda v, i: x + by if (v, i) == (of, at) else self.run.number(v, i),
            )

        change = next((by for by in (SMALL, -SMALL) if math.isfinite(at_a_change(by))), None)
        if change is None:
            return None
        after = at_a_change(change)
        quotient = (after - before) / change
        y = self.target(one)
        exactly = abs(quotient - one.rate) <= 1e-9 * max(1.0, abs(one.rate))
        close = (
            f"exactly {self.say(one.rate)} per unit"
            if exactly
            else f"{self.say(quotient)} per unit; a smaller change comes closer to "
            f"{self.say(one.rate)}"
        )
        digits = self.digits_for_change(before, after)
        return Rung(
            f"d{self.target_label(one)}/d{self.label(of, at)} by a change of {change}",
            "See it in numbers",
            quotient,
            f"({number_text(after)} - {_follows(before)}) / {_follows(change)}",
            f"({self.target_label(one)} after - before) / {_follows(change)}",
            f"{'Raise' if change > 0 else 'Lower'} {self.symbol(of, at)} from {self.say(x)} to "
            f"{self.say(x + change)}: {y} goes "
            f"from {self.say(before, digits)} to {self.say(after, digits)}. That is {close}.",
            "rate",
        )

    def _why_multiply(self, of: int, at: int, one: Contribution, depth: int) -> Rung:
        x, y = self.symbol(of, at), self.target(one)
        loss = self.loss()
        tree = Expr("mul", (Expr("leaf", one.upstream), one.local))
        below: tuple[Rung, ...] = ()
        if depth > 0:
            small = SMALL * one.rate
            effect = small * one.arrives
            below = (
                Rung(
                    f"effect of {SMALL} of {self.label(of, at)}",
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
            self.gradient_label(of, at),
            "Why multiply?",
            one.product,
            *self.written(tree),
            f"Each unit of {y} moves {loss} by {self.say(one.arrives)}; each unit of {x} moves {y} "
            f"by {self.say(one.rate)}. Rates per unit multiply: {self.product(one)}.",
            "rates multiply",
            below,
        )

    def _why_add(self, value: int, at: int, of: int, found: Sequence[Contribution]) -> Rung:
        x = self.symbol(of, at)
        numbers = [c.product for c in found]
        expression = " + ".join(
            number_text(p) if n == 0 else _follows(p) for n, p in enumerate(numbers)
        )
        return Rung(
            self.label(value, at),
            "Why add?",
            sum(numbers),
            expression,
            " + ".join("contribution" for _ in numbers[:2]) + (" + …" if len(numbers) > 2 else ""),
            f"Move {x} by a small ε: each use moves {self.loss()} by its own contribution times "
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
            if target is None or self.is_seed(one):
                continue
            users = {s.id for s, _ in tape.uses.get(target, ()) if s.phase in ("forward", "loss")}
            shown, of = (
                self.symbol(*one.upstream),
                self.symbol(*self.target_element(one)),
            )
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
            self.label(value, at),
            "Why in this order?",
            self.run.number(value, at),
            *self.written(tree),
            claim,
            "complete before passing on",
        )

    # --- update ---

    def _update(self, value: int, at: int, depth: int) -> Rung:
        run, tape = self.run, self.run.tape
        tree = self.tree(value, at)
        before = next((a for a, b in tape.carries if b == value), None)
        gradient = tape.gradients.get(before) if before is not None else None
        claim = f"{self.equation(value, at, tree)}."
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
                self.element(v, i, depth - 1, f"Where does {self.symbol(v, i)} come from?")
                for v, i in self._inputs(tree)
                if tape.values[v].role != "hyperparameter"
            ]
        return self.rung(
            value,
            at,
            tree,
            f"Why {self.symbol(value, at)} = {self.say(run.number(value, at))}?",
            claim,
            "downhill",
            below,
        )

    def _downhill(self, before: int, at: int, slope: float, moved: float) -> str:
        x, loss = self.symbol(before, at), self.loss()
        if slope == 0:
            return (
                f"The gradient of {x} is 0: as far as small changes tell, moving {x} moves nothing."
                + (" So it stays." if moved == 0 else " What moves it is the optimizer's memory.")
            )
        way = "raises" if slope > 0 else "lowers"
        went = "lowered" if moved < 0 else "raised" if moved > 0 else "left"
        return f"Raising {x} {way} {loss} (its gradient is {self.say(slope)}), so {x} is {went}."

    def _why_minus(self, value: int, at: int, before: int, tree: Expr, slope: float) -> Rung:
        x, loss = self.symbol(before, at), self.loss()
        up = "up" if slope > 0 else "down" if slope < 0 else "nowhere"
        return Rung(
            self.label(value, at),
            "Why minus?",
            self.run.number(value, at),
            *self.written(tree),
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
                    self.label(*leaf),
                    "Why the learning rate?",
                    number,
                    number_text(number),
                    self.label(*leaf),
                    f"The gradient says which way and how steep, for small changes only; it does "
                    f"not say how far. η = {self.say(number)} is how far the straight-line story "
                    f"is trusted.",
                    "downhill",
                    (),
                    leaf,
                )
            )
        return rungs


def _follows(number: float) -> str:
    text = number_text(number)
    return f"({text})" if text.startswith("-") else text
