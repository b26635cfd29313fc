# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""The doctor at the bedside: what it notes of each iteration, cheaply, and when it looks closer.

Most iterations cost a few numbers. At iterations 1, 2, 3, 6, 12, … one is audited, as long as that
stays within a share of the time the run itself takes; so what the doctor keeps grows with the
logarithm of the run, and its notes of the loss are thinned as they grow. An audit takes copies
while the run waits; what is worked out from them waits until findings are asked for.
"""

from __future__ import annotations

import copy
import math
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import nn

from whygrad.doctor.audit import Auditor
from whygrad.doctor.finding import Finding
from whygrad.doctor.losses import broadcasts, function, recognise, stable
from whygrad.doctor.places import caller
from whygrad.doctor.report import Report
from whygrad.doctor.signals import Audit, BadOp, Break, Probe
from whygrad.doctor.twin import DROPOUTS, NORMS, FirstBad, Twin

Tensor = torch.Tensor
SHARE = 0.03  # of the run's time, for looking closer
UNSETTLED = 3  # audits whose copies are kept until findings are asked for
CANDIDATES = 4  # batches on which the loss is recognised
ALWAYS = 3  # audits that are made whatever they cost
SETTLING = 6  # iterations' time: what it takes, about, to work out what an audit's copies say
MOST_LOSSES = 2048
MOST_ROWS = 512
LIVE_ROWS = 256  # of them, where the run waits for it
FIRST_BATCHES, MOST_TARGETS = 48, 256
MOST_EPOCHS = 4096
MOST_NOTES = 20


def _safely(method: Callable[..., Any]) -> Callable[..., Any]:
    """A failure of the doctor's is a note in its report, never the run's."""

    @wraps(method)
    def call(self: Doctor, *args: Any, **kwargs: Any) -> Any:
        if self._closed:
            return None
        began = time.perf_counter()
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self._note(method.__name__, error)
            return None
        finally:
            self.spent += time.perf_counter() - began

    return call


class Doctor:
    """Watches a training run, and says what is wrong with it and why.

    Args:
        model: any module; it is never changed.
        optimizer: any optimizer, or a list of those that train it.
        loss: the loss as a function of outputs and targets; without it, known ones are recognised.
        train: (X, y): all training rows, or a part; without it, rows seen in batches are kept.
        validation: (X, y): rows that are judged on.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Any,
        *,
        loss: Callable[..., Tensor] | None = None,
        train: tuple[Any, Any] | None = None,
        validation: tuple[Any, Any] | None = None,
    ) -> None:
        self.model = _inner(model)
        self.compiled = hasattr(model, "_orig_mod")  # global hooks would make it warn
        self.outer = model
        several = isinstance(optimizer, list | tuple)
        self.optimizers: tuple[Any, ...] = tuple(optimizer) if several else (optimizer,)
        self.optimizer = self.optimizers[0]
        self.loss = loss
        self.rank = _rank()
        self.train = train if train is not None and len(train[0]) else None
        self.validation = validation if validation is not None and len(validation[0]) else None
        self.notes: list[str] = []
        self.iterations = self.steps = 0
        self.spent = self._dearest = 0.0
        self.began = time.perf_counter()
        self.sources: dict[str, str] = {}
        self.losses: list[tuple[int, float]] = []
        self._sum, self._count, self._every = 0.0, 0, 1
        self._pending: deque[tuple[int, Tensor]] = deque()
        self.loss_name, self.summed = "", False
        self.broadcast = False
        self._candidates: list[tuple[float, Tensor, Tensor]] = []
        self._unsettled: list[Auditor] = []
        self.loss_has_graph: bool | None = None
        self.loss_is_leaf = False
        self.broke: Break | None = None
        self.bad_batch: Tensor | None = None
        self.bad_op: BadOp | None = None
        self.audits: list[Audit] = []
        self.reached: set[str] = set()
        self.listened = 0  # audits in which a gradient could have arrived
        self.first_probe: Probe | None = None
        self.last_probe: Probe | None = None
        self.batches: list[Tensor] = []  # targets of the first batches
        self.seen: list[tuple[Tensor, Tensor]] = []
        self.batch: int | None = None
        self.validation_losses: list[float] = []
        self.train_modes, self.eval_modes = 0, 0
        self.steps_in_eval, self.first_step_in_eval = 0, 0
        self.lr_first = self.lr_top = _rate(self.optimizers)
        groups = [group for known in self.optimizers for group in known.param_groups]
        self.decay = max((group.get("weight_decay", 0.0) for group in groups), default=0.0)
        self.twin: Twin | None = None
        self.start: dict[str, Tensor] = {}
        self.first_state: dict[Any, Any] = {}  # the optimizer's, where the run goes on with one
        self._auditor: Auditor | None = None
        self._next = 1
        self._closed = False
        self._steps_before = 0
        self._rows_kept = 0
        self._after_step = False  # whether an iteration that follows a step was audited
        self._hooks: list[Any] = []
        self._kept: Any = None
        self._described: Any = None
        self._references: Any = None
        self._telling: Any = None
        self._begin()

    # --- what the user calls ------------------------------------------------------------------

    @_safely
    def step(self, loss: Any, inputs: Any = None, targets: Any = None, outputs: Any = None) -> None:
        """Note one iteration; call it once, after ``optimizer.step()``."""
        self.iterations += 1
        if self.iterations == 1:
            self._locate("loop")
        if isinstance(loss, Tensor):
            if self.iterations == 1:
                self.loss_has_graph = loss.grad_fn is not None
                self.loss_is_leaf = loss.requires_grad and loss.grad_fn is None
            value = loss.detach()
            if value.is_cuda:
                self._pending.append((self.iterations, value))
                if len(self._pending) >= 16:
                    self._flush(inputs, outputs, targets)
            else:
                self._log(self.iterations, float(value), inputs, outputs, targets)
        else:
            self._log(self.iterations, float(loss), inputs, outputs, targets)
        if self.iterations <= FIRST_BATCHES:
            self._keep(loss, inputs, targets, outputs)
        if self._auditor is not None:
            self._close_audit(self._auditor, inputs, targets)
        stepped, self._steps_before = self.steps > self._steps_before, self.steps
        if self.iterations + 1 >= self._next:
            self._plan(stepped)

    @_safely
    def epoch(
        self,
        validation_loss: float | None = None,
        validation_metric: float | None = None,
        train_metric: float | None = None,
    ) -> None:
        """Note an epoch's end, and what was measured there."""
        if validation_loss is not None and len(self.validation_losses) < MOST_EPOCHS:
            self.validation_losses.append(float(validation_loss))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands to be said now, from what has been seen so far; no experiment is made."""
        return self._examine(trials=False).findings

    def report(self) -> Report:
        """Examine the run, with experiments on a copy, and say what was found."""
        return self._examine(trials=True)

    def close(self) -> None:
        """Take every hook off; the doctor notes nothing more."""
        self._closed = True
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        if self._auditor is not None:
            self._auditor.close()
            self._auditor = None

    def __enter__(self) -> Doctor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what it does with that ---------------------------------------------------------------

    @_safely
    def _begin(self) -> None:
        self._hooks = [o.register_step_pre_hook(self._before_step) for o in self.optimizers]
        self.start = _state(self.model, clone=True)
        self.first_state = copy.deepcopy(self.optimizer.state_dict()["state"])
        self.twin = Twin(self.model)
        moody = any(isinstance(m, DROPOUTS + NORMS) for m in self.model.modules())
        if moody and not self.compiled:  # a hook in the module itself would be pickled with it
            self._hooks.append(_listen_everywhere(self))
        self._audit(stepped=True)

    def _before_forward(self, module: Any, args: Any) -> None:
        if module is self.model and not torch.is_grad_enabled():
            if module.training:
                if not self.train_modes:
                    self._locate("validation")
                self.train_modes += 1
            else:
                self.eval_modes += 1

    def _before_step(self, *_: Any) -> None:
        self.steps += 1
        if self.steps == 1:
            self._locate("step")
        if not self.model.training:
            self.steps_in_eval += 1
            self.first_step_in_eval = self.first_step_in_eval or self.steps
        self.lr_top = max(self.lr_top, _rate(self.optimizers))
        if self._auditor is not None:
            try:
                self._auditor.used()
            except Exception as error:
                self._note("audit", error)

    def _audit(self, stepped: bool) -> None:
        first = self.iterations == 0
        parameters = dict(self.model.named_parameters())
        self._auditor = Auditor(parameters, stepped, self.start if first else None)
        self._buffers = (
            {} if first else {n: b.detach().clone() for n, b in self.model.named_buffers()}
        )

    def _locate(self, part: str) -> None:
        """Remember the line of the user's program that did this first."""
        self.sources.setdefault(part, caller())

    def _plan(self, stepped: bool) -> None:
        """Decide whether the coming iteration is looked at closely."""
        coming = self.iterations + 1
        if not stepped and self.steps and coming > ALWAYS:
            return  # gradients are being added up: whether they were set to zero is seen after it
        elapsed = time.perf_counter() - self.began
        needed = self.listened < ALWAYS or (stepped and not self._after_step)
        cost = self._dearest
        if len(self._unsettled) >= UNSETTLED:  # one more, and the oldest must be worked out
            cost += SETTLING * elapsed / max(self.iterations, 1)
        if needed or self.spent + cost < SHARE * elapsed:
            self._after_step = self._after_step or stepped
            began = time.perf_counter()
            self._audit(stepped)
            self._dearest = max(self._dearest, time.perf_counter() - began)
        self._next = 2 * coming if coming >= ALWAYS else coming + 1

    def _close_audit(self, auditor: Auditor, inputs: Any, targets: Any) -> None:
        began = time.perf_counter()
        self._auditor = None
        usable = isinstance(inputs, Tensor) and isinstance(targets, Tensor) and self.broke is None
        rows = (inputs.detach().clone(), targets.detach().clone()) if usable else (None, None)
        auditor.end(self.iterations, *rows, self._buffers)
        self.listened += 1
        self.reached |= auditor.reached
        self.sources.setdefault("backward", auditor.line)
        self._unsettled.append(auditor)
        if len(self._unsettled) > UNSETTLED:
            self._settle(self._unsettled.pop(0))
        self._dearest = max(self._dearest, time.perf_counter() - began)

    def _settle(self, auditor: Auditor) -> None:
        """Work out what an audit's copies say."""
        self._recognise()
        loss, twin, true = self.loss_function(), self.twin, None
        usable = auditor.inputs is not None and loss is not None
        if usable and loss is not None and twin is not None:
            twin.take({**self.start, **auditor.before, **auditor.buffers})
            true = twin.gradient(auditor.inputs, auditor.targets, loss)
        self.audits.append(auditor.result(true, self.decay))
        if self.first_probe is None and usable and loss is not None and twin is not None:
            x, y = (rows[:LIVE_ROWS] for rows in self.probe_rows(auditor.inputs, auditor.targets))
            twin.take(self.start)
            self.first_probe = twin.probe(x, y, loss, 1)

    def _recognise(self) -> None:
        """Find the loss's name from the first batches' outputs and targets."""
        while self._candidates and not self.loss_name:
            number, outputs, targets = self._candidates.pop(0)
            if math.isfinite(number):
                self.broadcast = self.broadcast or broadcasts(number, outputs, targets)
            self.loss_name, self.summed = recognise(number, outputs, targets, self.loss)

    def _keep(self, loss: Any, inputs: Any, targets: Any, outputs: Any) -> None:
        """Keep something of the first batches: rows to examine, and the order of the labels."""
        if isinstance(targets, Tensor):
            few = targets.ndim == 1 and len(targets) <= MOST_TARGETS
            told = targets if few else targets.flatten()[:MOST_TARGETS]
            self.batches.append(told.detach().clone())
            self.batch = max(self.batch or 0, len(targets))
            rows = self._rows_kept < MOST_ROWS and self.train is None
            if rows and isinstance(inputs, Tensor):
                self.seen.append((inputs.detach().clone(), targets.detach().clone()))
                self._rows_kept += len(targets)
            if isinstance(outputs, Tensor) and self.iterations <= CANDIDATES:
                number = float(loss.detach() if isinstance(loss, Tensor) else loss)
                copies = (outputs.detach().clone(), targets.detach().clone())
                self._candidates.append((number, *copies))

    def _flush(self, inputs: Any, outputs: Any, targets: Any) -> None:
        while self._pending:
            step, value = self._pending.popleft()
            self._log(step, float(value), inputs, outputs, targets)

    def _log(self, step: int, loss: float, inputs: Any, outputs: Any, targets: Any) -> None:
        if not math.isfinite(loss):
            if self.broke is None:
                self._broken(step, inputs, outputs, targets)
            return
        self._sum += loss
        self._count += 1
        if self._count >= self._every:
            self.losses.append((step, self._sum / self._count))
            self._sum, self._count = 0.0, 0
            if len(self.losses) >= MOST_LOSSES:
                pairs = zip(self.losses[::2], self.losses[1::2], strict=True)
                self.losses = [(b[0], (a[1] + b[1]) / 2) for a, b in pairs]
                self._every *= 2

    def _broken(self, step: int, inputs: Any, outputs: Any, targets: Any) -> None:
        known = [abs(value) for _, value in self.losses]
        growth = max(known) / max(known[0], 1e-12) if known else 1.0
        largest, proper = None, None
        if isinstance(outputs, Tensor):
            out = outputs.detach()
            largest = float(out.abs().max())
            if isinstance(targets, Tensor) and bool(torch.isfinite(out).all()):
                proper = stable(out, targets)
        if isinstance(inputs, Tensor):
            self.bad_batch = inputs.detach()[:LIVE_ROWS].clone()
        if self.loss is not None and _finite(outputs) and _finite(inputs):
            with torch.no_grad(), FirstBad() as ear:
                self.loss(outputs.detach(), targets)
            self.bad_op = ear.found
        self.broke = Break(step, _finite(inputs), _finite(outputs), largest, growth, proper)

    def loss_function(self) -> Callable[..., Tensor] | None:
        """Return the loss to experiment with: the user's, or the one recognised."""
        return self.loss if self.loss is not None else function(self.loss_name, self.summed)

    def probe_rows(self, inputs: Any = None, targets: Any = None) -> tuple[Tensor, Tensor]:
        """Return the rows to probe with: an even part of the training rows."""
        device = next((p.device for p in self.model.parameters()), torch.device("cpu"))
        if self._kept is None:
            if self.train is not None:
                x, y = (torch.as_tensor(a) for a in self.train)
                keep = torch.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).long()
                self._kept = x[keep], y[keep]
            elif self.seen:
                x, y = (torch.cat(parts)[:MOST_ROWS] for parts in zip(*self.seen, strict=True))
                if (
                    sum(len(b) for _, b in self.seen) < MOST_ROWS
                    and self.iterations < FIRST_BATCHES
                ):
                    return x.to(device), y.to(device)
                self._kept = x, y
            else:
                return inputs, targets
        x, y = self._kept
        return x.to(device), y.to(device)

    def _note(self, where: str, error: Exception) -> None:
        if len(self.notes) < MOST_NOTES:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
            self.notes.append(f"{where.strip('_')}: {type(error).__name__}: {error} ({place})")

    def _examine(self, trials: bool) -> Report:
        from whygrad.doctor.examine import examine

        if self.rank:
            note = f"this is rank {self.rank} of a distributed run; rank 0 reports"
            return Report((), (*self.notes, note), self.iterations, certain=False)
        try:
            self._flush(None, None, None)
            self._recognise()
            while self._unsettled:
                self._settle(self._unsettled.pop(0))
            return examine(self, trials)
        except Exception as error:
            self._note("examine", error)
            return Report((), tuple(self.notes), self.iterations, certain=False)


def _listen_everywhere(doctor: Doctor) -> Any:
    """Hear every module's call, for as long as the doctor lives and is not closed."""
    held = weakref.ref(doctor)

    def hear(module: Any, args: Any) -> None:
        alive = held()
        if alive is not None:
            alive._before_forward(module, args)

    hook = nn.modules.module.register_module_forward_pre_hook(hear)
    weakref.finalize(doctor, hook.remove)
    return hook


def _inner(model: nn.Module) -> nn.Module:
    """Return the module inside what wraps it: a compiled or a distributed one."""
    model = getattr(model, "_orig_mod", model)
    if isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel):
        model = model.module
    return model


def _rank() -> int:
    """Return which of several processes this is, 0 where there is one."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return 0


def _state(model: nn.Module, clone: bool = False) -> dict[str, Tensor]:
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {n: t.detach().clone() if clone else t.detach() for n, t in tensors.items()}


def _rate(optimizers: tuple[Any, ...]) -> float:
    return max((float(g["lr"]) for known in optimizers for g in known.param_groups), default=0.0)


def _finite(tensor: Any) -> bool | None:
    if not isinstance(tensor, Tensor):
        return None
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
