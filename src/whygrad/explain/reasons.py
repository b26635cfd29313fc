"""Finds and fills the op's own sentence for a local derivative."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from whygrad.engine.formula import Expr, evaluate, expr, flat, leaves, unflat
from whygrad.engine.op import Reason
from whygrad.engine.ops import OPS
from whygrad.explain.contributions import Contribution
from whygrad.explain.formulas import is_shown
from whygrad.explain.said import Named, Said, say_of_op
from whygrad.explain.sentences import LONGEST_CHAIN
from whygrad.explain.words import Words
from whygrad.tape.tape import Step

_NUMBERS = re.compile(r"\{(\w+)([#=])\}")
Chain = list[tuple[Step, int]]  # each with the argument as which the value goes in


@dataclass
class Reasons:
    """Looks up why one value moves another, over one run."""

    words: Words
    _chains: dict[tuple[int, int], list[Chain]] = field(
        default_factory=dict[tuple[int, int], list[Chain]]
    )

    def several(self, of: int, one: Contribution) -> bool:
        """Say whether a value moves the next named one in more ways than one."""
        target, _ = self.words.target_element(one)
        return len(one.parts) > 1 or len(self._between(of, target)) > 1

    def reason(self, of: int, at: int, one: Contribution) -> tuple[Said, str] | None:
        """Return the op's sentence for a local derivative, and its principle.

        None where several steps or several ways lie between the two, unless one step's sentence
        states the whole rate.
        """
        target, where = self.words.target_element(one)
        chains = self._between(of, target)
        if len(chains) != 1:
            return None
        acting = [link for link in chains[0] if not OPS[link[0].op].silent]
        if len(acting) > 1:
            return None
        step, argument = acting[0] if acting else chains[0][0]
        reasons = OPS[step.op].reasons
        options = reasons[min(argument, len(reasons) - 1)] or ()
        adds = any(link[0].op == "add" and link[0] is not step for link in chains[0])
        if adds and any(_reads_numbers(reason, argument) for reason in options):
            return None  # what it speaks of is a sum, of which this is a part
        slots = self._slots(of, at, step, argument, one, target, where)
        try:
            n, reason = next(
                (n, r) for n, r in enumerate(options) if r.when is None or _holds(r.when, slots)
            )
            if len(one.parts) > 1 and "{local" not in reason.says:
                return None  # it speaks of one way
            key = f"reason.{step.op}.{min(argument, len(reasons) - 1)}.{n}"
            return say_of_op(key, reason.says, slots), reason.principle
        except KeyError:
            return None  # it speaks of a number that cannot be told from here

    def _between(self, of: int, target: int) -> list[Chain]:
        """Return the chains of forward steps that lead from a value to the next named one.

        Two at most: it is asked whether there is one.
        """
        key = (of, target)
        if key not in self._chains:
            self._chains[key] = self._search(of, target)
        return self._chains[key]

    def _search(self, of: int, target: int) -> list[Chain]:
        tape = self.words.run.tape
        found: list[Chain] = []
        waiting: list[tuple[int, Chain]] = [(of, [])]
        while waiting and len(found) < 2:
            value, so_far = waiting.pop(0)
            for step, argument in tape.uses.get(value, ()):
                if step.phase not in ("forward", "loss"):
                    continue
                if OPS[step.op].pullback(argument) is None:
                    continue  # nothing passes back this way
                chain = [*so_far, (step, argument)]
                if step.output == target:
                    found.append(chain)
                elif not is_shown(tape, step.output) and len(chain) < LONGEST_CHAIN:
                    waiting.append((step.output, chain))
        return found

    def _slots(
        self,
        of: int,
        at: int,
        step: Step,
        argument: int,
        one: Contribution,
        target: int,
        where: int,
    ) -> Mapping[str, Named]:
        run = self.words.run
        slots = {
            "x": self.words.named(of, at),
            "y": self.words.named(target, where),
            "local": Named(number=one.rate),
            str(argument): self.words.named(of, at),
        }
        others = [leaf for leaf in leaves(one.local) if leaf != (of, at)]
        if len(others) == 1 and one.local.head == "leaf":
            slots["other"] = self.words.named(*others[0])
        if OPS[step.op].aligned:
            for n, value in enumerate(step.inputs):
                place = self._aligned(value, step.output, target, where)
                if n != argument and place is not None:
                    slots[str(n)] = self.words.named(value, place)
                    if len(step.inputs) == 2:
                        slots["other"] = slots[str(n)]
        elif len(step.inputs) > 1:
            for n, value in enumerate(step.inputs):
                if n != argument and run.arrays[value].shape == run.arrays[of].shape:
                    slots[str(n)] = self.words.named(value, at)
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
        if offset < 0:
            return None
        return flat([0 if n == 1 else index[offset + i] for i, n in enumerate(own)], own)


def _reads_numbers(reason: Reason, argument: int) -> bool:
    """Say whether a reason speaks of the number that goes in, or of the one that comes out."""
    slots = {name for name, _ in _NUMBERS.findall(reason.says)}
    return bool({"x", "y", str(argument)} & (slots | _slots_in(reason.when)))


def _slots_in(node: Expr | None) -> set[str]:
    if node is None or node.head == "number":
        return set()
    if node.head == "slot":
        return {node.args[0]}
    return set[str]().union(*map(_slots_in, node.args))


def _holds(when: Expr, slots: Mapping[str, Named]) -> bool:
    return bool(evaluate(_substituted(when, slots), lambda value, at: 0.0))


def _substituted(node: Expr, slots: Mapping[str, Named]) -> Expr:
    if node.head == "number":
        return node
    if node.head == "slot":
        return expr(slots[node.args[0]].number or 0.0)
    return Expr(node.head, tuple(_substituted(a, slots) for a in node.args))
