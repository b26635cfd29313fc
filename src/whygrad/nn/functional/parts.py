"""Marks composites: functions whose steps fold into one part, and whose result has a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from whygrad.engine.tensor import Tensor, annotate, current_annotation
from whygrad.nn.scope import name, slug

Given = ParamSpec("Given")


def composite(title: str) -> Callable[[Callable[Given, Tensor]], Callable[Given, Tensor]]:
    """Mark the steps that a function records as a part called ``title``, and name its result.

    Where the layer around it has marked them so already, nothing is marked twice.
    """

    def decorate(function: Callable[Given, Tensor]) -> Callable[Given, Tensor]:
        @wraps(function)
        def marked(*args: Given.args, **kwargs: Given.kwargs) -> Tensor:
            if current_annotation().part[-1:] == (title,):
                return function(*args, **kwargs)
            with annotate(part=(title,)):
                made = function(*args, **kwargs)
            return made if any(made is x for x in args) else name(made, slug(title))

        return marked

    return decorate
