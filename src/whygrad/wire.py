"""Every message the front end sees. Its TypeScript types are generated from this module.

Messages are plain frozen data; ``to_json`` makes them JSON. Numbers that JSON cannot hold (inf,
nan) travel as texts.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from whygrad.data import Dataset
from whygrad.lesson import LessonStep, lesson
from whygrad.names import latex, symbol
from whygrad.ops import OPS
from whygrad.run import numbers
from whygrad.spec import spec_to_dict
from whygrad.tape import Tape
from whygrad.training import REGRESSION_TOLERANCE, Training

VERSION = 1


@dataclass(frozen=True)
class PresetInfo:
    """A spec that comes with the package."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class OpInfo:
    """A row of the table of ops: how it reads, and its formula as data."""

    name: str
    title: str
    reads: str
    kinks: str
    formula: dict[str, Any]


@dataclass(frozen=True)
class Notation:
    """How a value's name is written: in text, and in LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True)
class StepInfo:
    """One step of the worked example, at either grain (see ``lesson.LessonStep``)."""

    value: int
    name: str
    phase: str
    part: list[str]
    title: str
    steps: list[int]


@dataclass(frozen=True)
class Samples:
    """Inputs and targets, one row per sample."""

    x: list[list[float]]
    y: list[list[float]]


@dataclass(frozen=True)
class DatasetInfo:
    """What a network learns from.

    ``flipped`` says which labels are wrong on purpose; ``evaluation`` are samples to judge it by,
    where they are others than those it learns from.
    """

    name: str
    task: str
    train: Samples
    feature_names: list[str]
    target_names: list[str]
    flipped: list[bool] | None
    evaluation: Samples | None
    classes: list[str] | None
    note: str


@dataclass(frozen=True)
class Visits:
    """The order of samples: ``batchIndices(n, batch, iteration, seed, shuffle)`` gives it."""

    batch: int
    seed: int
    shuffle: bool


@dataclass(frozen=True)
class TraceMessage:
    """All the page needs to step, play, edit and train, without a server.

    Attributes:
        version: of this format.
        name: what the spec is called.
        title: its title.
        description: one line about it.
        spec: the spec with every default filled in, as its TOML would say it.
        tape: the tape (``whygrad-tape/1``).
        leaves: the numbers that no step makes, as nested lists by value id.
        lesson: the steps at the lesson grain, in teaching order.
        unfolded: every primitive step.
        ops: the ops on this tape, by name.
        symbols: how each name is written.
        dataset: what it learns from; None for a formula.
        visits: the order of samples; None where every iteration sees the recorded inputs.
        iterations: how long the spec trains.
        tolerance: a regression output counts as right within this share of the targets' spread.
    """

    version: int
    name: str
    title: str
    description: str
    spec: dict[str, Any]
    tape: dict[str, Any]
    leaves: dict[str, Any]
    lesson: list[StepInfo]
    unfolded: list[StepInfo]
    ops: dict[str, OpInfo]
    symbols: dict[str, Notation]
    dataset: DatasetInfo | None
    visits: Visits | None
    iterations: int
    tolerance: float


@dataclass(frozen=True)
class ErrorMessage:
    """What was wrong, and where if that is known."""

    message: str
    source: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class ColumnInfo:
    """A column of an uploaded CSV file."""

    name: str
    numeric: bool
    distinct: int
    examples: list[str]


@dataclass(frozen=True)
class CsvInfo:
    """What an uploaded CSV file holds, and which columns are likely targets."""

    name: str
    rows: int
    columns: list[ColumnInfo]
    target: list[str]


MESSAGES = (PresetInfo, TraceMessage, ErrorMessage, CsvInfo)


def to_json(message: Any) -> Any:
    """Return a message as JSON data."""
    return dataclasses.asdict(message)


def trace_message(training: Training) -> TraceMessage:
    """Return everything the page needs about a training."""
    tape, run = training.iteration.tape, training.iteration.run
    spec = training.spec
    names = [value.name for value in tape.values if value.name]
    return TraceMessage(
        version=VERSION,
        name=spec.name,
        title=spec.title or spec.name,
        description=spec.description,
        spec=spec_to_dict(spec),
        tape=tape.to_json(),
        leaves={str(v.id): numbers(run.arrays[v.id]) for v in tape.leaves},
        lesson=[_step(step) for step in lesson(tape)],
        unfolded=[_step(step) for step in lesson(tape, unfold=True)],
        ops=_ops(tape),
        symbols={name: Notation(symbol(name), latex(name)) for name in names},
        dataset=None if training.dataset is None else dataset_info(training.dataset),
        visits=_visits(training),
        iterations=spec.train.iterations,
        tolerance=REGRESSION_TOLERANCE,
    )


def _step(step: LessonStep) -> StepInfo:
    return StepInfo(
        step.value, step.name, step.phase, list(step.part), step.title, list(step.steps)
    )


def _ops(tape: Tape) -> dict[str, OpInfo]:
    used = sorted({step.op for step in tape.steps})
    return {
        name: OpInfo(name, op.title, op.reads, op.kinks, op.formula.to_json())
        for name, op in ((name, OPS[name]) for name in used)
    }


def _visits(training: Training) -> Visits | None:
    data = training.spec.data
    if training.iteration.batches is None or isinstance(data.batch, str):
        return None
    return Visits(data.batch, data.seed, data.shuffle)


def dataset_info(dataset: Dataset) -> DatasetInfo:
    """Return a dataset as a message."""
    return DatasetInfo(
        name=dataset.name,
        task=dataset.task,
        train=Samples(numbers(dataset.x), numbers(dataset.y)),
        feature_names=list(dataset.feature_names),
        target_names=list(dataset.target_names),
        flipped=None if dataset.flipped is None else dataset.flipped.tolist(),
        evaluation=None
        if dataset.evaluation is None
        else Samples(numbers(dataset.evaluation.x), numbers(dataset.evaluation.y)),
        classes=None if dataset.classes is None else list(dataset.classes),
        note=dataset.note,
    )
