"""Every message the front end sees. Its TypeScript types are generated from this module.

Messages are plain frozen data; ``to_json`` makes them JSON. Numbers that JSON cannot hold (inf,
nan) travel as texts.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from whygrad.clinic import messages as clinic
from whygrad.data import Dataset
from whygrad.engine.notation import latex, symbol
from whygrad.engine.op import Reason
from whygrad.engine.ops import OPS
from whygrad.explain import PRINCIPLES
from whygrad.explain.worked import WorkedStep, worked_steps
from whygrad.practice import (
    DIFFICULTIES,
    FEATURES,
    Exercise,
    Mark,
    PastedLine,
    notes,
    worked_out,
)
from whygrad.practice.questions import TRAINED
from whygrad.spec import boundary, spec_from_dict, spec_to_dict
from whygrad.tape.run import json_number, leaves_of, numbers
from whygrad.training.evaluation import REGRESSION_TOLERANCE
from whygrad.training.start import Training, start
from whygrad.whatif import MakeMistake, compare
from whygrad.whatif.mistakes import MISTAKES, find_mistake
from whygrad.whatif.rewrite import rewriter

VERSION = 1


@dataclass(frozen=True)
class PresetInfo:
    """A spec that comes with the package."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class ReasonInfo:
    """Why an output moves as it does when one input moves: a sentence with slots (``op.Reason``).

    ``when`` is a test on numbers in slots; of several reasons the first whose test holds is given.
    """

    says: str
    principle: str
    when: list[Any] | None


@dataclass(frozen=True)
class OpInfo:
    """A row of the table of ops: how it reads, what it is for, its formula and reasons as data.

    Attributes:
        side: the test that says on which side of its corner an element is; the branches that its
            local derivatives take; or None where there is no corner to cross.
        aligned: its inputs broadcast against each other, element by element.
        silent: it passes numbers on as they are, so that another op on the way has more to say.
        purpose: what it is for in a network.
        reasons: for each input, why the local derivative is what it is; None where there is none.
    """

    name: str
    title: str
    reads: str
    kinks: str
    side: list[Any] | None
    aligned: bool
    silent: bool
    purpose: str
    reasons: list[list[ReasonInfo] | None]
    formula: dict[str, Any]


@dataclass(frozen=True)
class AnalogyInfo:
    """A likeness that helps, and where it breaks."""

    like: str
    breaks: str


@dataclass(frozen=True)
class PrincipleInfo:
    """A fact about how changes travel, and the principles it rests on."""

    name: str
    says: str
    see: str
    rests_on: list[str]
    analogy: AnalogyInfo | None


@dataclass(frozen=True)
class Notation:
    """How a value's name is written: in text, and in LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True)
class StepInfo:
    """One step of the worked example, at either grain (see ``worked.WorkedStep``)."""

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
    spec: dict[str, Any]
    tape: dict[str, Any]
    leaves: dict[str, Any]
    worked: list[StepInfo]
    unfolded: list[StepInfo]
    ops: dict[str, OpInfo]
    principles: dict[str, PrincipleInfo]
    symbols: dict[str, Notation]
    dataset: DatasetInfo | None
    visits: Visits | None
    iterations: int
    tolerance: float
    boundary: float


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


@dataclass(frozen=True)
class MistakeInfo:
    """A mistake that fits a tape, and the tape on which it is made (see ``whatif.Mistake``).

    Attributes:
        people: why people make it.
        breaks: what goes wrong then.
        notice: how to notice it.
        asks: the question that tells it from others with the same number.
        tape: the whole iteration, with the mistake made.
        leaves: the numbers of those leaves of it that the right tape has not, by value id.
        origins: of every other leaf, the same leaf's id on the right tape.
    """

    name: str
    title: str
    people: str
    breaks: str
    notice: str
    asks: str
    tape: dict[str, Any]
    leaves: dict[str, Any]
    origins: dict[str, int]


@dataclass(frozen=True)
class MistakesMessage:
    """The mistakes that fit a trace.

    Attributes:
        ops: the ops on their tapes, by name.
    """

    mistakes: list[MistakeInfo]
    ops: dict[str, OpInfo]


@dataclass(frozen=True)
class FeatureInfo:
    """What an exercise can be about."""

    name: str
    says: str


@dataclass(frozen=True)
class PracticeInfo:
    """What exercises can be about, from easy to hard, and how difficult they can be."""

    features: list[FeatureInfo]
    difficulties: list[int]


@dataclass(frozen=True)
class NumberInfo:
    """An element's name, and a number for it."""

    name: str
    number: float


