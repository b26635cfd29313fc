"""The tape at a reader's grain: named values are steps, what lies between is folded into them.

Unfolded, every primitive is a step. Both are views of one tape: nothing is computed here, and the
formula of a folded step is put together from the formulas of the primitives in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from whygrad.engine.formula import (
    Expr,
    StepContext,
    choose,
    number_text,
    place,
    settled,
    to_python,
    unflat,
)
from whygrad.engine.notation import symbol
from whygrad.engine.ops import OPS, loss
from whygrad.nn.registry import ACTIVATIONS
from whygrad.tape.run import Run
from whygrad.tape.tape import Step, Tape, Value

MAX_FOLD = 4_000  # nodes of a folded formula; beyond, intermediates are shown by name
MAX_DEPTH = 60  # of a folded formula: Python reads 200 nested parentheses, and each may need two
_LOSSES = {op.name for op in loss.OPS}
_RANK = {"hyperparameter": 0, "gradient": 1, "parameter": 2}


@dataclass(frozen=True, slots=True)
class WorkedStep:
    """One line of the worked example.

    Attributes:
        value: id of the value it makes.
        name: what that value is called.
        phase: forward, loss, backward or update.
        part: where in the network, such as ("layer 1", "relu").
        title: what happens, in a few words.
        steps: the tape's steps folded into it, in order.
    """

    value: int
    name: str
    phase: str
    part: tuple[str, ...]
    title: str
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a worked example: its formula in names, in numbers, and what it comes to."""

    name: str
    phase: str
    formula: str
    expression: str
    value: float


def worked_steps(tape: Tape, *, unfold: bool = False) -> tuple[WorkedStep, ...]:
    """Return a tape's worked steps, or every primitive if ``unfold``.

    Steps are in an order in which they can be computed. In the backward pass through a layer its
    parameters come before what is passed on, as they are taught.
    """
    made = [step for step in tape.steps if unfold or is_shown(tape, step.output)]
    if not unfold:
        made = _parameters_first(tape, made)
    return tuple(
        WorkedStep(
            value=step.output,
            name=tape.label(step.output),
            phase=step.phase,
            part=step.part,
            title=_title(tape, step),
            steps=tuple(s.id for s in _folded_steps(tape, step)) if not unfold else (step.id,),
        )
        for step in made
    )


def is_shown(tape: Tape, value: int) -> bool:
    """Say whether worked steps show a value: leaves, and what has a name."""
    return value not in tape.inner


def lines(run: Run, step: WorkedStep, *, unfold: bool = False) -> Iterator[Line]:
    """Yield a step's numbers, one line per element."""
    for at in range(run.arrays[step.value].size):
        tree = formula(run, step.value, at, fold=not unfold)
        yield Line(
            name=run.label(step.value, at),
            phase=step.phase,
            formula=to_python(tree, lambda value, at: in_names(run, value, at)),
            expression=in_numbers(run, tree),
            value=run.number(step.value, at),
        )


def in_names(run: Run, value: int, at: int) -> str:
    """Return what a formula calls an element; a constant is called by its number."""
    if run.tape.values[value].role == "constant" and not run.tape.values[value].name:
        return number_text(run.number(value, at))
    return run.label(value, at)


def in_numbers(run: Run, tree: Expr) -> str:
    """Write a formula with its numbers put in, as plain arithmetic in Python syntax."""
    settled_tree = settled(tree, run.number)
    return to_python(settled_tree, lambda value, at: number_text(run.number(value, at)))


def formula(run: Run, value: int, at: int, *, fold: bool = True) -> Expr:
    """Return the formula of one element, its branches chosen by the run's numbers.

    Args:
        run: the numbers; they decide which branch of a case holds.
        value: id of the value, which a step must have made.
        at: flat index of the element.
        fold: put the formulas of unnamed intermediates in their place.
    """
    tree = unchosen(run, value, at) if fold else Placer(run).tree(value, at)
    return arranged(run.tape, choose(tree, run.number))


