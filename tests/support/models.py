"""Models written in Python, each with an iteration recorded of it: what courses build."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import whygrad as wg
from whygrad import nn
from whygrad.nn import functional as F
from whygrad.training.iteration import Iteration

RNG = np.random.default_rng(11)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(shape).normal(size=shape)


class Blocks(nn.Module):
    """Transformer blocks, one after the other."""

    def __init__(self, width: int, count: int, classes: int) -> None:
        self.block1 = nn.TransformerBlock(width, 4, is_causal=True, seed=1)
        self.more = [nn.TransformerBlock(width, 4, is_causal=True, seed=n) for n in range(2, count)]
        self.block2 = nn.TransformerBlock(width, 4, is_causal=True, seed=count)
        self.head = nn.Linear(width, classes)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        x = self.block1(x)
        for block in self.more:
            x = block(x)
        return self.head(self.block2(x))


class SelfAttention(nn.Module):
    """Attention as nanoGPT writes it: one projection for all three, split afterwards."""

    def __init__(self, width: int, heads: int) -> None:
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width, seed=3)
        self.c_proj = nn.Linear(width, width, seed=4)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        batch, positions, width = x.shape
        both = self.c_attn(x)
        q, k, v = (
            both[:, :, n * width : (n + 1) * width]
            .reshape(batch, positions, self.heads, -1)
            .transpose(1, 2)
            for n in range(3)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(batch, positions, width))


class GPTBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = SelfAttention(width, heads)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width, seed=5), nn.GELU(), nn.Linear(4 * width, width, seed=6)
        )

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Characters in, logits of the next out."""

    def __init__(self, vocabulary: int, width: int, heads: int, layers: int, context: int) -> None:
        self.wte = nn.Embedding(vocabulary, width, seed=7)
        self.wpe = nn.Embedding(context, width, seed=8)
        self.blocks = [GPTBlock(width, heads) for _ in range(layers)]
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, vocabulary, bias=False, seed=9)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (tokens,) = inputs
        x = self.wte(tokens) + self.wpe(np.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.lm_head(self.ln_f(x))


class LeNet(nn.Module):
    def __init__(self) -> None:
        self.conv1, self.conv2 = nn.Conv2d(1, 2, 3, seed=1), nn.Conv2d(2, 3, 3, seed=2)
        self.fc1, self.fc2 = nn.Linear(3, 5, seed=3), nn.Linear(5, 3, seed=4)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 1)
        return self.fc2(F.relu(self.fc1(x.reshape(x.shape[0], -1))))


class ResNetBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, seed=1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, seed=2)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(x + y)


class ResNet(nn.Module):
    def __init__(self, channels: int, blocks: int, classes: int) -> None:
        self.stem = nn.Conv2d(3, channels, 3, padding=1, seed=3)
        self.blocks = [ResNetBlock(channels) for _ in range(blocks)]
        self.fc = nn.Linear(channels, classes, seed=4)

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.fc(x.mean((2, 3)))


class Siamese(nn.Module):
    """One encoder called twice."""

    def __init__(self) -> None:
        self.encoder = nn.Sequential(nn.Linear(3, 4, seed=1), nn.LayerNorm(4), nn.Tanh())

    def forward(self, *inputs: Any) -> wg.Tensor:
        (x,) = inputs
        first, second = self.encoder(x[:, :3]), self.encoder(x[:, 3:])
        return (first - second).square().sum(1, keepdim=True)


def traced(model: Any, x: Any, y: Any, *, loss: Any = "mse", rate: float | None = 0.1) -> Iteration:
    held = isinstance(model, nn.Module) and model.parameters()
    optimizer = wg.optim.SGD(model.parameters(), lr=rate) if rate and held else None
    return wg.trace(model, x, y, loss=loss, optimizer=optimizer)


def two_blocks(width: int = 16, positions: int = 10) -> Iteration:
    """Two blocks of width 16 over 10 positions."""
    x = numbers(1, positions, width)
    return traced(Blocks(width, 2, 5), x, np.arange(positions)[None] % 5, loss="cross_entropy")


