"""What is so on a run, worked out without the ladder: by small changes and from the tape."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from whygrad.engine.dims import Dim
from whygrad.engine.formula import leaves
from whygrad.engine.notation import symbol
from whygrad.engine.op import Array
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import output_dtype
from whygrad.explain.formulas import formula, is_shown
from whygrad.tape.player import Player
from whygrad.tape.run import Run, leaves_of
from whygrad.tape.tape import Step

Element = tuple[int, int]
SIZES = (1e-5, 1e-4, 1e-7, 1e-3)


class Truth:
    """Rates, uses and means of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.tape = run.tape
        self.loss: Element = (run.tape.loss, 0)
        self._steps: dict[Element, tuple[set[int], list[Step]]] = {}

    @cached_property
    def elements(self) -> dict[str, Element]:
        """Every element by its label and by its symbol."""
        found: dict[str, Element] = {}
        for value in self.tape.values:
            for at in range(self.run.arrays[value.id].size):
                label = self.run.label(value.id, at)
                found[label] = found[symbol(label)] = (value.id, at)
        return found

    @cached_property
    def batch(self) -> int:
        """How many examples there are."""
        for leaf in self.tape.leaves:
            if _is_batch(leaf.shape):
                return self.run.arrays[leaf.id].shape[0]
        return 1

    @cached_property
    def is_mean(self) -> bool:
        """Whether the loss stays what it is where every example stands in the data twice."""
        leaves = leaves_of(self.run)
        twice = {
            leaf.id: np.concatenate([leaves[leaf.id]] * (1 + _is_batch(leaf.shape)))
            if leaf.shape
            else leaves[leaf.id]
            for leaf in self.tape.leaves
        }
        player = Player(self.tape, twice)
        player.play()
        return bool(np.isclose(player.buffers[self.tape.loss], self.run.arrays[self.tape.loss]))

    def gradient(self, of: Element) -> float:
        """The gradient of the loss at an element, as the tape has it."""
        if of == self.loss:
            return 1.0
        return self.run.number(self.tape.gradients[of[0]], of[1])

    def uses(self, of: Element) -> int:
        """How many uses of a value a gradient passes back through."""
        return len(
            {
                (step.id, argument)
                for step, argument in self.tape.uses.get(of[0], ())
                if step.phase in ("forward", "loss") and OPS[step.op].pullback(argument)
            }
        )

    def moved_by(self, of: Element) -> set[Element]:
        """The elements with a gradient that move as this one does, others with one held still."""
        ends, _ = self._between(of)
        found: set[Element] = set()
        for by in (1e-3, -1e-3):
            for value, array in self._moved(of, by).items():
                if value in ends:
                    apart = ~np.isclose(array, self.run.arrays[value], rtol=1e-12, atol=0)
                    found |= {(value, int(at)) for at in np.flatnonzero(apart)}
        return found

    def at(self, of: Element, to: Element, by: float) -> float:
        """What an element comes to where another is moved and those between are not held."""
        if of == to:
            return self.run.number(*of) + by
        arrays = self._moved(of, by)
        return float(arrays[to[0]].flat[to[1]]) if to[0] in arrays else self.run.number(*to)

    def is_rate(self, of: Element, to: Element, said: float) -> bool:
        """Whether a rate is what small changes show; at a corner, one between its sides."""
        here = self.at(of, to, 0.0)
        for size in SIZES:
            h = size * max(1.0, abs(self.run.number(*of)))
            up, down = ((self.at(of, to, s * h) - here) / (s * h) for s in (1, -1))
            up2, down2 = ((self.at(of, to, 2 * s * h) - here) / (2 * s * h) for s in (1, -1))
            slack = 1e-5 + 1e-4 * abs(said) + 1e-13 * max(abs(here), 1.0) / h
            if abs((4 * (up + down) - (up2 + down2)) / 6 - said) <= slack:  # Richardson's
                return True
            apart = abs(up - down)
            corner = apart > 1e-2 * (abs(up) + abs(down))
            settled = abs(up - up2) + abs(down - down2) <= 0.1 * apart
            if corner and settled and min(up, down) - slack <= said <= max(up, down) + slack:
                return True
        return False

    def loss_along_update(self, share: float) -> float:
        """The loss with the parameters moved by so much of the way to their new numbers."""
        leaves = leaves_of(self.run)
        for before, after in self.tape.carries:
            if self.tape.values[before].role == "parameter":
                old, new = self.run.arrays[before], self.run.arrays[after]
                leaves[before] = new if share == 1 else old + share * (new - old)
        player = Player(self.tape, leaves)
        player.play()
        return float(player.buffers[self.tape.loss].item())

    def updated_loss(self) -> float:
        """The loss of the same inputs with the new parameters."""
        return self.loss_along_update(1.0)

    def rises_along_update(self) -> bool:
        """Whether a part of the way to the new parameters raises the loss, small or smaller."""
        return any(max(self.slope_of_update(size)) > 0 for size in (1e-3, 1e-4, 1e-5, 1e-6))

    def slope_of_update(self, size: float = 1e-6) -> tuple[float, float]:
        """How fast the loss rises on the way to the new parameters, from either side."""
        here = self.run.number(*self.loss)
        above, below = ((self.loss_along_update(s * size) - here) / (s * size) for s in (1, -1))
        return above, below

    def is_promise(self, said: float) -> bool:
        """Whether the gradients promise so much of the update; at a corner, between its sides."""
        here = self.run.number(*self.loss)
        for size in (1e-4, 1e-5, 1e-6, 1e-3):
            up, down = ((self.loss_along_update(s * size) - here) / (s * size) for s in (1, -1))
            slack = 1e-5 + 1e-3 * abs(said) + 1e-13 * max(abs(here), 1.0) / size
            if abs((up + down) / 2 - said) <= slack:
                return True
            if abs(up - down) > 1e-2 * (abs(up) + abs(down)) and (
                min(up, down) - slack <= said <= max(up, down) + slack
            ):
                return True
        return False

    def _between(self, of: Element) -> tuple[set[int], list[Step]]:
        """The next values with a gradient that an element leads to, and the steps up to them.

        Besides the named ones these are those that its gradient's formula stops at.
        """
        if of not in self._steps:
            tape = self.tape
            ends = {v for v in tape.gradients if is_shown(tape, v)} | {tape.loss}
            gradient = tape.gradients.get(of[0])
            if gradient is not None and gradient in tape.makers:
                found = {value for value, _ in leaves(formula(self.run, gradient, of[1]))}
                ends |= {tape.values[v].gradient_of or 0 for v in found & set(_backward(tape))}
            touched, steps = {of[0]}, list[Step]()
            for step in tape.steps:
                if step.phase in ("forward", "loss") and touched.intersection(step.inputs):
                    steps.append(step)
                    if step.output not in ends:
                        touched.add(step.output)
            self._steps[of] = ends, steps
        return self._steps[of]

    def _moved(self, of: Element, by: float) -> dict[int, Array]:
        start = self.run.arrays[of[0]].astype(np.float64)
        start.flat[of[1]] += by
        ends, steps = self._between(of)
        inner = {of[0]: start}
        arrays: dict[int, Array] = {}
        with np.errstate(all="ignore"):
            for step in steps:
                inputs = [inner.get(i, self.run.arrays[i]) for i in step.inputs]
                array = computed(step, inputs, self.run.arrays[step.output].shape)
                (arrays if step.output in ends else inner)[step.output] = array
        return arrays


def _backward(tape: object) -> list[int]:
    return [v.id for v in tape.values if v.gradient_of is not None]  # type: ignore[attr-defined]


def _is_batch(shape: object) -> bool:
    first = shape[0] if isinstance(shape, tuple) and shape else None
    return isinstance(first, Dim) and first.name == "batch"


def computed(step: Step, inputs: list[Array], shape: tuple[int, ...]) -> Array:
    op = OPS[step.op]
    if op.view is not None:
        return op.view(inputs[0], shape, **step.params)
    assert op.forward is not None
    out = np.empty(shape, output_dtype(op.kind, inputs))
    op.forward(*inputs, out, **step.params)()
    return out


def near(a: float, b: float) -> bool:
    """Whether two numbers are one, to four digits."""
    return math.isclose(a, b, rel_tol=2e-3, abs_tol=1e-9) or (math.isnan(a) and math.isnan(b))
