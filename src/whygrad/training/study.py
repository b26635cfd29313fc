"""All there is to study of a training: its tape, its numbers, its steps in words, its data.

From a study the iteration can be stepped through, played, edited and trained on, without the
library: the page does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whygrad.data import Dataset
from whygrad.engine.notation import latex, symbol
from whygrad.engine.op import Array, Op
from whygrad.engine.ops import OPS
from whygrad.explain import PRINCIPLES
from whygrad.explain.principles import Principle
from whygrad.explain.worked import WorkedStep, worked_steps
from whygrad.spec import boundary, spec_to_dict
from whygrad.tape.tape import Tape
from whygrad.training.evaluation import REGRESSION_TOLERANCE
from whygrad.training.start import Training

VERSION = 1


@dataclass(frozen=True, slots=True)
class Notation:
    """How a value's name is written: in text, and in LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """The order of samples: ``batchIndices(n, batch, iteration, seed, shuffle)`` gives it."""

    batch: int
    seed: int
    shuffle: bool


@dataclass(frozen=True, slots=True)
class Study:
    """All that is needed to step, play, edit and train, without a server.

    Attributes:
        version: of this format.
        name: what the spec is called.
        title: its title.
        description: one line about it.
        spec: the spec with every default filled in, as its TOML would say it.
        tape: the tape (``whygrad-tape/1``).
        leaves: the numbers that no step makes, as nested lists by value id.
        worked: the worked steps, in teaching order.
        unfolded: every primitive step.
        ops: the ops on this tape, by name.
        principles: what every reason rests on, by name.
        symbols: how each name is written.
        dataset: what it learns from; None for a formula.
        visits: the order of samples; None where every iteration sees the recorded inputs.
        iterations: how long the spec trains.
        tolerance: a regression output counts as right within this share of the targets' spread.
        boundary: a yes-or-no output says yes above this.
    """

    version: int
    name: str
    title: str
    description: str
    spec: Mapping[str, Any]
    tape: Tape
    leaves: Mapping[int, Array]
    worked: tuple[WorkedStep, ...]
    unfolded: tuple[WorkedStep, ...]
    ops: Mapping[str, Op]
    principles: Mapping[str, Principle]
    symbols: Mapping[str, Notation]
    dataset: Dataset | None
    visits: BatchOrder | None
    iterations: int
    tolerance: float
    boundary: float


def study(training: Training) -> Study:
    """Return all there is to study of a training as it was recorded."""
    tape, run, spec = training.iteration.tape, training.iteration.run, training.spec
    names = [tape.label(value.id) for value in tape.values]
    return Study(
        version=VERSION,
        name=spec.name,
        title=spec.title or spec.name,
        description=spec.description,
        spec=spec_to_dict(spec),
        tape=tape,
        leaves={leaf.id: run.arrays[leaf.id] for leaf in tape.leaves},
        worked=worked_steps(tape),
        unfolded=worked_steps(tape, unfold=True),
        ops=ops_on(tape),
        principles=PRINCIPLES,
        symbols={name: Notation(symbol(name), latex(name)) for name in names},
        dataset=training.dataset,
        visits=_batch_order(training),
        iterations=spec.train.iterations,
        tolerance=REGRESSION_TOLERANCE,
        boundary=boundary(spec),
    )


def ops_on(*tapes: Tape) -> dict[str, Op]:
    """Return the rows of the table of ops that tapes use, by name."""
    return {name: OPS[name] for name in sorted({step.op for tape in tapes for step in tape.steps})}


def _batch_order(training: Training) -> BatchOrder | None:
    data = training.spec.data
    if training.iteration.batches is None or isinstance(data.batch, str):
        return None
    return BatchOrder(data.batch, data.seed, data.shuffle)
