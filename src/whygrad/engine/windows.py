"""Which elements meet where a window slides over an array: in pooling and in convolution.

The windows lie over the last axes of an array, one for each place of the output along them.
Params, each a tuple of one whole number per such axis:

* ``kernel_size``: how many elements a window takes;
* ``stride``: how far apart windows start;
* ``padding``: how far the first window starts before the array, and how far windows may reach
  beyond its end; or a pair, where these differ;
* ``dilation``: how far apart the elements of one window are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Index = tuple[int, ...]
Sizes = tuple[int, ...]
Padding = int | tuple[int, int]
Params = Mapping[str, Any]


def sides(padding: Padding) -> tuple[int, int]:
    """Return how far windows reach beyond an array, before and after it."""
    return (padding, padding) if isinstance(padding, int) else padding


def slid(size: int, kernel: int, stride: int, padding: Padding, dilation: int) -> int:
    """Return how many windows fit along an axis; 0 or less where none does."""
    around = 2 * padding if isinstance(padding, int) else sum(padding)
    return (size + around - dilation * (kernel - 1) - 1) // stride + 1


def window(shape: Sizes, params: Params, at: Index) -> Iterator[Index]:
    """Run through the elements of an array that the window at ``at`` takes, in order."""
    kernel: Sizes = params["kernel_size"]
    lead, places = at[: len(at) - len(kernel)], at[len(at) - len(kernel) :]
    for tap in itertools.product(*map(range, kernel)):
        index = _touched(places, tap, params)
        if _inside(index, shape[-len(kernel) :]):
            yield (*lead, *index)


def covering(count: Sizes, params: Params, at: Index) -> Iterator[Index]:
    """Run through the windows that take the element ``at``; ``count`` is how many there are."""
    kernel: Sizes = params["kernel_size"]
    lead, places = at[: len(at) - len(kernel)], at[len(at) - len(kernel) :]
    for tap in itertools.product(*map(range, kernel)):
        found = _window_of(places, tap, params, count[-len(kernel) :])
        if found is not None:
            yield (*lead, *found)


def elements(params: Params) -> int:
    """Return how many elements a window has, padding included."""
    return math.prod(params["kernel_size"])


def taps(
    shapes: Mapping[str, Sizes], params: Params, role: str, at: Index
) -> Iterator[Mapping[str, Index]]:
    """Run through what meets in a convolution where one of its three arrays is at ``at``.

    Args:
        shapes: of x (samples, channels, ...), w (units, channels of a group, ...) and
            y (samples, units, ...).
        params: ``stride``, ``padding``, ``dilation`` and the number of ``groups``.
        role: which of the three ``at`` belongs to.
        at: an index into it.

    Yields:
        The index into each: element x meets weight w to add to y.
    """
    (samples, _, *inner), (units, channels, *kernel) = shapes["x"], shapes["w"]
    outer = shapes["y"][2:]
    per_group = units // params["groups"]
    for tap in itertools.product(*map(range, kernel)) if role != "w" else [at[2:]]:
        if role == "y":
            sample, unit, *place = at
            index = _touched(place, tap, params)
            for c in range(channels) if _inside(index, inner) else ():
                x = (sample, unit // per_group * channels + c, *index)
                yield {"x": x, "w": (unit, c, *tap), "y": at}
        elif role == "x":
            sample, channel, *place = at
            found = _window_of(place, tap, params, outer)
            group, c = divmod(channel, channels)
            units_of = range(group * per_group, (group + 1) * per_group)
            for unit in units_of if found is not None else ():
                yield {"x": at, "w": (unit, c, *tap), "y": (sample, unit, *(found or ()))}
        else:
            unit, c = at[:2]
            channel = unit // per_group * channels + c
            for sample, *place in itertools.product(range(samples), *map(range, outer)):
                index = _touched(place, tap, params)
                if _inside(index, inner):
                    yield {"x": (sample, channel, *index), "w": at, "y": (sample, unit, *place)}


def _touched(places: Sequence[int], tap: Sequence[int], params: Params) -> Index:
    """Return the element that one tap of a window touches; it may lie in the padding."""
    dilation = params.get("dilation") or (1,) * len(tap)
    steps = zip(places, tap, params["stride"], params["padding"], dilation, strict=True)
    return tuple(place * s - sides(p)[0] + k * d for place, k, s, p, d in steps)


def _window_of(
    places: Sequence[int], tap: Sequence[int], params: Params, count: Sequence[int]
) -> Index | None:
    """Return the window whose tap touches an element, or None if there is none."""
    dilation = params.get("dilation") or (1,) * len(tap)
    found: list[int] = []
    steps = zip(places, tap, params["stride"], params["padding"], dilation, count, strict=True)
    for place, k, s, p, d, many in steps:
        start = place + sides(p)[0] - k * d
        if start % s or not 0 <= start // s < many:
            return None
        found.append(start // s)
    return tuple(found)


def _inside(index: Sequence[int], shape: Sequence[int]) -> bool:
    return all(0 <= i < size for i, size in zip(index, shape, strict=True))
