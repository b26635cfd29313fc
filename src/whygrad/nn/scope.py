"""Names inside models: what a person would name has its name in the scope of its module.

While a naming is on, every module that is called is a scope, called by its path in the model; its
output is called by that path (``block1.norm1``), and what it names inside stands under it
(``block1.norm1.mean``). A module that is called again is another scope: ``encoder``, ``encoder_2``.
Where no naming is on, naming costs nothing and does nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from whygrad.engine.tensor import Tensor

_KEPT = ("yhat", "L")  # what an iteration calls its output and loss
Made = TypeVar("Made")


class _Caller(Protocol):
    """A module: it knows its path to the modules inside."""

    def paths_to(self, module: object) -> Iterator[str]: ...


@dataclass
class Scope:
    """A call of a module.

    Attributes:
        names: the names given so far, in any scope.
        owner: the module that is called; None outside of all modules.
        path: its name in the model; empty for the model itself.
        calls: how often each name has been called from here.
    """

    names: dict[Tensor, str]
    owner: _Caller | None = None
    path: str = ""
    calls: Counter[str] = field(default_factory=Counter[str])

    def inner(self, local: str) -> str:
        """Return the whole name of something in this scope."""
        return f"{self.path}.{local}" if self.path else local


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_called: ContextVar[str | None] = ContextVar("called", default=None)


@contextmanager
def naming() -> Generator[dict[Tensor, str]]:
    """Collect the names of what modules compute inside.

    The outermost module's own values and layers are called by their names in it.
    """
    names: dict[Tensor, str] = {}
    token = _scope.set(Scope(names))
    try:
        yield names
    finally:
        _scope.reset(token)


def name(value: Tensor, local: str) -> Tensor:
    """Give a value its name in the scope of the module that is being called, and return it.

    A later name takes the place of an earlier one; one that a person gave (``Tensor.named``) stays.

    Args:
        value: what is named; a leaf keeps its name.
        local: its name in the scope.
    """
    scope = _scope.get()
    if scope is not None and value.op is not None and (scope.path or local not in _KEPT):
        scope.names[value] = scope.inner(local)
    return value


@contextmanager
def called(local: str | None) -> Generator[None]:
    """Call the modules in here ``local``, and not by their paths in their caller.

    None calls them by their paths. With an empty name a module has no scope of its own, and its
    output no name.
    """
    token = _called.set(local)
    try:
        yield
    finally:
        _called.reset(token)


@contextmanager
def entered(module: _Caller, title: str) -> Generator[str | None]:
    """Enter the scope of a module that is called; give the name of its output in its caller.

    Args:
        module: the module.
        title: what it is called where its caller does not hold it.
    """
    caller, given = _scope.get(), _called.get()
    if caller is None:
        yield None
        return
    local = given
    if local is None and caller.owner is not None:
        local = next(caller.owner.paths_to(module), "")
        local = local or slug(title)
    if local:
        caller.calls[local] += 1
        local += f"_{caller.calls[local]}" if caller.calls[local] > 1 else ""
    path = caller.inner(local) if local else caller.path
    scope, fresh = _scope.set(Scope(caller.names, module, path)), _called.set(None)
    try:
        yield slug(title) if local is None else local
    finally:
        _scope.reset(scope)
        _called.reset(fresh)


def slug(title: str) -> str:
    """Return a title as a name: "layer norm" is layer_norm."""
    return title.lower().replace(" ", "_").replace("-", "_")
