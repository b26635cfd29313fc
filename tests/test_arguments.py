"""Public functions with wrong arguments: a result, or whygrad's own error and a sentence."""

from __future__ import annotations

import datetime
import decimal
import fractions
import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import whygrad as wg
from whygrad import data, nn, optim
from whygrad.engine.tensor import Tensor
from whygrad.errors import WhygradError
from whygrad.nn import functional as F
from whygrad.optim import schedule

A = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]
B = [[2.0, 1.0, 0.5], [0.25, -1.0, 1.5]]
P = [[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]]
IMAGE = np.arange(32.0).reshape(1, 2, 4, 4) % 5
LINE = np.arange(8.0).reshape(1, 2, 4) % 3


class Strange:
    """Is nothing, and says nothing."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def wrong() -> dict[str, Callable[[], Any]]:
    """Return kinds of arguments, made anew each time; hardly any is right anywhere."""
    nested: list[Any] = []
    for _ in range(70):
        nested = [nested]
    return {
        "None": lambda: None,
        "text": lambda: "x",
        "empty text": lambda: "",
        "bytes": lambda: b"x",
        "complex": lambda: 1j,
        "object": object,
        "strange": Strange,
        "dict": lambda: {"a": 1},
        "set": lambda: {1, 2},
        "empty list": list,
        "empty lists": lambda: [[], []],
        "ragged": lambda: [[1.0, 2.0], [3.0]],
        "texts": lambda: ["a", "b"],
        "objects": lambda: [object(), None],
        "deep": lambda: nested,
        "nan": lambda: math.nan,
        "inf": lambda: math.inf,
        "negative": lambda: -7,
        "huge": lambda: 10**400,
        "many": lambda: 10**12,
        "fraction": lambda: 1.5,
        "true": lambda: True,
        "zero": lambda: 0,
        "function": lambda: lambda *_: None,
        "class": lambda: int,
        "module": lambda: math,
        "generator": lambda: (n for n in (1, 2)),
        "slice": lambda: slice(1, 2),
        "dots": lambda: ...,
        "range": lambda: range(3),
        "date": lambda: datetime.date(2020, 1, 1),
        "decimal": lambda: decimal.Decimal("1.5"),
        "fraction of integers": lambda: fractions.Fraction(1, 2),
        "array of objects": lambda: np.array([object()], object),
        "array of texts": lambda: np.array(["a"]),
        "array of dates": lambda: np.array(["2020-01-01"], "datetime64[D]"),
        "empty array": lambda: np.zeros((0, 3)),
        "array": lambda: np.ones((5, 7)),
        "array of numbers": lambda: np.array(2.0),
        "array of truths": lambda: np.array([True, False]),
        "tensor": lambda: wg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        "tensor of one": lambda: wg.tensor(1.0),
        "tensor of whole numbers": lambda: wg.tensor([1, 2], dtype=int),
        "module of layers": lambda: nn.Linear(2, 2),
        "path": lambda: Path("/nowhere"),
    }


@dataclass(frozen=True)
class Call:
    """A right call: of a function, by position and by name. ``make`` gives the function anew."""

    make: Callable[[], Callable[..., Any]]
    args: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)


def of(function: Callable[..., Any], *args: Any, **named: Any) -> Call:
    return Call(lambda: function, args, named)


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 2), nn.Tanh())


def iteration() -> wg.Iteration:
    made = model()
    return wg.trace(made, A, [[1.0, 2.0], [0.0, 1.0]], optimizer=optim.SGD(made.parameters(), 0.1))


def differentiated(x: Tensor) -> Tensor:
    return (x * x).sum()


def used(function: Callable[..., Any], *args: Any) -> Callable[..., Any]:
    """Return what makes a function of a function and calls that."""

    def whole(*given: Any, **named: Any) -> Any:
        return function(*given, **named)(*args)

    whole.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return whole


WINDOW = {"kernel_size": 2, "stride": 1, "padding": 0, "ceil_mode": True}
SHARED = {**WINDOW, "count_include_pad": False}
CONV = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
SEEDED = {"seed": 0, "stream": "W"}
DRAWN = {"init": "he", "init_options": {}, **SEEDED}
CLIP = {"clip_norm": 1.0, "clip_value": 1.0}
SETS = data.load("xor")
TABLE = "a,b,y\n1,2,0\n2,3,1\n3,1,0\n4,4,1\n"

UNARY = ("abs", "neg", "square", "exp", "log", "sqrt", "erf", "relu", "sigmoid", "tanh")
BINARY = ("add", "sub", "mul", "div", "maximum", "minimum")

CALLS: dict[str, Call] = {
    **{f"wg.{name}": of(getattr(wg, name), A) for name in UNARY},
    **{f"wg.{name}": of(getattr(wg, name), A, B) for name in BINARY},
    **{
        f"wg.{n}": of(getattr(wg, n), A, 0, True)
        for n in ("sum", "mean", "amax", "max", "logsumexp")
    },
    **{f"wg.{n}": of(getattr(wg, n), A, -1) for n in ("softmax", "log_softmax", "cumsum", "flip")},
    **{f"wg.{n}": of(getattr(wg, n), A, 0) for n in ("squeeze", "unsqueeze")},
    "wg.flatten": of(wg.flatten, A, 0, -1),
    "wg.einsum with dots": of(wg.einsum, "...i,ii->...", A, np.eye(3)),
    "wg.pow": of(wg.pow, P, B),
    "wg.cat": of(wg.cat, [A, B], 0),
    "wg.stack": of(wg.stack, [A, B], 0),
    "wg.clamp": of(wg.clamp, A, -1.0, 1.0, at_bound=0.5),
    "wg.einsum": of(wg.einsum, "ij,ij->i", A, B),
    "wg.gather": of(wg.gather, A, 1, [[0], [1]]),
    "wg.index_select": of(wg.index_select, A, 1, [0, 1]),
    "wg.masked_fill": of(wg.masked_fill, A, [[True, False, True]], 2.0),
    "wg.matmul": of(wg.matmul, A, [[1.0], [2.0], [3.0]]),
    "wg.pad": of(wg.pad, A, [1, 1], 0.5),
    "wg.permute": of(wg.permute, A, [1, 0]),
    "wg.reshape": of(wg.reshape, A, [3, 2]),
    "wg.split": of(wg.split, A, [1, 1], 0),
    "wg.transpose": of(wg.transpose, A, 0, 1),
    "wg.var": of(wg.var, A, 0, 1.0, True),
    "wg.where": of(wg.where, [[True, False, True]], A, B),
    "wg.tensor": of(wg.tensor, A, dtype="float32", name="x", role="input"),
    "wg.grad": of(used(wg.grad, A), differentiated, 0),
    "wg.grad of": Call(lambda: wg.grad(differentiated), (A,)),
    "wg.value_and_grad": of(used(wg.value_and_grad, A), differentiated, 0),
    "wg.jacobian": of(used(wg.jacobian, A), differentiated, 0),
    "wg.hessian": of(used(wg.hessian, A), differentiated, 0),
    "wg.vjp": of(wg.vjp, differentiated, A),
    "wg.vjp, passed back": Call(lambda: wg.vjp(differentiated, A)[1], (1.0,)),
    "wg.jvp": of(wg.jvp, differentiated, [A], [B]),
    "wg.hvp": of(wg.hvp, differentiated, [A], [B]),
    "wg.gradcheck": of(
        wg.gradcheck, differentiated, A, argnums=(0,), params=None, tolerance=1e-6, h=1e-5
    ),
    "wg.trace": of(
        wg.trace,
        lambda x: x * 2.0,
        A,
        B,
        loss="mse",
        optimizer=None,
        schedule=None,
        dtype=None,
    ),
    "wg.trace of a model": Call(
        lambda: lambda x, y, loss, dtype: wg.trace(model(), x, y, loss=loss, dtype=dtype),
        (A, [[1.0, 2.0], [0.0, 1.0]], "mse", "float64"),
    ),
    "wg.Network": of(wg.Network, [2, 3, 1], activation="relu", output="linear", seed=0, init="he"),
    "wg.Network.forward": Call(lambda: wg.Network([3, 1]).forward, (A,)),
    "wg.Network.backward": Call(lambda: wg.Network([3, 1]).backward, (A, [[1.0], [0.0]])),
    "wg.Network.set_state": Call(
        lambda: wg.Network([1, 1]).set_state, ({"w1": [[1.0]], "b1": [0.0]},)
    ),
    "wg.Network.set_state of": Call(
        lambda: lambda w: wg.Network([1, 1]).set_state({"w1": w, "b1": [0.0]}), ([[1.0]],)
    ),
    "Iteration.play": Call(lambda: iteration().play, (1,)),
    "Iteration.train": Call(lambda: iteration().train, (1,)),
    "Iteration.why": Call(lambda: iteration().why, ("L", 2)),
    "Iteration.nudge": Call(lambda: iteration().nudge, ("W1[0,0]", 1e-3)),
    "Iteration.paths": Call(lambda: iteration().paths, ("W1[0,0]", 3)),
    "Iteration.set_state": Call(lambda: iteration().set_state, ({"b1": [0.0, 1.0]},)),
    "Iteration.set_state of": Call(
        lambda: lambda b: iteration().set_state({"b1": b}), ([0.0, 1.0],)
    ),
    "Iteration.set_hyperparameter": Call(
        lambda: iteration().set_hyperparameter, ("learning_rate", 0.5)
    ),
    # --- layers: made, and called ---
    **{
        f"nn.{name}": of(getattr(nn, name))
        for name in ("ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh")
    },
    **{
        f"nn.{name}()": Call(getattr(nn, name), (A,))
        for name in (
            "ReLU",
            "SiLU",
            "Sigmoid",
            "Softplus",
            "Tanh",
            "Flatten",
            "ELU",
            "GELU",
            "Hardtanh",
            "LeakyReLU",
            "Softmax",
            "Dropout",
        )
    },
    **{
        f"nn.{name}()": Call(getattr(nn, name), (P, P))
        for name in (
            "BCELoss",
            "BCEWithLogitsLoss",
            "CrossEntropyLoss",
            "HingeLoss",
            "HuberLoss",
            "KLDivLoss",
            "L1Loss",
            "MSELoss",
        )
    },
    **{
        f"nn.{name}": of(getattr(nn, name), "mean")
        for name in ("BCELoss", "BCEWithLogitsLoss", "HingeLoss", "L1Loss", "MSELoss")
    },
    "nn.CrossEntropyLoss": of(nn.CrossEntropyLoss, [1.0, 2.0, 3.0], "mean", 0.1),
    "nn.HuberLoss": of(nn.HuberLoss, "mean", 1.0),
    "nn.KLDivLoss": of(nn.KLDivLoss, "mean", True),
    "nn.Flatten": of(nn.Flatten, 1, -1),
    "nn.ELU": of(nn.ELU, 1.0),
    "nn.GELU": of(nn.GELU, "tanh"),
    "nn.Hardtanh": of(nn.Hardtanh, -1.0, 1.0),
    "nn.LeakyReLU": of(nn.LeakyReLU, 0.1),
    "nn.Softmax": of(nn.Softmax, -1),
    "nn.Dropout": of(nn.Dropout, 0.5, **SEEDED),
    "nn.Linear": of(nn.Linear, 3, 2, True, **DRAWN),
    "nn.Linear()": Call(lambda: nn.Linear(3, 2), (A,)),
    "nn.Embedding": of(nn.Embedding, 3, 2, **DRAWN),
    "nn.Embedding()": Call(lambda: nn.Embedding(3, 2), ([0, 2],)),
    "nn.Conv1d": of(nn.Conv1d, 2, 2, 2, **CONV, bias=True, **DRAWN),
    "nn.Conv2d": of(nn.Conv2d, 2, 2, (2, 1), **CONV, bias=True, **DRAWN),
    "nn.Conv1d()": Call(lambda: nn.Conv1d(2, 2, 2), (LINE,)),
    "nn.Conv2d()": Call(lambda: nn.Conv2d(2, 2, 2), (IMAGE,)),
    "nn.MaxPool1d": of(nn.MaxPool1d, **WINDOW, dilation=1, return_indices=False),
    "nn.MaxPool2d": of(nn.MaxPool2d, **WINDOW, dilation=1, return_indices=False),
    "nn.AvgPool1d": of(nn.AvgPool1d, **SHARED),
    "nn.AvgPool2d": of(nn.AvgPool2d, **SHARED, divisor_override=3),
    "nn.MaxPool1d()": Call(lambda: nn.MaxPool1d(2), (LINE,)),
    "nn.MaxPool2d()": Call(lambda: nn.MaxPool2d(2), (IMAGE,)),
    "nn.AvgPool1d()": Call(lambda: nn.AvgPool1d(2), (LINE,)),
    "nn.AvgPool2d()": Call(lambda: nn.AvgPool2d(2), (IMAGE,)),
    "nn.BatchNorm1d": of(nn.BatchNorm1d, 3, 1e-5, 0.1, True, True),
    "nn.BatchNorm2d": of(nn.BatchNorm2d, 3, 1e-5, 0.1, True, True),
    "nn.BatchNorm1d()": Call(lambda: nn.BatchNorm1d(3), (A,)),
    "nn.BatchNorm2d()": Call(lambda: nn.BatchNorm2d(2), (IMAGE,)),
    "nn.LayerNorm": of(nn.LayerNorm, 3, 1e-5, True, True),
    "nn.RMSNorm": of(nn.RMSNorm, 3, 1e-5, True),
    "nn.LayerNorm()": Call(lambda: nn.LayerNorm(3), (A,)),
    "nn.RMSNorm()": Call(lambda: nn.RMSNorm(3), (A,)),
    "nn.RNNCell": of(nn.RNNCell, 3, 2, True, "tanh", **SEEDED),
    "nn.GRUCell": of(nn.GRUCell, 3, 2, True, **SEEDED),
    "nn.RNNCell()": Call(lambda: nn.RNNCell(3, 2), (A, [[1.0, 2.0], [0.0, 1.0]])),
    "nn.GRUCell()": Call(lambda: nn.GRUCell(3, 2), (A, [[1.0, 2.0], [0.0, 1.0]])),
    "nn.RNN": of(nn.RNN, nn.RNNCell(3, 2)),
    "nn.RNN()": Call(lambda: nn.RNN(nn.RNNCell(3, 2)), ([A, B], [[1.0, 2.0], [0.0, 1.0]])),
    "nn.MultiheadAttention": of(nn.MultiheadAttention, 4, 2, True, init="xavier", **SEEDED),
    "nn.TransformerBlock": of(nn.TransformerBlock, 4, 2, 8, is_causal=True, dropout=0.1, **SEEDED),
    "nn.MultiheadAttention()": Call(
        lambda: nn.MultiheadAttention(4, 2),
        (np.ones((1, 3, 4)), np.ones((1, 3, 4)), np.ones((1, 3, 4))),
    ),
    "nn.TransformerBlock()": Call(lambda: nn.TransformerBlock(4, 2), (np.ones((1, 3, 4)),)),
    "nn.Sequential": of(nn.Sequential, nn.Tanh(), nn.ReLU()),
    "nn.Sequential()": Call(model, (A,)),
    "nn.Residual": of(nn.Residual, nn.Tanh(), nn.ReLU()),
    "nn.Residual()": Call(lambda: nn.Residual(nn.Tanh()), (A,)),
    "nn.parameter": of(nn.parameter, A, name="w", shape=(2, 3), kind="weight"),
    "nn.buffer": of(nn.buffer, A, name="w", shape=(2, 3)),
    "Module.to": Call(lambda: model().to, ("float32",)),
    "Module.train": Call(lambda: model().train, (True,)),
    # --- nn.functional ---
    **{f"F.{n}": of(getattr(F, n), A) for n in ("relu", "sigmoid", "tanh", "softplus", "silu")},
    **{f"F.{n}": of(getattr(F, n), A, -1) for n in ("softmax", "log_softmax")},
    **{
        f"F.{n}": of(getattr(F, n), P, P, "mean")
        for n in (
            "mse_loss",
            "l1_loss",
            "binary_cross_entropy",
            "binary_cross_entropy_with_logits",
            "hinge_loss",
        )
    },
    "F.elu": of(F.elu, A, 1.0),
    "F.gelu": of(F.gelu, A, "none"),
    "F.hardtanh": of(F.hardtanh, A, -1.0, 1.0),
    "F.leaky_relu": of(F.leaky_relu, A, 0.1),
    "F.dropout": of(F.dropout, A, 0.5, True, turn=0.0, seed=0, stream="x"),
    "F.embedding": of(F.embedding, [0, 1], A),
    "F.scaled_dot_product_attention": of(
        F.scaled_dot_product_attention, A, A, A, attn_mask=None, is_causal=False, scale=0.5
    ),
    "F.scaled_dot_product_attention, masked": of(
        F.scaled_dot_product_attention, A, A, A, [[True, False], [True, True]]
    ),
    "F.huber_loss": of(F.huber_loss, A, B, "mean", 1.0),
    "F.smooth_l1_loss": of(F.smooth_l1_loss, A, B, "mean", 1.0),
    "F.cross_entropy": of(F.cross_entropy, A, [0, 2], [1.0, 2.0, 1.0], "mean", 0.1),
    "F.nll_loss": of(F.nll_loss, A, [0, 2], [1.0, 2.0, 1.0], "mean"),
    "F.kl_div": of(F.kl_div, A, P, "batchmean", False),
    "F.hinge_embedding_loss": of(F.hinge_embedding_loss, A, P, 1.0, "mean"),
    "F.multi_margin_loss": of(F.multi_margin_loss, A, [0, 2], 2, 1.0, "mean"),
    "F.batch_norm": of(F.batch_norm, A, [0.0] * 3, [1.0] * 3, [1.0] * 3, [0.0] * 3, 1e-5),
    "F.layer_norm": of(F.layer_norm, A, [3], [1.0] * 3, [0.0] * 3, 1e-5),
    "F.rms_norm": of(F.rms_norm, A, [3], [1.0] * 3, 1e-5),
    "F.conv1d": of(F.conv1d, LINE, np.ones((2, 2, 2)), [1.0, 2.0], **CONV),
    "F.conv2d": of(F.conv2d, IMAGE, np.ones((2, 2, 2, 2)), [1.0, 2.0], **CONV),
    "F.max_pool1d": of(F.max_pool1d, LINE, **WINDOW, dilation=1),
    "F.max_pool2d": of(F.max_pool2d, IMAGE, **WINDOW, dilation=1),
    "F.avg_pool1d": of(F.avg_pool1d, LINE, **SHARED),
    "F.avg_pool2d": of(F.avg_pool2d, IMAGE, **SHARED, divisor_override=3),
    # --- optimizers and schedules ---
    "optim.SGD": of(optim.SGD, [nn.parameter(A)], 0.1, 0.9, 0.0, 0.1, True, maximize=False, **CLIP),
    "optim.RMSprop": of(
        optim.RMSprop, [nn.parameter(A)], 0.1, 0.9, 1e-8, 0.1, 0.9, True, maximize=False, **CLIP
    ),
    "optim.Adagrad": of(
        optim.Adagrad, [nn.parameter(A)], 0.1, 0.1, 0.1, 0.1, 1e-8, maximize=False, **CLIP
    ),
    **{
        f"optim.{name}": of(
            getattr(optim, name),
            [nn.parameter(A)],
            0.1,
            (0.9, 0.99),
            1e-8,
            0.1,
            True,
            maximize=False,
            **CLIP,
        )
        for name in ("Adam", "AdamW")
    },
    "optim.SGD of groups": Call(
        lambda: lambda params, lr: optim.SGD([{"params": params, "lr": lr}]),
        ([nn.parameter(A)], 0.1),
    ),
    "optim.make": of(optim.make, "sgd", [nn.parameter(A)], {"learning_rate": 0.1}),
    "schedule.schedule": of(schedule.schedule, "step", total=10, every=2, gamma=0.5),
    # --- data ---
    "data.batch_indices": of(data.batch_indices, 10, 4, 1, seed=0, shuffle=True),
    "data.batches": of(lambda *a, **k: list(data.batches(*a, **k)), 10, 4, 1, seed=0, shuffle=True),
    "data.characters": of(data.characters, "a text of letters", 3),
    "data.describe_csv": of(data.describe_csv, TABLE, source="a.csv"),
    "data.digits": of(data.digits, points=50, flip=0.1, seed=0),
    "data.from_arrays": of(
        data.from_arrays,
        "x",
        A,
        [0.0, 1.0],
        task=None,
        feature_names=["a", "b", "c"],
        target_names=["y"],
        note="",
    ),
    "data.guess_task": of(data.guess_task, np.array([[0.0], [1.0]])),
    "data.load": of(data.load, "xor", seed=0),
    "data.load with options": of(data.load, "moons", seed=0, points=50),
    "data.parse_csv": of(
        data.parse_csv,
        TABLE,
        target="y",
        features=["a", "b"],
        source="a.csv",
        name="x",
        task=None,
        advise=False,
    ),
    "data.read_csv": of(
        data.read_csv,
        Path(__file__).parent / "support" / "table.csv",
        target="y",
        features=["a", "b"],
        name="x",
        task=None,
        advise=False,
    ),
    "data.split": of(data.split, SETS, 0.5, 0),
    "data.standardise": of(data.standardise, SETS),
    # --- tensors ---
    **{
        f"Tensor.{name}": Call(lambda name=name: getattr(wg.tensor(P), name))
        for name in (
            "abs",
            "exp",
            "log",
            "sqrt",
            "square",
            "relu",
            "sigmoid",
            "tanh",
            "detach",
            "numpy",
            "tolist",
        )
    },
    **{
        f"Tensor.{name}": Call(lambda name=name: getattr(wg.tensor(P), name), (0, True))
        for name in ("sum", "mean", "amax", "max")
    },
    **{
        f"Tensor.{name}": Call(lambda name=name: getattr(wg.tensor(P), name), (B,))
        for name in (
            "__add__",
            "__radd__",
            "__sub__",
            "__rsub__",
            "__mul__",
            "__rmul__",
            "__truediv__",
            "__rtruediv__",
            "__pow__",
            "__rpow__",
            "__gt__",
            "__ge__",
            "__lt__",
            "__le__",
            "__eq__",
            "__ne__",
        )
    },
    **{
        f"Tensor.{name}": Call(
            lambda name=name: getattr(wg.tensor([[1.0, 2.0], [3.0, 1.0]]), name), (SQUARE,)
        )
        for name in ("__matmul__", "__rmatmul__")
        for SQUARE in ([[1.0, 0.0], [0.0, 1.0]],)
    },
    "Tensor.__getitem__": Call(lambda: wg.tensor(A).__getitem__, (1,)),
    "Tensor.__getitem__ of two": Call(lambda: lambda i, j: wg.tensor(A)[i, j], (1, 0)),
    "Tensor.__getitem__ of a slice": Call(
        lambda: lambda a, b, c: wg.tensor(A)[slice(a, b, c)], (0, 2, 1)
    ),
    "Tensor.constant": Call(lambda: wg.tensor(A).constant, (1.0,)),
    "Tensor.item": Call(lambda: wg.tensor(1.0).item),
    "Tensor.named": Call(lambda: wg.tensor(A).named, ("x",)),
    "Tensor.permute": Call(lambda: wg.tensor(A).permute, (1, 0)),
    "Tensor.put": Call(lambda: wg.tensor(A).put, (np.array(B),)),
    "Tensor.reshape": Call(lambda: wg.tensor(A).reshape, (3, 2)),
    "Tensor.transpose": Call(lambda: wg.tensor(A).transpose, (0, 1)),
}

LONG = {"many", "huge"}
WORK = {"Iteration.play", "Iteration.train", "data.batches", "Iteration.why", "Iteration.paths"}
"""Where a large number is right, and takes long."""

CALLED = {("wg.trace", "loss"), ("wg.trace of a model", 2)}
"""Functions that are called: what int raises when it is called is its own."""

RECORDS = {
    *("wg.Iteration", "wg.Player", "wg.Run", "wg.Tape", "wg.Tensor", "wg.WhygradError"),
    *("optim.Optimizer", "optim.Recorded", "optim.Update", "nn.Module", "nn.carrying", "nn.naming"),
    *("data.Characters", "data.CsvSummary", "data.Dataset", "data.Loader", "data.Scaling"),
    "data.Task",
    "nn.name",  # names a value of a layer's own
    "Tensor.apply",  # records one op, by the op's own params
}
"""What code makes and hands out, and what layers are made of; nobody calls these with data."""


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    modules = {"wg": wg, "nn": nn, "F": F, "optim": optim, "data": data}
    for short, module in modules.items():
        for name in module.__all__:
            if callable(made := getattr(module, name)):
                yield f"{short}.{name}", made
    yield "schedule.schedule", schedule.schedule
    for name, made in vars(Tensor).items():
        if inspect.isfunction(made) and not name.startswith("_"):
            yield f"Tensor.{name}", made


def test_every_public_function_is_called() -> None:
    missing = {name for name, _ in public()} - RECORDS - set(CALLS)
    assert not missing


@pytest.mark.parametrize("name", CALLS)
def test_the_right_call_is_right_and_gives_every_argument(name: str) -> None:
    call = CALLS[name]
    function = call.make()
    function(*call.args, **call.named)
    if dict(public()).get(name) is not None:
        bound = inspect.signature(function).bind(*call.args, **call.named)
        left = set(inspect.signature(function).parameters) - set(bound.arguments) - {"options"}
        assert not left, f"{name} is not given {left}"


def faults(name: str, kinds: dict[str, Callable[[], Any]]) -> Iterator[str]:
    call = CALLS[name]
    for place in (*range(len(call.args)), *call.named):
        for kind, make in kinds.items():
            if name in WORK and kind in LONG:
                continue
            if (name, place) in CALLED and kind == "class":
                continue
            args, named = list(call.args), dict(call.named)
            if isinstance(place, int):
                args[place] = make()
            else:
                named[place] = make()
            try:
                call.make()(*args, **named)
            except WhygradError as refused:
                if len(str(refused)) < 10:
                    yield f"{name}, argument {place}, {kind}: no sentence: {refused}"
            except Exception as error:
                yield f"{name}, argument {place}, {kind}: {type(error).__name__}: {error}"


ALWAYS = ("None", "text", "strange", "negative", "huge", "nan", "true", "empty list", "texts")
"""Kinds that are tried even where the rest are a sample."""


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_refused_with_a_sentence(
    name: str, sample: Callable[..., list[str]]
) -> None:
    kinds = wrong()
    chosen = {*ALWAYS, *sample(kinds, 4)}
    found = list(faults(name, {kind: kinds[kind] for kind in kinds if kind in chosen}))
    assert not found, "\n".join(found)
