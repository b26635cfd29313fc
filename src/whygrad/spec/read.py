"""Reading a spec: a preset, a file, a text or a mapping. Text is only ever parsed, never run."""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import cast

from whygrad.data.csv_file import MAX_COLUMNS, MAX_ROWS
from whygrad.data.dataset import TASKS, Task
from whygrad.data.synthetic import LOADERS
from whygrad.errors import SpecError, nearest_or_none, unknown
from whygrad.files import read_limited
from whygrad.nn.init import INIT_OPTIONS, INITIALISERS
from whygrad.optim import OPTIMIZERS
from whygrad.optim.schedule import SCHEDULES
from whygrad.option import Option, quoted
from whygrad.spec.expression import FORMULA_FUNCTIONS, names_in, parse_expression
from whygrad.spec.fit import LONE_SOFTMAX, check_pair
from whygrad.spec.model import (
    ACTIVATIONS,
    DTYPES,
    LOSSES,
    MAX_BYTES,
    MAX_ITERATIONS,
    MAX_LAYERS,
    MAX_STATEMENTS,
    MAX_WIDTH,
    OUTPUTS,
    PRESETS,
    DataSpec,
    FormulaSpec,
    InitSpec,
    LossSpec,
    Nested,
    NetworkSpec,
    OptimizerSpec,
    ScheduleSpec,
    Spec,
    Statement,
    TrainSpec,
    shape_of,
)
from whygrad.spec.section import Place, Section, count

MAX_NESTING = 32
# Texts and comments, in which nothing counts; keys with dots, their parts quoted or not; brackets.
_STRING = r'(?>"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\')'
_MARKS = re.compile(
    rf"""(?P<key>(?:[\w-]++|{_STRING})(?:[ \t]*+\.[ \t]*+(?:[\w-]++|{_STRING})?+)++)"""
    rf"""|{_STRING}|[\w-]++|\#[^\n]*+|[][{{}}]""",  # a word whole: it is not looked at again
    re.DOTALL,
)


FORMAT = "whygrad-spec/1"  # may be left out


def preset_names() -> tuple[str, ...]:
    """The names of the specs shipped with the package."""
    return PRESETS


def load_spec(name_or_path: str | Path) -> Spec:
    """The preset of that name, or the spec in that TOML file.

    A preset's name wins over a file of the same name; write `./xor` for the file.
    Raises SpecError where there is neither, and as `parse_spec` does; DataError where the file
    cannot be read or is larger than 1 MB.
    """
    if str(name_or_path) in PRESETS:
        name = str(name_or_path)
        file = resources.files("whygrad.spec").joinpath("presets", f"{name}.toml")
        return parse_spec(file.read_bytes(), f"{name}.toml")
    path = Path(name_or_path)
    looks_like_a_name = isinstance(name_or_path, str) and not re.search(r"[./\\]", name_or_path)
    if looks_like_a_name and not _exists(path):
        raise SpecError(unknown("preset or file", name_or_path, PRESETS))
    content = read_limited(path, MAX_BYTES, "a spec")
    return parse_spec(content, path.name, folder=str(path.parent))


def parse_spec(text: str | bytes, source: str = "spec.toml", *, folder: str | None = None) -> Spec:
    """The spec that a TOML text says; `source` names it in messages.

    Raises SpecError, with file and line, for text that is not TOML, for an unknown section, key
    or name (the nearest known one is offered), for a wrong type, range or shape, and for a pair
    of output and loss that makes no sense.
    """
    if len(text) > MAX_BYTES:
        raise SpecError(f"a spec may hold {MAX_BYTES:,} bytes; this is longer", source=source)
    try:
        coded = text.encode("utf-8") if isinstance(text, str) else text
        plain = coded.decode("utf-8-sig")
    except UnicodeEncodeError as fault:
        raise SpecError(f"the text is not Unicode: {fault.reason}", source=source) from None
    except UnicodeDecodeError as fault:
        raise SpecError(
            f"byte {fault.object[fault.start]:#04x} is not UTF-8 text",
            source=source,
            line=fault.object[: fault.start].count(b"\n") + 1,
        ) from None
    _check_nesting(plain, source)
    try:
        mapping = tomllib.loads(plain)
    except tomllib.TOMLDecodeError as fault:
        message = str(fault)
        place = re.search(r" \(at line (\d+), column \d+\)$", message)
        raise SpecError(
            f"this is not TOML: {message[: place.start()] if place else message}",
            source=source,
            line=int(place[1]) if place else None,
        ) from None
    except ValueError:  # Python's own limit on the digits of a whole number
        raise SpecError("a whole number has too many digits to be read", source=source) from None
    return _spec(mapping, Place(source, _lines(plain)), folder)


