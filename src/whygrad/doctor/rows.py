"""What the rows say by themselves: scales, faults, doubles, and what can be learned of them.

The references are as plain as they can be: nearest neighbours (Fix & Hodges 1951) and least
squares. They need no training, so a network that is far below them has a fault that is not the
data's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from whygrad.doctor.measurements import Features, Targets, Task

Array = np.ndarray[Any, np.dtype[np.float64]]
MOST_ROWS = 1200
NEIGHBOURS = 5
VOTERS = 15  # where many of them are wrong, more are asked
FEWEST = 20  # rows, below which nothing is said
APART = 4.0  # spreads within a class, between those of a column that gives the class away
MORE = 4  # times as many different rows as there are: fewer must repeat


class Rows(NamedTuple):
    """Inputs, one row each, and targets: class numbers, or the numbers themselves."""

    x: Array
    y: Array


def rows(x: Any, y: Any, task: Task) -> Rows:
    """Return rows and targets as plain arrays, thinned evenly where there are very many."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    keep = np.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).astype(int)
    x, y = x[keep].reshape(len(keep), -1), y[keep]
    if task == "classes" and y.ndim > 1 and y.shape[-1] > 1:
        y = y.reshape(len(keep), -1).argmax(1).astype(np.float64)
    return Rows(x, y.reshape(len(keep), -1) if task == "numbers" else y.reshape(len(keep)))


def task_of(targets: Any, width: int) -> Task:
    """Say what kind of answer is wanted, from the targets and how many outputs there are."""
    y = np.asarray(targets, np.float64)
    values = np.unique(y[np.isfinite(y)])
    if values.size <= 2 and set(values.tolist()) <= {0.0, 1.0} and width == 1:
        return "binary"
    if not np.issubdtype(np.asarray(targets).dtype, np.floating) and width > 1:
        return "classes"
    if y.ndim == 2 and y.shape[1] == width > 1 and set(values.tolist()) <= {0.0, 1.0}:
        return "classes" if bool((y.sum(1) == 1).all()) else "numbers"
    return "numbers"


def targets_of(targets: Any, task: Task) -> Targets:
    """Describe the targets."""
    y = np.asarray(targets, np.float64)
    good = y[np.isfinite(y)]
    if good.size == 0:
        return Targets(task, 0, 0, 0, 0, bad=True)
    bad = good.size < y.size
    rarest, count = None, None
    if task != "numbers":
        if y.ndim > 1 and y.shape[-1] > 1:
            good = y.reshape(len(y), -1).argmax(1).astype(np.float64)
        _, counts = np.unique(good, return_counts=True)
        rarest, count = float(counts.min() / counts.sum()), len(counts)
    whole = bool((good == np.round(good)).all())
    if task == "numbers" and whole:
        count = len(np.unique(good))
    spread = (float(good.min()), float(good.max()), float(good.mean()), float(good.std()))
    return Targets(task, *spread, rarest, count, whole, bad)


def features_of(x: Any, xv: Any = None) -> Features:
    """Describe the inputs, and how validation's differ."""
    x = np.asarray(x, np.float64)
    flat = x.reshape(len(x), -1)
    finite = np.isfinite(flat)
    bad = np.argwhere(~finite)
    clean = np.where(finite, flat, np.nan)
    with np.errstate(all="ignore"):
        usable = finite.any(0)
        mean = np.nanmean(clean[:, usable], 0)
        std = np.nanstd(clean[:, usable], 0)
    varies = std > 1e-12
    largest = float((np.abs(mean) + std).max(initial=0.0))
    ratio = float(std[varies].max() / std[varies].min()) if varies.any() else 1.0
    cell = (int(bad[0][0]), int(bad[0][1])) if len(bad) else None
    bad_rows = len(np.unique(bad[:, 0])) if len(bad) else 0
    hashes = [row.tobytes() for row in flat[:20000]]
    copies = 1 - len(set(hashes)) / max(len(hashes), 1)
    shift = stretch = shared = None
    if xv is not None and len(xv) >= FEWEST:
        other = np.asarray(xv, np.float64).reshape(len(xv), -1)[:, usable][:, varies]
        with np.errstate(all="ignore"):
            shift = float(np.median(np.abs(np.nanmean(other, 0) - mean[varies]) / std[varies]))
            factors = np.maximum(np.nanstd(other, 0), 1e-12) / std[varies]
            stretch = float(np.exp(np.median(np.abs(np.log(factors)))))
        known = set(hashes)
        flat_v = np.asarray(xv, np.float64).reshape(len(xv), -1)
        if not alike_by_chance(flat):
            shared = float(np.mean([row.tobytes() in known for row in flat_v]))
    return Features(
        len(x), flat.shape[1], largest, ratio, cell, bad_rows, shift, stretch, shared, copies
    )


def leaky_column(train: Rows, task: Task) -> tuple[int, float, float] | None:
    """Return the column that says most by itself, its score alone, and the score without it."""
    n, columns = train.x.shape
    if task == "numbers" or not 3 <= columns <= 200 or n < 4 * FEWEST:
        return None
    half = n // 2
    alone = [
        neighbour_score(Rows(train.x[:half, c : c + 1], train.y[:half]),
                         Rows(train.x[half:, c : c + 1], train.y[half:]), task)
        for c in range(columns)
    ]  # fmt: skip
    best = int(np.argmax(alone))
    if _apart(train.x[:, best], train.y) < APART:
        return None
    rest = np.delete(train.x, best, 1)
    without = reference(Rows(rest[:half], train.y[:half]), Rows(rest[half:], train.y[half:]), task)
    return best, float(alone[best]), without


