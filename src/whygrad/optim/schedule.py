"""Schedules: how the learning rate changes over the iterations.

A schedule gives a share; the rate of an iteration is the optimizer's learning rate times that
share. It is a pure function of the iteration's number (from 0) and, for "plateau", of the losses
so far: going back in time needs no state, and the same history gives the same rates.
`web/src/player/schedule.ts` holds the same functions, and shared cases hold the two together.

The formulas are PyTorch's, where `torch.optim.lr_scheduler` has the schedule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from whygrad.errors import UnknownName, unknown
from whygrad.option import Option, Scalar, checked_options

Options = Mapping[str, Scalar]

_MOST = 1_000_000
_ITERATIONS = Option(0, 0, _MOST, "how many iterations it takes; 0 for the whole training")
_FINAL = Option(0.0, 0, 1, "share of the rate that is left at the end")

SCHEDULES: Mapping[str, Mapping[str, Option]] = MappingProxyType(
    {
        "constant": {},
        "step": {
            "every": Option(100, 1, _MOST, "how many iterations one rate is kept"),
            "gamma": Option(0.1, 0, 1, "what the rate is then multiplied by"),
        },
        "cosine": {"iterations": _ITERATIONS, "final": _FINAL},
        "warmup": {
            "iterations": Option(100, 1, _MOST, "how many iterations the rate rises"),
            "start": Option(0.1, 0, 1, "share of the rate to begin with"),
        },
        "one_cycle": {
            "iterations": _ITERATIONS,
            "rise": Option(0.3, 0, 1, "share of the iterations in which the rate rises"),
            "start": Option(0.04, 0, 1, "share of the rate to begin with"),
            "final": Option(4e-6, 0, 1, _FINAL.says),
        },
        "plateau": {
            "factor": Option(0.1, 0, 1, "what the rate is multiplied by"),
            "patience": Option(10, 0, _MOST, "how many iterations without progress are borne"),
            "threshold": Option(1e-4, 0, 1, "share by which a loss must beat the best"),
            "cooldown": Option(0, 0, _MOST, "how many iterations are then not counted"),
            "final": _FINAL,
        },
    }
)
"""Name -> the options a schedule takes, with defaults and ranges."""


@dataclass(frozen=True)
class Schedule:
    """A schedule's name and all its options; see SCHEDULES.

    `total` is how many iterations the whole training has, for options that are 0.
    """

    name: str = "constant"
    options: Options = field(default_factory=dict[str, Scalar])
    total: int = 1

    def share(self, iteration: int, losses: Sequence[float] = ()) -> float:
        """What the learning rate of an iteration (from 0) is multiplied by.

        `losses` are those of the iterations before it, or more; only "plateau" reads them.
        """
        if self.name == "plateau":
            return plateau(self.options, losses[:iteration]).share
        return _SHARES[self.name](iteration, self.options, self.total)


def schedule(name: str, *, total: int = 1, **options: Scalar) -> Schedule:
    """The schedule called `name` with the given options.

    Raises UnknownName for a name that is not in SCHEDULES, WhygradError for an option that the
    schedule does not take or a value out of its range.
    """
    if not isinstance(cast("object", name), str) or name not in SCHEDULES:
        raise UnknownName(unknown("schedule", name, SCHEDULES))
    return Schedule(name, checked_options(name, SCHEDULES[name], options), total)


def _constant(_: int, __: Options, ___: int) -> float:
    return 1.0


def _step(iteration: int, options: Options, _: int) -> float:
    """PyTorch's StepLR: gamma ** (iteration // every)."""
    return float(options["gamma"] ** (iteration // int(options["every"])))


def _cosine(iteration: int, options: Options, total: int) -> float:
    """From 1 down to `final` along half a cosine, then level.

    Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5; PyTorch's CosineAnnealingLR, which
    climbs again beyond its end.
    """
    length = _length(options, total)
    return _along_cosine(1.0, float(options["final"]), min(iteration / length, 1.0))


def _warmup(iteration: int, options: Options, _: int) -> float:
    """From `start` up to 1 along a line, then level: PyTorch's LinearLR."""
    start = float(options["start"])
    return start + (1.0 - start) * min(iteration / int(options["iterations"]), 1.0)


def _one_cycle(iteration: int, options: Options, total: int) -> float:
    """Up from `start` to 1 and down to `final`, both along half a cosine.

    Smith and Topin, "Super-convergence", 2018; PyTorch's OneCycleLR with two phases, whose
    div_factor is 1 / start and final_div_factor start / final.
    """
    length = _length(options, total)
    peak = float(options["rise"]) * length - 1.0
    start, final = float(options["start"]), float(options["final"])
    if iteration <= peak:
        return _along_cosine(start, 1.0, iteration / peak if peak > 0 else 1.0)
    last = length - 1.0
    down = (iteration - peak) / (last - peak) if last > peak else 1.0
    return _along_cosine(1.0, final, min(down, 1.0))


_SHARES: Mapping[str, Callable[[int, Options, int], float]] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "warmup": _warmup,
    "one_cycle": _one_cycle,
}


def _length(options: Options, total: int) -> int:
    return max(int(options["iterations"]) or total, 1)


def _along_cosine(start: float, end: float, way: float) -> float:
    return end + (start - end) * (1.0 + math.cos(math.pi * way)) / 2.0


@dataclass(frozen=True, slots=True)
class Plateau:
    """What "plateau" remembers: the best loss, how long ago it was, and the share it is at."""

    share: float = 1.0
    best: float = math.inf
    bad: int = 0
    cooling: int = 0

    def after(self, loss: float, options: Options) -> Plateau:
        """What it remembers after one more loss."""
        if loss < self.best * (1.0 - float(options["threshold"])):
            best, bad = loss, 0
        else:
            best, bad = self.best, self.bad + 1
        cooling = self.cooling
        if cooling > 0:
            cooling, bad = cooling - 1, 0
        if bad <= int(options["patience"]):
            return Plateau(self.share, best, bad, cooling)
        share = max(self.share * float(options["factor"]), float(options["final"]))
        return Plateau(share, best, 0, int(options["cooldown"]))


def plateau(options: Options, losses: Sequence[float], start: Plateau = Plateau()) -> Plateau:
    """What "plateau" remembers after `losses`: PyTorch's ReduceLROnPlateau (min, relative).

    Its min_lr is `final` times the learning rate, and its eps is 0.
    """
    state = start
    for loss in losses:
        state = state.after(loss, options)
    return state


class Rates:
    """The learning rates of a run: a schedule, and a note of how far its losses have been read.

    The note only saves time: what comes out depends on the losses alone.
    """

    def __init__(self, given: Schedule) -> None:
        self.schedule = given
        self._read = 0
        self._plateau = Plateau()

    def share(self, iteration: int, losses: Sequence[float]) -> float:
        """What `Schedule.share` gives, in constant time when called iteration by iteration."""
        if self.schedule.name != "plateau":
            return self.schedule.share(iteration)
        if iteration < self._read:
            self._read, self._plateau = 0, Plateau()
        options = self.schedule.options
        self._plateau = plateau(options, losses[self._read : iteration], self._plateau)
        self._read = iteration
        return self._plateau.share
