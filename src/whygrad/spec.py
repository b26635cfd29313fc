"""Specs: a small TOML file that says what to trace, on which data, and how to train it.

A spec has a `[network]` (layers of numbers) or a `[formula]` (arithmetic, statement by statement);
everything else but the data has a default. Reading one checks every key, type, range and shape,
and refuses what it does not know: a mistake is met here, with file and line, and not later as an
odd number. Text is only ever parsed, never run.

`load_spec` reads a preset or a file, `parse_spec` a text, `spec_from_dict` a mapping such as the
page sends; `resolve` loads the data and fills in what depends on it.
"""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np

from whygrad.data.csv_file import MAX_BYTES as MAX_CSV_BYTES
from whygrad.data.csv_file import MAX_COLUMNS, MAX_ROWS, parse_csv, read_limited
from whygrad.data.dataset import TASKS, Dataset, Task, from_arrays, split, standardise
from whygrad.data.synthetic import LOADERS
from whygrad.errors import DataError, SpecError, WhygradError, nearest_or_none, unknown
from whygrad.expression import FORMULA_FUNCTIONS, names_in, parse_expression
from whygrad.init import INIT_OPTIONS, INITIALISERS
from whygrad.optim import OPTIMIZERS
from whygrad.option import Option, Scalar, checked_options, quoted
from whygrad.random import SEED_LIMIT
from whygrad.schedule import SCHEDULES

MAX_BYTES = 1_000_000
MAX_LAYERS = 12
MAX_WIDTH = 1024
MAX_ITERATIONS = 1_000_000
MAX_STATEMENTS = 100

PRESETS = (
    *("flow", "neuron", "fanout", "calculator"),
    *("xor-corners", "xor", "moons", "spirals"),
)
"""The specs shipped with the package, in the order a beginner might open them."""

ACTIVATIONS = (
    *("relu", "leaky_relu", "elu", "gelu", "silu"),
    *("sigmoid", "tanh", "hardtanh", "softplus", "linear"),
)
OUTPUTS = ("linear", "sigmoid", "softmax", "relu", "tanh")
DTYPES = ("float64", "float32")
LOSSES = (
    *("mse", "mae", "l1", "huber", "smooth_l1"),
    *("bce", "bce_with_logits", "cross_entropy", "kl_div", "hinge"),
)
ON_LOGITS = ("cross_entropy", "kl_div")
"""The losses that take the numbers before a softmax, and apply it themselves."""

_USUAL_LOSSES = ("mse", "bce", "bce_with_logits", "cross_entropy")
_FOR_AMOUNTS = ("mse", "mae", "l1", "huber", "smooth_l1")
_ON_SCORES = ("bce_with_logits", "hinge")  # above 0 means yes
_LOSS_OUTPUTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_FOR_AMOUNTS, OUTPUTS),
    "bce": ("sigmoid",),
    "bce_with_logits": ("linear",),
    "cross_entropy": ("softmax", "linear"),
    "kl_div": ("softmax", "linear"),
    "hinge": ("linear", "tanh"),
}
_LOSS_REASONS: Mapping[str, str] = {
    "bce": "bce takes the logarithm of probabilities, so the output must be sigmoid",
    "bce_with_logits": ("bce_with_logits applies the sigmoid itself, so the output must be linear"),
    "cross_entropy": (
        "cross_entropy applies the softmax itself, to the numbers before it (the logits), so the "
        "output is softmax (shown for reading) or linear"
    ),
    "kl_div": (
        "kl_div applies the softmax itself, to the numbers before it (the logits), so the output "
        "is softmax (shown for reading) or linear"
    ),
    "hinge": "hinge wants scores below 0 for no and above 0 for yes: a linear or tanh output",
}
_USUAL_OUTPUT: Mapping[str, str] = {
    "bce": "sigmoid",
    "bce_with_logits": "linear",
    "cross_entropy": "softmax",
    "kl_div": "softmax",
    "hinge": "linear",
}
_TASK_OUTPUT: Mapping[Task, str] = {
    "regression": "linear",
    "binary": "sigmoid",
    "classes": "softmax",
}

Nested: TypeAlias = "float | tuple[Nested, ...]"
"""A number, or a tuple of them, or of tuples of one length, ...: an array as plain data."""


@dataclass(frozen=True)
class NetworkSpec:
    """Layers of numbers: `layers[0]` features, hidden widths, `layers[-1]` outputs.

    `activation` has one name per hidden layer. `output` is "" until `resolve` fills it in.
    """

    layers: tuple[int, ...]
    activation: tuple[str, ...]
    output: str = ""


