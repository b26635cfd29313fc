"""A recorded training iteration, played as often as you like."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from whygrad.engine.dims import show_shape
from whygrad.engine.given import number as given_number
from whygrad.engine.op import Array
from whygrad.engine.tensor import Tensor, tensor
from whygrad.errors import NonFiniteError, ShapeError, UnknownName, WhygradError, unknown
from whygrad.explain import Nudge, Paths, Rung, nudge, paths, why
from whygrad.explain.ladder import DEPTH
from whygrad.explain.nudge import EPSILON
from whygrad.explain.worked import worked_steps
from whygrad.nn import Module
from whygrad.optim.schedule import Rates, Schedule
from whygrad.option import is_a, quoted, text, whole
from whygrad.tape.player import Player, first_fault
from whygrad.tape.run import Run
from whygrad.tape.tape import Step, Tape, Value

CHECK_EVERY = 64  # iterations between two looks for NaN; the one at fault is then found by replay

Batches = Callable[[int], Sequence[Array]]


Kept = Mapping[int, tuple[Tensor, ...]]
"""By id, for what is carried from one iteration to the next, the tensors that keep its numbers."""


class Iteration:
    """A recorded iteration: its tape, the numbers of its first play, and a player to go on with.

    It plays with the parameters and the optimizer's memory as they stand, whoever changed them
    last: several iterations may train one model, and one optimizer, by turns.

    Attributes:
        tape: the steps.
        run: the numbers of the latest play: of recording it, or of the last iteration played.
        losses: the loss of every iteration played so far, before its update.
        batches: gives the arrays of the inputs and targets of an iteration by its number (from
            0), in order of their ids; None where every iteration sees the recorded ones.
        schedule: what each iteration's learning rate is multiplied by; None where it is constant.
    """

    def __init__(
        self,
        tape: Tape,
        run: Run,
        *,
        kept: Kept = MappingProxyType({}),
        model: Module | None = None,
        batches: Batches | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """Keep what was recorded. ``trace`` makes iterations; you need not."""
        self.tape = tape
        self.run = run
        self.losses: list[float] = []
        self.batches = batches
        self.schedule = schedule
        self._rates = Rates(schedule or Schedule())
        self._rate = [v.id for v in _hyperparameters(tape) if v.name.startswith("learning_rate")]
        self._kept = kept
        self._model = model
        self._recorded = _tensors(model)
        self._last = {value: tensors[0].array for value, tensors in kept.items()}
        self._state = {before: run.arrays[before].copy() for before, _ in tape.carries}
        self._given = {v.id: run.arrays[v.id] for v in tape.leaves}
        self._inputs = [v.id for v in tape.leaves if v.role in ("input", "target")]
        self._live = {v.id: self._given[v.id].copy() for v in _hyperparameters(tape)}
        self._players: dict[tuple[Any, ...], Player] = {}
        if self._rate and self._rates.share(0, []) != 1.0:
            self.run = self.peek()  # it was recorded at the full rate

    def __str__(self) -> str:
        """List the worked steps, each with how many steps of the tape it holds.

        ``print(iteration.tape)`` lists those: layers that are made of others unfold there.
        """
        return "\n".join(
            f"{n:>3}  {step.phase:8} {step.title}"
            + (f"  ({len(step.steps)} steps)" if len(step.steps) > 1 else "")
            for n, step in enumerate(worked_steps(self.tape), start=1)
        )

    @property
    def played(self) -> int:
        """How many iterations have been played."""
        return len(self.losses)

    @property
    def state(self) -> Mapping[str, Array]:
        """Copies of the parameters and optimizer state as they stand, by name."""
        self._take_over()
        return {self.tape.label(value): array.copy() for value, array in self._state.items()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put other numbers in place of parameters or optimizer state.

        Raises:
            UnknownName: there is no such parameter.
            ShapeError: the shape differs; both are named.
            WhygradError: these are not numbers. Nothing is changed where anything is refused.
        """
        if not is_a(state, Mapping):
            raise WhygradError(f"set_state: {quoted(state)} is no dict of numbers by name")
        self._take_over()
        known = {self.tape.label(value): value for value in self._state}
        new: dict[int, Array] = {}
        for name, numbers in state.items():
            if name not in known:
                raise UnknownName(unknown("parameter", name, known))
            array = self._state[known[name]]
            given = tensor(numbers).array
            if given.shape != array.shape:
                raise ShapeError(
                    f"{name} has shape {show_shape(array.shape)}, "
                    f"but was given {show_shape(given.shape)}"
                )
            new[known[name]] = given
        self._restore(new)
        self._give_back()

    def set_hyperparameter(self, name: str, number: float) -> None:
        """Use another learning rate (or momentum ...) from the next iteration on.

        Raises:
            UnknownName: the tape has no such hyperparameter.
            WhygradError: the number is not finite.
        """
        known = {v.name: v.id for v in _hyperparameters(self.tape)}
        name = text("set_hyperparameter", "name", name)
        number = given_number("set_hyperparameter", name, number)
        if name not in known:
            raise UnknownName(unknown("hyperparameter", name, known))
        if not math.isfinite(number):
            raise WhygradError(f"{name} is {number!r}; it must be a finite number")
        self._given[known[name]] = np.array(number, self.tape.values[known[name]].dtype)
        self._live[known[name]][...] = number

    def play(self, n: int = 1) -> Run:
        """Train for ``n`` iterations, from where the last play ended.

        Returns:
            The numbers of the last iteration played. Its parameters are those before its update.

        Raises:
            NonFiniteError: a NaN or infinity arose; names the first step that made it. The state
                is then that before the iteration at fault.
            WhygradError: a parameter of the model is another tensor, or of another dtype or shape,
                than the one recorded.
        """
        n = whole("play", "n", n, least=1)
        run = self._advance(n, keep=True)
        assert run is not None
        self.run = run
        return run

    def train(self, n: int = 1) -> float:
        """Train as ``play`` does, keeping no numbers but the losses: in less time and memory.

        Returns:
            The loss of the last iteration, before its update. ``run`` stays what it was.

        Raises:
            NonFiniteError: as ``play``.
        """
        n = whole("train", "n", n, least=1)
        self._advance(n, keep=False)
        return self.losses[-1]

    def peek(self) -> Run:
        """Return the numbers of the next iteration without training on it.

        Raises:
            WhygradError: as ``play``.
        """
        self._take_over()
        player = self._player()
        player.play()
        return player.run()

    def why(self, name: str, depth: int = DEPTH) -> Rung:
        """Explain a number of the latest play; see ``whygrad.explain.why``."""
        return why(self.run, text("why", "name", name), whole("why", "depth", depth, least=0))

    def nudge(self, name: str, epsilon: float = EPSILON) -> Nudge:
        """Move a number of the latest play a little and look at the loss; see ``nudge``."""
        return nudge(
            self.run, text("nudge", "name", name), given_number("nudge", "epsilon", epsilon)
        )

    def paths(self, name: str, top: int = 10) -> Paths:
        """Return the paths from a number of the latest play to the loss; see ``paths``."""
        return paths(self.run, text("paths", "name", name), whole("paths", "top", top, least=1))

    def _advance(self, n: int, *, keep: bool) -> Run | None:
        """Train for ``n`` iterations, and return the numbers of the last if they are to be kept."""
        self._take_over()
        end = self.played + n
        run = None
        while self.played < end:
            start = self.played
            before = self._copy_state()
            self._train(min(CHECK_EVERY, end - keep - start))
            if keep and self.played == end - 1:
                run = self._one()
            if not self._healthy(start):
                del self.losses[start:]
                self._restore(before)
                self._replay_to_the_fault(end)
        self._give_back()
        return run

    def _train(self, n: int) -> None:
        """Train for ``n`` iterations of which only the losses are noted."""
        if self.batches is None and self.schedule is None and n:
            self._player(lean=True).train(n, self.losses)
            return
        for _ in range(n):
            self._player(lean=True).train(1, self.losses)

    def _one(self) -> Run:
        """Train for one iteration; return its numbers, with the parameters before its update."""
        player = self._player()
        player.play()
        self.losses.append(player.buffers[self.tape.loss].item())
        run = player.run()
        player.carry()
        return run

    def _player(self, *, lean: bool = False) -> Player:
        """Return a player ready for this iteration; all share the state's buffers and the rates."""
        if self.schedule is not None:
            share = self._rates.share(self.played, self.losses)
            for rate in self._rate:
                self._live[rate][...] = self._given[rate] * share
        if self.batches is None:
            given = [self._given[i] for i in self._inputs]
        else:
            given = self.batches(self.played)
        key = (lean, *(array.shape for array in given))
        player = self._players.get(key)
        if player is None:
            leaves = dict(self._given)
            leaves.update(zip(self._inputs, given, strict=True))
            shared = {**self._state, **self._live}
            player = self._players[key] = Player(self.tape, leaves, shared, lean=lean)
        elif self.batches is not None:
            for value, array in zip(self._inputs, given, strict=True):
                np.copyto(player.buffers[value], array)
        return player

    def _copy_state(self) -> dict[int, Array]:
        return {value: array.copy() for value, array in self._state.items()}

    def _restore(self, state: Mapping[int, Array]) -> None:
        for value, array in state.items():
            np.copyto(self._state[value], array)

    def _healthy(self, start: int) -> bool:
        return all(map(math.isfinite, self.losses[start:])) and all(
            bool(np.isfinite(array).all()) for array in self._state.values()
        )

    def _replay_to_the_fault(self, end: int) -> None:
        """Play one by one until a step makes a NaN or infinity, and say which.

        Raises:
            NonFiniteError: always; there was a fault before iteration ``end``.
        """
        while self.played < end:
            player = self._player()
            player.play()
            results = (self.tape.loss, *(after for _, after in self.tape.carries))
            if not all(np.isfinite(player.buffers[value]).all() for value in results):
                self._give_back()
                raise NonFiniteError(fault_text(self.tape, first_fault(player), self.played))
            self.losses.append(player.buffers[self.tape.loss].item())
            player.carry()
        self._give_back()
        raise NonFiniteError(
            f"a NaN or infinity arose before iteration {end + 1}, but not when it was played "
            f"again: `batches` must give the same arrays whenever it is asked for an iteration"
        )

    def _take_over(self) -> None:
        """Read the numbers of parameters and state that something else has changed since.

        Raises:
            WhygradError: they are no longer those that were recorded.
        """
        now = _tensors(self._model)
        if list(map(id, now)) != list(map(id, self._recorded)):
            raise WhygradError(
                "a parameter of the model is another tensor than the one that was recorded: trace "
                "the model again"
            )
        for value, tensors in self._kept.items():
            now = tensors[0].array
            if any(other.array is not now and other.array != now for other in tensors[1:]):
                raise WhygradError(
                    "the optimizer has updated some of these parameters more often than others "
                    "since this was recorded: trace the model again"
                )
            if now is self._last[value]:
                continue
            mine = self._state[value]
            if now.dtype != mine.dtype:
                raise WhygradError(
                    f"{self.tape.label(value)} is {now.dtype} now, and was recorded as "
                    f"{mine.dtype}: trace the model again"
                )
            np.copyto(mine, now)
            self._last[value] = now

    def _give_back(self) -> None:
        """Put the trained parameters and the state into the tensors that keep them."""
        for value, tensors in self._kept.items():
            trained = self._last[value] = self._state[value].copy()
            for kept in tensors:
                kept.put(trained)


def _tensors(model: Module | None) -> list[Tensor]:
    """Return what a model is made of, in order."""
    if model is None:
        return []
    return [found for _, _, found in model.slots(roles=("parameter", "buffer"))]


def _hyperparameters(tape: Tape) -> list[Value]:
    return [value for value in tape.leaves if value.role == "hyperparameter"]


def fault_text(tape: Tape, step: Step | None, iteration: int) -> str:
    """Say where a NaN or infinity arose, and what usually helps."""
    if step is None:
        return (
            f"iteration {iteration + 1}: the numbers given to it (inputs, targets or parameters) "
            f"already hold a NaN or infinity"
        )
    worked = worked_steps(tape)
    position = next(n for n, shown in enumerate(worked, start=1) if step.id in shown.steps)
    place = " > ".join((step.phase, *step.part))
    code = f"; {step.source.file}:{step.source.line}: {step.source.code}" if step.source else ""
    return (
        f"iteration {iteration + 1}: step {position} of {len(worked)} ({step.op}, making "
        f"{tape.label(step.output)}, in {place}) is the first to make a NaN or infinity from "
        f"finite numbers{code}. A smaller learning rate usually helps; so does a loss that takes "
        f"logits"
    )
