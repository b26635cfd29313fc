# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""How a loss came of the rows, as a module that can be copied and played on other rows.

A recipe is the part of an iteration's calls on which the loss depends: the modules that were
called, and the functions of the loop between them and the loss. It is cut where the outputs meet
the targets: what stands before is the network that is examined, what stands behind is its loss.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from whygrad.doctor.observe.calls import CallLog, Entry, Given, Made, mapped, refs_in, tensors_in
from whygrad.doctor.observe.generators import generators_restored
from whygrad.doctor.observe.losses import BY_FUNCTION, recognise

Tensor = torch.Tensor
TARGET_NAMES = ("labels", "targets", "target", "label", "y")
SIZES = {"view", "reshape", "expand", "repeat", "new_zeros", "new_ones", "unflatten"}
LOSSES = {*BY_FUNCTION, "gaussian_nll_loss", "poisson_nll_loss", "soft_margin_loss",
          "multilabel_soft_margin_loss", "multi_margin_loss", "hinge_embedding_loss"}  # fmt: skip
MEET = {"sub", "__sub__", "rsub", "__rsub__", "mul", "__mul__", "__rmul__", "gather", "__getitem__",
        "pow", "eq", "where", "dist", "subtract", "multiply"}  # fmt: skip


class Cut(NamedTuple):
    """Where outputs meet targets.

    Attributes:
        outputs: what is judged.
        targets: which of the given tensors it is held against.
        name: the known loss that holds it so; "" for another.
        whole: the loss is this one alone, and nothing is added to it.
        options: of the loss's function.
    """

    outputs: Made
    targets: Given
    name: str
    whole: bool
    function: Any = None
    options: Any = None


