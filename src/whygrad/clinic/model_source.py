"""Networks as the lines of Python that make them: what a learner reads is what is executed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

ACTIVATIONS = {
    "relu": "nn.ReLU()",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
    "selu": "nn.SELU()",
    "none": "",
}
# How weights and biases of a layer are drawn; "" leaves them as PyTorch draws them.
ZERO_BIAS = "nn.init.zeros_(layer.bias)"
INITS = {
    "torch": ("", ""),
    "he": ('nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")', ZERO_BIAS),
    "he_uniform": ('nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")', ZERO_BIAS),
    "xavier": ("nn.init.xavier_uniform_(layer.weight)", ZERO_BIAS),
    "normal": ("nn.init.normal_(layer.weight, std={std})", ""),
    "zero": ("nn.init.zeros_(layer.weight)", ZERO_BIAS),
}
LOOP_FROM = 4  # equal layers, from which on they are written as a loop


@dataclass(frozen=True)
class ModelSource:
    """A network, as statements that assign it to ``model``.

    Attributes:
        model: the statements; ``torch``, ``nn`` and ``F`` are known in them.
        definitions: the classes and functions that they use.
        slip: what is wrong in them, by the name that a remedy's ``mends`` has for it; "" for
            nothing.
        repaired: the same network without the slip.
    """

    model: str
    definitions: str = ""
    slip: str = ""
    repaired: ModelSource | None = None

    def __call__(self) -> nn.Module:
        """Execute the statements; weights are drawn from PyTorch's global generator."""
        names: dict[str, Any] = {"__name__": "model", "torch": torch, "nn": nn, "F": functional}
        exec(f"{self.definitions}\n{self.model}", names)
        return names["model"]

    def then(self, *statements: str) -> ModelSource:
        """Return it with statements after it."""
        return replace(self, model="\n".join([self.model, *statements]))

    def frozen(self, *places: int) -> ModelSource:
        """Return it with these layers of a sequential network frozen."""
        return self.then(f"for n in {places}:", "    model[n].requires_grad_(False)")


def sequential(*layers: str) -> ModelSource:
    """Return layers one after the other, each as it is written."""
    return ModelSource(
        "\n".join(["model = nn.Sequential(", *(f"    {one}," for one in layers), ")"])
    )


def mlp(
    *sizes: int,
    act: str = "relu",
    init: str = "torch",
    std: float = 1.0,
    bias: float | None = None,
    last: str = "",
    norm: bool = False,
    drop: float = 0.0,
) -> ModelSource:
    """Return fully connected layers.

    Args:
        sizes: of the input, the hidden layers and the output.
        act: the activation after each hidden layer, from ``ACTIVATIONS``.
        init: how weights are drawn, from ``INITS``.
        std: the standard deviation, where ``init`` is ``normal``.
        bias: what every bias is set to.
        last: what follows the output layer, such as ``nn.Softmax(dim=1)``.
        norm: whether batch normalisation follows each hidden layer.
        drop: the rate of dropout after each activation.
    """
    weights, biases = INITS[init]
    if bias is not None:
        biases = f"nn.init.constant_(layer.bias, {bias})"
    draws = [*filter(None, (weights.format(std=std), biases))]
    name = "linear" if draws else "nn.Linear"
    body = ["    layer = nn.Linear(n_in, n_out)", *(f"    {line}" for line in draws)]
    definitions = ["def linear(n_in, n_out):", *body, "    return layer"] if draws else []

    def layer(n_in: int, n_out: int) -> str:
        parts = [f"{name}({n_in}, {n_out})", f"nn.BatchNorm1d({n_out})" if norm else ""]
        parts += [ACTIVATIONS[act], f"nn.Dropout({drop})" if drop else ""]
        return ", ".join(filter(None, parts))

    output = ", ".join(filter(None, [f"{name}({sizes[-2]}, {sizes[-1]})", last]))
    hidden = [(pair, len(list(same))) for pair, same in groupby(pairwise(sizes[:-1]))]
    if all(count < LOOP_FROM for _, count in hidden):
        model = sequential(*(layer(*pair) for pair, n in hidden for _ in range(n)), output).model
    else:
        lines = ["layers = []"]
        for pair, count in hidden:
            lines += [f"for _ in range({count}):", f"    layers += [{layer(*pair)}]"]
        model = "\n".join([*lines, f"model = nn.Sequential(*layers, {output})"])
    return ModelSource(model, "\n".join(definitions))


def convolutions(channels: int, scrambled: bool = False) -> ModelSource:
    """Return two convolutions, for images of 8 × 8 pixels.

    Args:
        channels: of the images; where there are several, they are last.
        scrambled: whether dimensions are moved with ``reshape`` in place of ``permute``.
    """
    turn = f"x.reshape(len(x), {channels}, 8, 8)" if scrambled else "x.permute(0, 3, 1, 2)"
    turned = f"        x = {turn}\n" if channels > 1 else ""
    source = f"""\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d({channels}, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
        )

    def forward(self, x):
{turned}        return self.features(x)"""
    return _net(source, "scrambled", convolutions(channels)) if scrambled else _net(source)


def encoder(cut: bool = False) -> ModelSource:
    """Return an encoder and a head; `cut` detaches the one from the other."""
    source = f"""\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 3), nn.Tanh())
        self.head = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        z = self.encoder(x)
        return self.head({"z.detach()" if cut else "z"})"""
    return _net(source, "cut", encoder()) if cut else _net(source)


def recurrent(gain: float) -> ModelSource:
    """Return a tanh recurrence with orthogonal weights times `gain`, read at its last step."""
    return _net(f"""\
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
        return self.head(self.rnn(x)[0][:, -1])""")


def residual(blocks: int, width: int) -> ModelSource:
    """Return residual blocks, each scaled by 1/√blocks, from two inputs to three classes."""
    return _net(f"""\
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
        return self.last(x)""")


def _net(source: str, slip: str = "", repaired: ModelSource | None = None) -> ModelSource:
    return ModelSource("model = Net()", source, slip, repaired)
