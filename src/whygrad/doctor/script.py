# pyright: basic
# It stands in for functions of PyTorch, private ones too, whose own annotations are open.
"""Runs somebody's training script with a doctor attached by itself.

The script is run as it is, in this process. What is traced while it runs: which modules are called
from outside, with gradients on and off, with what inputs and outputs; which loss functions are
called; on what backward is called; and when an optimizer steps. The script's own names and files
are untouched, and everything is put back at the end.

PyTorch is patched for the whole process, so the tracer knows its threads: the one the script runs
in and those that it starts. What any other thread does is not the script's. Of the script's threads
the first that calls backward, or steps an optimizer, is the one that trains; only that one is then
traced.
"""

from __future__ import annotations

import inspect
import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode, _get_current_function_mode

from whygrad.doctor.doctor import Doctor
from whygrad.doctor.finding import Finding
from whygrad.doctor.observe.losses import BY_FUNCTION, broadcasts, recognise
from whygrad.doctor.observe.recorder import FIRST_BATCHES, MOST_ROWS
from whygrad.doctor.observe.source import source_line
from whygrad.doctor.report import Report
from whygrad.errors import WhygradError

Tensor = torch.Tensor
Progress = Callable[[int, float, tuple[Finding, ...]], None]
FIRST_LOOK = 8  # iterations, after which findings are first read
LOOK_ROWS = 4096  # rows that reading the findings passes through the network, about
LOOK_SHARE = 0.05  # of the rows trained on, that reading findings may take while the script runs
SHOWN_EVERY = 0.2  # seconds between two lines of progress
MOST_KNOWN = 20_000  # training rows that are recognised when they are validated on
MOST_CALLS = 8  # of an iteration
COLUMNS = 32  # of a row, by which it is recognised
OURS = 0.9  # of a batch's rows are training rows: it is no validation


class Call(NamedTuple):
    """A call of a model from outside."""

    model: nn.Module
    inputs: Any
    outputs: Any
    thread: threading.Thread


class LossCall(NamedTuple):
    """A call of one of PyTorch's loss functions."""

    function: Any
    outputs: Tensor
    targets: Tensor
    value: Tensor
    thread: threading.Thread


