"""Initial weights have the variance their paper says, and orthogonal ones are orthogonal."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from whygrad.errors import ShapeError, UnknownName, WhygradError
from whygrad.nn import init

SHAPES = [(300, 200), (40, 30, 5, 5)]
VARIANCES = {
    "xavier_uniform": lambda i, o: 2 / (i + o),
    "xavier_normal": lambda i, o: 2 / (i + o),
    "he_uniform": lambda i, o: 2 / i,
    "he_normal": lambda i, o: 2 / i,
    "lecun_uniform": lambda i, o: 1 / i,
    "lecun_normal": lambda i, o: 1 / i,
}


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [((2, 4), 2, 4), ((1, 1), 1, 1), ((16, 3, 5), 15, 80), ((16, 3, 5, 5), 75, 400)],
)
def test_fan_of_matrices_and_kernels(shape: tuple[int, ...], fan_in: int, fan_out: int) -> None:
    assert init.fan(shape) == init.Fan(fan_in, fan_out)
    # torch writes a matrix as (out, in), a kernel as we do
    theirs = torch.nn.init._calculate_fan_in_and_fan_out(  # type: ignore[attr-defined]
        torch.empty(shape[::-1] if len(shape) == 2 else shape)
    )
    assert theirs == (fan_in, fan_out)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_vector_has_no_fan(shape: tuple[int, ...]) -> None:
    for name in [*VARIANCES, "orthogonal"]:
        with pytest.raises(ShapeError, match="no fan_in and fan_out"):
            init.INITIALISERS[name](shape, 0, "b1")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", VARIANCES)
def test_variance_is_the_papers(name: str, shape: tuple[int, ...]) -> None:
    weights = init.INITIALISERS[name](shape, 1, "W1")
    sizes = init.fan(shape)
    assert weights.shape == shape
    assert weights.dtype == np.float64
    variance = VARIANCES[name](sizes.fan_in, sizes.fan_out)
    assert weights.mean() == pytest.approx(0, abs=4 * math.sqrt(variance / weights.size))
    assert weights.var() == pytest.approx(variance, rel=0.05)
    kurtosis = ((weights / weights.std()) ** 4).mean()
    assert kurtosis == pytest.approx(1.8 if name.endswith("uniform") else 3.0, rel=0.05)
    if name.endswith("uniform"):
        assert np.abs(weights).max() <= math.sqrt(3 * variance)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (1, 1), (4, 2, 3)])
def test_orthogonal_vectors_are_orthogonal(shape: tuple[int, ...]) -> None:
    weights = init.orthogonal(shape, 3, "W1", gain=2.0)
    assert weights.shape == shape
    matrix = weights.reshape(shape[0], -1)
    short = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    assert np.abs(short @ short.T - 4 * np.eye(len(short))).max() < 1e-14


def test_orthogonal_matrices_favour_no_direction() -> None:
    drawn = np.stack([init.orthogonal((2, 2), 0, f"W{i}") for i in range(2000)])
    assert np.abs(drawn.mean(axis=0)).max() < 0.05
    assert (np.linalg.det(drawn) > 0).mean() == pytest.approx(0.5, abs=0.05)


def test_plain_initialisers() -> None:
    assert init.zeros((2, 3)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert init.constant((2,), value=0.5).tolist() == [0.5, 0.5]
    drawn = init.normal((100, 100), 0, "W1", mean=1, std=0.1)
    assert (drawn.mean(), drawn.std()) == pytest.approx((1, 0.1), rel=0.02)
    drawn = init.uniform((100, 100), 0, "W1", low=-2, high=-1)
    assert -2 <= drawn.min() < -1.99
    assert -1.01 < drawn.max() < -1


def test_the_same_seed_and_stream_give_the_same_weights() -> None:
    for name, make in init.INITIALISERS.items():
        one, again = make((3, 4), 5, "W1"), make((3, 4), 5, "W1")
        assert np.array_equal(one, again)
        if name not in {"zeros", "constant"}:
            assert not np.array_equal(one, make((3, 4), 6, "W1"))
            assert not np.array_equal(one, make((3, 4), 5, "W2"))


def test_empty_weights_are_empty() -> None:
    for make in init.INITIALISERS.values():
        assert make((0, 3), 0, "W1").shape == (0, 3)


def test_other_names_mean_the_same() -> None:
    table = init.INITIALISERS
    assert table["he"] is init.he_normal
    assert table["xavier"] is init.xavier_uniform
    assert table["kaiming_normal"] is init.he_normal


def test_initialise_by_name_with_options() -> None:
    assert np.array_equal(init.initialise("he", (2, 3), 4, "W1"), init.he_normal((2, 3), 4, "W1"))
    doubled = init.initialise("xavier", (2, 3), 4, "W1", gain=2.0)
    assert doubled == pytest.approx(2 * init.xavier_uniform((2, 3), 4, "W1"))
    for name, options in init.INIT_OPTIONS.items():
        assert name in init.INITIALISERS
        for option, allowed in options.items():
            init.initialise(name, (2, 3), 4, "W1", **{option: float(allowed.default)})


def test_initialise_refuses_kindly() -> None:
    with pytest.raises(UnknownName, match="unknown initialiser 'hee': did you mean 'he'"):
        init.initialise("hee", (2, 3), 0, "W1")
    with pytest.raises(WhygradError, match="unknown option of he 'gain': none is allowed here"):
        init.initialise("he", (2, 3), 0, "W1", gain=2.0)
    with pytest.raises(WhygradError, match="std must be a number from 0 to 1000000, not -1"):
        init.initialise("normal", (2, 3), 0, "W1", std=-1.0)


@pytest.mark.parametrize("name", init.INITIALISERS)
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3)])
def test_an_array_of_seeds_draws_what_each_seed_draws(name: str, shape: tuple[int, ...]) -> None:
    seeds = np.array([3, 1, 4])
    drawn = np.broadcast_to(init.initialise(name, shape, seeds, "W1"), (3, *shape))
    for one, seed in zip(drawn, seeds, strict=True):
        np.testing.assert_allclose(one, init.initialise(name, shape, int(seed), "W1"), rtol=1e-14)
