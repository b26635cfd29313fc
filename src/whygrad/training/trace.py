"""Recording a training iteration: forward, loss, backward and update, written as one tape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from whygrad.engine.backward import gradients
from whygrad.engine.dims import Dim, show_shape
from whygrad.engine.tensor import Tensor, annotate, recording, tensor
from whygrad.errors import ShapeError, UnknownName, WhygradError, unknown
from whygrad.nn import Module, Sequential, carrying, naming
from whygrad.nn.registry import LOSS_OF
from whygrad.optim import Optimizer
from whygrad.optim.schedule import Schedule
from whygrad.tape.record import unique_names, write
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.iteration import Iteration, Slot

FLOATS = ("float64", "float32")


def trace(
    model: Callable[..., Tensor],
    x: Any,
    y: Any,
    *,
    loss: str | Callable[[Tensor, Tensor], Tensor] = "mse",
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    dtype: str | None = None,
) -> Iteration:
    """Record one training iteration: forward, loss, backward and, with an optimizer, update.

    Args:
        model: a ``Module``, or any function from a tensor to a tensor.
        x: the inputs, shape (batch, ...), or a single number.
        y: the targets; what the loss compares the model's output with.
        loss: a function of (output, target), or a name of one: "mse", "mae" (or "l1"),
            "huber", "smooth_l1", "bce", "bce_with_logits", "cross_entropy", "nll", "kl_div" (of
            log-probabilities) or "hinge" (for targets of 1 and -1).
        optimizer: updates its parameters; None records no update.
        schedule: how the optimizer's learning rate changes; see ``whygrad.optim.schedule``.
        dtype: "float32" for speed, or "float64": turns the model's parameters, x and y into it.
            By default all keep their own.

    Returns:
        The iteration: ``.tape``, ``.run``, and ``.play(n)`` to train. Playing on trains the model
        you passed in.

    Raises:
        WhygradError: an unknown loss, shapes that do not fit, a loss that is not one number, or
            too much memory needed; it says how much, before it is taken.
    """
    with recording():  # no decorator: its frame would be taken for the person's own line
        return _trace(model, x, y, loss, optimizer, schedule, dtype)


def _trace(
    model: Callable[..., Tensor],
    x: Any,
    y: Any,
    loss: str | Callable[[Tensor, Tensor], Tensor],
    optimizer: Optimizer | None,
    schedule: Schedule | None,
    dtype: str | None,
) -> Iteration:
    if dtype is not None:
        _turn(model, optimizer, dtype)
    inputs, target = _batched(x, y, dtype)
    compare = _loss(loss)
    with carrying() as changed, naming() as layers:
        output = _returned("model", model(inputs))
        with annotate(phase="loss"):
            value = _returned("loss", compare(output, target))
    if value.data.size != 1:
        raise ShapeError(
            f"the loss has shape {show_shape(value.shape)}, but must be one number; "
            f"take its .mean() or .sum()"
        )
    names = {made: name for made, name in layers.items() if not made.name}
    names.update({output: output.name or "yhat", value: value.name or "L"})
    slots: list[tuple[Module, str, Tensor]] = []
    if isinstance(model, Module):
        names.update(_parameter_names(model))
        places = model.slots(roles=("parameter", "buffer"))
        slots = [(owner, at, getattr(owner, at)) for _, owner, at in places]
    parameters = list(dict.fromkeys([t for _, _, t in slots if t.role == "parameter"]))
    if optimizer is not None:
        parameters = list(dict.fromkeys([*parameters, *optimizer.parameters]))
    tape, run, ids = record_iteration(
        value, parameters, optimizer, names, carries=tuple(changed.items())
    )
    return Iteration(
        tape,
        run,
        slots=[Slot(owner, at, ids[t]) for owner, at, t in slots if t in ids],
        optimizer=optimizer,
        schedule=schedule,
    )


def record_iteration(
    loss: Tensor,
    wanted: Sequence[Tensor],
    optimizer: Optimizer | None,
    names: Mapping[Tensor, str],
    *,
    also: Sequence[Tensor] = (),
    carries: Sequence[tuple[Tensor, Tensor]] = (),
) -> tuple[Tape, Run, dict[Tensor, int]]:
    """Record backward and update behind a forward pass, and write the tape.

    Args:
        loss: the value to differentiate.
        wanted: the tensors to find gradients of, besides all between them and the loss.
        optimizer: records the update of its parameters; None records none.
        names: names for tensors; gradients and updated parameters are named after them.
        also: further results to keep on the tape.
        carries: buffers that layers change, each with what takes its place.
    """
    named = dict(names)
    label = named.get(loss, loss.name) or "L"
    named[loss] = label
    found = gradients(loss, wanted)
    named.update(unique_names([loss, *also], named))
    for value, gradient in found.items():
        name = named.get(value, value.name)
        if name:
            named[gradient] = f"d{label}/d{name}"
    updates: Sequence[tuple[Tensor, Tensor]] = ()
    for before, after in carries:
        named.setdefault(after, f"{named.get(before, before.name)}_new")
    if optimizer is not None:
        with annotate(phase="update"):
            recorded = optimizer.record(
                [
                    (named.get(p, p.name) or f"p{n}", p, found[p])
                    for n, p in enumerate(optimizer.parameters)
                    if p in found
                ]
            )
        named = {**recorded.names, **named}
        updates = recorded.carries
        if not updates:
            raise WhygradError("the loss depends on none of the optimizer's parameters")
        for before, after in updates:
            if before.dtype != after.dtype:
                raise WhygradError(
                    f"{named.get(before, before.name)} is {before.dtype}, but its update comes "
                    f"out as {after.dtype}; give inputs and parameters one dtype"
                )
    kept = [*also, *(found[t] for t in wanted if t in found)]
    tape, run, ids = write(
        loss, also=kept, names=named, gradients=found, carries=[*updates, *carries]
    )
    return tape, run, ids


def _turn(model: Callable[..., Tensor], optimizer: Optimizer | None, dtype: str) -> None:
    """Turn a model's parameters into ``dtype``, and the optimizer's with them."""
    if dtype not in FLOATS:
        raise UnknownName(unknown("dtype", dtype, FLOATS))
    turned: dict[Tensor, Tensor] = {}
    if isinstance(model, Module):
        slots = list(model.slots())
        old = [getattr(owner, attribute) for _, owner, attribute in slots]
        model.to(dtype)
        new = [getattr(owner, attribute) for _, owner, attribute in slots]
        turned = dict(zip(old, new, strict=True))
    if optimizer is not None:
        optimizer.parameters = [turned.get(p, p) for p in optimizer.parameters]
        other = next((p for p in optimizer.parameters if p.dtype != dtype), None)
        if other is not None:
            raise WhygradError(
                f"a parameter of the optimizer is {other.dtype}, and no module holds it: make it "
                f"with wg.tensor(..., dtype={dtype!r}), or leave dtype out"
            )


def _batched(x: Any, y: Any, dtype: str | None = None) -> tuple[Tensor, Tensor]:
    """Make the input and the target, their first axis being the batch."""
    inputs = x if isinstance(x, Tensor) else tensor(x)
    target = y if isinstance(y, Tensor) else tensor(y)
    if dtype is not None:
        inputs, target = (
            tensor(t, dtype=dtype, name=t.name) if t.dtype.kind == "f" else t
            for t in (inputs, target)
        )
    for what, given in (("x", inputs), ("y", target)):
        if not given.data.size:
            raise ShapeError(f"{what} has shape {show_shape(given.shape)}: there are no examples")
    shapes = [inputs.shape, target.shape]
    if all(shapes) and shapes[0][0] == shapes[1][0]:
        batch = next((s[0] for s in shapes if isinstance(s[0], Dim)), Dim("batch", shapes[0][0]))
        shapes = [(batch, *shape[1:]) for shape in shapes]
    return (
        Tensor(inputs.data, shapes[0], role="input", name=inputs.name or "x"),
        Tensor(target.data, shapes[1], role="target", name=target.name or "t"),
    )


def _returned(what: str, made: object) -> Tensor:
    if not isinstance(made, Tensor):
        raise WhygradError(f"the {what} must return a tensor, but returned {type(made).__name__}")
    return made


def _loss(loss: str | Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    if isinstance(loss, str):
        if loss not in LOSS_OF:
            raise UnknownName(unknown("loss", loss, LOSS_OF))
        return LOSS_OF[loss].function
    return loss


def _parameter_names(model: Module) -> dict[Tensor, str]:
    if isinstance(model, Sequential):
        return model.parameter_names()
    held = (*model.named_parameters(), *model.named_buffers())
    return {found: found.name or path for path, found in held}
