"""The backward walk: from a loss to the tensors it rests on, recording as it goes.

Four rules live here and nowhere else:

* **order**: a step is passed only when every later use of its output has reported, so the steps
  are visited from the last recorded to the first;
* **accumulation**: where a value is used more than once its contributions add up;
* **un-broadcasting**: where a value was copied to fit, its copies are uses, and add up too;
* **precision**: a gradient has the dtype of the value it belongs to.

There is no recursion (a chain of 100,000 steps is walked like any other) and nothing is stored on
the tensors, so a second walk starts from nothing and cannot double anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whygrad.engine.dims import same_shape, show_shape
from whygrad.engine.op import LocalDerivative, PullbackContext
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import (
    BackwardOf,
    Tensor,
    annotate,
    apply,
    at_part,
    from_here,
    unchanged,
)
from whygrad.errors import ShapeError, WhygradError


def gradients(
    output: Tensor, wanted: Sequence[Tensor], *, seed: Tensor | None = None
) -> dict[Tensor, Tensor]:
    """Record the backward pass and return the gradient of every tensor between.

    Args:
        output: what is differentiated; one number, unless ``seed`` is given.
        wanted: the tensors whose gradients are asked for. Those the output does not depend on
            are absent from the result.
        seed: what arrives at ``output`` (its shape); by default 1.

    Returns:
        The complete gradient of ``output`` with respect to each wanted tensor and each tensor
        on the way to one, as recorded tensors.

    Raises:
        ShapeError: ``output`` is not one number and no seed is given, or the seed's shape differs.
        WhygradError: a leaf was changed after it was used.
    """
    if seed is None:
        if output.array.size != 1:
            raise ShapeError(
                f"the gradient of {show_shape(output.shape)} is not one rate per number; "
                f"reduce it first (.sum(), .mean()) or give what arrives at it"
            )
        with annotate(phase="backward"):
            seed = Tensor(np.ones_like(output.array), output.shape, role="gradient")
    if not same_shape(seed.shape, output.shape):
        raise ShapeError(
            f"what arrives at the output has shape {show_shape(seed.shape)}, "
            f"but the output has {show_shape(output.shape)}"
        )
    between = _between(output, wanted)
    if output not in between:
        return {}
    for step in between:
        unchanged(step)
    arrived: dict[Tensor, Tensor] = {output: seed}
    with from_here(), annotate(phase="backward"):
        for step in sorted(between, key=lambda t: t.order, reverse=True):
            upstream = arrived.get(step)
            if upstream is None or step.op is None:
                continue
            for argument, source in enumerate(step.inputs):
                if source not in between:
                    continue
                contribution = _contribution(step, argument, upstream)
                if contribution is None:
                    continue
                before = arrived.get(source)
                if before is None:
                    arrived[source] = contribution
                else:
                    with at_part(source.annotation.part):
                        arrived[source] = apply("add", before, contribution)
    return arrived


def _between(output: Tensor, wanted: Sequence[Tensor]) -> set[Tensor]:
    """Return the tensors on some path from a wanted tensor to the output, both included."""
    if not wanted:
        return set()
    earliest = min(tensor.order for tensor in wanted)
    seen = {output}
    waiting = [output]
    while waiting:
        for source in waiting.pop().inputs:
            if source not in seen and source.order >= earliest:
                seen.add(source)
                waiting.append(source)
    between = set(wanted) & seen
    for tensor in sorted(seen, key=lambda t: t.order):
        if any(source in between for source in tensor.inputs):
            between.add(tensor)
    return between


def _contribution(step: Tensor, argument: int, upstream: Tensor) -> Tensor | None:
    """Record what one use contributes to its input's gradient: upstream x local."""
    assert step.op is not None
    pullback = OPS[step.op].pullback(argument)
    if pullback is None:
        return None
    context = PullbackContext(step.inputs, step, step.params, argument)
    with at_part(step.annotation.part):
        if isinstance(pullback, LocalDerivative):
            with annotate(reverses=BackwardOf(step, argument, upstream, "local")):
                local = pullback.derivative(context)
            with annotate(reverses=BackwardOf(step, argument, upstream, "chain")):
                contribution = apply("mul", upstream, local)
        else:
            with annotate(reverses=BackwardOf(step, argument, upstream, "pull")):
                contribution = pullback.contribution(upstream, context)
        source = step.inputs[argument]
        if not same_shape(contribution.shape, source.shape):
            with annotate(reverses=BackwardOf(step, argument, upstream, "uses")):
                contribution = apply("sum_like", contribution, source)
        if contribution.dtype != source.dtype and source.dtype.kind == "f":
            with annotate(reverses=BackwardOf(step, argument, upstream, "uses")):
                contribution = apply("cast_like", contribution, source)
    return contribution


def differentiable(value: Tensor) -> Tensor:
    """Return ``value`` if it can have a gradient.

    Raises:
        WhygradError: it holds whole numbers or booleans, which cannot change by a little.
    """
    if value.dtype.kind != "f":
        raise WhygradError(
            f"a gradient needs floating-point numbers, but this is {value.dtype}; "
            f"make it with wg.tensor(..., dtype=float)"
        )
    return value
