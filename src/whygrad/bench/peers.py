"""Who is measured: the same training, as each library would plainly have it written.

A peer that is not installed raises ImportError; one that cannot do a case raises ``Skipped``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from whygrad import nn, optim
from whygrad.bench import deep
from whygrad.bench.cases import Contender, Skipped, State, Workload, library
from whygrad.bench.deep import Deep
from whygrad.training.iteration import Iteration
from whygrad.training.trace import trace


def recorded(case: Workload) -> Iteration:
    """Return whygrad's iteration, ready to be played on."""
    x, t = case.data()
    state = case.start()
    layers: list[nn.Module] = []
    for n in range(1, case.layers + 1):
        linear = nn.Linear(case.sizes[n - 1], case.sizes[n])
        linear.weight = nn.parameter(state[f"W{n}"])
        linear.bias = nn.parameter(state[f"b{n}"])
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    loss = "bce_with_logits" if case.binary else "cross_entropy"
    optimizer = optim.SGD(model.parameters(), lr=case.rate)
    return trace(model, x, t, loss=loss, optimizer=optimizer)


def whygrad(case: Workload) -> Contender:
    """The recorded iteration, played on."""
    iteration = recorded(case)
    return Contender(iteration.train, lambda: iteration.state)


def by_hand(case: Workload) -> Contender:
    """NumPy, with the backward pass written out."""
    x, t = case.data()
    s = case.start()
    rate, n = np.float32(case.rate), np.float32(case.batch)
    weights = [s[f"W{i}"] for i in range(1, case.layers + 1)]
    biases = [s[f"b{i}"] for i in range(1, case.layers + 1)]

    def loss_and_slope(z: Any) -> tuple[Any, Any]:
        if case.binary:
            terms: Any = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))
            return terms.mean(), (1 / (1 + np.exp(-z)) - t) / n
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        share = powers / powers.sum(axis=1, keepdims=True)
        return -(t * np.log(share)).sum() / n, (share - t) / n

    def train(times: int) -> None:
        for _ in range(times):
            a, inputs, signs = x, list[Any](), list[Any]()
            for i in range(case.layers - 1):
                z = a @ weights[i] + biases[i]
                inputs.append(a)
                signs.append(z > 0)
                a = np.maximum(z, 0)
            inputs.append(a)
            _, d = loss_and_slope(a @ weights[-1] + biases[-1])
            for i in range(case.layers - 1, -1, -1):
                dw, db = inputs[i].T @ d, d.sum(axis=0)
                if i:
                    d = d @ weights[i].T * signs[i - 1]
                weights[i] -= rate * dw
                biases[i] -= rate * db

    return Contender(train, lambda: s)


def pytorch(case: Workload, compiled: bool = False) -> Contender:
    """PyTorch, eager, as its tutorials write it."""
    torch = library("torch")
    x, t = (torch.from_numpy(a) for a in case.data())
    s = case.start()
    layers: list[Any] = []
    for n in range(1, case.layers + 1):
        linear = torch.nn.Linear(case.sizes[n - 1], case.sizes[n])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(s[f"W{n}"].T.copy()))
            linear.bias.copy_(torch.from_numpy(s[f"b{n}"]))
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    criterion: Any = torch.nn.BCEWithLogitsLoss() if case.binary else torch.nn.CrossEntropyLoss()
    target: Any = t if case.binary else t.argmax(dim=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=case.rate)

    def loss_of(given: Any) -> Any:
        return criterion(model(given), target)

    forward: Callable[[Any], Any] = torch.compile(loss_of) if compiled else loss_of

    def train(times: int) -> None:
        for _ in range(times):
            optimizer.zero_grad()
            forward(x).backward()
            optimizer.step()

    def state() -> State:
        named: dict[str, Any] = {}
        for n, linear in enumerate(layers[::2], start=1):
            named[f"W{n}"] = linear.weight.detach().numpy().T
            named[f"b{n}"] = linear.bias.detach().numpy()
        return named

    return Contender(train, state)


def pytorch_compiled(case: Workload) -> Contender:
    """PyTorch, its forward and backward pass compiled by ``torch.compile``."""
    return pytorch(case, compiled=True)


def _loss(lib: Any, case: Workload, s: State, x: Any, t: Any) -> Any:
    """The loss in NumPy's names, for libraries that keep them."""
    a = x
    for n in range(1, case.layers):
        a = lib.maximum(a @ s[f"W{n}"] + s[f"b{n}"], 0.0)
    z = a @ s[f"W{case.layers}"] + s[f"b{case.layers}"]
    if case.binary:
        return lib.mean(lib.maximum(z, 0.0) - z * t + lib.log1p(lib.exp(-lib.abs(z))))
    z = z - lib.max(z, axis=1, keepdims=True)
    return -lib.sum(t * (z - lib.log(lib.sum(lib.exp(z), axis=1, keepdims=True)))) / len(x)


