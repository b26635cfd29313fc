"""What every layer is: something with parameters that maps tensors to a tensor."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self, cast

import numpy as np

from whygrad.engine.dims import show_shape
from whygrad.engine.functional import as_tensor
from whygrad.engine.roles import PARAMETER_KINDS, ParameterKind, Role
from whygrad.engine.tensor import Tensor, annotate, tensor
from whygrad.errors import ShapeError, UnknownName, WhygradError, unknown
from whygrad.nn import scope
from whygrad.option import quoted, several, truth, whole

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

    def taken(self, inputs: Sequence[Any], least: int = 1, most: int | None = None) -> list[Tensor]:
        """Return what the module was called with, as tensors.

        Args:
            inputs: tensors, arrays or nested lists.
            least: how many there must be.
            most: how many there may be; by default ``least``.

        Raises:
            WhygradError: there are more or fewer, or they are not numbers.
        """
        return [as_tensor(x) for x in self.counted(inputs, least, most)]

    def counted(
        self, inputs: Sequence[Any], least: int = 1, most: int | None = None
    ) -> Sequence[Any]:
        """Return what the module was called with, if it is as much as it takes; see ``taken``."""
        most = least if most is None else most
        if not least <= len(inputs) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise WhygradError(f"{self.title}: takes {wanted} input(s), not {len(inputs)}")
        return inputs

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return type(self).__name__.lower()

    def train(self, mode: bool = True) -> Self:
        """Behave as in training, here and in all modules inside."""
        self.training = truth("train", "mode", mode)
        for _, child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Behave as in use after training: no dropout, batch norm by its running statistics."""
        return self.train(False)

    def __setattr__(self, name: str, value: object) -> None:
        """Keep an attribute; what takes a parameter's or a buffer's place must be one too.

        Raises:
            WhygradError: the attribute holds a parameter, and would hold something that is none.
        """
        now = vars(self).get(name)
        if isinstance(now, Tensor) and value is not None:
            role = value.role if isinstance(value, Tensor) else ""
            if now.role == "parameter" != role:
                raise WhygradError(
                    f"{type(self).__name__}.{name} is a parameter, and would be trained no more: "
                    f"write {name} = nn.parameter(...) to put other numbers in its place"
                )
            if now.role == "buffer" != role:
                value = buffer(value)
        object.__setattr__(self, name, value)

    def children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules kept as attributes, or in lists and dicts of them, by name."""
        for path, found in _kept(vars(self)):
            if isinstance(found, Module):
                yield path, found

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
        for path, _, found in self.slots(prefix, (role,)):
            if found not in seen:
                seen.add(found)
                yield path, found

    def slots(
        self, prefix: str = "", roles: Sequence[str] = ("parameter",)
    ) -> Iterator[tuple[str, Module, Tensor]]:
        """Yield ``(path, module, tensor)`` for every place that holds a parameter.

        Args:
            prefix: what the paths start with.
            roles: "parameter", "buffer" or both.
        """
        for path, found in _kept(vars(self)):
            if isinstance(found, Tensor) and found.role in roles:
                yield f"{prefix}{path}", self, found
        for name, child in self.children():
            yield from child.slots(f"{prefix}{name}.", roles)

    def to(self, dtype: Any) -> Self:
        """Compute in another floating-point dtype: "float32" or "float64".

        Raises:
            WhygradError: it is another.
        """
        try:
            wanted = np.dtype(dtype)
        except Exception:  # NumPy raises what it likes
            wanted = np.dtype(bool)
        if wanted.name not in ("float32", "float64"):
            raise WhygradError(f"to: {quoted(dtype)} is not allowed; use 'float32' or 'float64'")
        for _, _, found in self.slots(roles=("parameter", "buffer")):
            if found.dtype != wanted:
                found.put(found.array.astype(wanted))
        return self

    def place(self) -> str:
        """Return this module's path in the network that is being called: layers.2."""
        root = _outermost.get()
        return "" if root is None else next(root.paths_to(self), "")

    def paths_to(self, module: Module, prefix: str = "") -> Iterator[str]:
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
            before.put(after.numpy())
        else:
            collected[before] = after


def _kept(items: Mapping[Any, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the tensors and modules in a mapping, and in lists and dicts in it, by path."""
    for key, item in items.items():
        path = f"{prefix}{key}"
        if isinstance(item, Tensor | Module):
            yield path, item
        elif isinstance(item, dict):
            yield from _kept(cast("dict[Any, object]", item), f"{path}.")
        elif isinstance(item, list | tuple):
            yield from _kept(dict(enumerate(cast("Sequence[object]", item))), f"{path}.")


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
    if not isinstance(cast("object", kind), str | None) or kind not in (*PARAMETER_KINDS, None):
        raise UnknownName(unknown("kind of parameter", kind, PARAMETER_KINDS))
    made = _leaf(data, "parameter", name, shape)
    made.kind = kind
    return made


def buffer(data: Any, *, name: str = "", shape: tuple[int, ...] | None = None) -> Tensor:
    """Make a tensor that a layer carries from one iteration to the next, but does not train."""
    return _leaf(data, "buffer", name, shape)


def _leaf(data: Any, role: Role, name: str, shape: tuple[int, ...] | None) -> Tensor:
    made = tensor(data, name=name, role=role)
    if shape is not None:
        sizes = tuple(whole(role, "a size", n, least=0) for n in several(role, "shape", shape))
        if sizes != made.shape:
            raise ShapeError(
                f"{role}: {show_shape(made.shape)} is not of shape {show_shape(sizes)}"
            )
        made.shape = sizes
    return made
