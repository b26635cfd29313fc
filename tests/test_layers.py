"""Layers beside PyTorch's, with the same weights: what comes out, and every gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import whygrad as wg
from whygrad import nn
from whygrad.engine.backward import gradients
from whygrad.engine.tensor import Tensor, tensor


@pytest.fixture(autouse=True)
def _drawn_alike() -> None:
    torch.manual_seed(0)


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def copied(layer: nn.Linear, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
    """Give a Linear PyTorch's weights, which are the transpose."""
    layer.weight = nn.parameter(weight.T.numpy(force=True))
    layer.bias = None if bias is None else nn.parameter(bias.numpy(force=True))


def straight(ours: Any, theirs: Any) -> None:
    """Copy weight and bias as they are."""
    for name in ("weight", "bias"):
        found = getattr(theirs, name, None)
        setattr(ours, name, None if found is None else nn.parameter(found.numpy(force=True)))


def linear(ours: Any, theirs: Any) -> None:
    copied(ours, theirs.weight, theirs.bias)


def attention(ours: Any, theirs: Any) -> None:
    biases = [None] * 3 if theirs.in_proj_bias is None else theirs.in_proj_bias.chunk(3)
    names = zip(
        (ours.query, ours.key, ours.value), theirs.in_proj_weight.chunk(3), biases, strict=True
    )
    for layer, weight, bias in names:
        copied(layer, weight, bias)
    copied(ours.out, theirs.out_proj.weight, theirs.out_proj.bias)


def cell(ours: Any, theirs: Any) -> None:
    copied(ours.input, theirs.weight_ih, theirs.bias_ih)
    copied(ours.hidden, theirs.weight_hh, theirs.bias_hh)


def gates(ours: Any, theirs: Any) -> None:
    names = ("reset", "update", "new")
    for kind, weight, bias in (
        ("input", theirs.weight_ih, theirs.bias_ih),
        ("hidden", theirs.weight_hh, theirs.bias_hh),
    ):
        for name, w, b in zip(names, weight.chunk(3), bias.chunk(3), strict=True):
            copied(getattr(ours, f"{kind}_{name}"), w, b)


class ByItself(torch.nn.Module):
    """PyTorch's attention of x to itself, as its first output alone."""

    def __init__(self, heads: int, causal: bool) -> None:
        super().__init__()
        self.inner = torch.nn.MultiheadAttention(6, heads, batch_first=True)
        self.causal = causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = torch.nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        return self.inner(x, x, x, attn_mask=mask if self.causal else None, need_weights=False)[0]


class Causal(nn.MultiheadAttention):
    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        return super().forward(*inputs, is_causal=True)


def block(ours: Any, theirs: Any) -> None:
    straight(ours.norm1, theirs.norm1)
    straight(ours.norm2, theirs.norm2)
    attention(ours.attention, theirs.self_attn)
    linear(ours.linear1, theirs.linear1)
    linear(ours.linear2, theirs.linear2)


