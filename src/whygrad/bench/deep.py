"""Two deeper models to measure: a small convnet, and one block of attention.

Each is written once for each library's way of saying it, and by hand in NumPy.
"""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad.bench.cases import Contender, Floats, Skipped


@dataclass(frozen=True)
class Deep:
    """A model with cross-entropy over ten classes, trained on one batch by plain descent."""

    model: str  # "convnet" or "attention"
    goal: float
    rate: float = 0.05

    @property
    def name(self) -> str:
        """Say what it is."""
        if self.model == "convnet":
            return "convnet, 16x16 digits, batch 32"
        return "attention, d 64, length 64, batch 8"

    def data(self) -> tuple[Floats, Floats]:
        """Return inputs and targets; classes one-hot."""
        draw = np.random.default_rng(1)
        images = self.model == "convnet"
        shape: tuple[int, ...] = (32, 1, 16, 16) if images else (8, 64, 64)
        rows: tuple[int, ...] = (32,) if images else (8, 64)
        x = draw.standard_normal(shape, dtype=np.float32)
        return x, np.eye(10, dtype=np.float32)[draw.integers(0, 10, rows)]

    def start(self) -> dict[str, Floats]:
        """Return the parameters all begin with."""
        draw = np.random.default_rng(2)
        shapes: dict[str, tuple[int, ...]] = {
            "convnet": {"w1": (8, 1, 3, 3), "w2": (16, 8, 3, 3), "w3": (256, 10)},
            "attention": {
                **{name: (64, 64) for name in ("q", "k", "v", "o")},
                **{"f1": (64, 128), "f2": (128, 64), "c": (64, 10)},
            },
        }[self.model]
        drawn: dict[str, Floats] = {}
        for name, shape in shapes.items():
            reach = math.prod(shape[1:] if len(shape) > 2 else shape[:1])
            drawn[name] = draw.standard_normal(shape, dtype=np.float32) / np.float32(reach**0.5)
        return drawn


HEADS = 4


def _attention(lib: Any, x: Any, s: Any, swap: Any, softmax: Any) -> Any:
    """One block: four heads, then a layer of 128 ReLUs, each added to what came in."""
    batch, length, width = x.shape

    def split(projected: Any) -> Any:
        return swap(projected.reshape(batch, length, HEADS, width // HEADS))

    q, k, v = (split(x @ s[name]) for name in ("q", "k", "v"))
    weights = softmax((q @ k.mT) * (HEADS / width) ** 0.5)
    h = x + swap(weights @ v).reshape(batch, length, width) @ s["o"]
    return (h + lib.relu(h @ s["f1"]) @ s["f2"]) @ s["c"]


def whygrad(case: Deep) -> Contender:
    """The recorded iteration, played on."""
    import whygrad as wg
    from whygrad import nn, optim

    s = {name: nn.parameter(array, name=name) for name, array in case.start().items()}
    same = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    pool = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}

    def model(x: Any) -> Any:
        if case.model == "attention":
            return _attention(
                wg,
                x,
                s,
                lambda a: a.permute(0, 2, 1, 3),
                lambda a: a.apply("softmax", axis=-1),
            )
        for name in ("w1", "w2"):
            x = x.apply("conv2d", s[name], **same).relu().apply("max_pool2d", **pool)
        return x.reshape(x.shape[0], 256) @ s["w3"]

    optimizer = optim.SGD(s.values(), lr=case.rate)
    iteration = wg.trace(model, *case.data(), loss="cross_entropy", optimizer=optimizer)
    return Contender(iteration.train, lambda: iteration.state)


def pytorch(case: Deep, compiled: bool = False) -> Contender:
    """PyTorch, eager, with its own attention."""
    import torch

    f = torch.nn.functional
    s = {name: torch.tensor(array, requires_grad=True) for name, array in case.start().items()}
    x, t = (torch.from_numpy(array) for array in case.data())
    target = t.reshape(-1, 10).argmax(dim=1)

    def split(a: Any) -> Any:
        return a.reshape(*a.shape[:2], HEADS, -1).transpose(1, 2)

    def model(x: Any) -> Any:
        if case.model == "attention":
            heads = (split(x @ s[name]) for name in ("q", "k", "v"))
            a = f.scaled_dot_product_attention(*heads).transpose(1, 2).reshape(x.shape)
            h = x + a @ s["o"]
            return (h + torch.relu(h @ s["f1"]) @ s["f2"]) @ s["c"]
        for name in ("w1", "w2"):
            x = f.max_pool2d(torch.relu(f.conv2d(x, s[name], padding=1)), 2)
        return x.reshape(x.shape[0], 256) @ s["w3"]

    def loss_of(x: Any) -> Any:
        return f.cross_entropy(model(x).reshape(-1, 10), target)

    forward = torch.compile(loss_of) if compiled else loss_of
    optimizer = torch.optim.SGD(s.values(), lr=case.rate)

    def train(times: int) -> None:
        for _ in range(times):
            optimizer.zero_grad()
            forward(x).backward()
            optimizer.step()

    return Contender(train, lambda: {name: a.detach().numpy() for name, a in s.items()})


def jax_jit(case: Deep) -> Contender:
    """JAX: the whole iteration jitted, the state donated."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    x, t = (jnp.asarray(array) for array in case.data())
    held = {"state": {name: jnp.asarray(array) for name, array in case.start().items()}}

    def model(s: Any, x: Any) -> Any:
        if case.model == "attention":
            return _attention(
                jax.nn, x, s, lambda a: a.transpose(0, 2, 1, 3), lambda a: jax.nn.softmax(a, -1)
            )
        for name in ("w1", "w2"):
            x = jax.nn.relu(jax.lax.conv(x, s[name], (1, 1), "SAME"))
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        return x.reshape(x.shape[0], 256) @ s["w3"]

    def loss(s: Any) -> Any:
        return -(t * jax.nn.log_softmax(model(s, x), -1)).sum() / math.prod(t.shape[:-1])

    def update(s: Any) -> Any:
        value, g = jax.value_and_grad(loss)(s)
        return {name: s[name] - case.rate * g[name] for name in s}, value

    step = jax.jit(update, donate_argnums=0)

    def train(times: int) -> None:
        s = held["state"]
        for _ in range(times):
            s, _ = step(s)
        held["state"] = jax.block_until_ready(s)

    return Contender(train, lambda: {name: np.asarray(a) for name, a in held["state"].items()})


def by_hand(case: Deep) -> Contender:
    """NumPy, with the backward pass written out."""
    x, t = case.data()
    s = case.start()
    gradients = _convnet_by_hand if case.model == "convnet" else _attention_by_hand
    rate = np.float32(case.rate)

    def train(times: int) -> None:
        for _ in range(times):
            for name, g in gradients(s, x, t).items():
                s[name] -= rate * g

    return Contender(train, lambda: s)


def _softmax(z: Any) -> Any:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _columns(x: Any) -> Any:
    """Return, for each place, the 3 x 3 patches of all channels around it, as a row."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    n, _, high, wide = x.shape
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * high * wide, -1)


