"""The training program of a set-up. What is executed is what a learner reads, but for one line.

The program is written once, as it should be; a slip of its author's replaces passages of it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import nn

from whygrad.clinic.data import Data
from whygrad.clinic.model_source import ModelSource

if TYPE_CHECKING:
    from whygrad.clinic.case import Setup

# The line of the loop that is executed and not shown: a call back to whoever trains.
AFTER_STEP = "        after_step(loss, inputs, targets, out)\n"
LOSS = "        loss = loss_function(out, targets)\n"
OUT = "        out = model(xv)\n"


@dataclass(frozen=True)
class Slip:
    """What an author got wrong: passages of the right program, and what stands there instead.

    Attributes:
        preparation: of what comes before the loop.
        loop: of the loop.
    """

    preparation: Mapping[str, str] = field(default_factory=dict[str, str])
    loop: Mapping[str, str] = field(default_factory=dict[str, str])


def _in_parts(size: int) -> str:
    return OUT.replace("model(xv)", f"torch.cat([model(part) for part in xv.split({size})])")


SLIPS: Mapping[str, Slip] = {
    "": Slip(),
    "no_zero_grad": Slip(loop={"        optimizer.zero_grad()\n": ""}),
    "no_step": Slip(loop={"        optimizer.step()\n": ""}),
    "negated": Slip(loop={"loss.backward()": "(-loss).backward()"}),
    "item": Slip(
        loop={LOSS: f"{LOSS}        loss = torch.tensor(loss.item(), requires_grad=True)\n"}
    ),
    "in_order": Slip(loop={"    order.shuffle(rows)\n": ""}),
    "old_model": Slip(preparation={"order = ": "model = copy.deepcopy(model)\norder = "}),
    "head_only": Slip(preparation={"model.parameters()": "model[-1].parameters()"}),
    "train_mode": Slip(
        loop={
            "    model.eval()\n": "",
            OUT: _in_parts(2).replace(")])", ") if len(part) > 1])"),
            "loss_function(out, yv)), ": "loss_function(out, yv[: len(out)])), ",
            "(out, yv))\n": "(out, yv[: len(out)]))\n",
        }
    ),
    "judged_one": Slip(loop={OUT: _in_parts(1)}),
}
# What a metric is called in the program, and its formula.
SCORES = {
    "r2": ("r2", "1 - ((out - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()"),
    "rounded": ("accuracy", "(out.round() == y).float().mean()"),
    "classes": ("accuracy", "(out.argmax(1) == y).float().mean()"),
    "binary": ("accuracy", "((out > {cut}) == (y > 0.5)).float().mean()"),
}


def preparation(setup: Setup, seed: int, optimizer: str) -> str:
    """Return the statements between the model and the loop.

    Args:
        setup: of the run.
        seed: of the order of the rows.
        optimizer: an expression that makes the optimizer from ``model.parameters()``.
    """
    schedule = f"schedule = make_schedule(optimizer, {setup.epochs})\n" if setup.schedule else ""
    right = f"optimizer = {optimizer}\n{schedule}order = np.random.default_rng({seed})\n"
    return _edited(right, SLIPS[setup.slip].preparation)


def score(setup: Setup, data: Data) -> str:
    """Return the function that scores outputs."""
    name, formula = SCORES[_scored(setup, data)]
    cut = 0.5 if isinstance(setup.loss, nn.BCELoss | nn.L1Loss) else 0
    return f"def {name}(out, y):\n    return float({formula.format(cut=cut)})\n"


def loop(setup: Setup, data: Data) -> str:
    """Return the training loop, with the line that is not shown."""
    name, _ = SCORES[_scored(setup, data)]
    too_few = setup.batch > 1 and len(data.x) % setup.batch == 1  # for batch normalisation
    skip = "        if len(batch) < 2:\n            continue\n" if too_few else ""
    clip = (
        ""
        if setup.clip is None
        else f"        nn.utils.clip_grad_norm_(model.parameters(), {setup.clip})\n"
    )
    right = f"""\