def unchosen(run: Run, value: int, at: int) -> Expr:
    """Return the formula of one element, unnamed intermediates folded in, with all its branches.

    An intermediate that there is no room for is shown everywhere in the formula, not in one place
    and folded in another: so what stands before a gradient is the whole local derivative.
    """
    kept: frozenset[int] = frozenset()
    while True:
        placer = Placer(run, kept)
        tree = placer.folded(placer.tree(value, at))
        if placer.cut <= kept:
            return tree
        kept |= placer.cut


@dataclass
class Placer:
    """Places the formulas of a tape's steps at the sizes of a run."""

    run: Run
    kept: frozenset[int] = frozenset()  # unnamed, and not folded
    spent: int = 0
    cut: set[int] = field(default_factory=set[int])  # there was no room for these
    places: dict[int, StepContext] = field(default_factory=dict[int, StepContext])

    def tree(self, value: int, at: int) -> Expr:
        """Return the formula of one element in terms of its step's inputs."""
        where = self.places.get(value)
        if where is None:
            where = self.places[value] = where_of(self.run, self.run.tape.makers[value])
        return place(where, unflat(at, where.output_shape))

    def folded(self, node: Expr, depth: int = 0, times: int = 1) -> Expr:
        """Replace unnamed intermediates by their formulas, up to ``MAX_FOLD`` nodes.

        Args:
            node: a placed tree.
            depth: how deep in the whole formula it stands.
            times: how often it is written out in the text (|x| is written with x twice).
        """
        if node.head == "number":
            return node
        if node.head == "leaf":
            value, at = node.args
            if is_shown(self.run.tape, value) or value in self.kept:
                return node
            full = self.spent >= MAX_FOLD or depth >= MAX_DEPTH
            if full and not self._carries_gradients(value):
                self.cut.add(value)
                return node
            tree = self.tree(value, at)
            self.spent += _size(tree) * times
            return self.folded(tree, depth, times)
        times *= 1 + (node.head == "abs")
        return node.over(tuple([self.folded(a, depth + 1, times) for a in node.args]))

    def _carries_gradients(self, value: int) -> bool:
        """Say whether a value is on the way from one gradient to another.

        It is always folded: what a gradient is made of would not be seen.
        """
        tape = self.run.tape
        made = tape.makers[value].phase == "backward"
        return made and tape.values[value].gradient_of is None


def where_of(run: Run, step: Step) -> StepContext:
    """Return what placing a step's formulas needs, at the run's sizes."""
    return StepContext(
        formula=OPS[step.op].formula,
        inputs=step.inputs,
        input_shapes=tuple(run.arrays[i].shape for i in step.inputs),
        output=step.output,
        output_shape=run.arrays[step.output].shape,
        params=step.params,
        whole=lambda argument, at: int(run.arrays[step.inputs[argument]].flat[at]),
        moves=run.moves(step),
    )


def arranged(tape: Tape, node: Expr) -> Expr:
    """Write products as they are taught: rate first, then what arrives, then weight, then input."""
    if node.head in ("number", "leaf"):
        return node
    args = tuple(arranged(tape, a) for a in node.args)
    if node.head == "mul" and _rank(tape, args[1]) < _rank(tape, args[0]):
        args = (args[1], args[0])
    return node.over(args)


def _rank(tape: Tape, node: Expr) -> int:
    if node.head != "leaf":
        return 3
    value: int = node.args[0]
    return _RANK.get(tape.values[value].role, 3)


def _size(node: Expr) -> int:
    if node.head in ("number", "leaf"):
        return 1
    return 1 + sum(_size(a) for a in node.args)


def _parameters_first(tape: Tape, made: Sequence[Step]) -> list[Step]:
    """Annotating the backward pass through one part, put the parameters' gradients first.

    A gradient is moved forward only over steps it does not rest on.
    """
    ordered: list[Step] = []
    for _, group in groupby(made, key=lambda step: (step.phase, step.part)):
        waiting = list(group)
        if all(_of_parameter(tape, step) is None for step in waiting):
            ordered += waiting
            continue
        while waiting:
            unmade = {step.output for step in waiting}
            ready = [s for s in waiting if _of_parameter(tape, s) is not None]
            ready = [s for s in ready if not unmade & (_shown_inputs(tape, s) - {s.output})]
            chosen = min(ready, key=lambda s: _of_parameter(tape, s) or 0, default=waiting[0])
            waiting.remove(chosen)
            ordered.append(chosen)
    return ordered


