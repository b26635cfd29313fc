"""Outputs, targets and loss: whether they fit each other."""

from __future__ import annotations

import math

from whygrad.doctor.finding import Finding
from whygrad.doctor.rule import percent, rule, sick
from whygrad.doctor.signals import Chart
from whygrad.explain.display import number

ENTROPIES = ("cross_entropy", "nll")
RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, math.inf),
}
COUPLED = 0.02
GREW = 100.0


def last_op(chart: Chart) -> str:
    """Return what the network does last, as far as was seen."""
    probe = chart.last or chart.first
    ops = [] if probe is None else [layer.op for layer in probe.layers]
    while len(ops) > 1 and chart.loss_name in ENTROPIES and ops[-1] == "log_softmax":
        ops.pop()  # the loss's own
        if ops[-1] != "log_softmax":
            break
    return ops[-1] if ops else ""


@rule("O01", "double_softmax")
def double_softmax(chart: Chart) -> Finding | None:
    """A softmax before a loss that has one of its own.

    Why: the second softmax sees numbers between 0 and 1, so it cannot get surer than e/(e + K − 1).
    The loss has a floor, and the gradient passes through p(1 − p) of the first one, which fades as
    the network gets surer.

    Seen: outputs are shares that add up to 1, and the loss is cross-entropy of logits.

    Example: `nn.Softmax(dim=1)` at the end, and `nn.CrossEntropyLoss`.
    """
    o = chart.outputs
    if o is None or chart.loss_name != "cross_entropy" or not o.sums_to_one or o.width < 2:
        return None
    floor = math.log(math.e + o.width - 1) - 1
    return Finding(
        "", 0.96, "serious",
        f"outputs add up to 1 for every row, and cross-entropy applies softmax again: with "
        f"{o.width} classes the loss cannot fall below {number(floor)}.",
        {"floor": floor, "classes": o.width}, "the output", 1,
        {"learning_rate_too_low": "the floor stays at any rate"},
    )  # fmt: skip


@rule("O02", "wrong_loss_activation_pair")
def wrong_loss_activation_pair(chart: Chart) -> Finding | None:
    """The last activation and the loss do not belong together.

    Why: a loss expects either free numbers (logits) or shares, and takes derivatives that fit.
    Softmax over one unit is always 1, and its derivative p(1 − p) is 0; squashed logits cannot say
    "sure".

    Seen: one output that is 1 for every row; or cross-entropy of outputs that were squashed; or a
    sigmoid before a loss that has its own; or shares where logarithms are expected.

    Example: `nn.Softmax` on one unit; `nn.Sigmoid` before `nn.CrossEntropyLoss`.
    """
    o, end = chart.outputs, last_op(chart)
    if o is None:
        return None
    if o.width == 1 and o.constant and o.low == o.high == 1.0:
        return Finding(
            "", 0.97, "fatal",
            "softmax over one unit: the output is 1 for every row, and its derivative "
            "p(1 − p) = 1 · 0, so no weight gets a gradient.",
            {"output": o.low}, "the output", 1,
            {"learning_rate_too_low": "the gradient is exactly 0, at any rate"},
        )  # fmt: skip
    squashed = o.low >= 0 and o.high <= 1 and not o.sums_to_one
    if chart.loss_name == "cross_entropy" and end in ("sigmoid", "tanh", "relu"):
        if end == "sigmoid" and not squashed:
            return None
        best = math.log(1 + (o.width - 1) * math.exp(-1))
        text = f"; the loss cannot fall below {number(best)}" if end == "sigmoid" else ""
        return Finding(
            "", 0.94, "serious",
            f"cross-entropy wants free numbers, and {end} leaves them between {number(o.low)} and "
            f"{number(o.high)}{text}.",
            {"lowest": o.low, "highest": o.high, "floor": best}, "the output", 1,
            {"underfitting": "the range of the outputs sets the limit, not their number"},
        )  # fmt: skip
    if chart.loss_name == "bce_with_logits" and end == "sigmoid" and squashed:
        return Finding(
            "", 0.94, "serious",
            "the loss applies a sigmoid to outputs that had one: they lie between "
            f"{number(o.low)} and {number(o.high)}, so it sees at most σ(1) = 0.731.",
            {"lowest": o.low, "highest": o.high}, "the output", 1,
        )  # fmt: skip
    if chart.loss_name == "nll" and o.low >= 0 and o.sums_to_one:
        return Finding(
            "", 0.94, "serious",
            "this loss wants logarithms of shares and is given the shares: it is minus the share, "
            "whose gradient does not grow when the share is small.",
            {"lowest": o.low, "highest": o.high}, "the output", 1,
        )  # fmt: skip
    return None


