"""Train a set-up, with a doctor beside it or without."""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from whygrad.clinic import program
from whygrad.clinic.case import Setup
from whygrad.clinic.messages import ClinicCourse, numbers
from whygrad.clinic.progress import Progress, ignore
from whygrad.doctor import Doctor, Report
from whygrad.doctor.finding import Finding
from whygrad.doctor.torch_typed import forked_generator


class TrainingRun:
    """One training run of a set-up.

    Its numbers depend on the set-up and the seed alone: first weights and dropout are drawn from a
    generator of its own, and PyTorch's global generator is left as it was.

    Args:
        setup: what is trained.
        seed: of the rows, the first weights and the order.
        watched: whether a doctor stands beside it.
        progress: is called after each epoch.

    Attributes:
        losses: of each batch, where no doctor keeps them.
        validation_losses: after each epoch, as its author computes it.
        scores: on validation rows after each epoch.
        epochs: the last iteration of each epoch.
        early: the doctor's findings at the moments that `train` was asked for.
    """

    def __init__(self, setup: Setup, seed: int, watched: bool, progress: Progress = ignore) -> None:
        self.setup, self.data, self._progress = setup, setup.data(seed), progress
        self.score_name = program.score_name(setup)
        self.losses: list[float] = []
        self.validation_losses: list[float] = []
        self.scores: list[float] = []
        self.epochs: list[int] = []
        self.early: list[tuple[float, tuple[Finding, ...]]] = []
        self.iterations = 0
        self._moments: list[float] = []
        self._generator = torch.Generator().manual_seed(seed).get_state()
        d = self.data
        self._names: dict[str, Any] = {
            "copy": copy, "np": np, "torch": torch, "nn": nn, "inf": math.inf,
            "x": d.x, "y": d.y, "xv": d.xv, "yv": d.yv, "loss_function": setup.loss,
            "make_optimizer": setup.optimizer, "make_schedule": setup.schedule,
            "after_step": self.after_step, "print": self.after_epoch,
        }  # fmt: skip
        self.doctor: Doctor | None = None
        with self.own_generator():
            self._names["model"] = setup.model()
            optimizer = "make_optimizer(model.parameters())"
            exec(program.preparation(setup, seed, optimizer), self._names)
            exec(program.score(setup, d), self._names)
            self.model: nn.Module = self._names["model"]
            self.optimizer: torch.optim.Optimizer = self._names["optimizer"]
            if watched:
                self.doctor = Doctor(
                    self.model, self.optimizer, loss=setup.loss, train=(d.x, d.y),
                    validation=(d.xv, d.yv),
                )  # fmt: skip

    def train(self, moments: Iterable[float] = ()) -> None:
        """Train to the end; keep the findings at some moments, shares of the iterations."""
        self._moments = list(moments)
        with self.own_generator():
            exec(program.loop(self.setup, self.data), self._names)

    def after_step(
        self, loss: torch.Tensor, x: torch.Tensor, y: torch.Tensor, out: torch.Tensor
    ) -> None:
        """Take note of an iteration; the program calls it."""
        self.iterations += 1
        if self.doctor is None:
            self.losses.append(float(loss.detach()))
            return
        self.doctor.step(loss, inputs=x, targets=y, outputs=out)
        total = self.setup.epochs * math.ceil(len(self.data.x) / self.setup.batch)
        if self._moments and self.iterations >= self._moments[0] * total:
            self.early.append((self._moments.pop(0), self.doctor.findings))

    def after_epoch(self, epoch: int, loss: float, score: float) -> None:
        """Take note of an epoch; the program calls it."""
        self.validation_losses.append(loss)
        self.scores.append(score)
        self.epochs.append(self.iterations)
        if self.doctor is not None:
            self.doctor.epoch(validation_loss=loss, validation_metric=score)
        self._progress((epoch + 1) / self.setup.epochs)

    def report(self) -> Report:
        """Return the doctor's report on it."""
        assert self.doctor is not None
        with self.own_generator():
            return self.doctor.report()

    def course(self) -> ClinicCourse:
        """Return how it went, as its author sees it."""
        assert self.doctor is not None
        seen = self.doctor.losses
        return ClinicCourse(
            at=tuple(at for at, _ in seen),
            losses=numbers(loss for _, loss in seen),
            epochs=tuple(self.epochs),
            validation=numbers(self.validation_losses),
            scores=numbers(self.scores),
            broke=None if self.doctor.broke is None else self.doctor.broke.step,
        )

    @contextmanager
    def own_generator(self) -> Generator[None]:
        """Draw from this run's generator, and leave the global one as it was."""
        with forked_generator():
            torch.set_rng_state(self._generator)
            try:
                yield
            finally:
                self._generator = torch.get_rng_state()


@contextmanager
def fresh_generator(seed: int) -> Generator[None]:
    """Draw from a generator with a seed, and leave PyTorch's global one as it was."""
    with forked_generator():
        torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        yield


def trained(setup: Setup, seed: int, progress: Progress = ignore) -> tuple[TrainingRun, Report]:
    """Train a set-up beside a doctor, and return the run and the doctor's report on it."""
    with one_thread():
        run = TrainingRun(setup, seed, watched=True, progress=lambda share: progress(0.7 * share))
        assert run.doctor is not None
        with run.doctor:
            run.train()
            report = run.report()
    progress(1.0)
    return run, report


@contextmanager
def one_thread() -> Generator[None]:
    """Compute with one thread: sums do not depend on the number of processors then."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