for epoch in range({setup.epochs}):
    model.train()
    rows = np.arange(len(x))
    order.shuffle(rows)
    for start in range(0, len(rows), {setup.batch}):
        batch = torch.from_numpy(rows[start : start + {setup.batch}])
{skip}        inputs, targets = x[batch], y[batch]
        optimizer.zero_grad()
        out = model(inputs)
{LOSS}        loss.backward()
{clip}        optimizer.step()
{AFTER_STEP}    model.eval()
    with torch.no_grad():
{OUT}        print(epoch, float(loss_function(out, yv)), {name}(out, yv))
{"    schedule.step()" if setup.schedule else ""}
"""
    return _edited(right, SLIPS[setup.slip].loop).rstrip() + "\n"


def listing(setup: Setup, data: Data, seed: int) -> str:
    """Return the whole program as its author would show it.

    Args:
        setup: of the run; its model must be a ``ModelSource``.
        data: the rows, whose shapes are written above them.
        seed: of the first weights and the order of the rows.
    """
    model = setup.model
    assert isinstance(model, ModelSource)
    loss = _loss(setup.loss)
    definitions = [model.definitions] if model.definitions else []
    if not isinstance(setup.loss, nn.Module):
        definitions.append(_function(setup.loss, "loss_function"))
    if setup.schedule is not None:
        definitions.append(_function(setup.schedule, "make_schedule"))
    made = f"torch.manual_seed({seed})\n{model.model}\n\n{loss}"
    made += preparation(setup, seed, _optimizer(setup.optimizer))
    body = "\n\n".join(f"{part}\n" for part in definitions)
    body += ("\n\n" if definitions else "") + made
    body += f"\n\n{score(setup, data)}\n\n{loop(setup, data).replace(AFTER_STEP, '')}"
    imports = ["import copy\n"] if "copy." in body else []
    imports += ["import numpy as np", "import torch", "from torch import nn"]
    imports += ["from torch.nn import functional as F"] if "F." in body else []
    gap = "\n\n" if definitions else "\n"
    return "\n".join([*imports, "", *rows_comment(data), gap]).rstrip("\n") + f"\n{gap}{body}"


def rows_comment(data: Any) -> list[str]:
    """Return the lines that load the rows, with their shapes above them."""
    x, y, xv, yv = (tuple(a.shape) for a in (data.x, data.y, data.xv, data.yv))
    return [f"# to learn from: {x} and {y}", f"# to judge on: {xv} and {yv}",
            "x, y, xv, yv = load_rows()"]  # fmt: skip


def _edited(text: str, edits: Mapping[str, str]) -> str:
    for right, wrong in edits.items():
        assert text.count(right) == 1, f"{right!r} must occur once in the program"
        text = text.replace(right, wrong)
    return text


def _scored(setup: Setup, data: Data) -> str:
    if setup.metric in SCORES:
        return setup.metric
    return "binary" if data.y.is_floating_point() else "classes"


def score_name(setup: Setup) -> str:
    """Return what the author calls the score."""
    return "R²" if setup.metric == "r2" else "accuracy"


def _loss(loss: Any) -> str:
    if not isinstance(loss, nn.Module):
        return ""
    options: list[str] = []
    if getattr(loss, "reduction", "mean") != "mean":
        options.append(f'reduction="{loss.reduction}"')
    weight = getattr(loss, "pos_weight", None)
    if weight is not None:
        options.append(f"pos_weight=torch.tensor({float(weight)})")
    return f"loss_function = nn.{type(loss).__name__}({', '.join(options)})\n"


def _function(function: Any, name: str) -> str:
    """Return a function's own lines under another name, without docstring and annotations."""
    source = inspect.getsource(function)
    source = re.sub(r'\n +"""[^"]*"""', "", source)
    _, _, body = source.partition("\n")
    arguments = ", ".join(inspect.signature(function).parameters)
    body = re.sub(r"\((\w+): \w+\) -> \w+:", r"(\1):", body)
    return f"def {name}({arguments}):\n{body.rstrip()}"


def _optimizer(make: Any) -> str:
    options = [f"{key}={value}" for key, value in make.keywords.items() if value]
    return f"torch.optim.{make.func.__name__}({', '.join(['model.parameters()', *options])})"