@rule("O03", "output_activation_range_mismatch")
def output_activation_range_mismatch(chart: Chart) -> Finding | None:
    """The output cannot reach the targets.

    Why: beyond the end of its range the activation is flat, so just where the error is largest the
    derivative is 0.

    Seen: the last activation's range leaves out a good part of the targets.

    Example: ReLU at the end and targets below 0; sigmoid and targets up to 100.
    """
    t, end = chart.targets, last_op(chart)
    if t is None or t.task != "numbers" or end not in RANGES or chart.outputs is None:
        return None
    low, high = RANGES[end]
    beyond = max(low - t.low, t.high - high, 0.0)
    if beyond < 0.3 * max(t.std, 1e-12) or not sick(chart, 0.05):
        return None
    return Finding(
        "", 0.94, "serious",
        f"{end} gives {number(low)} to {number(high)}; targets go from {number(t.low)} to "
        f"{number(t.high)}. For those out of reach the best output is the end of the range, where "
        "its derivative is 0.",
        {"target_low": t.low, "target_high": t.high, "beyond": beyond}, "the output", 1,
        {"unscaled_targets": "scaling would have to fit the range, a linear output need not",
         "saturated_activation": "it saturates because the targets lie beyond its end"},
    )  # fmt: skip


@rule("O04", "wrong_loss_for_task")
def wrong_loss_for_task(chart: Chart) -> Finding | None:
    """The loss asks for something else than the task.

    Why: squared error on class numbers says that class 9 is farther from 0 than 1 is. Absolute
    error on a sigmoid has gradients of one size whose signs cancel in the mean.

    Seen: one output learns whole numbers 0 to K − 1, all about equally frequent, by a regression
    loss, and few are hit; or 0/1 targets are learned badly with absolute error.

    Example: `MSELoss` on the digit's number; `L1Loss` on XOR.
    """
    t, o, s = chart.targets, chart.outputs, chart.scores
    if t is None or o is None or s is None:
        return None
    regression = chart.loss_name in ("mse", "l1", "huber")
    if t.task == "numbers" and t.whole and t.classes is not None and regression and o.width == 1:
        even = t.low == 0 and t.high == t.classes - 1 and 3 <= t.classes <= 50
        width = (t.classes**2 - 1) / 12
        if even and abs(t.std**2 - width) < 0.15 * width:
            return Finding(
                "", 0.8, "serious",
                f"{t.classes} labels, 0 to {t.classes - 1}, about equally frequent, are learned as "
                "one number: an answer between two labels is taken for nearly right.",
                {"classes": t.classes, "r2": s.train}, "the loss", 1,
                {"underfitting": "a larger network would still average over labels"},
            )  # fmt: skip
    if t.task == "binary" and chart.loss_name == "l1" and sick(chart, 0.4):
        return Finding(
            "", 0.85, "serious",
            "the derivative of |ŷ − y| is ±1 for every row, however wrong it is: rows cancel "
            "in the "
            f"mean, and the loss stays at {number(s.train_loss or 0.0)}.",
            {"loss": s.train_loss or 0.0}, "the loss", 1,
            {"vanishing_gradient": "each row's gradient is of a normal size; their mean is not"},
        )  # fmt: skip
    return None


