# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Runs somebody's training script with a doctor attached by itself.

The script is run as it is, in this process. What is watched while it runs: which modules are called
from outside, with gradients on and off, and what they got and gave; what losses were asked for; on
what backward was called; and when an optimizer steps. The script's own names and files are
untouched, and everything is put back at the end.

PyTorch is watched for the whole process, so the watcher knows its threads: the one the script runs
in and those that it starts. What any other thread does is not the script's. Of the script's threads
the first that calls backward, or steps an optimizer, is the one that trains; only that one is then
watched.
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

from whygrad.doctor.finding import Finding
from whygrad.doctor.losses import BY_FUNCTION, broadcasts, recognise
from whygrad.doctor.places import caller
from whygrad.doctor.report import Report
from whygrad.doctor.watch import FIRST_BATCHES, MOST_ROWS, Doctor
from whygrad.errors import WhygradError

Tensor = torch.Tensor
Tell = Callable[[int, float, tuple[Finding, ...]], None]
FIRST_LOOK = 8  # iterations, after which findings are first read
LOOK_SHARE = 0.05  # of the run's time, for reading findings while it runs
SHOWN_EVERY = 0.2  # seconds between two words on how it goes
MOST_KNOWN = 20_000  # training rows that are recognised when they are judged
MOST_CALLS = 8  # of an iteration
COLUMNS = 32  # of a row, by which it is recognised
OURS = 0.9  # of a judged batch's rows are training rows: it is no validation


class Call(NamedTuple):
    """A call of a model from outside."""

    model: nn.Module
    inputs: Any
    outputs: Any
    thread: threading.Thread


class Asked(NamedTuple):
    """A loss that was asked for by a function of PyTorch's."""

    function: Any
    outputs: Tensor
    targets: Tensor
    value: Tensor
    thread: threading.Thread