@dataclass(frozen=True)
class AskInfo:
    """What is asked (see ``practice.Ask``)."""

    name: str
    prompt: str
    choices: list[str]


@dataclass(frozen=True)
class LossesInfo:
    """The losses of a training without a planted mistake and with it; None for no number."""

    right: list[float | None]
    wrong: list[float | None]


@dataclass(frozen=True)
class ExerciseMessage:
    """An exercise, and the tape it is about.

    Attributes:
        id: says everything about it; the same id makes the same exercise anywhere.
        says: what there is to practise.
        iteration: which iteration of the trace it is about, from 1.
        notes: what has to be known besides the formulas and numbers.
        told: numbers that are told of those that are worked out, right or wrong.
        losses: of a remedy to choose, how training goes.
    """

    id: str
    kind: str
    feature: str
    fading: str
    difficulty: int
    seed: int
    says: str
    notes: list[str]
    iteration: int
    told: list[NumberInfo]
    asks: list[AskInfo]
    losses: LossesInfo | None
    trace: TraceMessage


@dataclass(frozen=True)
class SlipInfo:
    """A mistake that gives a typed number, in words (see ``whatif.Mistake``)."""

    name: str
    title: str
    people: str
    breaks: str
    notice: str
    asks: str


@dataclass(frozen=True)
class MarkMessage:
    """A graded answer (see ``practice.Mark``).

    Attributes:
        correct: None where it cannot be said.
        mistakes: those that give the learner's number, the likeliest first.
        step: of a wrong number, the right step, which the feedback ends with.
    """

    name: str
    symbol: str
    typed: str
    correct: bool | None
    expected: float | str
    mistakes: list[SlipInfo]
    feedback: str
    carried: bool
    step: str


@dataclass(frozen=True)
class LineMessage:
    """A line of someone's homework: what came of it, or why it could not be graded."""

    typed: str
    mark: MarkMessage | None
    trouble: str


MESSAGES = (
    PresetInfo,
    TraceMessage,
    MistakesMessage,
    ErrorMessage,
    CsvInfo,
    PracticeInfo,
    ExerciseMessage,
    MarkMessage,
    LineMessage,
    *clinic.MESSAGES,
)


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
        worked=[_step(step) for step in worked_steps(tape)],
        unfolded=[_step(step) for step in worked_steps(tape, unfold=True)],
        ops=ops_info({step.op for step in tape.steps}),
        principles=principles_info(),
        symbols={name: Notation(symbol(name), latex(name)) for name in names},
        dataset=None if training.dataset is None else dataset_info(training.dataset),
        visits=_visits(training),
        iterations=spec.train.iterations,
        tolerance=REGRESSION_TOLERANCE,
        boundary=boundary(spec),
    )


def mistakes_message(training: Training) -> MistakesMessage:
    """Return the mistakes that can be made on a training's tape, ready to be played."""
    tape, leaves = training.iteration.tape, leaves_of(training.iteration.run)
    made: list[MistakeInfo] = []
    ops: set[str] = set()
    for mistake in MISTAKES.values():
        rule = mistake.build(tape)
        if rule is None:
            continue
        new = rewriter(tape, leaves, rule)
        wrong = new.tape()
        ops |= {step.op for step in wrong.steps}
        own = {value: array for value, array in new.leaves.items() if value not in new.origins}
        made.append(
            MistakeInfo(
                mistake.name,
                mistake.title,
                mistake.people,
                mistake.breaks,
                mistake.notice,
                mistake.asks,
                tape=wrong.to_json(),
                leaves={str(value): numbers(array) for value, array in own.items()},
                origins={str(value): old for value, old in new.origins.items()},
            )
        )
    return MistakesMessage(made, ops_info(ops))


