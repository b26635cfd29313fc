# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Runs somebody's training script with a doctor attached by itself.

The script is run as it is, in this process. Three things are watched while it runs: which modules
are called with gradients on, what their outermost call got and gave, and when an optimizer steps.
The script's own names and files are untouched, and everything is put back at the end.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from whygrad.doctor.finding import Finding
from whygrad.doctor.report import Report
from whygrad.doctor.watch import Doctor
from whygrad.errors import WhygradError

Tensor = torch.Tensor
LOOKS = (1, 8, 32, 128)  # iterations after which findings are read; then every 512
LOSSES = (nn.modules.loss._Loss, nn.modules.loss._WeightedLoss)


class _Watcher:
    """Finds the model, the loss and the loop from what is called."""

    def __init__(self, tell: Callable[[int, float, tuple[Finding, ...]], None]) -> None:
        self.tell = tell
        self.doctor: Doctor | None = None
        self.depth = 0
        self.model: nn.Module | None = None
        self.inputs: Any = None
        self.outputs: Any = None
        self.loss_module: Any = None
        self.targets: Any = None
        self.loss: Any = None
        self.optimizers: list[Any] = []
        self.busy = False  # the doctor is at work: what it calls is not the script's

    def attach(self) -> None:
        """Begin as soon as a model and an optimizer are known."""
        if self.doctor is None and self.model is not None and self.optimizers:
            self.doctor = Doctor(self.model, self.optimizers[0], loss=self.loss_module)

    def iterated(self) -> None:
        """An iteration has ended: hand on what was seen of it."""
        doctor, loss = self.doctor, self.loss
        if doctor is None or loss is None:
            return
        self.busy, self.loss = True, None
        try:
            doctor.step(loss, inputs=self.inputs, targets=self.targets, outputs=self.outputs)
            n = doctor.iterations
            if n in LOOKS or n % 512 == 0:
                self.tell(n, float(loss.detach()), doctor.findings)
        finally:
            self.busy = False


@contextmanager
def watched(watcher: _Watcher) -> Iterator[None]:
    """Watch calls of modules, of backward, and of optimizers."""
    call, backward = nn.Module.__call__, torch.Tensor.backward
    built = torch.optim.Optimizer.__init__
    hooks: list[Any] = []

    def called(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if watcher.busy:
            return call(self, *args, **kwargs)
        if isinstance(self, LOSSES):
            out = call(self, *args, **kwargs)
            if torch.is_grad_enabled() and len(args) > 1:
                watcher.loss_module, watcher.targets = self, args[1]
            return out
        outermost = watcher.depth == 0 and torch.is_grad_enabled()
        if outermost and self.training and any(True for _ in self.parameters()):
            if watcher.model is None:
                watcher.model = self
            if self is watcher.model:
                watcher.inputs = args[0] if args else None
                watcher.attach()
        watcher.depth += 1
        try:
            out = call(self, *args, **kwargs)
        finally:
            watcher.depth -= 1
        if outermost and self is watcher.model and isinstance(out, Tensor):
            watcher.outputs = out
        return out

    def reversed_(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        # A loop without steps still has iterations: the one before ends where this one begins.
        if not watcher.busy:
            watcher.iterated()
            watcher.loss = self
        return backward(self, *args, **kwargs)

    def begun(self: Any, *args: Any, **kwargs: Any) -> None:
        built(self, *args, **kwargs)
        if watcher.busy:
            return
        watcher.optimizers.append(self)
        hooks.append(self.register_step_post_hook(lambda *_: watcher.iterated()))

    nn.Module.__call__ = called  # type: ignore[method-assign]
    torch.Tensor.backward = reversed_  # type: ignore[method-assign]
    torch.optim.Optimizer.__init__ = begun  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.__call__ = call  # type: ignore[method-assign]
        torch.Tensor.backward = backward  # type: ignore[method-assign]
        torch.optim.Optimizer.__init__ = built  # type: ignore[method-assign]
        for hook in hooks:
            hook.remove()


def run_script(
    path: Path, arguments: tuple[str, ...], tell: Callable[[int, float, tuple[Finding, ...]], None]
) -> Report:
    """Run a script to its end and report on the training in it.

    Raises:
        WhygradError: there is no such file, or no training was seen in it.
    """
    if not path.is_file():
        raise WhygradError(f"there is no file {str(path)!r}. Give the path of a Python script.")
    watcher = _Watcher(tell)
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
    if watcher.doctor is None or watcher.doctor.iterations == 0:
        raise WhygradError(
            f"no training was seen in {path.name}{': ' + ended if ended else ''}. The doctor looks "
            "for a torch.nn.Module that is called, loss.backward() and a torch.optim optimizer."
        )
    if ended:
        watcher.doctor.notes.append(ended)
    report = watcher.doctor.report()
    watcher.doctor.close()
    return report
