"""What a learner chooses from, in words that give nothing away. Nothing here needs PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

from whygrad import clinic
from whygrad.clinic.messages import ClinicChoice, ClinicInfo, ClinicOffer
from whygrad.doctor.rules import CAUSES, RULES
from whygrad.errors import WhygradError

ONE_BATCH = 200  # updates on the same rows

# In the order in which one question follows from another.
EXAMINATIONS: Mapping[str, ClinicOffer] = {
    key: ClinicOffer(key, title, asks, does)
    for key, title, asks, does in (
        ("scores", "Scores and baselines",
         "Does it fail on the rows it learns from, or only on others?",
         "Judges these weights on both sets of rows, beside a constant answer, nearest neighbours "
         "and a linear fit."),
        ("one_batch", "Memorising one batch",
         "Can this network, with this loss and these settings, learn a few rows at all?",
         f"Trains a copy {ONE_BATCH} times on the same rows, in a plain loop."),
        ("own", "The loop's gradient",
         "Is what the optimizer uses this batch's gradient?",
         "Computes the gradient of single batches anew and compares it with .grad."),
        ("nudges", "Nudges",
         "Is what backward says the rate at which the loss moves?",
         "Nudges single weights to either side and watches the loss."),
        ("parameters", "Parameters",
         "Is everything that should move the optimizer's, and does it move?",
         "Lists every tensor: who owns it, whether a gradient reaches it, where it began."),
        ("updates", "Steps",
         "How far does a step go, next to the size of the weights?",
         "Compares the weights before and after single steps."),
        ("gradients", "Gradients, layer by layer",
         "Does a gradient still arrive at the first layer?",
         "Sends a few hundred rows through and notes ∂L/∂h at every layer."),
        ("activations", "Activations, layer by layer",
         "What does each layer pass on: anything, or nothing?",
         "Sends a few hundred rows through and looks for units that are shut or flat."),
        ("outputs", "Outputs and loss",
         "Do outputs, targets and loss fit each other, and does a row always get the same answer?",
         "Looks at what comes out, in evaluation mode, alone and in batches."),
        ("inputs", "Inputs",
         "Are the inputs numbers of a usual size, prepared alike for both sets of rows?",
         "Looks at every column, and at validation's beside training's."),
        ("labels", "Targets",
         "Are the targets in line with the inputs, and balanced?",
         "Counts them, and asks each row's neighbours."),
        ("split", "The split",
         "Is what it is judged on really new?",
         "Looks for rows in both sets, and for a column that gives the answer away."),
        ("replay", "One change at a time",
         "What single change lets it learn?",
         "Plays the run's beginning again, in a plain loop, with one thing changed. Say first what "
         "you expect."),
    )
}  # fmt: skip

HEALTHY, CANNOT_TELL, LEAVE = "healthy", "cannot_tell", "leave"

_NUMPY_CAUSES = {
    "wrong_backward": "A backward pass written by hand is not the derivative of its forward pass.",
    "dtype_truncation": "Parameters are kept as whole numbers.",
}

CAUSE_CHOICES: Mapping[str, str] = {
    HEALTHY: "Nothing is wrong: it learns what can be learned.",
    CANNOT_TELL: "It cannot be told from what was seen.",
    **{cause: RULES[cause].what if cause in RULES else _NUMPY_CAUSES[cause] for cause in CAUSES},
}

# Each remedy under what it changes. The doctor's own names for them tell what for; these do not.
REMEDY_CHOICES: Mapping[str, tuple[str, str]] = {
    key: (group, name)
    for group, remedies in (
        ("nothing", {LEAVE: "Leave the run as it is"}),
        (
            "the loop",
            {
                "zero_grad": "Call optimizer.zero_grad() once per update",
                "call_step": "Call optimizer.step() after backward()",
                "call_backward": "Call loss.backward() before optimizer.step()",
                "minimise": "Call backward() on the loss as it is, not on minus the loss",
                "shuffle": "Shuffle the training rows each epoch",
                "eval_mode": "Call model.eval() before judging",
                "call_train": "Call model.train() before training goes on",
                "register_layers": "Keep layers in nn.ModuleList, not in a plain list",
                "own_parameters": "Build the optimizer last, from model.parameters()",
                "use_tensor": "Use tensors themselves, without .detach() and .item()",
                "unfreeze": "Set requires_grad to True everywhere, and train all of it",
                "larger_batch": "Batches of 32",
                "early_stop": "Stop where the validation loss was lowest",
            },
        ),
        (
            "the optimizer",
            {
                "lr_down_10": "A tenth of the learning rate",
                "lr_down_100": "A hundredth of the learning rate",
                "lr_down_1000": "A thousandth of the learning rate",
                "lr_up_10": "Ten times the learning rate",
                "lr_up_100": "A hundred times the learning rate",
                "lr_up": "The learning rate that moves weights by a few thousandths",
                "constant_rate": "A constant learning rate, without a schedule",
                "adam": "Adam, with a rate of 0.001",
                "small_eps": "Adam's ε at 1e-8",
                "clip_1": "Clip gradients at a norm of 1",
                "no_clip": "Do not clip gradients",
                "no_decay": "No weight decay",
                "strong_decay": "Strong weight decay (AdamW, 1)",
            },
        ),
        (
            "the network",
            {
                "fresh_weights": "Weights by He's rule, biases 0",
                "glorot": "Weights by Glorot's rule, biases 0",
                "relu_he": "ReLU, with weights by He's rule",
                "leaky_relu": "Leaky ReLU",
                "tanh_glorot": "Tanh, with weights by Glorot's rule",
                "selu_lecun": "SELU, with weights by LeCun's rule",
                "add_relu": "ReLUs between the linear layers",
                "batch_norm": "Batch normalisation between layers",
                "layer_norm": "Layer normalisation in place of batch normalisation",
                "residual": "Residual connections",
                "widen": "A wider narrowest layer",
                "less_dropout": "Dropout of 0.2",
                "no_dropout": "No dropout",
                "module_dropout": "Dropout that rests in evaluation mode",
                "orthogonal_recurrent": "Orthogonal recurrent weights of gain 1, clipping at 1",
                "gated": "A GRU in place of the plain recurrence",
                "permute": "permute in place of reshape, to move dimensions",
            },
        ),
        (
            "output and loss",
            {
                "remove_softmax": "No softmax at the end",
                "linear_output": "A linear layer at the end, with nothing after it",
                "over_features": "The last activation over features, not over the batch",
                "pair_loss": "The loss that goes with the last activation",
                "right_loss": "Cross-entropy with one output per class (two classes: BCE)",
                "right_loss+lr_up": "Cross-entropy or BCE, at a rate that moves weights by 0.3 %",
                "stable_loss": "The loss on logits, as PyTorch has it",
                "mean_loss": "The loss's mean over the batch, not its sum",
                "same_shape": "Outputs and targets of the same shape",
                "class_weights": "A loss that weighs classes by how rare they are",
            },
        ),
        (
            "the rows",
            {
                "standard_inputs": "Standardise the inputs",
                "standard_targets": "Standardise the targets",
                "standard_both": "Standardise inputs and targets",
                "drop_bad_rows": "Drop rows that hold what is no number",
                "same_scaler": "Prepare validation rows with the training rows' scaler",
                "drop_contradicted": "Drop rows whose labels contradict their neighbours",
                "align_labels": "Bring inputs and labels back into the same order",
                "split_first": "Split first, then copy or resample",
                "drop_column": "Drop a column that is not known when the answer is needed",
            },
        ),
        (
            "a backward pass written by hand",
            {
                "derive_again": "Derive the local derivatives again",
                "float_parameters": "Keep parameters as floating-point numbers",
            },
        ),
    )
    for key, name in remedies.items()
}


def info() -> ClinicInfo:
    """Return all that can be chosen from."""
    try:
        clinic.require()
        missing = ""
    except WhygradError as error:
        missing = error.message
    return ClinicInfo(
        causes=tuple(ClinicChoice(key, says, "") for key, says in CAUSE_CHOICES.items()),
        remedies=tuple(
            ClinicChoice(key, says, group) for key, (group, says) in REMEDY_CHOICES.items()
        ),
        examinations=tuple(EXAMINATIONS.values()),
        missing=missing,
    )


def words(key: str) -> str:
    """Write a name as it is read."""
    return key.replace("_", " ")
