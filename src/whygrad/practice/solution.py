"""A tape and the mistakes on it, ready to be played with a learner's own numbers held.

Writing a tape anew takes milliseconds, playing it takes microseconds, and grading plays each
mistake many times. So every tape is written once, with a switch at each named value: off, the value
is what its step makes; on, it is the number that is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from whygrad.engine.op import Array
from whygrad.explain.worked import worked_steps
from whygrad.tape.player import Player
from whygrad.tape.run import Run, leaves_of
from whygrad.tape.tape import Step, Tape
from whygrad.whatif.mistakes import MISTAKES, Mistake
from whygrad.whatif.rewrite import Rewrite, Rewriter, rewrite, rewriter
from whygrad.whatif.tapes import MistakenTape, MistakenTapes

ElementKey = tuple[str, int]  # a value's name and a flat index
Overrides = Mapping[ElementKey, float]
NO_OVERRIDES: Overrides = {}


def worked_out(run: Run) -> list[tuple[int, int]]:
    """Return the elements a person works out, in order: ``(value id, flat index)``."""
    return [
        (step.value, at)
        for step in worked_steps(run.tape)
        for at in range(run.arrays[step.value].size)
    ]


class HoldableTape:
    """A tape with a switch at each of its named values."""

    def __init__(self, tape: Tape, leaves: Mapping[int, Array]) -> None:
        """Write the tape anew, with all switches off."""
        ids: dict[int, int] = {}
        switches: dict[str, tuple[int, int]] = {}

        def switch(step: Step, new: Rewriter) -> bool:
            value = tape.values[step.output]
            if not value.name or not value.dtype.startswith("float"):
                return False
            made = new.again(step)
            shape = new.shape(made)
            sizes = tuple(map(int, shape))
            on = new.leaf(np.zeros(sizes, bool), shape, "constant")
            held = new.leaf(np.zeros(sizes, value.dtype), shape, "constant")
            new.finish(step, "where", [on, held, made])
            switches[value.name] = (on, held)
            return True

        def noted(step: Step, new: Rewriter) -> bool:
            done = switch(step, new)
            if not done:
                new.copy(step)
            ids[step.output] = new.id(step.output)
            for i in step.inputs:
                ids[i] = new.id(i)
            return True

        written, given = rewrite(tape, leaves, noted)
        self._tape, self._ids = tape, ids
        self._played: Overrides | None = None
        self._by_name = written.by_name
        self._player = Player(written, given)
        buffers = self._player.buffers
        self._switches = {
            name: (buffers[on], buffers[held]) for name, (on, held) in switches.items()
        }

    def play(self, held: Overrides) -> None:
        """Compute every step with some numbers held; those of other tapes are passed over."""
        if held == self._played:
            return
        before, self._played = self._played or NO_OVERRIDES, dict(held)
        for place in before.keys() - held.keys():
            self._switch(place, None)
        for place, number in held.items():
            if before.get(place) != number:
                self._switch(place, number)
        self._player.play()

    def _switch(self, place: ElementKey, number: float | None) -> None:
        """Hold a number from the next play on, or hold it no more."""
        name, at = place
        if name in self._switches and at < self._switches[name][0].size:
            on, held = self._switches[name]
            on.flat[at] = number is not None
            if number is not None:
                held.flat[at] = number

    def number(self, place: ElementKey) -> float:
        """Return a number of the last play; NaN if there is no such element."""
        name, at = place
        if name not in self._by_name or at >= self._player.buffers[self._by_name[name]].size:
            return float("nan")
        return float(self._player.buffers[self._by_name[name]].flat[at])

    def run(self, otherwise: Run) -> Run:
        """Return the last play's numbers as a run of the tape as it was."""
        arrays = [
            self._player.buffers[self._ids[n]].copy() if n in self._ids else otherwise.arrays[n]
            for n in range(len(self._tape.values))
        ]
        return Run(self._tape, tuple(arrays))


