"""A dataset, how it is split, and the order in which training visits its samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whygrad.engine import random
from whygrad.engine.dims import bytes_for
from whygrad.errors import DataError, ShapeError, unknown
from whygrad.option import is_a, quoted, several, text, truth, whole

Task = Literal["regression", "binary", "classes"]
TASKS: tuple[Task, ...] = ("regression", "binary", "classes")

Floats = NDArray[np.float64]
_DRAWN_AT_ONCE = 512  # how many samples' places in the order of visits


@dataclass(frozen=True)
class Scaling:
    """How features were standardised: (measured - mean) / std, each (features,)."""

    mean: Floats
    std: Floats


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs and targets, one row per sample."""

    x: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples to learn from. Arrays are float64, copied when given, and read-only.

    - `x` (samples, features) and `y` (samples, targets);
    - `feature_names` and `target_names`, one per column;
    - `task`: "regression" (amounts), "binary" (one column of 0 and 1), or "classes" (one column
      per class, each row a single 1);
    - `classes`: what the classes are called: two names for "binary" (0 is the first), one per
      column for "classes", or None where they have no names;
    - `flipped` (samples,): True where label noise made the label wrong on purpose, or None;
    - `evaluation`: samples kept out of training to judge it by, or None;
    - `scaling`: how the features were standardised, or None;
    - `note`: what a person should know about this data, in a sentence or two; may be empty.

    Raises ShapeError where sizes do not fit, DataError for no samples or a number that is not
    finite.
    """

    name: str
    x: Floats
    y: Floats
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    task: Task
    flipped: NDArray[np.bool_] | None = None
    evaluation: Dataset | None = None
    classes: tuple[str, ...] | None = None
    scaling: Scaling | None = None
    note: str = ""

    def __post_init__(self) -> None:
        x, y = _frozen(self.x), _frozen(self.y)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
            raise ShapeError(
                f"{self.name}: x must be (examples, features) and y (examples, targets), "
                f"with as many examples in each; x is {x.shape} and y is {y.shape}"
            )
        for which, values, names in (
            ("x", x, self.feature_names),
            ("y", y, self.target_names),
        ):
            if values.shape[1] != len(names):
                raise ShapeError(
                    f"{self.name}: {which} is {values.shape}, so it needs {values.shape[1]} "
                    f"names of columns; it has {len(names)}: {', '.join(names)}"
                )
            if not np.isfinite(values).all():
                row, column = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
                raise DataError(
                    f"{self.name}: {which}[{row}, {column}] is {values[row, column]}; "
                    "every number must be finite"
                )
        if x.size == 0 or y.size == 0:
            raise DataError(
                f"{self.name}: nothing to learn from: x is {x.shape} and y is {y.shape}; "
                "at least one example, one feature and one target are needed"
            )
        if self.flipped is not None:
            flipped = np.array(self.flipped, dtype=np.bool_)
            flipped.setflags(write=False)
            if flipped.shape != (len(x),):
                raise ShapeError(
                    f"{self.name}: flipped is {flipped.shape}, but there are {len(x)} examples, "
                    f"so it must be ({len(x)},)"
                )
            object.__setattr__(self, "flipped", flipped)

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.x)

    @property
    def features(self) -> int:
        """How many features a sample has: what the first layer takes."""
        return self.x.shape[1]

    @property
    def targets(self) -> int:
        """How many targets a sample has: what the last layer gives."""
        return self.y.shape[1]

    @property
    def samples(self) -> Samples:
        """Inputs and targets alone."""
        return Samples(self.x, self.y)

    def take(self, indices: ArrayLike) -> Dataset:
        """The samples at the given indices, in that order, as a dataset; same columns and names."""
        chosen = np.asarray(indices, dtype=np.int64)
        flipped = None if self.flipped is None else self.flipped[chosen]
        return replace(self, x=self.x[chosen], y=self.y[chosen], flipped=flipped)


def mislabel(
    labels: NDArray[np.int64], classes: int, share: float, seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which labels were made wrong on purpose, (samples,), and the labels after that."""
    points = len(labels)
    flipped = np.zeros(points, dtype=np.bool_)
    flipped[random.permutation(seed, "data/flip", points)[: round(share * points)]] = True
    # a wrong class is any of the others, all as likely
    away = 1 + np.floor(random.uniform(seed, "data/flip/to", points) * (classes - 1))
    wrong = (labels + away.astype(np.int64)) % classes
    return flipped, np.where(flipped, wrong, labels)