IMAGE, WAVE, ROWS, WORDS = (
    numbers(2, 4, 7, 6),
    numbers(2, 4, 9),
    numbers(5, 4),
    numbers(2, 5, 6),
)
T = torch.nn
Copy = Callable[[Any, Any], None]
LAYERS: list[tuple[nn.Module, torch.nn.Module, Copy, tuple[np.ndarray, ...]]] = [
    (nn.Linear(4, 3), T.Linear(4, 3), linear, (ROWS,)),
    (nn.Conv2d(4, 3, 3), T.Conv2d(4, 3, 3), straight, (IMAGE,)),
    (nn.Conv2d(4, 2, 2, bias=False), T.Conv2d(4, 2, 2, bias=False), straight, (IMAGE,)),
    (
        nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2),
        T.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2),
        straight,
        (IMAGE,),
    ),
    (
        nn.Conv1d(4, 3, 3, padding="same", dilation=2),
        T.Conv1d(4, 3, 3, padding="same", dilation=2),
        straight,
        (WAVE,),
    ),
    (
        nn.Conv2d(4, 4, (4, 3), padding="same", groups=4),
        T.Conv2d(4, 4, (4, 3), padding="same", groups=4),
        straight,
        (IMAGE,),
    ),
    (
        nn.Conv2d(4, 2, 3, padding="valid", stride=3),
        T.Conv2d(4, 2, 3, padding="valid", stride=3),
        straight,
        (IMAGE,),
    ),
    (nn.Conv1d(4, 3, 3, 2, 1, 2), T.Conv1d(4, 3, 3, 2, 1, 2), straight, (WAVE,)),
    (nn.MaxPool1d(3, 2, 1), T.MaxPool1d(3, 2, 1), straight, (WAVE,)),
    (nn.MaxPool2d(2), T.MaxPool2d(2), straight, (IMAGE,)),
    (nn.MaxPool2d((3, 2), 2, 1, 2), T.MaxPool2d((3, 2), 2, 1, 2), straight, (IMAGE,)),
    (nn.MaxPool1d(3, 1, 1), T.MaxPool1d(3, 1, 1), straight, (WAVE[:, :, :1],)),
    (nn.AvgPool1d(3), T.AvgPool1d(3), straight, (WAVE,)),
    (nn.AvgPool2d((2, 3), 1, 1), T.AvgPool2d((2, 3), 1, 1), straight, (IMAGE,)),
    (nn.Flatten(), T.Flatten(), straight, (IMAGE,)),
    (nn.LayerNorm(4), T.LayerNorm(4), straight, (ROWS,)),
    (nn.LayerNorm((7, 6), 0.1), T.LayerNorm((7, 6), 0.1), straight, (IMAGE,)),
    (nn.RMSNorm(4), T.RMSNorm(4), straight, (ROWS,)),
    (nn.RMSNorm((5, 6), 0.1, False), T.RMSNorm((5, 6), 0.1, False), straight, (WORDS,)),
    (nn.BatchNorm1d(4), T.BatchNorm1d(4), straight, (ROWS,)),
    (nn.BatchNorm1d(4, 0.1, 0.3), T.BatchNorm1d(4, 0.1, 0.3), straight, (WAVE,)),
    (nn.BatchNorm2d(4, affine=False), T.BatchNorm2d(4, affine=False), straight, (IMAGE,)),
    (nn.MultiheadAttention(6, 3), ByItself(3, False), lambda a, b: attention(a, b.inner), (WORDS,)),
    (Causal(6, 2), ByItself(2, True), lambda a, b: attention(a, b.inner), (WORDS,)),
    (
        nn.TransformerBlock(6, 2, 8),
        T.TransformerEncoderLayer(
            6, 2, 8, 0.0, T.functional.gelu, batch_first=True, norm_first=True
        ),
        block,
        (WORDS,),
    ),
    (nn.RNNCell(4, 3), T.RNNCell(4, 3), cell, (ROWS,)),
    (
        nn.RNNCell(4, 3, nonlinearity="relu"),
        T.RNNCell(4, 3, nonlinearity="relu"),
        cell,
        (ROWS, numbers(5, 3)),
    ),
    (nn.GRUCell(4, 3), T.GRUCell(4, 3), gates, (ROWS,)),
    (nn.GRUCell(4, 3), T.GRUCell(4, 3), gates, (ROWS, numbers(5, 3))),
    (nn.ELU(0.3), T.ELU(0.3), straight, (ROWS,)),
    (nn.GELU(), T.GELU(), straight, (ROWS,)),
    (nn.GELU("tanh"), T.GELU("tanh"), straight, (ROWS,)),
    (nn.SiLU(), T.SiLU(), straight, (ROWS,)),
    (nn.Hardtanh(-0.5, 0.7), T.Hardtanh(-0.5, 0.7), straight, (ROWS,)),
]
NAMES = [f"{n} {type(theirs).__name__}" for n, (_, theirs, _, _) in enumerate(LAYERS)]


def close(mine: Any, wanted: torch.Tensor) -> None:
    np.testing.assert_allclose(mine, wanted.numpy(force=True), rtol=1e-9, atol=1e-12)


def pairs(ours: nn.Module, theirs: torch.nn.Module) -> list[tuple[Tensor, torch.Tensor, bool]]:
    """Pair the parameters that have the same name, and say whether one is the other's transpose."""
    known = dict(theirs.named_parameters())
    return [
        (found, known[path], isinstance(owner, nn.Linear) and path.endswith("weight"))
        for path, owner, found in ours.slots()
        if path in known
    ]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("ours", "theirs", "copy", "inputs"), LAYERS, ids=NAMES)
