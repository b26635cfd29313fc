"""What the rows say by themselves: values, scales, labels, copies, order of pixels."""

from __future__ import annotations

from whygrad.doctor.finding import Finding
from whygrad.doctor.rule import cured, percent, rule, sick
from whygrad.doctor.signals import Chart
from whygrad.explain.display import number

LARGE = 20.0  # size of a feature that should be near 1
SMALL = 0.02
UNLIKE = 1000.0  # between the largest and the smallest spread
SHIFT, STRETCH = 1.5, 2.5
RARE, MISSED = 0.1, 0.3
NOISE = 0.15
NOISE_OF_NUMBERS, TOLD, MANY = 0.2, 0.4, 150
SHARED = 0.1
TELLS, REST = 0.97, 0.75
SMOOTHER = 0.25


@rule("D01", "nan_in_data")
def nan_in_data(chart: Chart) -> Finding | None:
    """Rows hold a NaN or an infinity.

    Why: 0 · NaN is NaN, so one cell makes the loss NaN, then every gradient, then every weight.

    Seen: a value among inputs or targets is not finite. The first one is named.

    Example: a table with missing cells.
    """
    f, t = chart.features, chart.targets
    if f is not None and f.bad_cell is not None:
        row, column = f.bad_cell
        since = None if chart.broke is None else chart.broke.step
        then = "" if since is None else f" The loss is NaN from iteration {since}."
        op = "" if chart.bad_op is None else f" The first op it spoils is {chart.bad_op}."
        return Finding(
            "", 0.98, "fatal",
            f"row {row}, column {column} (counted from 0) of the inputs is not a number, the first "
            f"of {f.bad_rows} such rows; through Wx it reaches every unit of its row.{op}{then}",
            {"row": row, "column": column, "rows": f.bad_rows}, f"inputs[{row}, {column}]", since,
            {"learning_rate_too_high": "the inputs hold the NaN before any step",
             "numerical_instability": "no arithmetic made it"},
        )  # fmt: skip
    if chart.broke is not None and chart.broke.inputs_finite is False:
        step = chart.broke.step
        return Finding(
            "", 0.95, "fatal",
            f"the batch of iteration {step}, where the loss is first not finite, "
            "holds values that are not finite.", {"iteration": step}, "the batch", step,
        )  # fmt: skip
    if t is not None and t.bad:
        return Finding(
            "", 0.95, "fatal", "a target is not a number, and so is every loss it enters.",
            {}, "targets", 1,
        )  # fmt: skip
    return None


@rule("D02", "unnormalised_inputs")
def unnormalised_inputs(chart: Chart) -> Finding | None:
    """Inputs are far from the size of 1, or of very different sizes.

    Why: ∂L/∂W = xᵀδ: a column that is a thousand times larger gets steps a thousand times larger
    and a curvature a million times larger. Sigmoids and tanhs are pushed to their flat ends.

    Seen: a feature of size above 20, or none above 0.02, or spreads that differ more than a
    thousandfold; the run learns badly; and a replay with standardised inputs does clearly better
    (LeCun et al. 1998, "Efficient BackProp", section 4.3). Raw inputs that do no harm are no fault.

    Example: areas in mm² beside ratios, fed as they are.
    """
    f = chart.features
    if f is None or f.bad_cell is not None:
        return None
    if SMALL < f.largest < LARGE and f.ratio < UNLIKE:
        return None
    if not sick(chart, 0.15):
        return None
    better = cured(chart, "standard_inputs")
    plain = cured(chart, "control") or 0.0
    if better is not None and better < max(0.4, plain + 0.1):
        return None
    helped = "" if better is None else (
        f" Replayed with standardised inputs, the run regains {percent(better)} of what is missing."
    )  # fmt: skip
    return Finding(
        "", 0.7 if better is None else 0.9, "serious",
        f"the largest feature has a size of {number(f.largest)}, and their spreads differ by "
        "a factor of "
        f"{number(f.ratio)}: ∂L/∂W = xᵀδ is as uneven.{helped}",
        {"largest": f.largest, "ratio_of_spreads": f.ratio}, "inputs", 1,
        {"learning_rate_too_high": "a rate that suits the largest column does not move the others",
         "bad_initialisation": "the weights have the usual size; the inputs have not"},
    )  # fmt: skip


