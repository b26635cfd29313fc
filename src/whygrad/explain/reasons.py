"""Finds and fills the op's own sentence for a local derivative."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from whygrad.engine.formula import Expr, evaluate, expr, flat, leaves, unflat
from whygrad.engine.op import Reason
from whygrad.engine.ops import OPS
from whygrad.explain.contributions import Contribution
from whygrad.explain.words import Words
from whygrad.explain.worked import is_shown
from whygrad.tape.tape import Step


@dataclass
class Reasons:
    """Looks up why one value moves another, over one run."""

    words: Words
    _chains: dict[tuple[int, int], list[tuple[Step, int]]] = field(
        default_factory=dict[tuple[int, int], list[tuple[Step, int]]]
    )

    def reason(self, of: int, at: int, one: Contribution) -> tuple[str, str] | None:
        """Return the op's sentence for a local derivative, filled, and its principle."""
        target, where = self.words.target_element(one)
        chain = self._chain(of, target)
        acting = [(step, argument) for step, argument in chain if not OPS[step.op].silent]
        if len(acting) > 1 or not chain:
            return None
        step, argument = acting[0] if acting else chain[0]
        reasons = OPS[step.op].reasons
        options = reasons[min(argument, len(reasons) - 1)] or ()
        slots = self._slots(of, at, step, argument, one, target, where)
        try:
            reason = next(r for r in options if r.when is None or _holds(r.when, slots))
            return self._filled(reason, slots), reason.principle
        except KeyError:
            return None  # it speaks of a number that cannot be told from here

    def _chain(self, of: int, target: int) -> list[tuple[Step, int]]:
        """Return the forward steps that lead from a value to the next named one, with arguments."""
        key = (of, target)
        if key not in self._chains:
            self._chains[key] = self._search(of, target)
        return self._chains[key]

    def _search(self, of: int, target: int) -> list[tuple[Step, int]]:
        tape = self.words.run.tape
        waiting: list[tuple[int, list[tuple[Step, int]]]] = [(of, [])]
        while waiting:
            value, so_far = waiting.pop(0)
            for step, argument in tape.uses.get(value, ()):
                if step.phase not in ("forward", "loss"):
                    continue
                if OPS[step.op].pullback(argument) is None:
                    continue  # nothing passes back this way
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
        run = self.words.run
        slots = {
            "x": (self.words.symbol(of, at), run.number(of, at)),
            "y": (self.words.symbol(target, where), run.number(target, where)),
            "local": ("the rate", one.rate),
            str(argument): (self.words.symbol(of, at), run.number(of, at)),
        }
        others = [leaf for leaf in leaves(one.local) if leaf != (of, at)]
        if len(others) == 1 and one.local.head == "leaf":
            slots["other"] = (self.words.symbol(*others[0]), run.number(*others[0]))
        if OPS[step.op].aligned:
            for n, value in enumerate(step.inputs):
                place = self._aligned(value, step.output, target, where)
                if n != argument and place is not None:
                    slots[str(n)] = (self.words.symbol(value, place), run.number(value, place))
                    if len(step.inputs) == 2:
                        slots["other"] = slots[str(n)]
        elif len(step.inputs) > 1:
            for n, value in enumerate(step.inputs):
                if n != argument and run.arrays[value].shape == run.arrays[of].shape:
                    slots[str(n)] = (self.words.symbol(value, at), run.number(value, at))
        return slots

    def _aligned(self, value: int, output: int, target: int, where: int) -> int | None:
        """Return the flat index in an input that an output element of an aligned op reads.

        None where it cannot be told, since the named value is that output in another shape.
        """
        shape = self.words.run.arrays[output].shape
        if self.words.run.arrays[target].shape != shape:
            return None
        index = unflat(where, shape)
        own = self.words.run.arrays[value].shape
        offset = len(shape) - len(own)
        return flat([0 if n == 1 else index[offset + i] for i, n in enumerate(own)], own)

    def _filled(self, reason: Reason, slots: Mapping[str, tuple[str, float]]) -> str:
        """Fill a sentence's slots.

        Raises:
            KeyError: it needs one there is no number for.
        """

        def fill(match: re.Match[str]) -> str:
            name, number = slots[match[1]]
            if match[2] == "#":
                return (
                    self.words.in_parentheses(number)
                    if "×" in reason.says
                    else self.words.say(number)
                )
            return f"{name} = {self.words.say(number)}" if match[2] == "=" else name

        return re.sub(r"\{(\w+)([#=]?)\}", fill, reason.says)


def _holds(when: Expr, slots: Mapping[str, tuple[str, float]]) -> bool:
    return bool(evaluate(_substituted(when, slots), lambda value, at: 0.0))


def _substituted(node: Expr, slots: Mapping[str, tuple[str, float]]) -> Expr:
    if node.head == "number":
        return node
    if node.head == "slot":
        return expr(slots[node.args[0]][1])
    return Expr(node.head, tuple(_substituted(a, slots) for a in node.args))
