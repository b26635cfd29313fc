"""What a spec says, checked: the parts of it, the words they may use, and how much is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from whygrad.data.dataset import Task
from whygrad.nn import registry
from whygrad.optim import OPTIMIZERS
from whygrad.option import Scalar, checked_options

MAX_BYTES = 1_000_000
MAX_LAYERS = 12
MAX_WIDTH = 1024
MAX_ITERATIONS = 1_000_000
MAX_STATEMENTS = 100
PRESETS = (
    *("flow", "neuron", "fanout", "calculator"),
    *("xor-corners", "xor", "moons", "spirals"),
)
"""The specs shipped with the package, in the order a beginner might open them."""
ACTIVATIONS = (*(row.name for row in registry.ACTIVATIONS.values() if row.hidden), "linear")
OUTPUTS = ("linear", *(row.name for row in registry.ACTIVATIONS.values() if row.output))
DTYPES = ("float64", "float32")
LOSSES = tuple(name for name, row in registry.LOSS_OF.items() if row.in_spec)
ON_LOGITS = tuple(n for n, row in registry.LOSSES.items() if row.takes == "class logits")
"""The losses that take the numbers before a softmax, and apply it themselves."""
Nested: TypeAlias = "float | tuple[Nested, ...]"
"""A number, or a tuple of them, or of tuples of one length, ...: an array as plain data."""


@dataclass(frozen=True)
class NetworkSpec:
    """Layers of numbers: `layers[0]` features, hidden widths, `layers[-1]` outputs.

    `activation` has one name per hidden layer. `output` is "" until `resolve` fills it in.
    """

    layers: tuple[int, ...]
    activation: tuple[str, ...]
    output: str = ""


@dataclass(frozen=True)
class Statement:
    """One line of a formula: `name = text`, the text being an expression."""

    name: str
    text: str


@dataclass(frozen=True)
class FormulaSpec:
    """Statements in order, the last of which is the loss, and the parameters they train."""

    statements: tuple[Statement, ...]
    parameters: Mapping[str, Nested]


@dataclass(frozen=True)
class InitSpec:
    """Initial weights: an initialiser's name and options, a seed, and weights given outright.

    `weights` holds W1, b1, W2, ...: Wi of shape (layers[i-1], layers[i]), bi of (layers[i],).
    """

    name: str = "he"
    seed: int = 0
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    weights: Mapping[str, Nested] = field(default_factory=dict[str, Nested])


@dataclass(frozen=True)
class LossSpec:
    """The loss, one of LOSSES; "" until `resolve` fills it in, and always "" for a formula."""

    name: str = ""


@dataclass(frozen=True)
class OptimizerSpec:
    """The optimizer's name and all its options (see OPTIMIZERS)."""

    name: str = "sgd"
    options: Mapping[str, Scalar] = field(
        default_factory=lambda: checked_options("sgd", OPTIMIZERS["sgd"], {})
    )

    @property
    def learning_rate(self) -> float:
        """How far each update goes."""
        return float(self.options["learning_rate"])


@dataclass(frozen=True)
class ScheduleSpec:
    """How the learning rate changes: a schedule's name and all its options (see SCHEDULES)."""

    name: str = "constant"
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True)
class DataSpec:
    """Where samples come from, and how training visits them.

    One of: `name` with `options` (a dataset of LOADERS), `csv` with `target` and perhaps
    `features`, or `x` and `y` given outright; for a formula only `inputs`. `batch` is a number of
    samples or "all". `validation` is the share of samples kept apart, 0 for none. `seed` draws
    points, noise, flipped labels, the split and the order of visits.
    """

    name: str = ""
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    csv: str = ""
    target: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    task: Task | None = None
    x: Nested | None = None
    y: Nested | None = None
    inputs: Mapping[str, Nested] = field(default_factory=dict[str, Nested])
    seed: int = 0
    batch: int | str = 1
    shuffle: bool = True
    standardise: bool = False
    validation: float = 0.0


@dataclass(frozen=True)
class TrainSpec:
    """How long to train, and in which numbers: float64 to be read, float32 for speed."""

    iterations: int = 300
    dtype: str = "float64"


@dataclass(frozen=True)
class Spec:
    """What to trace: a network or a formula, its start, loss, optimizer, data and training.

    `source` is the name of the file, for messages; `folder` is where a CSV file named in it is
    looked for; `lines` says on which line each "section.key" stands. These three are not part of
    what is traced: two specs that differ only in them are equal.
    """

    name: str
    title: str = ""
    description: str = ""
    network: NetworkSpec | None = None
    formula: FormulaSpec | None = None
    init: InitSpec = InitSpec()
    loss: LossSpec = LossSpec()
    optimizer: OptimizerSpec = field(default_factory=OptimizerSpec)
    schedule: ScheduleSpec = ScheduleSpec()
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec()
    source: str = field(default="", compare=False, repr=False)
    folder: str | None = field(default=None, compare=False, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict[str, int], compare=False, repr=False)


def shape_of(value: Nested) -> tuple[int, ...]:
    """The shape of nested numbers: () for a number."""
    return (len(value), *shape_of(value[0])) if isinstance(value, tuple) else ()