def jax_jit(case: Workload) -> Contender:
    """JAX: the whole iteration jitted, the state donated."""
    jax, jnp = library("jax"), library("jax.numpy")
    jax.config.update("jax_platforms", "cpu")
    x, t = (jnp.asarray(a) for a in case.data())
    held = {"state": {name: jnp.asarray(a) for name, a in case.start().items()}}

    def loss_of(s: Any) -> Any:
        return _loss(jnp, case, s, x, t)

    def update(s: Any) -> Any:
        loss, g = jax.value_and_grad(loss_of)(s)
        return {name: s[name] - case.rate * g[name] for name in s}, loss

    step = jax.jit(update, donate_argnums=0)

    def train(times: int) -> None:
        s = held["state"]
        for _ in range(times):
            s, _ = step(s)
        held["state"] = jax.block_until_ready(s)

    return Contender(train, lambda: {name: np.asarray(a) for name, a in held["state"].items()})


def hips_autograd(case: Workload) -> Contender:
    """HIPS autograd: NumPy code, differentiated."""
    autograd, anp = library("autograd"), library("autograd.numpy")
    x, t = case.data()
    s: dict[str, Any] = dict(case.start())

    def loss_of(s: Any) -> Any:
        return _loss(anp, case, s, x, t)

    gradient = autograd.value_and_grad(loss_of)
    rate = np.float32(case.rate)

    def train(times: int) -> None:
        for _ in range(times):
            _, g = gradient(s)
            for name in s:
                s[name] = s[name] - rate * g[name]

    return Contender(train, lambda: s)


def tinygrad_jit(case: Workload) -> Contender:
    """tinygrad: the whole iteration under TinyJit, on the processor."""
    tinygrad = library("tinygrad")
    x, t = (tinygrad.Tensor(a, device="CPU").realize() for a in case.data())
    s = {
        name: tinygrad.Tensor(a, device="CPU", requires_grad=True).realize()
        for name, a in case.start().items()
    }
    optimizer = library("tinygrad.nn.optim").SGD(list(s.values()), lr=case.rate)

    def step() -> Any:
        optimizer.zero_grad()
        a = x
        for n in range(1, case.layers):
            a = (a @ s[f"W{n}"] + s[f"b{n}"]).relu()
        z = a @ s[f"W{case.layers}"] + s[f"b{case.layers}"]
        if case.binary:
            loss = z.binary_crossentropy_logits(t)
        else:
            loss = -(z.log_softmax(axis=1) * t).sum() / case.batch
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    jitted = tinygrad.TinyJit(step)

    def train(times: int) -> None:
        with tinygrad.Tensor.train():
            for _ in range(times):
                jitted()

    return Contender(train, lambda: {name: a.numpy() for name, a in s.items()})


def micrograd(case: Workload) -> Contender:
    """micrograd: one number at a time; only for the smallest. It has no exp and log of its own."""
    if case.sizes[0] > 8:
        raise Skipped("one number at a time: seconds per iteration")
    Value = library("micrograd.engine").Value

    def soft_plus(v: Any) -> Any:
        out = math.log1p(math.exp(-abs(v.data))) + max(v.data, 0.0)
        made = Value(out, (v,), "softplus")

        def backward() -> None:
            v.grad += made.grad / (1 + math.exp(-v.data))

        made._backward = backward
        return made

    x, t = (a.tolist() for a in case.data())
    boxed: Any = np.vectorize(Value, otypes=[object])
    s: dict[str, Any] = {name: boxed(a) for name, a in case.start().items()}
    parameters = [v for a in s.values() for v in a.flat]

    def logit(sample: list[float]) -> Any:
        a: list[Any] = list(sample)
        for n in range(1, case.layers + 1):
            w, b = s[f"W{n}"], s[f"b{n}"]
            a = [sum((a[i] * w[i, j] for i in range(len(a))), b[j]) for j in range(len(b))]
            a = [v.relu() for v in a] if n < case.layers else a
        return a[0]

    def train(times: int) -> None:
        for _ in range(times):
            loss: Any = Value(0.0)
            for sample, (wanted,) in zip(x, t, strict=True):
                z = logit(sample)
                loss = loss + (soft_plus(z) - z * wanted) * (1 / case.batch)
            for v in parameters:
                v.grad = 0
            loss.backward()
            for v in parameters:
                v.data -= case.rate * v.grad

    def state() -> State:
        return {name: np.reshape([v.data for v in a.flat], a.shape) for name, a in s.items()}

    return Contender(train, state)


PEERS: Mapping[str, Callable[[Workload], Contender]] = {
    "whygrad": whygrad,
    "numpy-by-hand": by_hand,
    "pytorch-eager": pytorch,
    "pytorch-compiled": pytorch_compiled,
    "jax-jit": jax_jit,
    "hips-autograd": hips_autograd,
    "tinygrad-jit": tinygrad_jit,
    "micrograd": micrograd,
}

CASES: Mapping[str, Workload | Deep] = {
    "xor": Workload((2, 4, 1), 4, 10.0),
    "small": Workload((64, 32, 10), 32, 6.0),
    "digits": Workload((784, 128, 10), 64, 1.4),
    "wide": Workload((784, 512, 512, 10), 256, 1.0),
    "convnet": Deep("convnet", 1.0),
    "attention": Deep("attention", 1.0),
}


def contender(make: Callable[[Workload], Contender], case: Workload | Deep) -> Contender:
    """Let a peer make its contender for a case."""
    return deep.contender(make.__name__, case) if isinstance(case, Deep) else make(case)
