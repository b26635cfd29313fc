"""A tape and the mistakes on it, ready to be played with a learner's own numbers held.

Writing a tape anew takes milliseconds, playing it takes microseconds, and grading plays each
mistake many times. So every tape is written once, with a switch at each named value: off, the value
is what its step makes; on, it is the number that is held. Of a tape, those steps are played that
the number asked for depends on and that something has changed for since they were last played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from whygrad.engine.op import Array, Kernel
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
RIGHT = ""  # where mistakes are named, what is done rightly


def worked_out(run: Run) -> list[tuple[int, int]]:
    """Return the elements a person works out, in order: ``(value id, flat index)``."""
    return [
        (step.value, at)
        for step in worked_steps(run.tape)
        for at in range(run.arrays[step.value].size)
    ]


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch at a named value.

    Attributes:
        on: id of the value that says, for each element, whether a number is held.
        held: id of the value with the numbers that are held.
        made: id of the value that is worked out.
        step: the step that chooses between them.
    """

    on: int
    held: int
    made: int
    step: int


class SwitchedTape:
    """A tape written anew, with a switch at each of its named values.

    Attributes:
        original: the tape as it was.
        tape: the tape with switches, which are off.
        leaves: the numbers of its leaves.
        ids: value ids of ``tape``, by those of ``original``.
        switches: by the name of the value.
        played: how many steps of it were played so far.
    """

    def __init__(self, tape: Tape, leaves: Mapping[int, Array]) -> None:
        """Write ``tape`` anew."""
        ids: dict[int, int] = {}
        switches: dict[str, Switch] = {}

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
            switches[value.name] = Switch(on, held, made, len(new.steps) - 1)
            return True

        def noted(step: Step, new: Rewriter) -> bool:
            done = switch(step, new)
            if not done:
                new.copy(step)
            ids[step.output] = new.id(step.output)
            for i in step.inputs:
                ids[i] = new.id(i)
            return True

        self.original, self.ids, self.switches, self.played = tape, ids, switches, 0
        self.tape, self.leaves = rewrite(tape, leaves, noted)

    @cached_property
    def dependents(self) -> tuple[int, ...]:
        """For each step, itself and the steps that depend on it: the bits that are set."""
        found = [1 << step.id for step in self.tape.steps]
        for step in reversed(self.tape.steps):
            for value in step.inputs:
                maker = self.tape.makers.get(value)
                if maker is not None:
                    found[maker.id] |= found[step.id]
        return tuple(found)


