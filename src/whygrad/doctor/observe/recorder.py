"""Records a training run while it goes on: losses, first rows, calls, and audits of iterations.

Most iterations cost a few numbers. Some are audited (``schedule`` says which); an audit takes
copies, and its numbers are computed later: when findings are asked for, or when more than
``UNSETTLED`` audits wait. So what is kept grows with the logarithm of the run's length.
"""

from __future__ import annotations

import copy
import math
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any, Self, cast

import torch
from torch import nn

from whygrad.doctor.measurements import Audit, BadOp, Break, Probe
from whygrad.doctor.observe.audit import Auditor
from whygrad.doctor.observe.generators import generators_restored
from whygrad.doctor.observe.loss_log import LossLog
from whygrad.doctor.observe.losses import broadcasts, loss_named, recognise, stable
from whygrad.doctor.observe.schedule import AuditSchedule
from whygrad.doctor.observe.shadow import DROPOUTS, NORMS, FirstBad, ShadowModel, state_of
from whygrad.doctor.observe.source import source_line

Tensor = torch.Tensor
UNSETTLED = 3  # audits whose copies are kept until findings are asked for
CANDIDATES = 4  # batches on which the loss is recognised
PENDING = 16  # losses that stay on the GPU until they are read together
MOST_ROWS = 512
LIVE_ROWS = 256  # of them, where the run waits for it
FIRST_BATCHES, MOST_TARGETS = 48, 256
MOST_EPOCHS = 4096
MOST_NOTES = 20