def gpt(width: int, heads: int, layers: int, context: int, vocabulary: int) -> Iteration:
    tokens = np.random.default_rng(0).integers(0, vocabulary, (1, context + 1))
    model = GPT(vocabulary, width, heads, layers, context)
    x = wg.tensor(tokens[:, :-1], dtype="int64")
    return traced(model, x, tokens[:, 1:], loss="cross_entropy")


def resnet(channels: int, blocks: int, size: int) -> Iteration:
    x = numbers(2, 3, size, size)
    return traced(ResNet(channels, blocks, 4), x, np.array([1, 3]), loss="cross_entropy")


def _smoothed(output: wg.Tensor, target: wg.Tensor) -> wg.Tensor:
    return F.cross_entropy(output, target, label_smoothing=0.2, reduction="sum")


def _function(x: wg.Tensor) -> wg.Tensor:
    return F.softmax(F.layer_norm(F.relu(x), (3,)) * 2.0) * F.tanh(x)


X = numbers(2, 3)
MODELS: dict[str, Callable[[], Iteration]] = {
    "two blocks": lambda: traced(
        Blocks(4, 2, 3), numbers(1, 3, 4), np.array([[0, 2, 1]]), loss="cross_entropy"
    ),
    "GPT": lambda: gpt(width=4, heads=2, layers=2, context=3, vocabulary=5),
    "attention with a mask of numbers": lambda: traced(
        _Masked(), numbers(1, 3, 4), numbers(1, 3, 4)
    ),
    "RNN": lambda: traced(nn.RNN(nn.RNNCell(2, 3, seed=1)), numbers(2, 3, 2), numbers(2, 3, 3)),
    "GRU": lambda: traced(nn.RNN(nn.GRUCell(2, 3, seed=1)), numbers(2, 2, 2), numbers(2, 2, 3)),
    "LeNet": lambda: traced(LeNet(), numbers(2, 1, 8, 8), np.array([0, 2]), loss="cross_entropy"),
    "ResNet": lambda: resnet(channels=2, blocks=2, size=4),
    "siamese": lambda: traced(Siamese(), numbers(2, 6), numbers(2, 1)),
    "norms in a row": lambda: traced(
        nn.Sequential(
            *(nn.Linear(3, 4, seed=1), nn.BatchNorm1d(4), nn.SiLU(), nn.Dropout(0.5, seed=2)),
            *(nn.Linear(4, 3, seed=3), nn.RMSNorm(3), nn.Softmax()),
        ),
        X,
        X,
    ),
    "batch norm in use": lambda: traced(
        nn.Sequential(nn.Linear(3, 3, seed=1), nn.BatchNorm1d(3)).eval(), X, X
    ),
    "residual": lambda: traced(
        nn.Sequential(nn.Residual(nn.Linear(3, 3, seed=1), nn.GELU()), nn.Linear(3, 2, seed=2)),
        X,
        numbers(2, 2),
        loss="huber",
    ),
    "a function": lambda: traced(_function, X, X, loss="l1"),
    "smoothed cross-entropy": lambda: traced(
        nn.Linear(3, 4, seed=1), X, np.array([1, 3]), loss=_smoothed
    ),
    "KL divergence": lambda: traced(
        lambda x: F.log_softmax(x), X, np.full((2, 3), 1 / 3), loss="kl_div"
    ),
    "hinge": lambda: traced(nn.Linear(3, 1, seed=1), X, [[1.0], [-1.0]], loss="hinge"),
    "smooth L1": lambda: traced(nn.Linear(3, 1, seed=1), X, [[1.0], [-1.0]], loss="smooth_l1"),
    "nll": lambda: traced(lambda x: F.log_softmax(x), X, np.array([0, 2]), loss="nll"),
}


class _Masked(nn.Module):
    def __init__(self) -> None:
        self.attention = nn.MultiheadAttention(4, 2, seed=1)

    def forward(self, *inputs: Any) -> wg.Tensor:
        mask = np.where(np.eye(3), 0.5, -0.5)
        return self.attention(*inputs, attn_mask=mask)