class Solution:
    """The numbers of one iteration, done rightly and with each mistake that fits.

    Attributes:
        run: the numbers, done rightly.
        before: those of the iteration before, if there was one.
    """

    def __init__(self, run: Run, before: Run | None = None) -> None:
        """Prepare for ``run``; tapes are written when they are first played."""
        self.run, self.before = run, before
        self._right: HoldableTape | None = None
        self._wrong: dict[str, HoldableTape] = {}

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes that can be made on this tape."""
        return tuple(m for m in MISTAKES.values() if m.build(self.run.tape) is not None)

    @cached_property
    def order(self) -> tuple[ElementKey, ...]:
        """What a person works out, in order."""
        return tuple((self.run.tape.values[v].name, at) for v, at in worked_out(self.run))

    def place(self, name: str) -> ElementKey:
        """Return where an element is.

        Raises:
            WhygradError: there is no such element.
        """
        value, at = self.run.element(name)
        return self.run.tape.values[value].name, at

    def label(self, place: ElementKey) -> str:
        """Return an element's name."""
        return self.run.label(self.run.tape.by_name[place[0]], place[1])

    def right(self, held: Overrides) -> Run:
        """Return the numbers, worked out rightly from what is held."""
        return self._rightly(held).run(self.run) if held else self.run

    def number(self, place: ElementKey, held: Overrides = NO_OVERRIDES) -> float:
        """Return the right number, from what is held; what is held there itself is passed over."""
        if not held:
            return float(self.run[place[0]].flat[place[1]])
        return self._rightly(_without(held, place)).number(place)

    def mistaken(
        self, mistake: str, place: ElementKey, held: Overrides = NO_OVERRIDES
    ) -> float | None:
        """Return the number a mistake gives; None where it does not change it."""
        held = _without(held, place)
        number, right = self.wrongly(mistake, held).number(place), self.number(place, held)
        return None if np.isclose(number, right, rtol=1e-9, atol=1e-12) else number

    def wrongly(self, mistake: str, held: Overrides = NO_OVERRIDES) -> HoldableTape:
        """Play with a mistake that fits."""
        switched = self._wrong.get(mistake)
        if switched is None:
            made, leaves = self._written(MISTAKES[mistake])
            switched = self._wrong[mistake] = HoldableTape(made.tape(), leaves)
        switched.play(held)
        return switched

    def mistaken_tapes(self) -> MistakenTapes:
        """Return the mistakes that fit, each as a tape that can be played."""
        tapes: list[MistakenTape] = []
        for mistake in self.mistakes:
            made, leaves = self._written(mistake)
            own = {leaf: array for leaf, array in leaves.items() if leaf not in made.origins}
            tapes.append(MistakenTape(mistake, made.tape(), own, made.origins))
        return MistakenTapes(tuple(tapes))

    def differing(self, mistake: str) -> Iterator[tuple[ElementKey, float]]:
        """Yield what a mistake makes different, in the order it is worked out."""
        wrong = self.wrongly(mistake)
        for place in self.order:
            number, right = wrong.number(place), self.number(place)
            if not np.isclose(number, right, rtol=1e-6, atol=1e-9):
                yield place, number

    def _written(self, mistake: Mistake) -> tuple[Rewriter, dict[int, Array]]:
        """Write the tape with a mistake that fits, and return the numbers of its leaves."""
        change = mistake.build(self.run.tape)
        assert change is not None
        made = rewriter(self.run.tape, leaves_of(self.run), change)
        return made, made.leaves | self._carried(made, change)

    def _carried(self, made: Rewriter, change: Rewrite) -> dict[int, Array]:
        """Return what a mistake itself carries over from the iteration before."""
        if self.before is None or not made.carries:
            return {}
        player = Player(*rewrite(self.before.tape, leaves_of(self.before), change))
        player.play()
        return {old: player.buffers[new].copy() for old, new in made.carries}

    def _rightly(self, held: Overrides) -> HoldableTape:
        if self._right is None:
            self._right = HoldableTape(self.run.tape, leaves_of(self.run))
        self._right.play(held)
        return self._right


def _without(held: Overrides, place: ElementKey) -> Overrides:
    return {p: n for p, n in held.items() if p != place} if place in held else held