class Recipe:
    """The calls on which a loss depends, in order.

    Attributes:
        entries: the calls, with ``Made`` numbered among them and ``Given`` among `given`.
        given: the tensors that the loop had, as they were in this iteration.
        end: the loss.
    """

    def __init__(self, entries: list[Entry], given: list[Tensor], end: Made) -> None:
        self.entries, self.given, self.end = entries, given, end
        self.cut: Cut | None = None

    @classmethod
    def of(cls, log: CallLog, loss: Tensor) -> Recipe | None:
        """Return how a loss came about; None where a part of that was not seen."""
        end = log.made(loss)
        if end is None:
            return None
        needed: set[int] = set()
        left = [end.entry]
        while left:
            n = left.pop()
            if n not in needed:
                needed.add(n)
                left += [r.entry for r in refs_in(log.entries[n]) if isinstance(r, Made)]
        order = sorted(needed)
        place = {old: new for new, old in enumerate(order)}
        numbers: dict[int, int] = {}
        given: list[Tensor] = []

        def renumbered(leaf: Any) -> Any:
            if isinstance(leaf, Made):
                return Made(place[leaf.entry], leaf.index)
            if isinstance(leaf, Given):
                if leaf.number not in numbers:
                    numbers[leaf.number] = len(given)
                    given.append(log.given[leaf.number])
                return Given(numbers[leaf.number])
            return leaf

        entries = [
            Entry(
                e.function,
                mapped(e.args, renumbered),
                mapped(e.kwargs, renumbered),
                e.outs,
                e.changes,
            )
            for e in (log.entries[n] for n in order)
        ]
        if any(t.requires_grad and t.grad_fn is not None for t in given):
            return (
                None  # made by what cannot be seen, such as a function with a backward of its own
            )
        return cls(entries, given, Made(place[end.entry], end.index))

    @property
    def signature(self) -> tuple[Any, ...]:
        """What is the same in iterations that go alike."""
        return tuple(
            (id(e.function) if self.is_module(e) else getattr(e.function, "__name__", ""),
             tuple(refs_in(e)))
            for e in self.entries
        )  # fmt: skip

    @staticmethod
    def is_module(entry: Entry) -> bool:
        """Whether a call is one of a module."""
        return isinstance(entry.function, nn.Module)

    def modules(self) -> list[nn.Module]:
        """Return the modules that were called, each once, in order."""
        found: list[nn.Module] = []
        for entry in self.entries:
            if self.is_module(entry) and not any(entry.function is m for m in found):
                found.append(entry.function)
        return found

    def tensor(self, ref: Made | Given) -> Tensor:
        """Return a tensor of this iteration."""
        if isinstance(ref, Given):
            return self.given[ref.number]
        return self.entries[ref.entry].outs[ref.index]

    def find_cut(self) -> Cut | None:
        """Find where outputs meet targets; None where they are not held against any."""
        by_function = [
            (n, e)
            for n, e in enumerate(self.entries)
            if getattr(e.function, "__name__", "") in LOSSES
        ]
        found = [c for n, e in by_function if (c := self._of_function(n, e)) is not None]
        if found:
            return max(found, key=lambda c: self._share(c))
        if by_function:
            return None  # it is held against what is learned itself
        for n, entry in reversed(list(enumerate(self.entries))):
            numbers = [k for k, t in enumerate(entry.outs) if t.ndim == 0 and t.requires_grad]
            if self.is_module(entry) and numbers:
                return self._inside(n, entry, numbers[0])
        return self._by_hand()

    def _share(self, cut: Cut) -> float:
        entry = next(
            e for e in self.entries if e.function is cut.function and cut.outputs in refs_in(e)
        )
        value = entry.outs[0].detach()
        return float(value.abs().mean()) if value.numel() else 0.0

    def _of_function(self, n: int, entry: Entry) -> Cut | None:
        args, kwargs = list(entry.args), dict(entry.kwargs)
        outputs = args.pop(0) if args else kwargs.pop("input", None)
        targets = args.pop(0) if args else kwargs.pop("target", None)
        if not (isinstance(outputs, Made) and isinstance(targets, Given)):
            return None
        name = BY_FUNCTION.get(entry.function.__name__, "")
        plain = not args and not any(isinstance(v, Made | Given) for v in kwargs.values())
        whole = self.end == Made(n, 0) and plain
        return Cut(outputs, targets, name, whole, entry.function, kwargs if plain else None)

    @property
    def shape(self) -> tuple[int, int]:
        """What tells losses of one training apart: how many calls they are made of, and what of."""
        modules = [id(m) for m in self.modules()]
        return len(self.entries), hash(tuple(modules))

    def _inside(self, n: int, entry: Entry, number: int) -> Cut | None:
        """Find outputs and targets of a module that gives its own loss."""
        names = [key for key in entry.kwargs if key in TARGET_NAMES] if entry.kwargs else []
        refs = [entry.kwargs[key] for key in names] + refs_in(entry)
        loss = float(entry.outs[number].detach())
        for targets in (r for r in refs if isinstance(r, Given)):
            y = self.tensor(targets)
            for index, out in enumerate(entry.outs):
                pair = _flat_pair(out, y)
                if pair is None or index == number or not out.requires_grad:
                    continue
                name, _ = recognise(loss, *pair)
                if name:
                    return Cut(Made(n, index), targets, name, True)
        return None

    def _by_hand(self) -> Cut | None:
        """Find the first function to which a module's answer and a given tensor come."""
        fed = {r for e in self.entries if self.is_module(e) for r in refs_in(e)}
        of_module: set[int] = set()
        for n, entry in enumerate(self.entries):
            refs = refs_in(entry)
            learned = [r for r in refs if isinstance(r, Made) and r.entry in of_module]
            if self.is_module(entry):
                of_module.add(n)
                continue
            if learned:
                of_module.add(n)
            if len(learned) != 1 or getattr(entry.function, "__name__", "") not in MEET:
                continue
            out = self.tensor(learned[0])
            for ref in refs:
                if not isinstance(ref, Given) or ref in fed:
                    continue
                y = self.tensor(ref)
                if y.ndim and torch.equal(y, torch.arange(len(y), device=y.device)):
                    continue  # it picks each row's own
                if out.ndim and y.ndim and not y.requires_grad and len(y) == len(out) > 1:
                    return Cut(learned[0], ref, "", False)
        return None