def _of_parameter(tape: Tape, step: Step) -> int | None:
    """Return the parameter whose gradient a step makes."""
    of = tape.values[step.output].gradient_of
    return of if of is not None and tape.values[of].role == "parameter" else None


def _shown_inputs(tape: Tape, last: Step) -> set[int]:
    return {value for step in _folded_steps(tape, last) for value in step.inputs}


def _folded_steps(tape: Tape, last: Step) -> list[Step]:
    """Return the steps whose unnamed results only lead up to this one, and itself."""
    found = {last.id: last}
    waiting = [last]
    while waiting:
        for value in waiting.pop().inputs:
            if not is_shown(tape, value) and tape.makers[value].id not in found:
                found[tape.makers[value].id] = tape.makers[value]
                waiting.append(tape.makers[value])
    return [found[n] for n in sorted(found)]


def _title(tape: Tape, step: Step) -> str:
    value = tape.values[step.output]
    shown = symbol(tape.label(value.id))
    if step.phase == "update":
        return f"Update: {shown}"
    if value.gradient_of is not None:
        return f"{_backward_words(tape, value.gradient_of, value)}: {shown}"
    words = _layer_words(tape, step) if value.name else ""
    return f"{words or _capital(OPS[step.op].title)}: {shown}"


def _backward_words(tape: Tape, value: int, gradient: Value) -> str:
    """Say which way the gradient took, from the steps that use the value."""
    users = [
        step
        for step, argument in tape.uses.get(value, ())
        if _passed(tape, step, argument, gradient)
    ]
    role = tape.values[value].role
    if len(users) > 1:
        return "Contributions add"
    if role == "parameter":
        return f"For the {tape.values[value].kind or 'parameter'}"
    if not users:
        return "Backward"
    user = users[0]
    if user.op in _LOSSES or (user.phase == "loss" and user.part):
        return "From the loss"
    if _part_words(user.part) == "Weighted sum":
        return "Through the weights"
    return f"Through the {OPS[user.op].title}"


def _passed(tape: Tape, step: Step, argument: int, gradient: Value) -> bool:
    first = tape.passed_back.get((step.id, argument))
    return first is not None and first <= gradient.id


_WORDS: Mapping[str, str] = {
    "linear": "Weighted sum",
    **{
        row.module.__name__.lower(): row.words[:1].upper() + row.words[1:]
        for row in ACTIVATIONS.values()
        if row.module is not None
    },
    "conv1d": "Convolution",
    "conv2d": "Convolution",
    "maxpool1d": "Max pooling",
    "maxpool2d": "Max pooling",
    "avgpool1d": "Average pooling",
    "avgpool2d": "Average pooling",
    "residual": "Residual block",
    "transformer block": "Transformer block",
    "recurrent cell": "Recurrent cell",
    "gated recurrent cell": "Gated recurrent cell",
    "dropout": "Dropout",
    "embedding": "Embedding",
    "batch norm": "Batch norm",
    "layer norm": "Layer norm",
    "RMS norm": "RMS norm",
    "attention": "Attention",
    "multi-head attention": "Multi-head attention",
    "l1 loss": "Absolute error",
    "huber loss": "Huber loss",
    "smooth l1 loss": "Smooth L1 loss",
    "hinge loss": "Hinge loss",
    "nll loss": "Negative log-likelihood",
    "KL divergence": "KL divergence",
}


def _layer_words(tape: Tape, last: Step) -> str:
    """Say which layer a value comes out of: the innermost that holds all steps folded into it.

    Where what was before the layer is folded in too, it is the layer that the last step is in.
    """
    common = 0
    for names in zip(*(step.part for step in _folded_steps(tape, last)), strict=False):
        if len(set(names)) > 1:
            break
        common += 1
    inner = (_WORDS.get(name, "") for name in last.part[common:])
    return _part_words(last.part[:common]) or next(filter(None, inner), "")


def _part_words(part: tuple[str, ...]) -> str:
    return _WORDS.get(part[-1], "") if part else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
