# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""What a training loop calls between its rows and its loss: modules, and PyTorch's functions.

Only what stands in the loop itself is noted: what a module calls is the module's. Everything is
told apart by identity, so nothing of the user's is hashed, compared or printed; and it is let go
when the iteration ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

Tensor = torch.Tensor
MOST_ENTRIES = 4000  # of an iteration; a longer one is not noted
VIEWS = ("T", "mT", "H", "mH", "real", "imag")  # attributes that give another tensor


class Made(NamedTuple):
    """A tensor that a call of the loop gave: which call, and which of its tensors."""

    entry: int
    index: int


class Given(NamedTuple):
    """A tensor that the loop had: by its number among those."""

    number: int


class Entry(NamedTuple):
    """A call of the loop's that gave a tensor with a gradient.

    Attributes:
        function: a function of PyTorch's, or a module.
        args: what it was called with; tensors are ``Made`` or ``Given``.
        changes: it changes its first argument, which is what it gives.
    """

    function: Any
    args: Any
    kwargs: Any
    outs: tuple[Tensor, ...]
    changes: bool


def tensors_in(value: Any, deep: int = 4) -> Iterator[Tensor]:
    """Yield the tensors in what a call gave, or was given, in order."""
    for _, tensor in places_in(value, deep=deep):
        yield tensor


def places_in(value: Any, place: tuple[Any, ...] = (), deep: int = 4) -> Iterator[Any]:
    """Yield (place, tensor) for the tensors in a value: plain containers and dataclasses."""
    if isinstance(value, Tensor):
        yield place, value
    elif deep and isinstance(value, tuple | list):
        for n, part in enumerate(value):
            yield from places_in(part, (*place, n), deep - 1)
    elif deep and isinstance(value, dict):
        for key, part in dict.items(value):
            yield from places_in(part, (*place, key), deep - 1)
    elif deep and is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from places_in(vars(value).get(field.name), (*place, field.name), deep - 1)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value with its leaves changed; plain containers are made anew."""
    if type(value) is list:
        return [mapped(part, change) for part in value]
    if type(value) is tuple:
        return tuple(mapped(part, change) for part in value)
    if (
        isinstance(value, tuple)
        and hasattr(value, "_fields")
        and not isinstance(value, Made | Given)
    ):
        return type(value)(*(mapped(part, change) for part in value))
    if type(value) is dict:
        return {key: mapped(part, change) for key, part in value.items()}
    if type(value) is slice:
        return slice(*(mapped(part, change) for part in (value.start, value.stop, value.step)))
    return change(value)


def _name(function: Any) -> str:
    if getattr(function, "__name__", "") == "__get__":  # an attribute
        return getattr(getattr(function, "__self__", None), "__name__", "")
    return getattr(function, "__name__", "")


def _changes(name: str) -> bool:
    """Whether a function changes its first argument in place."""
    return (
        name == "__setitem__"
        or (name.endswith("_") and not name.endswith("__"))
        or (
            name.startswith("__i")
            and name.endswith("__")
            and name not in ("__invert__", "__int__", "__index__")
        )
    )


class CallLog(TorchFunctionMode):
    """Notes the calls of one iteration, while it is on.

    Attributes:
        entries: those that gave a tensor with a gradient.
        given: the tensors that the loop had, in the order of their first use.
    """

    def __init__(
        self, takes: Callable[[], bool], judged: Callable[..., None], guarded: Callable[..., Any]
    ) -> None:
        super().__init__()
        self.takes, self.judged, self.guarded = takes, judged, guarded
        self.forget()

    def forget(self) -> None:
        """Let go of what was noted."""
        self.entries: list[Entry] = []
        self.given: list[Tensor] = []
        self._numbers: dict[int, int] = {}
        self._made: dict[int, Made] = {}
        self._origins: dict[int, tuple[Tensor, frozenset[int]]] = {}  # of tensors without gradient

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if self.takes():
            self.guarded(self.note, func, args, kwargs or {}, out, _name(func))
        return out

    def note(self, function: Any, args: Any, kwargs: Any, out: Any, name: str = "") -> None:
        """Note a call; `name` is a function's, "" for a module."""
        if getattr(function, "__name__", "") == "__get__" and name not in VIEWS:
            return
        if len(self.entries) >= MOST_ENTRIES:
            self.forget()
        self.judged(name, args, kwargs, out)
        changes = _changes(name) and bool(args) and isinstance(args[0], Tensor)
        outs = (args[0],) if changes else tuple(tensors_in(out))
        if torch.is_grad_enabled() and any(t.requires_grad for t in outs):
            entry = Entry(function, self._noted(args), self._noted(kwargs), outs, changes)
            self.entries.append(entry)
            for n, tensor in enumerate(outs):
                self._made[id(tensor)] = Made(len(self.entries) - 1, n)
        elif outs and len(self._origins) < MOST_ENTRIES:
            origin = frozenset().union(*(self.origin(t) for t in tensors_in((args, kwargs))))
            origin |= {id(function)} if not name else set()
            if origin:
                self._origins.update({id(t): (t, origin) for t in outs})

    def made(self, tensor: Tensor) -> Made | None:
        """Return which call gave a tensor; None if none was seen to."""
        return self._made.get(id(tensor))

    def origin(self, tensor: Tensor) -> frozenset[int]:
        """Return the ids of the modules without whose answers this would be another tensor."""
        known = self._origins.get(id(tensor))
        if known is not None:
            return known[1]
        made = self.made(tensor)
        if made is None:
            return frozenset()
        seen: set[int] = set()
        modules: set[int] = set()
        left = [made.entry]
        while left:
            n = left.pop()
            if n in seen:
                continue
            seen.add(n)
            entry = self.entries[n]
            if isinstance(entry.function, torch.nn.Module):
                modules.add(id(entry.function))
            left += [ref.entry for ref in refs_in(entry) if isinstance(ref, Made)]
        return frozenset(modules)

    def _noted(self, value: Any) -> Any:
        def change(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            made = self._made.get(id(leaf))
            if made is not None:
                return made
            number = self._numbers.get(id(leaf))
            if number is None:
                number = self._numbers[id(leaf)] = len(self.given)
                self.given.append(leaf)
            return Given(number)

        return mapped(value, change)


def refs_in(entry: Entry) -> list[Any]:
    """Return what tensors a call was given, as ``Made`` and ``Given``, in order."""
    found: list[Any] = []

    def take(leaf: Any) -> Any:
        if isinstance(leaf, Made | Given):
            found.append(leaf)
        return leaf

    mapped(entry.args, take)
    mapped(entry.kwargs, take)
    return found


def is_on(log: CallLog) -> bool:
    """Whether a log is the innermost mode of this thread."""
    modes = _get_current_function_mode_stack()
    return bool(modes) and modes[-1] is log


def switch_on(log: CallLog) -> None:
    """Put a log on this thread, unless the user's own modes are there."""
    if not _get_current_function_mode_stack():
        log.__enter__()


def switch_off(log: CallLog) -> None:
    """Take a log off this thread, if it is the innermost mode."""
    if is_on(log):
        log.__exit__(None, None, None)
