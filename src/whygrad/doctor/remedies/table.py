"""The remedies, one row each: what to do in words, what it changes, and where it applies.

Why a remedy acts and what it then predicts depends on the cause, and stands in the cause's row. The
table needs no PyTorch: a change that is more than data is named here and made by the function of
that name in ``changes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal, get_args

from whygrad.doctor.derived import FEW_ROWS, typical_move
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.remedies.change import Change, mends

Applies = Callable[[Finding, Measurements], bool]
Part = Literal[
    "the loop",
    "the optimizer",
    "the network",
    "output and loss",
    "the rows",
    "a backward pass written by hand",
]
PARTS = get_args(Part)
VERY_DEEP = 10
SMALL_MOVE = 1.5e-4  # of the weights' size per update: less gets nowhere, whatever the loss
NARROW = 32  # units: weights of N(0, 1) multiply by √units, a sigmoid's slope divides by 4 and more
INITIALISERS = ("fresh_weights", "glorot", "normal_weights")  # rules for first weights
WIDE = 16  # units, of which some ReLU is open for most inputs
USERS_CODE = "it is a line of your own code"
TOO_LATE = "a replay of the beginning is over before that"


@dataclass(frozen=True, slots=True)
class MadeBy:
    """Names the function of ``changes`` that makes a change of the measurements and evidence."""

    function: str


@dataclass(frozen=True, slots=True)
class UsersCode:
    """The change is one to the user's own code, and the doctor never makes it."""


def always(finding: Finding, m: Measurements) -> bool:
    """Say that a remedy needs nothing to act on."""
    return True


@dataclass(frozen=True, slots=True)
class RemedyRow:
    """One remedy.

    Attributes:
        key: a stable name.
        part: what of a run it changes.
        name: what to do, in a few words that give no cause away.
        change: what it does to a run.
        applies: whether it is offered, given the finding and what was measured.
        trial: whether it is replayed for every run that does not learn, to tell causes apart.
        usual: whether people try it first, not knowing the cause: a random pick of these is what
            remedies are compared with.
        judged_by: the replay that tells how well it does, where it is another's.
    """

    key: str
    part: Part
    name: str
    change: Change | MadeBy | UsersCode
    applies: Applies = always
    trial: bool = False
    usual: bool = False
    judged_by: str = ""

    def __post_init__(self) -> None:
        if not (self.key and self.name):
            raise TypeError(f"remedy {self.key!r}: it needs a key and a name")


def _at(*places: str) -> Applies:
    return lambda finding, m: finding.where in places


def _with(evidence: str) -> Applies:
    return lambda finding, m: evidence in finding.evidence


def _lower_rate(finding: Finding, m: Measurements) -> bool:
    return not finding.evidence.get("summed")  # a mean in place of the sum does it


def _moves_enough(finding: Finding, m: Measurements) -> bool:
    move = typical_move(m)
    return move is None or move >= SMALL_MOVE


def _moves_too_little(finding: Finding, m: Measurements) -> bool:
    return not _moves_enough(finding, m)


def _in_depth(finding: Finding, m: Measurements) -> bool:
    return finding.where != "through time"


def _relu_layers(m: Measurements) -> bool:
    ops = set[str]() if m.first is None else {layer.op for layer in m.first.layers}
    return "relu" in ops and not ops & {"sigmoid", "tanh"}


def _other_activation(finding: Finding, m: Measurements) -> bool:
    return _in_depth(finding, m) and not _relu_layers(m)


def _wide_enough(finding: Finding, m: Measurements) -> bool:
    layers = () if m.first is None else m.first.layers[:-1]
    narrowest = min((layer.width for layer in layers), default=0)
    return _other_activation(finding, m) and narrowest >= WIDE


def _narrow_sigmoids(finding: Finding, m: Measurements) -> bool:
    layers = () if m.first is None else m.first.layers
    widest = max((layer.width for layer in layers), default=0)
    return (
        _in_depth(finding, m) and widest <= NARROW and "sigmoid" in {layer.op for layer in layers}
    )


def _residual(finding: Finding, m: Measurements) -> bool:
    return _in_depth(finding, m) and _relu_layers(m)


def _normalisable(finding: Finding, m: Measurements) -> bool:
    """Through many layers batch normalisation makes gradients grow (Yang et al. 2019)."""
    shallow = finding.evidence.get("layers", VERY_DEEP) < VERY_DEEP
    return _in_depth(finding, m) and shallow and (m.loop.batch or 0) > FEW_ROWS


