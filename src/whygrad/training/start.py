"""From a spec to something that trains: the model, its recorded iteration, and its data."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whygrad import nn
from whygrad.data import Dataset, batch_indices
from whygrad.engine import functional
from whygrad.engine.dims import Dim
from whygrad.engine.op import Array
from whygrad.engine.tensor import Tensor, recording, scene, tensor
from whygrad.errors import ShapeError, SpecError
from whygrad.nn import Linear, Module, Sequential
from whygrad.optim import Optimizer, make
from whygrad.optim.schedule import Schedule
from whygrad.option import quoted
from whygrad.spec import ON_LOGITS, Spec, boundary, load_spec, resolve
from whygrad.spec.expression import FORMULA_FUNCTIONS, parse_expression
from whygrad.tape.player import Player
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.iteration import LOSSES, Iteration, Slot, record_iteration

ACTIVATIONS: Mapping[str, type[Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "hardtanh": nn.Hardtanh,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
}
REGRESSION_TOLERANCE = 0.1


@dataclass(frozen=True)
class Evaluation:
    """How a network does on a set of samples, with its parameters as they stand.

    Attributes:
        loss: the mean loss over the samples.
        outputs: shape (samples, outputs).
        solved: for each sample, whether the output is right: the right class, or for regression
            within ``REGRESSION_TOLERANCE`` of the targets' spread.
        accuracy: the share of samples solved.
    """

    loss: float
    outputs: Array
    solved: Array
    accuracy: float


@dataclass(frozen=True)
class Training:
    """A spec, made ready: ``iteration.play(n)`` trains it.

    Attributes:
        spec: with every default filled in.
        iteration: the recorded iteration, which visits the data in the spec's order.
        dataset: what it learns from; None for a formula.
    """

    spec: Spec
    iteration: Iteration
    dataset: Dataset | None

    def visited(self, iteration: int) -> Array | None:
        """Return the indices of the samples an iteration (from 0) sees; None for a formula."""
        return None if self.dataset is None else _visited(self.spec, self.dataset, iteration)

    def evaluate(self, dataset: Dataset | None = None) -> Evaluation | None:
        """Judge the network on ``dataset``, by default the one kept for evaluation.

        Returns:
            None for a formula, which has no data.
        """
        if self.dataset is None:
            return None
        judged = dataset or self.dataset.evaluation or self.dataset
        run = self.forward(judged)
        outputs = run["yhat"].reshape(len(judged), -1)
        solved = solved_samples(judged, outputs, boundary(self.spec))
        return Evaluation(float(run["L"]), outputs, solved, float(solved.mean()))

    def forward(self, dataset: Dataset) -> Run:
        """Return the numbers for all of a dataset at once, with the parameters as they stand."""
        tape = self.iteration.tape
        leaves = {v.id: self.iteration.run.arrays[v.id] for v in tape.leaves}
        leaves[tape.by_name["x"]] = dataset.x
        leaves[tape.by_name["t"]] = dataset.y
        for name, array in self.iteration.state.items():
            leaves[tape.by_name[name]] = array
        player = Player(tape, leaves)
        player.play()
        return player.run()


def start(spec: Spec | str, *, files: Mapping[str, bytes] | None = None) -> Training:
    """Make a spec ready to train.

    Args:
        spec: a spec, a preset's name, or the path of a TOML file.
        files: uploaded files by name; where given, nothing is read from disk.

    Raises:
        WhygradError: the spec, its data or its shapes are at fault; says where.
    """
    given = load_spec(spec) if isinstance(spec, str) else spec
    resolved, dataset = resolve(given, files=files)
    if dataset is None:
        return Training(resolved, _formula(resolved), None)
    return Training(resolved, _network(resolved, dataset), dataset)


def build(spec: Spec) -> Sequential:
    """Return the network of a resolved spec; its sizes have names."""
    network = spec.network
    assert network is not None
    sizes = [
        Dim(
            "inputs" if n == 0 else "outputs" if n == len(network.layers) - 1 else f"hidden{n}",
            size,
        )
        for n, size in enumerate(network.layers)
    ]
    layers: list[Module] = []
    for n in range(1, len(sizes)):
        linear = Linear(
            sizes[n - 1],
            sizes[n],
            init=spec.init.name,
            init_options=spec.init.options,
            seed=spec.init.seed,
            stream=f"W{n}",
        )
        linear.weight = _given(spec, f"W{n}", linear.weight)
        assert linear.bias is not None
        linear.bias = _given(spec, f"b{n}", linear.bias)
        layers.append(linear)
        kind = network.activation[n - 1] if n < len(sizes) - 1 else network.output
        if kind in ACTIVATIONS:
            layers.append(ACTIVATIONS[kind]())
    return Sequential(*layers).to(spec.train.dtype)


def samples(model: Sequential, x: Array, t: Array) -> tuple[Tensor, Tensor]:
    """Return inputs (batch, inputs) and targets (batch, outputs) with the model's named sizes."""
    linears = [layer for layer in model.layers if isinstance(layer, Linear)]
    batch, dtype = Dim("batch", len(x)), linears[0].weight.dtype
    return (
        Tensor(x.astype(dtype), (batch, linears[0].weight.shape[0]), role="input", name="x"),
        Tensor(t.astype(dtype), (batch, linears[-1].weight.shape[1]), role="target", name="t"),
    )