def from_arrays(
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    *,
    task: Task | None = None,
    feature_names: Sequence[str] | None = None,
    target_names: Sequence[str] | None = None,
    note: str = "",
) -> Dataset:
    """A dataset from plain numbers.

    A number is one sample of one column; a list is one sample per number, of one column; a list
    of rows is one sample per row. Columns are named x or x1, x2, ... and y or y1, y2, ... where
    no names are given. Without a `task`, `guess_task` decides.

    Raises ShapeError or DataError as `Dataset` does, DataError for a task that y does not fit.
    """
    columns = (_columns(x), _columns(y))
    name, note = text("from_arrays", "name", name), text("from_arrays", "note", note)
    return Dataset(
        name=name,
        x=columns[0],
        y=columns[1],
        feature_names=_names("x", columns[0], feature_names),
        target_names=_names("y", columns[1], target_names),
        task=guess_task(columns[1]) if task is None else _checked_task(name, columns[1], task),
        note=note,
    )


def guess_task(y: Floats) -> Task:
    """What y (samples, targets) asks for.

    - one column in which both 0 and 1 occur, and nothing else: "binary";
    - two or more columns, a single 1 and else 0 in each row, every column used: "classes";
    - anything else: "regression". Whole numbers such as 0, 1, 2 in one column are amounts until
      someone says they are classes.
    """
    y = _columns(y)
    if not y.size:
        raise DataError("there are no targets to tell a task by")
    only_bits = bool(np.isin(y, (0.0, 1.0)).all())
    if y.shape[1] == 1:
        return "binary" if only_bits and 0 < y.mean() < 1 else "regression"
    one_hot = only_bits and bool((y.sum(axis=1) == 1).all() and (y.sum(axis=0) > 0).all())
    return "classes" if one_hot else "regression"


