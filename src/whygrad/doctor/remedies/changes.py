"""The changes of remedies that are more than data: what the table of remedies names is made here.

A change is made from what was measured of the run and the finding's numbers, and from nothing
else. The same changes are tried by ``Report.treat``, by the replays that rules reason from, by the
clinic and by the benchmark.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import nn

from whygrad.doctor.derived import FEW_ROWS, typical_move
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.observe.losses import loss_named
from whygrad.doctor.remedies import surgery
from whygrad.doctor.remedies.change import Change, NotApplicable, RunRows
from whygrad.doctor.remedies.table import REMEDIES, TOO_LATE, USERS_CODE, MadeBy, UsersCode
from whygrad.doctor.rows import Rows, predicted_by_others
from whygrad.doctor.torch_typed import from_numpy

Tensor = torch.Tensor
Loss = Callable[..., Tensor]
Evidence = Mapping[str, float]
Make = Callable[[Measurements, Evidence], Change]
CONTROL = "control"  # the change that changes nothing
GOOD_MOVE = 3e-3  # of the weights' size per update: what `lr_up` aims at
MOST_UP = 1e5
LARGER_BATCH = 32
DROP = 0.2


def change(key: str, m: Measurements, evidence: Evidence | None = None) -> Change:
    """Return what a remedy does to the run that was measured; keys joined by "+" do both.

    Raises:
        NotApplicable: it does not apply to this run.
    """
    if key == CONTROL:
        return Change()
    if key not in REMEDIES and "+" in key:
        first, _, second = key.partition("+")
        return change(first, m, evidence).joined(change(second, m, evidence))
    row = REMEDIES[key]
    if isinstance(row.change, Change):
        return row.change
    if isinstance(row.change, UsersCode):
        raise NotApplicable(USERS_CODE)
    made = MADE[row.change.function]
    return made if isinstance(made, Change) else made(m, evidence or {})


# --- the loss ---------------------------------------------------------------------------------


def _mean_loss(m: Measurements, evidence: Evidence) -> Change:
    def act(loss: Loss, rows: RunRows) -> Loss:
        if hasattr(loss, "reduction"):
            meant = copy.copy(loss)
            meant.reduction = "mean"  # type: ignore[attr-defined]
            return meant
        known = loss_named(m.loss_name)
        if known is None:
            raise NotApplicable("the loss is none that is known")
        return known

    if not m.summed:
        raise NotApplicable("the loss is a mean already")
    return Change(loss=act)


def _class_weights(m: Measurements, evidence: Evidence) -> Change:
    def act(loss: Loss, rows: RunRows) -> Loss:
        if m.loss_name == "bce_with_logits":
            share = rows.y.double().mean()
            return nn.BCEWithLogitsLoss(pos_weight=((1 - share) / share).float())
        if m.loss_name == "cross_entropy" and not rows.y.is_floating_point():
            counts = torch.bincount(rows.y.flatten()).clamp_min(1)
            return nn.CrossEntropyLoss(weight=len(rows.y) / (len(counts) * counts).float())
        raise NotApplicable(f"how {m.loss_name or 'this loss'} is weighted is not known")

    return Change(loss=act)


def _stable_loss(m: Measurements, evidence: Evidence) -> Change:
    if m.targets is None or m.outputs is None:
        raise NotApplicable("no targets were seen")
    if m.targets.task == "binary":
        return Change(loss=lambda loss, rows: nn.BCEWithLogitsLoss())
    if m.targets.task == "numbers":
        raise NotApplicable("the targets are no classes")
    return Change(loss=lambda loss, rows: nn.CrossEntropyLoss())


def _pair_loss(m: Measurements, evidence: Evidence) -> Change:
    if m.loss_name == "nll":
        end = surgery.ending_in(partial(nn.LogSoftmax, -1))
    elif m.loss_name == "bce":
        end = surgery.ending_in(nn.Sigmoid)
    else:
        end = surgery.without_last_activation
    return _end(end)


def _right_loss(m: Measurements, evidence: Evidence) -> Change:
    t, o = m.targets, m.outputs
    if t is None or o is None:
        raise NotApplicable("no targets were seen")
    if t.task == "binary":
        squashed = o.low >= 0 and o.high <= 1
        made = nn.BCELoss() if squashed else nn.BCEWithLogitsLoss()
        return Change(loss=lambda loss, rows: made)
    if t.task != "numbers" or t.classes is None:
        raise NotApplicable("the targets are classes already")
    classes = t.classes

    def labels(y: Tensor | None) -> Tensor | None:
        return None if y is None else y.flatten().long()

    return Change(
        model=lambda net: surgery.rebuilt(net, surgery.with_outputs(classes), surgery.last_chain),
        loss=lambda loss, rows: nn.CrossEntropyLoss(),
        rows=lambda r: RunRows(r.x, r.y.flatten().long(), r.xv, labels(r.yv)),
    )


# --- the rows ---------------------------------------------------------------------------------


def _standard_inputs(rows: RunRows) -> RunRows:
    if not rows.x.is_floating_point():
        raise NotApplicable("the inputs are not numbers with a scale")
    mean, std = rows.x.mean(0), rows.x.std(0, correction=0)
    std = torch.where(std > 1e-12, std, torch.ones_like(std))
    return replace(
        rows, x=(rows.x - mean) / std, xv=None if rows.xv is None else (rows.xv - mean) / std
    )


def _standard_targets(rows: RunRows) -> RunRows:
    if not rows.y.is_floating_point():
        raise NotApplicable("the targets are classes")
    mean, std = rows.y.mean(0), rows.y.std(0, correction=0).clamp_min(1e-12)
    return replace(
        rows, y=(rows.y - mean) / std, yv=None if rows.yv is None else (rows.yv - mean) / std
    )


def _finite_rows(rows: RunRows) -> RunRows:
    keep = torch.isfinite(rows.x.flatten(1)).all(1)
    if rows.y.is_floating_point():
        keep &= torch.isfinite(rows.y.reshape(len(rows.y), -1)).all(1)
    return replace(rows, x=rows.x[keep], y=rows.y[keep])


def _same_scaler(rows: RunRows) -> RunRows:
    """Bring validation rows to the training rows' means and spreads, column by column."""
    if rows.xv is None:
        raise NotApplicable("no validation rows are known")
    std, own = rows.x.std(0), rows.xv.std(0)
    own = torch.where(own > 1e-12, own, torch.ones_like(own))
    return replace(rows, xv=(rows.xv - rows.xv.mean(0)) / own * std + rows.x.mean(0))


