"""Runs in plain NumPy whose backward pass was written by hand, with a slip or without.

The program is written once; what a learner reads is what is executed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad.clinic.data import Data, Make, digits
from whygrad.clinic.messages import ClinicCourse, numbers
from whygrad.clinic.program import rows_comment
from whygrad.clinic.progress import Progress, ignore
from whygrad.doctor import Report, check_backward
from whygrad.errors import WhygradError, unknown

EPOCHS, BATCH, RATE = 30, 32, 1.0
DRAW = "rng.normal(0, n_in**-0.5, (n_in, n_out))"
UPDATE = f"W[n], b[n] = W[n] - {RATE} * dW, b[n] - {RATE} * db"
UPDATE_INT = f"W[n], b[n] = (W[n] - {RATE} * dW).astype(int), (b[n] - {RATE} * db).astype(int)"


@dataclass(frozen=True)
class NumpySlip:
    """What an author got wrong in such a program; the defaults are right.

    Attributes:
        remedy: the remedy that repairs it.
        slope: the factor by which the upstream gradient passes a sigmoid.
        weights: how weights are drawn.
        dtype: of the biases, as a keyword.
        update: the update of one layer.
    """

    remedy: str = ""
    slope: str = " * (a * (1 - a))"
    weights: str = DRAW
    dtype: str = ""
    update: str = UPDATE


SLIPS: Mapping[str, NumpySlip] = {
    "": NumpySlip(),
    "no_slope": NumpySlip("derive_again", slope=""),
    "square": NumpySlip("derive_again", slope=" * (a * a)"),
    "whole": NumpySlip(
        "float_parameters",
        weights=f"np.round(3 * {DRAW}).astype(int)",
        dtype=", dtype=int",
        update=UPDATE_INT,
    ),
}
DEFINITIONS = """\
rng = np.random.default_rng({seed})
sizes = {sizes}
W, b = [], []
for n_in, n_out in zip(sizes, sizes[1:]):
    W.append({weights})
    b.append(np.zeros(n_out{dtype}))


def forward(x):
    kept = [x]
    for n in range(len(W)):
        z = kept[-1] @ W[n] + b[n]
        if n < len(W) - 1:
            kept.append(1 / (1 + np.exp(-z)))
        else:
            e = np.exp(z - z.max(1, keepdims=True))
            kept.append(e / e.sum(1, keepdims=True))
    return kept


def loss_function(kept, y):
    return -np.log(kept[-1][np.arange(len(y)), y] + 1e-300).mean()


def backward(kept, y):
    delta = (kept[-1] - np.eye(10)[y]) / len(y)
    gradients = []
    for n in reversed(range(len(W))):
        a = kept[n]
        gradients.append((n, a.T @ delta, delta.sum(0)))
        delta = delta @ W[n].T{slope}
    return gradients
"""
# The line of the loop that is executed and not shown: a call back to whoever trains.
AFTER_STEP = "        after_step(loss)\n"
LOOP = f"""\
order = np.random.default_rng({{seed}})
for epoch in range({EPOCHS}):
    rows = np.arange(len(x))
    order.shuffle(rows)
    for start in range(0, len(rows), {BATCH}):
        batch = rows[start : start + {BATCH}]
        kept = forward(x[batch])
        loss = loss_function(kept, y[batch])
        for n, dW, db in backward(kept, y[batch]):
            {{update}}
{AFTER_STEP}    kept = forward(xv)
    print(epoch, loss_function(kept, yv), (kept[-1].argmax(1) == yv).mean())
