"""Programs in plain NumPy whose backward pass was written by hand."""

from __future__ import annotations

from whygrad.clinic import stories
from whygrad.clinic.case import Case
from whygrad.clinic.numpy_case import NumpySetup

CASES = (
    Case(
        "np_missing_act_derivative",
        family="backward",
        causes=("wrong_backward",),
        story=stories.DIGITS,
        setup=NumpySetup((64, 32, 32, 32, 10), slip="no_slope"),
        repair={"slip": ""},
    ),
    Case(
        "np_wrong_sigmoid_derivative",
        family="backward",
        causes=("wrong_backward",),
        story=stories.DIGITS,
        setup=NumpySetup((64, 32, 32, 10), slip="square"),
        repair={"slip": ""},
    ),
    Case(
        "np_int_params",
        family="backward",
        causes=("dtype_truncation",),
        story=stories.DIGITS,
        setup=NumpySetup((64, 32, 32, 10), slip="whole"),
        repair={"slip": ""},
    ),
)
