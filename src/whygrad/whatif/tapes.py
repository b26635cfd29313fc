"""The mistakes that fit a tape, each as a tape of its own that can be played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whygrad.engine.op import Array, Op
from whygrad.tape.run import Run, leaves_of
from whygrad.tape.tape import Tape
from whygrad.training.study import ops_on
from whygrad.whatif.mistakes import MISTAKES, Mistake
from whygrad.whatif.rewrite import rewriter


@dataclass(frozen=True, slots=True)
class MistakenTape:
    """A mistake that fits a tape, and the tape on which it is made.

    Attributes:
        mistake: what is done wrong, in words.
        tape: the whole iteration, with the mistake made.
        leaves: the numbers of those leaves of it that the right tape has not, by value id.
        origins: of every other leaf, the same leaf's id on the right tape.
    """

    mistake: Mistake
    tape: Tape
    leaves: Mapping[int, Array]
    origins: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class MistakenTapes:
    """The mistakes that fit a tape."""

    mistakes: tuple[MistakenTape, ...]

    @property
    def ops(self) -> Mapping[str, Op]:
        """The ops on their tapes, by name."""
        return ops_on(*(made.tape for made in self.mistakes))


def mistaken_tapes(run: Run) -> MistakenTapes:
    """Return the mistakes that can be made on a run's tape, ready to be played."""
    made: list[MistakenTape] = []
    for mistake in MISTAKES.values():
        rule = mistake.build(run.tape)
        if rule is not None:
            new = rewriter(run.tape, leaves_of(run), rule)
            own = {leaf: array for leaf, array in new.leaves.items() if leaf not in new.origins}
            made.append(MistakenTape(mistake, new.tape(), own, new.origins))
    return MistakenTapes(tuple(made))
