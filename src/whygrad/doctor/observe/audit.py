"""An audit of one iteration: the gradient that arrived, what the optimizer used, what moved.

Hooks are registered on the parameters for that one iteration and removed after it; they return
nothing, so the gradients are what they would have been. During the iteration only copies are made;
the audit's numbers are computed from them later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from whygrad.doctor.measurements import Audit
from whygrad.doctor.observe.source import source_line
from whygrad.doctor.torch_typed import hook_gradient, size_of

Tensor = torch.Tensor
MOST_NUMBERS = 20_000_000  # parameters of a larger model are audited by a part of them


class Auditor:
    """Audits one iteration of training, from its first backward to after its update."""

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        stepped: bool,
        before: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.parameters: dict[str, Tensor] = {}
        room = MOST_NUMBERS
        for name, parameter in parameters.items():
            room -= parameter.numel()
            if room < 0 and self.parameters:
                break
            self.parameters[name] = parameter
        known = before or {}
        self.before = {
            n: known[n] if n in known else p.detach().clone() for n, p in self.parameters.items()
        }
        self.line = ""  # of the user's program, that calls backward
        self.arrived: dict[str, Tensor] = {}
        self.applied: dict[str, Tensor] | None = None
        self.reached: set[str] = set()
        self.stepped = stepped  # the gradient that is there has been used already
        self.unclean: set[str] = set()  # what is there has been used, and was not set to zero
        self.hooks: list[Any] = [
            hook_gradient(p, self._hook(n)) for n, p in self.parameters.items() if p.requires_grad
        ]

    def _hook(self, name: str) -> Any:
        def arrive(gradient: Tensor) -> None:
            if not self.reached:
                self.line = source_line()
            first = name not in self.reached
            self.reached.add(name)
            old = self.parameters[name].grad
            full = old is not None and bool(old.any())
            if first and self.stepped and full:
                self.unclean.add(name)
            elif not full:  # what came before was another step's, and has been set to zero
                self.unclean.discard(name)
                self.arrived.pop(name, None)
            detached = gradient.detach()
            known = self.arrived.get(name)
            self.arrived[name] = detached.clone() if known is None else known + detached

        return arrive

    def used(self) -> None:
        """Note what the optimizer is given, before it steps."""
        given = {n: p.grad.detach() for n, p in self.parameters.items() if p.grad is not None}
        self.applied = self.applied or {}  # several optimizers may step
        for name, gradient in given.items():
            known = self.arrived.get(name)
            same = known is not None and torch.equal(known, gradient)
            self.applied[name] = known if known is not None and same else gradient.clone()

    def close(self) -> None:
        """Remove the hooks."""
        for hook in self.hooks:
            hook.remove()
        self.hooks = []

    def end(self, step: int, inputs: Any, targets: Any, buffers: dict[str, Tensor]) -> None:
        """Note that the iteration is over, and on which rows its gradient can be computed again."""
        self.close()
        self.step, self.inputs, self.targets, self.buffers = step, inputs, targets, buffers
        self.moved = {n: p.detach() - self.before[n] for n, p in self.parameters.items()}

    def result(self, true: Mapping[str, Tensor] | None, decay: float) -> Audit:
        """Return the audit; `true` is the gradient computed again on the shadow model."""
        moved, step = self.moved, self.step
        weights = norm(self.before)
        trained = {n: w for n, w in self.before.items() if self.parameters[n].requires_grad}
        arrived = norm(self.arrived)
        return Audit(
            step,
            arrived,
            None if self.applied is None else norm(self.applied),
            None if not true else norm(true),
            None if not true else cosine(self.arrived, true),
            None if not true else -_none_to_zero(cosine(moved, true)),
            norm(moved) / weights if weights > 0 else norm(moved),
            bool(self.unclean),
            decay * norm(trained) / arrived if arrived > 0 else 0.0,
        )


def norm(tensors: Mapping[str, Tensor]) -> float:
    """Return the norm of all together."""
    norms = [size_of(tensor) for tensor in tensors.values()]
    return math.hypot(*norms)


def cosine(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float | None:
    """Return the cosine between two sets of tensors, over the names they share."""
    names = a.keys() & b.keys()
    dot = sum(float((a[n] * b[n]).sum(dtype=torch.float64)) for n in names)
    size = norm({n: a[n] for n in names}) * norm({n: b[n] for n in names})
    return dot / size if size > 0 and size < float("inf") else None


def _none_to_zero(x: float | None) -> float:
    return 0.0 if x is None else x
