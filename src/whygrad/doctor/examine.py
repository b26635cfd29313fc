# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""From what was noted to a chart, and from the chart to a report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from whygrad.doctor import data
from whygrad.doctor.changes import Rows, change
from whygrad.doctor.finding import Finding
from whygrad.doctor.judge import judge
from whygrad.doctor.remedies import Cannot
from whygrad.doctor.report import Report
from whygrad.doctor.rules.loop import AGAINST, ONE_SIDED
from whygrad.doctor.rules.optimise import CLIPPED
from whygrad.doctor.signals import (
    CHANGES,
    Chart,
    Features,
    Layout,
    Loop,
    Optimizer,
    Outputs,
    Parameter,
    Scores,
    Targets,
    Task,
)
from whygrad.doctor.treat import Play
from whygrad.doctor.trials import MOST_STEPS, Beginning, replay
from whygrad.doctor.twin import DROPOUTS, NORMS

if TYPE_CHECKING:
    from whygrad.doctor.watch import Doctor

Tensor = torch.Tensor
ROUNDING = 1e-4  # of the outputs' size: differences below it may be float32's
COARSE = 8  # roundings of outputs that are kept in half precision
MOST_JUDGED = 2000  # validation rows that a replay is judged on
ILL = 0.15  # of what can be learned is missing: worth experiments


def examine(doctor: Doctor, trials: bool) -> Report:
    """Examine a run and say what was found."""
    if doctor.iterations == 0:
        return Report((), (*doctor.notes, "no iteration was seen"), 0, certain=False)
    made = chart(doctor, trials)
    findings = judge(made)
    if made.trials:
        try:
            made = replace(made, tried=_tried(doctor, made, findings))
            findings = judge(made)
        except Exception as error:
            doctor._note("tried", error)
    certain = made.scores is not None
    play = _play(doctor, made) if certain else None
    return Report(findings, tuple(doctor.notes), doctor.iterations, certain, made, play)


def chart(doctor: Doctor, trials: bool) -> Chart:
    """Gather what is known; whatever cannot be had is left out and noted."""
    known: dict[str, Any] = {
        "loop": _loop(doctor),
        "optimizer": _optimizer(doctor),
        "parameters": _parameters(doctor),
        "audits": tuple(doctor.audits),
        "first": doctor.first_probe,
        "losses": tuple(doctor.losses),
        "loss_name": doctor.loss_name,
        "summed": doctor.summed,
        "broadcast": doctor.broadcast,
        "broke": doctor.broke,
        "dropout": max((m.p for m in doctor.model.modules() if isinstance(m, DROPOUTS)), default=0),
        "batch_norm": any(isinstance(m, NORMS) for m in doctor.model.modules()),
        "validation_losses": tuple(doctor.validation_losses),
        "sources": _sources(doctor),
        "outside": _outside(doctor),
    }
    if doctor.validation_losses:
        finite = [(n, v) for n, v in enumerate(doctor.validation_losses, 1) if math.isfinite(v)]
        known["best_validation"] = min(finite, key=lambda pair: pair[1], default=None)
        known["reported_validation"] = doctor.validation_losses[-1]
    for part in (_data, _bad_op, _network):
        try:
            known.update(part(doctor))
        except Exception as error:
            doctor._note(part.__name__, error)
    made = Chart(**known)
    if trials and doctor.twin is not None and (made.shortfall or 0) > ILL:
        try:
            made = Chart(**known, trials=_trials(doctor, made))
        except Exception as error:
            doctor._note("trials", error)
    return made


def _loop(doctor: Doctor) -> Loop:
    return Loop(
        doctor.iterations,
        doctor.steps,
        doctor.loss_has_graph,
        doctor.loss_is_leaf,
        doctor.train_modes,
        doctor.eval_modes,
        _class_run(doctor.batches),
        doctor.batch,
        doctor.steps_in_eval,
        doctor.first_step_in_eval or None,
    )


