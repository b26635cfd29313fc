"""Rows that are scaled, labelled, split or ordered in a way that keeps a run from learning."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases.usual import CANCER, DIGITS
from whygrad.clinic.model_source import mlp, sequential
from whygrad.clinic.parts import BCE, CROSS_ENTROPY, MSE, adam, sgd

CASES = (
    Case(
        "unscaled_target_x4_SO52800582",
        family="data",
        causes=("unscaled_targets",),
        story=stories.FOURTH,
        setup=Setup(
            data.curve("fourth"),
            sequential(
                "nn.Linear(1, 50)",
                "nn.Sigmoid()",
                "nn.Linear(50, 50)",
                "nn.ELU()",
                "nn.Linear(50, 1)",
            ),
            MSE,
            adam(1e-2),
            epochs=500,
            batch=1000,
            metric="r2",
        ),
        repair={"data": data.curve("fourth", scale=True)},
    ),
    Case(
        "unnormalised_inputs_cancer",
        family="data",
        causes=("unnormalised_inputs",),
        story=stories.CANCER,
        setup=replace(
            CANCER,
            data=data.table("breast_cancer", "binary", scale=False),
            optimizer=sgd(0.05),
            epochs=40,
        ),
        repair={"data": CANCER.data},
    ),
    Case(
        "val_not_normalised_SO59325381",
        family="data",
        causes=("train_val_preprocessing_mismatch",),
        story=stories.WINE,
        setup=Setup(data.raw_validation, mlp(13, 32, 3), CROSS_ENTROPY, adam(5e-3), epochs=40),
        repair={"data": data.table("wine", "classes")},
    ),
    Case(
        "nan_in_inputs",
        family="data",
        causes=("nan_in_data",),
        story=stories.CANCER,
        setup=replace(CANCER, data=data.with_nan),
        repair={"data": CANCER.data},
    ),
    Case(
        "label_noise_40_digits",
        family="data",
        causes=("label_noise",),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            data=data.noisy_labels,
            model=mlp(64, 256, 256, 10),
            optimizer=adam(1e-3),
            epochs=80,
        ),
        repair={"data": DIGITS.data},
    ),
    Case(
        "class_imbalance_2pct",
        family="data",
        causes=("class_imbalance",),
        story=stories.TWO_CLASSES,
        setup=Setup(data.rare(0.02), mlp(10, 8, 1), BCE, sgd(0.02), epochs=20, batch=64),
        repair={"loss": nn.BCEWithLogitsLoss(pos_weight=torch.tensor(49.0))},
    ),
    Case(
        "no_shuffle_sorted_labels",
        family="data",
        causes=("no_shuffling",),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            data=data.in_order(DIGITS.data),
            optimizer=sgd(0.1, 0.9),
            epochs=20,
            slip="in_order",
        ),
        repair={"slip": ""},
    ),
    Case(
        "leak_duplicates_across_split",
        family="leakage",
        causes=("data_leakage",),
        story=stories.MOONS,
        setup=Setup(data.copied(False), mlp(2, 256, 256, 1), BCE, adam(3e-3), epochs=120),
        repair={"data": data.copied(True), "epochs": 3},
    ),
    Case(
        "leak_target_feature",
        family="leakage",
        causes=("data_leakage",),
        story=stories.ABOVE_MEDIAN,
        setup=Setup(data.above_median(leaky=True), mlp(11, 16, 1), BCE, adam(3e-3), epochs=40),
        repair={
            "data": data.above_median(leaky=False),
            "model": mlp(10, 16, 1),
            "epochs": 15,
        },
    ),
)