"""


@dataclass(frozen=True)
class NumpySetup:
    """Sigmoid layers and a softmax on the digits, with a backward pass written by hand.

    Attributes:
        sizes: of the input, the hidden layers and the output.
        slip: what its author got wrong, from ``SLIPS``; "" for nothing.

    Raises:
        WhygradError: there is no such slip.
    """

    sizes: tuple[int, ...]
    slip: str = ""

    def __post_init__(self) -> None:
        if self.slip not in SLIPS:
            raise WhygradError(unknown("slip", self.slip, SLIPS))

    @property
    def data(self) -> Make:
        """The rows: of all such runs, the digits."""
        return digits()

    def definitions(self, seed: int) -> str:
        """Return what comes before the loop."""
        slip = SLIPS[self.slip]
        return DEFINITIONS.format(
            seed=seed, sizes=self.sizes, weights=slip.weights, dtype=slip.dtype, slope=slip.slope
        )

    def loop(self, seed: int) -> str:
        """Return the loop, with the line that is not shown."""
        return LOOP.format(seed=seed, update=SLIPS[self.slip].update)


class NumpyNetwork:
    """The network of a set-up: its definitions, executed."""

    def __init__(self, setup: NumpySetup, seed: int) -> None:
        self.names: dict[str, Any] = {"np": np}
        exec(setup.definitions(seed), self.names)

    @property
    def parameters(self) -> dict[str, Any]:
        """The weights W0, W1, … and biases b0, b1, …; they can be set, too."""
        count = len(self.names["W"])
        return {f"{kind}{n}": self.names[kind][n] for n in range(count) for kind in "Wb"}

    @parameters.setter
    def parameters(self, parameters: Mapping[str, Any]) -> None:
        for kind in "Wb":
            count = len(self.names[kind])
            self.names[kind][:] = [parameters[f"{kind}{n}"] for n in range(count)]

    def outputs(self, x: Any) -> Any:
        """Return the probabilities of the classes."""
        return self.names["forward"](x)[-1]

    def loss(self, x: Any, y: Any) -> float:
        """Return the loss on some rows."""
        return float(self.names["loss_function"](self.names["forward"](x), y))

    def gradients(self, x: Any, y: Any) -> dict[str, Any]:
        """Return the gradients that its backward pass gives, by the parameters' names."""
        found = self.names["backward"](self.names["forward"](x), y)
        return {f"{kind}{n}": g for n, *both in found for kind, g in zip("Wb", both, strict=True)}

    def checked(self, x: Any, y: Any) -> Report:
        """Return the doctor's report on the backward pass, on some rows."""
        kept = self.parameters

        def loss(parameters: Mapping[str, Any]) -> float:
            self.parameters = parameters
            return self.loss(x, y)

        def gradients(parameters: Mapping[str, Any]) -> dict[str, Any]:
            self.parameters = parameters
            return self.gradients(x, y)

        try:
            return check_backward(loss, gradients, kept)
        finally:
            self.parameters = kept


class NumpyRun:
    """Such a program, trained from a seed, after its backward pass was checked.

    Attributes:
        start: the parameters before the first update.
        losses: of the batches.
        report: the doctor's, on the first batch.
    """

    score_name = "accuracy"

    def __init__(self, setup: NumpySetup, seed: int, progress: Progress = ignore) -> None:
        self.setup, self.seed, self._progress = setup, seed, progress
        self.data: Data = setup.data(seed)
        d = self.data
        self.x, self.xv = (a.double().numpy() for a in (d.x, d.xv))
        self.y, self.yv = (a.numpy().astype(int) for a in (d.y, d.yv))
        self.network = NumpyNetwork(setup, seed)
        self.start = self.network.parameters
        self.losses: list[float] = []
        self.epochs: list[int] = []
        self.validation_losses: list[float] = []
        self.scores: list[float] = []
        with np.errstate(all="ignore"):
            self.report = self.network.checked(self.x[:BATCH], self.y[:BATCH])
            rows = {name: getattr(self, name) for name in ("x", "y", "xv", "yv")}
            self.network.names |= {
                **rows, "after_step": self._after_step, "print": self._after_epoch
            }  # fmt: skip
            exec(setup.loop(seed), self.network.names)

    def _after_step(self, loss: float) -> None:
        self.losses.append(float(loss))

    def _after_epoch(self, epoch: int, loss: float, score: float) -> None:
        self.epochs.append(len(self.losses))
        self.validation_losses.append(float(loss))
        self.scores.append(float(score))
        self._progress(0.9 * (epoch + 1) / EPOCHS)

    def score(self, x: Any, y: Any) -> float:
        """Return the accuracy on some rows."""
        with np.errstate(all="ignore"):
            return float((self.network.outputs(x).argmax(1) == y).mean())

    def course(self) -> ClinicCourse:
        """Return how it went, as its author sees it."""
        seen = [(n, loss) for n, loss in enumerate(self.losses, 1) if math.isfinite(loss)]
        return ClinicCourse(
            at=tuple(n for n, _ in seen),
            losses=tuple(loss for _, loss in seen),
            epochs=tuple(self.epochs),
            validation=numbers(self.validation_losses),
            scores=numbers(self.scores),
            broke=None,
        )

    def listing(self) -> str:
        """Return the program as its author would show it."""
        loop = self.setup.loop(self.seed).replace(AFTER_STEP, "")
        rows = "\n".join(rows_comment(self))
        return f"import numpy as np\n\n{rows}\n\n{self.setup.definitions(self.seed)}\n\n{loop}"
