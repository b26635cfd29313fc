"""What the author of a run would tell of the task and the rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """A task in a sentence, and what a row is."""

    task: str
    rows: str


_DIGITS = Story(
    "Say which of the ten digits is on a small picture.",
    "A row is 64 grey values, 8 × 8, of one handwritten digit.",
)
_PICTURES = Story(
    "Say which of the ten digits is on a small picture, with convolutions.",
    "A row is a picture of 8 × 8 pixels of one handwritten digit.",
)
_CHANNELS = Story(
    "Say which of the ten digits is on a small picture, with convolutions.",
    "A row is a picture of 8 × 8 pixels, the channels last: the digit, and two others.",
)
_MOONS = Story(
    "Say on which of two interleaved half moons a point lies.",
    "A row is a point of the plane: two numbers.",
)
_CIRCLES = Story(
    "Say on which of two rings, one inside the other, a point lies.",
    "A row is a point of the plane: two numbers.",
)
_SPIRALS = Story(
    "Say on which of three spiral arms a point lies.", "A row is a point of the plane: two numbers."
)
_BLOBS = Story(
    "Say to which of three clouds of points a point belongs.",
    "A row is a point of the plane: two numbers.",
)
_CANCER = Story(
    "Say whether a breast tumour is benign.",
    "A row is 30 measurements of cell nuclei: radii, areas, textures and the like.",
)
_WINE = Story(
    "Say from which of three growers a wine is.",
    "A row is 13 chemical measurements of one wine.",
)
_IRIS = Story(
    "Say of which of three kinds an iris is.", "A row is four lengths, in cm, of one flower."
)
_DIABETES = Story(
    "Foretell how far a patient's diabetes has moved on after a year.",
    "A row is ten measurements of one patient: age, blood pressure and the like.",
)
_ABOVE = Story(
    "Say whether a patient's diabetes has moved on more than the median after a year.",
    "A row is eleven measurements of one patient, as they stand in the table.",
)
_REGRESSION = Story(
    "Foretell a number from twenty measurements.",
    "A row is twenty numbers; what is wanted is a weighted sum of some, with a little noise.",
)
_FRIEDMAN = Story(
    "Foretell a number from ten measurements, five of which matter, not all linearly.",
    "A row is ten numbers between 0 and 1.",
)
_SQUARE = Story("Fit a noisy parabola.", "A row is one number, x; what is wanted is near 5 x².")
_LINE = Story("Fit a noisy straight line.", "A row is one number, x; what is wanted is near 100 x.")
_FOURTH = Story("Fit x⁴ for whole x from −100 to 99.", "A row is one number, x.")
_XOR = Story(
    "Say whether exactly one of two inputs is 1.", "A row is two bits; there are four rows."
)
_TWO = Story(
    "Tell two classes apart by ten measurements.", "A row is ten numbers, four of which matter."
)
_SEQUENCE = Story(
    "Say, at the end of a sequence, which of two marks it began with.",
    "A row is 60 steps of two numbers; the mark is in the first step, the rest is noise.",
)

# Which author tells what; the cases are those of `cases`.
_TOLD: tuple[tuple[Story, str], ...] = (
    (
        _DIGITS,
        "dead_relu_high_lr_digits saturated_tanh_large_init_digits lr_too_high_adam_digits "
        "lr_too_low_digits clip_norm_too_tight adam_eps_too_large double_softmax_ce_digits "
        "mse_on_class_index log_of_softmax_nan_IPS14 softmax_over_batch_dim label_noise_40_digits "
        "no_shuffle_sorted_labels underfit_too_narrow_digits over_regularised_l2 dropout_095 "
        "missing_zero_grad_SO60335387 missing_optimizer_step optimizer_holds_old_model "
        "frozen_all_but_bn_forum84911 detach_between_encoder_head loss_rewrapped_item "
        "train_mode_at_eval_dropout_bn batchnorm_batch2 h_digits_adam h_digits_sgd_mom "
        "h_naturally_sparse_relu h_raw_0_16_pixels_adam_bn h_dropout_val_above_train "
        "h_intentional_freeze_random_features h_warmup_cosine h_deep_tanh_xavier "
        "h_sigmoid_2hidden_ok h_small_batch_noisy_loss np_missing_act_derivative "
        "np_wrong_sigmoid_derivative np_int_params",
    ),
    (_PICTURES, "h_cnn_digits"),
    (_CHANNELS, "view_instead_of_permute_cnn"),
    (
        _MOONS,
        "dead_relu_negative_bias zero_init_moons softmax_one_unit_bce_SO31880720 "
        "leak_duplicates_across_split overfit_small_noisy_moons h_sigmoid_bce_correct_pair "
        "h_leakyrelu_selu_mix",
    ),
    (_CIRCLES, "vanish_sigmoid_deep_circles"),
    (
        _SPIRALS,
        "plain_deep60_no_residual_spirals missing_nonlinearity_spirals backbone_frozen_by_mistake "
        "h_spirals_deep_residual",
    ),
    (_BLOBS, "oscillating_batch1_blobs_AT"),
    (
        _CANCER,
        "gradient_ascent_sign_flip unnormalised_inputs_cancer nan_in_inputs h_high_lr_ok_logreg",
    ),
    (
        _WINE,
        "saturated_sigmoid_raw_wine val_not_normalised_SO59325381 h_fully_converged_tiny_grads",
    ),
    (_IRIS, "sigmoid_then_ce_iris_SO51930566"),
    (_DIABETES, "lr_too_low_adam_diabetes h_diabetes_linear_low_ceiling"),
    (_ABOVE, "leak_target_feature"),
    (_REGRESSION, "explode_init_std1_regression"),
    (_FRIEDMAN, "sum_reduction_lr relu_output_negative_targets_SO48251943"),
    (_SQUARE, "lr_too_high_quadratic_SO48934338"),
    (_LINE, "sigmoid_output_unbounded_SO48221692"),
    (_FOURTH, "unscaled_target_x4_SO52800582"),
    (_XOR, "mae_sigmoid_xor_SO31556268"),
    (_TWO, "class_imbalance_2pct h_imbalance_90_10_learned"),
    (_SEQUENCE, "rnn_vanish_long_lag"),
)
STORIES = {name: story for story, names in _TOLD for name in names.split()}
