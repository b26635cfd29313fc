# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""The doctor's cases: each a faulty training run and its repaired twin, or a healthy run.

They are built from `tests/faults/cases.json`, which says in words what each is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from whygrad.clinic import data

Tensor = torch.Tensor


@dataclass(frozen=True)
class Setup:
    """One training run, as its author wrote it."""

    data: data.Make
    model: Callable[[], nn.Module]
    loss: Callable[..., Tensor]
    optimizer: Callable[..., torch.optim.Optimizer]
    epochs: int
    batch: int = 32
    metric: str = "accuracy"
    wrong: str = ""  # what the loop gets wrong, or has besides
    schedule: Callable[[Any, int], Any] | None = None
    clip: float | None = None


@dataclass(frozen=True)
class Case:
    """A run with the causes that are right to name (none for a healthy run)."""

    name: str
    family: str
    causes: tuple[str, ...]
    faulty: Setup
    fixed: Setup | None = None
    tags: frozenset[str] = field(default_factory=frozenset)


# --- models -----------------------------------------------------------------------------------

ACTS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "selu": nn.SELU, "elu": nn.ELU,
    "none": nn.Identity,
}  # fmt: skip


def mlp(
    *sizes: int,
    act: str = "relu",
    init: str = "torch",
    std: float = 1.0,
    bias: float | None = None,
    last: nn.Module | None = None,
    norm: bool = False,
    drop: float = 0.0,
) -> nn.Module:
    """Return fully connected layers."""
    layers: list[nn.Module] = []
    for n, (a, b) in enumerate(pairwise(sizes)):
        linear = nn.Linear(a, b)
        with torch.no_grad():
            if init == "he":
                nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
                linear.bias.zero_()
            elif init == "he_uniform":
                nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
                linear.bias.zero_()
            elif init == "xavier":
                nn.init.xavier_uniform_(linear.weight)
                linear.bias.zero_()
            elif init == "normal":
                nn.init.normal_(linear.weight, std=std)
            elif init == "zero":
                linear.weight.zero_()
                linear.bias.zero_()
            hidden = n < len(sizes) - 2
            if bias is not None and (hidden or init != "sparse"):
                linear.bias.fill_(bias)
        layers.append(linear)
        if hidden:
            layers += [nn.BatchNorm1d(b)] if norm else []
            if act != "none":
                layers.append(ACTS[act]())
            layers += [nn.Dropout(drop)] if drop else []
    return nn.Sequential(*layers, *([last] if last is not None else []))