class ComparedTensors(TorchFunctionMode):
    """Collects the tensors with which a loss computed by hand compares the outputs."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.rows = len(call.outputs)
        self.inputs = call.inputs
        self.tensors: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        flat = [part for a in args for part in (a if isinstance(a, tuple | list) else (a,))]
        for part in flat:
            if isinstance(part, Tensor) and not part.requires_grad and part.ndim:
                known = part is self.inputs or any(part is other for other in self.tensors)
                if len(part) == self.rows and not known:
                    self.tensors.append(part)
        return func(*args, **(kwargs or {}))

    def targets(self, loss: float, outputs: Tensor) -> Tensor | None:
        """Return what gives this loss with the outputs, or else the only thing there was."""
        for tensor in self.tensors:
            if recognise(loss, outputs, tensor)[0] or broadcasts(loss, outputs, tensor):
                return tensor
        return self.tensors[0] if len(self.tensors) == 1 else None


class ScriptTracer:
    """Finds the model, the loss, the rows and the loop from what is called."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.perf_counter) -> None:
        self.progress, self.clock = progress, clock
        self.doctor: Doctor | None = None
        self.busy = False  # the doctor is at work: what it calls is not the script's
        self.threads = WeakSet([threading.current_thread()])  # the script's own
        self.trains: threading.Thread | None = None  # the one of them that trains
        self.nested = threading.local()  # of the thread: whether a module calls this one
        self.models: list[nn.Module] = []  # called from outside with gradients on
        self.optimizers: list[Any] = []
        self.made: WeakKeyDictionary[Any, str] = WeakKeyDictionary()  # on what line
        self.calls: list[Call] = []  # of this iteration
        self.loss_calls: list[LossCall] = []
        self.loss: Any = None  # what backward was called on, or what it was before it was scaled
        self.unscaled: Any = None
        self.compared_with: ComparedTensors | None = None
        self.computes_loss_itself = False
        self.validated: Call | None = None
        self.validation_rows: list[tuple[Tensor, Tensor]] = []
        self.validation_losses: list[tuple[float, int]] = []
        self.known: set[bytes] = set()
        self.findings: tuple[Finding, ...] = ()
        self.shown = clock()
        self.looks = 0  # how often findings were read

    # --- whose call it is ------------------------------------------------------------------------

    def is_traced(self) -> bool:
        """Whether what this thread does now is the traced training's."""
        here = threading.current_thread()
        return not self.busy and here in self.threads and self.trains in (None, here)

    def outermost(self) -> bool:
        """Whether no module's call is going on in this thread."""
        return not getattr(self.nested, "calls", False)

    def follow(self) -> None:
        """This thread trains: from now on only it is traced, and what others did is forgotten."""
        if self.trains is None:
            self.trains = here = threading.current_thread()
            self.calls = [call for call in self.calls if call.thread is here]
            self.loss_calls = [call for call in self.loss_calls if call.thread is here]
            self.models = [m for m in self.models if any(m is c.model for c in self.calls)]

    # --- while the script runs -------------------------------------------------------------------

    def trained(self, call: Call) -> None:
        """A model was called with gradients on."""
        self.validated = None
        if self.validation_rows or self.validation_losses:
            self.close_pass()
        if not any(call.model is model for model in self.models):
            self.models.append(call.model)
        self.calls = [*self.calls[-MOST_CALLS:], call]
        doctor = self.doctor
        if self.computes_loss_itself and doctor is not None and doctor.iterations < FIRST_BATCHES:
            self.stop_listening()
            if call.model is doctor.model and isinstance(call.outputs, Tensor):
                self.compared_with = ComparedTensors(call)
                self.compared_with.__enter__()

    def stop_listening(self) -> None:
        """Stop listening to a loss computed by hand."""
        if self.compared_with is not None and _get_current_function_mode() is self.compared_with:
            self.compared_with.__exit__(None, None, None)

    def compared(self, function: Any, outputs: Any, targets: Any, value: Any) -> None:
        """Outputs were compared with targets: by a loss, or by counting how many are right."""
        if not (isinstance(outputs, Tensor) and isinstance(targets, Tensor)):
            return
        if torch.is_grad_enabled() and self.validated is None:
            if function is not None:
                here = LossCall(function, outputs, targets, value, threading.current_thread())
                self.loss_calls = [*self.loss_calls[-MOST_CALLS:], here]
            return
        if (
            self.validated is None
            or not targets.ndim
            or len(targets) != len(self.validated.outputs)
        ):
            return
        rows = self.validated.inputs
        if self.is_training(rows):
            return
        if function is not None and value.ndim == 0:
            self.validation_losses.append((float(value.detach()), len(rows)))
        last = self.validation_rows[-1][0] if self.validation_rows else None
        if last is not rows and sum(len(y) for _, y in self.validation_rows) < MOST_ROWS:
            self.validation_rows.append((rows, targets))

    def backward(self, loss: Tensor) -> None:
        """Backward is about to be called."""
        self.follow()
        # A loop without steps still has iterations: the one before ends where this one begins.
        self.stop_listening()
        self.iterated()
        if self.validated is not None and not self.calls:  # it is trained in evaluation mode
            self.calls, self.validated = [self.validated], None
            self.validation_rows, self.validation_losses = [], []
        scaled = self.unscaled is not None
        self.loss, self.unscaled = (self.unscaled if scaled else loss), None
        if self.doctor is None:
            self.attach()

    def attach(self) -> None:
        """Begin, with the model whose outputs the loss was made of and that is trained."""
        owned = {id(p) for o in self.optimizers for g in o.param_groups for p in g["params"]}
        able = [c for c in self.calls if any(p.requires_grad for p in c.model.parameters())]
        ours = [c for c in able if any(id(p) in owned for p in c.model.parameters())]
        if not self.optimizers or not able:
            return
        model = (ours or able)[-1].model
        parameters = {id(p) for p in model.parameters()}
        mine = [o for o in self.optimizers if self.touches(o, parameters)] or self.optimizers[:1]
        functions = [call.function for call in self.loss_calls]
        self.computes_loss_itself = not functions
        self.busy = True
        try:
            loss = functions[0] if len(functions) == 1 else None
            self.doctor = Doctor(model, mine if len(mine) > 1 else mine[0], loss=loss)
        finally:
            self.busy = False
        for name, module in self.doctor.model.named_modules():
            if self.made.get(module):
                self.doctor.sources.setdefault(name, self.made[module])
        self.doctor.sources["optimizer"] = self.made.get(mine[0], "")

    @staticmethod
    def touches(optimizer: Any, parameters: set[int]) -> bool:
        """Whether an optimizer moves any of these."""
        return any(id(p) in parameters for g in optimizer.param_groups for p in g["params"])

    def stepped(self, optimizer: Any) -> None:
        """An optimizer has stepped: an iteration has ended, of this model or of another."""
        self.follow()
        if self.loss is None and self.loss_calls:  # backward was not called
            self.loss = self.loss_calls[-1].value
        if self.doctor is None:
            self.attach()
        doctor = self.doctor
        if doctor is None or not self.touches(
            optimizer, {id(p) for p in doctor.model.parameters()}
        ):
            known = doctor is not None and optimizer in doctor.optimizers
            if not known:
                self.loss, self.calls, self.loss_calls = None, [], []
                return
        self.iterated()

    def iterated(self) -> None:
        """An iteration has ended: pass what was seen of it to the doctor."""
        doctor, loss = self.doctor, self.loss
        calls = [c for c in self.calls if doctor is not None and c.model is doctor.outer]
        if doctor is None or loss is None:
            return
        inputs = outputs = targets = None
        if len(calls) == 1 and len(self.loss_calls) < 2:
            inputs, outputs = calls[0].inputs, calls[0].outputs
            outputs = outputs if isinstance(outputs, Tensor) else None
            if self.loss_calls:
                outputs, targets = self.loss_calls[0].outputs, self.loss_calls[0].targets
            elif self.compared_with is not None and outputs is not None:
                targets = self.compared_with.targets(float(loss.detach()), outputs.detach())
        self.loss, self.calls, self.loss_calls, self.compared_with = None, [], [], None
        self.busy = True
        try:
            self.learn(inputs)
            doctor.step(loss, inputs=inputs, targets=targets, outputs=outputs)
            self.look(doctor, loss)
        finally:
            self.busy = False

    def look(self, doctor: Doctor, loss: Tensor) -> None:
        """Read the findings when the run affords it, and report progress.

        When findings are read is decided by counts; only how often a line is shown depends on the
        clock.
        """
        n, now = doctor.iterations, self.clock()
        rows_trained = n * (doctor.batch or 1)
        if n >= FIRST_LOOK and self.looks * LOOK_ROWS <= LOOK_SHARE * rows_trained:
            self.looks += 1
            self.findings = doctor.findings
        elif n > 1 and now - self.shown < SHOWN_EVERY:
            return
        self.shown = self.clock()
        self.progress(n, float(loss.detach()), self.findings)

    # --- which rows are training's, and which are validated on -----------------------------------

    def learn(self, inputs: Any) -> None:
        """Remember training rows, to know them when they are validated on."""
        if isinstance(inputs, Tensor) and inputs.ndim and len(self.known) < MOST_KNOWN:
            self.known.update(_marks(inputs))

    def is_training(self, rows: Any) -> bool:
        """Whether a batch that is validated on is (or may be) one of training rows."""
        if not isinstance(rows, Tensor) or not rows.ndim or not len(rows):
            return True
        marks = _marks(rows)
        share = sum(mark in self.known for mark in marks) / len(marks)
        return share >= (OURS if len(self.known) < MOST_KNOWN else 0.02)

    def close_pass(self) -> None:
        """A pass over validation rows is over."""
        doctor = self.doctor
        if doctor is not None:
            if self.validation_rows:
                doctor.validation = tuple(  # type: ignore[assignment]
                    torch.cat(part)[:MOST_ROWS] for part in zip(*self.validation_rows, strict=True)
                )
            if self.validation_losses:
                count = sum(n for _, n in self.validation_losses)
                doctor.epoch(validation_loss=sum(v * n for v, n in self.validation_losses) / count)
        self.validation_rows, self.validation_losses = [], []

    def notes(self) -> Iterator[str]:
        """Say what was seen and is not in the report."""
        doctor = self.doctor
        if doctor is None:
            return
        others = [m for m in self.models if m is not doctor.outer]
        if others:
            names = ", ".join(_named(m, self.made) for m in others)
            yield (
                f"more than one model was called in training; this is about "
                f"{_named(doctor.outer, self.made)}, and not about {names}"
            )


