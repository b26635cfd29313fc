# pyright: basic
# It stands in for functions of PyTorch, private ones too, whose own annotations are open.
"""Runs somebody's training script with a doctor attached by itself.

The script is run as it is, in this process. What is traced while it runs: which modules are called
from outside, with what inputs and outputs; which of PyTorch's functions the loop calls between
them; on what backward is called; and when an optimizer steps. The script's own names and files are
untouched, and everything is put back at the end.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.optim.optimizer import register_optimizer_step_post_hook

from whygrad.doctor.observe.calls import switch_off
from whygrad.doctor.observe.shadow import DROPOUTS
from whygrad.doctor.observe.source import source_line
from whygrad.doctor.report import Report
from whygrad.doctor.tracer import Progress, ScriptTracer
from whygrad.errors import WhygradError


@contextmanager
def traced(tracer: ScriptTracer) -> Iterator[None]:
    """Trace calls of modules, of backward, of optimizers, and of what stands between them."""
    call, initialise = nn.Module.__call__, nn.Module.__init__
    backward = torch.autograd.backward
    built, scale = torch.optim.Optimizer.__init__, GradScaler.scale
    start = threading.Thread.start
    guarded = tracer.guarded

    def started(self: threading.Thread) -> None:
        if threading.current_thread() in tracer.threads:
            tracer.threads.add(self)
        start(self)

    def made(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        if tracer.is_traced():
            guarded(tracer.remember, self, source_line(made=self))

    def called(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        counts = tracer.is_traced() and tracer.outermost()
        if not counts or guarded(is_transparent, self):
            return call(self, *args, **kwargs)
        tracer.nested.calls = True
        guarded(switch_off, tracer.log)
        try:
            out = call(self, *args, **kwargs)
        finally:
            tracer.nested.calls = False
        if tracer.is_traced():  # another thread may have begun to train meanwhile
            guarded(tracer.called, self, args, kwargs, out)
        return out

    def scaled(self: Any, outputs: Any) -> Any:
        if tracer.is_traced():
            tracer.unscaled = outputs if isinstance(outputs, torch.Tensor) else None
        return scale(self, outputs)

    def reversed_(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        if tracer.is_traced():
            one = tensors if isinstance(tensors, torch.Tensor) else next(iter(tensors))
            guarded(tracer.backward, one)
        return backward(tensors, *args, **kwargs)

    def begun(self: Any, *args: Any, **kwargs: Any) -> None:
        built(self, *args, **kwargs)
        if tracer.is_traced():
            tracer.optimizers.append(self)
            guarded(tracer.remember, self, source_line())

    def stepped(optimizer: Any, *_: Any) -> None:
        if tracer.is_traced():
            guarded(tracer.stepped, optimizer)

    changes: list[tuple[Any, str, Any]] = [
        (threading.Thread, "start", started),
        (nn.Module, "__call__", called), (nn.Module, "__init__", made),
        (torch.autograd, "backward", reversed_),
        (torch.optim.Optimizer, "__init__", begun), (GradScaler, "scale", scaled),
    ]  # fmt: skip
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    for owner, name, new in changes:
        setattr(owner, name, new)
    hooks = [register_optimizer_step_post_hook(stepped)]
    guarded(tracer.listen)
    try:
        yield
    finally:
        switch_off(tracer.log)
        for owner, name, old in before:
            setattr(owner, name, old)
        for hook in hooks:
            hook.remove()


def is_transparent(module: nn.Module) -> bool:
    """Whether a call of a module says nothing that the functions it calls do not say.

    So it is where it holds nothing: a loss, an activation. Dropout is none of these: it behaves
    otherwise in evaluation.
    """
    left = [module]
    while left:
        inner = left.pop()
        held = vars(inner)
        tensors = (*held.get("_parameters", {}).values(), *held.get("_buffers", {}).values())
        if isinstance(inner, DROPOUTS) or any(tensor is not None for tensor in tensors):
            return False
        left += [m for m in held.get("_modules", {}).values() if m is not None]
    return True


class Watched(NamedTuple):
    """A script that has been run to its end, and what was traced of it.

    Attributes:
        ended: how it ended, where that was not as it should.
    """

    path: Path
    tracer: ScriptTracer
    ended: str


def run_script(path: Path, arguments: tuple[str, ...], progress: Progress) -> Report:
    """Run a script to its end and report on the training in it.

    Raises:
        WhygradError: there is no such file, or no training was seen in it.
    """
    return report_of(watch(path, arguments, progress))


def watch(path: Path, arguments: tuple[str, ...], progress: Progress) -> Watched:
    """Run a script to its end and trace the training in it.

    Raises:
        WhygradError: there is no such file.
    """
    if not os.path.isfile(path):  # is_file raises for a name that is too long
        raise WhygradError(f"there is no file {str(path)!r}. Give the path of a Python script.")
    tracer = ScriptTracer(progress)
    kept, folders = sys.argv, sys.path[:]
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))
    ended = ""
    try:
        with traced(tracer):
            runpy.run_path(str(path), run_name="__main__")
    except KeyboardInterrupt:
        ended = "the script was stopped, and this is about what was seen until then"
    except SystemExit as stop:
        ended = f"the script ended with exit code {stop.code}" if stop.code else ""
    except Exception as error:
        ended = f"the script failed: {type(error).__name__}: {error}"
    finally:
        sys.argv, sys.path[:] = kept, folders
    return Watched(path, tracer, ended)


def report_of(watched: Watched) -> Report:
    """Report on the training in a script that was run.

    Raises:
        WhygradError: no training was seen in it.
    """
    path, tracer, ended = watched
    return _reported(tracer, path.name, ended)


class WatchedBlock:
    """What was trained inside a ``with`` block of ``watching``."""

    def __init__(self, tracer: ScriptTracer) -> None:
        self._tracer = tracer

    def report(self) -> Report:
        """Examine what was seen, with experiments on copies, and say what was found.

        Raises:
            WhygradError: no training was seen.
        """
        return _reported(self._tracer, "this block", "")


@contextmanager
def watching() -> Iterator[WatchedBlock]:
    """Watch whatever is trained inside the block, without a word in the loop.

    PyTorch is traced while the block runs, in the threads that it starts too, and is put back at
    its end; an error of the block's passes through.

    >>> with watching() as run:  # doctest: +SKIP
    ...     train()
    >>> print(run.report())  # doctest: +SKIP
    """
    tracer = ScriptTracer(lambda *_: None)
    with traced(tracer):
        yield WatchedBlock(tracer)


def _reported(tracer: ScriptTracer, name: str, ended: str) -> Report:
    tracer.finish()
    units = [unit for unit in tracer.units if unit.doctor.iterations]
    if not units:
        raise WhygradError(
            f"no training was seen in {name}{': ' + ended if ended else ''}. The doctor looks "
            "for a torch.nn.Module that is called, loss.backward() and a torch.optim optimizer."
        )
    units[0].doctor.notes += [*tracer.notes(), *([ended] if ended else [])]
    several = len(units) > 1
    reports = [replace(u.doctor.report(), about=tracer.about(u) if several else "") for u in units]
    for unit in units:
        unit.doctor.close()
    first, *others = sorted(reports, key=lambda r: -r.findings[0].confidence if r.findings else 1)
    return replace(first, others=tuple(others))