class Residual(nn.Module):
    """Blocks that add to what passes by them, each a small share."""

    def __init__(self, blocks: int, width: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(2, width), nn.Linear(width, 3)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        for block in self.blocks:
            assert isinstance(block, nn.Linear)
            nn.init.kaiming_normal_(block.weight, nonlinearity="relu")
            nn.init.zeros_(block.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for block in self.blocks:
            x = x + block(F.relu(x)) / len(self.blocks) ** 0.5
        return self.last(x)


class Recurrent(nn.Module):
    """A tanh network through time that answers at the end."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.rnn, self.head = nn.RNN(2, 24, batch_first=True), nn.Linear(24, 1)
        with torch.no_grad():
            through_time = self.rnn.get_parameter("weight_hh_l0")
            nn.init.orthogonal_(through_time)
            through_time *= gain

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0][:, -1])


class Encoder(nn.Module):
    """An encoder and a head, cut apart or not."""

    def __init__(self, cut: bool) -> None:
        super().__init__()
        self.cut = cut
        self.encoder = nn.Sequential(nn.Linear(64, 3), nn.Tanh())
        self.head = mlp(3, 32, 10)

    def forward(self, x: Tensor) -> Tensor:
        z = self.encoder(x)
        return self.head(z.detach() if self.cut else z)


class Conv(nn.Module):
    """Two convolutions; `scrambled` reshapes channels-last images instead of permuting them."""

    def __init__(self, channels: int, scrambled: bool = False) -> None:
        super().__init__()
        self.channels, self.scrambled = channels, scrambled
        self.features = nn.Sequential(
            nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        if self.channels > 1:
            x = x.reshape(len(x), self.channels, 8, 8) if self.scrambled else x.permute(0, 3, 1, 2)
        return self.features(x)


def frozen(model: nn.Module, keep: str) -> nn.Module:
    """Return the model with all but parameters whose name begins with `keep` frozen."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(keep))
    return model


def random_features() -> nn.Module:
    """Return 800 frozen random features and a head."""
    model = mlp(64, 800, 10, act="tanh")
    nn.init.normal_(model[0].weight, std=0.25)  # type: ignore[index]
    return frozen(model, "2")


# --- losses and optimizers --------------------------------------------------------------------

ce, bce, mse = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()


def unstable(z: Tensor, y: Tensor) -> Tensor:
    """Minus the log of a softmax, written out."""
    return -(F.one_hot(y, z.shape[1]) * torch.log(torch.softmax(z, 1))).sum(1).mean()


def sgd(lr: float, m: float = 0.0, wd: float = 0.0) -> Callable[..., torch.optim.Optimizer]:
    """Return stochastic gradient descent with momentum and weight decay."""
    return partial(torch.optim.SGD, lr=lr, momentum=m, weight_decay=wd)


def adam(lr: float, **more: Any) -> Callable[..., torch.optim.Optimizer]:
    """Return Adam."""
    return partial(torch.optim.Adam, lr=lr, **more)


def warm_cosine(optimizer: Any, epochs: int) -> Any:
    """Warm up for eight epochs, then fall to zero."""
    import math

    def factor(e: int) -> float:
        return (e + 1) / 8 if e < 8 else 0.5 * (1 + math.cos(math.pi * (e - 8) / (epochs - 8)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


# --- the cases --------------------------------------------------------------------------------


def faults() -> Iterator[Case]:
    """Every fault with its twin."""

    def case(name: str, family: str, causes: str, base: Setup, **fix: Any) -> Case:
        return Case(
            name, family, tuple(causes.split()), base, replace(base, **fix) if fix else None
        )

    M = lambda *a, **k: partial(mlp, *a, **k)  # noqa: E731
    D = data.digits()
    dig = Setup(D, M(64, 64, 10), ce, adam(2e-3), 15)
    circles = data.drawn("circles", "binary", n_samples=1000, noise=0.1, factor=0.5)
    yield case(
        "vanish_sigmoid_deep_circles",
        "gradient_flow",
        "vanishing_gradient",
        Setup(
            circles, M(2, *[5] * 8, 1, act="sigmoid", init="he_uniform"), bce, adam(1e-3), 150, 128
        ),
        model=M(2, *[5] * 8, 1, act="relu", init="he"),
    )
    regression = data.drawn(
        "regression", "numbers", scale_y=True, n_samples=1000, n_features=20, noise=5
    )
    yield case(
        "explode_init_std1_regression",
        "gradient_flow",
        "bad_initialisation exploding_gradient",
        Setup(regression, M(20, *[64] * 6, 1, init="normal"), mse, sgd(0.01), 30, metric="r2"),
        model=M(20, *[64] * 6, 1, init="he"),
    )
    yield case(
        "dead_relu_negative_bias",
        "activation",
        "bad_initialisation dead_relu",
        Setup(data.moons(), M(2, 64, 64, 1, bias=-4.0), bce, sgd(0.05, 0.9), 60),
        model=M(2, 64, 64, 1, bias=0.0),
    )
    yield case(
        "dead_relu_high_lr_digits",
        "activation",
        "learning_rate_too_high dead_relu",
        replace(dig, model=M(64, 64, 64, 10), optimizer=sgd(2, 0.9), epochs=30),
        optimizer=sgd(0.05, 0.9),
    )
    wine = Setup(
        data.table("wine", "classes", scale=False),
        M(13, 32, 3, act="sigmoid"),
        ce,
        sgd(0.05, 0.9),
        60,
    )
    yield case(
        "saturated_sigmoid_raw_wine",
        "activation",
        "unnormalised_inputs saturated_activation",
        wine,
        data=data.table("wine", "classes"),
    )
    yield case(
        "saturated_tanh_large_init_digits",
        "activation",
        "bad_initialisation saturated_activation",
        replace(
            dig,
            model=M(64, *[64] * 4, 10, act="tanh", init="normal", std=3),
            optimizer=sgd(0.02, 0.9),
            epochs=40,
        ),
        model=M(64, *[64] * 4, 10, act="tanh", init="xavier"),
    )
    yield case(
        "plain_deep60_no_residual_spirals",
        "gradient_flow",
        "vanishing_gradient",
        Setup(data.spirals, M(2, *[16] * 60, 3, init="he"), ce, sgd(0.01, 0.9), 60),
        model=lambda: Residual(59, 16),
    )
    yield case(
        "rnn_vanish_long_lag",
        "gradient_flow",
        "vanishing_gradient",
        Setup(data.long_lag, lambda: Recurrent(0.5), bce, sgd(0.05, 0.9), 25, 64),
        model=lambda: Recurrent(1.0),
        clip=1.0,
    )
    square = Setup(data.curve("square"), M(1, 50, 30, 1), mse, sgd(0.1), 800, metric="r2")
    yield case(
        "lr_too_high_quadratic_SO48934338",
        "optimisation",
        "learning_rate_too_high",
        square,
        optimizer=sgd(5e-4),
    )
    yield case(
        "lr_too_high_adam_digits",
        "optimisation",
        "learning_rate_too_high",
        replace(dig, model=M(64, 64, 64, 64, 10), optimizer=adam(0.3), epochs=25),
        optimizer=adam(2e-3),
    )
    blobs = data.drawn("blobs", "classes", n_samples=1000, centers=3, cluster_std=2.0)
    yield case(
        "oscillating_batch1_blobs_AT",
        "optimisation",
        "oscillating_loss",
        Setup(blobs, M(2, 50, 3, init="he"), ce, sgd(0.01, 0.9), 25, 1),
        batch=32,
    )
    yield case(
        "lr_too_low_digits",
        "optimisation",
        "learning_rate_too_low",
        replace(dig, optimizer=sgd(1e-5), epochs=30),
        optimizer=sgd(0.1),
    )
    diabetes = data.table("diabetes", "numbers")
    yield case(
        "lr_too_low_adam_diabetes",
        "optimisation",
        "learning_rate_too_low",
        Setup(diabetes, M(10, 32, 1), mse, adam(1e-6), 60, metric="r2"),
        optimizer=adam(3e-3),
    )
    yield case(
        "clip_norm_too_tight",
        "optimisation",
        "learning_rate_too_low",
        replace(dig, optimizer=sgd(0.1, 0.9), epochs=30, clip=1e-4),
        clip=5.0,
    )
    yield case(
        "adam_eps_too_large",
        "optimisation",
        "learning_rate_too_low",
        replace(dig, optimizer=adam(1e-3, eps=10), epochs=30),
        optimizer=adam(1e-3),
    )
    friedman = data.drawn("friedman1", "numbers", scale_y=True, n_samples=800)
    yield case(
        "sum_reduction_lr",
        "optimisation",
        "learning_rate_too_high",
        Setup(friedman, M(10, 64, 64, 1), nn.MSELoss(reduction="sum"), sgd(0.05), 60, 64, "r2"),
        loss=mse,
    )
    cancer = Setup(data.table("breast_cancer", "binary"), M(30, 16, 1), bce, adam(1e-3), 25)
    yield case(
        "gradient_ascent_sign_flip",
        "optimisation",
        "wrong_sign_of_objective",
        replace(cancer, wrong="negated"),
        wrong="",
    )
    yield case(
        "zero_init_moons",
        "initialisation",
        "bad_initialisation",
        Setup(data.moons(), M(2, 32, 32, 1, init="zero"), bce, sgd(0.1, 0.9), 60),
        model=M(2, 32, 32, 1, init="he"),
    )
    yield case(
        "softmax_one_unit_bce_SO31880720",
        "loss_pairing",
        "wrong_loss_activation_pair",
        Setup(data.moons(), M(2, 32, 1, last=nn.Softmax(1)), nn.BCELoss(), adam(5e-3), 40),
        model=M(2, 32, 1, last=nn.Sigmoid()),
    )
    yield case(
        "double_softmax_ce_digits",
        "loss_pairing",
        "double_softmax wrong_loss_activation_pair",
        replace(dig, model=M(64, 64, 64, 10, last=nn.Softmax(1)), optimizer=sgd(0.1), epochs=25),
        model=M(64, 64, 64, 10),
    )
    yield case(
        "sigmoid_then_ce_iris_SO51930566",
        "loss_pairing",
        "wrong_loss_activation_pair",
        Setup(
            data.table("iris", "classes", scale=False),
            M(4, 8, 3, last=nn.Sigmoid()),
            ce,
            sgd(0.05),
            40,
            5,
        ),
        model=M(4, 8, 3),
    )
    yield case(
        "relu_output_negative_targets_SO48251943",
        "loss_pairing",
        "output_activation_range_mismatch",
        Setup(friedman, M(10, 32, 1, last=nn.ReLU()), mse, adam(5e-3), 60, metric="r2"),
        model=M(10, 32, 1),
    )
    line = Setup(
        data.curve("line"),
        M(1, 5, 1, act="sigmoid", last=nn.Sigmoid()),
        mse,
        sgd(0.01, 0.5),
        200,
        metric="r2",
    )
    yield case(
        "sigmoid_output_unbounded_SO48221692",
        "loss_pairing",
        "output_activation_range_mismatch",
        line,
        model=M(1, 5, 1, act="sigmoid"),
    )
    yield case(
        "mae_sigmoid_xor_SO31556268",
        "loss_pairing",
        "wrong_loss_for_task learning_rate_too_low",
        Setup(
            data.xor,
            M(2, 4, 1, act="sigmoid", last=nn.Sigmoid()),
            nn.L1Loss(),
            sgd(0.05, 0.11),
            1000,
            4,
        ),
        loss=nn.BCELoss(),
        optimizer=adam(0.05),
    )
    yield case(
        "mse_on_class_index",
        "loss_pairing",
        "wrong_loss_for_task",
        Setup(data.digits(task="index"), M(64, 64, 1), mse, adam(1e-3), 40, metric="rounded"),
        data=D,
        model=M(64, 64, 10),
        loss=ce,
        metric="accuracy",
    )
    yield case(
        "log_of_softmax_nan_IPS14",
        "loss_pairing",
        "numerical_instability",
        replace(
            dig,
            data=data.digits(1.0),
            model=M(64, 10, init="normal"),
            loss=unstable,
            optimizer=sgd(5),
            epochs=25,
        ),
        data=D,
        loss=ce,
        optimizer=sgd(0.1),
    )
    yield case(
        "softmax_over_batch_dim",
        "tensor_shape",
        "batch_dependence",
        replace(
            dig,
            model=M(64, 64, 10, last=nn.LogSoftmax(0)),
            loss=nn.NLLLoss(),
            optimizer=sgd(0.2),
            epochs=20,
            wrong="judged_one",
        ),
        model=M(64, 64, 10, last=nn.LogSoftmax(1)),
    )
    fourth = Setup(
        data.curve("fourth"),
        lambda: nn.Sequential(
            nn.Linear(1, 50), nn.Sigmoid(), nn.Linear(50, 50), nn.ELU(), nn.Linear(50, 1)
        ),
        mse,
        adam(1e-2),
        500,
        1000,
        "r2",
    )
    yield case(
        "unscaled_target_x4_SO52800582",
        "data",
        "unscaled_targets",
        fourth,
        data=data.curve("fourth", scale=True),
    )
    raw = data.table("breast_cancer", "binary", scale=False)
    yield case(
        "unnormalised_inputs_cancer",
        "data",
        "unnormalised_inputs",
        replace(cancer, data=raw, optimizer=sgd(0.05), epochs=40),
        data=cancer.data,
    )
    plain_wine = Setup(data.table("wine", "classes"), M(13, 32, 3), ce, adam(5e-3), 40)
    yield case(
        "val_not_normalised_SO59325381",
        "data",
        "train_val_preprocessing_mismatch",
        replace(plain_wine, data=data.raw_validation),
        data=plain_wine.data,
    )
    yield case(
        "nan_in_inputs",
        "data",
        "nan_in_data",
        replace(cancer, data=data.with_nan),
        data=cancer.data,
    )
    yield case(
        "label_noise_40_digits",
        "data",
        "label_noise",
        replace(
            dig, data=data.noisy_labels, model=M(64, 256, 256, 10), optimizer=adam(1e-3), epochs=80
        ),
        data=D,
    )
    yield case(
        "class_imbalance_2pct",
        "data",
        "class_imbalance",
        Setup(data.rare(0.02), M(10, 8, 1), bce, sgd(0.02), 20, 64),
        loss=nn.BCEWithLogitsLoss(pos_weight=torch.tensor(49.0)),
    )
    yield case(
        "no_shuffle_sorted_labels",
        "data",
        "no_shuffling",
        replace(dig, data=data.in_order(D), optimizer=sgd(0.1, 0.9), epochs=20, wrong="in_order"),
        wrong="",
    )
    yield case(
        "leak_duplicates_across_split",
        "leakage",
        "data_leakage",
        Setup(data.copied(False), M(2, 256, 256, 1), bce, adam(3e-3), 120),
        data=data.copied(True),
        epochs=3,
    )
    yield case(
        "leak_target_feature",
        "leakage",
        "data_leakage",
        Setup(data.told(True), M(11, 16, 1), bce, adam(3e-3), 40),
        data=data.told(False),
        model=M(10, 16, 1),
        epochs=15,
    )
    yield case(
        "overfit_small_noisy_moons",
        "generalisation",
        "overfitting",
        Setup(data.few_moons, M(2, 256, 256, 256, 1), bce, adam(1e-3), 400),
        optimizer=partial(torch.optim.AdamW, lr=1e-3, weight_decay=3.0),
        epochs=120,
    )
    yield case(
        "missing_nonlinearity_spirals",
        "capacity",
        "missing_activation underfitting",
        Setup(data.spirals, M(2, 64, 64, 64, 3, act="none"), ce, adam(5e-3), 80),
        model=M(2, 64, 64, 64, 3),
    )
    yield case(
        "underfit_too_narrow_digits",
        "capacity",
        "underfitting",
        replace(dig, model=M(64, 1, 10), optimizer=adam(3e-3), epochs=40),
        model=M(64, 64, 10),
    )
    yield case(
        "over_regularised_l2",
        "generalisation",
        "over_regularisation",
        replace(dig, optimizer=sgd(0.05, 0.9, 0.5), epochs=30),
        optimizer=sgd(0.05, 0.9, 1e-4),
    )
    yield case(
        "dropout_095",
        "generalisation",
        "over_regularisation",
        replace(dig, model=M(64, 64, 64, 10, drop=0.95), epochs=40),
        model=M(64, 64, 64, 10, drop=0.1),
    )
    yield case(
        "missing_zero_grad_SO60335387",
        "loop",
        "missing_zero_grad",
        replace(
            dig,
            model=M(64, 128, 128, 10),
            optimizer=sgd(0.05, 0.9),
            epochs=20,
            wrong="no_zero_grad",
        ),
        wrong="",
    )
    for name, wrong, cause in (
        ("missing_optimizer_step", "no_step", "missing_optimizer_step"),
        ("optimizer_holds_old_model", "old_model", "optimizer_parameter_mismatch"),
    ):
        yield case(name, "loop", cause, replace(dig, wrong=wrong), wrong="")
    normed = M(64, 64, 64, 10, norm=True)
    yield case(
        "frozen_all_but_bn_forum84911",
        "loop",
        "frozen_layers optimizer_parameter_mismatch",
        replace(dig, model=lambda: _only_norm(normed()), wrong="head_only"),
        model=normed,
        wrong="",
    )
    yield case(
        "backbone_frozen_by_mistake",
        "loop",
        "frozen_layers",
        Setup(data.spirals, lambda: frozen(mlp(2, 64, 64, 3), "4"), ce, adam(5e-3), 80),
        model=M(2, 64, 64, 3),
    )
    yield case(
        "detach_between_encoder_head",
        "loop",
        "graph_broken",
        replace(dig, model=lambda: Encoder(True), optimizer=adam(5e-3), epochs=40),
        model=lambda: Encoder(False),
    )
    yield case("loss_rewrapped_item", "loop", "graph_broken", replace(dig, wrong="item"), wrong="")
    yield case(
        "train_mode_at_eval_dropout_bn",
        "mode",
        "train_mode_at_evaluation",
        replace(dig, model=M(64, 64, 64, 10, norm=True, drop=0.5), epochs=20, wrong="train_mode"),
        wrong="",
    )
    yield case(
        "batchnorm_batch2",
        "mode",
        "batchnorm_small_batch",
        replace(dig, model=normed, optimizer=sgd(0.1), epochs=4, batch=2),
        batch=64,
    )
    yield case(
        "view_instead_of_permute_cnn",
        "tensor_shape",
        "input_layout_scrambled",
        replace(
            dig, data=data.images(3), model=lambda: Conv(3, True), optimizer=adam(3e-3), epochs=25
        ),
        model=lambda: Conv(3),
    )


def _only_norm(model: nn.Module) -> nn.Module:
    for module in model:  # type: ignore[attr-defined]
        if isinstance(module, nn.Linear):
            module.requires_grad_(False)
    return model


def healthy() -> Iterator[Case]:
    """Every healthy run, each like some fault at a glance."""
    M = lambda *a, **k: partial(mlp, *a, **k)  # noqa: E731
    D = data.digits()
    dig = Setup(D, M(64, 64, 10), ce, adam(2e-3), 15)

    def case(name: str, setup: Setup) -> Case:
        return Case(name, "healthy", (), setup)

    yield case("h_digits_adam", dig)
    yield case("h_digits_sgd_mom", replace(dig, optimizer=sgd(0.05, 0.9), epochs=20))
    yield case(
        "h_naturally_sparse_relu", replace(dig, model=_sparse, optimizer=adam(2e-3), epochs=20)
    )
    yield case(
        "h_fully_converged_tiny_grads",
        Setup(data.table("wine", "classes"), M(13, 32, 3, act="tanh"), ce, adam(1e-2), 250),
    )
    yield case(
        "h_raw_0_16_pixels_adam_bn",
        replace(dig, data=data.digits(1.0), model=M(64, 64, 64, 10, norm=True)),
    )
    yield case(
        "h_high_lr_ok_logreg",
        Setup(data.table("breast_cancer", "binary"), M(30, 1), bce, sgd(1.0), 30),
    )
    yield case(
        "h_dropout_val_above_train", replace(dig, model=M(64, 128, 128, 10, drop=0.5), epochs=20)
    )
    yield case("h_intentional_freeze_random_features", replace(dig, model=random_features))
    yield case(
        "h_sigmoid_bce_correct_pair",
        Setup(data.moons(), M(2, 32, 32, 1, last=nn.Sigmoid()), nn.BCELoss(), adam(5e-3), 40),
    )
    yield case("h_warmup_cosine", replace(dig, optimizer=sgd(0.2), epochs=30, schedule=warm_cosine))
    yield case(
        "h_deep_tanh_xavier",
        replace(
            dig,
            model=M(64, *[64] * 6, 10, act="tanh", init="xavier"),
            optimizer=adam(1e-3),
            epochs=20,
        ),
    )
    yield case(
        "h_sigmoid_2hidden_ok",
        replace(
            dig,
            model=M(64, 64, 64, 10, act="sigmoid", init="xavier"),
            optimizer=adam(5e-3),
            epochs=30,
        ),
    )
    yield case(
        "h_imbalance_90_10_learned", Setup(data.rare(0.1), M(10, 32, 1), bce, adam(5e-3), 40)
    )
    yield case("h_small_batch_noisy_loss", replace(dig, optimizer=sgd(0.01), batch=4, epochs=15))
    yield case(
        "h_cnn_digits",
        replace(dig, data=data.images(1), model=lambda: Conv(1), optimizer=adam(3e-3), epochs=25),
    )
    yield case(
        "h_spirals_deep_residual", Setup(data.spirals, lambda: Residual(10, 32), ce, adam(3e-3), 60)
    )
    yield case(
        "h_diabetes_linear_low_ceiling",
        Setup(data.table("diabetes", "numbers"), M(10, 1), mse, sgd(0.02), 60, metric="r2"),
    )
    yield case(
        "h_leakyrelu_selu_mix",
        Setup(data.moons(), M(2, 32, 32, 1, act="selu"), bce, adam(5e-3), 40),
    )


def _sparse() -> nn.Module:
    model = mlp(64, 512, 10)
    nn.init.constant_(model[0].bias, -0.35)  # type: ignore[index]
    return model
