# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""A case with a remedy: what its author would write after reading it."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from whygrad.clinic.cases import Setup
from whygrad.clinic.data import Data
from whygrad.clinic.train import Run
from whygrad.doctor.remedies.change import Change, Rows

# Faults in the source of a model: what the author edits is a flag of the module here.
FLAGS = ("cut", "scrambled")


def treated(setup: Setup, change: Change, seed: int) -> Setup:
    """Return the run with a remedy; it knows of the case nothing but how its author wrote it.

    Raises:
        NotApplicable: the remedy does not apply to this run.
    """
    made = setup
    if change.rows is not None or change.loss is not None:
        rows = _rows(setup.data(seed))
        if change.loss is not None:
            made = replace(made, loss=change.loss(setup.loss, rows))
        if change.rows is not None:
            given = change.rows(rows)
            assert given.xv is not None
            assert given.yv is not None
            data = Data(given.x, given.y, given.xv, given.yv)
            made = replace(made, data=lambda _: data)
            if made.metric == "rounded" and not given.y.is_floating_point():
                made = replace(made, metric="accuracy")  # the same share of right answers
    return replace(
        made,
        model=lambda: _model(setup, change),
        optimizer=lambda parameters: _optimizer(setup, change, parameters),
        batch=setup.batch if change.batch is None else change.batch,
        clip=setup.clip if change.clip is None else change.clip,
        epochs=_best_epoch(made, seed) if change.stop else setup.epochs,
        schedule=None if "schedule" in change.mends else setup.schedule,
        wrong="" if setup.wrong in change.mends else setup.wrong,
    )


def _best_epoch(setup: Setup, seed: int) -> int:
    """Return the epoch after which the validation loss is lowest, as who watches it would see."""
    run = Run(setup, seed, watched=False)
    run.play()
    seen = [loss if math.isfinite(loss) else math.inf for loss in run.judged_losses]
    return 1 + seen.index(min(seen))


def _rows(data: Data) -> Rows:
    return Rows(data.x, data.y, data.xv, data.yv)


def _model(setup: Setup, change: Change) -> nn.Module:
    net = copy.deepcopy(setup.model())  # cases may share a module between their models
    for flag in change.mends.intersection(FLAGS):
        for module in net.modules():
            if hasattr(module, flag):
                setattr(module, flag, False)
    return net if change.model is None else change.model(net)


def _optimizer(setup: Setup, change: Change, parameters: Any) -> torch.optim.Optimizer:
    made = setup.optimizer(parameters) if change.optimizer is None else change.optimizer(parameters)
    for group in made.param_groups:
        group["lr"] *= change.rate
        group.update(change.settings)
    return made
