"""From what was recorded of a run, and what its shadow model shows, to measurements."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import torch

from whygrad.doctor import rows as table
from whygrad.doctor.measurements import (
    Features,
    Layout,
    Loop,
    Measurements,
    OptimizerSettings,
    Outputs,
    Parameter,
    Scores,
    Targets,
    Task,
)
from whygrad.doctor.observe.recorder import Recorder
from whygrad.doctor.observe.shadow import DROPOUTS, NORMS
from whygrad.doctor.torch_typed import counted, modules_of

Tensor = torch.Tensor
ROUNDING = 1e-4  # of the outputs' size: differences below it may be float32's
COARSE = 8  # roundings of outputs that are kept in half precision
ON_PROBABILITIES = ("bce", "mse", "l1", "huber")  # losses whose outputs are compared with 0.5


def measure(recorder: Recorder) -> Measurements:
    """Gather what is known of a run; whatever cannot be had is left out and noted."""
    recorder.settle()
    known: dict[str, Any] = {
        "loop": _loop(recorder),
        "optimizer": _optimizer(recorder),
        "parameters": parameters_of(recorder),
        "audits": tuple(recorder.audits),
        "first": recorder.first_probe,
        "losses": tuple(recorder.losses),
        "loss_name": recorder.loss_name,
        "summed": recorder.summed,
        "broadcast": recorder.broadcast,
        "broke": recorder.broke,
        "dropout": max(
            (m.p for m in recorder.model.modules() if isinstance(m, DROPOUTS)), default=0
        ),
        "batch_norm": any(isinstance(m, NORMS) for m in recorder.model.modules()),
        "validation_losses": tuple(recorder.validation_losses),
        "sources": _sources(recorder),
        "outside": _outside(recorder),
    }
    if recorder.validation_losses:
        finite = [(n, v) for n, v in enumerate(recorder.validation_losses, 1) if math.isfinite(v)]
        known["best_validation"] = min(finite, key=lambda pair: pair[1], default=None)
        known["reported_validation"] = recorder.validation_losses[-1]
    for part in (_data, _bad_op, _network):
        try:
            known.update(part(recorder))
        except Exception as error:
            recorder.note(part.__name__, error)
    return Measurements(**known)


def _loop(recorder: Recorder) -> Loop:
    return Loop(
        recorder.iterations,
        recorder.steps,
        recorder.loss_has_graph,
        recorder.loss_is_leaf,
        recorder.train_modes,
        recorder.eval_modes,
        class_run(recorder.batches),
        recorder.batch,
        recorder.steps_in_eval,
        recorder.first_step_in_eval or None,
    )


def _sources(recorder: Recorder) -> dict[str, str]:
    layers = () if recorder.first_probe is None else recorder.first_probe.layers
    lines = {layer.name: layer.source for layer in layers if layer.source}
    known = {**lines, **{part: line for part, line in recorder.sources.items() if line}}
    if layers and layers[-1].source:
        known.setdefault("output", layers[-1].source)
    return known


def _outside(recorder: Recorder) -> tuple[tuple[str, int], ...]:
    """Find tensors that got a gradient and that the model does not know of, with their sizes."""
    known = {id(p) for p in recorder.model.parameters()}
    known |= {id(p) for o in recorder.optimizers for g in o.param_groups for p in g["params"]}
    found: dict[int, tuple[str, int]] = {}

    def look(name: str, value: Any, deep: int) -> None:
        if isinstance(value, torch.nn.Module):
            for inner, p in value.named_parameters():
                look(f"{name}.{inner}", p, 0)
        elif isinstance(value, Tensor):
            if value.is_leaf and value.grad is not None and id(value) not in known:
                found.setdefault(id(value), (name.lstrip("."), value.numel()))
        elif deep and isinstance(value, list | tuple | dict):
            held = cast("Any", value)
            items: Any = held.items() if isinstance(value, dict) else enumerate(held)
            for key, item in items:
                look(f"{name}[{key!r}]", item, deep - 1)

    for name, module in modules_of(recorder.model):
        for key, value in vars(module).items():
            if not key.startswith("_"):
                look(f"{name}.{key}", value, 2)
    return tuple(found.values())


def class_run(batches: list[Tensor]) -> float | None:
    """Return how much purer batches are than chance makes them: 0 shuffled, 1 one class each."""
    sized = [b.double() for b in batches if len(b) >= 4]
    if len(sized) < 6:
        return None
    everything = torch.cat(sized)
    total = float(everything.var(correction=0))
    if not math.isfinite(total) or total <= 0:
        return None
    within = sum(float(b.var(correction=1)) * len(b) for b in sized) / len(everything)
    return max(0.0, 1 - within / total)


def _optimizer(recorder: Recorder) -> OptimizerSettings:
    group = recorder.optimizer.param_groups[0]
    adaptive = "eps" in group and "betas" in group
    roots = [
        float(state["exp_avg_sq"].mean()) ** 0.5
        for state in recorder.optimizer.state.values()
        if "exp_avg_sq" in state
    ]
    return OptimizerSettings(
        type(recorder.optimizer).__name__,
        float(group["lr"]),
        recorder.lr_first,
        recorder.lr_top,
        float(group.get("momentum", group.get("betas", (0.0,))[0])),
        recorder.decay,
        float(group["eps"]) if adaptive else None,
        float(np.median(roots)) if roots else None,
        bool(group.get("maximize", False)),
    )


def parameters_of(recorder: Recorder) -> tuple[Parameter, ...]:
    """Return the parameters: who owns them, whether a gradient reached them, how they moved."""
    owned = {
        id(p) for o in recorder.optimizers for group in o.param_groups for p in group["params"]
    }
    kinds = {
        id(p): type(m).__name__
        for m in recorder.model.modules()
        for p in m.parameters(recurse=False)
    }
    made: list[Parameter] = []
    for name, p in recorder.model.named_parameters():
        start = recorder.start.get(name, p.detach()).float()
        rows = start.reshape(len(start), -1) if start.ndim > 1 else start[None]
        alike = len(rows) > 1 and bool((rows == rows[0]).all())
        made.append(
            Parameter(
                name,
                p.numel(),
                rows.shape[1] if start.ndim > 1 else 1,
                p.requires_grad,
                id(p) in owned,
                name in recorder.reached if recorder.schedule.audits else None,
                float(start.pow(2).mean().sqrt()),
                float(p.detach().float().pow(2).mean().sqrt()),
                alike,
                kinds.get(id(p), ""),
            )
        )
    return tuple(made)


def _task(recorder: Recorder, y: Tensor, width: int) -> Task:
    return table.task_of(y.cpu().numpy(), width)


def _data(recorder: Recorder) -> dict[str, Any]:
    """Describe the rows; what depends on them alone is worked out once."""
    if "rows described" in recorder.cached:
        return recorder.cached["rows described"]
    x, y = recorder.train if recorder.train is not None else recorder.probe_rows()
    if x is None or y is None:
        return {}
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    xv = None if recorder.validation is None else recorder.validation[0]
    features: Features | None = None
    if x.is_floating_point():
        judged = None if xv is None else _array(xv)
        features = table.features_of(_array(x), judged)
    found = {"features": features}
    if recorder.train is not None:
        recorder.cached["rows described"] = found
    return found


def _bad_op(recorder: Recorder) -> dict[str, Any]:
    """Play the batch at which the loss broke again on the first weights, and on those of now."""
    shadow, rows = recorder.shadow, recorder.bad_batch
    if recorder.bad_op is not None or shadow is None or rows is None:
        return {"bad_op": recorder.bad_op}
    for state in (recorder.start, recorder.state()):
        if all(bool(torch.isfinite(t).all()) for t in state.values() if t.is_floating_point()):
            shadow.load(state)
            found = shadow.first_bad(rows)
            if found is not None:
                return {"bad_op": found}
    return {}


def _array(x: Any) -> np.ndarray:
    rows = torch.as_tensor(x).detach().cpu()
    return (rows.float() if rows.dtype is torch.bfloat16 else rows).numpy()


def _network(recorder: Recorder) -> dict[str, Any]:
    """Ask the copy, with the weights of now, what the network does."""
    shadow, loss = recorder.shadow, recorder.loss_function()
    rows = cast("tuple[Tensor | None, Tensor | None]", recorder.probe_rows())
    x, y = rows  # none of a run that showed no rows
    if shadow is None or x is None or y is None:
        return {}
    shadow.load(recorder.state())
    out = shadow.outputs(x)
    finite = bool(torch.isfinite(out).all())
    task = _task(recorder, y, out.shape[1] if out.ndim > 1 else 1)
    known: dict[str, Any] = {"targets": table.targets_of(_array(y), task)}
    known["outputs"] = _outputs(shadow, x, out)
    if loss is not None and finite:
        known["last"] = shadow.probe(x, y, loss, recorder.iterations)
        shadow.load(recorder.state())
    if x.ndim == 4:
        known["layout"] = _layout(shadow, x)
    known["scores"] = _scores(recorder, x, y, out, task, known["targets"])
    known["leaky_column"] = recorder.cached.get("leaky column")
    return known


def _outputs(shadow: Any, x: Tensor, out: Tensor) -> Outputs:
    width = out.shape[1] if out.ndim > 1 else 1
    if not bool(torch.isfinite(out).all()):
        return Outputs(width, math.nan, math.nan, False, False, 0.0, finite=False)
    flat = out.reshape(len(out), -1).double()
    spread = float(flat.std(0, correction=0).max())
    size = float(flat.abs().max())
    rounding = max(ROUNDING, COARSE * torch.finfo(out.dtype).eps)
    sums = bool((flat.sum(1) - 1).abs().max() < 1e-4) and float(flat.min()) >= 0
    few = torch.cat([shadow.outputs(x[n : n + 1]) for n in range(min(6, len(x)))])
    gap = float((few.reshape(len(few), -1).double() - flat[: len(few)]).abs().max())
    again = shadow.outputs(x, seed=1).reshape(len(out), -1).double()
    strayed = float((again - flat).abs().max())
    affine = None
    half = min(len(x) // 2, 64)
    if x.is_floating_point() and half >= 2:
        a, b = x[:half], x[half : 2 * half]
        fa, fb, middle = (shadow.outputs(z).double() for z in (a * 2, b * 2, a + b))
        apart = float((fa - fb).pow(2).mean().sqrt())
        bent = float((middle - (fa + fb) / 2).pow(2).mean().sqrt())
        affine = bent / apart if apart > 0 else None
    return Outputs(
        width,
        float(flat.min()),
        float(flat.max()),
        spread <= 1e-6 * max(size, 1e-12),
        sums,
        float((flat == flat.min()).double().mean()),
        0.0 if gap <= rounding * max(size, 1e-12) else gap / max(spread, rounding * size),
        affine,
        random_gap=0.0 if strayed <= ROUNDING * size else strayed / max(spread, ROUNDING * size),
    )


def _layout(shadow: Any, x: Tensor) -> Layout | None:
    seen = shadow.first_conv_input(x[:64])
    if seen is None or seen.shape[1] < 2:
        return None
    n, c, h, w = seen.shape
    right = seen.reshape(n, h, w, c).permute(0, 3, 1, 2)
    return Layout(_neighbourly(seen), _neighbourly(right))


def _neighbourly(images: Tensor) -> float:
    """Return the share of a channel's variance that a pixel's right neighbour has too."""
    centred = images.double() - images.double().mean((0, 2, 3), keepdim=True)
    total = centred.pow(2).mean((0, 2, 3))
    along = (centred[..., 1:] * centred[..., :-1]).mean((0, 2, 3))
    down = (centred[..., 1:, :] * centred[..., :-1, :]).mean((0, 2, 3))
    share = (along + down) / 2 / total.clamp_min(1e-12)
    return float(share.max())


def score(out: Tensor, y: Tensor, task: Task, probabilities: bool) -> float:
    """Return balanced accuracy, or R²."""
    if not bool(torch.isfinite(out).all()):
        return math.nan
    if task != "numbers":
        recalls = _recalls(out, y, task, probabilities)
        return sum(recalls) / len(recalls)
    wanted = y.double().cpu().numpy()
    return table.r2(out.double().cpu().numpy(), wanted.reshape(len(wanted), -1))


def _scores(
    recorder: Recorder, x: Tensor, y: Tensor, out: Tensor, task: Task, targets: Targets
) -> Scores | None:
    shadow, loss = recorder.shadow, recorder.loss_function()
    assert shadow is not None
    squashed = recorder.loss_name in ON_PROBABILITIES
    train = score(out, y, task, squashed)
    finite = bool(torch.isfinite(out).all())
    rows = table.rows(_array(x), _array(y), task)
    if not np.isfinite(rows.x).all():
        keep = np.isfinite(rows.x).all(1)
        rows = table.Rows(rows.x[keep], rows.y[keep])
    known: dict[str, Any] = {}
    # Where the input is to be given back, a linear fit is perfect and says nothing.
    given_back = task == "numbers" and rows.x.shape == rows.y.shape and rows.x.shape[1] > 1
    if len(rows.x) >= 2 * table.FEWEST and not targets.bad and not given_back:
        if "references" not in recorder.cached or recorder.train is None:
            recorder.cached["references"] = _references(recorder, rows, task)
            # Of a table's columns one may be too good; an image or a sequence has no columns.
            leaky = table.leaky_column(rows, task) if x.ndim == 2 else None
            recorder.cached["leaky column"] = leaky
        known.update(recorder.cached["references"])
    known.setdefault("reference", None)
    known.setdefault("reference_train", None)
    validation = None
    if recorder.validation is not None:
        device = x.device
        xv, yv = (torch.as_tensor(a).to(device) for a in recorder.validation)
        judged_out = shadow.outputs(xv)
        validation = score(judged_out, yv, task, squashed)
        if loss is not None:
            known["validation_loss"] = float(loss(judged_out, yv))
            in_training = (
                shadow.outputs(xv, train=True, dropout=True) if len(xv) > 1 else judged_out
            )
            known["validation_loss_train_mode"] = float(loss(in_training, yv))
            shadow.load(recorder.state())
    if loss is not None:
        known["train_loss"] = float(loss(out, y))
    known["baseline_loss"] = constant_loss(recorder.loss_name, y, task, recorder.summed)
    if task != "numbers":
        known["recall"] = min(_recalls(out, y, task, squashed)) if finite else None
    known["first_loss"] = recorder.losses[0][1] if recorder.losses else None
    base = table.baseline(rows.y, rows.y, task) if len(rows.y) else 0.0
    return Scores(train, validation, base, **known)


def _references(recorder: Recorder, rows: table.Rows, task: Task) -> dict[str, float]:
    """Return how well something simple does on the same rows, and on validation rows."""
    near_both, near = table.left_out(rows, task)
    found = {"reference_train": near_both, "neighbours_train": near}
    if recorder.validation is None:
        return found
    x, y = (_array(part) for part in recorder.validation)
    judged = table.rows(x, y, task)
    if len(judged.x) < table.FEWEST or not np.isfinite(judged.x).all():
        return found
    found["reference"] = table.reference(rows, judged, task)
    found["within_validation"] = table.left_out(judged, task)[1]
    if task == "numbers":
        inside, outside = table.ranked(rows, judged)
        return {**found, "neighbours_train": inside, "neighbours_validation": outside}
    return {**found, "neighbours_validation": table.neighbour_score(rows, judged, task)}


def _recalls(out: Tensor, y: Tensor, task: Task, probabilities: bool) -> list[float]:
    """Return, for each class, the share of its rows that are recognised."""
    if task == "binary":
        said = (out.flatten() > (0.5 if probabilities else 0.0)).long()
        wanted = (y.flatten() > 0.5).long()
    else:
        said = out.argmax(1).flatten()
        wanted = y.argmax(1) if y.is_floating_point() and y.ndim > 1 else y.flatten()
    return [float((said[wanted == c] == c).double().mean()) for c in counted(wanted)[0]]


def constant_loss(name: str, y: Tensor, task: Task, summed: bool) -> float | None:
    """Return what the best constant answer costs."""
    if task != "numbers" and name in ("cross_entropy", "nll", "bce", "bce_with_logits"):
        wanted = y.argmax(1) if y.is_floating_point() and y.ndim > 1 and y.shape[1] > 1 else y
        _, counts = counted(wanted.flatten())
        share = counts.double() / counts.sum()
        value = float(-(share * share.log()).sum())
    elif name == "mse":
        value = float(y.double().var(0, correction=0).mean())
    elif name == "l1":
        value = float((y.double() - y.double().median(0).values).abs().mean())
    else:
        return None
    return value * len(y) if summed else value
