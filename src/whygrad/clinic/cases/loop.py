"""Slips in the training loop and in the author's own code."""

from __future__ import annotations

from dataclasses import replace

from whygrad.clinic import data, stories
from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases.usual import DIGITS
from whygrad.clinic.model_source import convolutions, encoder, mlp
from whygrad.clinic.parts import CROSS_ENTROPY, adam, sgd

NORMED = mlp(64, 64, 64, 10, norm=True)

CASES = (
    Case(
        "missing_zero_grad_SO60335387",
        family="loop",
        causes=("missing_zero_grad",),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            model=mlp(64, 128, 128, 10),
            optimizer=sgd(0.05, 0.9),
            epochs=20,
            slip="no_zero_grad",
        ),
        repair={"slip": ""},
    ),
    Case(
        "missing_optimizer_step",
        family="loop",
        causes=("missing_optimizer_step",),
        story=stories.DIGITS,
        setup=replace(DIGITS, slip="no_step"),
        repair={"slip": ""},
    ),
    Case(
        "optimizer_holds_old_model",
        family="loop",
        causes=("optimizer_parameter_mismatch",),
        story=stories.DIGITS,
        setup=replace(DIGITS, slip="old_model"),
        repair={"slip": ""},
    ),
    Case(
        "frozen_all_but_bn_forum84911",
        family="loop",
        causes=("frozen_layers", "optimizer_parameter_mismatch"),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=NORMED.frozen(0, 3, 6), slip="head_only"),
        repair={"model": NORMED, "slip": ""},
    ),
    Case(
        "backbone_frozen_by_mistake",
        family="loop",
        causes=("frozen_layers",),
        story=stories.SPIRALS,
        setup=Setup(
            data.spirals,
            mlp(2, 64, 64, 3).frozen(0, 2),
            CROSS_ENTROPY,
            adam(5e-3),
            epochs=80,
        ),
        repair={"model": mlp(2, 64, 64, 3)},
    ),
    Case(
        "detach_between_encoder_head",
        family="loop",
        causes=("graph_broken",),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=encoder(cut=True), optimizer=adam(5e-3), epochs=40),
        repair={"model": encoder()},
    ),
    Case(
        "loss_rewrapped_item",
        family="loop",
        causes=("graph_broken",),
        story=stories.DIGITS,
        setup=replace(DIGITS, slip="item"),
        repair={"slip": ""},
    ),
    Case(
        "train_mode_at_eval_dropout_bn",
        family="mode",
        causes=("train_mode_at_evaluation",),
        story=stories.DIGITS,
        setup=replace(
            DIGITS,
            model=mlp(64, 64, 64, 10, norm=True, drop=0.5),
            epochs=20,
            slip="train_mode",
        ),
        repair={"slip": ""},
    ),
    Case(
        "batchnorm_batch2",
        family="mode",
        causes=("batchnorm_small_batch",),
        story=stories.DIGITS,
        setup=replace(DIGITS, model=NORMED, optimizer=sgd(0.1), epochs=4, batch=2),
        repair={"batch": 64},
    ),
    Case(
        "view_instead_of_permute_cnn",
        family="tensor_shape",
        causes=("input_layout_scrambled",),
        story=stories.CHANNELS,
        setup=replace(
            DIGITS,
            data=data.images(3),
            model=convolutions(3, scrambled=True),
            optimizer=adam(3e-3),
            epochs=25,
        ),
        repair={"model": convolutions(3)},
    ),
)