def practice_info() -> PracticeInfo:
    """Return what exercises there can be."""
    features = [FeatureInfo(name, feature.says) for name, feature in FEATURES.items()]
    return PracticeInfo(features, list(DIFFICULTIES))


def exercise_message(exercise: Exercise) -> ExerciseMessage:
    """Return an exercise with all that the page needs to ask it."""
    training = start(spec_from_dict(dict(exercise.spec), "exercise"))
    made = {exercise.run.label(value, at) for value, at in worked_out(exercise.run)}
    return ExerciseMessage(
        id=exercise.id,
        kind=exercise.kind,
        feature=exercise.feature,
        fading=exercise.fading,
        difficulty=exercise.difficulty,
        seed=exercise.seed,
        says=FEATURES[exercise.feature].says,
        notes=notes(exercise.solution),
        iteration=FEATURES[exercise.feature].iteration,
        told=[NumberInfo(name, number) for name, number in exercise.given if name in made],
        asks=[AskInfo(ask.name, ask.prompt, list(ask.choices)) for ask in exercise.asks],
        losses=_losses(exercise, training),
        trace=trace_message(training),
    )


def _losses(exercise: Exercise, training: Training) -> LossesInfo | None:
    if exercise.kind != "choose_the_remedy":
        return None
    losses = compare(training, MakeMistake(exercise.mistake), TRAINED).training
    right, wrong = (
        [loss if math.isfinite(loss) else None for loss in losses[which]]
        for which in ("right", "wrong")
    )
    return LossesInfo(right, wrong)


def mark_message(mark: Mark) -> MarkMessage:
    """Return a graded answer as a message."""
    expected = mark.expected
    return MarkMessage(
        mark.name,
        symbol(mark.name),
        mark.typed,
        mark.correct,
        expected if isinstance(expected, str) else json_number(expected + 0.0),
        [
            SlipInfo(row.name, row.title, row.people, row.breaks, row.notice, row.asks)
            for row in map(find_mistake, mark.mistakes)
        ],
        mark.feedback,
        mark.carried,
        mark.step,
    )


def line_message(line: PastedLine) -> LineMessage:
    """Return a line of homework as a message."""
    return LineMessage(line.typed, line.mark and mark_message(line.mark), line.trouble)


def _step(step: WorkedStep) -> StepInfo:
    return StepInfo(
        step.value, step.name, step.phase, list(step.part), step.title, list(step.steps)
    )


def ops_info(names: Iterable[str]) -> dict[str, OpInfo]:
    """Return rows of the table of ops as messages, by name."""
    return {
        name: OpInfo(
            name=name,
            title=op.title,
            reads=op.reads,
            kinks=op.kinks,
            side=op.side and op.side.to_json(),
            aligned=op.aligned,
            silent=op.silent,
            purpose=op.purpose,
            reasons=[_reasons(options) for options in op.reasons],
            formula=op.formula.to_json(),
        )
        for name, op in ((name, OPS[name]) for name in sorted(names))
    }


def _reasons(options: tuple[Reason, ...] | None) -> list[ReasonInfo] | None:
    if options is None:
        return None
    return [ReasonInfo(r.says, r.principle, r.when and r.when.to_json()) for r in options]


def principles_info() -> dict[str, PrincipleInfo]:
    """Return the named principles as messages."""
    return {
        name: PrincipleInfo(
            name=name,
            says=p.says,
            see=p.see,
            rests_on=list(p.rests_on),
            analogy=p.analogy and AnalogyInfo(p.analogy.like, p.analogy.breaks),
        )
        for name, p in PRINCIPLES.items()
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
