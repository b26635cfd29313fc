# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""What a remedy does to a run: which part of it becomes what.

A change is made from its name and what was seen of the run (the chart, and the finding's numbers),
and from nothing else. The same changes are tried by ``Report.treat``, by the replays that rules
reason from, and by the benchmark.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from whygrad.doctor import data, losses
from whygrad.doctor.remedies import Cannot
from whygrad.doctor.rules.loop import SMALL_BATCH
from whygrad.doctor.signals import Chart
from whygrad.doctor.twin import DROPOUTS, NORMS

Tensor = torch.Tensor
Loss = Callable[..., Tensor]
GOOD_MOVE = 3e-3  # of the weights' size per update: what `lr_up` aims at
MOST_UP = 1e5
LARGER_BATCH = 32
DROP = 0.2
KEEPS = 3.0  # σ(3) = 0.95 of the state
CURVES = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.ELU, nn.SELU, nn.LeakyReLU, nn.GELU, nn.SiLU)
ENDS = (*CURVES, nn.Softmax, nn.LogSoftmax)
PASSING = (*DROPOUTS, *NORMS, nn.Identity)


@dataclass(frozen=True)
class Rows:
    """Rows to learn from and, where there are any, rows to judge on."""

    x: Tensor
    y: Tensor
    xv: Tensor | None = None
    yv: Tensor | None = None


@dataclass(frozen=True)
class Change:
    """What becomes of a run's parts; what is not said stays as it is.

    Attributes:
        model: changes a copy of the network, before the first step.
        loss: makes another loss of the loss and the rows.
        rows: makes other rows of the rows.
        rate: times the learning rate.
        settings: of the optimizer's.
        optimizer: makes another optimizer, of the parameters.
        batch: how many rows a batch has.
        clip: the norm at which gradients are clipped; infinity for no clipping.
        stop: whether to stop where the validation loss is lowest.
        mends: what of the loop (or the user's code) is put right, by the names that habits have.
        by_hand: why the doctor cannot do it by itself, if it cannot.
    """

    model: Callable[[nn.Module], nn.Module] | None = None
    loss: Callable[[Loss, Rows], Loss] | None = None
    rows: Callable[[Rows], Rows] | None = None
    rate: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Callable[[Any], Any] | None = None
    batch: int | None = None
    clip: float | None = None
    stop: bool = False
    mends: frozenset[str] = frozenset()
    by_hand: str = ""


Make = Callable[[Chart, Mapping[str, float]], Change]
CODE = "it is a line of your own code"


def change(key: str, chart: Chart, evidence: Mapping[str, float] | None = None) -> Change:
    """Return what a remedy does to the run that was seen.

    Raises:
        Cannot: it does not apply to this run.
    """
    first, _, second = key.partition("+")
    made = MAKES.get(first)
    if made is None:
        raise Cannot(CODE)
    one = made(chart, evidence or {})
    return _both(one, change(second, chart, evidence)) if second else one


def _both(one: Change, other: Change) -> Change:
    """Join two changes of different parts of a run."""
    return replace(
        one,
        rate=one.rate * other.rate,
        settings={**one.settings, **other.settings},
        optimizer=one.optimizer or other.optimizer,
        batch=one.batch or other.batch,
        mends=one.mends | other.mends,
    )


# --- the network ------------------------------------------------------------------------------


def refresh(net: nn.Module) -> nn.Module:
    """Draw He's weights anew and set biases to zero (He et al. 2015)."""
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.RNNBase):
            for name, parameter in module.named_parameters():
                if "weight_hh" in name:
                    nn.init.orthogonal_(parameter)
    return net