def test_a_layer_is_pytorchs(
    ours: nn.Module, theirs: torch.nn.Module, copy: Copy, inputs: tuple[np.ndarray, ...]
) -> None:
    theirs.double()
    for p in theirs.parameters():
        torch.nn.init.normal_(p)  # biases and scales too
    if not isinstance(ours, nn.ELU | nn.GELU | nn.SiLU | nn.Hardtanh | nn.Flatten):
        copy(ours, theirs)
    leaves = [tensor(x) for x in inputs]
    others = [torch.tensor(x, requires_grad=True) for x in inputs]
    with sdpa_kernel(SDPBackend.MATH):  # the faster ones have no second gradient
        mine, wanted = ours(*leaves), theirs(*others)
    close(mine.array, wanted)
    rates = np.sin(np.arange(mine.array.size) + 1.0).reshape(mine.array.shape)
    asked = [*leaves, *ours.parameters()]
    first = gradients(mine, asked, seed=tensor(rates))
    both = pairs(ours, theirs)
    wrt = [*others, *(parameter for _, parameter, _ in both)]
    expected = torch.autograd.grad(wanted, wrt, torch.tensor(rates), create_graph=True)
    for leaf, g in zip(leaves, expected, strict=False):
        close(first[leaf].array, g)
    for (parameter, _, turned), g in zip(both, expected[len(others) :], strict=True):
        close(first[parameter].array, g.T if turned else g)
    whole = sum((g**2).sum() for g in expected[: len(others)])
    if not whole.requires_grad:
        return
    total = (first[leaves[0]] ** 2).sum()
    for leaf in leaves[1:]:
        total = total + (first[leaf] ** 2).sum()
    second = gradients(total, leaves)
    checked = torch.autograd.grad(whole, others, allow_unused=True)
    for leaf, g in zip(leaves, checked, strict=True):
        found = second[leaf].array if leaf in second else np.zeros(leaf.shape)
        want = 0.0 if g is None else g.numpy()
        np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-10)


CLASSES = np.array([1, 0, 3, 2, 2])
WANTED = numbers(5, 4, seed=7)
SHARES = np.abs(WANTED) / np.abs(WANTED).sum(-1, keepdims=True)


@pytest.mark.filterwarnings("ignore:reduction. 'mean'")
@pytest.mark.parametrize(
    ("ours", "theirs", "target"),
    [
        (nn.MSELoss(), T.MSELoss(), WANTED),
        (nn.MSELoss("sum"), T.MSELoss(reduction="sum"), WANTED),
        (nn.L1Loss(), T.L1Loss(), WANTED),
        (nn.BCEWithLogitsLoss(), T.BCEWithLogitsLoss(), SHARES),
        (nn.HuberLoss(delta=0.5), T.HuberLoss(delta=0.5), WANTED),
        (nn.KLDivLoss("batchmean"), T.KLDivLoss(reduction="batchmean"), SHARES),
        (nn.KLDivLoss(log_target=True), T.KLDivLoss(log_target=True), WANTED),
        (nn.CrossEntropyLoss(), T.CrossEntropyLoss(), CLASSES),
        (
            nn.CrossEntropyLoss([1.0, 2.0, 0.5, 3.0], label_smoothing=0.1),
            T.CrossEntropyLoss(torch.tensor([1.0, 2.0, 0.5, 3.0]).double(), label_smoothing=0.1),
            CLASSES,
        ),
    ],
)
def test_a_loss_is_pytorchs(ours: nn.Module, theirs: torch.nn.Module, target: np.ndarray) -> None:
    leaf, other = tensor(ROWS), torch.tensor(ROWS, requires_grad=True)
    mine = ours(leaf, tensor(target, dtype=target.dtype))
    wanted = theirs(other, torch.tensor(target))
    close(mine.array, wanted)
    (expected,) = torch.autograd.grad(wanted, other)
    close(gradients(mine, [leaf])[leaf].array, expected)


def test_losses_of_probabilities_and_signs() -> None:
    x = nn.Sigmoid()(tensor(ROWS))
    close(
        nn.BCELoss()(x, tensor(SHARES)).array,
        T.BCELoss()(*map(torch.tensor, (x.array.copy(), SHARES))),
    )
    signs = np.where(WANTED > 0, 1.0, -1.0)
    np.testing.assert_allclose(
        nn.HingeLoss()(tensor(ROWS), tensor(signs)).item(),
        np.maximum(0, 1 - signs * ROWS).mean(),
    )


