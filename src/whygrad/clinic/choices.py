"""What a learner chooses from: causes and remedies, in words that give nothing away."""

from __future__ import annotations

from collections.abc import Mapping

from whygrad.doctor.rules import CAUSES, RULES

HEALTHY, UNTOLD, LEAVE = "healthy", "cannot_tell", "leave"

_BY_HAND = {
    "wrong_backward": "A backward pass written by hand is not the derivative of its forward pass.",
    "dtype_truncation": "Parameters are kept as whole numbers.",
}

CAUSE_CHOICES: Mapping[str, str] = {
    HEALTHY: "Nothing is wrong: it learns what can be learned.",
    UNTOLD: "It cannot be told from what was seen.",
    **{cause: RULES[cause].what if cause in RULES else _BY_HAND[cause] for cause in CAUSES},
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
                "gated": "An LSTM in place of the plain recurrence",
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


def words(key: str) -> str:
    """Write a name as it is read."""
    return key.replace("_", " ")