def _check_nesting(text: str, source: str) -> None:
    """Refuse what takes the parser for ever: a key of many parts, or brackets in brackets."""
    depth = 0
    for mark in _MARKS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        if depth > MAX_NESTING or (mark["key"] and mark["key"].count(".") >= MAX_NESTING):
            what = "brackets" if depth > MAX_NESTING else "a key's parts"
            raise SpecError(
                f"{what} are nested more than {MAX_NESTING} deep",
                source=source,
                line=text.count("\n", 0, mark.start()) + 1,
            )


def spec_from_dict(mapping: Mapping[str, object], source: str = "spec") -> Spec:
    """The spec that a mapping says, with the same keys as the TOML file.

    Raises SpecError as `parse_spec` does, without lines.
    """
    if not isinstance(cast("object", mapping), Mapping):
        raise SpecError(f"a spec is a mapping of sections, not {quoted(mapping)}", source=source)
    return _spec(mapping, Place(source, {}), None)


def _spec(mapping: Mapping[str, object], place: Place, folder: str | None) -> Spec:
    top = Section(place, "", {str(key): value for key, value in mapping.items()})
    sections = ("network", "formula", "init", "loss", "optimizer", "schedule", "data", "train")
    top.only(("format", "name", "title", "description", *sections))
    if top.text("format", FORMAT) != FORMAT:
        written = quoted(mapping["format"])
        raise top.fault("format", f"is {written}; this version of whygrad reads {FORMAT!r}")

    def section(name: str) -> Section:
        values = mapping.get(name, {})
        if not isinstance(values, Mapping):
            raise top.fault(name, f"must be a section, [{name}], not {quoted(values)}")
        pairs = cast("Mapping[object, object]", values).items()
        return Section(place, name, {str(key): value for key, value in pairs})

    if ("network" in mapping) == ("formula" in mapping):
        both = "both [network] and [formula]" if "network" in mapping else "nothing to trace"
        raise top.fault(
            "formula" if "network" in mapping else "",
            f"{both}: write either [network] with layers = [2, 4, 1], "
            'or [formula] with lines such as L = "x * (x + 1)"',
        )
    stem = re.sub(r"\.toml$", "", place.source)
    common = Spec(
        name=top.text("name", stem if stem.isprintable() else "spec"),
        title=top.text("title"),
        description=top.text("description", limit=1000),
        optimizer=_optimizer(section("optimizer")),
        schedule=_schedule(section("schedule")),
        train=_train(section("train")),
        source=place.source,
        folder=folder,
        lines=place.lines,
    )
    if "formula" in mapping:
        for name in ("init", "loss"):
            if name in mapping:
                why = {
                    "init": "parameters are numbers in [formula], so there is nothing to draw",
                    "loss": "the last statement of [formula] is the loss",
                }[name]
                raise top.fault(name, f"does not go with [formula]: {why}. Leave it out")
        inputs = _inputs(section("data"))
        formula = _formula(section("formula"), inputs)
        return replace(common, formula=formula, data=DataSpec(inputs=inputs))
    network = _network(section("network"))
    loss_section = section("loss")
    loss_section.only(("name",))
    loss = loss_section.choice("name", "loss", LOSSES)
    if loss and network.output:
        check_pair(place, network.output, loss, network.layers[-1])
    return replace(
        common,
        network=network,
        init=_init(section("init"), network.layers),
        loss=LossSpec(loss),
        data=_data(section("data")),
    )


def _network(section: Section) -> NetworkSpec:
    section.only(("layers", "activation", "output"))
    wanted = "a list of whole numbers from inputs to outputs, as in layers = [2, 4, 1]"
    layers = section.values.get("layers")
    if not isinstance(layers, list | tuple):
        raise section.fault("layers", f"must be {wanted}")
    sizes: list[int] = []
    for size in cast("Sequence[object]", layers):
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_WIDTH:
            raise section.fault("layers", f"a layer has 1 to {MAX_WIDTH} units, not {quoted(size)}")
        sizes.append(size)
    if not 2 <= len(sizes) <= MAX_LAYERS + 1:
        raise section.fault(
            "layers",
            f"{count(len(sizes), 'size')}: write at least 2 (inputs and outputs) and at most "
            f"{MAX_LAYERS + 1}, which makes {MAX_LAYERS} layers of weights",
        )
    hidden = len(sizes) - 2
    given = section.values.get("activation", "relu")
    names = [given] * hidden if isinstance(given, str) else given
    if isinstance(given, str) and given not in ACTIVATIONS:
        raise section.fault("activation", unknown("activation", given, ACTIVATIONS))
    if not isinstance(names, list | tuple):
        raise section.fault(
            "activation", f"must be a name, or a list of one per hidden layer, not {quoted(given)}"
        )
    activation = tuple(cast("Sequence[object]", names))
    for name in activation:
        if name not in ACTIVATIONS:
            raise section.fault("activation", unknown("activation", name, ACTIVATIONS))
    if len(activation) != hidden:
        raise section.fault(
            "activation",
            f"{count(len(activation), 'name')} for {count(hidden, 'hidden layer')} "
            f"(layers = {sizes}); write one name for all, or one per hidden layer",
        )
    output = section.choice("output", "output", OUTPUTS)
    if output == "softmax" and sizes[-1] == 1:
        raise section.fault("output", LONE_SOFTMAX)
    return NetworkSpec(tuple(sizes), cast("tuple[str, ...]", activation), output)


