"""Random numbers that a seed fixes everywhere: Threefry-2x32 in NumPy.

A counter-based generator (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011) has no state to carry along. The n-th number is a function of a key and n, so
any number can be asked for at any time, in any order, in any language. The key is made from a
`seed` (a whole number) and a `stream` (a name such as "W1" or "shuffle/3"), so two things that
draw under different names never share numbers, and adding a draw changes no other.

The same functions are in `web/src/player/random.ts`. What agrees between the two, and between
machines:

- `threefry2x32`, `fnv1a`, `stream_key`, `bits`, `uniform`, `bernoulli`, `permutation` are
  **exact**: the same bits everywhere. They use 32-bit integer arithmetic, and then only double
  operations that IEEE 754 rounds in one way (add, multiply, divide by a power of two).
- `normal` agrees to **1e-12 relative to the larger of 1 and the value**: it calls log, sqrt, cos
  and sin, and libraries may differ in the last bits of log, cos and sin.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, SupportsIndex, cast

import numpy as np
from numpy.typing import NDArray

from whygrad.errors import WhygradError
from whygrad.option import quoted

Words = NDArray[np.uint32]
Seed = SupportsIndex | NDArray[np.integer[Any]]
"""A whole number, or an array of them, shape (seeds,): then what is drawn has a first axis more,
and each row is what that seed alone draws."""

SEED_LIMIT = 2**53
"""Seeds are below this, so that a browser's numbers hold every one of them exactly."""

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_MASK = 0xFFFFFFFF


def threefry2x32(
    key: tuple[int | Words, int | Words], counter: tuple[int | Words, int | Words]
) -> tuple[Words, Words]:
    """Threefry-2x32 with 20 rounds: two 32-bit words for each counter.

    `key` is two whole numbers 0..2**32-1 and `counter` two more, or any of them arrays of uint32
    that broadcast. Returns two uint32 arrays of their common shape (shape () for numbers).
    Source: Salmon et al. 2011; the tests hold the known-answer vectors of Random123.
    """
    key0, key1 = key
    schedule = [np.asarray(word, dtype=np.uint32) for word in (key0, key1, key0 ^ key1 ^ _PARITY)]
    # at least one dimension: NumPy warns of wrap-around for scalars, never for arrays
    first, second = np.broadcast_arrays(
        np.asarray(counter[0], dtype=np.uint32), np.asarray(counter[1], dtype=np.uint32)
    )
    shape = np.broadcast_shapes(first.shape, schedule[0].shape)
    x0 = np.atleast_1d(first) + schedule[0]
    x1 = np.atleast_1d(second) + schedule[1]
    for block in range(5):
        for rotation in _ROTATIONS[block % 2]:
            x0 += x1
            x1 = (x1 << np.uint32(rotation)) | (x1 >> np.uint32(32 - rotation))
            x1 ^= x0
        x0 += schedule[(block + 1) % 3]
        x1 += schedule[(block + 2) % 3]
        x1 += np.uint32(block + 1)
    return x0.reshape(shape), x1.reshape(shape)


def fnv1a(text: str) -> int:
    """The 32-bit FNV-1a hash of the text's UTF-8 bytes (Fowler, Noll and Vo)."""
    value = 0x811C9DC5
    for byte in _utf8(text):
        value = ((value ^ byte) * 0x01000193) & _MASK
    return value


def stream_key(seed: Seed, stream: str) -> tuple[int, int] | tuple[Words, Words]:
    """The key under which the numbers of `stream` are drawn.

    The seed's low and high words are a key; the stream's hash and its length in bytes are a
    counter; Threefry of the two is the stream's own key. So seeds and streams are mixed by the
    generator itself, and no two pairs share a key except by a chance of 1 in 2**64 (or where two
    names of one length have the same 32-bit hash).

    Raises WhygradError for a seed that is not a whole number 0..2**53-1.
    """
    counter = (fnv1a(stream), len(_utf8(stream)))
    seeds = _seeds(seed)
    if seeds is not None:
        wholes = np.array([checked_seed(one) for one in seeds.tolist()], dtype=np.uint64)
        low, high = wholes & np.uint64(_MASK), wholes >> np.uint64(32)
        return threefry2x32((low.astype(np.uint32), high.astype(np.uint32)), counter)
    whole = checked_seed(seed)
    x0, x1 = threefry2x32((whole & _MASK, whole >> 32), counter)
    return int(x0), int(x1)


def bits(seed: Seed, stream: str, count: int) -> Words:
    """`count` random 32-bit words, shape (count,): words 2i and 2i+1 come from counter i."""
    if count < 0:
        raise WhygradError(f"a count of random numbers is 0 or more, not {count}")
    return _words(stream_key(seed, stream), count)


def uniform(
    seed: Seed,
    stream: str,
    shape: int | Sequence[int] = (),
    low: float = 0.0,
    high: float = 1.0,
) -> NDArray[np.float64]:
    """Doubles spread evenly over [low, high), of the given shape, filled in row order.

    Each is a 53-bit whole number k, made from two words, as low + (high - low) * (k / 2**53).
    Exact across languages. (Where high - low is not a power of two, rounding may give `high`
    itself, once in about 2**53 draws.)
    """
    size, dims = _dims(shape)
    lead = _lead(seed)
    fractions = _fractions(bits(seed, stream, 2 * size))
    return (low + (high - low) * fractions).reshape((*lead, *dims))