@rule("O05", "numerical_instability")
def numerical_instability(chart: Chart) -> Finding | None:
    """The arithmetic of the loss breaks where the mathematics does not.

    Why: a softmax underflows to 0 when logits differ by more than about 100, and the log of 0 is
    −∞; times 0 that is NaN. The same loss written as log-softmax is finite.

    Seen: the loss is not finite while inputs and outputs are, and nothing had grown before; where
    targets are classes, the same outputs give a finite loss in stable arithmetic.

    Example: `-(y * torch.log(torch.softmax(z, 1))).sum()`.
    """
    b = chart.broke
    if b is None or b.inputs_finite is False or b.outputs_finite is not True or b.growth > GREW:
        return None
    op = "" if chart.bad_op is None else f" The first op to break is {chart.bad_op}."
    proper = "" if b.stable_loss is None else (
        f"; through log-softmax the same outputs give {number(b.stable_loss)}"
    )  # fmt: skip
    return Finding(
        "", 0.93 if b.stable_loss is not None else 0.75, "fatal",
        f"at iteration {b.step} the loss is not finite, though the outputs are (largest "
        f"{number(b.largest_output or 0.0)}){proper}.{op}",
        {"iteration": b.step, "largest_output": b.largest_output or 0.0}, "the loss", b.step,
        {"learning_rate_too_high": "the outputs are finite when the loss breaks",
         "nan_in_data": "the inputs are finite"},
    )  # fmt: skip


@rule("O06", "batch_dependence")
def batch_dependence(chart: Chart) -> Finding | None:
    """A row's answer depends on the rows it is batched with.

    Why: an operation along the batch's dimension couples rows: ∂outputᵢ/∂xⱼ is not 0. Judged alone,
    a row gets another answer.

    Seen: in evaluation mode, rows one at a time give other outputs than the same rows in a batch.

    Example: `softmax(dim=0)`; a mean over the batch inside the network.
    """
    o = chart.outputs
    if o is None or o.batch_gap is None or o.batch_gap < COUPLED or not o.finite:
        return None
    if o.random_gap > COUPLED:
        return None  # it differs from itself, too
    return Finding(
        "", 0.95, "serious",
        f"in evaluation mode a row alone gets another answer than in its batch: they differ by "
        f"{percent(o.batch_gap)} of the outputs' spread.",
        {"gap": o.batch_gap}, "the output", 1,
        {"train_mode_at_evaluation": "this is in evaluation mode",
         "overfitting": "the gap is between the same row and itself"},
    )  # fmt: skip


@rule("O07", "random_evaluation")
def random_evaluation(chart: Chart) -> Finding | None:
    """In evaluation mode the same rows get another answer each time.

    Why: something random does not know of evaluation mode, most often dropout called as a function,
    which is on unless it is told otherwise.

    Seen: in evaluation mode, two passes over the same rows with other random numbers differ.

    Example: `F.dropout(x, 0.5)` without `training=self.training`.
    """
    o = chart.outputs
    if o is None or o.random_gap < COUPLED or not o.finite:
        return None
    return Finding(
        "", 0.95, "serious",
        f"in evaluation mode, two answers to the same rows differ by {percent(o.random_gap)} "
        "of the "
        "outputs' spread.",
        {"gap": o.random_gap}, "the output", 1,
        {"batch_dependence": "the batch was the same both times"},
    )  # fmt: skip


@rule("O08", "wrong_dimension")
def wrong_dimension(chart: Chart) -> Finding | None:
    """The loss compares every output with every target.

    Why: outputs of shape (n, 1) less targets of shape (n,) make n × n differences. Each output is
    then pulled to all targets, so all of them to the targets' mean.

    Seen: outputs and targets have as many numbers and other shapes, and the reported loss is that
    of all pairs.

    Example: `((model(x) - y) ** 2).mean()` where y has one dimension.
    """
    if not chart.broadcast:
        return None
    return Finding(
        "", 0.96, "serious",
        "the reported loss is the mean over all pairs of an output and a target, not over "
        "rows: each "
        "output is pulled to the mean of the targets.",
        {}, "the loss", 1,
        {"underfitting": "the best constant answer is the best there is for this loss"},
    )  # fmt: skip
