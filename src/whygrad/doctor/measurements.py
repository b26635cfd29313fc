"""What is measured of a run: plain numbers, from which the rules reason.

Nothing here is a tensor, and nothing is judged here. A number that could not be had is None (or an
empty tuple), and a rule that needs it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Task = Literal["classes", "binary", "numbers"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One op of the network on the probe batch: its output and the gradient that reaches it.

    Attributes:
        name: the module it belongs to.
        op: what it does: ``linear``, ``relu``, ``tanh``, …
        rms: the root mean square of its output.
        spread: how far the output varies between samples, over its root mean square.
        gradient: the root mean square of ∂L/∂output for one sample.
        dead: share of its units that are 0 on every probe sample (ReLU only).
        saturated: share of its outputs at the flat ends (sigmoid and tanh only).
        active: share of its outputs above 0 (ReLU only).
    """

    name: str
    op: str
    width: int
    rms: float
    spread: float
    gradient: float
    dead: float | None = None
    saturated: float | None = None
    active: float | None = None
    source: str = ""  # the line of the user's own forward pass that calls it


@dataclass(frozen=True, slots=True)
class Probe:
    """The network on the probe batch at one moment."""

    step: int
    loss: float
    layers: tuple[Layer, ...]
    through_time: tuple[float, ...] = ()  # rms of ∂L/∂x at each time step


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: who owns it, where it began, and how it moves."""

    name: str
    size: int
    fan_in: int
    trainable: bool
    owned: bool
    got_gradient: bool | None  # None: never looked
    start_rms: float
    rms: float
    same_rows: bool
    kind: str = ""  # the class of its module
    idle: bool = False  # it is in an optimizer's group, and that one of several never steps


@dataclass(frozen=True, slots=True)
class Audit:
    """One iteration, looked at closely.

    Attributes:
        arrived: norm of the gradient that backward brought.
        applied: norm of the gradient the optimizer used.
        true: norm of the gradient of the loss on this batch, worked out anew on a copy.
        agreement: cosine between what arrived and that.
        downhill: cosine between the parameters' movement and minus that.
        moved: the parameters' movement over their norm.
        stale: the gradient was not empty when backward began, though a step had used it.
        decay: norm of the weight decay's share of the gradient, over the gradient's.
    """

    step: int
    arrived: float
    applied: float | None
    true: float | None
    agreement: float | None
    downhill: float | None
    moved: float
    stale: bool
    decay: float


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """What the optimizer was told."""

    name: str
    lr: float
    lr_first: float
    lr_top: float
    momentum: float = 0.0
    decay: float = 0.0
    eps: float | None = None
    denominator: float | None = None  # Adam's typical sqrt(v)
    maximize: bool = False

    @property
    def adaptive(self) -> bool:
        """Whether the step's length hardly depends on the gradient's."""
        return self.eps is not None


@dataclass(frozen=True, slots=True)
class Features:
    """The inputs, feature by feature."""

    rows: int
    columns: int
    largest: float  # the largest |mean| + std of a feature
    ratio: float  # between the largest and the smallest std of features that vary
    bad_cell: tuple[int, int] | None = None  # the first row and column that is not finite
    bad_rows: int = 0
    shift: float | None = None  # how far validation's means are off, in training stds (median)
    stretch: float | None = None  # how far validation's stds are off, as a factor (median)
    shared: float | None = None  # share of validation rows that are in training too
    copies: float = 0.0  # share of training rows that occur more than once


@dataclass(frozen=True, slots=True)
class Targets:
    """What is to be learned."""

    task: Task
    low: float
    high: float
    mean: float
    std: float
    rarest: float | None = None  # share of the rarest class
    classes: int | None = None
    whole: bool = False  # all are whole numbers
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """How well the run does, and how well something simple does (balanced accuracy, or R²).

    Attributes:
        baseline: of the best constant answer, on training rows.
        reference: the better of nearest neighbours and a linear fit, on validation rows.
        reference_train: the same, on training rows that it did not see.
        recall: the lowest recall of a class, on training rows.
    """

    train: float
    validation: float | None
    baseline: float
    reference: float | None
    reference_train: float | None
    neighbours_train: float | None = None
    neighbours_validation: float | None = None
    within_validation: float | None = None
    recall: float | None = None
    train_loss: float | None = None
    baseline_loss: float | None = None
    validation_loss: float | None = None
    validation_loss_train_mode: float | None = None
    first_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the network gives out on the probe batch."""

    width: int
    low: float
    high: float
    constant: bool  # the same for every sample
    sums_to_one: bool
    at_low: float  # share exactly at the lowest value
    batch_gap: float | None = None  # between a sample alone and in its batch, over the spread
    affine_gap: float | None = None  # how far it is from an affine map of its input, relative
    finite: bool = True
    random_gap: float = 0.0  # between two answers to the same rows, over the spread
    draws: bool = False  # numbers are drawn in evaluation mode, and no dropout is on in it


