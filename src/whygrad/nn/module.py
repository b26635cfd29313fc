"""What every layer is: something with parameters that maps tensors to a tensor."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from whygrad.engine.roles import ParameterKind, Role
from whygrad.engine.tensor import Tensor, annotate, tensor
from whygrad.nn import scope

_carried: ContextVar[dict[Tensor, Tensor] | None] = ContextVar("carried", default=None)
_outermost: ContextVar[Module | None] = ContextVar("outermost", default=None)


@contextmanager
def carrying() -> Generator[dict[Tensor, Tensor]]:
    """Collect how the iteration recorded inside changes buffers: each before, with its after.

    Outside, a layer changes its buffers at once, as in PyTorch. An iteration that is recorded to
    be played again must not: its tape carries the change, as it carries updated parameters.
    """
    collected: dict[Tensor, Tensor] = {}
    token = _carried.set(collected)
    try:
        yield collected
    finally:
        _carried.reset(token)


class Module:
    """Something with parameters that maps tensors to a tensor. Subclass it and write ``forward``.

    Attributes:
        training: whether it behaves as in training (dropout, batch norm); see ``train``, ``eval``.
        weighted: whether its output is a weighted sum; the sums of a network are numbered.
        letter: how ``Sequential`` names its output: z for a weighted sum, a for an activation.
        folds: whether its steps fold into one part.
        output: what its output is called in its own scope; empty for the module's own name.
    """

    training: bool = True
    weighted: bool = False
    letter: str = "a"
    folds: bool = True
    output: str = ""

    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        """Compute the output. Steps recorded here are marked as part of this module."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *inputs: Any, **options: Any) -> Tensor:
        token = _outermost.set(self) if _outermost.get() is None else None
        try:
            with scope.entered(self, self.title) as local:
                with annotate(part=(self.title,) if self.folds else ()):
                    made = self.forward(*inputs, **options)
                if self.output:
                    scope.name(made, self.output)
            if local and not self.output and not any(made is x for x in inputs):
                scope.name(made, local)
            return made
        finally:
            if token is not None:
                _outermost.reset(token)

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return type(self).__name__.lower()

    def train(self, mode: bool = True) -> Self:
        """Behave as in training, here and in all modules inside."""
        self.training = mode
        for _, child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Behave as in use after training: no dropout, batch norm by its running statistics."""
        return self.train(False)

    def children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules kept as attributes (or in lists of them), by name."""
        for name, item in vars(self).items():
            if isinstance(item, Module):
                yield name, item
            elif isinstance(item, list | tuple):
                for n, part in enumerate(item):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                    if isinstance(part, Module):
                        yield f"{name}.{n}", part

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters by path, each once even if it is shared."""
        yield from self._named("parameter", prefix)

    def parameters(self) -> list[Tensor]:
        """Return the parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Yield what is carried from one iteration to the next without being trained, by path."""
        yield from self._named("buffer", prefix)

    def _named(self, role: Role, prefix: str) -> Iterator[tuple[str, Tensor]]:
        seen: set[Tensor] = set()
        for path, owner, attribute in self.slots(prefix, (role,)):
            found = getattr(owner, attribute)
            if found not in seen:
                seen.add(found)
                yield path, found

    def slots(
        self, prefix: str = "", roles: Sequence[str] = ("parameter",)
    ) -> Iterator[tuple[str, Module, str]]:
        """Yield ``(path, module, attribute)`` for every place that holds a parameter.

        Args:
            prefix: what the paths start with.
            roles: "parameter", "buffer" or both.
        """
        for name, item in vars(self).items():
            if isinstance(item, Tensor) and item.role in roles:
                yield f"{prefix}{name}", self, name
        for name, child in self.children():
            yield from child.slots(f"{prefix}{name}.", roles)

    def replace_parameters(self, new: dict[Tensor, Tensor]) -> None:
        """Put other tensors where parameters (or buffers) are, wherever they are shared."""
        for _, owner, attribute in list(self.slots(roles=("parameter", "buffer"))):
            current = getattr(owner, attribute)
            setattr(owner, attribute, new.get(current, current))

    def to(self, dtype: Any) -> Self:
        """Compute in another floating-point dtype: "float32" or "float64"."""
        wanted = np.dtype(dtype)
        for _, owner, attribute in list(self.slots(roles=("parameter", "buffer"))):
            old: Tensor = getattr(owner, attribute)
            data = old.data.astype(wanted)
            new = Tensor(data, old.shape, role=old.role, kind=old.kind, name=old.name)
            setattr(owner, attribute, new)
        return self

    def place(self) -> str:
        """Return this module's path in the network that is being called: layers.2."""
        root = _outermost.get()
        return "" if root is None else next(root.paths_to(self), "")

    def paths_to(self, module: object, prefix: str = "") -> Iterator[str]:
        """Yield every path from here to a module."""
        if module is self:
            yield prefix
        for name, child in self.children():
            yield from child.paths_to(module, f"{prefix}.{name}" if prefix else name)

    def latest(self, name: str) -> Tensor:
        """Return the buffer called ``name`` as it stands at this point of the iteration."""
        before: Tensor = getattr(self, name)
        collected = _carried.get()
        return before if collected is None else collected.get(before, before)

    def carry(self, name: str, after: Tensor) -> None:
        """Let ``after`` take the place of the buffer called ``name`` from here on."""
        before: Tensor = getattr(self, name)
        collected = _carried.get()
        if collected is None:
            setattr(self, name, Tensor(after.numpy(), before.shape, role="buffer"))
        else:
            collected[before] = after


def parameter(
    data: Any,
    *,
    name: str = "",
    shape: tuple[int, ...] | None = None,
    kind: ParameterKind | None = None,
) -> Tensor:
    """Make a trainable tensor.

    Args:
        data: numbers; anything ``tensor`` takes.
        name: what explanations call it.
        shape: its sizes, which may carry names.
        kind: "weight", "bias", "scale", "shift" or "embedding"; by default what its uses say.
    """
    made = _leaf(data, "parameter", name, shape)
    made.kind = kind
    return made


def buffer(data: Any, *, name: str = "", shape: tuple[int, ...] | None = None) -> Tensor:
    """Make a tensor that a layer carries from one iteration to the next, but does not train."""
    return _leaf(data, "buffer", name, shape)


def _leaf(data: Any, role: Role, name: str, shape: tuple[int, ...] | None) -> Tensor:
    made = tensor(data, name=name, role=role)
    if shape is not None:
        made.shape = shape
    return made