@rule("D03", "unscaled_targets")
def unscaled_targets(chart: Chart) -> Finding | None:
    """Targets are so large that the weights cannot get there.

    Why: outputs begin near 0 and grow by little with each step, above all with Adam, whose step is
    about the learning rate whatever the error. Targets of 10⁸ are not reached; the error hardly
    changes.

    Seen: numbers as targets, of size above 20; the loss neither falls much nor explodes; a replay
    with standardised targets does clearly better and smaller learning rates do not.

    Example: prices in cents, with a linear output and Adam at 0.01.
    """
    t = chart.targets
    if t is None or t.task != "numbers" or chart.broke is not None:
        return None
    size = max(abs(t.low), abs(t.high))
    if size < LARGE or not sick(chart, 0.3):
        return None
    better, slower = cured(chart, "standard_targets"), cured(chart, "lr_down_10", "lr_down_100")
    if better is not None and (better < 0.4 or (slower or 0.0) > 0.5 * better):
        return None
    helped = "" if better is None else (
        f" Replayed with standardised targets, {percent(better)} of what is missing is regained; "
        f"with smaller rates, {percent(max(slower or 0.0, 0.0))}."
    )  # fmt: skip
    return Finding(
        "", 0.6 if better is None else 0.88, "serious",
        f"targets reach {number(size)} and outputs begin near 0; a step moves weights by "
        f"{number(chart.audits[-1].moved if chart.audits else 0.0)} of their size.{helped}",
        {"largest_target": size, "spread": t.std}, "targets", 1,
        {"learning_rate_too_high": "the loss does not explode"},
    )  # fmt: skip


@rule("D04", "train_val_preprocessing_mismatch")
def mismatch(chart: Chart) -> Finding | None:
    """Validation rows were prepared differently from training rows.

    Why: the network is asked about inputs it has never seen the like of; that it fails there says
    nothing about what it learned.

    Seen: for the median feature, validation's mean is more than 1.5 training standard deviations
    away, or its spread differs by more than a factor of 2.5.

    Example: a scaler applied to the training rows alone.
    """
    f = chart.features
    if f is None or f.shift is None or f.stretch is None:
        return None
    if f.shift < SHIFT and f.stretch < STRETCH:
        return None
    return Finding(
        "", 0.95, "serious",
        f"for the median feature, validation's mean lies {number(f.shift)} training standard "
        f"deviations away, and its spread differs by a factor of {number(f.stretch)}.",
        {"shift": f.shift, "stretch": f.stretch}, "validation inputs", None,
        {"overfitting": "the rows differ before any network sees them"},
    )  # fmt: skip


@rule("D05", "label_noise")
def label_noise(chart: Chart) -> Finding | None:
    """Many training labels are wrong.

    Why: right labels pull in one direction and are learned first; wrong ones are learned one by
    one, later, by memorising them, and that is what costs accuracy on other rows (Arpit et al.
    2017).

    Seen: nearest training rows foretell validation labels much better than they foretell training
    labels that were left out. If the task were hard, both would be low. Of numbers the ranks are
    foretold, so that a few large ones do not decide it. At least 150 rows are asked for: of fewer,
    chance makes as much of a difference.

    Example: labels drawn at random for almost half of the rows.
    """
    s, t = chart.scores, chart.targets
    if s is None or t is None:
        return None
    inside, outside = s.neighbours_train, s.neighbours_validation
    numbers = t.task == "numbers"
    least = NOISE_OF_NUMBERS if numbers else NOISE
    if inside is None or outside is None or outside - inside < least:
        return None
    if chart.features is None or chart.features.rows < MANY or (numbers and outside < TOLD):
        return None
    if (chart.features.shared or 0.0) > SHARED:
        return None  # its own rows foretell validation: that says nothing
    what = "how the ranks vary of" if numbers else "the"
    return Finding(
        "", 0.88, "serious",
        f"nearest neighbours foretell {percent(outside)} of {what} validation labels but only "
        f"{percent(inside)} of {what} training labels: about {percent(outside - inside)} of "
        "what training labels say contradicts the rows around them.",
        {"foretold_validation": outside, "foretold_training": inside}, "training labels", None,
        {"overfitting": "clean labels would be foretold as well as validation's",
         "underfitting": "the same rows do foretell validation"},
    )  # fmt: skip


@rule("D06", "class_imbalance")
def class_imbalance(chart: Chart) -> Finding | None:
    """One class is so rare that leaving it out costs next to nothing.

    Why: each row has the same say in the mean gradient, so the common class has almost all of it;
    the bias alone brings the loss near the entropy of the shares.

    Seen: a class with less than a tenth of the rows, of which fewer than 3 in 10 are recognised. A
    rare class that is recognised is no fault.

    Example: 2 % positives, unweighted, and an accuracy of 98 %.
    """
    s, t = chart.scores, chart.targets
    if s is None or t is None or t.rarest is None or s.recall is None:
        return None
    if t.task == "numbers" or t.rarest * (t.classes or 2) > 2 * RARE or s.recall > MISSED:
        return None
    return Finding(
        "", 0.85, "serious",
        f"the rarest class has {percent(t.rarest)} of the rows, so {percent(t.rarest)} of the say "
        f"in the gradient; {percent(s.recall)} of its rows are recognised.",
        {"rarest": t.rarest, "recall": s.recall, "balanced_accuracy": s.train}, "targets", None,
        {"underfitting": f"balanced accuracy is {percent(s.train)}: the common class is learned"},
    )  # fmt: skip


