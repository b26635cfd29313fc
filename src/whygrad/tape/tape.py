"""The record: which ops were applied to which values, in order. It holds no numbers.

A tape is plain frozen data. Its JSON form (``whygrad-tape/1``) is described in
``docs/tape-format.md``; ``Tape.from_json`` checks it fully and names the first fault.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar, cast

from whygrad.engine.dims import Dim, Shape, same_shape, show_shape
from whygrad.engine.notation import symbol
from whygrad.engine.op import DTYPES, Dtype, Op
from whygrad.engine.ops import OPS
from whygrad.engine.roles import PARAMETER_KINDS, PHASES, ROLES, ParameterKind, Phase, Role
from whygrad.errors import TapeError, UnknownName, WhygradError, unknown
from whygrad.tape.labels import labels

FORMAT = "whygrad-tape/1"
MAX_STEPS = 2_000_000
MAX_NAMED_SIZES = 1000
MAX_RANK = 16
MAX_DEPTH = 3  # of lists in params
MAX_TEXT = 1000

Json = Any
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Value:
    """An array's place on the tape.

    ``name`` is empty for an intermediate that only the unfolded tape shows. ``gradient_of`` is the
    id of the value whose complete gradient this is. ``kind`` is what a parameter does, where that
    is known.
    """

    id: int
    name: str
    shape: Shape
    dtype: Dtype
    role: Role
    gradient_of: int | None = None
    kind: ParameterKind | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a backward step passes a gradient through.

    Attributes:
        step: the forward step being reversed.
        argument: which of that step's inputs the contribution belongs to.
        upstream: id of the gradient that arrives.
        local: id of the local derivative's array, where it is one number per element.
        contribution: id of what this use contributes: upstream x local.
    """

    step: int
    argument: int
    upstream: int
    local: int | None
    contribution: int


@dataclass(frozen=True, slots=True)
class Source:
    """The line of the user's own program that a step came from."""

    file: str
    line: int
    code: str


@dataclass(frozen=True, slots=True)
class Step:
    """One op applied once."""

    id: int
    op: str
    inputs: tuple[int, ...]
    output: int
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    phase: Phase = "forward"
    part: tuple[str, ...] = ()
    reverses: Reversal | None = None
    source: Source | None = None


