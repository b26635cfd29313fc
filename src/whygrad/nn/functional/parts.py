"""Marks composites: functions whose steps fold into one part."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from whygrad.engine.tensor import Tensor, annotate, current_annotation

Given = ParamSpec("Given")


def composite(title: str) -> Callable[[Callable[Given, Tensor]], Callable[Given, Tensor]]:
    """Mark the steps that a function records as a part called ``title``.

    Where the layer around it has marked them so already, nothing is marked twice.
    """

    def decorate(function: Callable[Given, Tensor]) -> Callable[Given, Tensor]:
        @wraps(function)
        def marked(*args: Given.args, **kwargs: Given.kwargs) -> Tensor:
            if current_annotation().part[-1:] == (title,):
                return function(*args, **kwargs)
            with annotate(part=(title,)):
                return function(*args, **kwargs)

        return marked

    return decorate
