"""What to do about each cause: why it acts, what it predicts, and what would only mask it.

A remedy with a `key` is one that ``Report.treat`` can play by itself; the others change the user's
own code, and say what must then be seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from whygrad.doctor.finding import Remedy

R = Remedy

REMEDIES: Mapping[str, tuple[Remedy, ...]] = {
    "graph_broken": (
        R("Use the tensor itself, without .detach(), .item(), .data or a new torch.tensor",
          "the chain of derivatives is then recorded to the weights before the cut",
          "every trainable tensor gets a gradient at the first backward()"),
    ),
    "missing_backward": (
        R("Call loss.backward() before optimizer.step()", "it is what works the gradients out",
          "every trainable tensor gets a gradient"),
    ),
    "missing_optimizer_step": (
        R("Call optimizer.step() after backward()", "it is what moves the weights",
          "weights differ after the first iteration"),
    ),
    "optimizer_parameter_mismatch": (
        R("Build the optimizer from model.parameters() after the model is complete",
          "it then moves the tensors that are in the graph",
          "every tensor that gets a gradient belongs to a parameter group and moves"),
    ),
    "frozen_layers": (
        R("Set requires_grad to True on the frozen layers and give them to the optimizer",
          "their ∂L/∂W is then worked out and used", "their weights move, and training improves"),
    ),
    "missing_zero_grad": (
        R("Call optimizer.zero_grad() once per update, before backward()",
          "each update then follows its own batch",
          "the gradient is empty when backward() begins", "control"),
    ),
    "wrong_sign_of_objective": (
        R("Minimise the loss: call backward() on it as it is",
          "a step against the gradient then goes downhill",
          "the gradient that arrives is the loss's (cosine 1)", "control"),
    ),
    "no_shuffling": (
        R("Shuffle the training rows each epoch", "each batch then speaks for all classes",
          "targets vary within a batch as much as over batches", "control"),
    ),
    "train_mode_at_evaluation": (
        R("Call model.eval() before judging and model.train() after",
          "dropout rests and batch normalisation uses its running means",
          "the validation loss is that of these weights in evaluation mode"),
    ),
    "batchnorm_small_batch": (
        R("Use batches of 16 or more", "means and variances then come from enough rows",
          "training improves at once", "larger_batch"),
        R("Replace batch normalisation by group or layer normalisation",
          "it does not look at other rows", "training no longer depends on the batch's size"),
    ),
    "nan_in_data": (
        R("Fill in or drop the rows that hold it", "what enters the first layer is then finite",
          "the loss stays finite"),
    ),
    "unnormalised_inputs": (
        R("Standardise inputs by the training rows' mean and spread",
          "xᵀδ is then of one size in all columns", "training improves at the same rate",
          "standard_inputs"),
    ),
    "unscaled_targets": (
        R("Standardise the targets, and turn outputs back when they are used",
          "outputs that begin near 0 are then near the targets", "the loss falls from the start",
          "standard_targets"),
    ),
    "train_val_preprocessing_mismatch": (
        R("Prepare validation rows with the training rows' own scaler",
          "the network is then asked what it was taught",
          "means and spreads agree, and the validation score comes near the training score"),
    ),
    "label_noise": (
        R("Look through the labels that contradict their neighbours, and correct or drop them",
          "what is left pulls in one direction", "training labels are foretold like validation's"),
        R("Stop where the validation loss was best", "wrong labels are learned last",
          "the validation score stays at its peak"),
    ),
    "class_imbalance": (
        R("Weight the loss by class, or draw the rare class more often",
          "it then has as much say in the gradient", "the rare class's recall rises"),
    ),
    "labels_out_of_line": (
        R("Bring inputs and labels back into the same order",
          "each row is then taught its own label",
          "training rows foretell each other's labels"),
    ),
    "data_leakage": (
        R("Split first (by what belongs together), and only then copy or resample",
          "no validation row is then a training row",
          "the validation score falls to the honest one"),
        R("Drop columns that are not known when the answer is needed",
          "the target is then not in the inputs", "the validation score falls to the honest one"),
    ),
    "input_layout_scrambled": (
        R("Use permute, not reshape or view, to move dimensions",
          "neighbours in the image are then neighbours in the tensor",
          "neighbouring pixels share most of their variance"),
    ),
    "double_softmax": (
        R("Remove the softmax, and give the loss logits", "its derivative is then p − y",
          "the loss falls below its former floor"),
    ),
    "wrong_loss_activation_pair": (
        R("Pair them: free numbers with cross-entropy or BCE with logits; a sigmoid with BCE",
          "squashing and logarithm then meet and cancel to p − y",
          "outputs and loss leave their former limits"),
    ),
    "output_activation_range_mismatch": (
        R("End with a linear layer", "any target can then be reached, with derivative 1",
          "outputs cover the targets' range"),
    ),
    "wrong_loss_for_task": (
        R("Use cross-entropy with one output per class (two classes: BCE)",
          "no order of labels is then assumed, and errors do not cancel",
          "accuracy rises; each row's gradient is p − y"),
    ),
    "numerical_instability": (
        R("Use the loss on logits: cross_entropy, log_softmax, bce_with_logits",
          "the logarithm is then taken before anything underflows",
          "the same outputs give a finite loss"),
    ),
    "batch_dependence": (
        R("Let the operation run over features (dim=1 or −1), not over the batch",
          "rows are then answered by themselves", "a row alone gets the answer it gets in a batch"),
    ),
    "random_evaluation": (
        R("Use nn.Dropout, or F.dropout(x, p, training=self.training)",
          "it then rests in evaluation mode", "the same rows get the same answer"),
    ),
    "wrong_dimension": (
        R("Give outputs and targets the same shape, with squeeze(1) or y[:, None]",
          "each output is then compared with its own target",
          "as many differences as rows, and a loss that can fall below a constant answer's"),
    ),
    "vanishing_gradient": (
        R("ReLU-like activations with He's weights", "their slope is 1 where they are open",
          "∂L/∂h at the first layer comes near that at the last"),
        R("Residual connections or normalisation between layers; through time, an LSTM, a GRU or "
          "orthogonal recurrent weights of gain 1",
          "there is then a way back without small factors",
          "∂L/∂h at the first layer (or step) comes near that at the last"),
    ),
    "exploding_gradient": (
        R("Weights of the size that keeps signals (He, Glorot)",
          "factors per layer are then near 1",
          "∂L/∂h is of one size over the layers", "fresh_weights"),
    ),
    "dead_relu": (
        R("Begin again with a smaller learning rate", "units are then not thrown shut",
          "no unit is 0 on all rows", "lr_down_10"),
        R("Leaky ReLU", "its slope is not 0 below 0, so units can come back",
          "all units get a gradient"),
    ),
    "saturated_activation": (
        R("Bring what enters the layer to a size near 1 (inputs, then weights)",
          "the slope is largest there", "few outputs lie at the ends", "standard_inputs"),
    ),
    "bad_initialisation": (
        R("Draw weights by He's (ReLU) or Glorot's (tanh) rule and set biases to 0",
          "each layer then keeps the size of what it passes on, and units differ",
          "signals and gradients are of one size over the layers", "fresh_weights"),
    ),
    "missing_activation": (
        R("Put a ReLU between the linear layers", "the network can then bend",
          "f(a + b) is no longer (f(2a) + f(2b)) / 2"),
    ),
    "learning_rate_too_high": (
        R("Begin again with a tenth of the learning rate",
          "each step then overshoots less than 2/h",
          "the loss falls from the first steps", "lr_down_10"),
        R("Begin again with a hundredth of it", "likewise", "the loss falls from the first steps",
          "lr_down_100"),
    ),
    "learning_rate_too_low": (
        R("The rate that moves weights by a few thousandths (or undo what damps it: clipping, ε)",
          "weights then travel as far as they need", "updates are near a thousandth of the weights",
          "lr_up"),
        R("Ten times the rate", "likewise", "the loss falls ten times as fast", "lr_up_10"),
    ),
    "oscillating_loss": (
        R("Batches of 32", "the gradient's noise falls as 1/√B",
          "the loss settles", "larger_batch"),
        R("A tenth of the learning rate", "noise then acts through shorter steps",
          "the loss settles", "lr_down_10"),
    ),
    "over_regularisation": (
        R("Leave weight decay out (or at 1e-4)", "the data's gradient then outweighs it",
          "weights stop shrinking and the loss falls", "no_decay"),
        R("Dropout of 0.1 to 0.5", "enough paths are left for a gradient", "the loss falls",
          "no_dropout"),
    ),
    "overfitting": (
        R("Stop where the validation loss was best", "the rest of the training learned chance",
          "the validation loss stays at its best"),
        R("More data, or weight decay and a smaller network", "less can be learned by heart",
          "the losses stay together"),
    ),
    "underfitting": (
        R("Widen the narrowest layer", "more can then pass through it", "the training loss falls"),
    ),
}  # fmt: skip

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
    "missing_optimizer_step": ("a higher learning rate",),
    "batch_dependence": ("always judging in large batches",),
}  # fmt: skip