class HoldableTape:
    """Plays a tape with switches, as far as the numbers that are asked for depend on it."""

    def __init__(self, switched: SwitchedTape) -> None:
        """Allocate its buffers; nothing is held and nothing played."""
        self._switched = switched
        player = Player(switched.tape, switched.leaves)
        self._buffers = player.buffers
        self._kernels: list[list[Kernel]] = [[] for _ in switched.tape.steps]
        for step, kernel in player.kernels():
            self._kernels[step.id].append(kernel)
        self._stale = (1 << len(switched.tape.steps)) - 1
        self._passed_over: frozenset[int] = frozenset()  # values made where all elements are held
        self._needed: dict[int, int] = {}

    def hold(self, place: ElementKey, number: float | None) -> None:
        """Hold a number from now on, or hold it no more; one of another tape is passed over."""
        name, at = place
        switch = self._switched.switches.get(name)
        if switch is None or at >= self._buffers[switch.on].size:
            return
        on = self._buffers[switch.on]
        on.flat[at] = number is not None
        if number is not None:
            self._buffers[switch.held].flat[at] = number
        self._stale |= self._switched.dependents[switch.step]
        if bool(on.all()) != (switch.made in self._passed_over):
            self._passed_over ^= {switch.made}
            self._needed = {}

    def hold_around(self, place: ElementKey, numbers: Run) -> None:
        """Hold ``numbers`` at all named values from which an element is worked out directly.

        Use no ``hold`` beside it.
        """
        switches = {
            name: switch
            for name, switch in self._switched.switches.items()
            if name in numbers.tape.by_name
        }
        if not self._passed_over:
            for name, switch in switches.items():
                self._buffers[switch.on].flat[: numbers[name].size] = True
            self._passed_over = frozenset(
                switch.made for switch in switches.values() if self._buffers[switch.on].all()
            )
        value = self._value(place)
        needed = 0 if value is None else self._steps_for(value)
        for name, switch in switches.items():
            if needed >> switch.step & 1:
                held, given = self._buffers[switch.held], numbers[name]
                held.flat[: given.size] = given.flat[: held.size]
        self._stale |= needed

    def number(self, place: ElementKey) -> float:
        """Return what is worked out at an element, whatever is held there; NaN if there is none."""
        value = self._value(place)
        if value is None:
            return float("nan")
        self._play(self._steps_for(value))
        return float(self._buffers[value].flat[place[1]])

    def run(self, otherwise: Run) -> Run:
        """Return all numbers as a run of the tape as it was."""
        self._play((1 << len(self._kernels)) - 1)
        original, ids = self._switched.original, self._switched.ids
        arrays = [
            self._buffers[ids[n]].copy() if n in ids else otherwise.arrays[n]
            for n in range(len(original.values))
        ]
        return Run(original, tuple(arrays))

    def _value(self, place: ElementKey) -> int | None:
        """Return the value that is worked out at an element; None if there is no such element."""
        name, at = place
        switch = self._switched.switches.get(name)
        value = switch.made if switch else self._switched.tape.by_name.get(name)
        return None if value is None or at >= self._buffers[value].size else value

    def _steps_for(self, value: int) -> int:
        """Return the steps that a value depends on, as bits; none from which nothing is used."""
        known = self._needed.get(value)
        if known is not None:
            return known
        makers, found, waiting = self._switched.tape.makers, 0, [value]
        while waiting:
            step = makers.get(waiting.pop())
            if step is not None and not found >> step.id & 1:
                found |= 1 << step.id
                waiting += [i for i in step.inputs if i not in self._passed_over]
        self._needed[value] = found
        return found

    def _play(self, steps: int) -> None:
        """Play those of some steps that are stale, in order."""
        waiting = steps & self._stale
        self._stale &= ~waiting
        with np.errstate(all="ignore"):
            while waiting:
                first = waiting & -waiting
                for compute in self._kernels[first.bit_length() - 1]:
                    compute()
                self._switched.played += 1
                waiting ^= first


class Held:
    """The right tape and those of mistakes, with the same numbers held on all of them.

    Attributes:
        numbers: what is held.
    """

    def __init__(self, solution: Solution) -> None:
        """Hold nothing; each tape is allocated when a number of it is asked for."""
        self.numbers: dict[ElementKey, float] = {}
        self._solution = solution
        self._tapes: dict[str, HoldableTape] = {}
        self._changed: dict[str, set[ElementKey]] = {}

    def hold(self, place: ElementKey, number: float | None) -> None:
        """Hold a number from now on, or hold it no more."""
        if number is None:
            self.numbers.pop(place, None)
        else:
            self.numbers[place] = number
        for changed in self._changed.values():
            changed.add(place)

    def replace(self, numbers: Overrides) -> None:
        """Hold these numbers and no others."""
        for place in self.numbers.keys() - numbers.keys():
            self.hold(place, None)
        for place, number in numbers.items():
            if self.numbers.get(place) != number:
                self.hold(place, number)

    def number(self, place: ElementKey) -> float:
        """Return the right number, from what is held elsewhere."""
        if not self.numbers:
            name, at = place
            return float(self._solution.run[name].flat[at])
        return self.tape(RIGHT).number(place)

    def mistaken(self, mistake: str, place: ElementKey) -> float | None:
        """Return the number a mistake gives; None where it does not change it."""
        right = self.number(place)
        if place[0] not in self._solution.unlike(mistake):
            return None if right == right else right
        wrong = self.tape(mistake).number(place)
        return None if _close(wrong, right) else wrong

    def right(self, but: ElementKey | None = None) -> Run:
        """Return the numbers, worked out rightly from what is held, but for what is held there."""
        kept = None if but is None else self.numbers.get(but)
        if but is not None and kept is not None:
            self.hold(but, None)
        run = self.tape(RIGHT).run(self._solution.run) if self.numbers else self._solution.run
        if but is not None and kept is not None:
            self.hold(but, kept)
        return run

    def tape(self, mistake: str) -> HoldableTape:
        """Return the tape of a mistake that fits, or the right one, with all numbers held."""
        tape = self._tapes.get(mistake)
        if tape is None:
            tape = self._tapes[mistake] = HoldableTape(self._solution.switched(mistake))
            self._changed[mistake] = set(self.numbers)
        if self._changed[mistake]:
            for place in self._changed[mistake]:
                tape.hold(place, self.numbers.get(place))
            self._changed[mistake].clear()
        return tape