def _noted(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a failure of the recorder's into a note, so that the run goes on."""

    @wraps(method)
    def call(self: Recorder, *args: Any, **kwargs: Any) -> Any:
        if self.closed:
            return None
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.note(method.__name__, error)
            return None

    return call


class Recorder:
    """Records a training run; ``Doctor`` describes the arguments.

    Attributes:
        iterations: how many were noted.
        steps: how often an optimizer stepped.
        notes: what failed in the recorder.
        sources: lines of the user's program, by what happens there.
        audits: what the audits say, as far as it has been computed.
        reached: names of the parameters that a gradient reached in an audit.
        start: parameters and buffers as the run began with them.
        first_state: the optimizer's state then, where the run goes on with one.
        batches: targets of the first batches.
        seen: rows of the first batches, where no training rows were given.
        cached: what measuring computed once for all reads.
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
        self.optimizers: tuple[Any, ...] = (
            tuple(cast("Any", optimizer)) if several else (optimizer,)
        )
        self.optimizer = self.optimizers[0]
        self.loss = loss
        self.rank = _rank()
        self.train = train if train is not None and len(train[0]) else None
        self.validation = validation if validation is not None and len(validation[0]) else None
        self.closed = False
        self.notes: list[str] = []
        self.iterations = self.steps = 0
        self.sources: dict[str, str] = {}
        self.loss_log = LossLog()
        self.loss_name, self.summed, self.broadcast = "", False, False
        self.loss_has_graph: bool | None = None
        self.loss_is_leaf = False
        self.broke: Break | None = None
        self.bad_batch: Tensor | None = None
        self.bad_op: BadOp | None = None
        self.schedule = AuditSchedule()
        self.audits: list[Audit] = []
        self.reached: set[str] = set()
        self.first_probe: Probe | None = None
        self.batches: list[Tensor] = []
        self.seen: list[tuple[Tensor, Tensor]] = []
        self.batch: int | None = None
        self.validation_losses: list[float] = []
        self.train_modes, self.eval_modes = 0, 0
        self.steps_in_eval, self.first_step_in_eval = 0, 0
        self.lr_first = self.lr_top = _rate(self.optimizers)
        groups = [group for known in self.optimizers for group in known.param_groups]
        self.decay = max((group.get("weight_decay", 0.0) for group in groups), default=0.0)
        self.shadow: ShadowModel | None = None
        self.start: dict[str, Tensor] = {}
        self.first_state: dict[Any, Any] = {}
        self.cached: dict[str, Any] = {}
        self._pending: deque[tuple[int, Tensor]] = deque()
        self._candidates: list[tuple[float, Tensor, Tensor]] = []
        self._unsettled: list[Auditor] = []
        self._auditor: Auditor | None = None
        self._buffers: dict[str, Tensor] = {}
        self._steps_before = 0
        self._rows_kept = 0
        self._hooks: list[Any] = []
        self._begin()

    @property
    def losses(self) -> list[tuple[int, float]]:
        """(iteration, mean loss since the point before), at most 2048 points."""
        return self.loss_log.points

    # --- what the loop calls ------------------------------------------------------------------

    @_noted
    def step(self, loss: Any, inputs: Any = None, targets: Any = None, outputs: Any = None) -> None:
        """Note one iteration; call it once, after ``optimizer.step()``.

        Args:
            loss: the loss, a scalar tensor or a number.
            inputs: what the model was given, shape (rows, …).
            targets: what the loss compared its outputs with, shape (rows, …).
            outputs: what the model gave, shape (rows, …).
        """
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
                if len(self._pending) >= PENDING:
                    self._read_pending(inputs, outputs, targets)
            else:
                self._log(self.iterations, float(value), inputs, outputs, targets)
        else:
            self._log(self.iterations, float(loss), inputs, outputs, targets)
        if self.iterations <= FIRST_BATCHES:
            self._keep(loss, inputs, targets, outputs)
        if self._auditor is not None:
            self._end_audit(self._auditor, inputs, targets)
        stepped, self._steps_before = self.steps > self._steps_before, self.steps
        if self.schedule.begins(self.iterations + 1, stepped, self.steps > 0):
            self._begin_audit(stepped)

    @_noted
    def epoch(
        self,
        validation_loss: float | None = None,
        validation_metric: float | None = None,
        train_metric: float | None = None,
    ) -> None:
        """Note an epoch's end, and what was measured there."""
        if validation_loss is not None and len(self.validation_losses) < MOST_EPOCHS:
            self.validation_losses.append(float(validation_loss))

    def close(self) -> None:
        """Remove every hook; nothing more is noted."""
        self.closed = True
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        if self._auditor is not None:
            self._auditor.close()
            self._auditor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what reads it ------------------------------------------------------------------------

    def settle(self) -> None:
        """Read the losses that are still on the GPU, and compute what all audits say."""
        self._read_pending(None, None, None)
        self._recognise()
        while self._unsettled:
            self._settle(self._unsettled.pop(0))

    def loss_function(self) -> Callable[..., Tensor] | None:
        """Return the loss to experiment with: the user's, or the one recognised."""
        return self.loss if self.loss is not None else loss_named(self.loss_name, self.summed)

    def state(self) -> dict[str, Tensor]:
        """Return the model's parameters and buffers as they are now, detached and not copied."""
        return state_of(self.model)

    def probe_rows(self, inputs: Any = None, targets: Any = None) -> tuple[Tensor, Tensor]:
        """Return the rows to probe with: an even part of the training rows."""
        device = next((p.device for p in self.model.parameters()), torch.device("cpu"))
        rows = self.cached.get("rows")
        if rows is None:
            if self.train is not None:
                x, y = (torch.as_tensor(a) for a in self.train)
                keep = torch.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).long()
                rows = self.cached["rows"] = x[keep], y[keep]
            elif self.seen:
                x, y = (torch.cat(parts)[:MOST_ROWS] for parts in zip(*self.seen, strict=True))
                rows = x, y
                all_seen = sum(len(b) for _, b in self.seen) >= MOST_ROWS
                if all_seen or self.iterations >= FIRST_BATCHES:
                    self.cached["rows"] = rows
            else:
                return inputs, targets
        x, y = rows
        return x.to(device), y.to(device)

    def note(self, where: str, error: Exception) -> None:
        """Note what failed, and where."""
        if len(self.notes) < MOST_NOTES:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
            self.notes.append(
                f"the doctor's own {where.strip('_')} failed, and what it would have shown is not "
                f"in this report: {error} ({type(error).__name__}, {place})"
            )

    # --- hooks --------------------------------------------------------------------------------

    @_noted
    def _begin(self) -> None:
        self._hooks = [o.register_step_pre_hook(self._before_step) for o in self.optimizers]
        self.start = {name: tensor.clone() for name, tensor in self.state().items()}
        self.first_state = copy.deepcopy(self.optimizer.state_dict()["state"])
        self.shadow = ShadowModel(self.model)
        has_train_mode = any(isinstance(m, DROPOUTS + NORMS) for m in self.model.modules())
        if has_train_mode and not self.compiled:  # a hook in the module would be pickled with it
            self._hooks.append(_hook_every_forward(self))
        self._begin_audit(stepped=True)

    def before_forward(self, module: Any) -> None:
        """Note that a module is called; only the model's calls without gradients count."""
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
                self.note("audit", error)

    def _locate(self, part: str) -> None:
        """Remember the line of the user's program that did this first."""
        self.sources.setdefault(part, source_line())

    # --- audits -------------------------------------------------------------------------------

    def _begin_audit(self, stepped: bool) -> None:
        first = self.iterations == 0
        parameters = dict(self.model.named_parameters())
        self._auditor = Auditor(parameters, stepped, self.start if first else None)
        self._buffers = (
            {} if first else {n: b.detach().clone() for n, b in self.model.named_buffers()}
        )

    def _end_audit(self, auditor: Auditor, inputs: Any, targets: Any) -> None:
        self._auditor = None
        usable = isinstance(inputs, Tensor) and isinstance(targets, Tensor) and self.broke is None
        rows = (inputs.detach().clone(), targets.detach().clone()) if usable else (None, None)
        auditor.end(self.iterations, *rows, self._buffers)
        self.schedule.audits += 1
        self.reached |= auditor.reached
        self.sources.setdefault("backward", auditor.line)
        self._unsettled.append(auditor)
        if len(self._unsettled) > UNSETTLED:
            self._settle(self._unsettled.pop(0))

    def _settle(self, auditor: Auditor) -> None:
        """Compute what an audit's copies say."""
        self._recognise()
        loss, shadow = self.loss_function(), self.shadow
        if auditor.inputs is None or loss is None or shadow is None:
            self.audits.append(auditor.result(None, self.decay))
            return
        with generators_restored():
            shadow.load({**self.start, **auditor.before, **auditor.buffers})
            true = shadow.gradient(auditor.inputs, auditor.targets, loss)
            self.audits.append(auditor.result(true, self.decay))
            if self.first_probe is None:
                rows = self.probe_rows(auditor.inputs, auditor.targets)
                x, y = (part[:LIVE_ROWS] for part in rows)
                shadow.load(self.start)
                self.first_probe = shadow.probe(x, y, loss, 1)

    # --- losses and rows ----------------------------------------------------------------------

    def _recognise(self) -> None:
        """Find the loss's name from the first batches' outputs and targets."""
        while self._candidates and not self.loss_name:
            number, outputs, targets = self._candidates.pop(0)
            if math.isfinite(number):
                self.broadcast = self.broadcast or broadcasts(number, outputs, targets)
            self.loss_name, self.summed = recognise(number, outputs, targets, self.loss)

    def _keep(self, loss: Any, inputs: Any, targets: Any, outputs: Any) -> None:
        """Keep something of the first batches: rows to examine, and the order of the labels."""
        if not isinstance(targets, Tensor):
            return
        few = targets.ndim == 1 and len(targets) <= MOST_TARGETS
        kept = targets if few else targets.flatten()[:MOST_TARGETS]
        self.batches.append(kept.detach().clone())
        self.batch = max(self.batch or 0, len(targets))
        wanted = self._rows_kept < MOST_ROWS and self.train is None
        if wanted and isinstance(inputs, Tensor):
            self.seen.append((inputs.detach().clone(), targets.detach().clone()))
            self._rows_kept += len(targets)
        if isinstance(outputs, Tensor) and self.iterations <= CANDIDATES:
            number = float(loss.detach() if isinstance(loss, Tensor) else loss)
            copies = (outputs.detach().clone(), targets.detach().clone())
            self._candidates.append((number, *copies))

    def _read_pending(self, inputs: Any, outputs: Any, targets: Any) -> None:
        while self._pending:
            step, value = self._pending.popleft()
            self._log(step, float(value), inputs, outputs, targets)

    def _log(self, step: int, loss: float, inputs: Any, outputs: Any, targets: Any) -> None:
        if math.isfinite(loss):
            self.loss_log.add(step, loss)
        elif self.broke is None:
            self._note_break(step, inputs, outputs, targets)

    def _note_break(self, step: int, inputs: Any, outputs: Any, targets: Any) -> None:
        """Note what is known of the first loss that is not finite."""
        largest, proper = None, None
        if isinstance(outputs, Tensor):
            out = outputs.detach()
            largest = float(out.abs().max())
            if isinstance(targets, Tensor) and bool(torch.isfinite(out).all()):
                proper = stable(out, targets)
        if isinstance(inputs, Tensor):
            self.bad_batch = inputs.detach()[:LIVE_ROWS].clone()
        if self.loss is not None and _finite(outputs) and _finite(inputs):
            with generators_restored(), torch.no_grad(), FirstBad() as recorder:
                self.loss(outputs.detach(), targets)
            self.bad_op = recorder.found
        growth = self.loss_log.growth
        self.broke = Break(step, _finite(inputs), _finite(outputs), largest, growth, proper)


def _hook_every_forward(recorder: Recorder) -> Any:
    """Hook every module's call, for as long as the recorder lives and is not closed."""
    held = weakref.ref(recorder)

    def before(module: Any, args: Any) -> None:
        alive = held()
        if alive is not None:
            alive.before_forward(module)

    hook = nn.modules.module.register_module_forward_pre_hook(before)
    weakref.finalize(recorder, hook.remove)
    return hook


def _inner(model: nn.Module) -> nn.Module:
    """Return the module inside what wraps it: a compiled or a distributed one."""
    model = getattr(model, "_orig_mod", model)
    if isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel):
        return cast("Any", model).module
    return model


def _rank() -> int:
    """Return which of several processes this is, 0 where there is one."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return 0


def _rate(optimizers: tuple[Any, ...]) -> float:
    return max((float(g["lr"]) for known in optimizers for g in known.param_groups), default=0.0)


def _finite(tensor: Any) -> bool | None:
    if not isinstance(tensor, Tensor):
        return None
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