@dataclass(frozen=True)
class Statement:
    """One line of a formula: `name = text`, the text being an expression."""

    name: str
    text: str


@dataclass(frozen=True)
class FormulaSpec:
    """Statements in order, the last of which is the loss, and the parameters they train."""

    statements: tuple[Statement, ...]
    parameters: Mapping[str, Nested]


@dataclass(frozen=True)
class InitSpec:
    """Initial weights: an initialiser's name and options, a seed, and weights given outright.

    `weights` holds W1, b1, W2, ...: Wi of shape (layers[i-1], layers[i]), bi of (layers[i],).
    """

    name: str = "he"
    seed: int = 0
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    weights: Mapping[str, Nested] = field(default_factory=dict[str, Nested])


@dataclass(frozen=True)
class LossSpec:
    """The loss, one of LOSSES; "" until `resolve` fills it in, and always "" for a formula."""

    name: str = ""


@dataclass(frozen=True)
class OptimizerSpec:
    """The optimizer's name and all its options (see OPTIMIZERS)."""

    name: str = "sgd"
    options: Mapping[str, Scalar] = field(
        default_factory=lambda: checked_options("sgd", OPTIMIZERS["sgd"], {})
    )

    @property
    def learning_rate(self) -> float:
        """How far each update goes."""
        return float(self.options["learning_rate"])


@dataclass(frozen=True)
class ScheduleSpec:
    """How the learning rate changes: a schedule's name and all its options (see SCHEDULES)."""

    name: str = "constant"
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True)
class DataSpec:
    """Where samples come from, and how training visits them.

    One of: `name` with `options` (a dataset of LOADERS), `csv` with `target` and perhaps
    `features`, or `x` and `y` given outright; for a formula only `inputs`. `batch` is a number of
    samples or "all". `validation` is the share of samples kept apart, 0 for none. `seed` draws
    points, noise, flipped labels, the split and the order of visits.
    """

    name: str = ""
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    csv: str = ""
    target: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    task: Task | None = None
    x: Nested | None = None
    y: Nested | None = None
    inputs: Mapping[str, Nested] = field(default_factory=dict[str, Nested])
    seed: int = 0
    batch: int | str = 1
    shuffle: bool = True
    standardise: bool = False
    validation: float = 0.0


@dataclass(frozen=True)
class TrainSpec:
    """How long to train, and in which numbers: float64 to be read, float32 for speed."""

    iterations: int = 300
    dtype: str = "float64"


@dataclass(frozen=True)
class Spec:
    """What to trace: a network or a formula, its start, loss, optimizer, data and training.

    `source` is the name of the file, for messages; `folder` is where a CSV file named in it is
    looked for; `lines` says on which line each "section.key" stands. These three are not part of
    what is traced: two specs that differ only in them are equal.
    """

    name: str
    title: str = ""
    description: str = ""
    network: NetworkSpec | None = None
    formula: FormulaSpec | None = None
    init: InitSpec = InitSpec()
    loss: LossSpec = LossSpec()
    optimizer: OptimizerSpec = field(default_factory=OptimizerSpec)
    schedule: ScheduleSpec = ScheduleSpec()
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec()
    source: str = field(default="", compare=False, repr=False)
    folder: str | None = field(default=None, compare=False, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict[str, int], compare=False, repr=False)


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
        file = resources.files("whygrad").joinpath("presets", f"{name}.toml")
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
    try:
        mapping = tomllib.loads(plain)
    except RecursionError:
        raise SpecError("lists or tables are nested too deeply", source=source) from None
    except ValueError as fault:
        message = str(fault)
        place = re.search(r" \(at line (\d+), column \d+\)$", message)
        raise SpecError(
            f"this is not TOML: {message[: place.start()] if place else message}",
            source=source,
            line=int(place[1]) if place else None,
        ) from None
    return _spec(mapping, _Place(source, _lines(plain)), folder)


def spec_from_dict(mapping: Mapping[str, object], source: str = "spec") -> Spec:
    """The spec that a mapping says, with the same keys as the TOML file.

    Raises SpecError as `parse_spec` does, without lines.
    """
    return _spec(mapping, _Place(source, {}), None)