@rule("D07", "labels_out_of_line")
def labels_out_of_line(chart: Chart) -> Finding | None:
    """Training labels do not belong to the inputs they stand beside.

    Why: if inputs were shuffled or shifted without their labels, there is nothing to learn but the
    rows one by one.

    Seen: training rows foretell nothing, neither each other's labels nor validation's, while
    validation rows do foretell each other's.

    Example: `X = X[order]` without `y = y[order]`.
    """
    s, t = chart.scores, chart.targets
    if s is None or t is None or t.task == "numbers":
        return None
    inside, outside, own = s.neighbours_train, s.neighbours_validation, s.within_validation
    if inside is None or outside is None or own is None:
        return None
    if t.rarest is not None and t.rarest * (t.classes or 2) <= 2 * RARE:
        return None  # neighbours miss a rare class, whatever its labels
    chance = s.baseline + 0.25 * (1 - s.baseline)
    if inside > chance or outside > chance or own < s.baseline + 0.35 * (1 - s.baseline):
        return None
    return Finding(
        "", 0.88, "fatal",
        f"validation rows foretell {percent(own)} of each other's labels, training rows only "
        f"{percent(inside)} of theirs and {percent(outside)} of validation's: training labels are "
        "not in line with their inputs.",
        {"within_validation": own, "within_training": inside, "training_to_validation": outside},
        "training labels", None,
        {"label_noise": "with some wrong labels, the others would still foretell validation"},
    )  # fmt: skip


@rule("D08", "data_leakage")
def data_leakage(chart: Chart) -> Finding | None:
    """Validation rows, or the target itself, are in what is learned from.

    Why: a network that has seen the row, or a column made from the target, need not understand
    anything; the validation score then measures memory (Kaufman et al. 2012).

    Seen: more than a tenth of the validation rows are training rows too; or one column alone
    foretells nearly everything, and without it much less can be foretold. In a table of so few
    different rows that they must come again, rows that are shared say nothing; nor does a column by
    which a task is decided, whose rows lie right up to the deciding value on both sides.

    Example: resampling before splitting; a column that was filled in after the outcome.
    """
    f = chart.features
    if f is not None and f.shared is not None and f.shared > SHARED and f.columns > 1:
        return Finding(
            "", 0.9 if f.shared > 0.3 else 0.7, "serious",
            f"{percent(f.shared)} of the validation rows are training rows too; "
            f"{percent(f.copies)} of the training rows are copies.",
            {"shared": f.shared, "copies": f.copies}, "validation rows", None,
            {"healthy": "a good score on rows it was trained on is not a good score"},
        )  # fmt: skip
    if chart.telling is None or chart.targets is None or chart.scores is None:
        return None
    column, alone, without = chart.telling
    base = chart.scores.baseline
    if alone < TELLS or alone - base < 0.1 or (without - base) / (alone - base) > REST:
        return None
    return Finding(
        "", 0.85, "serious",
        f"column {column} alone foretells {percent(alone)} of the labels; all other columns "
        f"together, {percent(without)}.",
        {"column": column, "alone": alone, "without": without}, f"inputs[:, {column}]", None,
        {"healthy": "in an easy task the other columns would say something too"},
    )  # fmt: skip


@rule("D09", "input_layout_scrambled")
def input_layout_scrambled(chart: Chart) -> Finding | None:
    """Pixels are not where the convolution thinks they are.

    Why: reshaping does not move values. Channels-last images reshaped to channels-first hold
    colours of one pixel where neighbours should be, and a convolution has nothing local to find.

    Seen: what the first convolution is given is much less smooth than the same numbers read as
    channels-last.

    Example: `x.reshape(n, 3, h, w)` for `x.permute(0, 3, 1, 2)`.
    """
    look = chart.layout
    if look is None or look.put_right - look.as_seen < SMOOTHER:
        return None
    return Finding(
        "", 0.92, "serious",
        f"neighbouring pixels share {percent(max(look.as_seen, 0.0))} of their variance as the "
        f"first convolution sees them, and {percent(look.put_right)} when the same numbers "
        "are read "
        "channels last.",
        {"as_seen": look.as_seen, "channels_last": look.put_right}, "the first convolution", 1,
        {"underfitting": "the loss falls; what is missing is what only neighbours can tell"},
    )  # fmt: skip