def _flat_pair(out: Tensor, y: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return outputs and targets as a loss compares them, if they may belong together."""
    if out.ndim < 1 or not y.ndim or not out.is_floating_point():
        return None
    if not y.is_floating_point() and out.shape[:-1] == y.shape:
        return out.reshape(-1, out.shape[-1]), y.reshape(-1)
    return (out, y) if out.shape == y.shape else None


def flat_outputs(out: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return outputs and targets with one row each, where each row has several answers."""
    if out.ndim == 3 and not y.is_floating_point() and out.shape[:-1] == y.shape:
        return out.reshape(-1, out.shape[-1]), y.reshape(-1)
    return out, y


class Slot(NamedTuple):
    """How a given tensor lies in packed rows: its shape behind the rows, along which axis they are.

    Attributes:
        repeats: how many of its first axis belong to one row, one row's together.
    """

    number: int
    axis: int
    repeats: int
    rest: tuple[int, ...]
    dtype: torch.dtype


class Pathway(nn.Module):
    """The user's modules with what the loop does between them, up to the outputs.

    Its parameters are the user's own, under the names that the modules have in the program. Rows
    of several given tensors are packed into one tensor; `unpacked` gives them back.
    """

    def __init__(self, recipe: Recipe, cut: Cut, names: Sequence[str]) -> None:
        super().__init__()
        self.cut, self.end = cut, recipe.end
        self.where = {id(m): name for m, name in zip(recipe.modules(), names, strict=True)}
        for module, name in zip(recipe.modules(), names, strict=True):
            self.add_module(name, module)
        self.calls = [
            (self.where.get(id(e.function)), None if recipe.is_module(e) else e.function, e.args,
             e.kwargs, e.changes)
            for e in recipe.entries
        ]  # fmt: skip
        # Whatever the outputs need, and no more.
        self.before = _needed(recipe.entries, cut.outputs.entry)
        self.rows = _rows_of(recipe, cut)
        y = recipe.tensor(cut.targets)
        self.repeats = len(y) // self.rows if y.ndim and len(y) % self.rows == 0 else 1
        uses = {r for n in self.before for r in refs_in(recipe.entries[n]) if isinstance(r, Given)}
        self.slots: list[Slot] = []
        self.fixed: dict[int, str] = {}
        for number, tensor in enumerate(recipe.given):
            slot = _slot(number, tensor, self.rows)
            if tensor.requires_grad:
                name = f"parameter{number}"
                self.register_parameter(name, tensor)  # type: ignore[arg-type]
                self.fixed[number] = name
            elif slot is None:
                name = f"constant{number}"
                self.register_buffer(name, tensor.detach().clone(), persistent=False)
                self.fixed[number] = name
            elif (
                Given(number) in uses or number != cut.targets.number
            ):  # targets come by themselves
                self.slots.append(slot)
        self.single = len(self.slots) == 1 and self.slots[0] == _slot_whole(self.slots[0])
        self.inputs = [s for s in self.slots if s.number != cut.targets.number]
        self.exact = (
            all(s.dtype.is_floating_point for s in self.slots) and self.inputs == self.slots
        )

    @property
    def training(self) -> bool:  # type: ignore[override]
        """Whether a module of the user's is in training mode."""
        return any(module.training for module in self.children())

    @training.setter
    def training(self, mode: bool) -> None:
        """Modes are the modules' own."""

    def is_by_rows(self, given: Sequence[Tensor]) -> bool:
        """Whether half of the rows can be passed through alone, and give half the answers."""
        x = self.packed(dict(enumerate(given)))
        if x is None:
            return False
        half = max(1, len(x) // 2)
        modes = [(module, module.training) for module in self.modules() if module is not self]
        try:
            with generators_restored(), torch.no_grad():
                self.eval()
                whole, part = self(x), self(x[:half])
        except Exception:
            return False
        finally:
            for module, mode in modes:
                vars(module)["training"] = mode
        rows = len(whole) if whole.ndim else 0
        same = whole.ndim == part.ndim and whole.shape[1:] == part.shape[1:]
        return same and bool(rows) and len(part) * len(x) == rows * half

    def packed(self, given: Mapping[int, Tensor]) -> Tensor | None:
        """Return the rows of an iteration as one tensor; None if they are of another shape."""
        parts: list[Tensor] = []
        for slot in self.slots:
            part = given[slot.number].detach()
            part = part.movedim(slot.axis, 0) if slot.axis else part
            if part.dtype is not slot.dtype or tuple(part.shape[1:]) != slot.rest:
                return None
            if self.single:
                return part.clone()
            if len(part) % slot.repeats:
                return None
            flat = part.reshape(len(part) // slot.repeats, -1)
            parts.append(flat.double() if self.exact else _as_integers(flat))
        if not parts or len({len(part) for part in parts}) != 1:
            return None
        return torch.cat(parts, 1)

    def unpacked(self, x: Tensor) -> dict[int, Tensor]:
        """Return the given tensors that packed rows hold."""
        if self.single:
            return {self.slots[0].number: x}
        found: dict[int, Tensor] = {}
        at = 0
        for slot in self.slots:
            width = slot.repeats
            for size in slot.rest:
                width *= size
            flat = x[:, at : at + width]
            at += width
            part = flat.to(slot.dtype) if self.exact else _from_integers(flat, slot.dtype)
            part = part.reshape(len(x) * slot.repeats, *slot.rest)
            found[slot.number] = part.movedim(0, slot.axis).contiguous() if slot.axis else part
        return found

    def repacked(self, x: Tensor, number: int, tensor: Tensor) -> Tensor:
        """Return packed rows with one of the given tensors changed."""
        given = {**self.unpacked(x), number: tensor}
        packed = self.packed(given)
        assert packed is not None  # of the same shapes
        return packed

    def table(self, x: Tensor) -> Tensor:
        """Return packed rows as numbers, without the targets: what can be learned from."""
        if self.single:
            return x
        given = self.unpacked(x)
        slots = self.inputs or self.slots
        return torch.cat([given[s.number].movedim(s.axis, 0).reshape(len(x), -1).double()
                          for s in slots], 1)  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs, which carry with them what the loss needs besides."""
        given = {**self.unpacked(x), **{n: getattr(self, name) for n, name in self.fixed.items()}}
        values: dict[int, Any] = {}
        for n in self.before:
            values[n] = self.call(n, values, given, len(x))
        out = values[self.cut.outputs.entry][self.cut.outputs.index]
        out = out.view_as(out) if out.requires_grad else out.clone()
        out.whygrad_rest = (self, values, given, len(x))
        return out

    def as_given(self, targets: Tensor) -> Tensor:
        """Return targets as the loop has them, of those with one entry for each row."""
        return targets.flatten(0, 1) if self.repeats > 1 else targets

    def call(self, n: int, values: dict[int, Any], given: dict[int, Tensor], rows: int) -> Any:
        """Play the n-th call again, with what calls before it gave, and return its tensors."""
        name, function, args, kwargs, changes = self.calls[n]
        sized = getattr(function, "__name__", "") in SIZES and rows != self.rows

        def put(leaf: Any) -> Any:
            if isinstance(leaf, Made):
                return values[leaf.entry][leaf.index]
            if isinstance(leaf, Given):
                return given[leaf.number]
            if sized and type(leaf) is int and self.rows > 1 and leaf % self.rows == 0 and leaf > 0:
                return leaf // self.rows * rows
            return leaf

        args, kwargs = mapped(args, put), mapped(kwargs, put)
        if changes:
            args = (args[0].clone(), *args[1:])
        play: Any = function if name is None else getattr(self, name)
        out = play(*args, **kwargs)
        return (args[0],) if changes else tuple(tensors_in(out))


class RecipeLoss:
    """The user's own loss, of outputs that the pathway gave, and targets."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.__name__ = getattr(cut.function, "__name__", "") if cut.whole else ""

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss.

        Raises:
            ValueError: the outputs are not a pathway's.
        """
        rest = getattr(outputs, "whygrad_rest", None)
        if rest is None:
            raise ValueError("these outputs are not of the network that is examined")
        path, values, given, rows = rest
        values = {**values, self.cut.outputs.entry: _with(values, self.cut.outputs, outputs)}
        given = {**given, self.cut.targets.number: path.as_given(targets)}
        for n in range(path.end.entry + 1):
            if n not in values:
                values[n] = path.call(n, values, given, rows)
        return values[path.end.entry][path.end.index]


def _with(values: dict[int, Any], ref: Made, outputs: Tensor) -> tuple[Any, ...]:
    outs = list(values[ref.entry])
    outs[ref.index] = outputs
    return tuple(outs)


def _needed(entries: Sequence[Entry], end: int) -> list[int]:
    needed: set[int] = set()
    left = [end]
    while left:
        n = left.pop()
        if n not in needed:
            needed.add(n)
            left += [r.entry for r in refs_in(entries[n]) if isinstance(r, Made)]
    return sorted(needed)


def _rows_of(recipe: Recipe, cut: Cut) -> int:
    """Return how many rows the iteration has: the first axis of what the first module is given."""
    for n in _needed(recipe.entries, cut.outputs.entry):
        for ref in refs_in(recipe.entries[n]):
            tensor = recipe.tensor(ref)
            if isinstance(ref, Given) and tensor.ndim and not tensor.requires_grad:
                return len(tensor)
    return len(recipe.tensor(cut.targets))


def _slot(number: int, tensor: Tensor, rows: int) -> Slot | None:
    if tensor.ndim and len(tensor) == rows:
        return Slot(number, 0, 1, tuple(tensor.shape[1:]), tensor.dtype)
    if tensor.ndim > 1 and tensor.shape[1] == rows:
        rest = tuple(size for n, size in enumerate(tensor.shape) if n != 1)
        return Slot(number, 1, 1, rest, tensor.dtype)
    if tensor.ndim and rows > 1 and len(tensor) and len(tensor) % rows == 0:
        return Slot(number, 0, len(tensor) // rows, tuple(tensor.shape[1:]), tensor.dtype)
    return None


def _slot_whole(slot: Slot) -> Slot:
    return Slot(slot.number, 0, 1, slot.rest, slot.dtype)


def _as_integers(flat: Tensor) -> Tensor:
    return flat.double().view(torch.int64) if flat.is_floating_point() else flat.to(torch.int64)


def _from_integers(flat: Tensor, dtype: torch.dtype) -> Tensor:
    if dtype.is_floating_point:
        return flat.contiguous().view(torch.float64).to(dtype)
    return flat.to(dtype)


OWN_NAMES = ("cut", "end", "calls", "rows", "repeats", "slots", "inputs", "fixed", "table", "call")
ASSIGNED = re.compile(r"^\s*(?:self\.)?([A-Za-z]\w*)\s*(?::[^=]+)?=[^=]")


def names_of(modules: Sequence[nn.Module], lines: Sequence[str]) -> list[str]:
    """Return a name for each module: as the program's line says that made it, or its class's."""
    found: list[str] = []
    for module, line in zip(modules, lines, strict=True):
        file, _, number = line.rpartition(":")
        text = linecache.getline(file, int(number)) if number.isdigit() else ""
        match = ASSIGNED.match(text)
        name = match[1] if match else type(module).__name__.lower()
        while name in found or hasattr(nn.Module, name) or name in OWN_NAMES:
            name += "_"
        found.append(name)
    return found
