"""The doctor beside other people's training loops: PyTorch Lightning's and Hugging Face's.

    Trainer(callbacks=[lightning_callback(loss=F.cross_entropy)]).fit(model, loader)
    Trainer(model, args, callbacks=[transformers_callback()], ...).train()

Each returns an object of that library's own kind of callback; after training its `report` is there.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

import torch
from torch import nn

from whygrad.doctor.doctor import Doctor
from whygrad.doctor.observe.losses import BY_CLASS
from whygrad.doctor.observe.recorder import MOST_ROWS
from whygrad.doctor.observe.shadow import judged_output
from whygrad.doctor.report import Report
from whygrad.errors import WhygradError

Tensor = torch.Tensor
Loss = Callable[..., Tensor]


class CallbackBase:
    """What both callbacks share: they attach a doctor, record the model's calls, and report."""

    def __init__(self, loss: Loss | None = None, quiet: bool = False) -> None:
        self.loss, self.quiet = loss, quiet
        self.doctor: Doctor | None = None
        self.report: Report | None = None
        self.arguments: dict[str, Any] = {}
        self.output: Any = None
        self.validation: list[tuple[Tensor, Tensor]] = []
        self.hook: Any = None

    def begin(self, model: nn.Module, optimizers: list[Any]) -> None:
        """Attach a doctor to the model."""
        found = (m for m in model.modules() if type(m).__name__ in BY_CLASS)
        inner = [getattr(o, "optimizer", o) for o in optimizers]  # Accelerate wraps them
        self.doctor = Doctor(model, inner, loss=self.loss or next(found, None))
        self.hook = model.register_forward_hook(self.called, with_kwargs=True)

    def called(self, _: nn.Module, args: Any, kwargs: dict[str, Any], out: Any) -> None:
        """Keep what the model was called with, until the iteration ends."""
        self.arguments, self.output = kwargs, out

    def step(self, loss: Any, inputs: Any, targets: Any) -> None:
        """Note an iteration that has ended."""
        if self.doctor is None or not isinstance(loss, Tensor):
            return
        out = None if self.output is None else judged_output(self.output)
        self.doctor.step(loss, inputs=inputs, targets=targets, outputs=out)
        self.output, self.arguments = None, {}

    def validated(self, inputs: Any, targets: Any) -> None:
        """Keep rows that the model was validated on."""
        kept = sum(len(y) for _, y in self.validation)
        if isinstance(inputs, Tensor) and isinstance(targets, Tensor) and kept < MOST_ROWS:
            self.validation.append((inputs.detach().clone(), targets.detach().clone()))

    def end(self) -> None:
        """Report, and remove every hook."""
        doctor = self.doctor
        if doctor is None:
            return
        self.hook.remove()
        if self.validation:
            rows = (torch.cat(part)[:MOST_ROWS] for part in zip(*self.validation, strict=True))
            doctor.validation = tuple(rows)  # type: ignore[assignment]
        self.report = doctor.report()
        doctor.close()
        if not self.quiet and not doctor.rank:
            print(self.report)


def lightning_callback(loss: Loss | None = None, *, quiet: bool = False) -> Any:
    """Return a PyTorch Lightning callback with a doctor in it.

    The module's ``forward`` must be the network, and batches pairs of inputs and targets.

    Args:
        loss: of outputs and targets; by default a loss module that is a part of the module, or a
            known loss that gives the same number.
        quiet: whether not to print the report at the end.
    """
    base = _base(("lightning.pytorch", "pytorch_lightning"), "Callback", "lightning")

    class DoctorCallback(CallbackBase, base):  # type: ignore[misc, valid-type]
        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            held, pl_module._trainer = pl_module._trainer, None  # a copy of it is a copy of all
            try:
                self.begin(pl_module, list(trainer.optimizers))
            finally:
                pl_module._trainer = held

        def on_train_batch_end(
            self, _: Any, pl_module: Any, outputs: Any, batch: Any, *__: Any
        ) -> None:
            keyed = isinstance(outputs, dict)
            self.step(cast("Any", outputs).get("loss") if keyed else outputs, *_pair(batch))

        def on_validation_batch_end(
            self, trainer: Any, _: Any, outputs: Any, batch: Any, *__: Any
        ) -> None:
            if not trainer.sanity_checking:
                self.validated(*_pair(batch))

        def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            found = trainer.callback_metrics.get("val_loss")
            if self.doctor is not None and found is not None and not trainer.sanity_checking:
                self.doctor.epoch(validation_loss=float(found))

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self.end()

    return DoctorCallback(loss, quiet)


def transformers_callback(loss: Loss | None = None, *, quiet: bool = False) -> Any:
    """Return a callback for Hugging Face's ``Trainer`` with a doctor in it.

    The doctor sees the model's main input (such as ``input_ids``) and ``labels``; attention masks
    are left out of its experiments.

    Args:
        loss: of logits and labels; by default a known loss that gives the same number.
        quiet: whether not to print the report at the end.
    """
    base = _base(("transformers",), "TrainerCallback", "transformers")

    class DoctorCallback(CallbackBase, base):  # type: ignore[misc, valid-type]
        def rows(self, model: Any) -> tuple[Any, Any]:
            name = getattr(model, "main_input_name", "input_ids")
            return self.arguments.get(name), self.arguments.get("labels")

        def on_train_begin(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            self.begin(known["model"], [known["optimizer"]])

        def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            found = getattr(self.output, "loss", None)
            self.step(found, *self.rows(known["model"]))

        def on_prediction_step(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            self.validated(*self.rows(known["model"]))

        def on_evaluate(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            metrics: dict[str, Any] = known.get("metrics") or {}
            found = metrics.get("eval_loss")
            if self.doctor is not None and found is not None:
                self.doctor.epoch(validation_loss=float(found))

        def on_train_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            self.end()

    return DoctorCallback(loss, quiet)


def _base(modules: tuple[str, ...], name: str, package: str) -> Any:
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError:
            continue
    raise WhygradError(
        f"this callback needs {package}, which is not installed. Try: pip install {package}."
    )


def _pair(batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, tuple | list):
        return None, None
    parts = cast("tuple[Any, ...]", batch)
    return (parts[0], parts[1]) if len(parts) == 2 else (None, None)
