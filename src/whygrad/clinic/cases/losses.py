"""Losses that do not go with the outputs, the targets or the task."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases.usual import DIGITS
from whygrad.clinic.model_source import mlp
from whygrad.clinic.parts import CROSS_ENTROPY, MSE, adam, sgd, unstable

CASES = (
    Case(
        "softmax_one_unit_bce_SO31880720",
        family="loss_pairing",
        causes=("wrong_loss_activation_pair",),
        story=stories.MOONS,
        setup=Setup(
            data.moons(),
            mlp(2, 32, 1, last="nn.Softmax(dim=1)"),
            nn.BCELoss(),
            adam(5e-3),
            epochs=40,
        ),
        repair={"model": mlp(2, 32, 1, last="nn.Sigmoid()")},
    ),
    Case(
        "double_softmax_ce_digits",
        family="loss_pairing",
        causes=("double_softmax", "wrong_loss_activation_pair"),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            model=mlp(64, 64, 64, 10, last="nn.Softmax(dim=1)"),
            optimizer=sgd(0.1),
            epochs=25,
        ),
        repair={"model": mlp(64, 64, 64, 10)},
    ),
    Case(
        "sigmoid_then_ce_iris_SO51930566",
        family="loss_pairing",
        causes=("wrong_loss_activation_pair",),
        story=stories.IRIS,
        setup=Setup(
            data.table("iris", "classes", scale=False),
            mlp(4, 8, 3, last="nn.Sigmoid()"),
            CROSS_ENTROPY,
            sgd(0.05),
            epochs=40,
            batch=5,
        ),
        repair={"model": mlp(4, 8, 3)},
    ),
    Case(
        "relu_output_negative_targets_SO48251943",
        family="loss_pairing",
        causes=("output_activation_range_mismatch",),
        story=stories.FRIEDMAN,
        setup=Setup(
            data.friedman(),
            mlp(10, 32, 1, last="nn.ReLU()"),
            MSE,
            adam(5e-3),
            epochs=60,
            metric="r2",
        ),
        repair={"model": mlp(10, 32, 1)},
    ),
    Case(
        "sigmoid_output_unbounded_SO48221692",
        family="loss_pairing",
        causes=("output_activation_range_mismatch",),
        story=stories.LINE,
        setup=Setup(
            data.curve("line"),
            mlp(1, 5, 1, act="sigmoid", last="nn.Sigmoid()"),
            MSE,
            sgd(0.01, 0.5),
            epochs=200,
            metric="r2",
        ),
        repair={"model": mlp(1, 5, 1, act="sigmoid")},
    ),
    Case(
        "mae_sigmoid_xor_SO31556268",
        family="loss_pairing",
        causes=("wrong_loss_for_task", "learning_rate_too_low"),
        story=stories.XOR,
        setup=Setup(
            data.xor,
            mlp(2, 4, 1, act="sigmoid", last="nn.Sigmoid()"),
            nn.L1Loss(),
            sgd(0.05, 0.11),
            epochs=1000,
            batch=4,
        ),
        repair={"loss": nn.BCELoss(), "optimizer": adam(0.05)},
    ),
    Case(
        "mse_on_class_index",
        family="loss_pairing",
        causes=("wrong_loss_for_task",),
        story=stories.DIGITS,
        setup=Setup(
            data.digits(task="index"),
            mlp(64, 64, 1),
            MSE,
            adam(1e-3),
            epochs=40,
            metric="rounded",
        ),
        repair={
            "data": data.digits(),
            "model": mlp(64, 64, 10),
            "loss": CROSS_ENTROPY,
            "metric": "accuracy",
        },
    ),
    Case(
        "log_of_softmax_nan_IPS14",
        family="loss_pairing",
        causes=("numerical_instability",),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            data=data.digits(1.0),
            model=mlp(64, 10, init="normal"),
            loss=unstable,
            optimizer=sgd(5),
            epochs=25,
        ),
        repair={"data": data.digits(), "loss": CROSS_ENTROPY, "optimizer": sgd(0.1)},
    ),
    Case(
        "softmax_over_batch_dim",
        family="tensor_shape",
        causes=("batch_dependence",),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            model=mlp(64, 64, 10, last="nn.LogSoftmax(dim=0)"),
            loss=nn.NLLLoss(),
            optimizer=sgd(0.2),
            epochs=20,
            slip="judged_one",
        ),
        repair={"model": mlp(64, 64, 10, last="nn.LogSoftmax(dim=1)")},
    ),
)
