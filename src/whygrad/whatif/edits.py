"""Edits: what is done differently, as plain data, and the iteration that does it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whygrad.engine.op import Array
from whygrad.errors import SpecError, UnknownName, WhygradError, unknown
from whygrad.explain.said import Named, say
from whygrad.spec import Spec, spec_from_dict, spec_to_dict
from whygrad.tape.player import Player
from whygrad.tape.run import leaves_of
from whygrad.tape.tape import Step, Tape
from whygrad.training.iteration import Iteration
from whygrad.training.start import Training, start
from whygrad.whatif.mistakes import Mistake, find_mistake
from whygrad.whatif.rewrite import Rewriter, rewrite


@dataclass(frozen=True, slots=True)
class MakeMistake:
    """Make a named mistake."""

    name: str

    def __str__(self) -> str:
        return str(say("compare.mistake", name=self.name, title=find_mistake(self.name).title))


@dataclass(frozen=True, slots=True)
class SetNumber:
    """Give an element another number. What a step makes is held at that number from then on."""

    name: str
    value: float

    def __str__(self) -> str:
        return str(say("compare.set", x=Named(self.name, self.value, DIGITS)))


@dataclass(frozen=True, slots=True)
class Drop:
    """Leave a term out: a value counts as 0 wherever it is used."""

    name: str

    def __str__(self) -> str:
        return str(say("compare.drop", x=self.name))


@dataclass(frozen=True, slots=True)
class LearningRate:
    """Use another learning rate."""

    value: float

    def __str__(self) -> str:
        return str(say("compare.rate", rate=Named(number=self.value, digits=DIGITS)))


@dataclass(frozen=True, slots=True)
class Swap:
    """Use another activation, output, loss, optimizer or initialisation."""

    old: str
    new: str

    def __str__(self) -> str:
        return str(say("compare.swap", new=self.new, old=self.old))


Edit = MakeMistake | SetNumber | Drop | LearningRate | Swap

DIGITS = 6  # of a number that was typed
_SET = re.compile(r"^\s*(?P<name>[^=]+?)\s*=\s*(?P<value>[-+\w.]+)\s*$")


def parse_set(text: str) -> SetNumber:
    """Read ``w1=0.3`` or ``W1[0,2] = -1``.

    Raises:
        WhygradError: it does not read so.
    """
    match = _SET.match(text)
    try:
        value = float(match["value"]) if match else np.nan
    except ValueError:
        value = np.nan
    if match is None or not np.isfinite(value):
        raise WhygradError(f"{text!r} does not set a number; write a name and a number: w1=0.3")
    return SetNumber(match["name"], value)


def parse_swap(text: str) -> Swap:
    """Read ``relu=sigmoid``.

    Raises:
        WhygradError: it does not read so.
    """
    old, equals, new = (part.strip() for part in text.partition("="))
    if not (old and equals and new):
        raise WhygradError(f"{text!r} does not swap anything; write old=new, such as relu=sigmoid")
    return Swap(old, new)


def edited(training: Training, edit: Edit) -> Iteration:
    """Return the iteration that does it differently, on the same data, start and seed.

    Args:
        training: what is edited; it is not changed, and should not have been played yet.
        edit: what to do differently.

    Raises:
        WhygradError: the edit does not fit; says why, and what would.
    """
    iteration = training.iteration
    tape, leaves = iteration.tape, leaves_of(iteration.run)
    if isinstance(edit, Swap):
        return start(swapped(training.spec, edit)).iteration
    if isinstance(edit, LearningRate):
        edit = SetNumber("learning_rate", edit.value)
    if isinstance(edit, MakeMistake):
        mistake = find_mistake(edit.name)
        rule = mistake.build(tape)
        if rule is None:
            raise WhygradError(_does_not_fit(mistake, tape))
        return _played(training, *rewrite(tape, leaves, rule))
    if isinstance(edit, SetNumber):
        value, at = iteration.run.element(edit.name)
    else:
        value, at = tape.find(edit.name).id, 0
    if isinstance(edit, SetNumber) and value not in tape.makers:
        changed = leaves[value].copy()
        changed.flat[at] = edit.value
        rate = edit.value if edit.name == "learning_rate" else None
        return _played(training, tape, {**leaves, value: changed}, rate)
    return _played(training, *_held(iteration, edit, value, at))


def _does_not_fit(mistake: Mistake, tape: Tape) -> str:
    used = sorted({step.op for step in tape.steps if step.phase in ("forward", "loss")})
    return (
        f"{mistake.name} does not fit here: there is nothing on this tape to make it on (its ops: "
        f"{', '.join(used)}); whygrad mistakes SPEC lists those that fit"
    )


def _held(
    iteration: Iteration, edit: SetNumber | Drop, value: int, at: int
) -> tuple[Tape, Mapping[int, Array]]:
    """Write the tape with a value (or one element of it) held at a number where it is used."""
    tape, leaves = iteration.tape, leaves_of(iteration.run)
    numbers = iteration.run.arrays[value]
    if numbers.dtype.kind != "f":
        raise WhygradError(f"{edit.name} holds no numbers that could be set")
    keep = np.ones(numbers.shape, numbers.dtype)
    held = np.zeros(numbers.shape, numbers.dtype)
    if isinstance(edit, Drop):
        keep[...] = 0.0
    else:
        keep.flat[at] = 0.0
        held.flat[at] = edit.value
    shape = tape.values[value].shape
    if value not in tape.makers:
        return tape, {**leaves, value: held + keep * numbers}

    maker = tape.makers[value].id
    mask: list[int] = []

    def rule(step: Step, new: Rewriter) -> bool:
        if step.output == value:
            made = new.again(step)
            mask.append(new.leaf(keep, shape, "constant"))
            fixed = new.leaf(held, shape, "constant")
            rest = new.emit(step, "mul", [made, mask[0]])
            new.finish(step, "add", [rest, fixed])
            return True
        back = step.reverses
        if back is None or back.step != maker or back.upstream not in step.inputs:
            return False
        # what is held does not depend on its inputs, so nothing passes down to them
        passed = new.emit(step, "mul", [new.id(back.upstream), mask[0]])
        inputs = [passed if i == back.upstream else new.id(i) for i in step.inputs]
        new.finish(step, step.op, inputs, **step.params)
        return True

    return rewrite(tape, leaves, rule)


def _played(
    training: Training, tape: Tape, leaves: Mapping[int, Array], rate: float | None = None
) -> Iteration:
    """Return an iteration of another tape, its first play done.

    Its learning rate, ``rate`` or the spec's, goes through the same schedule.
    """
    right = training.iteration
    player = Player(tape, leaves)
    player.play()
    iteration = Iteration(tape, player.run(), batches=right.batches, schedule=right.schedule)
    if right.schedule is not None and "learning_rate" in tape.by_name:
        base = training.spec.optimizer.learning_rate if rate is None else rate
        iteration.set_hyperparameter("learning_rate", base)
        iteration.run = iteration.peek()
    return iteration


def swapped(spec: Spec, swap: Swap) -> Spec:
    """Return the spec with one choice made differently.

    Raises:
        UnknownName: the spec does not use what is to be replaced.
        SpecError: what it is to be replaced by does not exist or does not fit.
    """
    if spec.network is None:
        raise SpecError("a formula has no activation, loss or optimizer to swap; edit its text")
    data: dict[str, Any] = spec_to_dict(spec)
    network: dict[str, Any] = data["network"]
    choices = {
        data[section]["name"]: section
        for section in ("init", "loss", "optimizer")
        if section in data
    }
    if swap.old in network["activation"]:
        network["activation"] = [swap.new if a == swap.old else a for a in network["activation"]]
    elif swap.old == network["output"]:
        network["output"] = swap.new
    elif swap.old in choices:
        section = choices[swap.old]
        old = data[section]
        kept = {"learning_rate": old["learning_rate"]} if "learning_rate" in old else {}
        if section == "init":
            kept = {"seed": old["seed"]}
        data[section] = {"name": swap.new, **kept}
    else:
        used: list[str] = [*network["activation"], network["output"], *choices]
        raise UnknownName(unknown("part of this spec", swap.old, dict.fromkeys(used)))
    return replace(
        spec_from_dict(data, spec.source or spec.name), folder=spec.folder, source=spec.source
    )