def _init(section: Section, layers: tuple[int, ...]) -> InitSpec:
    name = section.choice("name", "initialiser", INITIALISERS, InitSpec.name)
    options = INIT_OPTIONS.get(name, {})
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(1, len(layers)):
        shapes[f"W{i}"] = (layers[i - 1], layers[i])
        shapes[f"b{i}"] = (layers[i],)
    section.only(("name", "seed", *options, *shapes), f'name = "{name}"')
    if name == "uniform":
        low, high = (float(section.option(key, options[key])) for key in ("low", "high"))
        if low > high:
            raise section.fault("low", f"low ({low:g}) is above high ({high:g})")
    weights = {
        key: _weights(section, key, shape) for key, shape in shapes.items() if key in section.values
    }
    return InitSpec(name, section.seed(), section.options(options), weights)


def _weights(section: Section, key: str, shape: tuple[int, ...]) -> Nested:
    value = section.nested(key, 2)
    if isinstance(value, float) and all(size == 1 for size in shape):
        return (value,) if len(shape) == 1 else ((value,),)
    given = shape_of(value)
    if given != shape:
        is_matrix = len(shape) == 2
        meaning = (
            f"from {count(shape[0], 'input')} (rows) to {count(shape[1], 'output')} (columns)"
            if is_matrix
            else f"one number for each of {count(shape[0], 'output')}"
        )
        turned = is_matrix and given == shape[::-1]
        raise section.fault(
            key,
            f"has shape {given}, but layer {key[1:]} needs {shape}: {meaning}"
            + (". Swap rows and columns" if turned else ""),
        )
    return value


def _optimizer(section: Section) -> OptimizerSpec:
    name = section.choice("name", "optimizer", OPTIMIZERS, "sgd")
    options = OPTIMIZERS[name]
    section.only(("name", *options), f'name = "{name}"')
    read = section.options(options)
    if read.get("nesterov") and (not read["momentum"] or read["dampening"]):
        raise section.fault(
            "nesterov", "looks along the momentum; write momentum = 0.9 as well, and no dampening"
        )
    return OptimizerSpec(name, read)


def _schedule(section: Section) -> ScheduleSpec:
    name = section.choice("name", "schedule", SCHEDULES, ScheduleSpec.name)
    options = SCHEDULES[name]
    section.only(("name", *options), f'name = "{name}"')
    return ScheduleSpec(name, section.options(options))


def _train(section: Section) -> TrainSpec:
    section.only(("iterations", "dtype"))
    return TrainSpec(
        int(section.option("iterations", Option(TrainSpec.iterations, 1, MAX_ITERATIONS))),
        section.choice("dtype", "dtype", DTYPES, TrainSpec.dtype),
    )


_COMMON_DATA = ("batch", "shuffle", "seed", "standardise", "validation")


def _data(section: Section) -> DataSpec:
    given = [key for key in ("name", "csv", "x") if key in section.values]
    if "y" in section.values and "x" not in section.values and not given:
        raise section.fault("y", "targets without examples: write x as well")
    if len(given) != 1:
        found = " and ".join(given) if given else "no data"
        raise section.fault(
            given[-1] if given else "",
            f'{found}: write one of name = "xor" (a dataset), csv = "my.csv" with '
            'target = ["y"], or x = [[...]] with y = [[...]]',
        )
    base = DataSpec(
        seed=section.seed(),
        batch=_batch(section),
        shuffle=bool(section.option("shuffle", Option(True))),
        standardise=bool(section.option("standardise", Option(False))),
        validation=float(section.option("validation", Option(0.0, 0, 1, below_high=True))),
    )
    if given == ["name"]:
        name = section.choice("name", "dataset", LOADERS)
        if not name:
            raise section.fault("name", unknown("dataset", name, LOADERS))
        options = LOADERS[name].options
        section.only(("name", *options, *_COMMON_DATA), f'name = "{name}"')
        return replace(base, name=name, options=section.options(options))
    task = cast("Task | None", section.choice("task", "task", TASKS) or None)
    if given == ["csv"]:
        section.only(("csv", "target", "features", "task", *_COMMON_DATA), "csv")
        path = section.text("csv", limit=1000)
        if not path:
            raise section.fault("csv", 'must be the name of a file, as in "my.csv"')
        target = section.texts("target", needed=True)
        return replace(base, csv=path, target=target, features=section.texts("features"), task=task)
    section.only(("x", "y", "task", *_COMMON_DATA), "x")
    if "y" not in section.values:
        raise section.fault("y", "examples without targets: write y as well")
    x, y = _samples(section, "x"), _samples(section, "y")
    counts = [(shape_of(value) or (1,))[0] for value in (x, y)]
    if counts[0] != counts[1]:
        raise section.fault(
            "y",
            f"{count(counts[1], 'target')} for {count(counts[0], 'example')} of x; "
            "write as many of each (a list holds one example per item, [[1, 2]] is one of two)",
        )
    return replace(base, x=x, y=y, task=task)


