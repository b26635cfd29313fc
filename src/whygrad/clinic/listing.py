# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""A case as its author would show it: a program that trains what was trained.

A test executes the listing of every case and sees the same losses, so what the learner reads is
what the patient has.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby, pairwise
from typing import Any

from torch import nn

from whygrad.clinic import cases
from whygrad.clinic.cases import Setup
from whygrad.clinic.data import Data

# How the weights of a layer are drawn, by the name that `cases.mlp` has for it.
DRAWN = {
    "he": ('nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")', "zeros"),
    "he_uniform": ('nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")', "zeros"),
    "xavier": ("nn.init.xavier_uniform_(layer.weight)", "zeros"),
    "normal": ("nn.init.normal_(layer.weight, std={std})", ""),
    "zero": ("nn.init.zeros_(layer.weight)", "zeros"),
}
ALONE = 4  # layers alike, from which on they are written as a loop

CONV = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d({channels}, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
        )

    def forward(self, x):
{turn}        return self.features(x)
"""
ENCODER = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 3), nn.Tanh())
        self.head = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        z = self.encoder(x)
        return self.head({z})
"""
RECURRENT = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(2, 24, batch_first=True)
        self.head = nn.Linear(24, 1)
        with torch.no_grad():
            through_time = self.rnn.weight_hh_l0
            nn.init.orthogonal_(through_time)
            through_time *= {gain}

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])
"""
RESIDUAL = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(2, {width}), nn.Linear({width}, 3)
        self.blocks = nn.ModuleList(nn.Linear({width}, {width}) for _ in range({blocks}))
        for block in self.blocks:
            nn.init.kaiming_normal_(block.weight, nonlinearity="relu")
            nn.init.zeros_(block.bias)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = x + block(F.relu(x)) / len(self.blocks) ** 0.5
        return self.last(x)
"""
SCORES = {
    "r2": ("r2", "1 - ((out - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()"),
    "rounded": ("accuracy", "(out.round() == y).float().mean()"),
    "classes": ("accuracy", "(out.argmax(1) == y).float().mean()"),
    "binary": ("accuracy", "((out > {cut}) == (y > 0.5)).float().mean()"),
}


def listing(setup: Setup, data: Data, seed: int) -> str:
    """Return the program that trains a setup on these rows."""
    body = "\n".join([*_model(setup), "", *_training(setup, data, seed)])
    body = body.replace("torch.manual_seed()", f"torch.manual_seed({seed})")
    imports = ["import copy\n"] if "copy." in body else []
    imports += ["import numpy as np", "import torch", "from torch import nn"]
    if "F." in body:
        imports.append("from torch.nn import functional as F")
    x, y, xv, yv = (tuple(a.shape) for a in (data.x, data.y, data.xv, data.yv))
    rows = [f"# to learn from: {x} and {y}", f"# to judge on: {xv} and {yv}",
            "x, y, xv, yv = load_rows()"]  # fmt: skip
    gap = ["", ""] if body.startswith(("def ", "class ")) else [""]
    return "\n".join([*imports, "", *rows, *gap, body]) + "\n"


# --- the model --------------------------------------------------------------------------------


def _model(setup: Setup) -> Iterator[str]:
    make = setup.model
    if isinstance(make, partial) and make.func is cases.mlp:
        yield from _mlp(*make.args, **make.keywords)
        return
    model = make()
    whole = _class(model)
    if whole is not None:
        yield from (*whole.splitlines(), "", "", "torch.manual_seed()", "model = Net()")
        return
    assert isinstance(model, nn.Sequential)
    yield from ("torch.manual_seed()", "model = nn.Sequential(")
    yield from (f"    {_part(part)}," for part in model)
    yield ")"
    if make is cases._sparse:
        yield "nn.init.constant_(model[0].bias, -0.35)"
    if make is cases.random_features:
        yield "nn.init.normal_(model[0].weight, std=0.25)"
    still = [n for n, part in enumerate(model) if _still(part)]
    if still:
        places = f"({still[0]},)" if len(still) == 1 else repr(tuple(still))
        yield f"for n in {places}:"
        yield "    model[n].requires_grad_(False)"


