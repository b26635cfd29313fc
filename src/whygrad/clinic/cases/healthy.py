"""Healthy runs, each of which resembles some fault at a glance."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup, Story
from whygrad.clinic.cases.usual import DIGITS
from whygrad.clinic.model_source import ModelSource, convolutions, mlp, residual
from whygrad.clinic.parts import BCE, CROSS_ENTROPY, MSE, adam, sgd, warm_cosine

SPARSE = mlp(64, 512, 10).then("nn.init.constant_(model[0].bias, -0.35)")
RANDOM_FEATURES: ModelSource = (
    mlp(64, 800, 10, act="tanh").then("nn.init.normal_(model[0].weight, std=0.25)").frozen(0)
)


def _healthy(name: str, story: Story, setup: Setup) -> Case[Setup]:
    return Case(name, family="healthy", causes=(), story=story, setup=setup)


CASES = (
    _healthy("h_digits_adam", stories.DIGITS, DIGITS),
    _healthy(
        "h_digits_sgd_mom", stories.DIGITS, replace(DIGITS, optimizer=sgd(0.05, 0.9), epochs=20)
    ),
    _healthy("h_naturally_sparse_relu", stories.DIGITS, replace(DIGITS, model=SPARSE, epochs=20)),
    _healthy(
        "h_fully_converged_tiny_grads",
        stories.WINE,
        Setup(
            data.table("wine", "classes"),
            mlp(13, 32, 3, act="tanh"),
            CROSS_ENTROPY,
            adam(1e-2),
            epochs=250,
        ),
    ),
    _healthy(
        "h_raw_0_16_pixels_adam_bn",
        stories.DIGITS,
        replace(DIGITS, data=data.digits(1.0), model=mlp(64, 64, 64, 10, norm=True)),
    ),
    _healthy(
        "h_high_lr_ok_logreg",
        stories.CANCER,
        Setup(data.table("breast_cancer", "binary"), mlp(30, 1), BCE, sgd(1.0), epochs=30),
    ),
    _healthy(
        "h_dropout_val_above_train",
        stories.DIGITS,
        replace(DIGITS, model=mlp(64, 128, 128, 10, drop=0.5), epochs=20),
    ),
    _healthy(
        "h_intentional_freeze_random_features",
        stories.DIGITS,
        replace(DIGITS, model=RANDOM_FEATURES),
    ),
    _healthy(
        "h_sigmoid_bce_correct_pair",
        stories.MOONS,
        Setup(
            data.moons(),
            mlp(2, 32, 32, 1, last="nn.Sigmoid()"),
            nn.BCELoss(),
            adam(5e-3),
            epochs=40,
        ),
    ),
    _healthy(
        "h_warmup_cosine",
        stories.DIGITS,
        replace(DIGITS, optimizer=sgd(0.2), epochs=30, schedule=warm_cosine),
    ),
    _healthy(
        "h_deep_tanh_xavier",
        stories.DIGITS,
        replace(
            DIGITS,
            model=mlp(64, *[64] * 6, 10, act="tanh", init="xavier"),
            optimizer=adam(1e-3),
            epochs=20,
        ),
    ),
    _healthy(
        "h_sigmoid_2hidden_ok",
        stories.DIGITS,
        replace(
            DIGITS,
            model=mlp(64, 64, 64, 10, act="sigmoid", init="xavier"),
            optimizer=adam(5e-3),
            epochs=30,
        ),
    ),
    _healthy(
        "h_imbalance_90_10_learned",
        stories.TWO_CLASSES,
        Setup(data.rare(0.1), mlp(10, 32, 1), BCE, adam(5e-3), epochs=40),
    ),
    _healthy(
        "h_small_batch_noisy_loss",
        stories.DIGITS,
        replace(DIGITS, optimizer=sgd(0.01), batch=4, epochs=15),
    ),
    _healthy(
        "h_cnn_digits",
        stories.PICTURES,
        replace(
            DIGITS,
            data=data.images(1),
            model=convolutions(1),
            optimizer=adam(3e-3),
            epochs=25,
        ),
    ),
    _healthy(
        "h_spirals_deep_residual",
        stories.SPIRALS,
        Setup(data.spirals, residual(10, 32), CROSS_ENTROPY, adam(3e-3), epochs=60),
    ),
    _healthy(
        "h_diabetes_linear_low_ceiling",
        stories.DIABETES,
        Setup(
            data.table("diabetes", "numbers"),
            mlp(10, 1),
            MSE,
            sgd(0.02),
            epochs=60,
            metric="r2",
        ),
    ),
    _healthy(
        "h_leakyrelu_selu_mix",
        stories.MOONS,
        Setup(data.moons(), mlp(2, 32, 32, 1, act="selu"), BCE, adam(5e-3), epochs=40),
    ),
)
