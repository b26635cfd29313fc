"""What an update did to the loss, beside what the gradient promised it would."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whygrad.explain.display import ALL_DIGITS, DIGITS, rounded
from whygrad.explain.nudge import downstream, replayed
from whygrad.explain.said import Named, Said, say
from whygrad.explain.sentences import ROUND_OFF
from whygrad.tape.run import Run

HALF = 5e-4 * (1 + 1e-9)  # of the last of four digits, as a share of the first


@dataclass(frozen=True, slots=True)
class LossChange:
    """What one iteration's update came to, on the inputs and targets that it saw.

    Attributes:
        before: the loss before the update.
        after: the loss of the same examples with the new parameters.
        promised: what the gradients say the update changes: over all parameters, the sum of
            gradient x (new - old). The loss changes by as much where the change is small.
    """

    before: float
    after: float
    promised: float

    @property
    def by(self) -> float:
        """How much the loss rose; below 0 where it fell, and 0 for what rounding leaves."""
        most = max(abs(self.before), abs(self.after))
        return _unless_round_off(self.after - self.before, most)

    @property
    def expected(self) -> float:
        """As ``promised``, and 0 for what rounding leaves."""
        return _unless_round_off(self.promised, abs(self.before))


def change(run: Run) -> LossChange | None:
    """Return what an iteration's update did to the loss; None where no parameter is updated.

    Args:
        run: the numbers of one iteration, its parameters those before the update.
    """
    tape = run.tape
    updated = [(b, a) for b, a in tape.carries if tape.values[b].role == "parameter"]
    if not updated:
        return None
    promised = 0.0
    for before, after in updated:
        slope = run.arrays[tape.gradients[before]].astype(np.float64)
        with np.errstate(all="ignore"):
            moved = run.arrays[after].astype(np.float64) - run.arrays[before]
            promised += float((slope * moved).sum())
    steps = downstream(run, *(before for before, _ in updated))
    arrays = replayed(run, {before: run.arrays[after] for before, after in updated}, steps)
    return LossChange(run.number(tape.loss, 0), float(arrays[tape.loss].item()), promised)


def happened(found: LossChange, seen: Sequence[int] | None = None, of: int = 0) -> tuple[Said, ...]:
    """Say what an update did to the loss, what the gradient promised, and of which examples.

    Args:
        found: what came of the update.
        seen: the examples that the iteration saw, from 0; None for a formula.
        of: how many examples there are.
    """
    before, after = (Named(number=x, digits=_digits(found)) for x in (found.before, found.after))
    by, expected = found.by, found.expected
    if not math.isfinite(by):
        what = say("change.went", before=before, after=after)
    elif by == 0:
        what = say("change.stayed", before=before)
    else:
        key = "change.rose" if by > 0 else "change.fell"
        what = say(key, by=abs(by), before=before, after=after)
    if not math.isfinite(expected):
        promise = say("promise.unknown")
    elif expected == 0:
        promise = say("promise.none")
    elif by * expected > 0:
        promise = say("promise.alike", by=abs(expected))
    else:
        promise = say("promise.rise" if expected > 0 else "promise.fall", by=abs(expected))
    said = [say("change", what=what, promise=promise)]
    if by > 0 > expected:
        said.append(say("change.too_far"))
    if expected > 0:
        said.append(say("change.uphill"))
    if seen is not None and of > 1:
        if len(seen) == 1:
            said.append(say("change.of_one", n=float(seen[0] + 1), count=float(of)))
        elif len(seen) < of:
            said.append(say("change.of_some", seen=float(len(seen)), count=float(of)))
        else:
            said.append(say("change.of_all", count=float(of)))
    return tuple(said)


def fell_or_rose(first: float, last: float, iterations: int) -> Said:
    """Say what the loss did over several iterations."""
    found = LossChange(first, last, 0.0)
    before, after = (Named(number=x, digits=_digits(found)) for x in (first, last))
    count = say("course.one") if iterations == 1 else say("course.many", count=float(iterations))
    if not math.isfinite(found.by):
        return say("course.went", count=count, before=before, after=after)
    if found.by == 0:
        return say("course.stayed", count=count, before=before)
    key = "course.rose" if found.by > 0 else "course.fell"
    return say(key, count=count, by=abs(found.by), before=before, after=after)


def _unless_round_off(x: float, of: float) -> float:
    return 0.0 if math.isfinite(x) and abs(x) <= ROUND_OFF * of else x


def _digits(found: LossChange) -> int:
    """Return the fewest digits at which the two losses differ by the change that is shown."""
    if not found.by or not math.isfinite(found.by):
        return DIGITS
    shown = rounded(found.by)
    half = HALF * 10.0 ** math.floor(math.log10(abs(shown)))
    for digits in range(DIGITS, ALL_DIGITS):
        if abs(rounded(found.after, digits) - rounded(found.before, digits) - shown) <= half:
            return digits
    return ALL_DIGITS