def _still(part: nn.Module) -> bool:
    parameters = list(part.parameters())
    return bool(parameters) and not any(p.requires_grad for p in parameters)


def _class(model: nn.Module) -> str | None:
    """Return a class written for this one model, where it is more than layers in a row."""
    if isinstance(model, cases.Conv):
        turn = "x.permute(0, 3, 1, 2)"
        if model.scrambled:
            turn = f"x.reshape(len(x), {model.channels}, 8, 8)"
        turned = f"        x = {turn}\n" if model.channels > 1 else ""
        return CONV.format(channels=model.channels, turn=turned)
    if isinstance(model, cases.Encoder):
        return ENCODER.format(z="z.detach()" if model.cut else "z")
    if isinstance(model, cases.Residual):
        return RESIDUAL.format(width=model.first.out_features, blocks=len(model.blocks))
    if isinstance(model, cases.Recurrent):
        weight = model.rnn.get_parameter("weight_hh_l0")
        gain = float(weight.detach().norm() / len(weight) ** 0.5)  # of an orthogonal one it is 1
        return RECURRENT.format(gain=round(gain, 4))
    return None


def _mlp(
    *sizes: int,
    act: str = "relu",
    init: str = "torch",
    std: float = 1.0,
    bias: float | None = None,
    last: nn.Module | None = None,
    norm: bool = False,
    drop: float = 0.0,
) -> Iterator[str]:
    """The options are those of `cases.mlp`."""
    weight, filled = DRAWN.get(init, ("", ""))
    inits = [weight.format(std=std)] if weight else []
    if bias is not None:
        inits.append(f"nn.init.constant_(layer.bias, {bias})")
    elif filled:
        inits.append("nn.init.zeros_(layer.bias)")
    name = "nn.Linear"
    if inits:
        name = "linear"
        yield "def linear(n_in, n_out):"
        yield "    layer = nn.Linear(n_in, n_out)"
        yield from (f"    {line}" for line in inits)
        yield from ("    return layer", "", "")

    def after(width: int) -> list[str]:
        parts = [f"nn.BatchNorm1d({width})"] if norm else []
        parts += [f"{_part(cases.ACTS[act]())}"] if act != "none" else []
        return parts + ([f"nn.Dropout({drop})"] if drop else [])

    hidden = list(pairwise(sizes[:-1]))
    ends = [f"{name}({sizes[-2]}, {sizes[-1]})", *([_part(last)] if last is not None else [])]
    yield "torch.manual_seed()"
    if any(len(list(same)) >= ALONE for _, same in groupby(hidden)):
        yield "layers = []"
        for (a, b), same in groupby(hidden):
            yield f"for _ in range({len(list(same))}):"
            yield f"    layers += [{', '.join([f'{name}({a}, {b})', *after(b)])}]"
        yield f"model = nn.Sequential(*layers, {', '.join(ends)})"
        return
    yield "model = nn.Sequential("
    for a, b in hidden:
        yield f"    {', '.join([f'{name}({a}, {b})', *after(b)])},"
    yield f"    {', '.join(ends)},"
    yield ")"


def _part(part: nn.Module) -> str:
    """Write a module the way it is made."""
    kind = f"nn.{type(part).__name__}"
    if isinstance(part, nn.Linear):
        return f"{kind}({part.in_features}, {part.out_features})"
    if isinstance(part, nn.BatchNorm1d):
        return f"{kind}({part.num_features})"
    if isinstance(part, nn.Softmax | nn.LogSoftmax):
        return f"{kind}(dim={part.dim})"
    return f"{kind}()"


# --- loss, optimizer and loop -----------------------------------------------------------------


