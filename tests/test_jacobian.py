"""Derivatives of many outputs and second derivatives, beside PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import whygrad as wg

X = np.array([0.5, -1.0, 2.0])
W = np.arange(6.0).reshape(2, 3) / 4 - 0.5
V = np.array([1.0, -2.0, 0.25])


def ours(x: wg.Tensor, w: wg.Tensor) -> wg.Tensor:
    return (w @ x).tanh() * x.sum()


def theirs(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return (w @ x).tanh() * x.sum()


def scalar(x: wg.Tensor, w: wg.Tensor) -> wg.Tensor:
    return ours(x, w).square().sum()


def their_scalar(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return (theirs(x, w) ** 2).sum()


def t(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array)


def close(mine: wg.Tensor, wanted: torch.Tensor) -> None:
    np.testing.assert_allclose(mine.array, wanted.numpy(force=True), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("argnums", [0, 1])
def test_jacobian(argnums: int) -> None:
    wanted = torch.autograd.functional.jacobian(theirs, (t(X), t(W)))[argnums]
    close(wg.jacobian(ours, argnums)(X, W), wanted)


@pytest.mark.parametrize("argnums", [0, 1])
def test_hessian(argnums: int) -> None:
    wanted = torch.autograd.functional.hessian(their_scalar, (t(X), t(W)))[argnums][argnums]
    close(wg.hessian(scalar, argnums)(X, W), wanted)


def test_a_jacobian_can_be_differentiated_again() -> None:
    third = wg.jacobian(wg.jacobian(wg.jacobian(lambda x: x**3)))(2.0)
    assert third.item() == pytest.approx(6.0)


def test_jvp_and_vjp_are_the_jacobian_times_a_direction() -> None:
    value, moved = wg.jvp(ours, (X, W), (V, 2 * W))
    wanted, along = torch.autograd.functional.jvp(theirs, (t(X), t(W)), (t(V), t(2 * W)))
    close(value, wanted)
    close(moved, along)
    value, back = wg.vjp(ours, X, W)
    close(value, wanted)
    _, passed = torch.autograd.functional.vjp(theirs, (t(X), t(W)), t(np.array([1.0, -3.0])))
    for mine, want in zip(back([1.0, -3.0]), passed, strict=True):
        close(mine, want)


def test_hvp_is_the_hessian_times_a_direction() -> None:
    mine = wg.hvp(scalar, (X, W), (V, W))
    _, wanted = torch.autograd.functional.hvp(their_scalar, (t(X), t(W)), (t(V), t(W)))
    for a, b in zip(mine, wanted, strict=True):
        close(a, b)
    alone = wg.hvp(lambda x: scalar(x, wg.tensor(W)), (X,), (V,))
    matrix = wg.hessian(scalar)(X, W)
    np.testing.assert_allclose(alone.array, matrix.array @ V, rtol=1e-12)


def test_what_does_not_depend_on_an_input_has_rate_0() -> None:
    assert (
        wg.jacobian(lambda x, y: y * 2.0)(X, wg.tensor(V)).array.tolist()
        == np.zeros((3, 3)).tolist()
    )
    assert wg.jvp(lambda x: wg.tensor([1.0, 2.0]), (X,), (V,))[1].tolist() == [0.0, 0.0]
    assert wg.hvp(lambda x: x.sum(), (X,), (V,)).tolist() == [0.0, 0.0, 0.0]
    apart = wg.hvp(lambda x, y, z: (x * z).sum(), (X, X, X), (V, V, V))
    assert [part.tolist() for part in apart] == [V.tolist(), [0.0, 0.0, 0.0], V.tolist()]
    moved = wg.jvp(lambda x, y: y * 2.0, (X, X), (V, V))[1]
    assert moved.tolist() == (2 * V).tolist()
    assert wg.vjp(lambda x: wg.tensor(1.0), X)[1](1.0)[0].tolist() == [0.0, 0.0, 0.0]
    assert wg.jacobian(lambda x: x[:0])(X).array.shape == (0, 3)


def test_tangents_that_do_not_fit_are_refused() -> None:
    with pytest.raises(wg.WhygradError, match=r"jvp: a tangent has shape \(2,\).* \(3,\)"):
        wg.jvp(ours, (X, W), (V[:2], W))
    with pytest.raises(wg.WhygradError, match=r"hvp: a tangent has shape \(2,\).* \(3,\)"):
        wg.hvp(lambda x, y: y.square().sum(), (X, V), (V[:2], V))
    with pytest.raises(wg.WhygradError, match="hvp: 2 primals need as many tangents"):
        wg.hvp(scalar, (X, W), (V,))