def _apart(column: Array, y: Array) -> float:
    """Return how far a column's values lie apart between classes, next to how far within them.

    A column that was made from the target stands apart; a task that asks where a column is above
    some value has its rows right up to that value, on both sides.
    """
    groups = [column[y == c] for c in np.unique(y)]
    means = sorted(float(group.mean()) for group in groups)
    within = float(np.sqrt(np.mean([group.var() for group in groups])))
    nearest = min(np.diff(means), default=0.0)
    return float(nearest) / within if within > 0 else np.inf


def alike_by_chance(flat: Array) -> bool:
    """Whether so few rows are possible that the same ones come again by themselves."""
    possible = 1
    for column in flat.T:
        possible *= len(np.unique(column))
        if possible > MORE * len(flat):
            return False
    return True


def baseline(y: Array, judged: Array, task: Task) -> float:
    """Return the score of the best constant answer."""
    if task == "numbers":
        return 0.0
    values, counts = np.unique(y, return_counts=True)
    return balanced(np.full(len(judged), values[counts.argmax()]), judged)


def reference(train: Rows, judged: Rows, task: Task) -> float:
    """Return the better score of nearest neighbours and a linear fit, on other rows."""
    return max(neighbour_score(train, judged, task), _linear_score(train, judged, task))


def left_out(train: Rows, task: Task) -> tuple[float, float]:
    """Return the same on the training rows, by halves; and the score of neighbours alone."""
    order = np.random.default_rng(0).permutation(len(train.x))
    a, b = (Rows(train.x[part], train.y[part]) for part in np.array_split(order, 2))
    near = (neighbour_score(a, b, task) + neighbour_score(b, a, task)) / 2
    straight = (_linear_score(a, b, task) + _linear_score(b, a, task)) / 2
    return max(near, straight), near


def predicted_by_others(train: Rows) -> Array:
    """Return the class that each row's nearest neighbours, without itself, vote for."""
    x, _ = _scaled(train.x, train.x)
    values, coded = np.unique(train.y, return_inverse=True)
    found, k = np.empty(len(x)), min(VOTERS, len(x) - 1)
    for part in np.array_split(np.arange(len(x)), max(1, len(x) // 1000)):
        far = (x**2).sum(1)[None] - 2 * x[part] @ x.T
        far[np.arange(len(part)), part] = np.inf
        near = np.argpartition(far, k - 1, axis=1)[:, :k]
        found[part] = values[np.eye(len(values))[coded[near]].sum(1).argmax(1)]
    return found


def ranked(train: Rows, judged: Rows) -> tuple[float, float]:
    """Return how well neighbours tell the ranks of training numbers, and those of other rows.

    Each training row is left out of its own neighbours, so that both are told by as many. Ranks
    are compared, since a few very large numbers would otherwise make the one or the other score.
    """
    y, other = _ranks(train.y, train.y), _ranks(train.y, judged.y)
    a, b = _scaled(train.x, judged.x)
    scores: list[float] = []
    for rows, wanted in ((a, y), (b, other)):
        far = (rows**2).sum(1)[:, None] - 2 * rows @ a.T + (a**2).sum(1)[None]
        if rows is a:
            np.fill_diagonal(far, np.inf)
        near = np.argpartition(far, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
        scores.append(r2(y[near].mean(1), wanted))
    return scores[0], scores[1]


def _ranks(among: Array, numbers: Array) -> Array:
    """Return the share of numbers that are smaller, column by column."""
    ranks = np.empty_like(numbers)
    for column in range(numbers.shape[1]):
        ranks[:, column] = np.searchsorted(np.sort(among[:, column]), numbers[:, column])
    return ranks / len(among)


def _scaled(train: Array, other: Array) -> tuple[Array, Array]:
    mean, std = train.mean(0), train.std(0)
    std = np.where(std > 1e-12, std, 1.0)
    return (train - mean) / std, (other - mean) / std


def neighbour_score(train: Rows, judged: Rows, task: Task) -> float:
    """Return the score of nearest neighbours on other rows."""
    a, b = _scaled(train.x, judged.x)
    far = (b**2).sum(1)[:, None] - 2 * b @ a.T + (a**2).sum(1)[None]
    k = min(NEIGHBOURS, len(a))
    near = np.argpartition(far, k - 1, axis=1)[:, :k]
    if task == "numbers":
        return r2(train.y[near].mean(1), judged.y)
    values, coded = np.unique(train.y, return_inverse=True)
    votes = np.eye(len(values))[coded[near]].sum(1)
    return balanced(values[votes.argmax(1)], judged.y)


def _linear_score(train: Rows, judged: Rows, task: Task) -> float:
    a, b = _scaled(train.x, judged.x)
    a, b = (np.hstack([part, np.ones((len(part), 1))]) for part in (a, b))
    values = np.unique(train.y)
    wanted = train.y if task == "numbers" else (train.y[:, None] == values) * 1.0
    gram = a.T @ a + 1e-3 * len(a) * np.eye(a.shape[1])
    found = b @ np.linalg.solve(gram, a.T @ wanted)
    if task == "numbers":
        return r2(found, judged.y)
    return balanced(values[found.argmax(1)], judged.y)


def balanced(found: Array, wanted: Array) -> float:
    """Return the mean of the classes' recalls: a rare class counts as much as any other."""
    return float(np.mean([(found[wanted == c] == c).mean() for c in np.unique(wanted)]))


def r2(found: Array, wanted: Array) -> float:
    """Return the share of the targets' variance that is explained."""
    found = found.reshape(wanted.shape)
    total = float(((wanted - wanted.mean(0)) ** 2).sum())
    return 1 - float(((wanted - found) ** 2).sum()) / total if total > 0 else 0.0