def _training(setup: Setup, data: Data, seed: int) -> Iterator[str]:
    wrong = setup.wrong
    score, formula = SCORES[_scored(setup, data)]
    cut = 0.5 if isinstance(setup.loss, nn.BCELoss | nn.L1Loss) else 0
    loss = list(_loss(setup.loss))
    yield from (["", *loss] if len(loss) > 1 else loss)
    owned = "model[-1]" if wrong == "head_only" else "model"
    kind, options = _optimizer(setup.optimizer)
    yield f"optimizer = torch.optim.{kind}({', '.join([f'{owned}.parameters()', *options])})"
    if wrong == "old_model":
        yield "model = copy.deepcopy(model)"
    if setup.schedule is not None:
        yield from ("", "", *_function(setup.schedule, "make_schedule"), "", "")
        yield f"schedule = make_schedule(optimizer, {setup.epochs})"
    yield f"order = np.random.default_rng({seed})"
    yield from (
        "",
        "",
        f"def {score}(out, y):",
        f"    return float({formula.format(cut=cut)})",
        "",
        "",
    )
    yield f"for epoch in range({setup.epochs}):"
    yield "    model.train()"
    yield "    rows = np.arange(len(x))"
    if wrong != "in_order":
        yield "    order.shuffle(rows)"
    yield f"    for start in range(0, len(rows), {setup.batch}):"
    yield f"        batch = torch.from_numpy(rows[start : start + {setup.batch}])"
    if setup.batch > 1 and len(data.x) % setup.batch == 1:
        yield from ("        if len(batch) < 2:", "            continue")
    if wrong != "no_zero_grad":
        yield "        optimizer.zero_grad()"
    yield "        loss = loss_function(model(x[batch]), y[batch])"
    if wrong == "item":
        yield "        loss = torch.tensor(loss.item(), requires_grad=True)"
    yield f"        {'(-loss)' if wrong == 'negated' else 'loss'}.backward()"
    if setup.clip is not None:
        yield f"        nn.utils.clip_grad_norm_(model.parameters(), {setup.clip})"
    if wrong != "no_step":
        yield "        optimizer.step()"
    if wrong != "train_mode":
        yield "    model.eval()"
    yield "    with torch.no_grad():"
    size = {"train_mode": 2, "judged_one": 1}.get(wrong)
    if size is None:
        yield "        out = model(xv)"
    else:
        whole = " if len(part) > 1" if size > 1 and len(data.xv) % size else ""
        yield f"        out = torch.cat([model(part) for part in xv.split({size}){whole}])"
    judged = "yv" if not size or len(data.xv) % size == 0 else "yv[: len(out)]"
    yield f"        print(epoch, float(loss_function(out, {judged})), {score}(out, {judged}))"
    if setup.schedule is not None:
        yield "    schedule.step()"


def _scored(setup: Setup, data: Data) -> str:
    if setup.metric in SCORES:
        return setup.metric
    return "binary" if data.y.is_floating_point() else "classes"


def score_name(setup: Setup) -> str:
    """Return what the author calls the number that is looked at."""
    return "R²" if setup.metric == "r2" else "accuracy"


def _loss(loss: Any) -> Iterator[str]:
    if not isinstance(loss, nn.Module):
        yield from (*_function(loss, "loss_function"), "", "")
        return
    options: list[str] = []
    if getattr(loss, "reduction", "mean") != "mean":
        options.append(f'reduction="{loss.reduction}"')
    weight = getattr(loss, "pos_weight", None)
    if weight is not None:
        options.append(f"pos_weight=torch.tensor({float(weight)})")
    yield f"loss_function = nn.{type(loss).__name__}({', '.join(options)})"


def _function(function: Any, name: str) -> list[str]:
    """Return a function's own lines, under another name and without what is for Python alone."""
    source = inspect.getsource(function)
    source = re.sub(r'\n +"""[^"]*"""', "", source)
    _, _, body = source.partition("\n")
    arguments = ", ".join(inspect.signature(function).parameters)
    body = re.sub(r"\((\w+): \w+\) -> \w+:", r"(\1):", body)
    return [f"def {name}({arguments}):", *body.rstrip().splitlines()]


def _optimizer(make: Any) -> tuple[str, list[str]]:
    options = [f"{key}={value}" for key, value in make.keywords.items() if value]
    return make.func.__name__, options