def _sources(doctor: Doctor) -> dict[str, str]:
    layers = () if doctor.first_probe is None else doctor.first_probe.layers
    lines = {layer.name: layer.source for layer in layers if layer.source}
    known = {**lines, **{part: line for part, line in doctor.sources.items() if line}}
    if layers and layers[-1].source:
        known.setdefault("output", layers[-1].source)
    return known


def _outside(doctor: Doctor) -> tuple[tuple[str, int], ...]:
    """Find tensors that got a gradient and that the model does not know of, with their sizes."""
    known = {id(p) for p in doctor.model.parameters()}
    known |= {id(p) for o in doctor.optimizers for g in o.param_groups for p in g["params"]}
    found: dict[int, tuple[str, int]] = {}

    def look(name: str, value: Any, deep: int) -> None:
        if isinstance(value, torch.nn.Module):
            for inner, p in value.named_parameters():
                look(f"{name}.{inner}", p, 0)
        elif isinstance(value, Tensor):
            if value.is_leaf and value.grad is not None and id(value) not in known:
                found.setdefault(id(value), (name.lstrip("."), value.numel()))
        elif deep and isinstance(value, list | tuple | dict):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                look(f"{name}[{key!r}]", item, deep - 1)

    for name, module in doctor.model.named_modules():
        for key, value in vars(module).items():
            if not key.startswith("_"):
                look(f"{name}.{key}", value, 2)
    return tuple(found.values())


def _class_run(batches: list[Tensor]) -> float | None:
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


def _optimizer(doctor: Doctor) -> Optimizer:
    group = doctor.optimizer.param_groups[0]
    adaptive = "eps" in group and "betas" in group
    roots = [
        float(state["exp_avg_sq"].mean()) ** 0.5
        for state in doctor.optimizer.state.values()
        if "exp_avg_sq" in state
    ]
    return Optimizer(
        type(doctor.optimizer).__name__,
        float(group["lr"]),
        doctor.lr_first,
        doctor.lr_top,
        float(group.get("momentum", group.get("betas", (0.0,))[0])),
        doctor.decay,
        float(group["eps"]) if adaptive else None,
        float(np.median(roots)) if roots else None,
        bool(group.get("maximize", False)),
    )


def _parameters(doctor: Doctor) -> tuple[Parameter, ...]:
    owned = {id(p) for o in doctor.optimizers for group in o.param_groups for p in group["params"]}
    kinds = {
        id(p): type(m).__name__ for m in doctor.model.modules() for p in m.parameters(recurse=False)
    }
    made = []
    for name, p in doctor.model.named_parameters():
        start = doctor.start.get(name, p.detach()).float()
        rows = start.reshape(len(start), -1) if start.ndim > 1 else start[None]
        alike = len(rows) > 1 and bool((rows == rows[0]).all())
        made.append(
            Parameter(
                name,
                p.numel(),
                rows.shape[1] if start.ndim > 1 else 1,
                p.requires_grad,
                id(p) in owned,
                name in doctor.reached if doctor.listened else None,
                float(start.pow(2).mean().sqrt()),
                float(p.detach().float().pow(2).mean().sqrt()),
                alike,
                kinds.get(id(p), ""),
            )
        )
    return tuple(made)


def _task(doctor: Doctor, y: Tensor, width: int) -> Task:
    return data.task_of(y.cpu().numpy(), width)


def _data(doctor: Doctor) -> dict[str, Any]:
    """Describe the rows; what depends on them alone is worked out once."""
    if doctor._described is not None:
        return doctor._described
    x, y = doctor.train if doctor.train is not None else doctor.probe_rows()
    if x is None or y is None:
        return {}
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    xv = None if doctor.validation is None else doctor.validation[0]
    features: Features | None = None
    if x.is_floating_point():
        judged = None if xv is None else _array(xv)
        features = data.features_of(_array(x), judged)
    found = {"features": features}
    if doctor.train is not None:
        doctor._described = found
    return found