@dataclass(frozen=True)
class Tape:
    """The steps and values of one iteration, in execution order.

    Attributes:
        values: by id; every step's inputs come before its output.
        steps: by id.
        loss: id of the value that is differentiated.
        carries: pairs ``(before, after)``: played again, ``before`` takes the number of ``after``.
    """

    values: tuple[Value, ...]
    steps: tuple[Step, ...]
    loss: int
    carries: tuple[tuple[int, int], ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        """Value ids by name."""
        return {value.name: value.id for value in self.values if value.name}

    @cached_property
    def makers(self) -> Mapping[int, Step]:
        """The step that makes each value; leaves have none."""
        return {step.output: step for step in self.steps}

    @cached_property
    def inner(self) -> frozenset[int]:
        """The values that steps make and that have no name: formulas fold them in."""
        return frozenset(value.id for value in self.values if not value.name) & self.makers.keys()

    @cached_property
    def leaves(self) -> tuple[Value, ...]:
        """The values no step makes: their numbers must be given."""
        return tuple(value for value in self.values if value.id not in self.makers)

    @cached_property
    def uses(self) -> Mapping[int, tuple[tuple[Step, int], ...]]:
        """For each value, the steps that use it and as which input."""
        found: dict[int, list[tuple[Step, int]]] = {}
        for step in self.steps:
            for argument, value in enumerate(step.inputs):
                found.setdefault(value, []).append((step, argument))
        return {value: tuple(users) for value, users in found.items()}

    @cached_property
    def gradients(self) -> Mapping[int, int]:
        """For each value that has one, the id of its complete gradient."""
        return {v.gradient_of: v.id for v in self.values if v.gradient_of is not None}

    @cached_property
    def passed_back(self) -> Mapping[tuple[int, int], int]:
        """For each use ``(step, argument)`` that is reversed, the first value made in doing so."""
        first: dict[tuple[int, int], int] = {}
        for step in self.steps:
            if step.reverses is not None:
                use = (step.reverses.step, step.reverses.argument)
                first.setdefault(use, step.output)
        return first

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The named sizes, as they were when recorded."""
        return {
            size.name: int(size)
            for value in self.values
            for size in value.shape
            if isinstance(size, Dim)
        }

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """What the values without a name are called."""
        return labels(self)

    def find(self, name: str) -> Value:
        """Return the value called ``name``, as it is called or as that is shown: dL/dw1 or ∂L/∂w₁.

        Raises:
            WhygradError: there is none; the nearest names come first.
        """
        if name in self.by_name:
            return self.values[self.by_name[name]]
        called = {**{label: value for value, label in self.labels.items()}, **self.by_name}
        if name in called:
            return self.values[called[name]]
        shown = {symbol(known): value for known, value in called.items()}
        if name not in shown:
            raise UnknownName(unknown("value", name, self.by_name))
        return self.values[shown[name]]

    def __str__(self) -> str:
        return "\n".join(self._line(step) for step in self.steps)

    def _line(self, step: Step) -> str:
        inputs = " ".join(self.label(i) for i in step.inputs)
        shape = show_shape(self.values[step.output].shape)
        return f"{step.phase:8} {self.label(step.output)} {shape} = {step.op} {inputs}"

    def label(self, value: int) -> str:
        """Return a value's name, or what it is called for want of one (``yhat.sum``)."""
        return self.values[value].name or self.labels[value]

    def to_json(self) -> Json:
        """Return the tape as JSON data."""
        return {
            "format": FORMAT,
            "sizes": dict(self.sizes),
            "loss": self.loss,
            "values": [_value_json(value, self.label(value.id)) for value in self.values],
            "steps": [_step_json(step) for step in self.steps],
            "carries": [list(pair) for pair in self.carries],
        }

    @staticmethod
    def from_json(data: Json) -> Tape:
        """Read a tape and check it: types, order, ops, shapes, sizes.

        Raises:
            TapeError: names the first fault, where it is, and what is allowed there.
        """
        return _Reader(data).tape()


def _value_json(value: Value, label: str) -> Json:
    data: dict[str, Any] = {
        "id": value.id,
        "name": value.name,
        "shape": [size.name if isinstance(size, Dim) else int(size) for size in value.shape],
        "dtype": value.dtype,
        "role": value.role,
    }
    if value.gradient_of is not None:
        data["gradient_of"] = value.gradient_of
    if value.kind is not None:
        data["kind"] = value.kind
    if not value.name:
        data["label"] = label
    return data


def _step_json(step: Step) -> Json:
    data: dict[str, Any] = {
        "id": step.id,
        "op": step.op,
        "inputs": list(step.inputs),
        "output": step.output,
        "params": {key: _listed(item) for key, item in step.params.items()},
        "phase": step.phase,
        "part": list(step.part),
    }
    if step.reverses:
        r = step.reverses
        data["reverses"] = {
            "step": r.step,
            "argument": r.argument,
            "upstream": r.upstream,
            "local": r.local,
            "contribution": r.contribution,
        }
    if step.source:
        s = step.source
        data["source"] = {"file": s.file, "line": s.line, "code": s.code}
    return data


def _listed(item: Any) -> Json:
    if isinstance(item, tuple):
        return [_listed(part) for part in cast("tuple[Any, ...]", item)]
    return item


class _Reader:
    """Reads a tape's JSON, keeping the place for messages."""

    def __init__(self, data: Json) -> None:
        self.data = data
        self.sizes: dict[str, Dim] = {}
        self.values: list[Value] = []
        self.steps: list[Step] = []
        self.gradients: set[int] = set()
        self.made: set[Json] = set()

    def tape(self) -> Tape:
        data = self.mapping(self.data, "the tape")
        if data.get("format") != FORMAT:
            raise TapeError(
                f"the tape's format is {_shown(data.get('format'))}; this version reads {FORMAT!r}"
            )
        sizes = self.mapping(self.get(data, "sizes", "the tape"), "sizes")
        if len(sizes) > MAX_NAMED_SIZES:
            raise TapeError(f"the tape names {len(sizes)} sizes; at most {MAX_NAMED_SIZES}")
        for name, size in sizes.items():
            self.sizes[name] = Dim(name, self.whole(size, f"sizes.{name}", 1, 2**31))
        for n, item in enumerate(self.listed(data, "values")):
            self.values.append(self.value(self.mapping(item, f"values[{n}]"), n))
        self.check_names()
        self.made = set(map(_output, self.listed(data, "steps")))
        known = {value.id for value in self.values} - self.made
        for n, item in enumerate(self.listed(data, "steps")):
            step = self.step(self.mapping(item, f"steps[{n}]"), n, known)
            self.steps.append(step)
            known.add(step.output)
        loss = self.id_of(self.get(data, "loss", "the tape"), "loss")
        if math.prod(self.values[loss].shape) != 1:
            raise TapeError(
                f"the loss, value {loss}, has shape {show_shape(self.values[loss].shape)}, "
                f"but is one number"
            )
        carries = tuple(
            self.carry(pair, f"carries[{n}]") for n, pair in enumerate(self.listed(data, "carries"))
        )
        return Tape(tuple(self.values), tuple(self.steps), loss, carries)

    def value(self, item: Mapping[str, Json], n: int) -> Value:
        where = f"values[{n}]"
        if self.get(item, "id", where) != n:
            raise TapeError(
                f"{where}.id is {_shown(item['id'])}; values are listed in order, so it is {n}"
            )
        shape = self.listed(item, "shape", where)
        if len(shape) > MAX_RANK:
            raise TapeError(f"{where}.shape must be a list of at most {MAX_RANK} sizes")
        sizes = tuple(self.size(size, f"{where}.shape") for size in shape)
        gradient_of = item.get("gradient_of")
        if gradient_of is not None:
            gradient_of = self.whole(gradient_of, f"{where}.gradient_of", 0, n)
            if gradient_of in self.gradients:
                raise TapeError(f"{where}: value {gradient_of} already has a gradient")
            self.gradients.add(gradient_of)
            if not same_shape(self.values[gradient_of].shape, sizes):
                raise TapeError(
                    f"{where}: a gradient has its value's shape, but {show_shape(sizes)} is not "
                    f"{show_shape(self.values[gradient_of].shape)}"
                )
        return Value(
            n,
            self.text(item, "name", where),
            sizes,
            self.one_of(item, "dtype", where, DTYPES),
            self.one_of(item, "role", where, ROLES),
            gradient_of,
            self.kind(item, where),
        )

    def kind(self, item: Mapping[str, Json], where: str) -> ParameterKind | None:
        if item.get("kind") is None:
            return None
        if item.get("role") != "parameter":
            raise TapeError(f"{where}.kind: only a parameter has a kind")
        kind: ParameterKind = self.one_of(item, "kind", where, PARAMETER_KINDS)
        return kind

    def size(self, size: Json, where: str) -> int:
        if isinstance(size, str):
            if size not in self.sizes:
                raise TapeError(f"{where}: {unknown('size', size, self.sizes)}")
            return self.sizes[size]
        return self.whole(size, where, 0, 2**31)

    def check_names(self) -> None:
        seen: dict[str, int] = {}
        for value in self.values:
            if value.name and value.name in seen:
                raise TapeError(
                    f"values[{value.id}].name {value.name!r} is already that of "
                    f"values[{seen[value.name]}]; names are unique (or empty)"
                )
            seen[value.name] = value.id

    def step(self, item: Mapping[str, Json], n: int, known: set[int]) -> Step:
        where = f"steps[{n}]"
        if self.get(item, "id", where) != n:
            raise TapeError(
                f"{where}.id is {_shown(item['id'])}; steps are listed in order, so it is {n}"
            )
        name = self.text(item, "op", where)
        if name not in OPS:
            raise TapeError(f"{where}.op: {unknown('op', name, OPS)}")
        op = OPS[name]
        inputs = tuple(self.id_of(i, f"{where}.inputs") for i in self.listed(item, "inputs", where))
        output = self.id_of(self.get(item, "output", where), f"{where}.output")
        for i in inputs:
            if i not in known:
                raise TapeError(f"{where} uses value {i} before a step has made it")
        if output in known:
            raise TapeError(f"{where} makes value {output}, which is already there")
        params = {
            key: self.param(part, where)
            for key, part in self.mapping(
                self.get(item, "params", where), f"{where}.params"
            ).items()
        }
        self.check_params(where, op, params)
        self.check_shape(where, op, inputs, output, params)
        self.check_dtypes(where, op, inputs, output)
        part = self.listed(item, "part", where)
        if not all(isinstance(p, str) for p in part):
            raise TapeError(f"{where}.part must be a list of texts")
        return Step(
            n,
            name,
            inputs,
            output,
            MappingProxyType(params),
            self.one_of(item, "phase", where, PHASES),
            tuple(part),
            self.reversal(item.get("reverses"), n),
            self.source(item.get("source"), where),
        )

    def check_shape(
        self, where: str, op: Op, inputs: tuple[int, ...], output: int, params: Mapping[str, Any]
    ) -> None:
        arity = len(op.examples[0].inputs)
        if not op.variadic and len(inputs) != arity:
            raise TapeError(f"{where}: {op.name} takes {arity} inputs, but has {len(inputs)}")
        try:
            shape = op.shape(*(self.values[i].shape for i in inputs), **params)
        except WhygradError as error:
            raise TapeError(f"{where}: {error}") from None
        except (TypeError, ValueError, IndexError, OverflowError):
            raise self.bad_params(where, op, params) from None
        if not same_shape(shape, self.values[output].shape):
            raise TapeError(
                f"{where}: {op.name} makes {show_shape(shape)}, but value {output} is "
                f"{show_shape(self.values[output].shape)}"
            )

    def check_params(self, where: str, op: Op, params: Mapping[str, Any]) -> None:
        """Check that params are those of the op, each of the kind that its examples have."""
        examples = [example.params for example in op.examples]
        if set(params) != set(examples[0]):
            raise self.bad_params(where, op, params)
        for name, given in params.items():
            if not any(_alike(given, example[name]) for example in examples):
                raise self.bad_params(where, op, params)

    def bad_params(self, where: str, op: Op, params: Mapping[str, Any]) -> TapeError:
        example = op.examples[0].params
        expected = ", ".join(example) or "none"
        return TapeError(
            f"{where}: {op.name} cannot work with params {dict(params)!r:.200}; "
            f"its params are: {expected}" + (f", such as {dict(example)!r:.200}" if example else "")
        )

    def check_dtypes(self, where: str, op: Op, inputs: tuple[int, ...], output: int) -> None:
        dtypes = [self.values[i].dtype for i in inputs]
        for position, kind in op.expects.items():
            if not dtypes[position].startswith(kind):
                raise TapeError(
                    f"{where}: input {position} of {op.name} must be {kind}, "
                    f"but value {inputs[position]} is {dtypes[position]}"
                )
        floats = [dtype for dtype in dtypes if dtype.startswith("float")]
        wanted = max(floats, default="float64")  # by name: float64 is above float32
        if op.view or op.kind == "bool":
            wanted = "bool" if op.view is None else dtypes[0]
        if self.values[output].dtype != wanted:
            raise TapeError(
                f"{where}: {op.name} makes {wanted}, but value {output} is "
                f"{self.values[output].dtype}"
            )

    def param(self, item: Json, where: str, depth: int = 0) -> Any:
        """Return a param with its lists as tuples; only numbers, texts and short lists of them."""
        if isinstance(item, list) and depth < MAX_DEPTH:
            return tuple(self.param(p, where, depth + 1) for p in cast("list[Json]", item))
        if item is None or isinstance(item, bool | int | str):
            return item
        if isinstance(item, float) and math.isfinite(item):
            return item
        raise TapeError(f"{where}.params: {_shown(item)} is not allowed there")

    def reversal(self, item: Json, n: int) -> Reversal | None:
        if item is None:
            return None
        where = f"steps[{n}].reverses"
        data = self.mapping(item, where)
        step = self.whole(self.get(data, "step", where), f"{where}.step", 0, n)
        argument = self.whole(
            self.get(data, "argument", where),
            f"{where}.argument",
            0,
            len(self.steps[step].inputs),
        )
        local = data.get("local")
        return Reversal(
            step,
            argument,
            self.id_of(self.get(data, "upstream", where), f"{where}.upstream"),
            None if local is None else self.id_of(local, f"{where}.local"),
            self.id_of(self.get(data, "contribution", where), f"{where}.contribution"),
        )

    def source(self, item: Json, where: str) -> Source | None:
        if item is None:
            return None
        data = self.mapping(item, f"{where}.source")
        line = self.whole(self.get(data, "line", where), f"{where}.source.line", 0, 2**31)
        return Source(self.text(data, "file", where), line, self.text(data, "code", where))

    def carry(self, pair: Json, where: str) -> tuple[int, int]:
        ids = cast("list[Json]", pair) if isinstance(pair, list) else []
        if len(ids) != 2:
            raise TapeError(f"{where} must be a pair of value ids: before, after")
        before, after = (self.id_of(i, where) for i in ids)
        if before in self.made:
            raise TapeError(
                f"{where}: value {before} is made by a step; only a given one is carried"
            )
        a, b = self.values[before], self.values[after]
        if not same_shape(a.shape, b.shape) or a.dtype != b.dtype:
            raise TapeError(
                f"{where}: value {after} {show_shape(b.shape)} {b.dtype} cannot stand in for "
                f"value {before} {show_shape(a.shape)} {a.dtype}"
            )
        return before, after

    # --- small checks ---

    def get(self, item: Mapping[str, Json], key: str, where: str) -> Json:
        if key not in item:
            raise TapeError(f"{where} has no {key!r}")
        return item[key]

    def mapping(self, item: Json, where: str) -> Mapping[str, Json]:
        if not isinstance(item, dict):
            raise TapeError(f"{where} must be an object, not {type(item).__name__}")
        return cast("dict[str, Json]", item)

    def listed(self, item: Mapping[str, Json], key: str, where: str = "the tape") -> list[Json]:
        found = self.get(item, key, where)
        if not isinstance(found, list):
            raise TapeError(f"{where}: {key} must be a list, not {type(found).__name__}")
        items = cast("list[Json]", found)
        if len(items) > MAX_STEPS:
            raise TapeError(f"{where}: {key} has {len(items)} entries; at most {MAX_STEPS}")
        return items

    def text(self, item: Mapping[str, Json], key: str, where: str) -> str:
        found = self.get(item, key, where)
        if not isinstance(found, str) or len(found) > MAX_TEXT:
            raise TapeError(f"{where}.{key} must be a text of at most {MAX_TEXT} characters")
        return found

    def one_of(
        self, item: Mapping[str, Json], key: str, where: str, allowed: tuple[Word, ...]
    ) -> Word:
        found = self.text(item, key, where)
        for word in allowed:
            if word == found:
                return word
        raise TapeError(f"{where}.{key}: {unknown(key, found, allowed)}")

    def whole(self, number: Json, where: str, least: int, below: int) -> int:
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number < below:
            raise TapeError(
                f"{where} is {_shown(number)}; it must be a whole number "
                f"from {least} to {below - 1}"
            )
        return number

    def id_of(self, number: Json, where: str) -> int:
        return self.whole(number, where, 0, len(self.values))


def _shown(item: Json) -> str:
    """Write what was found for a message; it may be of any size or depth."""
    if isinstance(item, list | dict):
        return "a list" if isinstance(item, list) else "an object"
    if isinstance(item, int) and item.bit_length() > 100:
        return "a huge number"
    return f"{item!r:.80}"


def _output(step: Json) -> Json:
    output = cast("dict[str, Json]", step).get("output") if isinstance(step, dict) else None
    return output if isinstance(output, int) else None


def _alike(given: Any, example: Any) -> bool:
    """Say whether a param is of an example's kind: a truth, a whole number, a number, a list."""
    if isinstance(example, bool) or isinstance(given, bool):
        return isinstance(example, bool) and isinstance(given, bool)
    if isinstance(example, float):
        return isinstance(given, int | float)
    if isinstance(example, tuple):
        return isinstance(given, tuple) and all(map(_whole_or_text, cast("tuple[Any, ...]", given)))
    return type(given) is type(example)


def _whole_or_text(item: Any) -> bool:
    if isinstance(item, tuple):
        return all(map(_whole_or_text, cast("tuple[Any, ...]", item)))
    return item is None or (isinstance(item, int | str) and not isinstance(item, bool))