def _drop_contradicted(m: Measurements, evidence: Evidence) -> Change:
    def act(rows: RunRows) -> RunRows:
        task = m.targets.task if m.targets is not None else "classes"
        known = Rows(
            rows.x.reshape(len(rows.x), -1).double().numpy(),
            rows.y.double().reshape(len(rows.y)).numpy(),
        )
        keep = from_numpy(predicted_by_others(known) == known.y)
        if task == "numbers" or not bool(keep.any()):
            raise NotApplicable("there are no classes to predict")
        return replace(rows, x=rows.x[keep], y=rows.y[keep])

    return Change(rows=act)


def _split_first(rows: RunRows) -> RunRows:
    """Split the rows that differ anew, and let each side have its own copies."""
    if rows.xv is None or rows.yv is None:
        raise NotApplicable("no validation rows are known")
    x, y = torch.cat([rows.x, rows.xv]), torch.cat([rows.y, rows.yv])
    _, which = np.unique(x.flatten(1).numpy(), axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.random.default_rng(0).permutation(which.max() + 1)
    judged = order[: round(len(order) * len(rows.xv) / len(x))]
    held = from_numpy(np.isin(which, judged))
    return RunRows(x[~held], y[~held], x[held], y[held])


def _drop_column(m: Measurements, evidence: Evidence) -> Change:
    column = int(evidence["column"])

    def blank(x: Tensor | None) -> Tensor | None:
        if x is None:
            return None
        x = x.clone()
        x[:, column] = 0.0
        return x

    def act(rows: RunRows) -> RunRows:
        kept = blank(rows.x)
        assert kept is not None
        return replace(rows, x=kept, xv=blank(rows.xv))

    return Change(rows=act)


# --- the loop and the optimizer ---------------------------------------------------------------


def _lr_up(m: Measurements, evidence: Evidence) -> Change:
    moved = typical_move(m) or 0.0
    faster = min(GOOD_MOVE / moved, MOST_UP) if moved > 0 else 1.0
    if faster <= 20:
        raise NotApplicable("updates are not that small")
    return Change(rate=faster)


def _larger_batch(m: Measurements, evidence: Evidence) -> Change:
    if m.loop.batch is not None and m.loop.batch >= LARGER_BATCH:
        raise NotApplicable("batches are that large already")
    return Change(batch=LARGER_BATCH)


def _batch_norm(m: Measurements, evidence: Evidence) -> Change:
    if m.loop.batch is not None and m.loop.batch <= FEW_ROWS:
        raise NotApplicable(f"batches of {m.loop.batch} give no means to normalise by")
    return _chains(surgery.with_batch_norm)


def _no_decay(m: Measurements, evidence: Evidence) -> Change:
    if not m.optimizer.decay:
        raise NotApplicable("there is no weight decay")
    return Change(settings={"weight_decay": 0.0})


def _early_stop(m: Measurements, evidence: Evidence) -> Change:
    if m.best_validation is None:
        raise NotApplicable("no validation loss was reported")
    return Change(stop=True, by_hand=TOO_LATE)


def _strong_decay() -> Change:
    return Change(
        optimizer=partial(torch.optim.AdamW, lr=1e-3, weight_decay=1.0),
        by_hand="a replay of the beginning is over before it tells",
    )


def _right_loss_and_rate(m: Measurements, evidence: Evidence) -> Change:
    return _right_loss(m, evidence).joined(_lr_up(m, evidence))


def _end(change: Callable[[surgery.Modules], surgery.Modules]) -> Change:
    return Change(model=lambda net: surgery.rebuilt(net, change, surgery.last_chain))


def _chains(change: Callable[[surgery.Modules], surgery.Modules]) -> Change:
    return Change(model=lambda net: surgery.rebuilt(net, change))


def _activations(kind: type[nn.Module], weights: Callable[[nn.Module], nn.Module]) -> Change:
    return Change(model=surgery.other_activations(kind, weights))


MADE: Mapping[str, Change | Make] = {
    # the loop and the optimizer
    "adam": Change(optimizer=partial(torch.optim.Adam, lr=1e-3)),
    "early_stop": _early_stop,
    "larger_batch": _larger_batch,
    "lr_up": _lr_up,
    "no_decay": _no_decay,
    "strong_decay": _strong_decay(),
    "unfreeze": Change(model=surgery.trainable, mends=frozenset({"old_model", "head_only"})),
    # the rows
    "standard_inputs": Change(rows=_standard_inputs),
    "standard_targets": Change(rows=_standard_targets),
    "standard_both": Change(rows=lambda rows: _standard_targets(_standard_inputs(rows))),
    "drop_bad_rows": Change(rows=_finite_rows),
    "same_scaler": Change(rows=_same_scaler),
    "drop_contradicted": _drop_contradicted,
    "split_first": Change(rows=_split_first),
    "drop_column": _drop_column,
    # output and loss
    "mean_loss": _mean_loss,
    "class_weights": _class_weights,
    "stable_loss": _stable_loss,
    "pair_loss": _pair_loss,
    "right_loss": _right_loss,
    "right_loss_and_rate": _right_loss_and_rate,
    "without_last_activation": _end(surgery.without_last_activation),
    "over_features": Change(model=surgery.over_features),
    # the network
    "fresh_weights": Change(model=surgery.he_weights),
    "relu_he": _activations(nn.ReLU, surgery.he_weights),
    "leaky_relu": _activations(nn.LeakyReLU, surgery.unchanged),
    "tanh_glorot": _activations(nn.Tanh, surgery.glorot_weights),
    "selu_lecun": _activations(nn.SELU, surgery.lecun_weights),
    "glorot": Change(model=surgery.glorot_weights),
    "normal_weights": Change(model=surgery.normal_weights),
    "batch_norm": _batch_norm,
    "residual": _chains(surgery.with_residuals),
    "add_relu": _chains(surgery.with_relus),
    "widen": _chains(surgery.widened),
    "layer_norm": Change(model=surgery.layer_norm),
    "less_dropout": Change(model=surgery.dropout_at_most(DROP)),
    "no_dropout": Change(model=surgery.dropout_at_most(0.0)),
    "orthogonal_recurrent": Change(model=surgery.orthogonal, clip=1.0),
    "gated": Change(model=surgery.gated),
}


def _refuse_gaps() -> None:
    named = {row.change.function for row in REMEDIES.values() if isinstance(row.change, MadeBy)}
    if named != set(MADE):
        raise TypeError(f"changes and the table of remedies differ in {sorted(named ^ set(MADE))}")


_refuse_gaps()
