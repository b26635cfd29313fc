"""The doctor: what is wrong with a training run, why, and what follows from that.

    from whygrad.doctor import Doctor

    doctor = Doctor(model, optimizer, loss=loss_fn, train=(X, y), validation=(Xv, yv))
    ...                                      # the loop, unchanged, and in it, after the update:
    doctor.step(loss, inputs=x, targets=y, outputs=out)
    print(doctor.report())

`Doctor` needs PyTorch (`pip install 'whygrad[torch]'`); `check_backward` needs NumPy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whygrad.doctor.backward import check_backward
from whygrad.doctor.finding import Finding, Remedy
from whygrad.doctor.report import Report
from whygrad.doctor.rules import CAUSES
from whygrad.errors import WhygradError

if TYPE_CHECKING:
    from whygrad.doctor.watch import Doctor

__all__ = ["CAUSES", "Doctor", "Finding", "Remedy", "Report", "check_backward"]


def __getattr__(name: str) -> Any:
    if name == "Doctor":  # PyTorch is imported when it is needed, and only then
        try:
            from whygrad.doctor.watch import Doctor
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise WhygradError(
                "the doctor needs PyTorch, which is not installed. "
                "Try: pip install 'whygrad[torch]'."
            ) from None
        return Doctor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