_ROWS = (
    # the optimizer
    RemedyRow("adam", "the optimizer", "Adam, with a rate of 0.001", MadeBy("adam"), usual=True),
    RemedyRow("lr_down_10", "the optimizer", "A tenth of the learning rate", Change(rate=0.1),
              _lower_rate, trial=True, usual=True),
    RemedyRow("lr_down_100", "the optimizer", "A hundredth of the learning rate",
              Change(rate=0.01), _lower_rate, trial=True, usual=True),
    RemedyRow("lr_down_1000", "the optimizer", "A thousandth of the learning rate",
              Change(rate=0.001), _lower_rate),
    RemedyRow("lr_up_10", "the optimizer", "Ten times the learning rate", Change(rate=10.0),
              _at("optimizer.lr"), trial=True, usual=True),
    RemedyRow("lr_up_100", "the optimizer", "A hundred times the learning rate",
              Change(rate=100.0), usual=True),
    RemedyRow("lr_up", "the optimizer",
              "The learning rate that moves weights by a few thousandths", MadeBy("lr_up"),
              _at("optimizer.lr"), trial=True),
    RemedyRow("constant_rate", "the optimizer",
              "A constant learning rate, or a schedule that does not fall so early",
              mends("schedule"), _at("the schedule")),
    RemedyRow("small_eps", "the optimizer", "Adam's ε at 1e-8", Change(settings={"eps": 1e-8}),
              _at("optimizer.eps")),
    RemedyRow("clip_1", "the optimizer", "Clip gradients at a norm of 1", Change(clip=1.0),
              usual=True),
    RemedyRow("no_clip", "the optimizer",
              "Do not clip gradients, or clip far above their usual norm", Change(clip=inf),
              _at("gradient clipping")),
    RemedyRow("no_decay", "the optimizer", "No weight decay (or 1e-4)", MadeBy("no_decay"),
              _with("decay"), trial=True),
    RemedyRow("strong_decay", "the optimizer", "Strong weight decay (AdamW, 1)",
              MadeBy("strong_decay")),
    # the loop
    RemedyRow("zero_grad", "the loop",
              "Call optimizer.zero_grad() once per update, before backward()",
              mends("no_zero_grad")),
    RemedyRow("call_step", "the loop", "Call optimizer.step() after backward()",
              mends("no_step")),
    RemedyRow("zero_after_step", "the loop", "Call zero_grad() after step(), or before backward()",
              UsersCode()),
    RemedyRow("own_optimizers", "the loop", "An optimizer for each side, of its parameters alone",
              UsersCode()),
    RemedyRow("causal_mask", "the network", "A causal mask: each place sees those up to it alone",
              UsersCode()),
    RemedyRow("shift_labels", "the rows", "Shift the targets by one: x[:, :-1] against x[:, 1:]",
              UsersCode()),
    RemedyRow("keep_lowest", "the loop", "Keep the weights whose validation loss is the lowest",
              UsersCode()),
    RemedyRow("call_backward", "the loop", "Call loss.backward() before optimizer.step()",
              mends("no_backward")),
    RemedyRow("minimise", "the loop",
              "Call backward() on the loss as it is, not on minus the loss", mends("negated")),
    RemedyRow("shuffle", "the loop", "Shuffle the training rows each epoch", mends("in_order")),
    RemedyRow("eval_mode", "the loop", "Call model.eval() before judging and model.train() after",
              mends("train_mode")),
    RemedyRow("call_train", "the loop", "Call model.train() before every epoch's updates",
              UsersCode()),
    RemedyRow("register_layers", "the loop",
              "Keep layers in nn.ModuleList or nn.ModuleDict, and tensors as nn.Parameter",
              UsersCode()),
    RemedyRow("own_parameters", "the loop",
              "Build the optimizer from model.parameters() after the model is complete",
              mends("old_model", "head_only")),
    RemedyRow("use_tensor", "the loop",
              "Use the tensor itself, without .detach(), .item(), .data or a new torch.tensor",
              mends("item", "cut", by_hand=USERS_CODE)),
    RemedyRow("unfreeze", "the loop",
              "Set requires_grad to True on every layer, and give all to the optimizer",
              MadeBy("unfreeze")),
    RemedyRow("larger_batch", "the loop", "Batches of 32", MadeBy("larger_batch"), trial=True,
              usual=True),
    # the network
    RemedyRow("fresh_weights", "the network", "Weights by He's rule, biases 0",
              MadeBy("fresh_weights"), trial=True),
    RemedyRow("relu_he", "the network", "ReLU, with weights by He's rule", MadeBy("relu_he"),
              _wide_enough, usual=True),
    RemedyRow("leaky_relu", "the network", "Leaky ReLU", MadeBy("leaky_relu"), usual=True),
    RemedyRow("tanh_glorot", "the network", "Tanh, with weights by Glorot's rule",
              MadeBy("tanh_glorot"), usual=True),
    RemedyRow("selu_lecun", "the network", "SELU, with weights by LeCun's rule",
              MadeBy("selu_lecun"), _other_activation, usual=True),
    RemedyRow("glorot", "the network", "Weights by Glorot's rule, biases 0", MadeBy("glorot"),
              usual=True),
    RemedyRow("normal_weights", "the network", "Weights drawn from N(0, 1), biases 0",
              MadeBy("normal_weights"), _narrow_sigmoids),
    RemedyRow("batch_norm", "the network", "Batch normalisation between layers",
              MadeBy("batch_norm"), _normalisable, usual=True),
    RemedyRow("layer_norm", "the network",
              "Group or layer normalisation in place of batch normalisation",
              MadeBy("layer_norm")),
    RemedyRow("residual", "the network",
              "Residual connections: x + f(x) for f(x) where a layer keeps its width",
              MadeBy("residual"), _residual),
    RemedyRow("add_relu", "the network", "A ReLU between the linear layers", MadeBy("add_relu")),
    RemedyRow("widen", "the network", "A wider narrowest layer", MadeBy("widen")),
    RemedyRow("less_dropout", "the network", "Dropout of 0.2", MadeBy("less_dropout"),
              _with("dropout"), judged_by="no_dropout"),
    RemedyRow("no_dropout", "the network", "No dropout", MadeBy("no_dropout"), trial=True),
    RemedyRow("module_dropout", "the network",
              "nn.Dropout, or F.dropout(x, p, training=self.training)", UsersCode()),
    RemedyRow("orthogonal_recurrent", "the network",
              "Orthogonal recurrent weights of gain 1, with gradients clipped at 1",
              MadeBy("orthogonal_recurrent"), _at("through time")),
    RemedyRow("gated", "the network", "A GRU in place of the plain recurrence", MadeBy("gated")),
    RemedyRow("permute", "the network",
              "permute, not reshape or view, to move dimensions",
              mends("scrambled", by_hand=USERS_CODE)),
    # the rows
    RemedyRow("standard_inputs", "the rows",
              "Standardise inputs by the training rows' mean and spread",
              MadeBy("standard_inputs"), trial=True, usual=True),
    RemedyRow("standard_targets", "the rows",
              "Standardise the targets, and turn outputs back when they are used",
              MadeBy("standard_targets"), trial=True),
    RemedyRow("standard_both", "the rows", "Standardise inputs and targets",
              MadeBy("standard_both")),
    RemedyRow("drop_bad_rows", "the rows", "Fill in or drop rows that hold what is no number",
              MadeBy("drop_bad_rows")),
    RemedyRow("same_scaler", "the rows",
              "Prepare validation rows with the training rows' own scaler", MadeBy("same_scaler")),
    RemedyRow("drop_contradicted", "the rows",
              "Look through the labels that contradict their neighbours; correct or drop them",
              MadeBy("drop_contradicted")),
    RemedyRow("align_labels", "the rows", "Bring inputs and labels back into the same order",
              UsersCode()),
    RemedyRow("split_first", "the rows",
              "Split first (by what belongs together), and only then copy or resample",
              MadeBy("split_first"), _with("shared")),
    RemedyRow("drop_column", "the rows",
              "Drop columns that are not known when the answer is needed", MadeBy("drop_column"),
              _with("column")),
    # output and loss
    RemedyRow("remove_softmax", "output and loss", "No softmax at the end; give the loss logits",
              MadeBy("without_last_activation")),
    RemedyRow("linear_output", "output and loss",
              "A linear layer at the end, with nothing after it",
              MadeBy("without_last_activation")),
    RemedyRow("over_features", "output and loss",
              "The last activation over features (dim=1 or −1), not over the batch",
              MadeBy("over_features")),
    RemedyRow("pair_loss", "output and loss",
              "The loss that goes with the last activation: logits with cross-entropy or BCE with "
              "logits; a sigmoid with BCE", MadeBy("pair_loss"), usual=True),
    RemedyRow("right_loss", "output and loss",
              "Cross-entropy with one output per class (two classes: BCE)", MadeBy("right_loss"),
              _moves_enough),
    RemedyRow("right_loss+lr_up", "output and loss",
              "Cross-entropy (two classes: BCE), at a rate that moves weights by a few thousandths",
              MadeBy("right_loss_and_rate"), _moves_too_little),
    RemedyRow("stable_loss", "output and loss",
              "The loss on logits: cross_entropy, log_softmax, bce_with_logits",
              MadeBy("stable_loss")),
    RemedyRow("mean_loss", "output and loss", "The loss's mean over the batch, not its sum",
              MadeBy("mean_loss"), lambda finding, m: m.summed),
    RemedyRow("same_shape", "output and loss",
              "Outputs and targets of the same shape, with squeeze(1) or y[:, None]", UsersCode()),
    RemedyRow("class_weights", "output and loss",
              "Weight the loss by class, or draw the rare class more often",
              MadeBy("class_weights")),
    # the whole run
    RemedyRow("early_stop", "the loop", "Stop where the validation loss was lowest",
              MadeBy("early_stop"), usual=True),
    # what check_backward names
    RemedyRow("derive_again", "a backward pass written by hand",
              "Derive again the local derivatives between the loss and the parameter, last first",
              UsersCode()),
    RemedyRow("float_parameters", "a backward pass written by hand",
              "Keep parameters as float64", UsersCode()),
)  # fmt: skip


def _by_key() -> Mapping[str, RemedyRow]:
    found = {row.key: row for row in _ROWS}
    if len(found) < len(_ROWS):
        raise TypeError("two remedies have one key")
    for row in _ROWS:
        if row.judged_by and not found[row.judged_by].trial:
            raise TypeError(f"remedy {row.key!r} is judged by {row.judged_by!r}, never replayed")
    return found


REMEDIES = _by_key()
USUAL = tuple(row.key for row in _ROWS if row.usual)
# What is replayed for a run that does not learn; "control" changes nothing.
TRIALS = ("control", *(row.key for row in _ROWS if row.trial))
