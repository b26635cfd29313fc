"""whygrad's own networks under the doctor: the same layers, weights, rows and updates in PyTorch.

So there is one set of rules. What is trained here is held against whygrad's own run: where the
first losses are not the same, the report says so.
"""

from __future__ import annotations

import math
import shlex
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from whygrad import nn as own
from whygrad.data import Dataset
from whygrad.doctor.doctor import Doctor
from whygrad.doctor.report import Report
from whygrad.doctor.torch_typed import run_backward
from whygrad.errors import WhygradError
from whygrad.nn.registry import LOSS_OF
from whygrad.optim.schedule import Schedule
from whygrad.spec import ON_LOGITS, Spec, spec_from_dict
from whygrad.training.from_network import build
from whygrad.training.network import Network
from whygrad.training.start import Training, start

Tensor = torch.Tensor
Loss = Callable[[Tensor, Tensor], Tensor]
EPOCHS = 60  # judged on validation rows, over the whole training
COMPARED, SAME = 50, 1e-6  # losses held against whygrad's own, and how close they must be


def _hinge(z: Tensor, t: Tensor) -> Tensor:
    return (1 - z * (2 * t - 1)).clamp_min(0).mean()


def _divergence(z: Tensor, t: Tensor) -> Tensor:
    return F.kl_div(F.log_softmax(z, 1), t, reduction="batchmean")


LOSSES: dict[str, Loss] = {
    **{
        name: getattr(F, row.function.__name__, _hinge)
        for name, row in LOSS_OF.items()
        if row.in_spec
    },
    "kl_div": _divergence,
}
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def diagnose(
    what: str | Spec | Training | Network,
    x: Any = None,
    y: Any = None,
    *,
    learning_rate: float = 0.1,
    iterations: int | None = None,
) -> Report:
    """Train a network of whygrad's with the doctor beside it, and say what is wrong with it.

    Args:
        what: a spec, the name of a preset, the path of a TOML file, what ``whygrad.start`` made of
            one, or a `Network` with the rows it learns from.
        x: a network's inputs; a spec has its own.
        y: a network's targets.
        learning_rate: a network's; each update is ``net.step(learning_rate)`` on all rows.
        iterations: how many; by default what the spec says, or 300.

    Raises:
        WhygradError: it is a formula, which has no layers, or there are no rows.
    """
    made = _of_network(what, x, y, learning_rate) if isinstance(what, Network) else what
    training = made if isinstance(made, Training) else start(made)
    spec, dataset = training.spec, training.dataset
    if spec.network is None or dataset is None:
        raise WhygradError(
            f"{spec.name or 'this spec'} is a formula: the doctor examines layers. "
            "Try a spec with a [network]."
        )
    report = _train(training, dataset, iterations or spec.train.iterations)
    return _leading_to(what, training, report) if isinstance(what, str) else report


def _leading_to(named: str, training: Training, report: Report) -> Report:
    """Return the report with a way into the very network, under the name it was given by."""
    first = next(iter(training.iteration.state))
    run = training.iteration.run
    why = shlex.join(["whygrad", "why", named, f"dL/d{run.label(run.tape.by_name[first], 0)}"])
    findings = tuple(replace(f, links=(why, *f.links)) for f in report.findings)
    return replace(report, findings=findings, examined=named)


def _of_network(net: Network, x: Any, y: Any, rate: float) -> Spec:
    """Return the spec that trains a network as it stands, on all rows at once."""
    if x is None or y is None:
        raise WhygradError(
            "a Network has no rows of its own: give those it learns from, "
            "diagnose(net, x, y, learning_rate=0.5)."
        )
    shape = net.spec.network
    assert shape is not None
    given = {
        "layers": list(shape.layers),
        "activation": list(shape.activation),
        "output": shape.output,
    }
    rows = np.atleast_2d(np.asarray(x, float))
    targets = np.asarray(y, float).reshape(len(rows), shape.layers[-1])
    return spec_from_dict(
        {
            "network": given,
            "init": {name: array.tolist() for name, array in net.get_state().items()},
            "loss": {"name": net.loss},
            "optimizer": {"name": "sgd", "learning_rate": rate},
            "data": {"x": rows.tolist(), "y": targets.tolist(), "batch": "all"},
        },
        "Network",
    )


