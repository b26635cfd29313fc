"""Steps that are too long or too short, of the wrong sign, or from a start they cannot leave."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases.usual import CANCER, DIGITS
from whygrad.clinic.model_source import mlp
from whygrad.clinic.parts import BCE, CROSS_ENTROPY, MSE, adam, sgd

CASES = (
    Case(
        "lr_too_high_quadratic_SO48934338",
        family="optimisation",
        causes=("learning_rate_too_high",),
        story=stories.SQUARE,
        setup=Setup(
            data.curve("square"), mlp(1, 50, 30, 1), MSE, sgd(0.1), epochs=800, metric="r2"
        ),
        repair={"optimizer": sgd(5e-4)},
    ),
    Case(
        "lr_too_high_adam_digits",
        family="optimisation",
        causes=("learning_rate_too_high",),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=mlp(64, 64, 64, 64, 10), optimizer=adam(0.3), epochs=25),
        repair={"optimizer": adam(2e-3)},
    ),
    Case(
        "oscillating_batch1_blobs_AT",
        family="optimisation",
        causes=("oscillating_loss",),
        story=stories.BLOBS,
        setup=Setup(
            data.drawn("blobs", "classes", n_samples=1000, centers=3, cluster_std=2.0),
            mlp(2, 50, 3, init="he"),
            CROSS_ENTROPY,
            sgd(0.01, 0.9),
            epochs=25,
            batch=1,
        ),
        repair={"batch": 32},
    ),
    Case(
        "lr_too_low_digits",
        family="optimisation",
        causes=("learning_rate_too_low",),
        story=stories.DIGITS,
        setup=replace(DIGITS, optimizer=sgd(1e-5), epochs=30),
        repair={"optimizer": sgd(0.1)},
    ),
    Case(
        "lr_too_low_adam_diabetes",
        family="optimisation",
        causes=("learning_rate_too_low",),
        story=stories.DIABETES,
        setup=Setup(
            data.table("diabetes", "numbers"),
            mlp(10, 32, 1),
            MSE,
            adam(1e-6),
            epochs=60,
            metric="r2",
        ),
        repair={"optimizer": adam(3e-3)},
    ),
    Case(
        "clip_norm_too_tight",
        family="optimisation",
        causes=("learning_rate_too_low",),
        story=stories.DIGITS,
        setup=replace(DIGITS, optimizer=sgd(0.1, 0.9), epochs=30, clip=1e-4),
        repair={"clip": 5.0},
    ),
    Case(
        "adam_eps_too_large",
        family="optimisation",
        causes=("learning_rate_too_low",),
        story=stories.DIGITS,
        setup=replace(DIGITS, optimizer=adam(1e-3, eps=10), epochs=30),
        repair={"optimizer": adam(1e-3)},
    ),
    Case(
        "sum_reduction_lr",
        family="optimisation",
        causes=("learning_rate_too_high",),
        story=stories.FRIEDMAN,
        setup=Setup(
            data.friedman(),
            mlp(10, 64, 64, 1),
            nn.MSELoss(reduction="sum"),
            sgd(0.05),
            epochs=60,
            batch=64,
            metric="r2",
        ),
        repair={"loss": MSE},
    ),
    Case(
        "gradient_ascent_sign_flip",
        family="optimisation",
        causes=("wrong_sign_of_objective",),
        story=stories.CANCER,
        setup=replace(CANCER, slip="negated"),
        repair={"slip": ""},
    ),
    Case(
        "zero_init_moons",
        family="initialisation",
        causes=("bad_initialisation",),
        story=stories.MOONS,
        setup=Setup(data.moons(), mlp(2, 32, 32, 1, init="zero"), BCE, sgd(0.1, 0.9), epochs=60),
        repair={"model": mlp(2, 32, 32, 1, init="he")},
    ),
)