def normal(
    seed: Seed,
    stream: str,
    shape: int | Sequence[int] = (),
    mean: float = 0.0,
    std: float = 1.0,
) -> NDArray[np.float64]:
    """Normally distributed doubles of the given shape, filled in row order.

    Box and Muller's transform (1958): from uniforms u, v come the two numbers
    sqrt(-2 log(1 - u)) times cos(2 pi v) and times sin(2 pi v). Agrees across languages to 1e-12.
    """
    size, dims = _dims(shape)
    pairs = uniform(seed, stream, ((size + 1) // 2, 2))
    radius = np.sqrt(-2.0 * np.log(1.0 - pairs[..., 0]))
    angle = 2.0 * math.pi * pairs[..., 1]
    both = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)
    lead = _lead(seed)
    drawn = both.reshape((*lead, 2 * radius.shape[-1]))[..., :size]
    return (mean + std * drawn).reshape((*lead, *dims))


def bernoulli(
    seed: Seed, stream: str, shape: int | Sequence[int] = (), p: float = 0.5
) -> NDArray[np.bool_]:
    """True with chance p, of the given shape: where `uniform` of the same stream is below p.

    Exact across languages. Raises WhygradError unless 0 <= p <= 1.
    """
    if not 0.0 <= p <= 1.0:
        raise WhygradError(f"a chance is between 0 and 1, not {p}")
    return np.asarray(uniform(seed, stream, shape) < p)


def permutation(seed: Seed, stream: str, n: int) -> NDArray[np.int64]:
    """The numbers 0..n-1 in random order, shape (n,).

    Item i is given the i-th uniform of the stream; the items are sorted by it, a tie by the
    smaller index first. Exact across languages.
    """
    return np.argsort(uniform(seed, stream, n), axis=-1, kind="stable").astype(np.int64)


def permutations(seed: SupportsIndex, streams: Sequence[str], n: int) -> NDArray[np.int64]:
    """What `permutation` gives for each of several streams, shape (streams, n).

    One call for many: what a draw costs is mostly the calling.
    """
    whole = checked_seed(seed)
    hashes = np.array([fnv1a(stream) for stream in streams], dtype=np.uint32)
    lengths = np.array([len(_utf8(stream)) for stream in streams], dtype=np.uint32)
    keys = threefry2x32((whole & _MASK, whole >> 32), (hashes, lengths))
    order = np.argsort(_fractions(_words(keys, 2 * n)), axis=-1, kind="stable")
    return order.astype(np.int64)


def _words(key: tuple[int, int] | tuple[Words, Words], count: int) -> Words:
    """Random words under one key, shape (count,), or under arrays of keys, (*keys, count)."""
    blocks = np.arange((count + 1) // 2, dtype=np.uint64)
    low = (blocks & np.uint64(_MASK)).astype(np.uint32)
    high = (blocks >> np.uint64(32)).astype(np.uint32)
    lead = np.shape(key[0])
    key0, key1 = (np.reshape(word, (*lead, 1)) for word in key)
    words = np.stack(threefry2x32((key0, key1), (low, high)), axis=-1)
    return words.reshape((*lead, 2 * len(blocks)))[..., :count]


def _fractions(words: Words) -> NDArray[np.float64]:
    """Doubles in [0, 1), one from each pair of words along the last axis."""
    pairs = words.astype(np.float64).reshape((*words.shape[:-1], words.shape[-1] // 2, 2))
    whole = np.floor(pairs[..., 0] / 32.0) * 67108864.0 + np.floor(pairs[..., 1] / 64.0)
    return whole / 2.0**53


def checked_seed(seed: object) -> int:
    """The seed as an int. Raises WhygradError unless it is a whole number 0..2**53-1."""
    try:
        whole = -1 if isinstance(seed, bool) else operator.index(seed)  # type: ignore[arg-type]
    except Exception:  # NumPy and others raise what they like
        whole = -1
    if not 0 <= whole < SEED_LIMIT:
        raise WhygradError(f"a seed is a whole number from 0 to 2**53 - 1, not {quoted(seed)}")
    return whole


def _lead(seed: Seed) -> tuple[int, ...]:
    seeds = _seeds(seed)
    return () if seeds is None else seeds.shape


def _seeds(seed: Seed) -> NDArray[np.integer[Any]] | None:
    """The array of seeds, if it is one."""
    given = cast("object", seed)
    if isinstance(given, np.ndarray) and given.ndim:  # pyright: ignore[reportUnknownMemberType]
        return cast("NDArray[np.integer[Any]]", given)
    return None


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise WhygradError(f"a stream's name must be valid Unicode text, not {text!r}") from None


def _dims(shape: int | Sequence[int]) -> tuple[int, tuple[int, ...]]:
    dims = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(dim < 0 for dim in dims):
        raise WhygradError(f"a shape's sizes are 0 or more, not {dims}")
    return math.prod(dims), dims