def module(spec: Spec) -> nn.Sequential:
    """Return a spec's network as a module of PyTorch's, with the same weights."""
    parts: list[tuple[str, nn.Module]] = []
    linears = 0
    for layer in build(spec).layers:
        if isinstance(layer, own.Linear):
            linears += 1
            assert layer.bias is not None
            weight, bias = (torch.tensor(p.numpy()) for p in (layer.weight, layer.bias))
            made = nn.Linear(weight.shape[0], weight.shape[1], dtype=weight.dtype)
            made.weight.data, made.bias.data = weight.T.contiguous(), bias
            parts.append((f"layer{linears}", made))
        else:
            kind = type(layer).__name__
            parts.append((f"{kind.lower()}{linears}", getattr(nn, kind)()))
    assert spec.network is not None
    if spec.network.output == "softmax" and spec.loss.name not in ON_LOGITS:
        parts.append(("softmax", nn.Softmax(1)))
    return nn.Sequential(OrderedDict(parts))


def _train(training: Training, dataset: Dataset, iterations: int) -> Report:
    spec = training.spec
    net, loss_of = module(spec), LOSSES[spec.loss.name]
    options: dict[str, Any] = dict(spec.optimizer.options)
    rate, clip_norm, clip_value = (
        options.pop(n) for n in ("learning_rate", "clip_norm", "clip_value")
    )
    if "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    optimizer = OPTIMIZERS[spec.optimizer.name](net.parameters(), lr=rate, **options)
    schedule = Schedule(spec.schedule.name, spec.schedule.options, spec.train.iterations)
    x, y = _rows(spec, dataset)
    judged = None if dataset.evaluation is None else _rows(spec, dataset.evaluation)
    losses: list[float] = []
    with Doctor(net, optimizer, loss=loss_of, train=(x, y), validation=judged) as doctor:
        for n in range(iterations):
            seen = training.visited(n)
            rows = torch.tensor(seen)
            optimizer.param_groups[0]["lr"] = rate * schedule.share(n, losses)
            optimizer.zero_grad()
            out = net(x[rows])
            loss = loss_of(out, y[rows])
            run_backward(loss)
            if clip_value:
                nn.utils.clip_grad_value_(net.parameters(), clip_value)
            if clip_norm:
                nn.utils.clip_grad_norm_(net.parameters(), clip_norm)
            optimizer.step()  # pyright: ignore[reportUnknownMemberType]
            losses.append(float(loss.detach()))
            doctor.step(loss, inputs=x[rows], targets=y[rows], outputs=out)
            if judged is not None and (n + 1) % max(iterations // EPOCHS, 1) == 0:
                net.eval()
                with torch.no_grad():
                    doctor.epoch(validation_loss=float(loss_of(net(judged[0]), judged[1])))
                net.train()
            if not math.isfinite(losses[-1]):
                break
        note = _other_than_ours(training, losses)
        doctor.notes += [note] if note else []
        return doctor.report()


def _rows(spec: Spec, dataset: Dataset) -> tuple[Tensor, Tensor]:
    kind = getattr(torch, spec.train.dtype)
    return torch.tensor(dataset.x, dtype=kind), torch.tensor(dataset.y, dtype=kind)


def _other_than_ours(training: Training, losses: list[float]) -> str:
    """Return "" if whygrad's own run begins with the same losses."""
    fresh = start(training.spec).iteration
    for n, loss in enumerate(losses[:COMPARED], 1):
        try:
            ours = fresh.train()
        except WhygradError:
            return ""  # it broke, and so does this
        if abs(ours - loss) > SAME * max(abs(ours), 1e-6):
            return (
                f"in iteration {n} the loss is {loss:.6g} here and {ours:.6g} in whygrad's own "
                "run: what is said is about a run that is not quite the same"
            )
    return ""