def test_an_embedding_looks_rows_up() -> None:
    ours, theirs = nn.Embedding(5, 3, seed=1), T.Embedding(5, 3)
    theirs.weight.data = torch.tensor(ours.weight.array.copy())
    words = np.array([[0, 4, 4], [1, 0, 2]])
    mine, wanted = ours(tensor(words, dtype=np.int64)), theirs(torch.tensor(words))
    close(mine.array, wanted)
    wanted.square().sum().backward()
    found = gradients(mine.square().sum(), [ours.weight])
    close(found[ours.weight].array, theirs.weight.grad)
    with pytest.raises(wg.WhygradError, match="index 5 is outside 0 to 4"):
        ours([5])


@pytest.mark.parametrize("masked", ["nothing", "causal", "booleans", "numbers"])
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_attention_is_pytorchs(masked: str, lead: tuple[int, ...]) -> None:
    q, k, v = numbers(*lead, 4, 3), numbers(*lead, 4, 3, seed=1), numbers(*lead, 4, 2, seed=2)
    allowed = np.tril(np.ones((4, 4), bool))[::-1].copy()
    ours: dict[str, Any] = {
        "nothing": {"scale": 0.3},
        "causal": {"is_causal": True},
        "booleans": {"attn_mask": allowed},
        "numbers": {"attn_mask": numbers(4, 4, seed=3)},
    }[masked]
    theirs = {n: torch.tensor(x) if n == "attn_mask" else x for n, x in ours.items()}
    leaves = [tensor(x) for x in (q, k, v)]
    others = [torch.tensor(x, requires_grad=True) for x in (q, k, v)]
    mine = nn.functional.scaled_dot_product_attention(*leaves, **ours)
    wanted = torch.nn.functional.scaled_dot_product_attention(*others, **theirs)
    close(mine.array, wanted)
    found = gradients(mine.square().sum(), leaves)
    for leaf, g in zip(leaves, torch.autograd.grad(wanted.square().sum(), others), strict=True):
        close(found[leaf].array, g)


def test_a_sequence_is_a_cell_step_by_step() -> None:
    theirs, ours = T.RNN(3, 2, batch_first=True).double(), nn.RNN(nn.RNNCell(3, 2))
    copied(ours.cell.input, theirs.weight_ih_l0, theirs.bias_ih_l0)
    copied(ours.cell.hidden, theirs.weight_hh_l0, theirs.bias_hh_l0)
    x, h = numbers(4, 5, 3), numbers(4, 2)
    close(ours(tensor(x)).array, theirs(torch.tensor(x))[0])
    close(ours(tensor(x), tensor(h)).array, theirs(torch.tensor(x), torch.tensor(h)[None])[0])
    gated = nn.RNN(nn.GRUCell(3, 2, bias=False))
    assert gated(tensor(x)).shape == (4, 5, 2)