@dataclass(frozen=True, slots=True)
class Loop:
    """How often what was called."""

    iterations: int
    steps: int
    loss_has_graph: bool | None
    loss_is_leaf: bool = False
    judged_in_train_mode: int = 0
    judged_in_eval_mode: int = 0
    class_run: float | None = None  # how one-sided a batch's labels are next to chance's
    batch: int | None = None
    stepped_in_eval_mode: int = 0
    first_step_in_eval_mode: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """The first loss that was not finite."""

    step: int
    inputs_finite: bool | None
    outputs_finite: bool | None
    largest_output: float | None
    growth: float  # the largest loss before it, over the first
    stable_loss: float | None  # what the same outputs give in stable arithmetic


@dataclass(frozen=True, slots=True)
class BadOp:
    """The first op whose output is not finite though all before it are, in what was played again.

    Attributes:
        op: what PyTorch calls it.
        layer: the module it is in; "" for one outside, such as the loss.
        source: the line of the user's program that calls it, where it is known.
    """

    op: str
    layer: str = ""
    source: str = ""

    def __str__(self) -> str:
        where = f" in layer {self.layer}" if self.layer else ""
        return f"{self.op}{where}{f' ({self.source})' if self.source else ''}"


@dataclass(frozen=True, slots=True)
class Layout:
    """How alike neighbouring pixels are, as the first convolution sees them, and put right."""

    as_seen: float
    put_right: float


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a model of token sequences is asked for, and what it sees.

    Attributes:
        same: share of the targets that are the input at the same place.
        next: share of the targets that are the input one place on.
        ahead: how far answers at earlier places change with the last tokens, over their spread.
    """

    same: float
    next: float
    ahead: float | None = None


@dataclass(frozen=True, slots=True)
class Measurements:
    """All that was measured of one run."""

    loop: Loop
    optimizer: OptimizerSettings
    parameters: tuple[Parameter, ...] = ()
    audits: tuple[Audit, ...] = ()
    first: Probe | None = None
    last: Probe | None = None
    losses: tuple[tuple[int, float], ...] = ()  # (iteration, mean loss since the one before)
    loss_name: str = ""  # which formula gives the reported numbers
    summed: bool = False  # the loss adds up over the batch
    broadcast: bool = False  # the loss compares every output with every target
    features: Features | None = None
    targets: Targets | None = None
    scores: Scores | None = None
    outputs: Outputs | None = None
    broke: Break | None = None
    bad_op: BadOp | None = None
    layout: Layout | None = None
    sequence: Sequence | None = None
    restored: int | None = None  # the evaluation whose weights were put back at the end, from 1
    opposed: tuple[float, ...] = ()  # cosines between gradients of this training's losses
    gradless: tuple[str, ...] = ()  # lines of optimizers that step and never had a gradient
    moving: bool = False  # rows or targets come of something else that is trained meanwhile
    held_out: bool = False  # the run was judged on rows that it was not trained on
    judged_training: int = 0  # batches of training rows on which it was judged
    leaky_column: tuple[int, float, float] | None = None  # column, score with it alone, without
    dropout: float = 0.0
    batch_norm: bool = False
    best_validation: tuple[int, float] | None = None  # epoch, loss
    validation_losses: tuple[float, ...] = ()
    reported_validation: float | None = None  # the loss the user saw last
    trials: Mapping[str, float] = field(default_factory=dict[str, float])
    tried: Mapping[str, float] = field(default_factory=dict[str, float])  # the same, of remedies
    outside: tuple[tuple[str, int], ...] = ()  # trained tensors the module does not hold, and sizes
    sources: Mapping[str, str] = field(default_factory=dict[str, str])  # part: file and line

    @property
    def shortfall(self) -> float | None:
        """How much of what can be learned is missing on training rows: 0 nothing, 1 all of it.

        Something simple (nearest neighbours, a linear fit) says what can be learned. Where there
        are too few rows for that, the loss next to a constant answer's does.
        """
        s = self.scores
        if s is None:
            return None
        if s.train != s.train:
            return 1.0
        if s.reference_train is None or s.reference_train - s.baseline < 0.05:
            if s.train_loss is None or not s.baseline_loss:
                return None
            return max(0.0, min(1.0, s.train_loss / s.baseline_loss))
        reached = max(s.train, s.baseline)
        return max(0.0, 1 - (reached - s.baseline) / (s.reference_train - s.baseline))
