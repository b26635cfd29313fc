"""From a cause to commands that show its mechanism on a small network: play it, ask why."""

from __future__ import annotations

from collections.abc import Mapping

PASS = ("whygrad why xor 'dL/dW1[0,2]'",)
RATE = ("whygrad why flow w1_new",)
GATE = ("whygrad why xor 'dL/dz1[0,0]'",)
SLOPE = ("whygrad whatif moons --mistake forget_squash_slope", "whygrad why moons 'dL/dz1[0,0]'")

LINKS: Mapping[str, tuple[str, ...]] = {
    "graph_broken": ("whygrad whatif xor --mistake detach_in_the_middle",),
    "missing_optimizer_step": ("whygrad whatif xor --learning-rate 0", *RATE),
    "frozen_layers": ("whygrad whatif xor --mistake leave_biases",),
    "missing_zero_grad": (
        "whygrad whatif xor --mistake keep_old_gradients --iterations 50",
        "whygrad why fanout dL/dx",
    ),
    "wrong_sign_of_objective": ("whygrad whatif flow --mistake add_the_gradient", *RATE),
    "nan_in_data": PASS,
    "unnormalised_inputs": ("whygrad whatif flow --set x=1000", "whygrad why flow dL/dw1"),
    "unscaled_targets": ("whygrad whatif flow --set t=1e8", "whygrad why flow dL/dyhat"),
    "label_noise": ("whygrad train xor",),
    "double_softmax": ("whygrad whatif spirals --mistake softmax_twice",),
    "wrong_loss_activation_pair": ("whygrad whatif xor --mistake logits_as_probabilities",),
    "output_activation_range_mismatch": ("whygrad whatif flow --set b1=-4", *GATE),
    "wrong_loss_for_task": ("whygrad whatif xor-corners --swap bce=mae",),
    "vanishing_gradient": SLOPE,
    "exploding_gradient": ("whygrad whatif flow --set w2=1000", "whygrad why flow dL/dw1"),
    "dead_relu": ("whygrad whatif flow --set b1=-4", *GATE),
    "saturated_activation": SLOPE,
    "bad_initialisation": ("whygrad whatif xor --swap he=zeros", *PASS),
    "missing_activation": ("whygrad whatif xor --swap relu=linear",),
    "learning_rate_too_high": ("whygrad whatif xor --learning-rate 5", *RATE),
    "learning_rate_too_low": ("whygrad whatif xor --learning-rate 0.0001 --iterations 50", *RATE),
    "oscillating_loss": ("whygrad whatif xor --learning-rate 5 --iterations 50",),
    "underfitting": ("whygrad whatif xor --swap relu=linear --iterations 50",),
    "wrong_backward": ("whygrad nudge flow w1", "whygrad why flow dL/dw1"),
}
