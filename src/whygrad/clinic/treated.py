"""A set-up with a remedy: what its author would write after reading it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from whygrad.clinic.case import Setup
from whygrad.clinic.data import Data
from whygrad.clinic.model_source import ModelSource
from whygrad.clinic.training import TrainingRun
from whygrad.doctor.remedies.change import Change, RunRows


def treated(setup: Setup, change: Change, seed: int) -> Setup:
    """Return a set-up with a remedy's change, made from the set-up alone.

    Args:
        setup: of the run to be treated.
        change: what the remedy changes.
        seed: of the run, for changes that depend on its rows or its course.

    Raises:
        NotApplicable: the remedy does not apply to this run.
    """
    new = setup
    if change.rows is not None or change.loss is not None:
        rows = _rows(setup.data(seed))
        if change.loss is not None:
            new = replace(new, loss=change.loss(setup.loss, rows))
        if change.rows is not None:
            changed = change.rows(rows)
            assert changed.xv is not None
            assert changed.yv is not None
            data = Data(changed.x, changed.y, changed.xv, changed.yv)
            new = replace(new, data=_always(data))
            if new.metric == "rounded" and not changed.y.is_floating_point():
                new = replace(new, metric="accuracy")  # the same share of right answers
    return replace(
        new,
        model=partial(_model, setup, change),
        optimizer=partial(_optimizer, setup, change),
        batch=setup.batch if change.batch is None else change.batch,
        clip=setup.clip if change.clip is None else change.clip,
        epochs=_best_epoch(new, seed) if change.stop else setup.epochs,
        schedule=None if "schedule" in change.mends else setup.schedule,
        slip="" if setup.slip in change.mends else setup.slip,
    )


def _always(data: Data) -> Callable[[int], Data]:
    """Return what gives these rows for any seed."""
    return lambda seed: data


def _best_epoch(setup: Setup, seed: int) -> int:
    """Return the epoch after which the validation loss is lowest, as its author would see it."""
    run = TrainingRun(setup, seed, watched=False)
    run.train()
    seen = [loss if math.isfinite(loss) else math.inf for loss in run.validation_losses]
    return 1 + seen.index(min(seen))


def _rows(data: Data) -> RunRows:
    return RunRows(data.x, data.y, data.xv, data.yv)


def _model(setup: Setup, change: Change) -> nn.Module:
    source = setup.model
    if isinstance(source, ModelSource) and source.repaired and source.slip in change.mends:
        source = source.repaired
    net = source()
    return net if change.model is None else change.model(net)


def _optimizer(setup: Setup, change: Change, parameters: Any) -> torch.optim.Optimizer:
    make = setup.optimizer if change.optimizer is None else change.optimizer
    optimizer = make(parameters)
    for group in optimizer.param_groups:
        group["lr"] *= change.rate
        group.update(change.settings)
    return optimizer