def _bad_op(doctor: Doctor) -> dict[str, Any]:
    """Play the batch at which the loss broke again on the first weights, and on those of now."""
    twin, rows = doctor.twin, doctor.bad_batch
    if doctor.bad_op is not None or twin is None or rows is None:
        return {"bad_op": doctor.bad_op}
    now = {
        n: t.detach()
        for n, t in {
            **dict(doctor.model.named_parameters()),
            **dict(doctor.model.named_buffers()),
        }.items()
    }
    for state in (doctor.start, now):
        if all(bool(torch.isfinite(t).all()) for t in state.values() if t.is_floating_point()):
            twin.take(state)
            found = twin.first_bad(rows)
            if found is not None:
                return {"bad_op": found}
    return {}


def _array(x: Any) -> np.ndarray:
    rows = torch.as_tensor(x).detach().cpu()
    return (rows.float() if rows.dtype is torch.bfloat16 else rows).numpy()


def _network(doctor: Doctor) -> dict[str, Any]:
    """Ask the copy, with the weights of now, what the network does."""
    twin, loss = doctor.twin, doctor.loss_function()
    x, y = doctor.probe_rows()
    if twin is None or x is None or y is None:
        return {}
    state = {**dict(doctor.model.named_parameters()), **dict(doctor.model.named_buffers())}
    twin.take({n: t.detach() for n, t in state.items()})
    out = twin.outputs(x)
    finite = bool(torch.isfinite(out).all())
    task = _task(doctor, y, out.shape[1] if out.ndim > 1 else 1)
    known: dict[str, Any] = {"targets": data.targets_of(_array(y), task)}
    known["outputs"] = _outputs(twin, x, out)
    if loss is not None and finite:
        known["last"] = twin.probe(x, y, loss, doctor.iterations)
        twin.take({n: t.detach() for n, t in state.items()})
    if x.ndim == 4:
        known["layout"] = _layout(twin, x)
    known["scores"] = _scores(doctor, x, y, out, task, known["targets"])
    known["telling"] = doctor._telling
    return known