def test_a_residual_adds_what_its_layers_make() -> None:
    inner = nn.Linear(4, 4, seed=3)
    ours = nn.Residual(nn.LayerNorm(4), inner, nn.ReLU())
    x = tensor(ROWS)
    expected = ROWS + nn.ReLU()(inner(nn.LayerNorm(4)(x))).array
    np.testing.assert_allclose(ours(x).array, expected, rtol=1e-15)
    assert len(ours.parameters()) == 4
    with pytest.raises(wg.WhygradError, match=r"\(5, 3\) of \(5, 4\)"):
        nn.Residual(nn.Linear(4, 3))(x)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: nn.Conv2d(4, 3, 3)(tensor(WAVE)), r"\(1, 2, 4, 9\) and weight \(3, 4, 3, 3\)"),
        (lambda: nn.Conv2d(3, 3, 3)(tensor(IMAGE)), r"\(2, 4, 7, 6\) and weight \(3, 3, 3, 3\)"),
        (lambda: nn.Conv2d(4, 3, 8)(tensor(IMAGE)), "covers 8 places, more than the 7"),
        (lambda: nn.Conv2d(4, 3, 3, groups=3), "do not divide into 3 groups"),
        (lambda: nn.Conv2d(4, 3, (3, 3, 3)), "give one whole number, or 2"),
        (lambda: nn.Conv2d(4, 3, 3, padding="full")(tensor(IMAGE)), "allowed: .*'same', 'valid'"),
        (lambda: nn.Conv2d(4, 3, 3, 2, "same")(tensor(IMAGE)), "'same' needs stride 1"),
        (lambda: nn.functional.conv2d(IMAGE, WAVE, padding="same"), "must have 4 axes"),
        (
            lambda: tensor(WAVE).apply(
                "conv1d_weight",
                tensor(WAVE),
                tensor(numbers(3, 4, 2)),
                stride=(1,),
                padding=(0,),
                dilation=(1,),
                groups=1,
            ),
            r"conv1d_weight: \(2, 4, 9\) arrives, but was \(2, 3, 8\)",
        ),
        (
            lambda: tensor(WAVE).apply(
                "avg_pool1d_input", tensor(WAVE), kernel_size=(2,), stride=(2,), padding=(0,)
            ),
            r"avg_pool1d_input: \(2, 4, 9\) arrives, but was \(2, 4, 4\)",
        ),
        (lambda: nn.Conv1d(4, 3, 3, 0)(tensor(WAVE)), "stride 0"),
        (lambda: nn.MaxPool2d(8)(tensor(IMAGE)), r"a window of 8 does not fit in \(2, 4, 7, 6\)"),
        (lambda: nn.MaxPool2d(2, padding=2)(tensor(IMAGE)), "at most half the kernel"),
        (lambda: nn.AvgPool2d(2)(tensor([1.0])), r"\(1,\) has no 2 axes"),
        (lambda: nn.Flatten()(tensor(1.0)), "there is no axis 1"),
        (lambda: nn.LayerNorm(3)(tensor(ROWS)), r"\(5, 4\) are not \(3,\)"),
        (lambda: nn.BatchNorm1d(3)(tensor(ROWS)), r"\(5, 4\) must have \(3,\) channels"),
        (lambda: nn.BatchNorm2d(4)(tensor(ROWS)), r"\(5, 4\) must have 4 axes"),
        (lambda: nn.BatchNorm1d(4)(tensor(ROWS[:1])), "one number per channel"),
        (lambda: nn.BatchNorm1d(4, momentum=2.0), "momentum is 2.0"),
        (lambda: nn.Dropout(1.5), "p is 1.5"),
        (lambda: nn.functional.dropout([1.0], -0.5), "p is -0.5"),
        (lambda: nn.MultiheadAttention(6, 4), "6 features do not divide into 4 heads"),
        (lambda: nn.MultiheadAttention(6, 3)(tensor(ROWS)), r"\(5, 4\) must be \(batch"),
        (lambda: nn.MultiheadAttention(6, 3)(*[tensor(WORDS)] * 2), "not 2"),
        (
            lambda: nn.functional.scaled_dot_product_attention(ROWS, ROWS[:, :3], ROWS),
            r"query \(5, 4\), key \(5, 3\)",
        ),
        (
            lambda: nn.functional.scaled_dot_product_attention(
                ROWS, ROWS, ROWS, attn_mask=ROWS, is_causal=True
            ),
            "not both",
        ),
        (lambda: nn.RNNCell(4, 3)(tensor(WORDS)), r"\(2, 5, 6\) must be \(batch, features\)"),
        (lambda: nn.RNNCell(4, 3)(tensor(ROWS), tensor(ROWS)), r"\(5, 4\); .* \(5, 3\)"),
        (lambda: nn.RNNCell(4, 3, nonlinearity="sin"), "'sin'"),
        (lambda: nn.RNN(nn.RNNCell(4, 3))(tensor(ROWS)), r"\(5, 4\) must be \(batch, steps"),
        (lambda: nn.functional.embedding([0], tensor([1.0])), "must have two axes"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_message_helps(
    call: Callable[[], object], says: str
) -> None:
    with pytest.raises(wg.WhygradError, match=says):
        call()


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 4)])
def test_batch_norm_learns_nothing_from_an_empty_batch(shape: tuple[int, ...]) -> None:
    ours, theirs = nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3).double()
    for batch in (np.ones((2, 3)) * [[1.0], [4.0]], np.zeros(shape), np.eye(3)):
        close(ours(tensor(batch)).array, theirs(torch.tensor(batch)))
        close(ours.running_mean.array, theirs.running_mean)
        close(ours.running_var.array, theirs.running_var)