def _marks(rows: Tensor) -> list[bytes]:
    flat = rows.detach().reshape(len(rows), -1)
    take = torch.linspace(0, flat.shape[1] - 1, min(flat.shape[1], COLUMNS)).long()
    return [row.tobytes() for row in flat[:, take.to(flat.device)].cpu().float().numpy()]


def _named(module: nn.Module, made: Any) -> str:
    line = made.get(module)
    return f"{type(module).__name__} ({line})" if line else type(module).__name__


@contextmanager
def traced(tracer: ScriptTracer) -> Iterator[None]:
    """Trace calls of modules, of losses, of backward, and of optimizers."""
    call, initialise = nn.Module.__call__, nn.Module.__init__
    backward, method, equal = torch.autograd.backward, torch.Tensor.backward, torch.Tensor.__eq__
    built, scale = torch.optim.Optimizer.__init__, GradScaler.scale
    start = threading.Thread.start
    hooks: list[Any] = []

    def started(self: threading.Thread) -> None:
        if threading.current_thread() in tracer.threads:
            tracer.threads.add(self)
        start(self)

    def made(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        if tracer.is_traced():
            tracer.made[self] = source_line()

    def called(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        counts = tracer.is_traced() and tracer.outermost()
        if not counts or not any(True for _ in self.parameters()):
            return call(self, *args, **kwargs)
        tracer.nested.calls = True
        try:
            out = call(self, *args, **kwargs)
        finally:
            tracer.nested.calls = False
        if not tracer.is_traced():  # another thread began to train meanwhile
            return out
        alone = len(args) == 1 and not kwargs and isinstance(args[0], Tensor)
        seen = Call(self, args[0] if alone else None, out, threading.current_thread())
        examined = tracer.doctor is not None and self is tracer.doctor.outer
        if torch.is_grad_enabled() and (self.training or not examined):
            tracer.trained(seen)
        elif examined:
            tracer.validated = seen if isinstance(out, Tensor) and out.ndim else None
        return out

    def asking(loss: Callable[..., Any]) -> Callable[..., Any]:
        names = list(inspect.signature(loss).parameters)

        @wraps(loss)
        def ask(*args: Any, **kwargs: Any) -> Any:
            value = loss(*args, **kwargs)
            if tracer.is_traced() and tracer.outermost():
                given = {**dict(zip(names, args, strict=False)), **kwargs}
                outputs, targets = given.pop(names[0], None), given.pop(names[1], None)
                tracer.compared(partial(loss, **given), outputs, targets, value)
            return value

        return ask

    def compare(self: Tensor, other: Any) -> Any:
        value = equal(self, other)
        if tracer.validated is not None and isinstance(other, Tensor) and tracer.is_traced():
            predicted = tracer.validated.outputs.argmax(-1)
            wanted = (
                self
                if predicted.shape == other.shape and bool((predicted - other == 0).all())
                else other
            )
            tracer.compared(None, self, wanted, value)
        return value

    def scaled(self: Any, outputs: Any) -> Any:
        if tracer.is_traced():
            tracer.unscaled = outputs if isinstance(outputs, Tensor) else None
        return scale(self, outputs)

    def reversed_(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if tracer.is_traced():
            tracer.backward(tensors if isinstance(tensors, Tensor) else tensors[0])
        return backward(tensors, *args, **kwargs)

    def beginning(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if tracer.is_traced():
            tracer.stop_listening()  # the ops of backward compare nothing
        return method(self, *args, **kwargs)

    def begun(self: Any, *args: Any, **kwargs: Any) -> None:
        built(self, *args, **kwargs)
        if tracer.is_traced():
            tracer.optimizers.append(self)
            tracer.made[self] = source_line()
            hooks.append(self.register_step_post_hook(stepped))

    def stepped(optimizer: Any, *_: Any) -> None:
        if tracer.is_traced():
            tracer.stepped(optimizer)

    changes: list[tuple[Any, str, Any]] = [
        (threading.Thread, "start", started),
        (nn.Module, "__call__", called), (nn.Module, "__init__", made),
        (torch.autograd, "backward", reversed_), (torch.Tensor, "backward", beginning),
        (torch.Tensor, "__eq__", compare),
        (torch.optim.Optimizer, "__init__", begun), (GradScaler, "scale", scaled),
        *((F, name, asking(getattr(F, name))) for name in BY_FUNCTION),
    ]  # fmt: skip
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    for owner, name, new in changes:
        setattr(owner, name, new)
    try:
        yield
    finally:
        tracer.stop_listening()
        for owner, name, old in before:
            setattr(owner, name, old)
        for hook in hooks:
            hook.remove()


def run_script(path: Path, arguments: tuple[str, ...], progress: Progress) -> Report:
    """Run a script to its end and report on the training in it.

    Raises:
        WhygradError: there is no such file, or no training was seen in it.
    """
    if not path.is_file():
        raise WhygradError(f"there is no file {str(path)!r}. Give the path of a Python script.")
    tracer = ScriptTracer(progress)
    kept, folders = sys.argv, sys.path[:]
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))
    ended = ""
    try:
        with traced(tracer):
            runpy.run_path(str(path), run_name="__main__")
    except SystemExit as stop:
        ended = f"the script ended with exit code {stop.code}" if stop.code else ""
    except Exception as error:
        ended = f"the script failed: {type(error).__name__}: {error}"
    finally:
        sys.argv, sys.path[:] = kept, folders
    tracer.iterated()
    tracer.close_pass()
    if tracer.doctor is None or tracer.doctor.iterations == 0:
        raise WhygradError(
            f"no training was seen in {path.name}{': ' + ended if ended else ''}. The doctor looks "
            "for a torch.nn.Module that is called, loss.backward() and a torch.optim optimizer."
        )
    tracer.doctor.notes += [*tracer.notes(), *([ended] if ended else [])]
    report = tracer.doctor.report()
    tracer.doctor.close()
    return report