def _given(spec: Spec, name: str, made: Tensor) -> Tensor:
    weights = spec.init.weights.get(name)
    return made if weights is None else nn.parameter(weights, shape=made.shape)


@recording()
def _network(spec: Spec, dataset: Dataset) -> Iteration:
    assert spec.network is not None
    model = build(spec)
    first = _visited(spec, dataset, 0)
    x, t = samples(model, dataset.x[first], dataset.y[first])
    output = model(x)
    names: dict[Tensor, str] = model.parameter_names()
    also: list[Tensor] = []
    if spec.network.output == "softmax":
        names[output] = f"z{len(spec.network.layers) - 1}"
        with scene(part=("output", "softmax")):
            shares = nn.functional.softmax(output).named("yhat")
        if spec.loss.name in ON_LOGITS:
            also.append(shares)  # beside the loss, for reading
        else:
            output = shares
    with scene(phase="loss"):
        loss = _loss(spec.loss.name, output, t)
    parameters = model.parameters()
    optimizer = _optimizer(spec, parameters)
    tape, run, ids = record_iteration(loss, parameters, optimizer, names, also=also)
    tape, run = _from_a_spec(tape, run)
    slots = [
        Slot(owner, attribute, ids[getattr(owner, attribute)])
        for _, owner, attribute in model.slots()
    ]
    return Iteration(
        tape,
        run,
        slots=slots,
        optimizer=optimizer,
        batches=_batches(spec, dataset, tape),
        schedule=_schedule(spec),
    )


def _loss(name: str, output: Tensor, t: Tensor) -> Tensor:
    """Compare a network's output with 0s and 1s, shares or amounts, as a spec means it."""
    if name == "hinge":
        with scene(part=("hinge loss",)):
            return nn.functional.hinge_loss(output, 2.0 * t - 1.0)
    if name == "kl_div":
        with scene(part=("KL divergence",)):
            logs = nn.functional.log_softmax(output)
            return nn.functional.kl_div(logs, t, reduction="batchmean")
    return LOSSES[name](output, t)


def _batches(spec: Spec, dataset: Dataset, tape: Tape) -> Callable[[int], Sequence[Array]] | None:
    if spec.data.batch == "all" or len(dataset) == 1:
        return None
    x_first = tape.by_name["x"] < tape.by_name["t"]

    def batch(iteration: int) -> Sequence[Array]:
        chosen = _visited(spec, dataset, iteration)
        pair = (dataset.x[chosen], dataset.y[chosen])
        return pair if x_first else pair[::-1]

    return batch


def _visited(spec: Spec, dataset: Dataset, iteration: int) -> Array:
    n = len(dataset)
    if isinstance(spec.data.batch, str):
        return np.arange(n)
    return batch_indices(
        n, spec.data.batch, iteration, seed=spec.data.seed, shuffle=spec.data.shuffle
    )


def _optimizer(spec: Spec, parameters: Sequence[Tensor]) -> Optimizer:
    return make(spec.optimizer.name, parameters, spec.optimizer.options)


def _schedule(spec: Spec) -> Schedule | None:
    given = spec.schedule
    if given.name == "constant":
        return None
    return Schedule(given.name, given.options, spec.train.iterations)


def solved_samples(dataset: Dataset, outputs: Array, boundary: float = 0.5) -> Array:
    """Say which samples' ``outputs`` (samples, targets) are right; see ``Evaluation``.

    A yes-or-no output says yes above ``boundary`` (``spec.boundary``).
    """
    if dataset.task == "binary":
        return ((outputs > boundary) == (dataset.y > 0.5)).all(axis=1)
    if dataset.task == "classes":
        return outputs.argmax(axis=1) == dataset.y.argmax(axis=1)
    spread = np.maximum(np.ptp(dataset.y, axis=0), 1e-12)
    if len(dataset) == 1:
        spread = np.maximum(np.abs(dataset.y[0]), 1.0)
    return (np.abs(outputs - dataset.y) <= REGRESSION_TOLERANCE * spread).all(axis=1)


# --- formulas ---------------------------------------------------------------------------------

_FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    "exp": functional.exp,
    "log": functional.log,
    "sqrt": functional.sqrt,
    "abs": functional.abs,
    "maximum": functional.maximum,
    "minimum": functional.minimum,
    "matmul": functional.matmul,
    "sum": functional.sum,
    "mean": functional.mean,
    "max": functional.amax,
    "where": functional.where,
    "relu": nn.functional.relu,
    "leaky_relu": nn.functional.leaky_relu,
    "sigmoid": nn.functional.sigmoid,
    "tanh": nn.functional.tanh,
    "softplus": nn.functional.softplus,
    "elu": nn.functional.elu,
    "gelu": nn.functional.gelu,
    "silu": nn.functional.silu,
    "hardtanh": nn.functional.hardtanh,
    "softmax": nn.functional.softmax,
    "log_softmax": nn.functional.log_softmax,
    **{name: LOSSES[name] for name in FORMULA_FUNCTIONS if name in LOSSES},
}
_OPERATORS: Mapping[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.Pow: ("**", operator.pow),
    ast.MatMult: ("@", functional.matmul),
}


@recording()
def _formula(spec: Spec) -> Iteration:
    formula = spec.formula
    assert formula is not None
    known: dict[str, Any] = {
        name: tensor(numbers, name=name, role=role)
        for role, given in (("parameter", formula.parameters), ("input", spec.data.inputs))
        for name, numbers in given.items()
    }
    parameters = [known[name] for name in formula.parameters]
    inputs = [known[name] for name in spec.data.inputs]
    traced = _Formula(known, {*known, *(statement.name for statement in formula.statements)})
    for position, statement in enumerate(formula.statements):
        phase = "loss" if position == len(formula.statements) - 1 else "forward"
        with scene(phase=phase):
            known[statement.name] = traced.statement(statement.name, statement.text)
    loss = known[formula.statements[-1].name]
    if loss.data.size != 1:
        raise SpecError(
            f"the last statement, {formula.statements[-1].name}, is what is differentiated and "
            f"must be one number, but has shape {tuple(map(int, loss.shape))}; use sum(...) or "
            "mean(...)",
            source=spec.source or None,
            line=spec.lines.get(f"formula.{formula.statements[-1].name}"),
        )
    tape, run, _ = record_iteration(
        loss, parameters or inputs, _optimizer(spec, parameters) if parameters else None, {}
    )
    return Iteration(*_from_a_spec(tape, run), schedule=_schedule(spec))


def _from_a_spec(tape: Tape, run: Run) -> tuple[Tape, Run]:
    """Leave out the lines of a program that steps came from: a spec is none."""
    tape = replace(tape, steps=tuple(replace(step, source=None) for step in tape.steps))
    return tape, Run(tape, run.arrays)


class _Formula:
    """Walks the syntax tree of a statement, recording; every intermediate gets a name."""

    def __init__(self, known: Mapping[str, Any], taken: Set[str]) -> None:
        self.known = known
        self.taken = taken
        self.count = 0

    def statement(self, name: str, text: str) -> Tensor:
        try:
            made = self.node(parse_expression(text))
        except (ShapeError, SpecError) as error:
            raise SpecError(f"{name} = {quoted(text)}: {error}") from None
        except TypeError as error:
            raise SpecError(
                f"{name} = {quoted(text)}: a function has the wrong arguments: {error}"
            ) from None
        if not isinstance(made, Tensor):
            made = tensor(made, role="constant")
        if made.op is None or made.name:
            made = made.apply("identity")  # another name for the same number is a step of its own
        return made.named(name)

    def part(self, node: ast.expr) -> Any:
        """Return an inner expression's value, under a name of its own if a step made it."""
        made = self.node(node)
        if isinstance(made, Tensor) and made.op is not None and not made.name:
            self.count += 1
            while f"u{self.count}" in self.taken:
                self.count += 1
            return made.named(f"u{self.count}")
        return made

    def node(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.known[name]
            case ast.BinOp(left=left, op=kind, right=right):
                return _arithmetic(type(kind), self.part(left), self.part(right))
            case ast.UnaryOp(operand=operand):
                return -self.part(operand)
            case ast.Subscript(value=value, slice=index):
                return self.part(value)[ast.literal_eval(index)]
            case _:
                assert isinstance(node, ast.Call)  # the parser lets nothing else through
                assert isinstance(node.func, ast.Name)
                given = {
                    _KEYWORDS.get(k.arg or "", k.arg or ""): ast.literal_eval(k.value)
                    for k in node.keywords
                }
                return _FUNCTIONS[node.func.id](*(self.part(a) for a in node.args), **given)


def _arithmetic(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """Apply an operator; two plain numbers are reckoned with as floats, which takes no time.

    Raises:
        SpecError: two numbers have no finite real result.
    """
    sign, function = _OPERATORS[kind]
    if isinstance(left, Tensor) or isinstance(right, Tensor) or kind is ast.MatMult:
        return function(left, right)
    try:
        made = function(float(left), float(right))
    except ArithmeticError:
        made = math.nan
    if isinstance(made, complex) or not math.isfinite(made):
        raise SpecError(f"{left:g}{sign}{right:g} is no finite real number")
    return made


_KEYWORDS = {"axis": "dim", "keepdims": "keepdim"}
