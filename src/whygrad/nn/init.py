"""Initial weights, by their right names.

A weight matrix has shape (fan_in, fan_out): the layer computes z = x @ W + b. A convolution's
kernel has shape (out, in, k, ...). Every function takes `(shape, seed, stream)` and gives a
float64 array; the numbers come from `whygrad.engine.random`, so a seed and a stream (say "W1")
give the same weights everywhere. Biases start at zero.

The scaled schemes set the variance of a weight so that signals, or gradients, neither grow nor
fade from layer to layer:

| name | variance | made for |
|---|---|---|
| xavier (Glorot) | 2 / (fan_in + fan_out) | tanh, sigmoid, linear |
| he (Kaiming) | 2 / fan_in | relu |
| lecun | 1 / fan_in | selu, tanh |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from whygrad.engine import random
from whygrad.engine.dims import bytes_for
from whygrad.errors import ShapeError, UnknownName, unknown
from whygrad.option import Option

Floats = NDArray[np.float64]
Shape = Sequence[int]


@dataclass(frozen=True)
class Fan:
    """How many numbers flow into one output (`fan_in`) and out of one input (`fan_out`)."""

    fan_in: int
    fan_out: int


def fan(shape: Shape) -> Fan:
    """The fan of a weight of the given shape.

    (fan_in, fan_out) for a matrix; for a kernel (out, in, k, ...), in and out times the number of
    positions the kernel covers. (A grouped convolution's kernel already says in / groups.)

    Raises ShapeError for fewer than two dimensions, where no fan is defined.
    """
    if len(shape) < 2:
        raise ShapeError(
            f"a weight of shape {tuple(shape)} has no fan_in and fan_out: it needs two "
            "dimensions, (fan_in, fan_out), or a kernel's (out, in, k, ...). For a bias use "
            "'zeros', 'constant', 'normal' or 'uniform'."
        )
    if len(shape) == 2:
        return Fan(shape[0], shape[1])
    covered = math.prod(shape[2:])
    return Fan(shape[1] * covered, shape[0] * covered)


def zeros(shape: Shape, seed: random.Seed = 0, stream: str = "") -> Floats:
    """All zeros: right for a bias; for the weights of a hidden layer all units stay alike."""
    return constant(shape, seed, stream, value=0.0)


def constant(
    shape: Shape, seed: random.Seed = 0, stream: str = "", *, value: float = 0.0
) -> Floats:
    """Every number is `value`; seed and stream do not matter."""
    return np.full(tuple(shape), value, dtype=np.float64)


def normal(
    shape: Shape, seed: random.Seed, stream: str, *, mean: float = 0.0, std: float = 1.0
) -> Floats:
    """Normal with the given mean and standard deviation: variance std**2."""
    return random.normal(seed, stream, shape, mean, std)


def uniform(
    shape: Shape, seed: random.Seed, stream: str, *, low: float = 0.0, high: float = 1.0
) -> Floats:
    """Even over [low, high): variance (high - low)**2 / 12."""
    return random.uniform(seed, stream, shape, low, high)


def xavier_uniform(shape: Shape, seed: random.Seed, stream: str, *, gain: float = 1.0) -> Floats:
    """Even over +-gain * sqrt(6 / (fan_in + fan_out)): variance gain**2 * 2 / (fan_in + fan_out).

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010, equation 16 (their "normalized initialization").
    """
    return _even(shape, seed, stream, gain**2 * _mean_fan_variance(shape))


def xavier_normal(shape: Shape, seed: random.Seed, stream: str, *, gain: float = 1.0) -> Floats:
    """Normal with variance gain**2 * 2 / (fan_in + fan_out).

    Glorot and Bengio 2010, equation 12, drawn from a normal distribution.
    """
    return _bell(shape, seed, stream, gain**2 * _mean_fan_variance(shape))


def he_uniform(shape: Shape, seed: random.Seed, stream: str) -> Floats:
    """Even over +-sqrt(6 / fan_in): variance 2 / fan_in.

    He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015, equation 10, drawn from an
    even distribution. The 2 makes up for ReLU, which stops half of what passes.
    """
    return _even(shape, seed, stream, _fan_in_variance(shape, 2.0))


def he_normal(shape: Shape, seed: random.Seed, stream: str) -> Floats:
    """Normal with variance 2 / fan_in (He et al. 2015, equation 10); "he" means this one."""
    return _bell(shape, seed, stream, _fan_in_variance(shape, 2.0))


def lecun_uniform(shape: Shape, seed: random.Seed, stream: str) -> Floats:
    """Even over +-sqrt(3 / fan_in): variance 1 / fan_in.

    LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998, section 4.6, equation 16.
    """
    return _even(shape, seed, stream, _fan_in_variance(shape, 1.0))


def lecun_normal(shape: Shape, seed: random.Seed, stream: str) -> Floats:
    """Normal with variance 1 / fan_in (LeCun et al. 1998, section 4.6); "lecun" means this one."""
    return _bell(shape, seed, stream, _fan_in_variance(shape, 1.0))


def orthogonal(shape: Shape, seed: random.Seed, stream: str, *, gain: float = 1.0) -> Floats:
    """A random matrix whose shorter side's vectors are at right angles and of length `gain`.

    For (rows, cols) with rows >= cols, W.T @ W = gain**2 * I; else W @ W.T is. A kernel is taken
    as the matrix (out, in * k...). Variance gain**2 / max(rows, cols). From the QR decomposition
    of a normal matrix, with signs chosen so that every rotation is equally likely.

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", ICLR 2014.
    """
    fan(shape)  # refuses what is no matrix
    rows, cols = shape[0], math.prod(shape[1:])
    drawn = random.normal(seed, stream, (max(rows, cols), min(rows, cols)))
    q, r = np.linalg.qr(drawn)
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    q = q * signs[..., None, :]
    turned = q if rows >= cols else np.swapaxes(q, -1, -2)
    return gain * np.ascontiguousarray(turned).reshape((*q.shape[:-2], *shape))


Initialiser = Callable[[Shape, random.Seed, str], Floats]

INITIALISERS: Mapping[str, Initialiser] = MappingProxyType(
    {
        "zeros": zeros,
        "constant": constant,
        "normal": normal,
        "uniform": uniform,
        "xavier_uniform": xavier_uniform,
        "xavier_normal": xavier_normal,
        "he_uniform": he_uniform,
        "he_normal": he_normal,
        "lecun_uniform": lecun_uniform,
        "lecun_normal": lecun_normal,
        "orthogonal": orthogonal,
        # short and other names for the same
        "he": he_normal,
        "xavier": xavier_uniform,
        "lecun": lecun_normal,
        "glorot_uniform": xavier_uniform,
        "glorot_normal": xavier_normal,
        "kaiming_uniform": he_uniform,
        "kaiming_normal": he_normal,
    }
)
"""Name -> function(shape, seed, stream) -> float64 array."""

_GAIN = {"gain": Option(1.0, 0, 100, "what the weights are multiplied by", above_low=True)}

INIT_OPTIONS: Mapping[str, Mapping[str, Option]] = MappingProxyType(
    {
        "constant": {"value": Option(0.0, -1e6, 1e6, "every weight")},
        "normal": {
            "mean": Option(0.0, -1e6, 1e6, "the mean"),
            "std": Option(1.0, 0, 1e6, "the standard deviation"),
        },
        "uniform": {
            "low": Option(0.0, -1e6, 1e6, "the lowest weight"),
            "high": Option(1.0, -1e6, 1e6, "the highest weight"),
        },
        "xavier_uniform": _GAIN,
        "xavier_normal": _GAIN,
        "xavier": _GAIN,
        "glorot_uniform": _GAIN,
        "glorot_normal": _GAIN,
        "orthogonal": _GAIN,
    }
)
"""Name -> the keyword options its function takes, with ranges; a name that is not here has none."""


def initialise(name: str, shape: Shape, seed: random.Seed, stream: str, **options: float) -> Floats:
    """The weights that the initialiser called `name` draws, shape `shape`, float64.

    Raises UnknownName for a name that is not in INITIALISERS, WhygradError for an option it does
    not take, a value out of range or a shape that needs too much memory, ShapeError as `fan` does.
    """
    from whygrad.option import checked_options, text

    stream = text("weights", "stream", stream)
    if text("weights", "init", name) not in INITIALISERS:
        raise UnknownName(unknown("initialiser", name, INITIALISERS))
    checked = checked_options(name, INIT_OPTIONS.get(name, {}), options)
    bytes_for("a parameter", tuple(shape))
    return INITIALISERS[name](shape, seed, stream, **checked)


def _fan_in_variance(shape: Shape, factor: float) -> float:
    return factor / max(fan(shape).fan_in, 1)


def _mean_fan_variance(shape: Shape) -> float:
    sizes = fan(shape)
    return 2.0 / max(sizes.fan_in + sizes.fan_out, 1)


def _even(shape: Shape, seed: random.Seed, stream: str, variance: float) -> Floats:
    bound = math.sqrt(3.0 * variance)
    return random.uniform(seed, stream, shape, -bound, bound)


def _bell(shape: Shape, seed: random.Seed, stream: str, variance: float) -> Floats:
    return random.normal(seed, stream, shape, 0.0, math.sqrt(variance))
