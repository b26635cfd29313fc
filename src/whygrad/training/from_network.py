"""From the spec of a network and its data to a recorded iteration."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from whygrad import nn
from whygrad.data import Dataset, batch_indices
from whygrad.engine.dims import Dim
from whygrad.engine.op import Array
from whygrad.engine.tensor import Tensor, annotate, recording
from whygrad.nn import Linear, Module, Sequential
from whygrad.nn.registry import ACTIVATIONS, LOSS_OF
from whygrad.spec import ON_LOGITS, Spec
from whygrad.tape.tape import Tape
from whygrad.training.iteration import Iteration
from whygrad.training.parts import optimizer_of, schedule_of, without_sources
from whygrad.training.trace import record_iteration


def build(spec: Spec) -> Sequential:
    """Return the network of a resolved spec; its sizes have names."""
    network = spec.network
    assert network is not None
    sizes = [
        Dim(
            "inputs" if n == 0 else "outputs" if n == len(network.layers) - 1 else f"hidden{n}",
            size,
        )
        for n, size in enumerate(network.layers)
    ]
    layers: list[Module] = []
    for n in range(1, len(sizes)):
        linear = Linear(
            sizes[n - 1],
            sizes[n],
            init=spec.init.name,
            init_options=spec.init.options,
            seed=spec.init.seed,
            stream=f"W{n}",
        )
        linear.weight = _given(spec, f"W{n}", linear.weight)
        assert linear.bias is not None
        linear.bias = _given(spec, f"b{n}", linear.bias)
        layers.append(linear)
        kind = network.activation[n - 1] if n < len(sizes) - 1 else network.output
        module = ACTIVATIONS[kind].module if kind in ACTIVATIONS else None
        if module is not None and kind != "softmax":  # that one is applied before the loss
            layers.append(module())
    return Sequential(*layers).to(spec.train.dtype)


def samples(model: Sequential, x: Array, t: Array) -> tuple[Tensor, Tensor]:
    """Return inputs (batch, inputs) and targets (batch, outputs) with the model's named sizes."""
    linears = [layer for layer in model.layers if isinstance(layer, Linear)]
    batch, dtype = Dim("batch", len(x)), linears[0].weight.dtype
    return (
        Tensor(x.astype(dtype), (batch, linears[0].weight.shape[0]), role="input", name="x"),
        Tensor(t.astype(dtype), (batch, linears[-1].weight.shape[1]), role="target", name="t"),
    )


def _given(spec: Spec, name: str, made: Tensor) -> Tensor:
    weights = spec.init.weights.get(name)
    return made if weights is None else nn.parameter(weights, shape=made.shape, kind=made.kind)


@recording()
def network_iteration(spec: Spec, dataset: Dataset) -> Iteration:
    """Record the first iteration of a resolved spec's network on its data."""
    assert spec.network is not None
    model = build(spec)
    first = visited(spec, dataset, 0)
    x, t = samples(model, dataset.x[first], dataset.y[first])
    output = model(x)
    names: dict[Tensor, str] = model.parameter_names()
    also: list[Tensor] = []
    if spec.network.output == "softmax":
        names[output] = f"z{len(spec.network.layers) - 1}"
        with annotate(part=("output", "softmax")):
            shares = nn.functional.softmax(output).named("yhat")
        if spec.loss.name in ON_LOGITS:
            also.append(shares)  # beside the loss, for reading
        else:
            output = shares
    with annotate(phase="loss"):
        loss = _loss(spec.loss.name, output, t)
    parameters = model.parameters()
    optimizer = optimizer_of(spec, parameters)
    tape, run, kept = record_iteration(loss, parameters, optimizer, names, also=also)
    tape, run = without_sources(tape, run)
    return Iteration(
        tape,
        run,
        kept=kept,
        batches=_batches(spec, dataset, tape),
        schedule=schedule_of(spec),
    )


def _loss(name: str, output: Tensor, t: Tensor) -> Tensor:
    """Compare a network's output with 0s and 1s, shares or amounts, as a spec means it."""
    if name == "hinge":
        with annotate(part=("hinge loss",)):
            return nn.functional.hinge_loss(output, 2.0 * t - 1.0)
    if name == "kl_div":
        with annotate(part=("KL divergence",)):
            logs = nn.functional.log_softmax(output)
            return nn.functional.kl_div(logs, t, reduction="batchmean")
    return LOSS_OF[name].function(output, t)


def _batches(spec: Spec, dataset: Dataset, tape: Tape) -> Callable[[int], Sequence[Array]] | None:
    if spec.data.batch == "all" or len(dataset) == 1:
        return None
    x_first = tape.by_name["x"] < tape.by_name["t"]

    def batch(iteration: int) -> Sequence[Array]:
        chosen = visited(spec, dataset, iteration)
        pair = (dataset.x[chosen], dataset.y[chosen])
        return pair if x_first else pair[::-1]

    return batch


def visited(spec: Spec, dataset: Dataset, iteration: int) -> Array:
    """Return the indices of the examples that an iteration (from 0) sees."""
    n = len(dataset)
    if isinstance(spec.data.batch, str):
        return np.arange(n)
    return batch_indices(
        n, spec.data.batch, iteration, seed=spec.data.seed, shuffle=spec.data.shuffle
    )
