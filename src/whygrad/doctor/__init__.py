"""The doctor: what is wrong with a training run, why, and what follows from that.

    from whygrad.doctor import Doctor

    doctor = Doctor(model, optimizer, loss=loss_fn, train=(X, y), validation=(Xv, yv))
    ...                                      # the loop, unchanged, and in it, after the update:
    doctor.step(loss, inputs=x, targets=y, outputs=out)
    print(doctor.report())

    from whygrad.doctor import diagnose
    print(diagnose("xor"))                   # whygrad's own: a preset, a spec, a Network with rows

    from whygrad.doctor import watching      # or: not a word in the loop
    with watching() as run:
        train()
    print(run.report())

`Doctor`, `watching`, `assert_trains` and `diagnose` need PyTorch (`pip install 'whygrad[torch]'`);
`check_backward` needs NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from whygrad.doctor.backward import check_backward
from whygrad.doctor.finding import Finding, Remedy
from whygrad.doctor.report import Report
from whygrad.doctor.rules import CAUSES
from whygrad.errors import WhygradError

if TYPE_CHECKING:
    from whygrad.doctor.doctor import Doctor
    from whygrad.doctor.networks import diagnose
    from whygrad.doctor.script import watching
    from whygrad.doctor.trains import assert_trains

__all__ = [
    "CAUSES",
    "Doctor",
    "Finding",
    "Remedy",
    "Report",
    "assert_trains",
    "check_backward",
    "diagnose",
    "watching",
]
_MODULES = {
    "Doctor": "whygrad.doctor.doctor",
    "assert_trains": "whygrad.doctor.trains",
    "diagnose": "whygrad.doctor.networks",
    "watching": "whygrad.doctor.script",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # PyTorch is imported when it is needed, and only then
        try:
            return getattr(import_module(_MODULES[name]), name)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise WhygradError(
                "the doctor needs PyTorch, which is not installed. "
                "Try: pip install 'whygrad[torch]'."
            ) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
