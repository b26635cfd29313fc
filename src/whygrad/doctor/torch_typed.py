# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateUsage=false
# PyTorch leaves types open in these functions; whoever calls them by way of here need not.
"""Functions of PyTorch whose own annotations leave a type open, with it named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from whygrad.engine.op import Array


def from_numpy(array: Array) -> Tensor:
    """Return a tensor of an array's shape and dtype, which shares its memory."""
    return torch.from_numpy(array)


def run_backward(loss: Tensor) -> None:
    """Add the gradients of a loss of one number to the ``grad`` of what it depends on."""
    loss.backward()


def forked_generator(devices: Iterable[int] = ()) -> AbstractContextManager[None]:
    """Put PyTorch's generators, on the CPU and these devices, back as they were at the end."""
    return torch.random.fork_rng(devices=list(devices))


def counted(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the different numbers of a tensor, in order, and how often each stands in it."""
    found: Any = torch.unique(values, return_counts=True)
    return found


def numbers(values: Tensor) -> list[float]:
    """Return the numbers of a tensor of one axis."""
    return values.tolist()


def size_of(values: Tensor) -> float:
    """Return the root of the sum of all squares of a tensor of any shape, in float64."""
    return float(torch.linalg.vector_norm(values, dtype=torch.float64))


def hook_gradient(parameter: Tensor, hook: Callable[[Tensor], Any]) -> Any:
    """Call ``hook`` with each gradient that arrives at a tensor; return what takes it off."""
    return parameter.register_hook(hook)


def forget_hooks(module: nn.Module) -> None:
    """Take off the hooks that are called before and after a module, and at its gradient."""
    for hooks in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks):
        hooks.clear()


def modules_of(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return a model and all modules in it, each with its name."""
    return list(model.named_modules())