def _convnet_by_hand(s: Any, x: Any, t: Any) -> dict[str, Any]:
    a, kept = x, []
    for name in ("w1", "w2"):
        n, _, high, wide = a.shape
        columns = _columns(a)
        z = (columns @ s[name].reshape(len(s[name]), -1).T).reshape(n, high, wide, -1)
        r = np.maximum(z.transpose(0, 3, 1, 2), 0)
        cells = r.reshape(n, r.shape[1], high // 2, 2, wide // 2, 2)
        pooled = cells.max(axis=(3, 5))
        kept.append((a.shape, columns, cells, pooled))
        a = pooled
    flat = a.reshape(len(a), -1)
    z = flat @ s["w3"]
    probabilities = _softmax(z)
    _ = -(t * np.log(probabilities)).sum() / len(x)  # the loss
    d = (probabilities - t) / np.float32(len(x))
    g = {"w3": flat.T @ d}
    d = (d @ s["w3"].T).reshape(a.shape)
    for name, (shape, columns, cells, pooled) in zip(("w2", "w1"), kept[::-1], strict=True):
        n, channels, high, wide = shape
        # of equals, here zeros, all would be chosen; the ReLU stops those
        chosen = (cells == pooled[:, :, :, None, :, None]) & (cells > 0)
        d = (chosen * d[:, :, :, None, :, None]).reshape(n, -1, high, wide)
        rows = d.transpose(0, 2, 3, 1).reshape(n * high * wide, -1)
        g[name] = (rows.T @ columns).reshape(s[name].shape)
        if name == "w2":
            back = (rows @ s[name].reshape(len(s[name]), -1)).reshape(n, high, wide, channels, 3, 3)
            padded = np.zeros((n, channels, high + 2, wide + 2), np.float32)
            for i in range(3):
                for j in range(3):
                    part = back[:, :, :, :, i, j].transpose(0, 3, 1, 2)
                    padded[:, :, i : i + high, j : j + wide] += part
            d = padded[:, :, 1:-1, 1:-1]
    return g


def _attention_by_hand(s: Any, x: Any, t: Any) -> dict[str, Any]:
    batch, length, width = x.shape
    rows = batch * length
    scale = np.float32((HEADS / width) ** 0.5)

    def split(a: Any) -> Any:
        return a.reshape(batch, length, HEADS, -1).transpose(0, 2, 1, 3)

    def joined(a: Any) -> Any:
        return a.transpose(0, 2, 1, 3).reshape(rows, width)

    flat = x.reshape(rows, width)
    q, k, v = (split(flat @ s[name]) for name in ("q", "k", "v"))
    weights = _softmax(q @ k.transpose(0, 1, 3, 2) * scale)
    mixed = joined(weights @ v)
    h = flat + mixed @ s["o"]
    z = h @ s["f1"]
    r = np.maximum(z, 0)
    out = h + r @ s["f2"]
    probabilities = _softmax(out @ s["c"])
    target = t.reshape(rows, -1)
    _ = -(target * np.log(probabilities)).sum() / rows  # the loss
    d = (probabilities - target) / np.float32(rows)
    g = {"c": out.T @ d}
    d = d @ s["c"].T
    g["f2"] = r.T @ d
    dz = d @ s["f2"].T * (z > 0)
    g["f1"] = h.T @ dz
    d = d + dz @ s["f1"].T
    g["o"] = mixed.T @ d
    d = split(d @ s["o"].T)
    dv = weights.transpose(0, 1, 3, 2) @ d
    d = d @ v.transpose(0, 1, 3, 2)
    d = weights * (d - (d * weights).sum(axis=-1, keepdims=True)) * scale
    dq, dk = d @ k, d.transpose(0, 1, 3, 2) @ q
    for name, part in (("q", dq), ("k", dk), ("v", dv)):
        g[name] = flat.T @ joined(part)
    return g


MAKERS = {
    "whygrad": whygrad,
    "by_hand": by_hand,
    "pytorch": pytorch,
    "pytorch_compiled": lambda case: pytorch(case, compiled=True),
    "jax_jit": jax_jit,
}


def contender(peer: str, case: Deep) -> Contender:
    """Return a peer's contender, if it takes part in these."""
    if peer not in MAKERS:
        raise Skipped("does not take part in this one")
    return MAKERS[peer](case)
