"""What to do about each cause: why it acts, what it predicts, and what would only mask it.

Each remedy has a key, which ``changes`` knows how to make, and expectations, which ``predictions``
can check. Which of a cause's remedies are offered, and in what order, depends on the evidence and
on the replays that were made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

from whygrad.doctor.finding import Expectation, Finding, Remedy
from whygrad.doctor.rule import cured
from whygrad.doctor.rules.loop import SMALL_BATCH
from whygrad.doctor.signals import Chart


class Cannot(Exception):
    """A remedy does not apply to this run; the message says why."""


R, E = Remedy, Expectation
VERY_DEEP = 10
SMALL_MOVE = 1.5e-4  # of the weights' size per update: less gets nowhere, whatever the loss
WIDE = 16  # units, of which some ReLU is open for most inputs
CLEARLY = 0.1  # of what is missing: by less, replays do not change the order
LITTLE, MUCH = 0.2, 0.5

REACHED = (E("reached", ">", 0.99),)
LEARNS = (E("missing", "<", 0.3),)
FLOWS = (E("gradient_ratio", ">", 1e-3), E("gradient_ratio", "<", 1e3))
IN_SIZE = (E("growth", "<", 100), E("alike", "<", 1), E("born_dead", "<", 0.5))
MOVES = (E("moved", ">", 2e-4),)
FALLS = (E("fell", "<", 1),)

REMEDIES: Mapping[str, tuple[Remedy, ...]] = {
    "graph_broken": (
        R("Use the tensor itself, without .detach(), .item(), .data or a new torch.tensor",
          "the chain of derivatives is then recorded to the weights before the cut",
          "every trainable tensor gets a gradient at the first backward()",
          "use_tensor", REACHED),
    ),
    "missing_backward": (
        R("Call loss.backward() before optimizer.step()", "it is what works the gradients out",
          "every trainable tensor gets a gradient", "call_backward", REACHED),
    ),
    "missing_optimizer_step": (
        R("Call optimizer.step() after backward()", "it is what moves the weights",
          "weights differ after the first iteration", "call_step", (E("moved", ">", 0),)),
    ),
    "optimizer_parameter_mismatch": (
        R("Build the optimizer from model.parameters() after the model is complete",
          "it then moves the tensors that are in the graph",
          "every tensor that gets a gradient belongs to a parameter group and moves",
          "own_parameters", (E("owned", ">", 0.99), E("moved", ">", 0))),
    ),
    "frozen_layers": (
        R("Set requires_grad to True on the frozen layers and give them to the optimizer",
          "their ∂L/∂W is then worked out and used",
          "all layers' weights are trained, and training improves",
          "unfreeze", (E("trained", ">", 0.99), *LEARNS)),
    ),
    "missing_zero_grad": (
        R("Call optimizer.zero_grad() once per update, before backward()",
          "each update then follows its own batch",
          "the gradient is empty when backward() begins", "zero_grad", (E("stale", "<", 0.01),)),
    ),
    "wrong_sign_of_objective": (
        R("Minimise the loss: call backward() on it as it is",
          "a step against the gradient then goes downhill",
          "the gradient that arrives is the loss's (cosine 1)",
          "minimise", (E("agreement", ">", 0.9),)),
    ),
    "no_shuffling": (
        R("Shuffle the training rows each epoch", "each batch then speaks for all classes",
          "targets vary within a batch as much as over batches",
          "shuffle", (E("one_sided", "<", 0.1),)),
    ),
    "train_mode_at_evaluation": (
        R("Call model.eval() before judging and model.train() after",
          "dropout rests and batch normalisation uses its running means",
          "the validation loss is that of these weights in evaluation mode",
          "eval_mode", (E("judged_apart", "<", 0.05),)),
    ),
    "eval_mode_in_training": (
        R("Call model.train() before every epoch's updates",
          "dropout and batch normalisation then do what they are there for",
          "updates are made in training mode, and training improves", "call_train", LEARNS),
    ),
    "parameters_outside_module": (
        R("Keep layers in nn.ModuleList or nn.ModuleDict, and tensors as nn.Parameter",
          "parameters() then gives them to the optimizer",
          "every tensor that gets a gradient moves", "register_layers", LEARNS),
    ),
    "batchnorm_small_batch": (
        R("Use batches of 32", "means and variances then come from enough rows",
          "training rows are learned", "larger_batch", LEARNS),
        R("Replace batch normalisation by group or layer normalisation",
          "it does not look at other rows", "training rows are learned with small batches, too",
          "layer_norm", LEARNS),
    ),
    "nan_in_data": (
        R("Fill in or drop the rows that hold it", "what enters the first layer is then finite",
          "the loss stays finite", "drop_bad_rows", (E("finite", ">", 0.5),)),
    ),
    "unnormalised_inputs": (
        R("Standardise inputs by the training rows' mean and spread",
          "xᵀδ is then of one size in all columns",
          "all columns have one spread, and training improves at the same rate",
          "standard_inputs", (E("spreads", "<", 10), *LEARNS)),
    ),
    "unscaled_targets": (
        R("Standardise the targets, and turn outputs back when they are used",
          "outputs that begin near 0 are then near the targets",
          "targets are of the size of 1, and training improves",
          "standard_targets", (E("largest_target", "<", 20), *LEARNS)),
        R("Standardise inputs and targets",
          "outputs then begin near the targets, and no activation at its flat end",
          "targets are of the size of 1, and training improves",
          "standard_both", (E("largest_target", "<", 20), *LEARNS)),
    ),
    "train_val_preprocessing_mismatch": (
        R("Prepare validation rows with the training rows' own scaler",
          "the network is then asked what it was taught",
          "means and spreads agree, and the validation score comes near the training score",
          "same_scaler",
          (E("shift", "<", 1.5), E("stretch", "<", 2.5), E("generalisation_gap", "<", 0.15))),
    ),
    "label_noise": (
        R("Look through the labels that contradict their neighbours, and correct or drop them",
          "what is left pulls in one direction",
          "training labels are foretold like validation's",
          "drop_contradicted", (E("label_noise", "<", 0.15),)),
    ),
    "class_imbalance": (
        R("Weight the loss by class, or draw the rare class more often",
          "it then has as much say in the gradient", "the rare class's recall rises above ⅓",
          "class_weights", (E("recall", ">", 0.33),)),
    ),
    "labels_out_of_line": (
        R("Bring inputs and labels back into the same order",
          "each row is then taught its own label",
          "training rows foretell each other's labels",
          "align_labels", (E("label_noise", "<", 0.15),)),
    ),
    "data_leakage": (
        R("Split first (by what belongs together), and only then copy or resample",
          "no validation row is then a training row",
          "no row is in both, and the validation score falls to the honest one",
          "split_first", (E("shared", "<", 0.01),)),
        R("Drop columns that are not known when the answer is needed",
          "the target is then not in the inputs",
          "no column foretells nearly everything, and the validation score falls to the honest one",
          "drop_column", (E("tells_alone", "<", 0.97),)),
    ),
    "input_layout_scrambled": (
        R("Use permute, not reshape or view, to move dimensions",
          "neighbours in the image are then neighbours in the tensor",
          "neighbouring pixels share most of their variance",
          "permute", (E("smoother", "<", 0.25),)),
    ),
    "double_softmax": (
        R("Remove the softmax, and give the loss logits", "its derivative is then p − y",
          "the loss falls below its former floor", "remove_softmax", (E("over_floor", "<", 1),)),
    ),
    "wrong_loss_activation_pair": (
        R("Pair them: free numbers with cross-entropy or BCE with logits; a sigmoid with BCE",
          "squashing and logarithm then meet and cancel to p − y",
          "outputs and loss leave their former limits",
          "pair_loss", (E("output_range", ">", 0.5), *LEARNS)),
    ),
    "output_activation_range_mismatch": (
        R("End with a linear layer", "any target can then be reached, with derivative 1",
          "outputs cover the targets' range", "linear_output", (E("beyond", "<", 1),)),
    ),
    "wrong_loss_for_task": (
        R("Use cross-entropy with one output per class (two classes: BCE)",
          "no order of labels is then assumed, and errors do not cancel",
          "training rows are learned", "right_loss", LEARNS),
        R("Use cross-entropy (two classes: BCE), at a rate that moves weights by a few thousandths",
          "errors do not cancel, and weights travel as far as they need",
          "training rows are learned", "right_loss+lr_up", LEARNS),
    ),
    "numerical_instability": (
        R("Use the loss on logits: cross_entropy, log_softmax, bce_with_logits",
          "the logarithm is then taken before anything underflows",
          "the loss stays finite", "stable_loss", (E("finite", ">", 0.5),)),
    ),
    "batch_dependence": (
        R("Let the operation run over features (dim=1 or −1), not over the batch",
          "rows are then answered by themselves", "a row alone gets the answer it gets in a batch",
          "over_features", (E("batch_gap", "<", 0.02),)),
    ),
    "random_evaluation": (
        R("Use nn.Dropout, or F.dropout(x, p, training=self.training)",
          "it then rests in evaluation mode", "the same rows get the same answer",
          "module_dropout", (E("random_gap", "<", 0.02),)),
    ),
    "wrong_dimension": (
        R("Give outputs and targets the same shape, with squeeze(1) or y[:, None]",
          "each output is then compared with its own target",
          "as many differences as rows, and a loss that can fall below a constant answer's",
          "same_shape", (E("all_pairs", "<", 0.5),)),
    ),
    "vanishing_gradient": (
        R("Orthogonal recurrent weights of gain 1, with gradients clipped at 1 (or, where there is "
          "time for longer training, an LSTM or a GRU)",
          "a step back in time then keeps the gradient's size",
          "∂L/∂x at early time steps comes near the largest",
          "orthogonal_recurrent", (E("through_time", ">", 1e-5),)),
        R("SELU with LeCun's weights",
          "its slope is near 1 and nowhere 0, and each layer passes on signals of one size "
          "(Klambauer et al. 2017)",
          "∂L/∂h at the first layer comes near that at the last", "selu_lecun", FLOWS),
        R("ReLU with He's weights, in layers wide enough not to shut as a whole",
          "its slope is 1 where it is open",
          "∂L/∂h at the first layer comes near that at the last", "relu_he", FLOWS),
        R("Residual connections: x + f(x) for f(x) where a layer keeps its width",
          "there is then a way back without small factors",
          "∂L/∂h at the first layer comes near that at the last", "residual", FLOWS),
        R("Batch normalisation between layers",
          "what enters an activation is then where its slope is largest",
          "∂L/∂h at the first layer comes near that at the last", "batch_norm", FLOWS),
    ),
    "exploding_gradient": (
        R("Weights of the size that keeps signals (He, Glorot)",
          "factors per layer are then near 1",
          "∂L/∂h is of one size over the layers", "fresh_weights", (E("growth", "<", 100),)),
    ),
    "dead_relu": (
        R("Begin again with a tenth of the learning rate", "units are then not thrown shut",
          "few units are 0 on all rows", "lr_down_10", (E("dead", "<", 0.5),)),
        R("Begin again with a hundredth of it", "units are then not thrown shut",
          "few units are 0 on all rows", "lr_down_100", (E("dead", "<", 0.5),)),
        R("Draw fresh weights, with biases of 0", "no unit is then shut from the start",
          "few units are 0 on all rows", "fresh_weights", (E("dead", "<", 0.5),)),
        R("Leaky ReLU", "its slope is not 0 below 0, so units can come back",
          "no unit is shut", "leaky_relu", (E("dead", "<", 0.5), *LEARNS)),
    ),
    "saturated_activation": (
        R("Standardise what enters the layer", "the slope is largest near 0",
          "few outputs lie at the ends", "standard_inputs", (E("flat", "<", 0.5),)),
        R("Draw weights by Glorot's rule", "what enters the layer is then of size 1",
          "few outputs lie at the ends", "fresh_weights", (E("flat", "<", 0.5),)),
    ),
    "bad_initialisation": (
        R("Draw weights by He's (ReLU) or Glorot's (tanh) rule and set biases to 0",
          "each layer then keeps the size of what it passes on, and units differ",
          "signals and gradients are of one size over the layers, and units differ",
          "fresh_weights", IN_SIZE),
    ),
    "missing_activation": (
        R("Put a ReLU between the linear layers", "the network can then bend",
          "f(a + b) is no longer (f(2a) + f(2b)) / 2", "add_relu", (E("bend", ">", 1e-3),)),
    ),
    "learning_rate_too_high": (
        R("Take the loss's mean over the batch, not its sum",
          "the gradient is then not multiplied by the batch's size",
          "the loss stays finite and falls", "mean_loss", FALLS),
        R("Begin again with a tenth of the learning rate",
          "each step then overshoots less than 2/h",
          "the loss stays finite and falls", "lr_down_10", FALLS),
        R("Begin again with a hundredth of it", "likewise", "the loss stays finite and falls",
          "lr_down_100", FALLS),
        R("Begin again with a thousandth of it", "likewise", "the loss stays finite and falls",
          "lr_down_1000", FALLS),
    ),
    "learning_rate_too_low": (
        R("Take clipping away, or clip far above the gradient's usual norm",
          "the optimizer is then given the gradient as it is",
          "the optimizer is given most of the gradient", "no_clip", (E("kept", ">", 0.5),)),
        R("Keep the rate up: a schedule that does not fall so early",
          "weights then travel as far as they need",
          "updates are near a thousandth of the weights", "constant_rate", MOVES),
        R("Set Adam's ε back to 1e-8", "√v then sets the step",
          "updates are near a thousandth of the weights", "small_eps", MOVES),
        R("The rate that moves weights by a few thousandths",
          "weights then travel as far as they need", "updates are near a thousandth of the weights",
          "lr_up", MOVES),
        R("Ten times the rate", "likewise", "updates are near a thousandth of the weights",
          "lr_up_10", MOVES),
    ),
    "oscillating_loss": (
        R("Batches of 32", "the gradient's noise falls as 1/√B",
          "training rows are learned", "larger_batch", LEARNS),
        R("A tenth of the learning rate", "noise then acts through shorter steps",
          "training rows are learned", "lr_down_10", LEARNS),
    ),
    "over_regularisation": (
        R("Leave weight decay out (or at 1e-4)", "the data's gradient then outweighs it",
          "weights stop shrinking and training improves",
          "no_decay", (E("pull", "<", 0.3), *LEARNS)),
        R("Dropout of 0.2", "enough paths are left for a gradient",
          "training rows are learned", "less_dropout", (E("dropout", "<", 0.7), *LEARNS)),
    ),
    "overfitting": (
        R("Stop where the validation loss was best", "the rest of the training learned chance",
          "the validation loss stays at its best", "early_stop", (E("past_best", "<", 1.2),)),
    ),
    "underfitting": (
        R("Widen the narrowest layer", "more can then pass through it", "training rows are learned",
          "widen", LEARNS),
    ),
}  # fmt: skip

# What people try first, without knowing the cause: a random pick of these is the baseline.
MENU = (
    "adam", "lr_down_10", "lr_down_100", "lr_up_10", "lr_up_100", "clip_1", "larger_batch",
    "relu_he", "leaky_relu", "tanh_glorot", "selu_lecun", "glorot", "batch_norm",
    "standard_inputs", "pair_loss", "early_stop",
)  # fmt: skip

# Remedies that need something to act on: what must be seen for them to be offered.
ONLY: Mapping[str, Callable[[Finding, Chart], bool]] = {
    "mean_loss": lambda f, c: c.summed,
    "no_clip": lambda f, c: f.where == "gradient clipping",
    "constant_rate": lambda f, c: f.where == "the schedule",
    "right_loss": lambda f, c: _moved(c) >= SMALL_MOVE,
    "right_loss+lr_up": lambda f, c: _moved(c) < SMALL_MOVE,
    "lr_down_10": lambda f, c: not _by_the_sum(f, c),
    "lr_down_100": lambda f, c: not _by_the_sum(f, c),
    "lr_down_1000": lambda f, c: not _by_the_sum(f, c),
    "small_eps": lambda f, c: f.where == "optimizer.eps",
    "lr_up": lambda f, c: f.where == "optimizer.lr",
    "lr_up_10": lambda f, c: f.where == "optimizer.lr",
    "split_first": lambda f, c: "shared" in f.evidence,
    "drop_column": lambda f, c: "column" in f.evidence,
    "orthogonal_recurrent": lambda f, c: f.where == "through time",
    "residual": lambda f, c: f.where != "through time" and _is_relu(c),
    "relu_he": lambda f, c: f.where != "through time" and not _is_relu(c) and _narrowest(c) >= WIDE,
    "selu_lecun": lambda f, c: f.where != "through time" and not _is_relu(c),
    # Through many layers it makes gradients grow (Yang et al. 2019).
    "batch_norm": lambda f, c: (
        f.where != "through time"
        and f.evidence["layers"] < VERY_DEEP
        and (c.loop.batch or 0) > SMALL_BATCH
    ),
    "less_dropout": lambda f, c: "dropout" in f.evidence,
    "no_decay": lambda f, c: "decay" in f.evidence,
}
# The replay that tells how well a remedy does, where it is not called like it.
REPLAYS = {"less_dropout": "no_dropout"}


def remedies_for(finding: Finding, chart: Chart) -> tuple[Remedy, ...]:
    """Return what can be done about a finding, what does best in the replays first.

    What does next to nothing in a replay is left out, if something else does much.
    """
    able = [r for r in REMEDIES.get(finding.cause, ()) if ONLY.get(r.key, _always)(finding, chart)]
    gains = {r.key: cured(chart, REPLAYS.get(r.key, r.key)) for r in able}
    best = max((gain for gain in gains.values() if gain is not None), default=0.0)

    def behind(remedy: Remedy) -> bool:
        gain = gains[remedy.key]
        return gain is not None and gain < best - CLEARLY

    def useless(remedy: Remedy) -> bool:
        gain = gains[remedy.key]
        return gain is not None and gain < LITTLE and best > MUCH

    return tuple(r for r in sorted(able, key=behind) if not useless(r))


def _always(finding: Finding, chart: Chart) -> bool:
    return True


def _by_the_sum(finding: Finding, chart: Chart) -> bool:
    return finding.cause == "learning_rate_too_high" and chart.summed


def _moved(chart: Chart) -> float:
    return median(a.moved for a in chart.audits) if chart.audits else 1.0


def _narrowest(chart: Chart) -> int:
    layers = () if chart.first is None else chart.first.layers[:-1]
    return min((layer.width for layer in layers), default=0)


def _is_relu(chart: Chart) -> bool:
    probe = chart.first
    ops = {layer.op for layer in probe.layers} if probe is not None else set[str]()
    return "relu" in ops and not ops & {"sigmoid", "tanh"}


MASKS: Mapping[str, tuple[str, ...]] = {
    "missing_zero_grad": ("Adam or gradient clipping: the direction is still that of the sum",),
    "double_softmax": (
        "a higher rate, Adam, or normalisation: the floor and the shares stay wrong",
    ),
    "exploding_gradient": ("gradient clipping alone",),
    "dead_relu": ("Leaky ReLU without lowering the rate that shut the units",),
    "learning_rate_too_high": ("gradient clipping for good",),
    "numerical_instability": ("adding 1e-8 inside the logarithm",),
    "class_imbalance": ("more epochs, judged by accuracy",),
    "wrong_loss_activation_pair": ("any change of rate, weights or optimizer",),
    "nan_in_data": ("a lower rate; clipping; nan_to_num on the loss",),
    "unscaled_targets": ("a huge learning rate that happens to fit",),
    "train_val_preprocessing_mismatch": ("regularisation: this is not overfitting",),
    "overfitting": ("whatever makes gradients larger",),
    "label_noise": ("stopping early: it keeps the score, and the labels stay wrong",),
    "missing_optimizer_step": ("a higher learning rate",),
    "batch_dependence": ("always judging in large batches",),
}  # fmt: skip