def spec_to_dict(spec: Spec) -> dict[str, object]:
    """The spec as plain dicts, lists, numbers and text; `spec_from_dict` gives it back."""
    out: dict[str, object] = {"name": spec.name}
    out.update({k: v for k, v in (("title", spec.title), ("description", spec.description)) if v})
    if spec.network is not None:
        out["network"] = _kept(
            layers=list(spec.network.layers),
            activation=list(spec.network.activation),
            output=spec.network.output,
        )
        weights = {name: _listed(value) for name, value in spec.init.weights.items()}
        out["init"] = {
            "name": spec.init.name,
            "seed": spec.init.seed,
            **spec.init.options,
            **weights,
        }
        if spec.loss.name:
            out["loss"] = {"name": spec.loss.name}
    if spec.formula is not None:
        out["formula"] = {
            **{name: _listed(value) for name, value in spec.formula.parameters.items()},
            **{statement.name: statement.text for statement in spec.formula.statements},
        }
    out["optimizer"] = {"name": spec.optimizer.name, **spec.optimizer.options}
    out["schedule"] = {"name": spec.schedule.name, **spec.schedule.options}
    data = spec.data
    if spec.formula is not None:
        if data.inputs:
            out["data"] = {name: _listed(value) for name, value in data.inputs.items()}
    else:
        out["data"] = {
            **_kept(name=data.name, csv=data.csv, target=list(data.target)),
            **_kept(features=list(data.features), task=data.task or ""),
            **({} if data.x is None else {"x": _listed(data.x)}),
            **({} if data.y is None else {"y": _listed(data.y)}),
            **data.options,
            "seed": data.seed,
            "batch": data.batch,
            "shuffle": data.shuffle,
            "standardise": data.standardise,
            "validation": data.validation,
        }
    out["train"] = {"iterations": spec.train.iterations, "dtype": spec.train.dtype}
    return out


def resolve(spec: Spec, *, files: Mapping[str, bytes] | None = None) -> tuple[Spec, Dataset | None]:
    """The spec with output and loss filled in, and its data; no data (None) for a formula.

    The output defaults to what the loss needs, or else to what the data asks for (linear for
    regression, sigmoid for a binary target, softmax for classes); the loss to what fits the
    output (bce for sigmoid where targets are between 0 and 1, cross_entropy for softmax, else
    mse). `files` maps the names of uploaded CSV files to their content: where it is given,
    nothing is read from disk.

    Raises SpecError where layers, batch, output or loss do not fit the data or each other, and
    DataError where the data cannot be read.
    """
    if spec.network is None:
        return spec, None
    place = _Place(spec.source, spec.lines)
    dataset = _dataset(spec, files, place)
    layers = spec.network.layers
    if layers[0] != dataset.features:
        hint = ""
        if spec.data.x is not None and dataset.x.shape == (layers[0], 1):
            row = ", ".join(f"{value:g}" for value in dataset.x[:, 0])
            hint = f". For one sample of {layers[0]} features write x = [[{row}]]"
        raise place.fault(
            "network",
            "layers",
            f"the first layer takes {_count(layers[0], 'number')}, but {dataset.name} has "
            f"{_count(dataset.features, 'feature')} ({', '.join(dataset.feature_names[:20])})"
            + (hint or f"; write layers = [{dataset.features}, ...]"),
        )
    if layers[-1] != dataset.targets:
        raise place.fault(
            "network",
            "layers",
            f"the last layer gives {_count(layers[-1], 'number')}, but {dataset.name} has "
            f"{_count(dataset.targets, 'target')} ({', '.join(dataset.target_names[:20])}); "
            f"write layers = [..., {dataset.targets}]",
        )
    if isinstance(spec.data.batch, int) and spec.data.batch > len(dataset):
        raise place.fault(
            "data",
            "batch",
            f"a batch of {spec.data.batch}, but {dataset.name} has "
            f'{_count(len(dataset), "sample")}; write at most {len(dataset)}, or "all"',
        )
    loss = spec.loss.name
    output = spec.network.output or _USUAL_OUTPUT.get(loss) or _TASK_OUTPUT[dataset.task]
    loss = loss or _default_loss(output, dataset)
    _check_pair(place, output, loss, layers[-1])
    _check_targets(place, loss, dataset)
    network = replace(spec.network, output=output)
    return replace(spec, network=network, loss=LossSpec(loss)), dataset


def boundary(spec: Spec) -> float:
    """The output from which on a yes-or-no network says yes: 0 for scores, 0.5 for the rest."""
    return 0.0 if spec.loss.name in _ON_SCORES else 0.5