class Hand(TorchFunctionMode):
    """Hears what a loss computed by hand compares the outputs with."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.rows = len(call.outputs)
        self.inputs = call.inputs
        self.heard: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        flat = [part for a in args for part in (a if isinstance(a, tuple | list) else (a,))]
        for part in flat:
            if isinstance(part, Tensor) and not part.requires_grad and part.ndim:
                known = part is self.inputs or any(part is other for other in self.heard)
                if len(part) == self.rows and not known:
                    self.heard.append(part)
        return func(*args, **(kwargs or {}))

    def targets(self, loss: float, outputs: Tensor) -> Tensor | None:
        """Return what gives this loss with the outputs, or else the only thing there was."""
        for heard in self.heard:
            if recognise(loss, outputs, heard)[0] or broadcasts(loss, outputs, heard):
                return heard
        return self.heard[0] if len(self.heard) == 1 else None


class Watcher:
    """Finds the model, the loss, the rows and the loop from what is called."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.doctor: Doctor | None = None
        self.busy = False  # the doctor is at work: what it calls is not the script's
        self.threads = WeakSet([threading.current_thread()])  # the script's own
        self.trains: threading.Thread | None = None  # the one of them that trains
        self.nested = threading.local()  # of the thread: whether a module calls this one
        self.models: list[nn.Module] = []  # called from outside with gradients on
        self.optimizers: list[Any] = []
        self.made: WeakKeyDictionary[Any, str] = WeakKeyDictionary()  # on what line
        self.calls: list[Call] = []  # of this iteration
        self.asked: list[Asked] = []
        self.loss: Any = None  # what backward was called on, or what it was before it was scaled
        self.unscaled: Any = None
        self.hand: Hand | None = None
        self.by_hand = False
        self.judged: Call | None = None
        self.judged_rows: list[tuple[Tensor, Tensor]] = []
        self.judged_losses: list[tuple[float, int]] = []
        self.known: set[bytes] = set()
        self.findings: tuple[Finding, ...] = ()
        self.began = self.shown = time.perf_counter()
        self.looking = 0.0

    # --- whose call it is ------------------------------------------------------------------------

    def hears(self) -> bool:
        """Whether what this thread does now is the watched training's."""
        here = threading.current_thread()
        return not self.busy and here in self.threads and self.trains in (None, here)

    def outermost(self) -> bool:
        """Whether no module's call is going on in this thread."""
        return not getattr(self.nested, "calls", False)

    def follow(self) -> None:
        """This thread trains: from now on only it is heard, and what others did is forgotten."""
        if self.trains is None:
            self.trains = here = threading.current_thread()
            self.calls = [call for call in self.calls if call.thread is here]
            self.asked = [asked for asked in self.asked if asked.thread is here]
            self.models = [m for m in self.models if any(m is c.model for c in self.calls)]

    # --- while the script runs -------------------------------------------------------------------

    def trained(self, call: Call) -> None:
        """A model was called with gradients on."""
        self.judged = None
        if self.judged_rows or self.judged_losses:
            self.close_pass()
        if not any(call.model is model for model in self.models):
            self.models.append(call.model)
        self.calls = [*self.calls[-MOST_CALLS:], call]
        doctor = self.doctor
        if self.by_hand and doctor is not None and doctor.iterations < FIRST_BATCHES:
            self.unhear()
            if call.model is doctor.model and isinstance(call.outputs, Tensor):
                self.hand = Hand(call)
                self.hand.__enter__()

    def unhear(self) -> None:
        """Stop listening to a loss computed by hand."""
        if self.hand is not None and _get_current_function_mode() is self.hand:
            self.hand.__exit__(None, None, None)

    def compared(self, function: Any, outputs: Any, targets: Any, value: Any) -> None:
        """Outputs were compared with targets: by a loss, or by counting how many are right."""
        if not (isinstance(outputs, Tensor) and isinstance(targets, Tensor)):
            return
        if torch.is_grad_enabled() and self.judged is None:
            if function is not None:
                here = Asked(function, outputs, targets, value, threading.current_thread())
                self.asked = [*self.asked[-MOST_CALLS:], here]
            return
        if self.judged is None or not targets.ndim or len(targets) != len(self.judged.outputs):
            return
        rows = self.judged.inputs
        if self.is_training(rows):
            return
        if function is not None and value.ndim == 0:
            self.judged_losses.append((float(value.detach()), len(rows)))
        last = self.judged_rows[-1][0] if self.judged_rows else None
        if last is not rows and sum(len(y) for _, y in self.judged_rows) < MOST_ROWS:
            self.judged_rows.append((rows, targets))

    def backward(self, loss: Tensor) -> None:
        """Backward is about to be called."""
        self.follow()
        # A loop without steps still has iterations: the one before ends where this one begins.
        self.unhear()
        self.iterated()
        if self.judged is not None and not self.calls:  # it is trained in evaluation mode
            self.calls, self.judged = [self.judged], None
            self.judged_rows, self.judged_losses = [], []
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
        asked = [a.function for a in self.asked]
        self.by_hand = not asked
        self.busy = True
        try:
            loss = asked[0] if len(asked) == 1 else None
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
        if self.loss is None and self.asked:  # backward was not called
            self.loss = self.asked[-1].value
        if self.doctor is None:
            self.attach()
        doctor = self.doctor
        if doctor is None or not self.touches(
            optimizer, {id(p) for p in doctor.model.parameters()}
        ):
            known = doctor is not None and optimizer in doctor.optimizers
            if not known:
                self.loss, self.calls, self.asked = None, [], []
                return
        self.iterated()

    def iterated(self) -> None:
        """An iteration has ended: hand on what was seen of it."""
        doctor, loss = self.doctor, self.loss
        calls = [c for c in self.calls if doctor is not None and c.model is doctor.outer]
        if doctor is None or loss is None:
            return
        inputs = outputs = targets = None
        if len(calls) == 1 and len(self.asked) < 2:
            inputs, outputs = calls[0].inputs, calls[0].outputs
            outputs = outputs if isinstance(outputs, Tensor) else None
            if self.asked:
                outputs, targets = self.asked[0].outputs, self.asked[0].targets
            elif self.hand is not None and outputs is not None:
                targets = self.hand.targets(float(loss.detach()), outputs.detach())
        self.loss, self.calls, self.asked, self.hand = None, [], [], None
        self.busy = True
        try:
            self.learn(inputs)
            doctor.step(loss, inputs=inputs, targets=targets, outputs=outputs)
            self.look(doctor, loss)
        finally:
            self.busy = False

    def look(self, doctor: Doctor, loss: Tensor) -> None:
        """Read the findings when there is time, and say how it goes."""
        now = time.perf_counter()
        n, due = doctor.iterations, self.looking < LOOK_SHARE * (now - self.began)
        if n == FIRST_LOOK or (n > FIRST_LOOK and due):
            self.findings = doctor.findings
            self.looking += time.perf_counter() - now
        elif n > 1 and now - self.shown < SHOWN_EVERY:
            return
        self.shown = time.perf_counter()
        self.tell(n, float(loss.detach()), self.findings)

    # --- which rows are training's, and which are judged on --------------------------------------

    def learn(self, inputs: Any) -> None:
        """Remember training rows, to know them when they are judged."""
        if isinstance(inputs, Tensor) and inputs.ndim and len(self.known) < MOST_KNOWN:
            self.known.update(_marks(inputs))

    def is_training(self, rows: Any) -> bool:
        """Whether a judged batch is (or may be) one of training rows."""
        if not isinstance(rows, Tensor) or not rows.ndim or not len(rows):
            return True
        marks = _marks(rows)
        share = sum(mark in self.known for mark in marks) / len(marks)
        return share >= (OURS if len(self.known) < MOST_KNOWN else 0.02)

    def close_pass(self) -> None:
        """A pass over rows that are judged on is over."""
        doctor = self.doctor
        if doctor is not None:
            if self.judged_rows:
                doctor.validation = tuple(  # type: ignore[assignment]
                    torch.cat(part)[:MOST_ROWS] for part in zip(*self.judged_rows, strict=True)
                )
            if self.judged_losses:
                count = sum(n for _, n in self.judged_losses)
                doctor.epoch(validation_loss=sum(v * n for v, n in self.judged_losses) / count)
        self.judged_rows, self.judged_losses = [], []

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
def watched(watcher: Watcher) -> Iterator[None]:
    """Watch calls of modules, of losses, of backward, and of optimizers."""
    call, initialise = nn.Module.__call__, nn.Module.__init__
    backward, method, equal = torch.autograd.backward, torch.Tensor.backward, torch.Tensor.__eq__
    built, scale = torch.optim.Optimizer.__init__, GradScaler.scale
    start = threading.Thread.start
    hooks: list[Any] = []

    def started(self: threading.Thread) -> None:
        if threading.current_thread() in watcher.threads:
            watcher.threads.add(self)
        start(self)

    def made(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        if watcher.hears():
            watcher.made[self] = caller()

    def called(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        heard = watcher.hears() and watcher.outermost()
        if not heard or not any(True for _ in self.parameters()):
            return call(self, *args, **kwargs)
        watcher.nested.calls = True
        try:
            out = call(self, *args, **kwargs)
        finally:
            watcher.nested.calls = False
        if not watcher.hears():  # another thread began to train meanwhile
            return out
        alone = len(args) == 1 and not kwargs and isinstance(args[0], Tensor)
        seen = Call(self, args[0] if alone else None, out, threading.current_thread())
        watched = watcher.doctor is not None and self is watcher.doctor.outer
        if torch.is_grad_enabled() and (self.training or not watched):
            watcher.trained(seen)
        elif watched:
            watcher.judged = seen if isinstance(out, Tensor) and out.ndim else None
        return out

    def asking(loss: Callable[..., Any]) -> Callable[..., Any]:
        names = list(inspect.signature(loss).parameters)

        @wraps(loss)
        def ask(*args: Any, **kwargs: Any) -> Any:
            value = loss(*args, **kwargs)
            if watcher.hears() and watcher.outermost():
                told = {**dict(zip(names, args, strict=False)), **kwargs}
                outputs, targets = told.pop(names[0], None), told.pop(names[1], None)
                watcher.compared(partial(loss, **told), outputs, targets, value)
            return value

        return ask

    def compare(self: Tensor, other: Any) -> Any:
        value = equal(self, other)
        if watcher.judged is not None and isinstance(other, Tensor) and watcher.hears():
            said = watcher.judged.outputs.argmax(-1)
            wanted = (
                self if said.shape == other.shape and bool((said - other == 0).all()) else other
            )
            watcher.compared(None, self, wanted, value)
        return value

    def scaled(self: Any, outputs: Any) -> Any:
        if watcher.hears():
            watcher.unscaled = outputs if isinstance(outputs, Tensor) else None
        return scale(self, outputs)

    def reversed_(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if watcher.hears():
            watcher.backward(tensors if isinstance(tensors, Tensor) else tensors[0])
        return backward(tensors, *args, **kwargs)

    def beginning(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if watcher.hears():
            watcher.unhear()  # what goes on inside is nothing to hear
        return method(self, *args, **kwargs)

    def begun(self: Any, *args: Any, **kwargs: Any) -> None:
        built(self, *args, **kwargs)
        if watcher.hears():
            watcher.optimizers.append(self)
            watcher.made[self] = caller()
            hooks.append(self.register_step_post_hook(stepped))

    def stepped(optimizer: Any, *_: Any) -> None:
        if watcher.hears():
            watcher.stepped(optimizer)

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
        watcher.unhear()
        for owner, name, old in before:
            setattr(owner, name, old)
        for hook in hooks:
            hook.remove()


def run_script(path: Path, arguments: tuple[str, ...], tell: Tell) -> Report:
    """Run a script to its end and report on the training in it.

    Raises:
        WhygradError: there is no such file, or no training was seen in it.
    """
    if not path.is_file():
        raise WhygradError(f"there is no file {str(path)!r}. Give the path of a Python script.")
    watcher = Watcher(tell)
    kept, folders = sys.argv, sys.path[:]
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))
    ended = ""
    try:
        with watched(watcher):
            runpy.run_path(str(path), run_name="__main__")
    except SystemExit as stop:
        ended = f"the script ended with exit code {stop.code}" if stop.code else ""
    except Exception as error:
        ended = f"the script failed: {type(error).__name__}: {error}"
    finally:
        sys.argv, sys.path[:] = kept, folders
    watcher.iterated()
    watcher.close_pass()
    if watcher.doctor is None or watcher.doctor.iterations == 0:
        raise WhygradError(
            f"no training was seen in {path.name}{': ' + ended if ended else ''}. The doctor looks "
            "for a torch.nn.Module that is called, loss.backward() and a torch.optim optimizer."
        )
    watcher.doctor.notes += [*watcher.notes(), *([ended] if ended else [])]
    report = watcher.doctor.report()
    watcher.doctor.close()
    return report