def _batch(section: Section) -> int | str:
    value = section.values.get("batch", 1)
    if value == "all":
        return "all"
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_ROWS:
        raise section.fault(
            "batch", f'must be a whole number from 1 on, or "all", not {quoted(value)}'
        )
    return value


def _samples(section: Section, key: str) -> Nested:
    value = section.nested(key, 2)
    rows, columns = (*shape_of(value), 1, 1)[:2]
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise section.fault(
            key,
            f"{rows:,} examples of {columns:,}; at most {MAX_ROWS:,} of {MAX_COLUMNS} are possible",
        )
    return value


def _inputs(section: Section) -> dict[str, Nested]:
    for key in section.values:
        _check_name(section, key)
    return {key: section.nested(key, 4) for key in section.values}


def _formula(section: Section, inputs: Mapping[str, Nested]) -> FormulaSpec:
    parameters: dict[str, Nested] = {}
    statements: list[Statement] = []
    for key, value in section.values.items():
        _check_name(section, key)
        if key in inputs:
            raise section.fault(key, "is in [data] too; rename one of the two")
        if isinstance(value, str):
            statements.append(Statement(key, " ".join(value.split())))
        else:
            parameters[key] = section.nested(key, 4)
    if not statements:
        raise section.fault("", 'no statement: write at least one, as in L = "x * (x + 1)"')
    if len(statements) > MAX_STATEMENTS:
        raise section.fault(
            "", f"{len(statements)} statements; at most {MAX_STATEMENTS} are possible"
        )
    if not parameters and not inputs:
        raise section.fault(
            "",
            "nothing to compute from: write a parameter (x = 2.0) here, or an input in [data]",
        )
    known = [*inputs, *parameters]
    later = [statement.name for statement in statements]
    for statement in statements:
        try:
            names = names_in(parse_expression(statement.text))
        except SpecError as fault:
            raise section.fault(statement.name, fault.message) from None
        for name in names:
            if name not in known:
                raise section.fault(statement.name, _unknown_name(name, known, later))
        known.append(statement.name)
        later.remove(statement.name)
    return FormulaSpec(tuple(statements), parameters)


def _unknown_name(name: str, known: Sequence[str], later: Sequence[str]) -> str:
    if name == later[0]:
        return f"{name!r} is used in its own definition"
    if name in later:
        return f"{name!r} is used before it is defined; move its line up"
    if name in FORMULA_FUNCTIONS:
        return f"{name!r} is a function; call it, as in {name}(x)"
    close = nearest_or_none(name, known)
    guess = f"did you mean {close!r}? " if close else ""
    return (
        f"unknown name {name!r}: {guess}Defined so far: {', '.join(known)}. "
        f"A number in [formula] makes a parameter, in [data] an input"
    )


def _check_name(section: Section, name: str) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", name):
        raise section.fault(
            name, "a name is at most 60 letters (a to z), digits and _, and starts with no digit"
        )
    if name in FORMULA_FUNCTIONS:
        raise section.fault(name, f"{name} is a function; pick another name")
    if keyword.iskeyword(name):
        raise section.fault(name, f"{name} is a word of Python's own; pick another name")


def _lines(text: str) -> dict[str, int]:
    """On which line each "section.key", and each "section", first stands, as far as lines show."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[\s*([\w-]+)\s*\]", line)
        key = re.match(r"""\s*["']?([\w-]+(?:\s*\.\s*[\w-]+)?)["']?\s*=""", line)
        if head:
            section = head[1]
            found.setdefault(section, number)
        elif key:
            path = re.sub(r"\s", "", key[1])
            found.setdefault(f"{section}.{path}" if section else path, number)
    return found


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