def shape_of(value: Nested) -> tuple[int, ...]:
    """The shape of nested numbers: () for a number."""
    return (len(value), *shape_of(value[0])) if isinstance(value, tuple) else ()


# --- reading ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Where a spec comes from: makes errors that say so."""

    source: str
    lines: Mapping[str, int]

    def fault(self, section: str, key: str, message: str) -> SpecError:
        line = self.lines.get(f"{section}.{key}" if section else key) or self.lines.get(section)
        named = key if key.isprintable() and len(key) <= 60 else quoted(key)
        label = " ".join(part for part in (section and f"[{section}]", named) if part)
        text = f"{label}: {message}" if label else message
        return SpecError(text, source=self.source or None, line=line)


@dataclass(frozen=True)
class _Section:
    """One section being read: its values come out checked, or a fault says where."""

    place: _Place
    name: str
    values: Mapping[str, object]

    def fault(self, key: str, message: str) -> SpecError:
        return self.place.fault(self.name, key, message)

    def only(self, allowed: Iterable[str], given: str = "") -> None:
        """Refuses a key that is not allowed; `given` is the key that these ones go with."""
        names = list(allowed)
        for key in self.values:
            if key not in names:
                remark = f" (These go with {given}.)" if given else ""
                kind = "key" if self.name else "section"
                raise self.fault(key, unknown(kind, key, names) + remark)

    def text(self, key: str, default: str = "", limit: int = 200) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.fault(key, f"must be text in quotation marks, not {quoted(value)}")
        if len(value) > limit or not value.isprintable():
            raise self.fault(key, f"must be one line of at most {limit} characters")
        return value

    def choice(self, key: str, kind: str, allowed: Iterable[str], default: str = "") -> str:
        value = self.text(key, default)
        names = list(allowed)
        if value not in names and value != default:
            raise self.fault(key, unknown(kind, value, names))
        return value

    def option(self, key: str, option: Option) -> Scalar:
        try:
            return option.checked(key, self.values.get(key, option.default))
        except WhygradError as fault:
            raise self.fault(key, fault.message.removeprefix(f"{key} ")) from None

    def options(self, options: Mapping[str, Option]) -> dict[str, Scalar]:
        return {key: self.option(key, option) for key, option in options.items()}

    def seed(self) -> int:
        return int(self.option("seed", Option(0, 0, SEED_LIMIT - 1)))

    def texts(self, key: str, needed: bool = False) -> tuple[str, ...]:
        value = self.values.get(key, [] if not needed else None)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or (needed and not items):
            raise self.fault(key, 'must be a list of the names of columns, as in ["y"]')
        for item in cast("Sequence[object]", items):
            if not isinstance(item, str):
                raise self.fault(key, f"a column's name is text, not {quoted(item)}")
        return tuple(cast("Sequence[str]", items))

    def nested(self, key: str, depth: int) -> Nested:
        try:
            return _nested(self.values[key], depth)
        except SpecError as fault:
            raise self.fault(key, fault.message) from None


def _spec(mapping: Mapping[str, object], place: _Place, folder: str | None) -> Spec:
    top = _Section(place, "", {str(key): value for key, value in mapping.items()})
    sections = ("network", "formula", "init", "loss", "optimizer", "schedule", "data", "train")
    top.only(("name", "title", "description", *sections))

    def section(name: str) -> _Section:
        values = mapping.get(name, {})
        if not isinstance(values, Mapping):
            raise top.fault(name, f"must be a section, [{name}], not {quoted(values)}")
        pairs = cast("Mapping[object, object]", values).items()
        return _Section(place, name, {str(key): value for key, value in pairs})

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
        _check_pair(place, network.output, loss, network.layers[-1])
    return replace(
        common,
        network=network,
        init=_init(section("init"), network.layers),
        loss=LossSpec(loss),
        data=_data(section("data")),
    )


def _network(section: _Section) -> NetworkSpec:
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
            f"{_count(len(sizes), 'size')}: write at least 2 (inputs and outputs) and at most "
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
            f"{_count(len(activation), 'name')} for {_count(hidden, 'hidden layer')} "
            f"(layers = {sizes}); write one name for all, or one per hidden layer",
        )
    output = section.choice("output", "output", OUTPUTS)
    if output == "softmax" and sizes[-1] == 1:
        raise section.fault("output", _LONE_SOFTMAX)
    return NetworkSpec(tuple(sizes), cast("tuple[str, ...]", activation), output)


def _init(section: _Section, layers: tuple[int, ...]) -> InitSpec:
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


