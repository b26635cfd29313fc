# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Train a case, with a doctor beside it or without."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import nn

from whygrad.clinic.cases import Setup
from whygrad.doctor import Doctor
from whygrad.doctor.finding import Finding


def metric(setup: Setup, out: torch.Tensor, y: torch.Tensor) -> float:
    """Return what the run's author would look at."""
    if setup.metric == "r2":
        return float(1 - ((out - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())
    if setup.metric == "rounded":
        return float((out.round() == y).float().mean())
    if y.is_floating_point():
        cut = 0.5 if isinstance(setup.loss, nn.BCELoss | nn.L1Loss) else 0.0
        return float(((out > cut) == (y > 0.5)).float().mean())
    return float((out.argmax(1) == y).float().mean())


class Run:
    """One training run, with a doctor or without."""

    def __init__(self, setup: Setup, seed: int, watched: bool) -> None:
        self.setup, self.data = setup, setup.data(seed)
        torch.manual_seed(seed)
        self.model = setup.model()
        parameters: Iterable[Any] = self.model.parameters()
        if setup.wrong == "head_only":
            parameters = self.model[-1].parameters()  # type: ignore[index]
        self.optimizer = setup.optimizer(parameters)
        if setup.wrong == "old_model":
            self.model = copy.deepcopy(self.model)
        self.schedule = setup.schedule(self.optimizer, setup.epochs) if setup.schedule else None
        self.order = np.random.default_rng(seed)
        self.doctor: Doctor | None = None
        d = self.data
        if watched:
            self.doctor = Doctor(
                self.model, self.optimizer, loss=setup.loss, train=(d.x, d.y),
                validation=(d.xv, d.yv),
            )  # fmt: skip
        self.judged = self.judged_loss = float("nan")
        self.judged_losses: list[float] = []
        self.since: list[tuple[float, tuple[Finding, ...]]] = []
        self.losses: list[float] = []

    def play(self, moments: Iterable[float] = ()) -> None:
        """Train; read the findings at some moments."""
        setup, d = self.setup, self.data
        batches = -(-len(d.x) // setup.batch)
        total, wanted = batches * setup.epochs, list(moments)
        done = 0
        for _ in range(setup.epochs):
            self.model.train()
            rows = np.arange(len(d.x))
            if setup.wrong != "in_order":
                self.order.shuffle(rows)
            for n in range(batches):
                take = torch.from_numpy(rows[n * setup.batch : (n + 1) * setup.batch])
                if len(take) < 2 and setup.batch > 1:
                    continue  # batch normalisation needs two
                self.iterate(d.x[take], d.y[take])
                done += 1
                if self.doctor is not None and wanted and done >= wanted[0] * total:
                    self.since.append((wanted.pop(0), self.doctor.findings))
            self.judge()
            if self.schedule is not None:
                self.schedule.step()

    def iterate(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Play one iteration, as its author wrote it."""
        setup, wrong = self.setup, self.setup.wrong
        if wrong != "no_zero_grad":
            self.optimizer.zero_grad()
        out = self.model(x)
        loss = setup.loss(out, y)
        if wrong == "item":
            loss = torch.tensor(loss.item(), requires_grad=True)
        (-loss if wrong == "negated" else loss).backward()
        if setup.clip is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), setup.clip)
        if wrong != "no_step":
            self.optimizer.step()
        if self.doctor is not None:
            self.doctor.step(loss, inputs=x, targets=y, outputs=out)
        else:
            self.losses.append(float(loss.detach()))

    @torch.no_grad()
    def judge(self) -> None:
        """Judge on validation rows, as the author does."""
        setup, d = self.setup, self.data
        if setup.wrong != "train_mode":
            self.model.eval()
        size = {"train_mode": 2, "judged_one": 1}.get(setup.wrong, len(d.xv))
        parts = [part for part in d.xv.split(size) if len(part) > 1 or size != 2]
        out = torch.cat([self.model(part) for part in parts])
        y = d.yv[: len(out)]
        self.judged, self.judged_loss = metric(setup, out, y), float(setup.loss(out, y))
        self.judged_losses.append(self.judged_loss)
        if self.doctor is not None:
            self.doctor.epoch(validation_loss=self.judged_loss, validation_metric=self.judged)
