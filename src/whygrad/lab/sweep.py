"""Sweeps: one spec trained from many seeds and at many learning rates, all at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from whygrad.data import Dataset
from whygrad.engine.op import Array
from whygrad.engine.random import permutation
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn.init import initialise
from whygrad.optim.schedule import Rates, Schedule
from whygrad.spec import Spec, boundary, load_spec, resolve
from whygrad.tape.many import ManyPlayer
from whygrad.training.evaluation import solved_samples
from whygrad.training.start import Training, start

BLOCK = 1000  # runs played at once: more would not fit a processor's cache
JUDGED_AT_ONCE = 200_000  # samples, over all runs, whose every value is kept at once

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Sweep:
    """What became of every run; the first two axes are learning rates and seeds.

    Attributes:
        spec: what was trained, with every default filled in.
        seeds: of the initial weights (and of the data, if that was varied).
        learning_rates: the learning rates.
        iterations: how long each run was trained.
        at: the iterations whose losses were noted, from 0.
        losses: before the update of those iterations; (rates, seeds, noted). NaN or infinite
            from where a run diverged.
        parameters: at the end, by name; (rates, seeds, ...).
        accuracy: the share of samples solved at the end; (rates, seeds).
        solved: where that is all of them; (rates, seeds).
        dead: ReLU units that are 0 on every training sample at the end; (rates, seeds).
        seconds: how long it took.
    """

    spec: Spec
    seeds: tuple[int, ...]
    learning_rates: tuple[float, ...]
    iterations: int
    at: Array
    losses: Array
    parameters: Mapping[str, Array]
    accuracy: Array
    solved: Array
    dead: Array
    seconds: float

    @property
    def share_solved(self) -> tuple[float, ...]:
        """For each learning rate, the share of seeds that solved every sample."""
        return tuple(float(share) for share in self.solved.mean(axis=1))


def sweep(
    spec: Spec | str,
    seeds: Sequence[int],
    learning_rates: Sequence[float] | None = None,
    iterations: int | None = None,
    *,
    vary_data: bool = False,
    points: int = 100,
    progress: Progress | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Sweep:
    """Train a spec from each seed at each learning rate.

    Each run is the training of the spec with that ``[init] seed`` and ``learning_rate``, and does
    not depend, bit for bit, on the others.

    Args:
        spec: a network's spec, a preset's name, or the path of a TOML file.
        seeds: of the initial weights; weights that the spec gives outright are kept.
        learning_rates: by default the spec's one.
        iterations: how long to train; by default as long as the spec says.
        vary_data: draw the data and the order of visits from each seed too, as ``[data] seed``.
        points: how many iterations' losses to note, evenly spread.
        progress: called now and then with the iterations done, and all there are to do.
        files: uploaded files by name; where given, nothing is read from disk.

    Raises:
        WhygradError: the spec is a formula, or there are no seeds, rates or iterations.
    """
    began = time.perf_counter()
    given = load_spec(spec) if isinstance(spec, str) else spec
    n = given.train.iterations if iterations is None else iterations
    given = replace(given, train=replace(given.train, iterations=n))
    training = start(given, files=files)
    rates = tuple(learning_rates or (training.spec.optimizer.learning_rate,))
    chosen = tuple(int(seed) for seed in seeds)
    if training.dataset is None:
        raise WhygradError("a sweep trains a network; a [formula] has no weights to draw")
    if not chosen or n < 1 or points < 1:
        raise WhygradError(
            f"a sweep needs at least 1 seed, 1 iteration and 1 point to note; got {len(chosen)} "
            f"seeds, {n} iterations and {points} points"
        )
    if not all(math.isfinite(rate) and rate >= 0 for rate in rates):
        raise WhygradError(f"learning rates are numbers from 0 up, not {rates!r:.80}")
    runs = [(seed, rate) for rate in rates for seed in chosen]
    at = np.unique(np.linspace(0, n - 1, min(points, n)).round().astype(int))
    parts: list[dict[str, Array]] = []
    for first in range(0, len(runs), BLOCK):
        block = _Block(
            training, runs[first : first + BLOCK], files if vary_data else None, vary_data
        )

        def tell(
            done: int, first: int = first, size: int = len(runs[first : first + BLOCK])
        ) -> None:
            if progress:
                progress(first * n + done * size, len(runs) * n)

        parts.append({"losses": block.train(n, at, tell), **block.judge()})
    shape = (len(rates), len(chosen))
    joined = {
        name: np.concatenate([part[name] for part in parts]).reshape(
            (*shape, *parts[0][name].shape[1:])
        )
        for name in parts[0]
    }
    own = ("losses", "accuracy", "dead")
    return Sweep(
        training.spec,
        chosen,
        rates,
        n,
        at,
        parameters={name: array for name, array in joined.items() if name not in own},
        solved=joined["accuracy"] == 1.0,
        seconds=time.perf_counter() - began,
        **{name: joined[name] for name in own},
    )


class _Block:
    """Some of a sweep's runs, played together."""

    def __init__(
        self,
        training: Training,
        runs: Sequence[tuple[int, float]],
        files: Mapping[str, bytes] | None,
        vary_data: bool,
    ) -> None:
        assert training.dataset is not None
        self.training = training
        self.tape = training.iteration.tape
        self.seeds = np.array([seed for seed, _ in runs])
        self.rates = np.array([rate for _, rate in runs])
        self.data = [training.dataset]
        if vary_data:
            self.data = _datasets(training.spec, self.seeds.tolist(), files)
        self.vary_data = vary_data
        self.players: dict[int, ManyPlayer] = {}
        self.order: tuple[int, Array] | None = None
        self.leaves = self._leaves()

    def _leaves(self) -> dict[int, Array]:
        run, spec = self.training.iteration.run, self.training.spec
        assert spec.network is not None
        leaves = {v.id: run.arrays[v.id] for v in self.tape.leaves}
        layers = spec.network.layers
        for n, shape in enumerate(pairwise(layers), start=1):
            name = f"W{n}" if f"W{n}" in self.tape.by_name else f"w{n}"
            if f"W{n}" not in spec.init.weights:
                drawn = initialise(spec.init.name, shape, self.seeds, f"W{n}", **spec.init.options)
                leaves[self.tape.by_name[name]] = drawn
        leaves[self.tape.by_name["learning_rate"]] = self.rates
        return leaves

    def train(self, n: int, at: Array, tell: Callable[[int], object]) -> Array:
        """Train all runs and return their losses at the iterations ``at``, (runs, noted)."""
        schedule = self.training.iteration.schedule
        fixed = self.training.iteration.batches is None and schedule is None
        rates = _RunRates(schedule, self.rates) if schedule else None
        noted: list[Array] = []
        done = 0
        for stop in (*at.tolist(), n - 1):
            while done <= stop:
                player = self._player(done)
                if rates is not None:
                    player.feed(self.tape.by_name["learning_rate"], rates.at(done))
                step = stop + 1 - done if fixed else 1
                player.train(step)
                done += step
                if rates is not None:
                    rates.note(player.losses())
            if len(noted) < len(at):
                noted.append(self._player(stop, feed=False).losses())
                tell(done)
        return np.stack(noted, axis=1)

    def _player(self, iteration: int, *, feed: bool = True) -> ManyPlayer:
        """Return a player that holds this iteration's batch; all carry on one state."""
        x, t = self._batch(iteration) if feed or not self.players else (None, None)
        size = _rows(self.training, iteration) if x is None else x.shape[-2]
        player = self.players.get(size)
        ids = [self.tape.by_name[name] for name in ("x", "t")]
        if player is None:
            assert x is not None
            assert t is not None
            leaves = {**self.leaves, ids[0]: x, ids[1]: t}
            beside = next(iter(self.players.values()), None)
            player = ManyPlayer(self.tape, leaves, len(self.seeds), beside=beside)
            self.players[size] = player
        elif feed and self.training.iteration.batches is not None:
            player.feed(ids[0], x)
            player.feed(ids[1], t)
        return player

    def _batch(self, iteration: int) -> tuple[Array, Array]:
        chosen = self.training.visited(iteration)
        assert chosen is not None
        if not self.vary_data:
            return self.data[0].x[chosen], self.data[0].y[chosen]
        rows = self._orders(iteration, len(chosen))
        x = np.stack([one.x[row] for one, row in zip(self.data, rows, strict=True)])
        return x, np.stack([one.y[row] for one, row in zip(self.data, rows, strict=True)])

    def _orders(self, iteration: int, size: int) -> Array:
        """Return which samples each run visits, (runs, size); see ``data.batch_indices``."""
        data, samples = self.training.spec.data, len(self.data[0])
        if isinstance(data.batch, str):
            return np.broadcast_to(np.arange(samples), (len(self.seeds), samples))
        epoch, position = divmod(iteration, -(-samples // data.batch))
        first = position * data.batch
        if not data.shuffle:
            return np.broadcast_to(np.arange(first, first + size), (len(self.seeds), size))
        if self.order is None or self.order[0] != epoch:
            self.order = (epoch, permutation(self.seeds, f"shuffle/{epoch}", samples))
        return self.order[1][:, first : first + size]

    def judge(self) -> dict[str, Array]:
        """Return accuracy, dead units and parameters of all runs as they stand."""
        trained = next(iter(self.players.values()))
        state = {before: trained.buffers[before] for before, _ in self.tape.carries}
        names = {before: self.tape.label(before) for before in state}
        accuracy, dead = np.empty(len(self.seeds)), np.zeros(len(self.seeds), int)
        samples = len(self.data[0])
        size = max(JUDGED_AT_ONCE // samples, 1)
        for first in range(0, len(self.seeds), size):
            part = slice(first, min(first + size, len(self.seeds)))
            accuracy[part], dead[part] = self._judge(part, {i: x[part] for i, x in state.items()})
        kept = {
            names[i]: np.array(x)
            for i, x in state.items()
            if self.tape.values[i].role == "parameter"
        }
        return {"accuracy": accuracy, "dead": dead, **kept}

    def _judge(self, part: slice, state: Mapping[int, Array]) -> tuple[Array, Array]:
        data = self.data[part] if self.vary_data else self.data
        judged = [one.evaluation or one for one in data]
        player = self._forward(part, state, judged)
        outputs = player.buffers[self.tape.by_name["yhat"]]
        outputs = outputs.reshape((outputs.shape[0], len(judged[0]), -1))
        each = judged if self.vary_data else judged * len(outputs)
        yes = boundary(self.training.spec)
        pairs = zip(each, outputs, strict=True)
        right = [solved_samples(one, out, yes).mean() for one, out in pairs]
        if judged[0] is not data[0]:
            player = self._forward(part, state, data)
        dead = np.zeros(len(outputs), int)
        for step in self.tape.steps:
            if step.op == "relu" and step.phase == "forward":
                dead += (player.buffers[step.output].max(axis=1) <= 0).sum(axis=-1)
        return np.array(right), dead

    def _forward(
        self, part: slice, state: Mapping[int, Array], data: Sequence[Dataset]
    ) -> ManyPlayer:
        leaves: dict[int, Any] = {**self.leaves, **state}
        leaves[self.tape.by_name["learning_rate"]] = self.rates[part]
        for name, which in (("x", "x"), ("t", "y")):
            arrays = [getattr(one, which) for one in data]
            leaves[self.tape.by_name[name]] = np.stack(arrays) if self.vary_data else arrays[0]
        player = ManyPlayer(self.tape, leaves, len(self.seeds[part]), keep_all=True)
        player.play()
        return player


class _RunRates:
    """The learning rate of each run under a schedule; "plateau" looks at each run's own losses."""

    def __init__(self, schedule: Schedule, base: Array) -> None:
        self.base = base
        self.schedule = schedule
        own = schedule.name == "plateau"
        self.each = [Rates(schedule) for _ in base] if own else []
        self.losses: list[list[float]] = [[] for _ in self.each]

    def at(self, iteration: int) -> Array:
        if not self.each:
            return self.base * self.schedule.share(iteration)
        shares = [
            rates.share(iteration, losses)
            for rates, losses in zip(self.each, self.losses, strict=True)
        ]
        return self.base * np.array(shares)

    def note(self, losses: Array) -> None:
        for own, loss in zip(self.losses, losses.tolist(), strict=False):
            own.append(loss)


def _rows(training: Training, iteration: int) -> int:
    chosen = training.visited(iteration)
    assert chosen is not None
    return len(chosen)


def _datasets(spec: Spec, seeds: Sequence[int], files: Mapping[str, bytes] | None) -> list[Dataset]:
    """Return the data of each seed; equal seeds share theirs."""
    made: dict[int, Dataset] = {}
    for seed in seeds:
        if seed not in made:
            dataset = resolve(replace(spec, data=replace(spec.data, seed=seed)), files=files)[1]
            assert dataset is not None
            made[seed] = dataset
    if len({len(one) for one in made.values()}) > 1:
        raise ShapeError("a sweep that varies the data needs as many examples from every seed")
    return [made[seed] for seed in seeds]
