"""Convolution: the same weights at every place of an array, along one axis or two.

x (samples, channels, ...) meets w (units, channels of a group, ...) to make y (samples, units,
...). Each of the three is made from the other two by one op, and each op's pullbacks are the other
ops: so gradients of gradients work without further rules. Names as in ``torch.nn.grad``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from whygrad.engine.dims import Shape, same_shape, show_shape
from whygrad.engine.formula import Formula, Use, arg, total
from whygrad.engine.op import VJP, Array, Example, Kernel, Op, Params, Reason, each_reason
from whygrad.engine.windows import slid
from whygrad.errors import ShapeError

Sizes = tuple[int, ...]


def _made(name: str, x: Shape, w: Shape, params: Params) -> Shape:
    """Return the shape of y.

    Raises:
        ShapeError: they do not fit; both shapes are named.
    """
    stride: Sizes = params["stride"]
    groups: int = params["groups"]
    rank = len(stride)
    shown = f"{name}: input {show_shape(x)} and weight {show_shape(w)}"
    if len(x) != rank + 2 or len(w) != rank + 2:
        raise ShapeError(
            f"{shown} must have {rank + 2} axes: examples or units, channels, "
            f"{' and '.join(('height', 'width')[-rank:] if rank == 2 else ('length',))}"
        )
    if groups < 1 or x[1] != w[1] * groups or w[0] % groups:
        raise ShapeError(
            f"{shown} do not fit: the weight takes {int(w[1])} channels in each of {groups} "
            f"group(s), {int(w[1]) * groups} in all, and its {int(w[0])} units must divide evenly"
        )
    outer: list[int] = []
    for size, k, s, p, d in zip(
        x[2:], w[2:], stride, params["padding"], params["dilation"], strict=True
    ):
        if s < 1 or d < 1 or p < 0 or k < 1:
            raise ShapeError(
                f"{shown}: kernel {int(k)}, stride {s} and dilation {d} must be 1 or more, "
                f"padding {p} 0 or more"
            )
        many = slid(int(size), int(k), s, p, d)
        if many < 1:
            raise ShapeError(
                f"{shown}: the kernel covers {d * (int(k) - 1) + 1} places, more than the "
                f"{int(size) + 2 * p} there are with padding"
            )
        outer.append(many)
    return (x[0], w[0], *outer)


class _Lay:
    """The arrays of a convolution laid out for one matrix product per group.

    ``columns`` has, for each weight of a unit (row) and each place of the output (column), the
    element of x that they meet at. With samples innermost in memory, what is laid out at once lies
    together: three times as fast, but what goes in and comes out must be turned around.
    """

    def __init__(
        self, x: Shape, w: Shape, y: Shape, params: Params, dtype: np.dtype[Any], innermost: bool
    ):
        self.stride: Sizes = params["stride"]
        self.dilation: Sizes = params["dilation"]
        padding: Sizes = params["padding"]
        groups: int = params["groups"]
        samples, channels, *inner = x
        units, self.taken, *kernel = w
        self.kernel, self.outer = tuple(kernel), tuple(y[2:])
        places = samples * math.prod(self.outer)
        self.weights = (groups, units // groups, self.taken * math.prod(kernel))

        def room(before: Shape, after: Shape) -> tuple[Array, Array]:
            """Return zeros as they lie in memory, and with samples between the two parts."""
            if not innermost:
                lying = np.zeros((*before, samples, *after), dtype)
                return lying, lying
            lying = np.zeros((*before, *after, samples), dtype)
            return lying, np.moveaxis(lying, -1, len(before))

        lying, self.columns = room((groups, self.taken, *kernel), self.outer)
        self.matrix = lying.reshape((groups, self.weights[2], places))
        lying, made = room((units,), self.outer)
        self.made = lying.reshape((groups, self.weights[1], places))
        self.turned = made.swapaxes(0, 1)  # as y has it: samples first
        padded = tuple(n + 2 * p for n, p in zip(inner, padding, strict=True))
        _, self.padded = room((), (channels, *padded))
        within = (slice(p, n - p) for p, n in zip(padding, padded, strict=True))
        self.inside = self.padded[(..., *within)]

    def gather(self, x: Array) -> Callable[[], None]:
        """Return what copies x to the columns."""
        sample, channel, *along = self.padded.strides
        met = np.lib.stride_tricks.as_strided(
            self.padded,
            self.columns.shape,
            (
                channel * self.taken,
                channel,
                *(n * d for n, d in zip(along, self.dilation, strict=True)),
                sample,
                *(n * s for n, s in zip(along, self.stride, strict=True)),
            ),
            writeable=False,
        )

        def compute() -> None:
            np.copyto(self.inside, x)
            np.copyto(self.columns, met)

        return compute

    def scatter(self, out: Array) -> Callable[[], None]:
        """Return what adds the columns up where they came from."""
        groups, _, *rest = self.columns.shape
        flat = self.columns.reshape((groups * self.taken, *rest))
        pairs: list[tuple[Array, Array]] = []
        for tap in itertools.product(*map(range, self.kernel)):
            # from a tap's first place, every stride-th, as many as there are windows
            slices = tuple(
                slice(k * d, k * d + s * (many - 1) + 1, s)
                for k, d, s, many in zip(tap, self.dilation, self.stride, self.outer, strict=True)
            )
            part = flat[(slice(None), *tap)]
            pairs.append((self.padded[(..., *slices)], part.swapaxes(0, 1)))

        def compute() -> None:
            self.padded.fill(0.0)
            for target, part in pairs:
                np.add(target, part, target)
            np.copyto(out, self.inside)

        return compute


def _conv(x: Array, w: Array, out: Array, **params: Any) -> Kernel:
    lay = _Lay(x.shape, w.shape, out.shape, params, out.dtype, innermost=True)
    gather = lay.gather(x)

    def compute() -> None:
        gather()
        np.matmul(w.reshape(lay.weights), lay.matrix, lay.made)
        np.copyto(out, lay.turned)

    return compute


def _conv_input(g: Array, w: Array, like: Array, out: Array, **params: Any) -> Kernel:
    stride: Sizes = params["stride"]
    around = tuple(
        d * (k - 1) - p
        for k, d, p in zip(w.shape[2:], params["dilation"], params["padding"], strict=True)
    )
    if all(s == 1 for s in stride) and all(p >= 0 for p in around):
        return _turned_conv(g, w, out, {**params, "padding": around})
    lay = _Lay(out.shape, w.shape, g.shape, params, out.dtype, innermost=True)
    scatter = lay.scatter(out)

    def compute() -> None:
        np.copyto(lay.turned, g)
        np.matmul(w.reshape(lay.weights).swapaxes(-1, -2), lay.made, lay.matrix)
        scatter()

    return compute


def _turned_conv(g: Array, w: Array, out: Array, params: Params) -> Kernel:
    """At stride 1, pass back by a convolution with the weights turned around: none overlap.

    Laying out what arrives takes a fifth of the time of adding up where it belongs.
    """
    groups: int = params["groups"]
    units, taken, *kernel = w.shape
    split = (groups, units // groups, taken, *kernel)
    turned = np.empty((groups, taken, units // groups, *kernel), w.dtype)
    around = (slice(None), slice(None), slice(None), *(slice(None, None, -1),) * len(kernel))
    weights = turned.reshape((groups * taken, units // groups, *kernel))
    conv = _conv(g, weights, out, **params)

    def compute() -> None:
        np.copyto(turned, w.reshape(split)[around].swapaxes(1, 2))
        conv()

    return compute


def _conv_weight(x: Array, g: Array, like: Array, out: Array, **params: Any) -> Kernel:
    lay = _Lay(x.shape, out.shape, g.shape, params, out.dtype, innermost=False)
    gather = lay.gather(x)
    flat = out.reshape(lay.weights)

    def compute() -> None:
        gather()
        np.copyto(lay.turned, g)
        np.matmul(lay.made, lay.matrix.swapaxes(-1, -2), flat)

    return compute


def _formula(first: str, second: str, made: str, like: bool) -> Formula:
    """Add up what meets: one product for each tap."""
    over = ("taps", 0, first, second, made)
    a, b = arg(0, "tap", "r", first), arg(1, "tap", "r", second)
    uses: tuple[Use | None, ...] = (
        Use(b, ("tap", "r", first), (("r", over),)),
        Use(a, ("tap", "r", second), (("r", over),)),
    )
    return Formula(total("r", over, a * b), (*uses, None) if like else uses)


_MEETS = Reason(
    "{x} meets {other=} here: raise {x} by 0.01 and {y} moves by 0.01 × {other#}.",
    "the other factor",
)


def _rows(rank: int) -> tuple[Op, Op, Op]:
    name = f"conv{rank}d"
    one, two, none = (1,) * rank, (2,) * rank, (0,) * rank
    plain: dict[str, Any] = {"stride": one, "padding": none, "dilation": one, "groups": 1}
    strided: dict[str, Any] = {"stride": two, "padding": one, "dilation": one, "groups": 1}
    grouped: dict[str, Any] = {"stride": one, "padding": one, "dilation": two, "groups": 2}

    def filled(*shape: int) -> Any:
        numbers = (np.arange(math.prod(shape)) * 7 % 11 - 5) / 4
        return numbers.reshape(shape).tolist()

    def shape(x: Shape, w: Shape, **params: Any) -> Shape:
        return _made(name, x, w, params)

    def input_shape(g: Shape, w: Shape, like: Shape, **params: Any) -> Shape:
        _insist(f"{name}_input", g, _made(name, like, w, params))
        return like

    def weight_shape(x: Shape, g: Shape, like: Shape, **params: Any) -> Shape:
        _insist(f"{name}_weight", g, _made(name, x, like, params))
        return like

    cases = [
        (filled(2, 2, *(4,) * rank), filled(1, 2, *two), plain),
        (filled(1, 1, *(5,) * rank), filled(2, 1, *(3,) * rank), strided),
        (filled(1, 2, *(4,) * rank), filled(2, 1, *two), grouped),
    ]

    def made(x: Any, w: Any, params: Params) -> Any:
        return filled(*_made(name, np.shape(x), np.shape(w), params))

    forward = Op(
        name=name,
        shape=shape,
        forward=_conv,
        pullbacks=(
            VJP(lambda g, s: g.apply(f"{name}_input", s.inputs[1], s.inputs[0], **s.params)),
            VJP(lambda g, s: s.inputs[0].apply(f"{name}_weight", g, s.inputs[1], **s.params)),
        ),
        formula=_formula("x", "w", "y", False),
        examples=tuple(Example((x, w), params) for x, w, params in cases),
        title="convolution",
        reads="the weights {1} at every place of {0}, multiplied and added up",
        purpose="It looks for the same small pattern everywhere.",
        reasons=each_reason(_MEETS, _MEETS),
    )
    to_input = Op(
        name=f"{name}_input",
        shape=input_shape,
        forward=_conv_input,
        pullbacks=(
            VJP(lambda g, s: g.apply(name, s.inputs[1], **s.params)),
            VJP(lambda g, s: g.apply(f"{name}_weight", s.inputs[0], s.inputs[1], **s.params)),
            None,
        ),
        formula=_formula("y", "w", "x", True),
        examples=tuple(Example((made(x, w, p), w, x), p) for x, w, p in cases),
        title="convolution, passed back to its input",
        reads="{0}, sent back through the weights {1} to every place they looked at",
        purpose="It gathers, at each place, what every window over it asks for.",
        reasons=each_reason(_MEETS, _MEETS, None),
    )
    to_weight = Op(
        name=f"{name}_weight",
        shape=weight_shape,
        forward=_conv_weight,
        pullbacks=(
            VJP(lambda g, s: s.inputs[1].apply(f"{name}_input", g, s.inputs[0], **s.params)),
            VJP(lambda g, s: s.inputs[0].apply(name, g, **s.params)),
            None,
        ),
        formula=_formula("x", "y", "w", True),
        examples=tuple(Example((x, made(x, w, p), w), p) for x, w, p in cases),
        title="convolution, passed back to its weights",
        reads="{1} at every place, times what the weights met there in {0}, added up",
        purpose="It adds up, for each weight, what it did at every place.",
        reasons=each_reason(_MEETS, _MEETS, None),
    )
    return forward, to_input, to_weight


def _insist(what: str, arriving: Shape, made: Shape) -> None:
    if not same_shape(arriving, made):
        raise ShapeError(f"{what}: {show_shape(arriving)} arrives, but was {show_shape(made)}")


OPS = (*_rows(1), *_rows(2))