def split(dataset: Dataset, fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    """Two datasets: training, and `fraction` of the samples kept apart for validation.

    Which samples are kept apart is drawn by the seed (stream "split"); both keep the order the
    samples had. The validation part has at least one sample, and so has the training part.

    Raises DataError unless 0 < fraction < 1 and there are two samples or more.
    """
    n = len(_a_dataset("split", dataset))
    if not is_a(fraction, int, float) or not 0 < fraction < 1:
        raise DataError(f"the validation fraction is between 0 and 1, not {quoted(fraction)}")
    if n < 2:
        raise DataError(f"{dataset.name} has {n} example: too few to keep any apart")
    apart = min(max(round(n * fraction), 1), n - 1)
    order = random.permutation(seed, "split", n)
    return dataset.take(np.sort(order[apart:])), dataset.take(np.sort(order[:apart]))


def mean_and_spread(x: Floats) -> tuple[Floats, Floats]:
    """Each column's mean and standard deviation; not finite where the numbers are too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return x.mean(axis=0), x.std(axis=0)


def standardise(dataset: Dataset) -> Dataset:
    """The dataset with each feature shifted to mean 0 and scaled to standard deviation 1.

    Mean and standard deviation are those of the training samples; the evaluation samples are
    moved by the same amounts, so that nothing of them leaks into training. A feature that never
    changes is only shifted. The result's `scaling` says how to turn a measured value into the
    one the network sees, and its `note` says that it was done.

    Raises DataError for a feature so large that it has no finite mean or standard deviation.
    """
    mean, std = mean_and_spread(_a_dataset("standardise", dataset).x)
    for name, spread in zip(dataset.feature_names, std, strict=True):
        if not np.isfinite(spread):
            raise DataError(
                f"{dataset.name}: the numbers of {name} are too large to be standardised"
            )
    scaling = Scaling(_frozen(mean), _frozen(np.where(std > 0, std, 1.0)))

    def scaled(one: Dataset) -> Dataset:
        return replace(one, x=(one.x - scaling.mean) / scaling.std, scaling=scaling)

    said = "Features are standardised: mean 0 and standard deviation 1 over the training examples."
    evaluation = None if dataset.evaluation is None else scaled(dataset.evaluation)
    note = f"{dataset.note} {said}".strip()
    return replace(scaled(dataset), evaluation=evaluation, note=note)


def _a_dataset(what: str, given: object) -> Dataset:
    if not isinstance(given, Dataset):
        raise DataError(f"{what}: {quoted(given)} is no dataset; make one with from_arrays")
    return given


def batches(
    n: int, batch: int, epoch: int, *, seed: int, shuffle: bool = True
) -> Iterator[NDArray[np.int64]]:
    """The indices of one epoch's batches, in the order training visits them.

    The epoch's order is `permutation(seed, f"shuffle/{epoch}", n)`, or 0..n-1 without shuffling;
    it is cut into chunks of `batch`, the last of which may be smaller. Epochs count from 0.

    Raises DataError unless n >= 1, batch >= 1 and epoch >= 0.
    """
    seed, per_epoch = random.checked_seed(seed), _batches_per_epoch(n, batch, epoch, "epoch")
    for position in range(per_epoch):
        yield batch_indices(n, batch, epoch * per_epoch + position, seed=seed, shuffle=shuffle)


def batch_indices(
    n: int, batch: int, iteration: int, *, seed: int, shuffle: bool = True
) -> NDArray[np.int64]:
    """The samples that iteration number `iteration` (from 0) trains on: indices, shape (<= batch,).

    The same as taking the `iteration`-th item of all epochs' `batches` in a row, without walking
    there, so going back in time needs no state. The array is read-only.

    Raises DataError unless n >= 1, batch >= 1 and iteration >= 0.
    """
    shuffle, seed = truth("batches", "shuffle", shuffle), random.checked_seed(seed)
    epoch, position = divmod(iteration, _batches_per_epoch(n, batch, iteration, "iteration"))
    first, last = position * batch, min((position + 1) * batch, n)
    chosen = (
        _shuffled(n, epoch, seed)[first:last] if shuffle else np.arange(first, last, dtype=np.int64)
    )
    chosen.setflags(write=False)
    return chosen


def _batches_per_epoch(n: int, batch: int, at: int, what: str) -> int:
    n, batch, at = (whole("batches", "a count", number) for number in (n, batch, at))
    if n < 1 or batch < 1 or at < 0:
        raise DataError(
            f"batches need at least 1 example, a batch of at least 1 and an {what} from 0 on; "
            f"got {n} examples, batch {batch} and {what} {at}"
        )
    bytes_for("the order of all examples", (n,))
    return -(-n // batch)


def _shuffled(n: int, epoch: int, seed: int) -> NDArray[np.int64]:
    at_once = max(_DRAWN_AT_ONCE // n, 1)
    block, place = divmod(epoch, at_once)
    return _orders(n, block * at_once, at_once, seed)[place]


@lru_cache(maxsize=8)
def _orders(n: int, first: int, epochs: int, seed: int) -> NDArray[np.int64]:
    """The orders of several epochs, drawn together: one by one takes longer than training does."""
    streams = [f"shuffle/{epoch}" for epoch in range(first, first + epochs)]
    orders = random.permutations(seed, streams, n)
    orders.setflags(write=False)
    return orders


def _frozen(values: ArrayLike) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _columns(values: ArrayLike) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except Exception as fault:  # NumPy raises what it likes, and so do a stranger's objects
        raise DataError(f"these are not numbers in even rows: {fault}") from None
    if array.ndim > 2:
        raise ShapeError(f"examples have shape {array.shape}; they must be rows of numbers")
    return array.reshape(-1, 1) if array.ndim < 2 else array


def _names(letter: str, columns: Floats, given: Sequence[str] | None) -> tuple[str, ...]:
    if given is not None:
        names = several("from_arrays", "names", given)
        return tuple(text("from_arrays", "a name", name) for name in names)
    count = columns.shape[1]
    return (letter,) if count == 1 else tuple(f"{letter}{i + 1}" for i in range(count))


def _checked_task(name: str, y: Floats, task: Task) -> Task:
    if not isinstance(cast("object", task), str) or task not in TASKS:
        raise DataError(unknown("task", task, TASKS))
    if task == "binary" and not (y.shape[1] == 1 and np.isin(y, (0.0, 1.0)).all()):
        raise DataError(
            f"{name}: a binary task needs one target of 0s and 1s; y is {y.shape}"
            + (f" and holds {y[~np.isin(y, (0.0, 1.0))][0]:g}" if y.shape[1] == 1 else "")
        )
    one_hot = np.isin(y, (0.0, 1.0)).all() and (y.sum(axis=1) == 1).all()
    if task == "classes" and not (y.shape[1] > 1 and one_hot):
        raise DataError(
            f"{name}: a task of classes needs one column per class and a single 1 in each row, "
            f"as in [[1, 0, 0], [0, 0, 1]]; y is {y.shape}"
        )
    return task
