"""Where each value of a tape lies in memory: every value in a block of its own, or blocks reused.

A value whose last use has passed leaves its block to a later one (liveness, as a compiler assigns
registers), an element-by-element step may write over the input it is the last to read, and an
updated parameter may be written over the old one once nothing reads that any more. Which numbers
come out does not depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whygrad.engine.dims import Shape
from whygrad.engine.ops import OPS
from whygrad.tape.tape import Step, Tape

LEAST_REUSED = 4096  # bytes; NumPy takes longer to see that tiny arrays overlap than it saves


@dataclass(frozen=True, slots=True)
class Plan:
    """Which block each value has.

    Attributes:
        block: by value id.
        sizes: of each block, in bytes.
        copies: the carries whose new value lies elsewhere and must be copied.
    """

    block: tuple[int, ...]
    sizes: tuple[int, ...]
    copies: tuple[tuple[int, int], ...]

    @property
    def memory(self) -> int:
        """How many bytes all blocks take."""
        return sum(self.sizes)


def plan(tape: Tape, shapes: Sequence[Shape], *, reuse: bool, least: int = LEAST_REUSED) -> Plan:
    """Give each value of ``tape`` a block; with ``reuse``, only for as long as it is needed.

    The leaves, the loss and what is carried on always keep theirs, and so do values of fewer than
    ``least`` bytes, but where one is written over the one it replaces.
    """
    return _Planner(tape, shapes, reuse, least).plan()


class _Planner:
    def __init__(self, tape: Tape, shapes: Sequence[Shape], reuse: bool, least: int) -> None:
        self.tape = tape
        self.shapes = shapes
        self.reuse = reuse
        self.least = least
        self.root = self._roots()
        self.last = self._last_uses()
        self.block = [-1] * len(tape.values)
        self.sizes: list[int] = []
        self.free: dict[int, list[int]] = {}

    def plan(self) -> Plan:
        for leaf in self.tape.leaves:
            self.block[leaf.id] = self._new(leaf.id)
        kept = {self.root[after] for _, after in self.tape.carries}
        kept |= {self.root[leaf.id] for leaf in self.tape.leaves} | {self.root[self.tape.loss]}
        ends: dict[int, list[int]] = {}
        for value, step in self.last.items():
            if value not in kept:
                ends.setdefault(step, []).append(value)
        over = self._over_the_old()
        for step in self.tape.steps:
            if OPS[step.op].view is None:
                ending = ends.get(step.id, [])
                self.block[step.output] = self._choose(step, over, ending)
                if self.reuse:
                    for value in ending:
                        at = self.block[value]
                        if at != self.block[step.output] or value == step.output:
                            self.free.setdefault(self.sizes[at], []).append(at)
            else:
                self.block[step.output] = self.block[step.inputs[0]]
        copies = tuple(
            (before, after) for before, after in self.tape.carries if over.get(after) != before
        )
        return Plan(tuple(self.block), tuple(self.sizes), copies)

    def _roots(self) -> list[int]:
        """For each value, the value in whose memory it lies: views lie in that of their input."""
        root = list(range(len(self.tape.values)))
        for step in self.tape.steps:
            if OPS[step.op].view is not None:
                root[step.output] = root[step.inputs[0]]
        return root

    def _last_uses(self) -> dict[int, int]:
        """For each root a step makes, the last step that reads or makes it."""
        last: dict[int, int] = {}
        for step in self.tape.steps:
            last.setdefault(self.root[step.output], step.id)
            for value in step.inputs:
                last[self.root[value]] = step.id
        return last

    def _over_the_old(self) -> dict[int, int]:
        """For each carried value that may be written over the one it replaces, that one."""
        if not self.reuse:
            return {}
        makers = self.tape.makers
        afters = {after for _, after in self.tape.carries}
        found: dict[int, int] = {}
        for before, after in self.tape.carries:
            step = makers.get(after)
            if step is None or before in makers or before in afters or after in found:
                continue
            last = self.last.get(before, -1)
            if OPS[step.op].view is None and (
                last < step.id or (last == step.id and OPS[step.op].in_place)
            ):
                found[after] = before
        return found

    def _choose(self, step: Step, over: dict[int, int], ending: Sequence[int]) -> int:
        if step.output in over:
            return self.block[over[step.output]]
        if self.reuse and self._bytes(step.output) >= self.least:
            if OPS[step.op].in_place:
                for value in step.inputs:
                    if value in ending and self._alike(value, step.output):
                        return self.block[value]
            waiting = self.free.get(self._bytes(step.output))
            if waiting:
                return waiting.pop()
        return self._new(step.output)

    def _alike(self, a: int, b: int) -> bool:
        return (
            self.shapes[a] == self.shapes[b]
            and self.tape.values[a].dtype == self.tape.values[b].dtype
        )

    def _bytes(self, value: int) -> int:
        itemsize = np.dtype(self.tape.values[value].dtype).itemsize
        return math.prod(map(int, self.shapes[value])) * itemsize

    def _new(self, value: int) -> int:
        self.sizes.append(self._bytes(value))
        return len(self.sizes) - 1