def _weights(section: _Section, key: str, shape: tuple[int, ...]) -> Nested:
    value = section.nested(key, 2)
    if isinstance(value, float) and all(size == 1 for size in shape):
        return (value,) if len(shape) == 1 else ((value,),)
    given = shape_of(value)
    if given != shape:
        is_matrix = len(shape) == 2
        meaning = (
            f"from {_count(shape[0], 'input')} (rows) to {_count(shape[1], 'output')} (columns)"
            if is_matrix
            else f"one number for each of {_count(shape[0], 'output')}"
        )
        turned = is_matrix and given == shape[::-1]
        raise section.fault(
            key,
            f"has shape {given}, but layer {key[1:]} needs {shape}: {meaning}"
            + (". Swap rows and columns" if turned else ""),
        )
    return value


def _optimizer(section: _Section) -> OptimizerSpec:
    name = section.choice("name", "optimizer", OPTIMIZERS, "sgd")
    options = OPTIMIZERS[name]
    section.only(("name", *options), f'name = "{name}"')
    read = section.options(options)
    if read.get("nesterov") and not read["momentum"]:
        raise section.fault("nesterov", "looks along the momentum; write momentum = 0.9 as well")
    return OptimizerSpec(name, read)


def _schedule(section: _Section) -> ScheduleSpec:
    name = section.choice("name", "schedule", SCHEDULES, ScheduleSpec.name)
    options = SCHEDULES[name]
    section.only(("name", *options), f'name = "{name}"')
    return ScheduleSpec(name, section.options(options))


def _train(section: _Section) -> TrainSpec:
    section.only(("iterations", "dtype"))
    return TrainSpec(
        int(section.option("iterations", Option(TrainSpec.iterations, 1, MAX_ITERATIONS))),
        section.choice("dtype", "dtype", DTYPES, TrainSpec.dtype),
    )


_COMMON_DATA = ("batch", "shuffle", "seed", "standardise", "validation")


def _data(section: _Section) -> DataSpec:
    given = [key for key in ("name", "csv", "x") if key in section.values]
    if "y" in section.values and "x" not in section.values and not given:
        raise section.fault("y", "targets without samples: write x as well")
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
        raise section.fault("y", "samples without targets: write y as well")
    x, y = _samples(section, "x"), _samples(section, "y")
    counts = [(shape_of(value) or (1,))[0] for value in (x, y)]
    if counts[0] != counts[1]:
        raise section.fault(
            "y",
            f"{_count(counts[1], 'target')} for {_count(counts[0], 'sample')} of x; "
            "write as many of each (a list holds one sample per item, [[1, 2]] is one of two)",
        )
    return replace(base, x=x, y=y, task=task)


def _batch(section: _Section) -> int | str:
    value = section.values.get("batch", 1)
    if value == "all":
        return "all"
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_ROWS:
        raise section.fault(
            "batch", f'must be a whole number from 1 on, or "all", not {quoted(value)}'
        )
    return value


def _samples(section: _Section, key: str) -> Nested:
    value = section.nested(key, 2)
    rows, columns = (*shape_of(value), 1, 1)[:2]
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise section.fault(
            key,
            f"{rows:,} samples of {columns:,}; at most {MAX_ROWS:,} of {MAX_COLUMNS} are possible",
        )
    return value


def _inputs(section: _Section) -> dict[str, Nested]:
    for key in section.values:
        _check_name(section, key)
    return {key: section.nested(key, 4) for key in section.values}


def _formula(section: _Section, inputs: Mapping[str, Nested]) -> FormulaSpec:
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


def _check_name(section: _Section, name: str) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", name):
        raise section.fault(
            name, "a name is at most 60 letters (a to z), digits and _, and starts with no digit"
        )
    if name in FORMULA_FUNCTIONS:
        raise section.fault(name, f"{name} is a function; pick another name")
    if keyword.iskeyword(name):
        raise section.fault(name, f"{name} is a word of Python's own; pick another name")


def _nested(value: object, depth: int) -> Nested:
    """Numbers as nested tuples. Raises SpecError for what is no number, and for ragged lists."""
    if isinstance(value, list | tuple):
        if depth == 0:
            raise SpecError("lists are nested too deeply")
        items = tuple(_nested(item, depth - 1) for item in cast("Sequence[object]", value))
        if not items:
            raise SpecError("an empty list; write at least one number")
        first = shape_of(items[0])
        for position, item in enumerate(items):
            if shape_of(item) != first:
                raise SpecError(
                    f"item {position + 1} has shape {shape_of(item)}, but item 1 has {first}; "
                    "all rows must be of one length"
                )
        return items
    try:
        return float(Option(0.0).checked("", value))
    except WhygradError:
        raise SpecError(f"must be finite numbers, not {quoted(value)}") from None


