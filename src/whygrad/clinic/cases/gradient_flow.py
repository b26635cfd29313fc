"""Gradients that vanish or explode, and units that are dead or saturated."""

from __future__ import annotations

from dataclasses import replace

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases.usual import DIGITS
from whygrad.clinic.model_source import mlp, recurrent, residual
from whygrad.clinic.parts import BCE, CROSS_ENTROPY, MSE, adam, sgd

CASES = (
    Case(
        "vanish_sigmoid_deep_circles",
        family="gradient_flow",
        causes=("vanishing_gradient",),
        story=stories.CIRCLES,
        setup=Setup(
            data.drawn("circles", "binary", n_samples=1000, noise=0.1, factor=0.5),
            mlp(2, *[5] * 8, 1, act="sigmoid", init="he_uniform"),
            BCE,
            adam(1e-3),
            epochs=150,
            batch=128,
        ),
        repair={"model": mlp(2, *[5] * 8, 1, init="he")},
    ),
    Case(
        "explode_init_std1_regression",
        family="gradient_flow",
        causes=("bad_initialisation", "exploding_gradient"),
        story=stories.REGRESSION,
        setup=Setup(
            data.drawn(
                "regression", "numbers", scale_y=True, n_samples=1000, n_features=20, noise=5
            ),
            mlp(20, *[64] * 6, 1, init="normal"),
            MSE,
            sgd(0.01),
            epochs=30,
            metric="r2",
        ),
        repair={"model": mlp(20, *[64] * 6, 1, init="he")},
    ),
    Case(
        "dead_relu_negative_bias",
        family="activation",
        causes=("bad_initialisation", "dead_relu"),
        story=stories.MOONS,
        setup=Setup(data.moons(), mlp(2, 64, 64, 1, bias=-4.0), BCE, sgd(0.05, 0.9), epochs=60),
        repair={"model": mlp(2, 64, 64, 1, bias=0.0)},
    ),
    Case(
        "dead_relu_high_lr_digits",
        family="activation",
        causes=("learning_rate_too_high", "dead_relu"),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=mlp(64, 64, 64, 10), optimizer=sgd(2, 0.9), epochs=30),
        repair={"optimizer": sgd(0.05, 0.9)},
    ),
    Case(
        "saturated_sigmoid_raw_wine",
        family="activation",
        causes=("unnormalised_inputs", "saturated_activation"),
        story=stories.WINE,
        setup=Setup(
            data.table("wine", "classes", scale=False),
            mlp(13, 32, 3, act="sigmoid"),
            CROSS_ENTROPY,
            sgd(0.05, 0.9),
            epochs=60,
        ),
        repair={"data": data.table("wine", "classes")},
    ),
    Case(
        "saturated_tanh_large_init_digits",
        family="activation",
        causes=("bad_initialisation", "saturated_activation"),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            model=mlp(64, *[64] * 4, 10, act="tanh", init="normal", std=3),
            optimizer=sgd(0.02, 0.9),
            epochs=40,
        ),
        repair={"model": mlp(64, *[64] * 4, 10, act="tanh", init="xavier")},
    ),
    Case(
        "plain_deep60_no_residual_spirals",
        family="gradient_flow",
        causes=("vanishing_gradient",),
        story=stories.SPIRALS,
        setup=Setup(
            data.spirals, mlp(2, *[16] * 60, 3, init="he"), CROSS_ENTROPY, sgd(0.01, 0.9), epochs=60
        ),
        repair={"model": residual(59, 16)},
    ),
    Case(
        "rnn_vanish_long_lag",
        family="gradient_flow",
        causes=("vanishing_gradient",),
        story=stories.SEQUENCE,
        setup=Setup(data.long_lag, recurrent(0.5), BCE, sgd(0.05, 0.9), epochs=25, batch=64),
        repair={"model": recurrent(1.0), "clip": 1.0},
    ),
)
