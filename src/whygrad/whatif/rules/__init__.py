"""The rules that make the mistakes: each takes a tape and says which steps to do differently.

A rewrite is None where there is nothing on the tape to make the mistake on.
"""

from whygrad.whatif.rules.activations import (
    detach_in_the_middle,
    forget_squash_slope,
    mask_by_gradient,
    mask_of_wrong_layer,
    relu_open_at_zero,
    sigmoid_of_activation,
    skip_relu_mask,
    tanh_without_square,
)
from whygrad.whatif.rules.chain import (
    add_rates,
    doubling_and_tripling,
    leave_out_a_use,
    max_to_all,
    overwrite_at_fan_out,
    pass_on_too_early,
)
from whygrad.whatif.rules.loss import (
    flip_the_error,
    forget_factor_two,
    forget_one_over_n,
    logits_as_probabilities,
    softmax_twice,
    sum_for_mean,
)
from whygrad.whatif.rules.updates import (
    add_the_gradient,
    forget_the_learning_rate,
    forget_the_velocity,
    keep_old_gradients,
    leave_biases,
    update_before_propagating,
    updated_weight_in_backward,
)
from whygrad.whatif.rules.weights import (
    bias_from_one_example,
    forget_the_other_factor,
    input_before_activation,
    transpose_the_wrong_matrix,
    weight_for_input,
)

__all__ = [
    "add_rates",
    "add_the_gradient",
    "bias_from_one_example",
    "detach_in_the_middle",
    "doubling_and_tripling",
    "flip_the_error",
    "forget_factor_two",
    "forget_one_over_n",
    "forget_squash_slope",
    "forget_the_learning_rate",
    "forget_the_other_factor",
    "forget_the_velocity",
    "input_before_activation",
    "keep_old_gradients",
    "leave_biases",
    "leave_out_a_use",
    "logits_as_probabilities",
    "mask_by_gradient",
    "mask_of_wrong_layer",
    "max_to_all",
    "overwrite_at_fan_out",
    "pass_on_too_early",
    "relu_open_at_zero",
    "sigmoid_of_activation",
    "skip_relu_mask",
    "softmax_twice",
    "sum_for_mean",
    "tanh_without_square",
    "transpose_the_wrong_matrix",
    "update_before_propagating",
    "updated_weight_in_backward",
    "weight_for_input",
]
