"""Threefry against its published vectors, and what is drawn from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.engine import random
from whygrad.errors import WhygradError

ONES = 0xFFFFFFFF
seeds = st.integers(0, 2**53 - 1)
streams = st.text(max_size=12).filter(lambda text: text.isprintable())


@pytest.mark.parametrize(
    ("counter", "key", "result"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((ONES, ONES), (ONES, ONES), (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_known_answers_of_random123(
    counter: tuple[int, int], key: tuple[int, int], result: tuple[int, int]
) -> None:
    x0, x1 = random.threefry2x32(key, counter)
    assert (int(x0), int(x1)) == result


def test_threefry_takes_arrays_of_counters_and_broadcasts_them() -> None:
    low = np.arange(6, dtype=np.uint32).reshape(2, 3)
    x0, x1 = random.threefry2x32((7, 9), (low, 5))
    assert x0.shape == x1.shape == (2, 3)
    for index in np.ndindex(2, 3):
        one = random.threefry2x32((7, 9), (int(low[index]), 5))
        assert (x0[index], x1[index]) == one


@pytest.mark.parametrize(
    ("text", "value"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)]
)
def test_fnv1a_gives_its_published_values(text: str, value: int) -> None:
    assert random.fnv1a(text) == value


def test_different_seeds_and_streams_have_different_keys() -> None:
    pairs = [(s, t) for s in (0, 1, 2**32, 2**53 - 1) for t in ("", "W1", "W2", "b1", "shuffle/1")]
    assert len({random.stream_key(*pair) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("seed", [-1, 2**53, 1.5, "1", None, True])
def test_a_seed_that_is_no_whole_number_in_range_is_refused(seed: Any) -> None:
    with pytest.raises(WhygradError, match="a seed is a whole number"):
        random.bits(seed, "a", 1)


def test_a_numpy_integer_is_a_seed() -> None:
    assert random.uniform(np.int64(5), "a") == random.uniform(5, "a")


def test_a_stream_that_is_no_text_is_refused() -> None:
    with pytest.raises(WhygradError, match="valid Unicode"):
        random.bits(0, "\ud800", 1)


def test_negative_counts_and_sizes_are_refused() -> None:
    with pytest.raises(WhygradError, match="0 or more, not -1"):
        random.bits(0, "a", -1)
    with pytest.raises(WhygradError, match=r"not \(2, -1\)"):
        random.uniform(0, "a", (2, -1))


@given(seeds, streams, st.integers(0, 40), st.integers(0, 40))
def test_a_shorter_draw_is_the_start_of_a_longer_one(
    seed: int, stream: str, one: int, other: int
) -> None:
    short, long = sorted((one, other))
    for draw in (random.bits, random.uniform, random.normal, random.bernoulli):
        assert np.array_equal(draw(seed, stream, short), draw(seed, stream, long)[:short])


def test_uniform_is_built_from_53_bits() -> None:
    a, b = (int(word) for word in random.bits(3, "u", 2))
    assert random.uniform(3, "u").item() == ((a >> 5) * 2**26 + (b >> 6)) / 2**53
    assert random.uniform(3, "u", ()).shape == ()
    assert random.uniform(3, "u", (0, 4)).shape == (0, 4)


def test_uniform_fills_its_range_evenly() -> None:
    drawn = random.uniform(1, "u", (100, 1000), -3, 5)
    assert drawn.shape == (100, 1000)
    assert drawn.min() >= -3
    assert drawn.max() < 5
    assert drawn.mean() == pytest.approx(1, abs=0.03)
    counts, _ = np.histogram(drawn, bins=10, range=(-3, 5))
    assert np.abs(counts - 10_000).max() < 500


def test_normal_has_the_asked_moments() -> None:
    drawn = random.normal(1, "n", 100_000, mean=2, std=3)
    standard = (drawn - 2) / 3
    assert standard.mean() == pytest.approx(0, abs=0.02)
    assert standard.std() == pytest.approx(1, abs=0.02)
    assert (standard**3).mean() == pytest.approx(0, abs=0.05)
    assert (standard**4).mean() == pytest.approx(3, abs=0.15)


def test_normal_is_box_and_mullers_transform_of_the_uniforms() -> None:
    u, v = random.uniform(9, "n", 2)
    radius = math.sqrt(-2 * math.log(1 - u))
    expected = [radius * math.cos(2 * math.pi * v), radius * math.sin(2 * math.pi * v)]
    assert random.normal(9, "n", 2) == pytest.approx(expected, rel=1e-12)


def test_streams_are_not_correlated() -> None:
    draws = np.stack([random.normal(s, t, 20_000) for s in (0, 1) for t in ("W1", "W2", "b1")])
    correlations = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlations).max() < 0.03


def test_bernoulli_is_true_as_often_as_asked() -> None:
    assert random.bernoulli(0, "m", 50_000, 0.2).mean() == pytest.approx(0.2, abs=0.01)
    assert not random.bernoulli(0, "m", 50, 0).any()
    assert random.bernoulli(0, "m", (5, 2), 1).all()
    with pytest.raises(WhygradError, match=r"between 0 and 1, not 1\.5"):
        random.bernoulli(0, "m", 3, 1.5)


@given(seeds, streams, st.integers(0, 200))
def test_a_permutation_holds_each_number_once(seed: int, stream: str, n: int) -> None:
    assert sorted(random.permutation(seed, stream, n)) == list(range(n))


def test_every_order_of_three_is_about_as_frequent() -> None:
    orders = [tuple(random.permutation(0, f"p/{i}", 3)) for i in range(3000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert min(counts) > 400


def test_tied_items_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def tied(seed: int, stream: str, shape: int) -> np.ndarray:
        return np.array([0.5, 0.1, 0.5, 0.1])[:shape]

    monkeypatch.setattr(random, "uniform", tied)
    assert random.permutation(0, "p", 4).tolist() == [1, 3, 0, 2]


@settings(max_examples=20)
@given(seeds)
def test_drawing_leaves_no_state(seed: int) -> None:
    before = random.normal(seed, "a", 4)
    random.normal(seed, "b", 7)
    assert np.array_equal(before, random.normal(seed, "a", 4))


def test_an_array_of_seeds_draws_what_each_seed_draws() -> None:
    seeds = np.array([0, 7, 123, 2**40 + 5])
    for draw in (
        lambda seed: random.bits(seed, "s", 7),
        lambda seed: random.uniform(seed, "s", (3, 2), -1, 1),
        lambda seed: random.normal(seed, "s", (5,), 2, 3),
        lambda seed: random.bernoulli(seed, "s", 9, 0.3),
        lambda seed: random.permutation(seed, "s", 11),
        lambda seed: random.normal(seed, "s"),
    ):
        np.testing.assert_array_equal(draw(seeds), np.stack([draw(int(s)) for s in seeds]))
    with pytest.raises(WhygradError, match="a seed is a whole number"):
        random.bits(np.array([3, -1]), "s", 1)


def test_permutations_of_several_streams_are_those_of_each() -> None:
    streams = ["shuffle/0", "shuffle/9", "shuffle/10", ""]
    drawn = random.permutations(7, streams, 13)
    for order, stream in zip(drawn, streams, strict=True):
        np.testing.assert_array_equal(order, random.permutation(7, stream, 13))