# --- fitting output, loss and data -----------------------------------------------------------

_LONE_SOFTMAX = (
    "the softmax of a single number is always 1; write sigmoid for one yes-or-no output, "
    "or one output per class"
)


def _check_pair(place: _Place, output: str, loss: str, width: int) -> None:
    if output == "softmax" and width == 1:
        raise place.fault("network", "output", _LONE_SOFTMAX)
    if output not in _LOSS_OUTPUTS[loss]:
        others = [name for name in _USUAL_LOSSES if output in _LOSS_OUTPUTS[name]]
        raise place.fault(
            "loss",
            "name",
            f"{loss} does not go with output = {output!r}: {_LOSS_REASONS[loss]}. "
            f"With {output} use {' or '.join(reversed(others))}",
        )
    if loss in ON_LOGITS and width == 1:
        raise place.fault(
            "loss",
            "name",
            f"{loss} compares classes, one output each, and there is one output; "
            "for one yes-or-no output use bce",
        )


def _default_loss(output: str, dataset: Dataset) -> str:
    if output == "softmax":
        return "cross_entropy"
    between = bool(((dataset.y >= 0) & (dataset.y <= 1)).all())
    return "bce" if output == "sigmoid" and between else "mse"


def _check_targets(place: _Place, loss: str, dataset: Dataset) -> None:
    y = dataset.y
    if loss in _FOR_AMOUNTS:
        return
    if loss == "hinge":
        outside = np.argwhere((y != 0) & (y != 1))
        wanted = "targets of 0 (no) and 1 (yes), which it counts as -1 and 1"
    else:
        outside = np.argwhere((y < 0) | (y > 1))
        wanted = "targets between 0 and 1"
    if len(outside):
        row, column = (int(i) for i in outside[0])
        raise place.fault(
            "loss",
            "name",
            f"{loss} needs {wanted}; {dataset.name} has "
            f"{y[row, column]:g} for {dataset.target_names[column]} of sample {row + 1}. "
            "For amounts use mse",
        )
    sums = y.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > 1e-9)
    if loss in ON_LOGITS and len(wrong):
        row = int(wrong[0])
        raise place.fault(
            "loss",
            "name",
            f"{loss} needs targets that sum to 1, such as a single 1 for the right class; those of "
            f"sample {row + 1} of {dataset.name} sum to {sums[row]:g}",
        )


def _dataset(spec: Spec, files: Mapping[str, bytes] | None, place: _Place) -> Dataset:
    data = spec.data
    if data.name:
        dataset = LOADERS[data.name].make(seed=data.seed, **data.options)
    elif data.csv:
        dataset = _csv_dataset(spec, files, place)
    else:
        assert data.x is not None
        assert data.y is not None
        try:
            dataset = from_arrays("the data", data.x, data.y, task=data.task)
        except DataError as fault:
            raise place.fault("data", "task", fault.message) from None
    if data.validation:
        if dataset.evaluation is not None:
            raise place.fault(
                "data", "validation", f"{dataset.name} has samples for evaluation; leave this out"
            )
        try:
            training, apart = split(dataset, data.validation, data.seed)
        except DataError as fault:
            raise place.fault("data", "validation", fault.message) from None
        dataset = replace(training, evaluation=apart)
    return standardise(dataset) if data.standardise else dataset


def _csv_dataset(spec: Spec, files: Mapping[str, bytes] | None, place: _Place) -> Dataset:
    data = spec.data
    if files is None:
        where = Path(spec.folder or ".") / data.csv
        content, source, name = (
            read_limited(where, MAX_CSV_BYTES, "a CSV file"),
            where.name,
            where.stem,
        )
    elif data.csv in files:
        content, source, name = files[data.csv], data.csv, Path(data.csv).stem
    else:
        raise place.fault("data", "csv", unknown("file", data.csv, files))
    return parse_csv(
        content,
        source=source,
        name=name,
        target=data.target,
        features=data.features or None,
        task=data.task,
        advise=not data.standardise,
    )


# --- small things ----------------------------------------------------------------------------


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


def _kept(**values: object) -> dict[str, object]:
    return {key: value for key, value in values.items() if value not in ("", [])}


def _listed(value: Nested) -> object:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