def _glorot(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            nn.init.xavier_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net


def _lecun(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net


def _chains(net: nn.Module) -> list[nn.Sequential]:
    return [module for module in net.modules() if isinstance(module, nn.Sequential)]


def _last_chain(net: nn.Module) -> list[nn.Sequential]:
    """Return the chain that gives the outputs, if the last part of the network is one."""
    found: list[nn.Sequential] = []
    part: nn.Module | None = net
    while part is not None:
        found = [part] if isinstance(part, nn.Sequential) else found
        part = next(reversed(list(part.children())), None)
    return found


def _rebuilt(
    net: nn.Module,
    change: Callable[[list[nn.Module]], list[nn.Module]],
    chains: Callable[[nn.Module], list[nn.Sequential]] = _chains,
) -> nn.Module:
    """Change the modules of every chain; refuse where none changes."""
    changed = False
    for chain in chains(net):
        old = list(chain)
        new = change(old)
        if new != old:
            changed = True
            for name in list(chain._modules):
                del chain._modules[name]
            for number, module in enumerate(new):
                chain.add_module(str(number), module)
    if not changed:
        raise Cannot("no chain of modules holds what it would act on")
    return net


def _activations(kind: Callable[[], nn.Module], init: Callable[[nn.Module], nn.Module]):
    """Exchange the activations between layers, and draw weights that suit them."""

    def act(modules: list[nn.Module]) -> list[nn.Module]:
        last = max((n for n, m in enumerate(modules) if isinstance(m, nn.Linear)), default=-1)
        return [
            kind() if isinstance(m, CURVES) and n < last and type(m) is not type(kind()) else m
            for n, m in enumerate(modules)
        ]

    return lambda net: init(_rebuilt(net, act))


def _same(net: nn.Module) -> nn.Module:
    return net


def _normed(modules: list[nn.Module]) -> list[nn.Module]:
    made: list[nn.Module] = []
    for module, after in pairwise([*modules, nn.Identity()]):
        made.append(module)
        if isinstance(module, nn.Linear) and isinstance(after, CURVES):
            made.append(nn.BatchNorm1d(module.out_features))
    return made


class Skip(nn.Module):
    """Adds what its part makes, scaled, to what passes by."""

    def __init__(self, part: nn.Module, scale: float) -> None:
        super().__init__()
        self.part, self.scale = part, scale

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.part(x)


def _skipping(modules: list[nn.Module]) -> list[nn.Module]:
    """Make x + Wφ(x)/√L of every layer that keeps its width (L of them: the sum keeps its size).

    The activation comes before the weights, so that nothing bends what passes by (He et al. 2016,
    "Identity Mappings in Deep Residual Networks").
    """
    pairs = [
        n
        for n, (a, b) in enumerate(pairwise(modules))
        if isinstance(a, CURVES) and isinstance(b, nn.Linear) and b.in_features == b.out_features
    ]
    made: list[nn.Module] = []
    for n, module in enumerate(modules):
        if n in pairs:
            made.append(Skip(nn.Sequential(module, modules[n + 1]), len(pairs) ** -0.5))
        elif n - 1 not in pairs:
            made.append(module)
    return made


def _bent(modules: list[nn.Module]) -> list[nn.Module]:
    made: list[nn.Module] = []
    for n, module in enumerate(modules):
        made.append(module)
        rest = [m for m in modules[n + 1 :] if not isinstance(m, PASSING)]
        if isinstance(module, nn.Linear) and rest and isinstance(rest[0], nn.Linear):
            made.append(nn.ReLU())
    return made


def _widened(modules: list[nn.Module]) -> list[nn.Module]:
    """Give the narrowest hidden layer as many units as its wider neighbour has."""
    widths = {n: m.out_features for n, m in enumerate(modules) if isinstance(m, nn.Linear)}
    hidden = list(pairwise(widths))
    if not hidden:
        return modules
    a, b = min(hidden, key=lambda pair: widths[pair[0]])
    before, after = modules[a], modules[b]
    assert isinstance(before, nn.Linear)
    assert isinstance(after, nn.Linear)
    units = max(before.in_features, after.out_features)
    if units <= before.out_features or any(isinstance(m, NORMS) for m in modules[a:b]):
        return modules
    made = list(modules)
    made[a], made[b] = nn.Linear(before.in_features, units), nn.Linear(units, after.out_features)
    return made


def _without_end(modules: list[nn.Module]) -> list[nn.Module]:
    return modules[:-1] if modules and isinstance(modules[-1], ENDS) else modules


def _ending(end: Callable[[], nn.Module]) -> Callable[[list[nn.Module]], list[nn.Module]]:
    return lambda modules: (
        [*modules[:-1], end()] if modules and isinstance(modules[-1], ENDS) else modules
    )


def _outputs(classes: int) -> Callable[[list[nn.Module]], list[nn.Module]]:
    def act(modules: list[nn.Module]) -> list[nn.Module]:
        end = modules[-1] if modules else None
        if not isinstance(end, nn.Linear):
            return modules
        return [*modules[:-1], nn.Linear(end.in_features, classes)]

    return act


def _over_features(net: nn.Module) -> nn.Module:
    ends = [m for m in net.modules() if isinstance(m, nn.Softmax | nn.LogSoftmax) and m.dim == 0]
    if not ends:
        raise Cannot(CODE)
    for end in ends:
        end.dim = -1
    return net


def _layer_norm(net: nn.Module) -> nn.Module:
    def act(modules: list[nn.Module]) -> list[nn.Module]:
        return [nn.GroupNorm(1, m.num_features) if isinstance(m, NORMS) else m for m in modules]

    return _rebuilt(net, act)


def _dropped(most: float) -> Callable[[nn.Module], nn.Module]:
    def act(net: nn.Module) -> nn.Module:
        found = [m for m in net.modules() if isinstance(m, DROPOUTS) and m.p > most]
        if not found:
            raise Cannot("no module drops more")
        for module in found:
            module.p = most
        return net

    return act


def _trainable(net: nn.Module) -> nn.Module:
    for parameter in net.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    return net


def _orthogonal(net: nn.Module) -> nn.Module:
    found = [m for m in net.modules() if isinstance(m, nn.RNNBase)]
    if not found:
        raise Cannot("no module is a recurrent layer")
    for module in found:
        for name, parameter in module.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(parameter)
    return net


def _gated(net: nn.Module) -> nn.Module:
    """Make a GRU of a plain recurrent layer, which begins by keeping most of its state.

    A bias of the gate that keeps does that (Jozefowicz et al. 2015).
    """
    changed = False
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.RNN:
                made = nn.GRU(
                    child.input_size, child.hidden_size, child.num_layers, child.bias,
                    child.batch_first, child.dropout, child.bidirectional,
                )  # fmt: skip
                for parameter, bias in made.named_parameters():
                    if parameter.startswith("bias_ih"):  # reset, update, new: a third each
                        third = len(bias) // 3
                        nn.init.constant_(bias[third : 2 * third], KEEPS)
                setattr(module, name, made)
                changed = True
    if not changed:
        raise Cannot("no module is a plain recurrent layer")
    return net


# --- the loss ---------------------------------------------------------------------------------


def _mean_loss(chart: Chart, evidence: Mapping[str, float]) -> Change:
    def act(loss: Loss, rows: Rows) -> Loss:
        if hasattr(loss, "reduction"):
            meant = copy.copy(loss)
            meant.reduction = "mean"  # type: ignore[attr-defined]
            return meant
        known = losses.function(chart.loss_name)
        if known is None:
            raise Cannot("the loss is none that is known")
        return known

    if not chart.summed:
        raise Cannot("the loss is a mean already")
    return Change(loss=act)


def _class_weights(chart: Chart, evidence: Mapping[str, float]) -> Change:
    def act(loss: Loss, rows: Rows) -> Loss:
        if chart.loss_name == "bce_with_logits":
            share = rows.y.double().mean()
            return nn.BCEWithLogitsLoss(pos_weight=((1 - share) / share).float())
        if chart.loss_name == "cross_entropy" and not rows.y.is_floating_point():
            counts = torch.bincount(rows.y.flatten()).clamp_min(1)
            return nn.CrossEntropyLoss(weight=len(rows.y) / (len(counts) * counts).float())
        raise Cannot(f"how {chart.loss_name or 'this loss'} is weighted is not known")

    return Change(loss=act)


def _stable_loss(chart: Chart, evidence: Mapping[str, float]) -> Change:
    if chart.targets is None or chart.outputs is None:
        raise Cannot("no targets were seen")
    if chart.targets.task == "binary":
        return Change(loss=lambda loss, rows: nn.BCEWithLogitsLoss())
    if chart.targets.task == "numbers":
        raise Cannot("the targets are no classes")
    return Change(loss=lambda loss, rows: nn.CrossEntropyLoss())


def _pair_loss(chart: Chart, evidence: Mapping[str, float]) -> Change:
    if chart.loss_name == "nll":
        end = _ending(partial(nn.LogSoftmax, -1))
    elif chart.loss_name == "bce":
        end = _ending(nn.Sigmoid)
    else:
        end = _without_end
    return Change(model=lambda net: _rebuilt(net, end, _last_chain))


def _right_loss(chart: Chart, evidence: Mapping[str, float]) -> Change:
    t, o = chart.targets, chart.outputs
    if t is None or o is None:
        raise Cannot("no targets were seen")
    if t.task == "binary":
        squashed = o.low >= 0 and o.high <= 1
        made = nn.BCELoss() if squashed else nn.BCEWithLogitsLoss()
        return Change(loss=lambda loss, rows: made)
    if t.task != "numbers" or t.classes is None:
        raise Cannot("the targets are classes already")
    classes = t.classes

    def labels(y: Tensor | None) -> Tensor | None:
        return None if y is None else y.flatten().long()

    return Change(
        model=lambda net: _rebuilt(net, _outputs(classes), _last_chain),
        loss=lambda loss, rows: nn.CrossEntropyLoss(),
        rows=lambda r: Rows(r.x, r.y.flatten().long(), r.xv, labels(r.yv)),
    )


# --- the rows ---------------------------------------------------------------------------------


def _standard_inputs(rows: Rows) -> Rows:
    if not rows.x.is_floating_point():
        raise Cannot("the inputs are not numbers with a scale")
    mean, std = rows.x.mean(0), rows.x.std(0, correction=0)
    std = torch.where(std > 1e-12, std, torch.ones_like(std))
    return replace(
        rows, x=(rows.x - mean) / std, xv=None if rows.xv is None else (rows.xv - mean) / std
    )


def _standard_targets(rows: Rows) -> Rows:
    if not rows.y.is_floating_point():
        raise Cannot("the targets are classes")
    mean, std = rows.y.mean(0), rows.y.std(0, correction=0).clamp_min(1e-12)
    return replace(
        rows, y=(rows.y - mean) / std, yv=None if rows.yv is None else (rows.yv - mean) / std
    )


def _finite_rows(rows: Rows) -> Rows:
    keep = torch.isfinite(rows.x.flatten(1)).all(1)
    if rows.y.is_floating_point():
        keep &= torch.isfinite(rows.y.reshape(len(rows.y), -1)).all(1)
    return replace(rows, x=rows.x[keep], y=rows.y[keep])


def _same_scaler(rows: Rows) -> Rows:
    """Bring validation rows to the training rows' means and spreads, column by column."""
    if rows.xv is None:
        raise Cannot("no validation rows are known")
    std, own = rows.x.std(0), rows.xv.std(0)
    own = torch.where(own > 1e-12, own, torch.ones_like(own))
    return replace(rows, xv=(rows.xv - rows.xv.mean(0)) / own * std + rows.x.mean(0))


def _agreeing(chart: Chart) -> Callable[[Rows], Rows]:
    def act(rows: Rows) -> Rows:
        task = chart.targets.task if chart.targets is not None else "classes"
        known = data.Rows(
            rows.x.reshape(len(rows.x), -1).double().numpy(),
            rows.y.double().reshape(len(rows.y)).numpy(),
        )
        keep = torch.from_numpy(data.foretold_by_others(known) == known.y)
        if task == "numbers" or not bool(keep.any()):
            raise Cannot("there are no classes to foretell")
        return replace(rows, x=rows.x[keep], y=rows.y[keep])

    return act


def _split_first(rows: Rows) -> Rows:
    """Split the rows that differ anew, and let each side have its own copies."""
    if rows.xv is None or rows.yv is None:
        raise Cannot("no validation rows are known")
    x, y = torch.cat([rows.x, rows.xv]), torch.cat([rows.y, rows.yv])
    _, which = np.unique(x.flatten(1).numpy(), axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.random.default_rng(0).permutation(which.max() + 1)
    judged = order[: round(len(order) * len(rows.xv) / len(x))]
    held = torch.from_numpy(np.isin(which, judged))
    return Rows(x[~held], y[~held], x[held], y[held])


def _without_column(evidence: Mapping[str, float]) -> Callable[[Rows], Rows]:
    column = int(evidence["column"])

    def blank(x: Tensor | None) -> Tensor | None:
        if x is None:
            return None
        x = x.clone()
        x[:, column] = 0.0
        return x

    def act(rows: Rows) -> Rows:
        kept = blank(rows.x)
        assert kept is not None
        return replace(rows, x=kept, xv=blank(rows.xv))

    return act


# --- the loop and the optimizer ---------------------------------------------------------------


def _lr_up(chart: Chart, evidence: Mapping[str, float]) -> Change:
    moved = float(np.median([a.moved for a in chart.audits])) if chart.audits else 0.0
    faster = min(GOOD_MOVE / moved, MOST_UP) if moved > 0 else 1.0
    if faster <= 20:
        raise Cannot("updates are not that small")
    return Change(rate=faster)


def _larger_batch(chart: Chart, evidence: Mapping[str, float]) -> Change:
    if chart.loop.batch is not None and chart.loop.batch >= LARGER_BATCH:
        raise Cannot("batches are that large already")
    return Change(batch=LARGER_BATCH)


def _batch_norm(chart: Chart, evidence: Mapping[str, float]) -> Change:
    if chart.loop.batch is not None and chart.loop.batch <= SMALL_BATCH:
        raise Cannot(f"batches of {chart.loop.batch} give no means to normalise by")
    return Change(model=lambda net: _rebuilt(net, _normed))


def _no_decay(chart: Chart, evidence: Mapping[str, float]) -> Change:
    if not chart.optimizer.decay:
        raise Cannot("there is no weight decay")
    return Change(settings={"weight_decay": 0.0})


def _early_stop(chart: Chart, evidence: Mapping[str, float]) -> Change:
    if chart.best_validation is None:
        raise Cannot("no validation loss was reported")
    return Change(stop=True, by_hand="a replay of the beginning is over before that")


def _always(made: Change) -> Make:
    return lambda chart, evidence: made


def _mends(*habits: str, by_hand: str = "") -> Make:
    return _always(Change(mends=frozenset(habits), by_hand=by_hand))


def _net(act: Callable[[nn.Module], nn.Module]) -> Make:
    return _always(Change(model=act))


def _rows(act: Callable[[Rows], Rows]) -> Make:
    return _always(Change(rows=act))


MAKES: Mapping[str, Make] = {
    "control": _always(Change()),
    # the loop
    "zero_grad": _mends("no_zero_grad"),
    "call_step": _mends("no_step"),
    "call_backward": _mends("no_backward"),
    "minimise": _mends("negated"),
    "shuffle": _mends("in_order"),
    "eval_mode": _mends("train_mode"),
    "own_parameters": _mends("old_model", "head_only"),
    "use_tensor": _mends("item", "cut", by_hand=CODE),
    "permute": _mends("scrambled", by_hand=CODE),
    "unfreeze": _always(Change(model=_trainable, mends=frozenset({"old_model", "head_only"}))),
    "early_stop": _early_stop,
    # the optimizer
    "lr_down_10": _always(Change(rate=0.1)),
    "lr_down_100": _always(Change(rate=0.01)),
    "lr_down_1000": _always(Change(rate=0.001)),
    "lr_up_10": _always(Change(rate=10.0)),
    "lr_up_100": _always(Change(rate=100.0)),
    "lr_up": _lr_up,
    "no_clip": _always(Change(clip=math.inf)),
    "clip_1": _always(Change(clip=1.0)),
    "constant_rate": _mends("schedule"),
    "small_eps": _always(Change(settings={"eps": 1e-8})),
    "no_decay": _no_decay,
    "strong_decay": _always(
        Change(
            optimizer=partial(torch.optim.AdamW, lr=1e-3, weight_decay=1.0),
            by_hand="a replay of the beginning is over before it tells",
        )
    ),
    "adam": _always(Change(optimizer=partial(torch.optim.Adam, lr=1e-3))),
    "larger_batch": _larger_batch,
    # the rows
    "standard_inputs": _rows(_standard_inputs),
    "standard_targets": _rows(_standard_targets),
    "standard_both": _rows(lambda rows: _standard_targets(_standard_inputs(rows))),
    "drop_bad_rows": _rows(_finite_rows),
    "same_scaler": _rows(_same_scaler),
    "drop_contradicted": lambda chart, evidence: Change(rows=_agreeing(chart)),
    "split_first": _rows(_split_first),
    "drop_column": lambda chart, evidence: Change(rows=_without_column(evidence)),
    # the loss
    "mean_loss": _mean_loss,
    "class_weights": _class_weights,
    "stable_loss": _stable_loss,
    "pair_loss": _pair_loss,
    "right_loss": _right_loss,
    "remove_softmax": _net(lambda net: _rebuilt(net, _without_end, _last_chain)),
    # the network
    "fresh_weights": _net(refresh),
    "relu_he": _net(_activations(nn.ReLU, refresh)),
    "leaky_relu": _net(_activations(nn.LeakyReLU, _same)),
    "tanh_glorot": _net(_activations(nn.Tanh, _glorot)),
    "selu_lecun": _net(_activations(nn.SELU, _lecun)),
    "glorot": _net(_glorot),
    "batch_norm": _batch_norm,
    "residual": _net(lambda net: _rebuilt(net, _skipping)),
    "add_relu": _net(lambda net: _rebuilt(net, _bent)),
    "widen": _net(lambda net: _rebuilt(net, _widened)),
    "linear_output": _net(lambda net: _rebuilt(net, _without_end, _last_chain)),
    "over_features": _net(_over_features),
    "layer_norm": _net(_layer_norm),
    "less_dropout": _net(_dropped(DROP)),
    "no_dropout": _net(_dropped(0.0)),
    "orthogonal_recurrent": _always(Change(model=_orthogonal, clip=1.0)),
    "gated": _net(_gated),
}
