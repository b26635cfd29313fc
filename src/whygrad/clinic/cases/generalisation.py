"""Networks with too much room or too little, regularised too hard or not at all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases.usual import DIGITS
from whygrad.clinic.model_source import mlp
from whygrad.clinic.parts import BCE, CROSS_ENTROPY, adam, sgd

CASES = (
    Case(
        "overfit_small_noisy_moons",
        family="generalisation",
        causes=("overfitting",),
        story=stories.MOONS,
        setup=Setup(data.few_moons, mlp(2, 256, 256, 256, 1), BCE, adam(1e-3), epochs=400),
        repair={
            "optimizer": partial(torch.optim.AdamW, lr=1e-3, weight_decay=3.0),
            "epochs": 120,
        },
    ),
    Case(
        "missing_nonlinearity_spirals",
        family="capacity",
        causes=("missing_activation", "underfitting"),
        story=stories.SPIRALS,
        setup=Setup(
            data.spirals, mlp(2, 64, 64, 64, 3, act="none"), CROSS_ENTROPY, adam(5e-3), epochs=80
        ),
        repair={"model": mlp(2, 64, 64, 64, 3)},
    ),
    Case(
        "underfit_too_narrow_digits",
        family="capacity",
        causes=("underfitting",),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=mlp(64, 1, 10), optimizer=adam(3e-3), epochs=40),
        repair={"model": mlp(64, 64, 10)},
    ),
    Case(
        "over_regularised_l2",
        family="generalisation",
        causes=("over_regularisation",),
        story=stories.DIGITS,
        setup=replace(DIGITS, optimizer=sgd(0.05, 0.9, decay=0.5), epochs=30),
        repair={"optimizer": sgd(0.05, 0.9, decay=1e-4)},
    ),
    Case(
        "dropout_095",
        family="generalisation",
        causes=("over_regularisation",),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=mlp(64, 64, 64, 10, drop=0.95), epochs=40),
        repair={"model": mlp(64, 64, 64, 10, drop=0.1)},
    ),
)