class Solution:
    """The numbers of one iteration, done rightly and with each mistake that fits.

    Attributes:
        run: the numbers, done rightly.
        before: those of the iteration before, if there was one.
    """

    def __init__(self, run: Run, before: Run | None = None) -> None:
        """Prepare for ``run``; tapes are written when they are first played."""
        self.run, self.before = run, before
        self._switched: dict[str, SwitchedTape] = {}
        self._unlike: dict[str, frozenset[str]] = {}
        self._any = Held(self)
        self._around: dict[str, HoldableTape] = {}

    @property
    def played(self) -> int:
        """How many steps were played so far, on all tapes."""
        return sum(switched.played for switched in self._switched.values())

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
        return self._holding(held).right()

    def number(self, place: ElementKey, held: Overrides = NO_OVERRIDES) -> float:
        """Return the right number, from what is held; what is held there itself is passed over."""
        return self._holding(held).number(place)

    def mistaken(
        self, mistake: str, place: ElementKey, held: Overrides = NO_OVERRIDES
    ) -> float | None:
        """Return the number a mistake gives; None where it does not change it."""
        return self._holding(held).mistaken(mistake, place)

    def mistaken_here(self, mistake: str, place: ElementKey, numbers: Run) -> float | None:
        """Return the number a mistake gives at the last step to it; None if it changes nothing."""
        if place[0] not in self.unlike(mistake):
            return None
        right, wrong = (self._near(tape, place, numbers) for tape in (RIGHT, mistake))
        return None if _close(wrong, right) else wrong

    def wrongly(self, mistake: str) -> HoldableTape:
        """Return a tape of a mistake that fits, on which nothing is held."""
        return self._holding(NO_OVERRIDES).tape(mistake)

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

    def switched(self, mistake: str) -> SwitchedTape:
        """Return the tape of a mistake that fits, or the right one, with switches."""
        if mistake not in self._switched:
            if mistake == RIGHT:
                tape, leaves = self.run.tape, leaves_of(self.run)
            else:
                made, leaves = self._written(MISTAKES[mistake])
                tape = made.tape()
                self._unlike[mistake] = self._differently_made(tape, leaves, made.origins)
            self._switched[mistake] = SwitchedTape(tape, leaves)
        return self._switched[mistake]

    def unlike(self, mistake: str) -> frozenset[str]:
        """Return the names of values that a mistake that fits makes in another way."""
        self.switched(mistake)
        return self._unlike[mistake]

    def _differently_made(
        self, tape: Tape, leaves: Mapping[int, Array], origins: Mapping[int, int]
    ) -> frozenset[str]:
        ways: dict[object, int] = {}
        own = self.run.arrays
        same = {leaf: old for leaf, old in origins.items() if leaves[leaf] is own[old]}
        right = _ways(self.run.tape, ways, {leaf.id: leaf.id for leaf in self.run.tape.leaves})
        wrong = _ways(tape, ways, same)
        return frozenset(name for name in wrong if wrong[name] != right.get(name))

    def _holding(self, held: Overrides) -> Held:
        self._any.replace(held)
        return self._any

    def _near(self, mistake: str, place: ElementKey, numbers: Run) -> float:
        if mistake not in self._around:
            self._around[mistake] = HoldableTape(self.switched(mistake))
        tape = self._around[mistake]
        tape.hold_around(place, numbers)
        return tape.number(place)


def _ways(tape: Tape, ways: dict[object, int], leaves: Mapping[int, int]) -> dict[str, int]:
    """Return how each named value is made, as a number: the same for what is made alike.

    Args:
        tape: the tape.
        ways: the numbers given so far, which are added to.
        leaves: what the leaves are, by value id; others are like nothing else.
    """
    made: dict[int, int] = {}
    for leaf in tape.leaves:
        way = ("leaf", leaves[leaf.id]) if leaf.id in leaves else object()
        made[leaf.id] = ways.setdefault(way, len(ways))
    for step in tape.steps:
        way = (step.op, repr(dict(step.params)), *(made[i] for i in step.inputs))
        made[step.output] = ways.setdefault(way, len(ways))
    return {value.name: made[value.id] for value in tape.values if value.name}


def _close(a: float, b: float) -> bool:
    """Say whether two numbers are as good as equal; NaN is like nothing."""
    return a == b or (math.isfinite(b) and abs(a - b) <= 1e-12 + 1e-9 * abs(b))