def _outputs(twin: Any, x: Tensor, out: Tensor) -> Outputs:
    width = out.shape[1] if out.ndim > 1 else 1
    if not bool(torch.isfinite(out).all()):
        return Outputs(width, math.nan, math.nan, False, False, 0.0, finite=False)
    flat = out.reshape(len(out), -1).double()
    spread = float(flat.std(0, correction=0).max())
    size = float(flat.abs().max())
    rounding = max(ROUNDING, COARSE * torch.finfo(out.dtype).eps)
    sums = bool((flat.sum(1) - 1).abs().max() < 1e-4) and float(flat.min()) >= 0
    few = torch.cat([twin.outputs(x[n : n + 1]) for n in range(min(6, len(x)))])
    gap = float((few.reshape(len(few), -1).double() - flat[: len(few)]).abs().max())
    again = twin.outputs(x, seed=1).reshape(len(out), -1).double()
    strayed = float((again - flat).abs().max())
    affine = None
    half = min(len(x) // 2, 64)
    if x.is_floating_point() and half >= 2:
        a, b = x[:half], x[half : 2 * half]
        fa, fb, middle = (twin.outputs(z).double() for z in (a * 2, b * 2, a + b))
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


def _layout(twin: Any, x: Tensor) -> Layout | None:
    seen = twin.first_conv_input(x[:64])
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
    return data.r2(out.double().cpu().numpy(), wanted.reshape(len(wanted), -1))


def _scores(
    doctor: Doctor, x: Tensor, y: Tensor, out: Tensor, task: Task, targets: Targets
) -> Scores | None:
    twin, loss = doctor.twin, doctor.loss_function()
    assert twin is not None
    squashed = doctor.loss_name in ("bce", "mse", "l1", "huber")
    train = score(out, y, task, squashed)
    finite = bool(torch.isfinite(out).all())
    rows = data.rows(_array(x), _array(y), task)
    if not np.isfinite(rows.x).all():
        keep = np.isfinite(rows.x).all(1)
        rows = data.Rows(rows.x[keep], rows.y[keep])
    known: dict[str, Any] = {}
    # Where the input is to be given back, a linear fit is perfect and says nothing.
    given_back = task == "numbers" and rows.x.shape == rows.y.shape and rows.x.shape[1] > 1
    if len(rows.x) >= 2 * data.FEWEST and not targets.bad and not given_back:
        if doctor._references is None or doctor.train is None:
            near_both, near = data.left_out(rows, task)
            doctor._references = {
                "reference_train": near_both,
                "neighbours_train": near,
            }
            if doctor.validation is not None:
                judged = data.rows(_array(doctor.validation[0]), _array(doctor.validation[1]), task)
                if len(judged.x) >= data.FEWEST and np.isfinite(judged.x).all():
                    doctor._references["reference"] = data.reference(rows, judged, task)
                    doctor._references["neighbours_validation"] = data.neighbour_score(
                        rows, judged, task
                    )
                    doctor._references["within_validation"] = data.left_out(judged, task)[1]
                    if task == "numbers":
                        inside, outside = data.ranked(rows, judged)
                        doctor._references["neighbours_train"] = inside
                        doctor._references["neighbours_validation"] = outside
            # Of a table's columns one may be too good; of an image or a sequence, none is a column.
            doctor._telling = data.telling(rows, task) if x.ndim == 2 else None
        known.update(doctor._references)
    known.setdefault("reference", None)
    known.setdefault("reference_train", None)
    validation = None
    if doctor.validation is not None:
        device = x.device
        xv, yv = (torch.as_tensor(a).to(device) for a in doctor.validation)
        judged_out = twin.outputs(xv)
        validation = score(judged_out, yv, task, squashed)
        if loss is not None:
            known["validation_loss"] = float(loss(judged_out, yv))
            moody = twin.outputs(xv, train=True, dropout=True) if len(xv) > 1 else judged_out
            known["validation_loss_train_mode"] = float(loss(moody, yv))
            state = {**dict(doctor.model.named_parameters()), **dict(doctor.model.named_buffers())}
            twin.take({n: t.detach() for n, t in state.items()})
    if loss is not None:
        known["train_loss"] = float(loss(out, y))
    known["baseline_loss"] = constant_loss(doctor.loss_name, y, task, doctor.summed)
    if task != "numbers":
        known["recall"] = min(_recalls(out, y, task, squashed)) if finite else None
    known["first_loss"] = doctor.losses[0][1] if doctor.losses else None
    base = data.baseline(rows.y, rows.y, task) if len(rows.y) else 0.0
    return Scores(train, validation, base, **known)


def _recalls(out: Tensor, y: Tensor, task: Task, probabilities: bool) -> list[float]:
    """Return, for each class, the share of its rows that are recognised."""
    if task == "binary":
        said = (out.flatten() > (0.5 if probabilities else 0.0)).long()
        wanted = (y.flatten() > 0.5).long()
    else:
        said = out.argmax(1).flatten()
        wanted = y.argmax(1) if y.is_floating_point() and y.ndim > 1 else y.flatten()
    return [float((said[wanted == c] == c).double().mean()) for c in wanted.unique()]


def constant_loss(name: str, y: Tensor, task: Task, summed: bool) -> float | None:
    """Return what the best constant answer costs."""
    if task != "numbers" and name in ("cross_entropy", "nll", "bce", "bce_with_logits"):
        wanted = y.argmax(1) if y.is_floating_point() and y.ndim > 1 and y.shape[1] > 1 else y
        _, counts = wanted.flatten().unique(return_counts=True)
        share = counts.double() / counts.sum()
        value = float(-(share * share.log()).sum())
    elif name == "mse":
        value = float(y.double().var(0, correction=0).mean())
    elif name == "l1":
        value = float((y.double() - y.double().median(0).values).abs().mean())
    else:
        return None
    return value * len(y) if summed else value


def _beginning(doctor: Doctor, habits: bool) -> Beginning | None:
    """Return where the run started; with the loop's habits, or as a loop should be written."""
    twin, loss = doctor.twin, doctor.loss_function()
    if twin is None or loss is None:
        return None
    x, y = doctor.probe_rows()
    rows, plain = Rows(x, y), Beginning(
        twin, doctor.start, doctor.optimizer, doctor.first_state, doctor.lr_top, Rows(x, y), loss,
        doctor.batch or 32, min(doctor.iterations, MOST_STEPS),
    )  # fmt: skip
    if not habits:
        return plain
    if doctor.validation is not None:
        xv, yv = (torch.as_tensor(part).to(x.device) for part in doctor.validation)
        rows = Rows(x, y, xv[:MOST_JUDGED], yv[:MOST_JUDGED])
    owned = {id(p) for group in doctor.optimizer.param_groups for p in group["params"]}
    names = frozenset(n for n, p in doctor.model.named_parameters() if id(p) in owned)
    seen, clip = _habits(doctor)
    return replace(plain, rows=rows, habits=seen, owned=names, clip=clip)


def _habits(doctor: Doctor) -> tuple[frozenset[str], float]:
    """Return what the loop gets wrong, as far as a replay can do it too, and where it clips."""
    audits = [a for a in doctor.audits if a.arrived > 0]
    seen = {
        "no_zero_grad": any(a.stale for a in audits),
        "no_step": doctor.steps == 0,
        "negated": sum((a.agreement or 0.0) < AGAINST for a in audits) > len(audits) / 2,
        "in_order": (_class_run(doctor.batches) or 0.0) > ONE_SIDED,
        "train_mode": doctor.train_modes > 0 and doctor.eval_modes == 0,
        "old_model": any(
            p.trainable and p.got_gradient and not p.owned for p in _parameters(doctor)
        ),
    }
    clipped = [
        a for a in audits if a.true and a.applied is not None and a.applied < CLIPPED * a.true
    ]
    clip = math.inf
    if len(clipped) > len(audits) / 2:
        clip = float(np.median([a.applied for a in clipped if a.applied is not None]))
    return frozenset(name for name, is_so in seen.items() if is_so), clip


def _play(doctor: Doctor, made: Chart) -> Play | None:
    """Return a function that plays the run's beginning again with a remedy, and examines it."""
    beginning = _beginning(doctor, habits=True)
    if beginning is None:
        return None

    def play(key: str, evidence: Mapping[str, float], seed: int) -> Chart:
        what = change(key, made, evidence)
        if what.by_hand:
            raise Cannot(what.by_hand)
        played = replay(beginning, what, seed, watched=True)
        assert played.doctor is not None
        played.doctor.close()
        seen = played.doctor._examine(trials=False).chart
        if seen is None:
            raise Cannot("nothing could be seen when it was played")
        return seen

    return play


def _trials(doctor: Doctor, made: Chart) -> dict[str, float]:
    """Play the run's beginning again with one thing changed at a time."""
    numbers = made.targets is not None and made.targets.task == "numbers"
    return _replayed(doctor, made, [c for c in CHANGES if c != "standard_targets" or numbers])


def _tried(doctor: Doctor, made: Chart, findings: tuple[Finding, ...]) -> dict[str, float]:
    """Play it again with remedies between which there is a choice, and that keep task and rows."""
    keys = [r.key for f in findings if len(f.remedies) > 1 for r in f.remedies]
    return _replayed(doctor, made, [key for key in keys if key not in made.trials])


def _replayed(doctor: Doctor, made: Chart, keys: list[str]) -> dict[str, float]:
    """Return the score that each change reaches; what does not apply is left out."""
    beginning = _beginning(doctor, habits=False)
    if beginning is None or made.targets is None:
        return {}
    x = beginning.rows.x
    if x.is_floating_point() and not bool(torch.isfinite(x).all()):
        return {}
    task, squashed = made.targets.task, doctor.loss_name in ("bce", "mse", "l1", "huber")
    found: dict[str, float] = {}
    for key in keys:
        try:
            what = change(key, made)
            if what.by_hand or (what.rows is not None and key not in CHANGES):
                continue
            played = replay(beginning, what)
        except Cannot:
            continue
        reached = score(played.twin.outputs(played.rows.x), played.rows.y, task, squashed)
        found[key] = reached if math.isfinite(reached) else -1.0
    return found
