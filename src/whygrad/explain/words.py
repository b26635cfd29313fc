"""How the ladder speaks of a run: its symbols, its numbers as shown, and of which example."""

from __future__ import annotations

from dataclasses import dataclass, field

from whygrad.engine.dims import Dim
from whygrad.engine.formula import Expr, expr, to_python, unflat
from whygrad.engine.notation import symbol
from whygrad.explain import display
from whygrad.explain.contributions import Contribution
from whygrad.explain.formulas import formula, in_names, in_numbers
from whygrad.explain.rung import Written
from whygrad.explain.said import Named, Said, say
from whygrad.explain.sentences import KEEPS_MEAN, MEANS
from whygrad.tape.run import Run


@dataclass(frozen=True)
class _OfTree:
    """A formula as texts."""

    run: Run
    tree: Expr

    @property
    def expression(self) -> str:
        return in_numbers(self.run, self.tree)

    @property
    def formula(self) -> str:
        tree, _ = display.shortened(self.tree, self.run.number)

        def name(value: int, at: int) -> str:
            return display.smaller(at) if value < 0 else in_names(self.run, value, at)

        return to_python(tree, name)


@dataclass
class Words:
    """Writes about one run."""

    run: Run
    digits: int = display.DIGITS
    _trees: dict[tuple[int, int], Expr] = field(default_factory=dict[tuple[int, int], Expr])
    _written: dict[int, _OfTree] = field(default_factory=dict[int, "_OfTree"])
    _equations: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    def tree(self, value: int, at: int) -> Expr:
        """Return an element's formula, worked out once."""
        if (value, at) not in self._trees:
            self._trees[value, at] = formula(self.run, value, at)
        return self._trees[value, at]

    def written(self, tree: Expr) -> Written:
        """Return a formula that is written in numbers and in names once it is asked for."""
        if id(tree) not in self._written:
            self._written[id(tree)] = _OfTree(self.run, tree)
        return self._written[id(tree)]

    def named(self, value: int, at: int) -> Named:
        """Return an element's symbol and number, to fill a slot with."""
        return Named(self.symbol(value, at), self.run.number(value, at))

    def product(self, one: Contribution) -> str:
        """Write ``upstream × local = product``, holding as shown."""
        return self.shown(Expr("mul", (expr(one.arrives), expr(one.rate))), one.product)

    def equation(self, value: int, at: int, tree: Expr) -> str:
        """Write an element's formula with its numbers, holding as shown, once."""
        if (value, at) not in self._equations:
            shown = self.shown(tree, self.run.number(value, at))
            self._equations[value, at] = f"{self.symbol(value, at)} = {shown}"
        return self._equations[value, at]

    def shown(self, tree: Expr, result: float) -> str:
        tree, get = display.shortened(tree, self.run.number)
        how = display.shown(tree, get, result, self.digits)
        text = display.in_numbers(tree, get, how.digits)
        return text if text == how.result else f"{text} = {how.result}"

    def which(self, value: int, at: int) -> Said:
        """Say which example an element belongs to."""
        shape = self.run.arrays[value].shape
        if not self.per_example(value) or shape[0] == 1:
            return say("which.only")
        return say("which.one", n=unflat(at, shape)[0] + 1, count=shape[0])

    def per_example(self, value: int) -> bool:
        """Say whether a value has a row for each example."""
        shape = self.run.tape.values[value].shape
        return bool(shape) and isinstance(shape[0], Dim) and shape[0].name == "batch"

    def scope(self, value: int, at: int) -> tuple[Said, ...]:
        """Say of which example, or of how many, a forward value speaks."""
        if self.batch() == 1:
            return ()
        if value == self.run.tape.loss:
            return (say("scope.mean", count=self.batch()),) if self.is_mean() else ()
        if not self.per_example(value):
            return ()
        return (say("scope.example", which=self.which(value, at)),)

    def is_mean(self) -> bool:
        """Say whether the loss is a mean over the examples."""
        tape = self.run.tape
        step = tape.makers.get(tape.loss)
        while step is not None and step.op in KEEPS_MEAN:
            step = tape.makers.get(step.inputs[0])
        return step is not None and step.op in MEANS

    def is_batch_parameter(self, of: int) -> bool:
        """Say whether a value is a parameter that several examples use."""
        return self.run.tape.values[of].role == "parameter" and self.batch() > 1

    def batch(self) -> int:
        """Return how many examples the numbers speak of."""
        for value in self.run.tape.leaves:
            if self.per_example(value.id):
                return self.run.arrays[value.id].shape[0]
        return 1

    def loss(self) -> str:
        return symbol(self.run.tape.label(self.run.tape.loss))

    def label(self, value: int, at: int) -> str:
        return self.run.label(value, at)

    def symbol(self, value: int, at: int) -> str:
        return symbol(self.label(value, at))

    def target_element(self, one: Contribution) -> tuple[int, int]:
        value, at = one.upstream
        of = self.run.tape.values[value].gradient_of
        return (self.run.tape.loss, 0) if of is None else (of, at)

    def target(self, one: Contribution) -> str:
        return self.symbol(*self.target_element(one))

    def target_label(self, one: Contribution) -> str:
        return self.label(*self.target_element(one))

    def gradient_label(self, of: int, at: int) -> str:
        return self.label(self.run.tape.gradients[of], at)

    def is_seed(self, one: Contribution) -> bool:
        return one.upstream[0] not in self.run.tape.makers

    def digits_for_change(self, before: float, after: float) -> int:
        """Return how many digits it takes for a small change to show, to two digits of its own."""
        change = after - before
        for digits in range(self.digits, display.ALL_DIGITS):
            seen = display.rounded(after, digits) - display.rounded(before, digits)
            if abs(seen - change) <= 0.01 * (1 + 1e-9) * abs(change):
                return digits
        return display.ALL_DIGITS
